"""What the cards of the tab answer, on a small untrained network, and what they refuse."""

import itertools
import json
import threading
from typing import get_type_hints

import numpy as np
import pytest
import torch
from PIL import Image

from ddpm_playground.core import Sampling, seam_error
from ddpm_playground.core.phrase import Refusal
from ddpm_playground.experiments import OwnPictures, compare, inpaint, inverting, parse_column
from ddpm_playground.experiments.branching import Trunk
from ddpm_playground.experiments.differing import laid_beside
from ddpm_playground.learn.checkpoints.store import Shelf
from ddpm_playground.learn.judging.samples import final_x
from ddpm_playground.ui.experiments import asking, compare_card, comparisons, live_columns, own_picture_card
from ddpm_playground.ui.experiments.asking import facts_of
from ddpm_playground.ui.experiments.branch_card import run_branches
from ddpm_playground.ui.experiments.compare_card import EXAMPLES, compare_value
from ddpm_playground.ui.experiments.own_picture_card import DEEDS, own_picture_value, run_deed
from ddpm_playground.ui.page.component import packed
from ddpm_playground.ui.protocol.compare_messages import ColumnsFrames, ColumnsOpening
from ddpm_playground.ui.serving import pace

from ...tiny import tiny_checkpoint


@pytest.fixture(scope="module")
def shelf(tmp_path_factory) -> Shelf:
    root = tmp_path_factory.mktemp("cards")
    tiny_checkpoint(root / "tiny")
    return Shelf([root])


@pytest.fixture(autouse=True)
def tiny(shelf, monkeypatch):
    for module in (asking, compare_card):
        monkeypatch.setattr(module, "shelf", lambda: shelf)
    return shelf.load("tiny")


def pictures(text: str, count: int) -> np.ndarray:
    """(count,1,8,8) uint8 of what a card answers."""
    return np.frombuffer(__import__("base64").b64decode(text), np.uint8).reshape(count, 1, 8, 8)


ASKED = {"checkpoint": "tiny", "num_images": 2.0, "asked": "mine"}
TWO = ["num_steps=10 seed=1", "sampler=ddim num_steps=5 seed=1"]


def live(columns: list[str], **change) -> live_columns.LiveColumns:
    return live_columns.live_columns({**ASKED, "columns": columns} | change, "a run", threading.Event())


def test_columns_stream_interleaved_and_end_with_what_was_found(tiny) -> None:
    first, *rest = [json.loads(text) for text in live_columns.messages(live(TWO))]
    assert (first["asked"], first["shape"], first["count"], first["thinned"]) == ("mine", [1, 8, 8], 2, False)
    assert [column["at"] for column in first["columns"]] == [list(range(10)), list(range(5))]
    frames = [frame for message in rest for frame in message["frames"]]
    # Both begin at T, and each of B's five steps follows the one of A's ten that it is laid beside.
    assert [frame[0] for frame in frames] == [0, 1, 0] * 5
    assert [m["before"] for m in rest] == list(itertools.accumulate([0, *(len(m["frames"]) for m in rest)]))[:-1]
    own = final_x(tiny, torch.tensor([0, 1]), Sampling(num_steps=10), seed=1)
    last = [frame for frame in frames if frame[0] == 0][-1]
    np.testing.assert_allclose(pictures(last[2], 2), asking.to_uint8(own).numpy(), atol=1)
    assert (pictures(last[4], 2) == 128).all()
    end = rest[-1]
    assert end["done"] and not end["stopped"] and end["done_steps"] == end["all_steps"] == 30
    found = compare([parse_column(one) for one in TWO], lambda name: tiny, num_images=2)
    assert end["found"] == [one.as_json() for one in found]
    names = [trace["name"] for trace in end["figures"]["difference"]["data"]]
    assert len(names) == 2 and len(end["figures"]["norm"]["data"]) == 2


def test_messages_are_what_their_records_say_and_what_was_missed_is_sent_again(monkeypatch) -> None:
    one = live(TWO)
    whole = [json.loads(text) for text in live_columns.messages(one)]
    for message in whole:
        record = ColumnsOpening if "columns" in message else ColumnsFrames
        assert message.keys() <= get_type_hints(record).keys() and message.keys() >= record.__required_keys__
    monkeypatch.setattr(pace, "MESSAGE_BYTES", 2 * one.sent_bytes)
    had: list = []
    while len(had) < 15:
        reply = json.loads(live_columns.catch_up(one, len(had)))
        assert reply["before"] == len(had) and len(reply["frames"]) <= 2 and ("columns" in reply) == (not had)
        had += reply["frames"]
    assert had == [frame for message in whole for frame in message["frames"]] and reply["done"]


def test_a_comparison_that_is_stopped_keeps_what_has_come() -> None:
    one, said = live(TWO), []
    for text in live_columns.messages(one):
        said.append(json.loads(text))
        one.stop.set()
    assert said[-1]["done"] and said[-1]["stopped"] and "found" not in said[-1]
    assert one.found is None and len(one.kept.order) < 15


def test_a_chain_that_fails_says_why(monkeypatch) -> None:
    one = live(TWO)

    def failing(chains, pictures):
        yield next(laid_beside(chains, pictures))
        raise Refusal("the network knows t in [1, {T}], a schedule of {got} steps needs others; x", T=1, got=2)

    monkeypatch.setattr(live_columns, "laid_beside", failing)
    end = [json.loads(text) for text in live_columns.messages(one)][-1]
    assert "a schedule of 2 steps" in end["problem"] and end["done"] and not end["stopped"] and end["total"] == 1


@pytest.mark.parametrize("kind", ["png", "gif", "npz", "ipynb"])
def test_the_page_s_files(kind, tmp_path) -> None:
    one = live(TWO)
    list(live_columns.messages(one))
    path = tmp_path / f"out.{kind}"
    comparisons._write(path, one)
    if kind == "ipynb":
        assert "sampler=ddim num_steps=5 seed=1" in path.read_text(encoding="utf-8")
    elif kind == "npz":
        with np.load(path) as arrays:
            assert arrays["B_x_t"].shape == (5, 2, 1, 8, 8) and json.loads(str(arrays["recipe"]))["complete"]
    else:
        with Image.open(path) as image:
            assert image.width > 300 and getattr(image, "n_frames", 1) == (11 if kind == "gif" else 1)


def test_every_example_can_be_run_by_the_network_that_is_shipped() -> None:
    assert json.loads(compare_value())["examples"].keys() == EXAMPLES.keys()
    for texts in EXAMPLES.values():
        for text in texts:
            assert parse_column(text).recipe.num_steps <= 200


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"columns": "x"}, "a list of columns"),
        ({"columns": ["seed=1"]}, "compare takes 2 to 4 columns"),
        ({"columns": ["seed=1", "x" * 700]}, "a list of columns"),
        ({"num_images": 17}, "num_images must be a whole number in [1, 16]"),
        ({"checkpoint": "no"}, "no"),
    ],
)
def test_columns_that_cannot_be_are_refused(change, said) -> None:
    with pytest.raises(ValueError) as refused:
        live(**({"columns": ["num_steps=5", "num_steps=5"]} | change))
    assert said in str(refused.value)


def deed(name: str, **change) -> dict:
    x = torch.linspace(-1, 1, 64).reshape(1, 8, 8)
    mask = torch.zeros(1, 8, 8)
    mask[:, 2:5] = 1.0
    asked = {
        "checkpoint": "tiny", "deed": name, "pictures": [packed(x)] * (2 if name == "interpolate" else 1),
        "mask": packed(mask), "label": -1, "num_steps": 5, "sampler": "ddpm", "strength": 0, "guidance": 1, "seed": 3,
        "resample": 2, "jump": 2, "fixed_points": 0, "count": 5, "other_seed": 4,
    }  # fmt: skip
    return run_deed(asked | change)


@pytest.mark.parametrize("name", list(DEEDS))
def test_every_deed_answers_rows_of_pictures_with_captions(name) -> None:
    answer = deed(name)
    assert "problem" not in answer, answer
    for row in answer["rows"]:
        assert pictures(row["pictures"], len(row["captions"])).shape[0] == len(row["captions"]) and row["name"]
    assert json.loads(own_picture_value())["deeds"] == list(DEEDS)


def test_an_edit_s_strip_begins_with_the_picture_and_painting_keeps_the_rest() -> None:
    own = np.rint(np.linspace(0, 255, 64)).reshape(8, 8)
    edited = deed("edit")["rows"][1]
    assert np.abs(pictures(edited["pictures"], 9)[0, 0] - own).max() <= 1 and len(edited["captions"]) == 9
    painted = pictures(deed("inpaint")["rows"][0]["pictures"], 4)
    assert np.abs(painted[-1, 0][5:] - own[5:]).max() <= 1 and np.abs(painted[-1, 0][2:5] - own[2:5]).max() > 5


def test_a_seam_is_drawn_over_r_as_the_mean_of_its_chains(tiny) -> None:
    answer = deed("inpaint", resample=3)
    mean, each, own = answer["figure"]["data"]
    assert list(mean["x"]) == [1, 2, 3] and len(each["y"]) == 3 * own_picture_card.CHAINS
    np.testing.assert_allclose(mean["y"], np.reshape(each["y"], (3, -1)).mean(1))
    mask = torch.zeros(1, 8, 8)
    mask[:, 2:5] = 1.0
    own_x = torch.linspace(-1, 1, 64).reshape(1, 8, 8)
    assert list(own["y"]) == pytest.approx([float(seam_error(own_x[None], 1 - mask)[0])] * 2)
    alone = OwnPictures(own_x[None], torch.tensor([-1]), ("",))
    painted = inpaint(tiny, alone, 1 - mask, Sampling(num_steps=5), resample=3, jump=2, seed=3)
    assert each["y"][2 * own_picture_card.CHAINS] == pytest.approx(float(painted.seam[0]))


def test_which_edit_began_later_is_known_and_both_orders_come() -> None:
    rights = set()
    for seed in range(6):
        riddle = deed("guess", seed=seed)["riddle"]
        assert riddle["ts"]["AB".index(riddle["right"])] == max(riddle["ts"])
        rights.add(riddle["right"])
    assert rights == {"A", "B"}
    assert deed("edit")["riddle"] is None


def test_an_inversion_that_is_lost_says_why(tiny, monkeypatch) -> None:
    monkeypatch.setattr(inverting, "GREY", 0.0)
    assert "fixed-point iterations, which solve" in deed("invert")["told"][1]
    assert "still change x_t by" in deed("invert", fixed_points=2)["told"][1]
    monkeypatch.setattr(inverting, "MENDABLE", 0.0)
    assert "keeps more signal at T" in deed("interpolate")["told"][1]


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("edit", {"deed": "x"}, "unknown deed 'x'; choose one of edit, inpaint"),
        ("edit", {"pictures": []}, "the page asks with 1 pictures"),
        ("edit", {"pictures": ["AAAA"]}, "3 bytes instead of 256"),
        ("edit", {"num_steps": 21}, "num_steps must be a whole number in [1, 20]"),
        ("edit", {"label": 10}, "label must be a whole number in [-1, 9]"),
        ("edit", {"pictures": [3]}, "the bundled digits are 1×28×28"),
        ("inpaint", {"mask": packed(torch.zeros(1, 8, 8))}, "nothing is painted yet"),
        ("inpaint", {"mask": None}, "nothing is painted yet"),
        ("inpaint", {"mask": packed(torch.ones(1, 8, 8))}, "nothing of the picture is left"),
        ("invert", {"fixed_points": 11}, "fixed_points must be a whole number in [0, 10]"),
        ("inpaint", {"mask": "AAAA"}, "3 bytes instead of 256"),
        ("inpaint", {"num_steps": 20, "jump": 15, "resample": 21}, "resample must be a whole number in [1, 20]"),
        ("seeds", {"other_seed": -1}, "other_seed must be a whole number"),
        ("interpolate", {"count": 16}, "count must be a whole number in [5, 15]"),
    ],
)
def test_deeds_that_cannot_be_are_refused(name, change, said) -> None:
    assert said in deed(name, **change)["problem"]


def branched(**change) -> dict:
    asked = {
        "checkpoint": "tiny", "label": -1, "then": "own", "count": 4, "chains": 1, "num_steps": 10, "sampler": "ddpm",
        "strength": 0, "guidance": 1, "seed": 2,
    }  # fmt: skip
    return run_branches(asked | change)


def test_branches_go_off_at_six_t_and_say_when_they_cannot_be_read(tiny) -> None:
    answer = branched()
    trunk = Trunk.of(tiny, torch.tensor([-1]), Sampling(num_steps=10), seed=2)
    assert [fork["t"] for fork in answer["forks"]] == [trunk.path[i] for i in (0, 2, 4, 5, 7, 9)]
    last = pictures(answer["forks"][-1]["pictures"], 4)
    assert (last == pictures(answer["end"], 1)).all()  # the last step adds no noise
    assert answer["digit"] is None and answer["decided"] is None and "28×28" in answer["told"][0]
    assert "problem" not in branched(then=5)
    same, other = branched(at=10), branched(at=10, then_sampler="ddim", then_steps=4, then_guidance=2)
    assert [fork["t"] for fork in same["forks"]] == [fork["t"] for fork in other["forks"]] == [10]
    assert same["forks"][0]["x_t"] == other["forks"][0]["x_t"]
    ends = pictures(other["forks"][0]["pictures"], 4)
    assert (ends == ends[:1]).all() and other["forks"][0]["pictures"] != same["forks"][0]["pictures"]
    three = branched(chains=3)
    assert three["end"] == answer["end"] and three["forks"][0]["pictures"] == answer["forks"][0]["pictures"]
    assert "16 chains with 16 branches each are 256, at most 128" in branched(chains=16, count=16)["problem"]
    for change, said in (
        ({"count": 3}, "count must be"),
        ({"then": 12}, "label must be"),
        ({"at": 0}, "at must be"),
        ({"then_steps": 21}, "then_steps must be"),
        ({"then_sampler": "x"}, "then_sampler must be one of"),
        ({"num_steps": 1}, "num_steps"),
    ):
        assert said in branched(**change)["problem"]


def test_the_page_learns_what_a_checkpoint_is() -> None:
    facts = facts_of({"checkpoint": "tiny"})
    assert (facts["shape"], facts["T"], len(facts["classes"]), facts["has_digits"]) == ([1, 8, 8], 20, 10, False)
    assert "the bundled digits are" in facts_of({"checkpoint": "tiny", "digit": 3})["problem"]
