"""A reverse chain's settings (Sampling), its draws (Noise), what it yields (Step), and what makes it (Sampler)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from .later import torch
from .predictor import LevelPredictor
from .schedule import Schedule


@dataclass(frozen=True)
class Sampling:
    """How x_0 is sampled (Ho et al. 2020, algorithm 2, with the choices of its successors).

    Attributes:
        sampler: a key of SAMPLERS, or of another table of Samplers.
        eta_or_w: the sampler's own number in [0, 1]: w of ddpm, σ² = β̃^(1−w) β^w; η of ddim, σ = η √β̃.
        num_steps: S in [1, T]; None for all T.
        spacing: a key of SPACINGS.
        clip_x_0: keep x̂_0 within [−1, 1].
        add_noise: False leaves σz out, to see what it is for.
        options: further (name, value) that a sampler of diffusers is told, see `bridge.driven_sampler`.
    """

    sampler: str = "ddpm"
    eta_or_w: float = 0.0
    num_steps: int | None = None
    spacing: str = "trailing"
    clip_x_0: bool = True
    add_noise: bool = True
    options: tuple[tuple[str, Any], ...] = ()

    def steps_of(self, T: int) -> int:
        """S on a schedule of T steps."""
        return T if self.num_steps is None else self.num_steps


class Noise(Protocol):
    """A source of standard normal draws; each call is the next draw."""

    def __call__(self) -> torch.Tensor: ...


@dataclass(frozen=True, eq=False)
class Step:
    """One step t → s of a reverse chain.

    Attributes:
        t: where it begins, 1…T.
        s: where it ends, 0…t − 1.
        x_t: (B,*D).
        eps_hat: ε̂ as the network said it, (B,*D); not of the clipped x̂_0, so x_t is not the blend of these two.
        x_hat_0: x̂_0 that the step was made with, clipped where that was asked for, (B,*D).
        mean: of p_θ(x_s | x_t), (B,*D).
        variance: σ² of p_θ(x_s | x_t), a () tensor; (B,*D) where the network says it itself.
        z: the draw, (B,*D), also where it was not added; None where there is none.
        x_s: (B,*D).
    """

    t: int
    s: int
    x_t: torch.Tensor
    eps_hat: torch.Tensor
    x_hat_0: torch.Tensor
    mean: torch.Tensor
    variance: torch.Tensor
    z: torch.Tensor | None
    x_s: torch.Tensor


class Reverse(Protocol):
    """`core.reverse`, or an engine's own way to walk the same chain."""

    def __call__(
        self,
        schedule: Schedule,
        predict: LevelPredictor,
        x_T: torch.Tensor,
        path: Sequence[int],
        noise: Noise,
        sampling: Sampling | None = None,
        *,
        label: torch.Tensor | None = None,
    ) -> Iterator[Step]:
        """The Steps along a path."""
        ...


class RuleNumbers(NamedTuple):
    """What a sampler says of a step beforehand: of x̂_0, x_t and ε̂ in the mean, its σ, and line 4's two factors.

    Attributes:
        earlier: of the x̂_0 of one step ago, of two, …, where a solver looks back.
        earlier_eps: whether they are of ε̂ instead.
        measured: whether these were found by taking the step, and are known to the digits that they have.
    """

    coefficients: tuple[float, float, float]
    sigma: float
    line_4: tuple[float, float] | None
    earlier: tuple[float, ...] = ()
    earlier_eps: bool = False
    measured: bool = False


class SigmaSpan(NamedTuple):
    """σ over the pixels of a step whose network says it: its mean, least and most."""

    mean: float
    least: float
    most: float

    @classmethod
    def of(cls, step: Step) -> SigmaSpan | None:
        """That of a step; None where σ is one number."""
        if not step.variance.ndim:
            return None
        sigma = step.variance.sqrt()
        return cls(*(float(value) for value in (sigma.mean(), sigma.min(), sigma.max())))


class Sampler(ABC):
    """A way from noise to data: the timesteps that it visits, and the Steps along them.

    Attributes:
        title: what it is called where a language has no name of its own for it.
    """

    title: str

    @abstractmethod
    def path(self, schedule: Schedule, sampling: Sampling, start_t: int | None = None) -> tuple[int, ...]:
        """t_S > … > t_1 > 0, S + 1 ints.

        Args:
            schedule: the noise schedule.
            sampling: its num_steps and spacing, and whatever else the sampler must refuse.
            start_t: begin at this t, 1…T, and go on with the timesteps below it; None for the first one.

        Raises:
            ValueError: what this sampler cannot do on this schedule.
        """

    @abstractmethod
    def steps(
        self,
        schedule: Schedule,
        predict: LevelPredictor,
        x_T: torch.Tensor,
        noise: Noise,
        sampling: Sampling,
        *,
        reverse: Reverse,
        label: torch.Tensor | None = None,
        start_t: int | None = None,
    ) -> Iterator[Step]:
        """One Step for each t of the path.

        Args:
            schedule: the noise schedule.
            predict: the ε-predictor.
            x_T: x at the first t of the path, (B,*D); with the noise of start_t where that is given.
            noise: draws z, (B,*D), where the sampler adds any.
            sampling: how.
            reverse: walks a chain of coefficients; a sampler that is none has its own way.
            label: class of each image, (B,) int64, or None.
            start_t: as in `path`.

        Raises:
            ValueError: as `path`.
        """

    def numbers(self, schedule: Schedule, sampling: Sampling, t: int, s: int) -> RuleNumbers | None:
        """The numbers of the step t → s; None where the sampler's steps are no rows of coefficients."""
        return None
