"""The commands that experiment: their words, their JSON, and their files, on a small untrained network."""

import json
from pathlib import Path

import nbformat
import numpy as np
import pytest
from PIL import Image

from ddpm_playground.cli import REFUSED, main

from ..tiny import tiny_checkpoint


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> str:
    return str(tiny_checkpoint(tmp_path_factory.mktemp("commands") / "tiny"))


@pytest.fixture
def picture(tmp_path) -> str:
    array = np.random.default_rng(0).integers(0, 256, (8, 8), dtype=np.uint8)
    Image.fromarray(array).save(tmp_path / "p.png")
    return str(tmp_path / "p.png")


@pytest.fixture
def mask(tmp_path) -> str:
    array = np.zeros((8, 8), np.uint8)
    array[2:5, 1:7] = 255
    Image.fromarray(array).save(tmp_path / "mask.png")
    return str(tmp_path / "mask.png")


def told(capsys, *words: str) -> dict:
    """What a command says as JSON."""
    assert main([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def refused(capsys, *words: str) -> str:
    """The one line with which a command refuses."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORLD_SIZE", "1")
        try:
            code = main(list(words))
        except SystemExit as left:
            code = left.code
    assert code == REFUSED
    (line,) = [one for one in capsys.readouterr().err.splitlines() if one.startswith("ddpm_playground")]
    return line


def test_compare(capsys, tiny) -> None:
    found = told(
        capsys, "compare", "--checkpoint", tiny, "sampler=ddpm num_steps=20 seed=1",
        "sampler=ddim strength=1 num_steps=20 seed=1", "--num-images", "2",
    )  # fmt: skip
    first, second = found["columns"]
    assert first["t"] == list(range(20, 0, -1)) and len(second["log_snr"]) == len(second["x_hat_0_rms"]) == 20
    assert max(second["x_t_rms"]) < 1e-5 and second["settings"]["strength"] == "1"
    assert main(["compare", "--checkpoint", tiny, "seed=1", f"seed=2 checkpoint={tiny}"]) == 0
    assert "x̂_0 differs by more than 0.1 from t = " in capsys.readouterr().out


@pytest.mark.parametrize("ending", [".npz", ".png", ".gif"])
def test_compare_into_a_file(capsys, tiny, tmp_path, ending) -> None:
    out = tmp_path / f"columns{ending}"
    found = told(
        capsys, "compare", "--checkpoint", tiny, "num_steps=6 seed=1", "sampler=ddim num_steps=4 seed=1",
        "--num-images", "2", "--out", str(out),
    )  # fmt: skip
    if ending == ".npz":
        with np.load(out) as arrays:
            assert arrays["B_x_hat_0_rms"].tolist() == found["columns"][1]["x_hat_0_rms"]
            assert arrays["A_x_t"].shape == (6, 2, 1, 8, 8) and arrays["B_t"].tolist() == found["columns"][1]["t"]
            gap = np.sqrt(np.square(arrays["B_difference"].astype(float)).mean((1, 2, 3, 4)))
            np.testing.assert_allclose(gap, arrays["B_x_hat_0_rms"], rtol=1e-6)
        return
    with Image.open(out) as image:
        frames = {".gif": 9, ".png": 1}[ending]  # eight log SNRs, and x_0
        assert image.width > 300 and getattr(image, "n_frames", 1) == frames


def test_invert(capsys, tiny, picture, tmp_path) -> None:
    out = str(tmp_path / "i.npz")
    found = told(
        capsys, "invert", "--checkpoint", tiny, "--picture", picture, "--steps", "10", "--seed", "3", "--out", out
    )
    assert {"mse", "x_T_mean", "x_T_std"} <= found.keys() and found["steps"] == 10
    with np.load(out) as arrays:
        assert float(arrays["x_T"].std()) == pytest.approx(found["x_T_std"], rel=1e-5)
        assert float(arrays["mse"].mean()) == pytest.approx(found["mse"], rel=1e-5)


def test_edit(capsys, tiny, picture, tmp_path) -> None:
    one, two, sheet = (str(tmp_path / name) for name in ("one.npz", "two.npz", "sheet.png"))
    told(capsys, "edit", "--checkpoint", tiny, "--picture", picture, "--t", "7", "--out", one)
    found = told(capsys, "edit", "--checkpoint", tiny, "--picture", picture, "--t", "0,7", "--out", two)
    assert found["x_0_rms"][0] == 0 < found["x_0_rms"][1]
    with np.load(one) as a, np.load(two) as b:
        assert a["x_0"].shape == (1, 1, 8, 8) and b["x_0"].shape == (2, 1, 1, 8, 8)
        assert (a["x_0"] == b["x_0"][1]).all() and a["images"].dtype == np.uint8 and a["images"].shape == (1, 8, 8, 1)
    assert main(["edit", "--checkpoint", tiny, "--picture", picture, "--t", "0,7", "--out", sheet]) == 0
    with Image.open(sheet) as image:
        assert image.width > 3 * 100


def test_inpaint(capsys, tiny, picture, mask, tmp_path) -> None:
    out = str(tmp_path / "painted.npz")
    found = told(
        capsys, "inpaint", "--checkpoint", tiny, "--picture", picture, "--mask", mask, "--resample", "2", "--jump", "2",
        "--steps", "10", "--out", out,
    )  # fmt: skip
    own = np.asarray(Image.open(picture), np.float32) / 127.5 - 1
    with np.load(out) as arrays:
        kept = arrays["mask"] == 0
        assert arrays["x_0"].dtype == np.float32 and np.abs(arrays["x_0"][0, 0] - own)[kept].max() < 1e-6
        assert np.abs(arrays["x_0"][0, 0] - own)[~kept].max() > 0.01
    assert found["painted_share"] == pytest.approx(18 / 64) and found["walked"] > 10


def test_interpolate(capsys, tiny, picture, tmp_path) -> None:
    out, sheet = str(tmp_path / "s.npz"), str(tmp_path / "s.png")
    words = ("interpolate", "--checkpoint", tiny, "--count", "5", "--steps", "5")
    found = told(capsys, *words, "--pictures", f"{picture},{picture}", "--out", out)
    assert found["share"] == [0, 0.25, 0.5, 0.75, 1] and len(found["mse"]) == 2
    with np.load(out) as arrays:
        assert all(arrays[name].shape == (5, 1, 8, 8) for name in ("slerp", "lerp", "pixels", "x_0", "x_T"))
        assert np.abs(arrays["pixels"] - arrays["pixels"][0]).max() < 1e-6
    assert told(capsys, *words, "--seeds", "1,2", "--label", "3", "--out", sheet)["mse"] is None
    assert Path(sheet).stat().st_size > 500


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["invert", "--picture", "PICTURE", "--steps", "21"], "num_steps must be a whole number in [1, 20], got 21"),
        (["invert", "--picture", "3"], "the bundled digits are 1×28×28, this network's pictures 1×8×8"),
        (["invert", "--picture", "PICTURE", "--seed", "-1"], "--seed must be a whole number"),
        (["invert", "--picture", "PICTURE", "--out", "x.txt"], "--out must end in .npz (arrays) or .png"),
        (["invert", "--picture", "PICTURE", "--label", "10"], "label must be all, none or in [0, 9], got '10'"),
        (["invert", "--picture", "PICTURE", "--guidance", "nan"], "the guidance must be a number in [0, 20], got nan"),
        (["edit", "--picture", "PICTURE", "--t", "3,x"], "--t takes whole numbers with commas between, got '3,x'"),
        (["edit", "--picture", "PICTURE", "--t", "21"], "t must be a whole number in [0, 20], got 21"),
        (["edit", "--picture", "PICTURE", "--t", "3", "--eta", "1"], "--eta belongs to --sampler ddim"),
        (
            ["inpaint", "--picture", "PICTURE", "--mask", "PICTURE", "--steps", "10", "--jump", "11"],
            "jump must be a whole",
        ),
        (["inpaint", "--picture", "PICTURE", "--mask", "no.png"], "the picture no.png cannot be opened"),
        (["interpolate", "--pictures", "PICTURE"], "interpolate joins two pictures, got 1"),
        (["interpolate", "--seeds", "1,2,3"], "--seeds takes two, with a comma between, got 3"),
        (["interpolate", "--seeds", "1,2", "--count", "99"], "count must be a whole number in [3, 15], got 99"),
        (["compare", "seed=1"], "compare takes 2 to 4 columns, got 1"),
        (["compare", "seed=1", "seed=2", "--out", "x.txt"], "--out must end in .npz, .png, .gif, .mp4, got x.txt"),
        (["compare", "seed=1", "seed=2", "--num-images", "0"], "num_images must be a whole number in [1, 64], got 0"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(capsys, tiny, picture, words, said) -> None:
    given = [picture if word == "PICTURE" else word for word in words]
    assert said in refused(capsys, given[0], "--checkpoint", tiny, *given[1:])


@pytest.mark.parametrize(
    "words",
    [
        ["compare", "num_steps=5 seed=1", "sampler=ddim num_steps=5 seed=1", "--num-images", "2"],
        ["edit", "--picture", "PICTURE", "--t", "5,10"],
        ["inpaint", "--picture", "PICTURE", "--mask", "MASK", "--steps", "5", "--jump", "2"],
        ["invert", "--picture", "PICTURE", "--steps", "5", "--label", "3"],
        ["interpolate", "--pictures", "PICTURE,PICTURE", "--steps", "5", "--count", "3"],
        ["interpolate", "--seeds", "4,9", "--label", "3", "--steps", "5", "--count", "3"],
    ],
)
def test_an_experiment_is_a_notebook_that_runs(capsys, tiny, picture, mask, tmp_path, words) -> None:
    path = tmp_path / "experiment.ipynb"
    given = [word.replace("PICTURE", picture).replace("MASK", mask) for word in words]
    said = told(capsys, *given, "--checkpoint", tiny, "--notebook", str(path))
    book = nbformat.read(path, as_version=4)
    nbformat.validate(book)
    assert any("\\" in cell.source and "$" in cell.source for cell in book.cells if cell.cell_type == "markdown")
    there: dict = {}
    for cell in book.cells:
        if cell.cell_type == "code":
            exec(compile(cell.source, str(path), "exec"), there)
    found = there.get("found")
    if words[0] == "compare":
        assert found[1].x_0_rms == said["columns"][1]["x_0_rms"]
    elif words[0] == "invert":
        assert found.x_T_std == pytest.approx(said["x_T_std"])
    elif words[0] == "edit":
        rms = (there["x_0"] - there["pictures"].x_0).square().flatten(1).mean(1).sqrt()
        assert rms.tolist() == pytest.approx(said["x_0_rms"])
    elif words[0] == "inpaint":
        assert found.seam.tolist() == said["seam"]
    else:
        lengths = found.x_T["slerp"].flatten(1).square().mean(1).sqrt().tolist()
        assert (found.mse, lengths) == (said["mse"], said["x_T_rms"]["slerp"])
