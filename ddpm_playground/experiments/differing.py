"""A/B: chains from the same noises that differ in what the reader changes, beside the first on one log-SNR axis."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch

from ..core.checks import whole_number
from ..core.phrase import Refusal
from ..learn.checkpoints.checkpoint import Checkpoint
from ..recipe import MAX_IMAGES
from .columns import Column, ColumnChain

LEAST_COLUMNS, MOST_COLUMNS = 2, 4
MAX_STEPS_BYTES = 256 * 2**20  # of the first column's x_t and x̂_0, which the others are laid beside


@dataclass(frozen=True)
class Difference:
    """A column beside the first one, (S,) lists in the order of its chain; None stands for what is not finite.

    Attributes:
        settings: what was given.
        t: where each step begins.
        log_snr: log ᾱ_t/(1−ᾱ_t) there on the column's own schedule.
        first_t: t of the first column's step whose log SNR is nearest, whose pictures it is laid beside.
        x_t_rms: root of the mean square of x_t less the first column's, over pixels and pictures.
        x_hat_0_rms: of x̂_0 likewise.
        x_0_rms: of the two ends.
        norm_ratio: mean square of x_t over that of q(x_t): 1 where the chain is where training was (exposure bias,
            Ning et al. 2024); q's is ᾱ_t E[x_0²] + 1 − ᾱ_t with the pictures that this column ends in for x_0.
        parts_at: t of the first step at which x̂_0 differs by more than `PARTS`; None where it never does.
    """

    settings: dict[str, str]
    t: list[int]
    log_snr: list[float | None]
    first_t: list[int]
    x_t_rms: list[float | None]
    x_hat_0_rms: list[float | None]
    x_0_rms: float | None
    norm_ratio: list[float | None]
    parts_at: int | None

    def as_json(self) -> dict[str, Any]:
        """By these names."""
        return asdict(self)


PARTS = 0.1  # rms of x̂_0 in [−1, 1] from which two guesses are told apart at a glance


@dataclass
class Seen:
    """What a chain has left: x_t, x̂_0 and, where that is to be shown, ε̂ at each t, and its end."""

    ts: list[int] = field(default_factory=list)
    x_t: list[torch.Tensor] = field(default_factory=list)
    x_hat_0: list[torch.Tensor] = field(default_factory=list)
    eps_hat: list[torch.Tensor] = field(default_factory=list)
    x_0: torch.Tensor | None = None


# Which column, its chain, what it and the first column left, and for each step the number of the first's.
See = Callable[[int, ColumnChain, Seen, Seen, np.ndarray], object]


@dataclass
class _Sums:
    """Sums of squares over the pictures so far, (S,) float64 each, and at the end."""

    x_t: np.ndarray
    x_hat_0: np.ndarray
    norm: np.ndarray
    x_0: float = 0.0
    end: float = 0.0
    count: int = 0


def compare(
    columns: Sequence[Column],
    checkpoint_of: Callable[[str | None], Checkpoint],
    *,
    num_images: int = 8,
    progress: Callable[[int], object] = lambda count: None,
    see: See | None = None,
) -> list[Difference]:
    """Run every column from the same x_T and the same stream of z, and measure it beside the first.

    Of chains with other numbers of steps, steps are paired by the nearest log SNR. Picture i's noises depend on the
    column's seed and i alone, so that columns of one seed share theirs.

    Args:
        columns: 2 to 4, the first is what the others are laid beside.
        checkpoint_of: reads a column's checkpoint by its name; None is the one that all have.
        num_images: N, in [1, 64].
        progress: told how many pictures have taken a step.
        see: shown each column's pictures, some at a time.

    Raises:
        ValueError: a number of columns or pictures that is not allowed, pictures of several shapes, or a column that
            its checkpoint cannot run.
    """
    if not LEAST_COLUMNS <= len(columns) <= MOST_COLUMNS:
        raise Refusal(
            "compare takes {least} to {most} columns, got {got}; give each as one text",
            least=LEAST_COLUMNS, most=MOST_COLUMNS, got=len(columns),
        )  # fmt: skip
    whole_number("num_images", num_images, 1, MAX_IMAGES)
    chains = [ColumnChain.of(column, checkpoint_of, num_images) for column in columns]
    shapes = [chain.checkpoint.image_shape for chain in chains]
    if len(set(shapes)) > 1:
        raise Refusal(
            "the columns' pictures must be of one shape to be laid beside each other, got {shapes}; choose checkpoints "
            "of one shape",
            shapes=", ".join("×".join(map(str, shape)) for shape in dict.fromkeys(shapes)),
        )
    each = 3 * 8 * sum(sorted(len(one.path) for one in chains)[-2:]) * int(np.prod(shapes[0]))
    together = max(1, min(num_images, MAX_STEPS_BYTES // each))
    sums: list[_Sums | None] = [None] * len(chains)
    for start in range(0, num_images, together):
        indices = range(start, min(num_images, start + together))
        first = _seen(chains[0], indices, progress, see is not None)
        for k, one in enumerate(chains):
            own = _seen(one, indices, progress, see is not None) if k else first
            pairs = chains[0].pairs(one)
            sums[k] = _added(sums[k], own, first, pairs)
            if see is not None:
                see(k, one, own, first, pairs)
    return [_difference(chains[0], one, total) for one, total in zip(chains, sums, strict=True) if total is not None]


def _seen(chain: ColumnChain, indices: range, progress: Callable[[int], object], with_eps: bool) -> Seen:
    seen = Seen()
    for step in chain.steps(indices):
        seen.ts.append(int(step.t))
        seen.x_t.append(step.x_t.double().cpu())
        seen.x_hat_0.append(step.x_hat_0.double().cpu())
        if with_eps:
            seen.eps_hat.append(step.eps_hat.double().cpu())
        seen.x_0 = step.x_s.double().cpu()
        progress(len(indices))
    return seen


def _square(x: torch.Tensor) -> float:
    """Sum over the pictures of the mean square of each."""
    return float(x.flatten(1).square().mean(1).sum())


def _added(sums: _Sums | None, own: Seen, first: Seen, pairs: np.ndarray) -> _Sums:
    if sums is None:
        sums = _Sums(np.zeros(len(own.ts)), np.zeros(len(own.ts)), np.zeros(len(own.ts)))
    assert own.x_0 is not None and first.x_0 is not None
    for i, pair in enumerate(pairs):
        sums.x_t[i] += _square(own.x_t[i] - first.x_t[pair])
        sums.x_hat_0[i] += _square(own.x_hat_0[i] - first.x_hat_0[pair])
        sums.norm[i] += _square(own.x_t[i])
    sums.x_0 += _square(own.x_0 - first.x_0)
    sums.end += _square(own.x_0)
    sums.count += len(own.x_0)
    return sums


def _difference(first: ColumnChain, chain: ColumnChain, sums: _Sums) -> Difference:
    t = list(chain.path[:-1])
    alpha_bars = chain.checkpoint.schedule.alpha_bars.double().numpy()[np.array(t)]
    of_q = alpha_bars * sums.end / sums.count + 1.0 - alpha_bars
    x_hat_0 = np.sqrt(sums.x_hat_0 / sums.count)
    apart = np.flatnonzero(~(x_hat_0 <= PARTS))
    return Difference(
        settings=dict(chain.column.given),
        t=t,
        log_snr=_finite(chain.log_snr),
        first_t=[first.path[i] for i in first.pairs(chain)],
        x_t_rms=_finite(np.sqrt(sums.x_t / sums.count)),
        x_hat_0_rms=_finite(x_hat_0),
        x_0_rms=_finite(np.sqrt([sums.x_0 / sums.count]))[0],
        norm_ratio=_finite(sums.norm / sums.count / of_q),
        parts_at=t[apart[0]] if len(apart) else None,
    )


def _finite(values: np.ndarray) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in values]
