"""A/B: chains from the same noises that differ in what the reader changes, beside the first on one log-SNR axis."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch

from ..core.checks import whole_number
from ..core.phrase import Refusal
from ..learn.checkpoints.checkpoint import Checkpoint
from ..recipe import MAX_IMAGES
from .columns import Column, ColumnChain

LEAST_COLUMNS, MOST_COLUMNS = 2, 4
BLOCK_BYTES = 256 * 2**20  # of what all chains hold at a step, about; of more pictures some are run at a time
HELD = 8 * 8  # bytes of a value of a chain: x_t, ε̂, x̂_0, the mean, z, x_s and copies of them in float64


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


@dataclass(frozen=True, eq=False)
class Beside:
    """A step of one column, laid beside the first column's of the nearest log SNR; (N,C,H,W) float64 on the CPU each.

    Attributes:
        k: which column.
        i: which of its steps.
        pictures: which of the pictures these are.
        x_t: where the step begins.
        x_hat_0: x̂_0 there.
        eps_hat: ε̂ there.
        first_x_t: the first column's x_t at its step.
        difference: x̂_0 less the first column's.
        x_0: where the chain ends, with its last step.
    """

    k: int
    i: int
    pictures: range
    x_t: torch.Tensor
    x_hat_0: torch.Tensor
    eps_hat: torch.Tensor
    first_x_t: torch.Tensor
    difference: torch.Tensor
    x_0: torch.Tensor | None


def chains_of(
    columns: Sequence[Column], checkpoint_of: Callable[[str | None], Checkpoint], num_images: int
) -> list[ColumnChain]:  # fmt: skip
    """The columns on their checkpoints; arguments and errors are those of `compare`."""
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
    return chains


def interleaved(chains: Sequence[ColumnChain]) -> list[tuple[int, int, int]]:
    """(column, its step, the first column's step that it is laid beside), in the order in which they are taken.

    From noise to picture along log SNR; a step comes after the one that it is laid beside, which nothing later needs.
    """
    places = []
    for k, chain in enumerate(chains):
        pairs = np.arange(len(chain.path) - 1) if k == 0 else chains[0].pairs(chain)
        places += [(int(place), k, i) for i, place in enumerate(np.maximum.accumulate(pairs))]
    return [(k, i, place) for place, k, i in sorted(places)]


def laid_beside(chains: Sequence[ColumnChain], pictures: range) -> Iterator[Beside]:
    """Every step of every column of some of the pictures, as `interleaved` has them; one is taken as it is asked for.

    Args:
        chains: made by `chains_of`.
        pictures: which of their pictures.
    """
    walks = [chain.steps(pictures) for chain in chains]
    first_x_t = first_x_hat_0 = torch.empty(0)
    for k, i, _ in interleaved(chains):
        step = next(walks[k])
        x_t, x_hat_0 = step.x_t.double().cpu(), step.x_hat_0.double().cpu()
        if k == 0:
            first_x_t, first_x_hat_0 = x_t, x_hat_0
        is_last = i == len(chains[k].path) - 2
        yield Beside(
            k, i, pictures, x_t, x_hat_0, step.eps_hat.double().cpu(), first_x_t, x_hat_0 - first_x_hat_0,
            step.x_s.double().cpu() if is_last else None,
        )  # fmt: skip


def picture_steps(chains: Sequence[ColumnChain], num_images: int) -> int:
    """How many steps all pictures of all columns take together."""
    return num_images * sum(len(chain.path) - 1 for chain in chains)


class Measured:
    """What is measured of columns beside the first while their steps come.

    Args:
        chains: of which column.
    """

    def __init__(self, chains: Sequence[ColumnChain]) -> None:
        self.chains = chains
        self._sums = [_Sums.of(len(chain.path) - 1) for chain in chains]
        self._ends: dict[int, torch.Tensor] = {}  # of the pictures that are under way

    def add(self, beside: Beside) -> None:
        """One more step, of some pictures."""
        sums, i = self._sums[beside.k], beside.i
        sums.x_t[i] += _square(beside.x_t - beside.first_x_t)
        sums.x_hat_0[i] += _square(beside.difference)
        sums.norm[i] += _square(beside.x_t)
        if beside.x_0 is None:
            return
        self._ends[beside.k] = beside.x_0
        if len(self._ends) == len(self.chains):
            for k, end in self._ends.items():
                self._sums[k].finish(end, self._ends[0])
            self._ends = {}

    def differences(self) -> list[Difference]:
        """Of each column, once every step of all pictures has come."""
        return [_difference(self.chains[0], chain, sums) for chain, sums in zip(self.chains, self._sums, strict=True)]


@dataclass
class _Sums:
    """Sums of squares over the pictures so far, (S,) float64 each, and at the end."""

    x_t: np.ndarray
    x_hat_0: np.ndarray
    norm: np.ndarray
    x_0: float = 0.0
    end: float = 0.0
    count: int = 0

    @classmethod
    def of(cls, S: int) -> _Sums:
        return cls(np.zeros(S), np.zeros(S), np.zeros(S))

    def finish(self, x_0: torch.Tensor, first_x_0: torch.Tensor) -> None:
        self.x_0 += _square(x_0 - first_x_0)
        self.end += _square(x_0)
        self.count += len(x_0)


def compare(
    columns: Sequence[Column],
    checkpoint_of: Callable[[str | None], Checkpoint],
    *,
    num_images: int = 8,
    progress: Callable[[int], object] = lambda count: None,
    see: Callable[[Beside], object] = lambda beside: None,
) -> list[Difference]:
    """Run every column from the same x_T and the same stream of z, and measure it beside the first.

    Of chains with other numbers of steps, steps are paired by the nearest log SNR. Picture i's noises depend on the
    column's seed and i alone, so that columns of one seed share theirs.

    Args:
        columns: 2 to 4, the first is what the others are laid beside.
        checkpoint_of: reads a column's checkpoint by its name; None is the one that all have.
        num_images: N, in [1, 64].
        progress: told how many pictures have taken a step.
        see: shown each step of each column, of some pictures at a time.

    Raises:
        ValueError: a number of columns or pictures that is not allowed, pictures of several shapes, or a column that
            its checkpoint cannot run.
    """
    chains = chains_of(columns, checkpoint_of, num_images)
    return compare_chains(chains, num_images, progress, see)


def compare_chains(
    chains: Sequence[ColumnChain],
    num_images: int,
    progress: Callable[[int], object] = lambda count: None,
    see: Callable[[Beside], object] = lambda beside: None,
) -> list[Difference]:
    """As `compare`, of columns that are made ready."""
    measured = Measured(chains)
    together = max(1, BLOCK_BYTES // (HELD * len(chains) * int(np.prod(chains[0].checkpoint.image_shape))))
    for start in range(0, num_images, together):
        for beside in laid_beside(chains, range(start, min(num_images, start + together))):
            measured.add(beside)
            see(beside)
            progress(len(beside.pictures))
    return measured.differences()


def _square(x: torch.Tensor) -> float:
    """Sum over the pictures of the mean square of each."""
    return float(x.flatten(1).square().mean(1).sum())


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
