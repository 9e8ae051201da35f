"""What Python says of the messages and what the scripts are told of them is one and the same."""

import json
from typing import Literal, NotRequired, TypedDict, get_args, get_type_hints

import pytest
import torch

from bench.synthetic import Synthetic
from ddpm_playground.recipe import DEFAULT
from ddpm_playground.ui.chapters import show
from ddpm_playground.ui.chapters.graphs import diagram
from ddpm_playground.ui.declarations import PATH, declarations, typescript
from ddpm_playground.ui.protocol import chapter_blocks
from ddpm_playground.ui.protocol.player_messages import Frames, Opening, StepNumbers
from ddpm_playground.ui.reverse.runs import LiveRun
from ddpm_playground.ui.reverse.stream import messages


def test_the_declarations_are_those_of_the_records():
    assert PATH.read_text(encoding="utf-8") == declarations(), "run python -m ddpm_playground.ui.declarations"


class Sample(TypedDict):
    """A record."""

    kind: Literal["a", "b"]
    maybe: NotRequired[int]


@pytest.mark.parametrize(
    ("kind", "want"),
    [(int, "number"), (str | None, "string | null"), (list[str | None], "(string | null)[]"), (Sample, "Sample"),
     (dict[str, list[float]], "Record<string, number[]>"), (tuple[int, str], "[number, string]"),
     (Literal["a", "b"], '"a" | "b"')],
)  # fmt: skip
def test_an_annotation_in_typescript(kind, want):
    assert typescript(kind) == want


def test_what_has_no_counterpart_is_refused():
    with pytest.raises(TypeError, match="no counterpart"):
        typescript(set[int])


def test_a_run_sends_what_its_records_say():
    live = LiveRun(Synthetic(DEFAULT.with_(num_steps=2, num_images=1), shape=(1, 4, 4)))
    for text in messages(live):
        message = json.loads(text)
        known = get_type_hints(Opening).keys() | get_type_hints(Frames).keys()
        assert message.keys() <= known
        assert ("steps" not in message) or message.keys() >= Opening.__required_keys__
        assert ("before" not in message) or message.keys() >= Frames.__required_keys__
        for step in message.get("steps", []):
            assert step.keys() == get_type_hints(StepNumbers).keys()
    assert message["done"] is True


def test_every_kind_of_block_is_what_its_record_says():
    note = {"key": "ch_x.y", "values": {}}
    made = [
        show.formula("x"), show.numbers(("a", 1.0), ("b", "c", "x_0")), show.plot({}, note), show.listing(["x"]),
        show.pictures(show.picture("x_0", "x", torch.zeros(1, 2, 2)), show.picture("x_0", "x", None)),
        show.remark(note), show.derivation(("x", note)), diagram(title=note),
    ]  # fmt: skip
    kinds = {get_args(get_type_hints(record)["kind"])[0]: record for record in get_args(chapter_blocks.Block)}
    assert {block["kind"] for block in made} == kinds.keys()
    for block in made:
        assert block.keys() == get_type_hints(kinds[block["kind"]]).keys()
    for item in made[4]["items"]:
        assert item.keys() == get_type_hints(chapter_blocks.Picture).keys()
