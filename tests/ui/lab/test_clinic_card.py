"""The clinic on screen: what it answers, how far it is, whose pictures it takes, and what it refuses in a sentence."""

import base64
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ddpm_playground.learn.checkpoints.store import Shelf
from ddpm_playground.learn.clinic import consultation
from ddpm_playground.ui.lab import clinic_card, clinic_offer
from ddpm_playground.ui.words.language import speaking
from ddpm_playground.views.clinic_plots import PANELS
from ddpm_playground.worker.progress import tell_progress
from tests.tiny import tiny_checkpoint

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    tiny_checkpoint(tmp_path / "tiny", num_classes=3)
    tiny_checkpoint(tmp_path / "other", num_classes=3, T=30)
    own = Shelf([tmp_path])
    for module in (clinic_card, clinic_offer):
        monkeypatch.setattr(module, "shelf", lambda: own)
    monkeypatch.setattr(consultation, "shipped_curve", lambda patient, own: ((None,) * len(own), (), "not asked"))
    monkeypatch.setenv("DDPM_ENGINE", "eager")
    return own


def sent(count: int = 8, label: int | None = None, side: int = 8) -> dict[str, Any]:
    """Pictures as the page sends them: greys, each with a square elsewhere."""
    pixels = np.zeros((count, side, side, 3), np.uint8)
    for i in range(count):
        pixels[i, i % 4 : i % 4 + 3, i // 4 : i // 4 + 4] = 200
    return {"count": count, "pixels": base64.b64encode(pixels.tobytes()).decode(), "label": label}


def test_what_can_be_chosen_is_offered(shelf) -> None:
    assert json.loads(clinic_offer.clinic_value()) == {
        "names": ["other", "tiny"],
        "digits": 10,
        "most": 64,
        "fewest": 6,
    }
    assert clinic_card.network_takes({"first": "tiny"}) == {
        "channels": 1, "height": 8, "width": 8, "classes": ["0", "1", "2"], "needs_class": False,
    }  # fmt: skip


@pytest.mark.slow
def test_one_network_on_pictures_of_ones_own(shelf, monkeypatch) -> None:
    told: list[list[int]] = []
    monkeypatch.setattr("ddpm_playground.worker.progress.SECONDS_BETWEEN", -1.0)
    monkeypatch.setattr(tell_progress, "write", lambda line: told.append(json.loads(line)["progress"]))
    answer = clinic_card.consult({"first": "tiny", "second": "", "own": sent(label=1)})
    assert answer["said"] == ["On 8 of the 8 of your own pictures."]
    (one,) = answer["examined"]
    assert one["worst"] == "warning" and one["verdict"] == "tiny: not converged."
    card = one["cards"][0]
    assert card["code"] == "not-converged" and card["message"].startswith("Not converged. In the ") and card["idle"]
    assert card["fix"].startswith("Train longer") and card["severity"] == "warning"
    assert any(sentence.startswith("Not looked for: trained with channels swapped, since") for sentence in one["more"])
    assert answer["figures"].keys() == PANELS.keys()
    done = [so_far for so_far, _ in told]
    assert done == sorted(done) and all(so_far <= total for so_far, total in told)
    assert 0.5 < done[-1] / told[0][1] < 1.5  # about as many as was said


@pytest.mark.slow
def test_two_networks_and_in_chinese(shelf) -> None:
    with speaking("zh-TW"):
        answer = clinic_card.consult({"first": "tiny", "second": "other", "only": "1", "own": None})
    assert [one["verdict"].partition("：")[0] for one in answer["examined"]] == ["tiny", "other"]
    said = [*answer["said"], *(one["verdict"] for one in answer["examined"])]
    said += [sentence for one in answer["examined"] for sentence in one["more"] + one["notes"]]
    said += [card[key] for one in answer["examined"] for card in one["cards"] for key in ("message", "fix")]
    assert [sentence for sentence in said if not re.search(r"[\u4e00-\u9fff]", sentence)] == []
    names = [trace["name"] for trace in answer["figures"]["eps"]["data"]]
    assert names == ["tiny", "other", "線性濾波器"]


def test_of_a_slow_network_fewer_pictures_are_shown_and_of_one_too_slow_none(shelf, monkeypatch) -> None:
    network = shelf.load("tiny")
    monkeypatch.setattr(clinic_card, "_one_s", lambda checkpoint: 1e-4)
    assert clinic_card.images_within([network], 64) == 64
    monkeypatch.setattr(clinic_card, "_one_s", lambda checkpoint: clinic_card.MOST_S / 5000)
    assert 16 <= clinic_card.images_within([network], 64) < 64
    assert clinic_card.images_within([network], 64) > clinic_card.images_within([network, network], 24)
    monkeypatch.setattr(clinic_card, "_one_s", lambda checkpoint: 0.5)
    with pytest.raises(ValueError, match=r"a picture takes 0.5 s here, .* 16 pictures .* in a terminal"):
        clinic_card.images_within([network], 64)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"first": ""}, "the checkpoint has no name"),
        ({"first": "tiny", "second": "none such"}, "there is no checkpoint 'none such'"),
        ({"first": "tiny", "only": "12"}, "the digits' class must be in [0, 9], got '12'"),
        ({"first": "tiny", "own": sent(5)}, "6 to 64 pictures of your own, got 5"),
        ({"first": "tiny", "own": sent() | {"count": True}}, "6 to 64 pictures of your own, got True"),
        ({"first": "tiny", "own": sent(8, side=9)}, "at the network's size"),
        ({"first": "tiny", "own": {"count": 8, "pixels": "?"}}, "at the network's size"),
        ({"first": "tiny", "own": [1]}, "at the network's size"),
        ({"first": "tiny", "own": sent(label=3)}, "the pictures' class must be in [0, 2], got 3"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(shelf, asked, told) -> None:
    assert told in clinic_card.consult(asked)["problem"]
