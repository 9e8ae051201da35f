"""Samples beside the bundled digits: what the card answers, and the copy that is to be found."""

import base64
import json

import numpy as np
import pytest

from ddpm_playground.learn.checkpoints.store import Shelf
from ddpm_playground.learn.data.pictures import bundled_digits
from ddpm_playground.tabs import EXPERIMENTS
from ddpm_playground.ui.experiments import asking
from ddpm_playground.ui.experiments.kept_results import write_result
from ddpm_playground.ui.experiments.nearest_card import run_nearest
from ddpm_playground.ui.experiments.tab import CARDS

from ...tiny import tiny_checkpoint


@pytest.fixture(autouse=True, scope="module")
def shelf(tmp_path_factory):
    root = tmp_path_factory.mktemp("nearest")
    tiny_checkpoint(root / "digits", size=28)
    tiny_checkpoint(root / "tiny")
    shelf = Shelf([root])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asking, "shelf", lambda: shelf)
        yield


def asked(**change) -> dict:
    usual = {"checkpoint": "digits", "deed": "samples", "label": "all", "num_images": 3, "num_steps": 2, "seed": 5}
    return run_nearest(usual | {"sampler": "ddpm", "strength": 0, "guidance": 1} | change)


def shown(packed: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(packed), np.uint8).reshape(-1, 1, 28, 28)


def test_each_sample_has_its_nearest_digits_and_one_of_them_is_a_copy_where_it_is_asked() -> None:
    plain, riddle = asked(), asked(deed="guess")
    digits, copy = bundled_digits().images.numpy(), riddle["copy"]
    assert plain["copy"] is None and len(plain["told"]) == 2
    for key in ("pixels", "features"):
        facts = riddle[key]["facts"]
        assert facts[copy]["distance"] == 0 and facts[copy]["percentile"] < 1
        assert (shown(riddle[key]["pictures"]) == digits[[one["index"] for one in facts]]).all()
    samples = shown(plain["samples"]).reshape(3, -1) / 127.5 - 1
    apart = np.sqrt(((samples[:, None] - digits.reshape(1000, -1)[None] / 127.5 + 1) ** 2).sum(2))
    assert [one["index"] for one in plain["pixels"]["facts"]] == apart.argmin(1).tolist()
    np.testing.assert_allclose([one["distance"] for one in plain["pixels"]["facts"]], apart.min(1))
    others = [i for i in range(3) if i != copy]
    assert (shown(riddle["samples"])[others] == shown(plain["samples"])[others]).all()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"checkpoint": "tiny"}, "on the command line nearest compares with a folder"),
        ({"num_images": 17}, "num_images must be a whole number in [2, 16]"),
        ({"label": 10}, "label must be"),
        ({"num_steps": 0}, "num_steps must be"),
    ],
)
def test_what_cannot_be_is_refused(change, said) -> None:
    assert said in asked(**change)["problem"]


def test_every_card_can_be_opened_by_a_link() -> None:
    assert ("auto", "compare", *CARDS) == EXPERIMENTS


def test_the_files_of_samples(tmp_path) -> None:
    answer = asked(deed="guess")
    arrays, book = tmp_path / "out.npz", tmp_path / "out.ipynb"
    write_result(arrays, answer["kept"])
    with np.load(arrays) as found:
        assert (found["images"].transpose(0, 3, 1, 2) == shown(answer["samples"])).all()
        assert found["features_distance"][answer["copy"]] == found["pixels_distance"][answer["copy"]] == 0
    folder = str(asking.shelf().load("digits").folder)
    write_result(book, {**answer["kept"], "settings": answer["kept"]["settings"] | {"checkpoint": folder}})
    room: dict = {}
    for cell in json.loads(book.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), room)
    assert (room["images"].transpose(0, 3, 1, 2) == shown(answer["samples"])).all()
    assert room["found"].pixels.facts(answer["copy"])["distance"] == 0
