"""What is kept of a comparison: pictures of some of its steps, evenly chosen, so that they stay within a budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from .columns import ColumnChain
from .differing import Beside

FEWEST = 2  # steps of a column: both ends
FEWEST_WHOLE, COARSEST = 16, 8  # before rows and columns of the pictures are left out, and of how many one stays
VALUE_BYTES = 2 + 2 + 2 + 4  # of x_t, x̂_0 and ε̂ as float16, and of the difference, which may be rounding alone
LARGEST = 65504.0  # of float16


@dataclass(eq=False)
class KeptColumn:
    """One column's steps that are kept.

    Attributes:
        settings: what was given.
        t: where each of its steps begins, kept or not.
        log_snr: there; None where it is infinite.
        at: numbers of the steps that are kept, (F,).
        x_t: (F,N,C,H,W) float16.
        x_hat_0: likewise.
        eps_hat: likewise.
        difference: x̂_0 less the first column's at the step that it is laid beside, (F,N,C,H,W) float32.
        x_0: where the chain ends, (N,C,H,W) float32.
        come: how many steps that are kept have come, of the pictures that came last.
        ended: of how many pictures the chain has ended.
    """

    settings: dict[str, str]
    t: list[int]
    log_snr: list[float | None]
    at: list[int]
    x_t: np.ndarray
    x_hat_0: np.ndarray
    eps_hat: np.ndarray
    difference: np.ndarray
    x_0: np.ndarray
    come: int = 0
    ended: int = 0

    @property
    def is_thinned(self) -> bool:
        """Whether steps are left out."""
        return len(self.at) < len(self.t)

    @property
    def is_ended(self) -> bool:
        """Whether x_0 of all pictures is there."""
        return self.ended == len(self.x_0)


def even(count: int, of: int) -> list[int]:
    """`count` of the numbers 0…of − 1, or all, evenly, both ends among them."""
    count = min(count, of)
    return sorted({round(i * (of - 1) / (count - 1 or 1)) for i in range(count)})


class KeptColumns:
    """The frames of a comparison, in memory of their own from the beginning.

    Args:
        chains: its columns.
        num_images: N.
        most_bytes: what the frames may take; two steps of each column are always kept.
        most_frames: of each column.
        is_coarse: whether rows and columns of large pictures may be left out, so that more steps are kept.

    Attributes:
        columns: what is kept of each.
        grain: every how many rows and columns of a picture are kept.
        order: (column, which of its kept steps) in the order in which they came, all pictures together.
    """

    def __init__(
        self, chains: Sequence[ColumnChain], num_images: int, most_bytes: int, most_frames: int, is_coarse: bool = False
    ) -> None:  # fmt: skip
        C, H, W = chains[0].checkpoint.image_shape
        each, self.grain = most_bytes // len(chains), 1
        wanted = min(FEWEST_WHOLE, max(len(chain.path) - 1 for chain in chains))
        while is_coarse and self.grain < COARSEST and wanted * _frame_bytes(num_images, C, H, W, self.grain) > each:
            self.grain *= 2
        shape = (num_images, C, -(-H // self.grain), -(-W // self.grain))
        self.frame_bytes = int(np.prod(shape)) * VALUE_BYTES
        most = max(FEWEST, min(most_frames, each // self.frame_bytes))
        self.columns = [_kept(chain, shape, most) for chain in chains]
        self.order: list[tuple[int, int]] = []

    @property
    def shape(self) -> tuple[int, ...]:
        """(N,C,H,W) of a frame."""
        return self.columns[0].x_0.shape

    @property
    def kept_bytes(self) -> int:
        """The memory that the frames take."""
        return sum(len(column.at) for column in self.columns) * self.frame_bytes

    @property
    def is_thinned(self) -> bool:
        """Whether steps of any column are left out."""
        return any(column.is_thinned for column in self.columns)

    def add(self, beside: Beside) -> None:
        """Keep a step, if it is one of those."""
        column, part = self.columns[beside.k], slice(beside.pictures.start, beside.pictures.stop)
        if beside.i == 0:
            column.come = 0
        if beside.x_0 is not None:
            column.x_0[part] = self._seen(beside.x_0)
            column.ended = part.stop
        if column.come == len(column.at) or column.at[column.come] != beside.i:
            return
        place = column.come
        for name in ("x_t", "x_hat_0", "eps_hat"):
            getattr(column, name)[place, part] = self._seen(getattr(beside, name).clamp(-LARGEST, LARGEST))
        column.difference[place, part] = self._seen(beside.difference)
        column.come += 1
        if part.stop == len(column.x_0):
            self.order.append((beside.k, place))  # last: whoever reads in between finds what it counts

    def _seen(self, x: torch.Tensor) -> np.ndarray:
        return x[..., :: self.grain, :: self.grain].numpy()

    def arrays(self) -> dict[str, Any]:
        """By the names that docs/experiments.md has: each column's with its letter before it, as "A_x_t"."""
        found: dict[str, Any] = {}
        for letter, column in zip("ABCD", self.columns, strict=False):
            log_snr = [np.nan if value is None else value for value in column.log_snr]
            own = {"t": np.array(column.t), "log_snr": np.array(log_snr), "at": np.array(column.at[: column.come])}
            for name in ("x_t", "x_hat_0", "eps_hat", "difference"):
                own[name] = getattr(column, name)[: column.come]
            if column.is_ended:
                own["x_0"] = column.x_0
            found |= {f"{letter}_{name}": value for name, value in own.items()}
        return found


def _frame_bytes(N: int, C: int, H: int, W: int, grain: int) -> int:
    return N * C * -(-H // grain) * -(-W // grain) * VALUE_BYTES


def _kept(chain: ColumnChain, shape: tuple[int, ...], most: int) -> KeptColumn:
    S = len(chain.path) - 1
    at = even(most, S)
    halves = [np.zeros((len(at), *shape), np.float16) for _ in range(3)]
    log_snr = [float(value) if np.isfinite(value) else None for value in chain.log_snr]
    return KeptColumn(
        dict(chain.column.given), list(chain.path[:-1]), log_snr, at, *halves,
        difference=np.zeros((len(at), *shape), np.float32), x_0=np.zeros(shape, np.float32),
    )  # fmt: skip
