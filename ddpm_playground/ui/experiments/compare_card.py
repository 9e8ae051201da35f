"""A/B on screen: two to four recipes over the same noises."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from ...bridge.all_samplers import ALL_SAMPLERS
from ...core import SCHEDULES, SPACINGS
from ...core.phrase import Refusal
from ...experiments.columns import Column, ColumnChain, parse_column
from ...experiments.differing import Seen, compare
from ...learn.checkpoints.checkpoint import Checkpoint
from ...recipe import DEFAULT
from ...run import shelf
from ...views.difference_plots import difference_figures
from ..serving.failure import answering
from ..words.text import text
from .asking import checkpoint_in, picture_bytes, telling, whole_in

MOST_IMAGES, MOST_FRAMES, MOST_BYTES = 8, 51, 6 * 2**20
MAX_TEXT = 300  # characters of a column
EPS_GAIN = 1 / 3
# Comparisons that show something at once: what they are called → their columns.
EXAMPLES: dict[str, tuple[str, ...]] = {
    "same": ("sampler=ddpm num_steps=200 seed=1", "sampler=ddim strength=1 num_steps=200 seed=1"),
    "steps": ("sampler=ddim num_steps=20 seed=1", "sampler=ddim num_steps=200 seed=1"),
    "noise": ("sampler=ddpm num_steps=50 seed=1", "sampler=ddim num_steps=50 seed=1"),
    "guidance": ("num_steps=50 seed=1 guidance=1", "num_steps=50 seed=1 guidance=4"),
    "variance": ("num_steps=50 seed=1 strength=0", "num_steps=50 seed=1 strength=1"),
    "schedule": ("sampler=ddim num_steps=50 seed=1", "sampler=ddim num_steps=50 seed=1 schedule=cosine"),
}


def compare_value() -> str:
    """What compare.js starts from."""
    value = {
        "examples": EXAMPLES,
        "samplers": [(name, sampler.title) for name, sampler in ALL_SAMPLERS.items()],
        "checkpoints": shelf().names(),
        "schedules": list(SCHEDULES),
        "spacings": [DEFAULT.spacing, *(name for name in SPACINGS if name != DEFAULT.spacing)],
    }
    return json.dumps(value)


@answering
def run_columns(asked: Mapping[str, Any]) -> dict[str, Any]:
    """{"columns": as `Difference` has it, each with its frames, "figures", "shape", "count"}; or {"problem"}."""
    given = asked.get("columns")
    if not isinstance(given, list) or not all(isinstance(one, str) and len(one) <= MAX_TEXT for one in given):
        raise Refusal("the page asks with a list of columns; reload the page")
    columns = [parse_column(one) for one in given]
    own, count = checkpoint_in(asked), whole_in(asked, "num_images", 1, MOST_IMAGES)

    def checkpoint_of(name: str | None) -> Checkpoint:
        return own if name is None else checkpoint_in({"checkpoint": name})

    total = sum(_steps(one, checkpoint_of, count) for one in columns) * count
    film = Film(len(columns), count * int(np.prod(own.image_shape)))
    found = compare(columns, checkpoint_of, num_images=count, progress=telling(total), see=film.see)
    texts = {name: text(f"compare.{name}") for name in ("log_snr", "difference_y", "norm_y", "x_t", "x_hat_0")}
    names = [text("compare.column", letter="ABCD"[k]) for k in range(len(found))]
    figures = difference_figures(found, names, texts)
    return {
        "columns": [one.as_json() | {"frames": frames} for one, frames in zip(found, film.columns, strict=True)],
        "figures": {name: json.loads(str(figure.to_json())) for name, figure in figures.items()},
        "shape": list(own.image_shape), "count": count, "thinned": film.thinned,
    }  # fmt: skip


def _steps(column: Column, checkpoint_of: Any, count: int) -> int:
    return len(ColumnChain.of(column, checkpoint_of, count).path) - 1


class Film:
    """The frames of a comparison, as many as the answer may hold.

    Args:
        num_columns: how many share it.
        values: of one frame, all its pictures together.

    Attributes:
        columns: {"at", "x_t", "x_hat_0", "eps_hat", "difference"} of each: numbers of the steps, and pictures.
        thinned: whether steps were left out.
    """

    def __init__(self, num_columns: int, values: int) -> None:
        self.most = max(2, min(MOST_FRAMES, MOST_BYTES // (num_columns * 4 * values)))
        self.columns: list[dict[str, Any]] = [{} for _ in range(num_columns)]
        self.thinned = False

    def see(self, k: int, chain: ColumnChain, own: Seen, first: Seen, pairs: np.ndarray) -> None:
        """Keeps what fits of a column."""
        S = len(own.ts)
        at = sorted({round(i * (S - 1) / (min(S, self.most) - 1 or 1)) for i in range(min(S, self.most))})
        self.thinned = self.thinned or len(at) < S
        difference = [(own.x_hat_0[i] - first.x_hat_0[pairs[i]]) / 2.0 for i in at]
        self.columns[k] = {
            "at": at,
            "x_t": picture_bytes(_stacked(own.x_t, at)),
            "x_hat_0": picture_bytes(_stacked(own.x_hat_0, at)),
            "eps_hat": picture_bytes(_stacked(own.eps_hat, at), EPS_GAIN),
            "difference": picture_bytes(torch.stack(difference)),
        }


def _stacked(values: list[torch.Tensor], at: list[int]) -> torch.Tensor:
    return torch.stack([values[i] for i in at])
