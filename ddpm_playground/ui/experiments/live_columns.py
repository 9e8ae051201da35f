"""A comparison while it is made: its frames as messages for the page, and what is kept of it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import torch

from ...core.phrase import Refusal
from ...experiments.columns import ColumnChain, parse_column
from ...experiments.differing import Beside, Difference, Measured, chains_of, laid_beside, picture_steps
from ...experiments.kept_columns import KeptColumns
from ...learn.checkpoints.checkpoint import Checkpoint
from ...learn.data.pictures import to_uint8
from ...views.difference_plots import difference_figures
from ..page.component import packed
from ..protocol.compare_messages import ColumnsFrames, ColumnsOpening, CompareFrame
from ..serving.failure import reason
from ..serving.pace import Pace, all_read, has_room, most_frames, taken_ahead
from ..words.text import text
from .asking import checkpoint_in, whole_in

MOST_IMAGES, MOST_FRAMES, MOST_BYTES = 16, 101, 32 * 2**20
MAX_TEXT = 600  # characters of a column
GAINS = 1.0, 1.0, 1 / 3, 0.5  # of x_t, x̂_0, ε̂ and the difference, which then fit into ±1
SENT = 4  # bytes of a value that is shown: x_t, x̂_0, ε̂ and the difference


@dataclass(eq=False)
class LiveColumns:
    """One browser tab's comparison.

    Attributes:
        run_id: what the page calls it.
        asked: the page's own name for what it asked.
        texts: what was given, a column each.
        checkpoint: name of the one that all columns have.
        chains: its columns.
        num_images: N.
        kept: its frames.
        found: what was measured; None before the end.
        problem: why it ended early, in the reader's language; empty where it did not fail.
        done: whether it has ended, by itself or because it was stopped.
        stop: set when it is to end.
    """

    run_id: str
    asked: str
    texts: list[str]
    checkpoint: str
    chains: list[ColumnChain]
    num_images: int
    kept: KeptColumns
    stop: threading.Event = field(default_factory=threading.Event)
    found: list[Difference] | None = None
    problem: str = ""
    done: bool = False
    steps_done: int = 0

    @property
    def kept_bytes(self) -> int:
        """The memory that its frames take."""
        return self.kept.kept_bytes

    @property
    def sent_bytes(self) -> int:
        """Of a frame as it is sent, before base64."""
        return int(np.prod(self.kept.shape)) * SENT

    def steps(self) -> Generator[Beside]:
        """Every step, measured and kept as it comes; what fails is told in `problem`."""
        measured = Measured(self.chains)
        try:
            with closing(taken_ahead(laid_beside(self.chains, range(self.num_images)), self.stop)) as steps:
                for beside in steps:
                    measured.add(beside)
                    self.kept.add(beside)
                    self.steps_done += self.num_images
                    yield beside
        except Exception as error:
            self.problem = reason(error, "comparison")
        if self.steps_done == picture_steps(self.chains, self.num_images):
            self.found = measured.differences()


def live_columns(asked: Mapping[str, Any], run_id: str, stop: threading.Event) -> LiveColumns:
    """A comparison that the page asks for, made ready.

    Raises:
        ValueError: what cannot be compared.
    """
    given = asked.get("columns")
    if not isinstance(given, list) or not all(isinstance(one, str) and len(one) <= MAX_TEXT for one in given):
        raise Refusal("the page asks with a list of columns; reload the page")
    columns = [parse_column(one) for one in given]
    own, count = checkpoint_in(asked), whole_in(asked, "num_images", 1, MOST_IMAGES)

    def checkpoint_of(name: str | None) -> Checkpoint:
        return own if name is None else checkpoint_in({"checkpoint": name})

    chains = chains_of(columns, checkpoint_of, count)
    kept = KeptColumns(chains, count, MOST_BYTES, MOST_FRAMES, is_coarse=True)
    name = str(asked.get("asked") or "")[:64]
    return LiveColumns(run_id, name, given, str(asked.get("checkpoint")), chains, count, kept, stop)


def opening(live: LiveColumns) -> ColumnsOpening:
    """The first message: what the columns are."""
    return {
        "run": live.run_id,
        "asked": live.asked,
        "columns": [
            {"settings": one.settings, "t": one.t, "log_snr": one.log_snr, "at": one.at} for one in live.kept.columns
        ],
        "shape": list(live.kept.shape[1:]),
        "count": live.num_images,
        "grain": live.kept.grain,
        "thinned": live.kept.is_thinned,
        "most_mb": MOST_BYTES // 2**20,
        "frames": [],
    }


def frame(live: LiveColumns, i: int) -> CompareFrame:
    """The i-th frame that came."""
    k, place = live.kept.order[i]
    column = live.kept.columns[k]
    difference = column.difference[place].astype(np.float16)
    halves = column.x_t[place], column.x_hat_0[place], column.eps_hat[place], difference
    pictures = [packed(_bytes_of(gain)[x.view(np.uint16)], "|u1") for x, gain in zip(halves, GAINS, strict=True)]
    return k, pictures[0], pictures[1], pictures[2], pictures[3]


@cache
def _bytes_of(gain: float) -> np.ndarray:
    """The byte that each float16 is painted as, (65536,) uint8: one look-up a value."""
    halves = torch.from_numpy(np.arange(2**16, dtype=np.uint16).view(np.float16))
    return to_uint8(torch.nan_to_num(halves.float() * gain, nan=-1.0)).numpy()


def reach(live: LiveColumns, first: int) -> int:
    """One past the last frame of a message that begins with frame `first`."""
    return min(len(live.kept.order), first + most_frames(live.sent_bytes))


def since(live: LiveColumns, first: int, end: int) -> ColumnsFrames:
    """Frames first…end−1, as a message; the last one also tells what was found."""
    message: ColumnsFrames = {
        "run": live.run_id, "before": first, "total": len(live.kept.order),
        "frames": [frame(live, i) for i in range(first, end)],
        "done_steps": live.steps_done, "all_steps": picture_steps(live.chains, live.num_images),
    }  # fmt: skip
    if live.done and end == len(live.kept.order):
        message["done"], message["problem"] = True, live.problem
        message["stopped"] = live.found is None and not live.problem
        if live.found is not None:
            message["found"] = [one.as_json() for one in live.found]
            message["figures"] = figures(live.found)
    return message


def figures(found: list[Difference]) -> dict[str, Any]:
    """The plots of what was found, as Plotly's JSON."""
    texts = {name: text(f"compare.{name}") for name in ("log_snr", "difference_y", "norm_y", "x_t", "x_hat_0")}
    names = [text("compare.column", letter="ABCD"[k]) for k in range(len(found))]
    drawn = difference_figures(found, names, texts)
    return {name: json.loads(str(figure.to_json())) for name, figure in drawn.items()}


def messages(live: LiveColumns, unread: Callable[[], int] = all_read) -> Iterator[str]:
    """The messages of a comparison while it is made; ends within one step of `live.stop`.

    While too much waits unread, frames are kept and none is sent. What the last message has no room for, the page
    asks for.
    """
    start: Mapping[str, object] = opening(live)
    if has_room(live.sent_bytes, unread()):
        yield json.dumps(start)
        start = {}
    pace, sent = Pace(), 0
    with closing(live.steps()) as steps:
        for _ in steps:
            pace.step()
            if live.stop.is_set():
                break
            ready = len(live.kept.order) - sent
            due = ready > 0 and pace.due(ready >= most_frames(live.sent_bytes))
            if due and has_room(live.sent_bytes, unread()):
                end = reach(live, sent)
                told = {**since(live, sent, end), "total": end}  # what comes later is not missing yet
                yield json.dumps({**start, **told})
                start, sent = {}, end
                pace.sent()
    live.done = True
    room = has_room(live.sent_bytes, unread())
    last = since(live, sent, reach(live, sent) if room else sent)
    yield json.dumps({**(start if room else {}), **last})


def catch_up(live: LiveColumns, first: int) -> str:
    """What a page that has only `first` frames of this comparison gets next."""
    first = min(max(first, 0), len(live.kept.order))
    start = opening(live) if first == 0 else {}
    return json.dumps({**start, **since(live, first, reach(live, first))})
