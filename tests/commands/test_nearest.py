"""`nearest` from the command line: one JSON object, a table, a sheet, and one line for what it cannot do."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ddpm_playground.cli import main
from ddpm_playground.learn.data.pictures import bundled_digits, load_pictures
from tests.commands.test_bad_input import said


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Two copies and one sample of noise, in 28×28."""
    noise = np.random.default_rng(0).integers(0, 256, (1, 28, 28, 1), dtype=np.uint8)
    copies = bundled_digits().images[[9, 4]].permute(0, 2, 3, 1).numpy()
    np.savez(tmp_path / "samples.npz", images=np.concatenate([noise, copies]), labels=np.zeros(3, dtype=np.int64))
    return tmp_path / "samples.npz"


def test_json_table_and_sheet_say_the_same(file: Path, tmp_path: Path, capsys) -> None:
    sheet = tmp_path / "sheet.png"
    words = ["nearest", str(file), "--data", "bundled"]
    assert main([*words, "--json", "--out", str(sheet)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["index"] for one in found["samples"][1:]] == [9, 4]
    assert [one["distance"] for one in found["samples"][1:]] == [0.0, 0.0]
    assert [one["percentile"] for one in found["samples"][1:]] == [0.0, 0.0]
    assert found["samples"][0]["percentile"] == 100.0 and found["samples"][0]["features"]["distance"] > 0
    assert (found["under_1st_percentile"], found["num_data"], found["num_references"]) == (2, 1000, 1000)
    assert main(words) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines[4:6]] == [["1", "9"], ["2", "4"]]
    assert "2 of 3 by pixels, 2 by features" in lines[-1] and "leave-one-out" in lines[1]
    with Image.open(sheet) as picture:  # white ground, and the copies in it
        shown = np.asarray(picture.convert("L"))
    assert shown.max() == 255 and (shown < 40).mean() > 0.1


def test_test_split_of_a_folder_or_leave_one_out(idx_folder: Callable[..., Path], tmp_path: Path, capsys) -> None:
    folder = idx_folder(count=48)
    train = load_pictures(folder)
    x_0 = train.x_0(slice(5, 7))
    np.savez(tmp_path / "x.npz", x_0=x_0.numpy())
    words = ["nearest", str(tmp_path / "x.npz"), "--data", str(folder), "--json"]
    assert main(words) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(one["index"], one["distance"]) for one in found["samples"]] == [(5, 0.0), (6, 0.0)]
    assert found["num_references"] == 12 and "test split" in found["reference"] and found["taken"] == "x_0"
    assert found["samples"][0]["features"] is None and found["samples"][0]["class_name"] == "2"
    for path in folder.glob("t10k*"):
        path.unlink()
    assert main(words) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["num_references"] == 48 and "leave-one-out" in found["reference"]


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["--data", "/no/such"], "is not a folder"),
        (["--data", "bundled", "--size", "8"], "--size"),
        (["--data", "bundled", "--seed", "-1"], "seed"),
        (["--data", "bundled", "--out", "a.jpg"], ".png"),
        ([], "--data"),
    ],
)
def test_one_line_for_what_it_cannot_do(file: Path, argv: list[str], told: str, capsys) -> None:
    code, err = said(capsys, "nearest", str(file), *argv)
    assert code == 2 and told in err


def test_samples_of_another_size(idx_folder: Callable[..., Path], file: Path, capsys) -> None:
    _, err = said(capsys, "nearest", str(file), "--data", str(idx_folder()))
    assert "(1, 28, 28)" in err and "(1, 8, 8)" in err


def test_a_text_is_no_sample_file_whatever_its_name(tmp_path: Path, capsys) -> None:
    (tmp_path / "text.npz").write_text("hello")
    code, err = said(capsys, "nearest", str(tmp_path / "text.npz"), "--data", "bundled")
    assert code == 2 and "text.npz cannot be read as samples: it is no .npz file" in err
