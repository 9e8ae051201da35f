"""Rules p_θ(x_s | x_t), each a row of coefficients; and timestep paths."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar, cast

from .checks import look_up, number, whole_number
from .gaussian import Gaussian, Level, alpha_bar_between, eps_from_x_0, posterior_coefficients
from .later import torch
from .learned_variance import learned_variance, variance_range
from .predictor import LevelPredictor, Prediction, said_of
from .sampling import Noise, Reverse, RuleNumbers, Sampler, Sampling, Step
from .schedule import Schedule

Number = TypeVar("Number", float, "torch.Tensor")


class Coefficients(NamedTuple, Generic[Number]):
    """p_θ(x_s | x_t) = N(of_x_0 · x̂_0 + of_x_t · x_t + of_eps · ε̂, variance): floats, or () tensors on a device."""

    of_x_0: Number
    of_x_t: Number
    of_eps: Number
    variance: Number


# (schedule, t, s, eta_or_w) -> Coefficients; the last is w for ddpm, η for ddim, in [0, 1]
Rule = Callable[[Schedule, int, int, float], Coefficients[float]]


def ddpm(schedule: Schedule, t: int, s: int, w: float = 0.0) -> Coefficients[float]:
    """Ancestral step: mean of q(x_s | x_t, x̂_0), variance β̃^(1−w) β^w.

    With s = t − 1 the mean is (x_t − (1−α_t)/√(1−ᾱ_t) ε̂)/√α_t (Ho et al. 2020, algorithm 2, line 4).
    w = 0 is σ² = β̃, w = 1 is σ² = β (their section 3.2), between them as Nichol & Dhariwal (2021),
    eq. 15. The step to s = 0 has variance 0.
    """
    c = posterior_coefficients(schedule, t, s)
    variance = float(c.variance ** (1.0 - w) * c.beta**w) if s > 0 else 0.0
    return Coefficients(float(c.of_x_0), float(c.of_x_t), 0.0, variance)


def ddim(schedule: Schedule, t: int, s: int, eta: float = 0.0) -> Coefficients[float]:
    """Step of Song, Meng & Ermon (2021), eq. 12 and 16: variance η² β̃, mean √ᾱ_s x̂_0 + √(1 − ᾱ_s − σ²) ε̂."""
    return blend_at(schedule, s, eta**2 * float(posterior_coefficients(schedule, t, s).variance))


def blend_at(schedule: Schedule, s: int, variance: float = 0.0) -> Coefficients[float]:
    """x̂_0 and ε̂ blended as x_s is, less what the variance adds: √ᾱ_s x̂_0 + √(1 − ᾱ_s − σ²) ε̂."""
    alpha_bar_s = float(schedule.alpha_bars[s])
    return Coefficients(alpha_bar_s**0.5, 0.0, max(0.0, 1.0 - alpha_bar_s - variance) ** 0.5, variance)


def line_4_factors(schedule: Schedule, t: int, s: int) -> tuple[float, float]:
    """1/√α and (1−α)/√(1−ᾱ_t) of algorithm 2, line 4 (Ho et al. 2020), with α = ᾱ_t/ᾱ_s for a stride."""
    alpha = float(alpha_bar_between(schedule, t, s))
    return alpha**-0.5 if alpha > 0 else math.inf, (1.0 - alpha) / math.sqrt(1.0 - float(schedule.alpha_bars[t]))


@dataclass(frozen=True)
class RuleSampler(Sampler):
    """A sampler whose every step is a row of coefficients; called, it is its rule.

    Attributes:
        rule: makes the row of a step.
        title: what it is called.
        line_4: whether its mean is that of algorithm 2, line 4.
        takes_variance: whether a network that says σ² itself is believed; η or w is not looked at then.
    """

    rule: Rule
    title: str
    line_4: bool = False
    takes_variance: bool = False

    def __call__(self, schedule: Schedule, t: int, s: int, eta_or_w: float = 0.0) -> Coefficients[float]:
        """The rule's row for t → s, its number unchecked."""
        return self.rule(schedule, t, s, eta_or_w)

    def coefficients(self, schedule: Schedule, eta_or_w: float, t: int, s: int) -> Coefficients[float]:
        """The rule's row for t → s.

        Raises:
            ValueError: eta_or_w outside [0, 1].
        """
        number("the sampler's η or w", eta_or_w, 0.0, 1.0)
        return self.rule(schedule, t, s, eta_or_w)

    def path(self, schedule: Schedule, sampling: Sampling, start_t: int | None = None) -> tuple[int, ...]:
        """As `timestep_path`, or from start_t on; refuses what `coefficients` refuses."""
        path = timestep_path(schedule.T, sampling.steps_of(schedule.T), sampling.spacing)
        self.coefficients(schedule, sampling.eta_or_w, path[0], 0)
        return path if start_t is None else (start_t, *(t for t in path if t < start_t))

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
        """The Steps of `reverse` along the path."""
        return reverse(schedule, predict, x_T, self.path(schedule, sampling, start_t), noise, sampling, label=label)

    def numbers(self, schedule: Schedule, sampling: Sampling, t: int, s: int) -> RuleNumbers:
        """The row of t → s, its σ, which is 0 where no noise is added, and the factors of line 4 where that is its."""
        c = self.coefficients(schedule, sampling.eta_or_w, t, s)
        line_4 = line_4_factors(schedule, t, s) if self.line_4 else None
        sigma = c.variance**0.5 if sampling.add_noise else 0.0
        return RuleNumbers((c.of_x_0, c.of_x_t, c.of_eps), sigma, line_4)


SAMPLERS: dict[str, RuleSampler] = {
    "ddpm": RuleSampler(ddpm, "DDPM", line_4=True, takes_variance=True),
    "ddim": RuleSampler(ddim, "DDIM"),
}


def step_coefficients(schedule: Schedule, sampler: str, eta_or_w: float, t: int, s: int) -> Coefficients[float]:
    """The coefficients of one step of a named sampler.

    Raises:
        ValueError: unknown sampler, or eta_or_w outside [0, 1].
    """
    rule = look_up(SAMPLERS, sampler, "unknown sampler {name}; choose one of {known}")
    return rule.coefficients(schedule, eta_or_w, t, s)


def own_coefficients(
    schedule: Schedule, sampling: Sampling, t: int, s: int, raw: Prediction
) -> Coefficients[float] | Coefficients[torch.Tensor]:
    """`step_coefficients`, with the network's own σ² (B,*D) where it says one, the sampler takes it, and s > 0.

    Raises:
        ValueError: as `step_coefficients` and `learned_variance` say.
    """
    c = step_coefficients(schedule, sampling.sampler, sampling.eta_or_w, t, s)
    said = said_of(raw)
    if said is None or s == 0 or not SAMPLERS[sampling.sampler].takes_variance:
        return c
    of_x_0, of_x_t, of_eps = (torch.as_tensor(value).to(raw.eps_hat) for value in c[:3])
    return Coefficients(of_x_0, of_x_t, of_eps, learned_variance(said, variance_range(schedule, t, s)))


def step_gaussian(
    c: Coefficients[float] | Coefficients[torch.Tensor], x_t: torch.Tensor, prediction: Prediction
) -> Gaussian:
    """p_θ(x_s | x_t) from its coefficients: mean (B,*D); variance one number, or (B,*D) where the network says it."""
    mean = c.of_x_0 * prediction.x_hat_0 + c.of_x_t * x_t + c.of_eps * prediction.eps_hat
    return Gaussian(mean, torch.as_tensor(c.variance, dtype=x_t.dtype, device=x_t.device))


def clip(
    schedule: Schedule, x_t: torch.Tensor, t: int | Level, prediction: Prediction, limit: float = 1.0
) -> Prediction:
    """The prediction with x̂_0 kept within ±limit and ε̂ made to agree with it, so that x_t stays their blend."""
    x_hat_0 = prediction.x_hat_0.clamp(-limit, limit)
    return Prediction(eps_from_x_0(schedule, x_t, t, x_hat_0), x_hat_0)


def leading(T: int, num_steps: int) -> list[int]:
    """1, 1 + ⌊T/S⌋, … : the lowest t of each stride (Lin et al. 2023, table 2)."""
    return [1 + i * (T // num_steps) for i in range(num_steps)]


def linspace(T: int, num_steps: int) -> list[int]:
    """S values evenly from 1 to T, rounded half to even (Lin et al. 2023, table 2)."""
    # i times the stride, as numpy.linspace has it, so that ties at .5 fall as in diffusers.
    values = torch.arange(num_steps, dtype=torch.float64) * ((T - 1) / max(1, num_steps - 1))
    return _ints(values.round() + 1)


def _ints(values: torch.Tensor) -> list[int]:
    """A tensor's values, which torch leaves untyped."""
    return cast(list[int], values.long().tolist())  # pyright: ignore[reportUnknownMemberType]


def trailing(T: int, num_steps: int) -> list[int]:
    """T, T − T/S, … : the highest t of each stride (Lin et al. 2023, table 2)."""
    # The stride rounded as numpy.arange rounds it, so that ties at .5 fall as in diffusers.
    stride = (T - T / num_steps) - T
    values = T + torch.arange(num_steps, dtype=torch.float64) * stride
    return sorted(_ints(values.round()))


SPACINGS: dict[str, Callable[[int, int], list[int]]] = {"leading": leading, "linspace": linspace, "trailing": trailing}


def timestep_path(T: int, num_steps: int, spacing: str = "leading") -> tuple[int, ...]:
    """t_S > … > t_1 > 0: the steps a chain visits, S + 1 ints, the last one 0.

    They are diffusers' timesteps of the same spacing plus one, since the paper counts from 1.

    Raises:
        ValueError: num_steps outside [1, T], or an unknown spacing.
    """
    spaced = look_up(SPACINGS, spacing, "unknown spacing {name}; choose one of {known}")
    whole_number("num_steps", num_steps, 1, T, "a chain has at least one step and at most T")
    return (*reversed(spaced(T, num_steps)), 0)
