"""The noise schedule: β_1…β_T and everything that follows from it.

t is the paper's t: tables have T + 1 entries and index 0 is clean data (β_0 = 0, ᾱ_0 = 1).
Tables are float64 and cast at the edge, since float32 loses 1.7e-4 (relative) of 1 − ᾱ_1 on the
linear schedule.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from .checks import look_up, number, whole_number
from .later import torch
from .phrase import Refusal

MAX_T = 100_000


@dataclass(frozen=True, eq=False)
class Schedule:
    """A noise schedule, as Ho et al. (2020), section 2, define it.

    Attributes:
        betas: β_t, float64, (T+1,), β_0 = 0, each in [0, 1].
        name: where it comes from, for titles.
        alphas: α_t = 1 − β_t, float64, (T+1,), α_0 = 1.
        alpha_bars: ᾱ_t = α_1 ⋯ α_t, float64, (T+1,), ᾱ_0 = 1.
    """

    betas: torch.Tensor
    name: str = "custom"
    alphas: torch.Tensor = field(init=False, repr=False)
    alpha_bars: torch.Tensor = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "alphas", 1.0 - self.betas)
        object.__setattr__(self, "alpha_bars", torch.cumprod(self.alphas, 0))

    @property
    def T(self) -> int:
        """Number of diffusion steps."""
        return len(self.betas) - 1

    @property
    def snr(self) -> torch.Tensor:
        """SNR(t) = ᾱ_t / (1 − ᾱ_t), (T+1,), ∞ at t = 0 (Kingma et al. 2021, eq. 2)."""
        return self.alpha_bars / (1.0 - self.alpha_bars)

    @property
    def log_snr(self) -> torch.Tensor:
        """log SNR(t) in nats, (T+1,)."""
        return torch.log(self.snr)

    @property
    def beta_tildes(self) -> torch.Tensor:
        """β̃_t = (1 − ᾱ_{t−1}) / (1 − ᾱ_t) · β_t, (T+1,), with β̃_0 = 0 (Ho et al. 2020, eq. 7)."""
        one_minus = 1.0 - self.alpha_bars
        ratio = torch.where(one_minus[1:] > 0, one_minus[:-1] / one_minus[1:], 0.0)
        return torch.cat([self.betas[:1], ratio * self.betas[1:]])


def _check_T(T: object) -> int:
    return whole_number("T", T, 1, MAX_T, "lower or raise T")


def schedule_from_betas(betas: Sequence[float] | torch.Tensor, name: str = "custom") -> Schedule:
    """Schedule from β_1…β_T.

    Args:
        betas: β_1…β_T, each in [0, 1], length T in [1, 100000]; without β_0.
        name: label for titles.

    Returns:
        Schedule with tables of length T + 1.

    Raises:
        ValueError: not one-dimensional, empty, not finite, or outside [0, 1].
    """
    try:
        table = torch.as_tensor(betas, dtype=torch.float64).detach().cpu()
    except (TypeError, ValueError, RuntimeError) as error:
        raise Refusal(
            "betas must be a list of numbers, got {got}: {cause}", got=type(betas).__name__, cause=error
        ) from None
    if table.ndim != 1:
        raise Refusal("betas must be one list β_1…β_T, got shape {shape}; flatten it", shape=tuple(table.shape))
    _check_T(len(table))
    bad = ~((table >= 0) & (table <= 1))
    if bad.any():
        t = int(bad.nonzero()[0, 0]) + 1
        raise Refusal(
            "every β_t must be a number in [0, 1], got β_{t} = {beta}; correct that entry",
            t=t,
            beta=table[t - 1].item(),
        )
    return Schedule(torch.cat([torch.zeros(1, dtype=torch.float64), table]), name)


def betas_from_alpha_bars(alpha_bars: torch.Tensor, max_beta: float = 1.0, min_beta: float = 0.0) -> torch.Tensor:
    """β_t = 1 − ᾱ_t / ᾱ_{t−1} within [min_beta, max_beta] (Nichol & Dhariwal 2021, section 3.2).

    From ᾱ_0…ᾱ_T to β_1…β_T. Where ᾱ has reached 0 and rests there, β_t = 1.
    """
    now, before = alpha_bars[1:], alpha_bars[:-1]
    alphas = torch.where((now == 0) & (before == 0), 0.0, now / before)
    return (1.0 - alphas).clamp(min_beta, max_beta)


def _t_over_T(T: int) -> torch.Tensor:
    return torch.arange(T + 1, dtype=torch.float64) / T


def linear(T: int, beta_start: float = 1e-4, beta_end: float = 0.02) -> torch.Tensor:
    """β_t evenly spaced from beta_start to beta_end (Ho et al. 2020, section 4)."""
    return torch.linspace(beta_start, beta_end, T, dtype=torch.float64)


def scaled_linear(T: int, beta_start: float = 1e-4, beta_end: float = 0.02) -> torch.Tensor:
    """√β_t evenly spaced, the schedule of latent diffusion (Rombach et al. 2022, appendix)."""
    return torch.linspace(math.sqrt(beta_start), math.sqrt(beta_end), T, dtype=torch.float64) ** 2


def cosine(T: int, s: float = 0.008, max_beta: float = 0.999) -> torch.Tensor:
    """ᾱ_t = f(t)/f(0), f(t) = cos²(π/2 · (t/T + s)/(1 + s)) (Nichol & Dhariwal 2021, eq. 17)."""
    f = torch.cos((_t_over_T(T) + s) / (1 + s) * math.pi / 2) ** 2
    return betas_from_alpha_bars(f, max_beta)


def sigmoid(T: int, start: float = -3.0, end: float = 3.0, tau: float = 1.0, clip_min: float = 1e-9) -> torch.Tensor:
    """ᾱ_t = (S(end) − S(start + (end − start) t/T)) / (S(end) − S(start)), S(u) = sigmoid(u/τ).

    Jabri et al. (2022), appendix B; Chen (2023), algorithm 1. diffusers' "sigmoid" is another one: it
    makes β_t, not ᾱ_t, a sigmoid of t.
    """
    if not start < end:
        raise Refusal(
            "start must be below end, got start = {start}, end = {end}; swap them", start=f"{start:g}", end=f"{end:g}"
        )
    if not tau > 0:
        raise Refusal("tau must be positive, got {got}; raise it", got=f"{tau:g}")
    v = torch.sigmoid((start + (end - start) * _t_over_T(T)) / tau)
    return betas_from_alpha_bars(((v[-1] - v) / (v[-1] - v[0])).clamp(clip_min, 1.0))


def laplace(T: int, mu: float = 0.0, b: float = 0.5, tail: float = 1e-6) -> torch.Tensor:
    """log SNR(t) = μ − b · sgn(1/2 − u) · ln(1 − 2|u − 1/2|), u = t/T (Hang et al. 2024, table 1).

    ᾱ_t = sigmoid(log SNR(t)), as that paper's variance-preserving process has it. diffusers' "laplace"
    takes √(SNR/(1+SNR)) as ᾱ_t instead. `tail` keeps the logarithm finite at t = T.
    """
    u = _t_over_T(T)
    log_snr = mu - b * torch.sign(0.5 - u) * torch.log((1 - 2 * (u - 0.5).abs()).clamp_min(tail))
    alpha_bars = torch.sigmoid(log_snr)
    alpha_bars[0] = 1.0
    return betas_from_alpha_bars(alpha_bars)


def constant(T: int, beta: float = 0.01) -> torch.Tensor:
    """β_t = β for every t, one of the three families that Ho et al. (2020), section 4, chose from.

    The default has about the linear schedule's mean β (0.01005), so L_T ≈ 0 at T = 1000 as they ask.
    """
    return torch.full((T,), beta, dtype=torch.float64)


@dataclass(frozen=True)
class Family:
    """A named family of schedules, a row of `SCHEDULES`.

    Attributes:
        betas: (T, **params) → β_1…β_T, float64, (T,).
        title: what it is called on screen where a language has no name of its own for it.
        ranges: parameter → (lowest, highest, step of a slider), one for each parameter of `betas` but T.
    """

    betas: Callable[..., torch.Tensor]
    title: str
    ranges: Mapping[str, tuple[float, float, float]] = field(default_factory=dict[str, tuple[float, float, float]])

    def __call__(self, T: int, *values: float, **params: float) -> torch.Tensor:
        """β_1…β_T, float64, (T,)."""
        return self.betas(T, *values, **params)

    @property
    def params(self) -> dict[str, float]:
        """Its parameters with their published values."""
        return {key: p.default for key, p in inspect.signature(self.betas).parameters.items() if key != "T"}


_BETA_ENDS = {"beta_start": (0.0, 1.0, 1e-4), "beta_end": (0.0, 1.0, 1e-3)}
# A schedule is one function and one row here.
SCHEDULES: dict[str, Family] = {
    "linear": Family(linear, "linear", _BETA_ENDS),
    "scaled_linear": Family(scaled_linear, "scaled linear", _BETA_ENDS),
    "cosine": Family(cosine, "cosine", {"s": (0.0, 1.0, 1e-3), "max_beta": (1e-6, 1.0, 1e-3)}),
    "sigmoid": Family(
        sigmoid,
        "sigmoid",
        {
            "start": (-20.0, 20.0, 0.1),
            "end": (-20.0, 20.0, 0.1),
            "tau": (0.01, 10.0, 0.01),
            "clip_min": (0.0, 0.1, 1e-9),
        },
    ),
    "laplace": Family(
        laplace, "laplace", {"mu": (-10.0, 10.0, 0.1), "b": (0.01, 10.0, 0.01), "tail": (1e-12, 0.1, 1e-6)}
    ),
    "constant": Family(constant, "constant", {"beta": (0.0, 1.0, 1e-3)}),
}

# Every parameter of the families above: (lowest, highest, step of a slider).
PARAM_RANGES: dict[str, tuple[float, float, float]] = {
    key: span for family in SCHEDULES.values() for key, span in family.ranges.items()
}


def schedule_params(name: str) -> dict[str, float]:
    """Parameters of a named schedule with their defaults."""
    return look_up(SCHEDULES, name, "unknown schedule {name}; choose one of {known}").params


def make_schedule(name: str, T: int = 1000, **params: float) -> Schedule:
    """Schedule by name, as its paper defines it.

    Args:
        name: a key of SCHEDULES.
        T: number of diffusion steps, in [1, 100000].
        **params: the named schedule's own parameters; see `schedule_params`.

    Raises:
        ValueError: unknown name or parameter, or a value out of range.
    """
    known = schedule_params(name)
    _check_T(T)
    for key, value in params.items():
        if key not in known:
            raise Refusal(
                "schedule {name} has no parameter {key}; it has {known}",
                name=repr(name),
                key=repr(key),
                known=", ".join(known),
            )
        params[key] = number(key, value, *SCHEDULES[name].ranges[key][:2])
    return schedule_from_betas(SCHEDULES[name](T, **params), name)


def rescale_zero_terminal_snr(schedule: Schedule) -> Schedule:
    """The schedule shifted and scaled in √ᾱ_t so that ᾱ_T = 0 and ᾱ_1 stays (Lin et al. 2023, algorithm 1)."""
    roots = schedule.alpha_bars[1:].sqrt()
    first, last = roots[0], roots[-1]
    if not first > last:
        raise Refusal("rescaling needs ᾱ_1 > ᾱ_T; raise T above 1 or raise some β_t")
    rescaled = ((roots - last) * (first / (first - last))) ** 2
    betas = betas_from_alpha_bars(torch.cat([schedule.alpha_bars[:1], rescaled]))
    return schedule_from_betas(betas, f"{schedule.name}, zero terminal SNR")


def same_noise_t(schedule: Schedule, alpha_bar: float) -> int:
    """The t in 1…T whose log SNR is nearest to log ᾱ/(1−ᾱ)."""
    if alpha_bar <= 0.0:
        return schedule.T
    wanted = math.log(alpha_bar) - math.log1p(-min(alpha_bar, 1.0 - 1e-12))
    return int((schedule.log_snr[1:] - wanted).abs().argmin()) + 1
