"""The files of the cards whose work a worker does: arrays, a film, a notebook that comes to the same."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from ddpm_playground.core.phrase import Refusal
from ddpm_playground.learn.checkpoints.store import Shelf
from ddpm_playground.ui.experiments import asking, kept_results
from ddpm_playground.ui.experiments.kept_results import write_result
from ddpm_playground.ui.experiments.own_picture_card import DEEDS

from ...tiny import tiny_checkpoint
from .test_cards import branched, deed


@pytest.fixture(autouse=True, scope="module")
def shelf(tmp_path_factory):
    root = tmp_path_factory.mktemp("files")
    tiny_checkpoint(root / "tiny")
    shelf = Shelf([root])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asking, "shelf", lambda: shelf)
        yield shelf


@pytest.mark.parametrize("name", [*DEEDS, "branches"])
def test_the_files_of_the_other_cards(name, tmp_path, shelf) -> None:
    answer = branched(chains=2) if name == "branches" else deed(name)
    result = json.loads(json.dumps(answer["kept"]))  # as it comes from a worker
    told = {"edit": 9, "guess": 0, "inpaint": 4, "invert": 3, "branches": 6}.get(name, 5)
    film, arrays, book = (tmp_path / f"out.{kind}" for kind in ("gif", "npz", "ipynb"))
    write_result(arrays, result)
    with np.load(arrays) as found:
        shape = {"edit": (9, 1), "guess": (2, 1), "inpaint": (2, 4), "invert": (3, 1), "branches": (6, 4, 2)}
        assert found["x_0"].shape == (*shape.get(name, (5,)), 1, 8, 8)
        assert json.loads(str(found["recipe"]))["seed"] == (2 if name == "branches" else 3)
        x_0 = found["x_0"]
    if told:
        write_result(film, result)
        with Image.open(film) as image:
            assert image.n_frames == told and image.width > 200 and film.stat().st_size < 3e6
    else:
        with pytest.raises(Refusal, match="no strip to save as a film"):
            write_result(film, result)
    # The notebook's own cells come to the same pictures.
    write_result(book, {**result, "settings": result["settings"] | {"checkpoint": str(shelf.load("tiny").folder)}})
    room: dict = {}
    for cell in json.loads(book.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), room)
    if name == "branches":
        again = torch.stack(list(room["leaves"].values()))
    elif name in ("edit", "guess"):
        again = room["x_0"]
    else:
        again = room["found"].x_0["slerp"] if name in ("interpolate", "seeds") else room["found"].x_0
    own = x_0[-1][:1] if name in ("inpaint", "invert") else x_0
    np.testing.assert_allclose(again.numpy(), own, atol=1e-4)


def test_a_result_is_let_go_of_by_the_next_and_too_large_arrays_are_refused(tmp_path, monkeypatch) -> None:
    class Exports:
        exports = None

    results = kept_results.KeptResults(Exports())
    assert results.keep("branch", "me", {"ticket": "1"}) == {"ticket": "1"}
    answer = deed("invert")
    cards = ("own_picture", "branch", "own_picture")
    first, other, second = (results.keep(card, "me", answer)["kept"] for card in cards)
    assert [results.owned.known_by(one) is None for one in (first, other, second)] == [True, False, False]
    monkeypatch.setattr(kept_results, "ARRAYS_BYTES", 10)
    with pytest.raises(Refusal, match="take more than 0 MB"):
        write_result(tmp_path / "out.npz", deed("invert")["kept"])
