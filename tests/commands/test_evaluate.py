"""`evaluate --bound` from the command line: one JSON object, a table, a card, and one line for what it cannot do."""

import json
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from ddpm_playground.cli import main
from ddpm_playground.learn.judging.evaluation import TORCHMETRICS
from tests.learn.judging.test_bound import FACTS
from tests.tiny import tiny_checkpoint

T, ROOT = 5, Path(__file__).parents[2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tiny_checkpoint(tmp_path_factory.mktemp("evaluate") / "tiny", T=T)
    (folder / "training.json").write_text(json.dumps(FACTS))
    return folder


def words(folder: Path, data: Path, *more: str) -> list[str]:
    return ["evaluate", "--bound", "--checkpoint", str(folder), "--data", str(data), "--num-images", "3", *more]


def test_json_alone_is_on_stdout(folder: Path, idx_folder: Callable[..., Path], capsys) -> None:
    data = idx_folder()
    assert main(words(folder, data, "--json")) == 0
    found = json.loads(capsys.readouterr().out)
    assert len(found["vb"]) == len(found["eps_mse"]) == len(found["x_0_mse"]) == T
    assert found["total_bpd"] == pytest.approx(found["prior_bpd"] + sum(found["vb"]), abs=1e-6)
    assert found["standard_error"] > 0 and found["num_images"] == 3 and found["conditional"] is True
    assert (found["clip_x_0"], found["w"], found["seed"]) == (True, 1.0, 0)
    assert main(words(folder, data, "--json", "--seed", "1")) == 0
    assert json.loads(capsys.readouterr().out)["total_bpd"] != found["total_bpd"]


def test_the_table_and_the_card_say_the_same(folder: Path, idx_folder: Callable[..., Path], capsys) -> None:
    assert main(words(folder, idx_folder(), "--write-card")) == 0
    shown = capsys.readouterr().out.splitlines()
    card = (folder / "README.md").read_text(encoding="utf-8")
    section = card.partition("## Variational bound\n")[2].partition("\n## ")[0]
    for line in shown:
        name, value = line.split("  ", 1)
        assert f"| {name} | {value.strip()} |" in section
    for word in ("standard error", "3 of the 12 of the test set", "true class", "one ε", "clipped", "σ_t² = β_t"):
        assert word in section
    assert "Not scored yet" in card


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["--bound", "--steps", "10"], "--steps is for samples"),
        (["--bound", "--sheet", "a.png"], "--sheet is for samples"),
        (["--num-images", "10"], "--num-images is read with --bound alone"),
        (["--bound", "--num-images", "1"], r"bundled digits are (C,H,W)"),
    ],
)
def test_one_line_for_what_it_cannot_do(folder: Path, argv: list[str], told: str, capsys) -> None:
    assert main(["evaluate", "--checkpoint", str(folder), *argv]) == 2
    out, err = capsys.readouterr()
    assert out == "" and told in err and err.count("\n") == 1


def test_without_torchmetrics_samples_are_not_scored_and_the_line_says_what_to_do(capsys, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "torchmetrics.image.fid", None)
    monkeypatch.setattr("ddpm_playground.learn.judging.samples.sample", lambda *a, **k: pytest.fail("drawn in vain"))
    assert main(["evaluate", "--checkpoint", "mnist", "--engine", "eager"]) == 1
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and f"pip install '{TORCHMETRICS}'" in err and "--bound" in err
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["optional-dependencies"]["evaluate"] == [TORCHMETRICS]
