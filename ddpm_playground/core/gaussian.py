"""Every closed form of the diffusion process, once.

Arrays are (B,*D); t and s are ints or (B,) integer tensors; tables are gathered in float64 and cast to
the arrays' type at the end.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from .later import torch
from .phrase import Refusal
from .schedule import Schedule

Time: TypeAlias = "int | torch.Tensor"


class Level(NamedTuple):
    """How much of x_0 and of noise there is in x_t: √ᾱ_t and √(1 − ᾱ_t), each broadcastable to (B,*D)."""

    signal: torch.Tensor
    noise: torch.Tensor


class Pole(NamedTuple):
    """An ᾱ_t that a formula divides by zero at, and the template of the sentence that says so, with t in its place."""

    alpha_bar: float
    template: str


NO_SIGNAL = Pole(
    0.0,
    "x_0 cannot be had from ε where ᾱ_t = 0, got t = {t} on a schedule with zero terminal SNR; "
    "use v- or x_0-prediction, or a schedule with ᾱ_T > 0",
)
NO_NOISE = Pole(1.0, "there is no noise to name where ᾱ_t = 1, got t = {t}; use t ≥ 1 and β_1 > 0")


class Gaussian(NamedTuple):
    """N(mean, variance · I): mean (B,*D), variance broadcastable to it."""

    mean: torch.Tensor
    variance: torch.Tensor


def gather(table: torch.Tensor, t: Time, name: str = "t", low: int = 0) -> torch.Tensor:
    """table[t], float64, for low ≤ t ≤ T, else ValueError."""
    try:
        index = torch.as_tensor(t)
    except (TypeError, ValueError, RuntimeError):
        raise Refusal(
            "{name} must be an int or a tensor of ints, got {got}; give one of these", name=name, got=repr(t)
        ) from None
    if index.dtype.is_floating_point or index.dtype.is_complex or index.dtype == torch.bool:
        raise Refusal("{name} must be whole numbers, got {got}; convert them to int64", name=name, got=index.dtype)
    index = index.cpu().long()
    T = len(table) - 1
    if index.numel() and not (low <= int(index.min()) and int(index.max()) <= T):
        raise Refusal(
            "{name} must be in [{low}, {high}], got {got}; pick {name} in that range",
            name=name,
            low=low,
            high=T,
            got=index.tolist(),  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
        )
    return table[index]


def cast(value: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """value, () or (B,), as (1,1,…) or (B,1,…) with the type and device of `like`.

    Raises:
        ValueError: `like` is not of floats, in which tables would be rounded to 0 and 1, or of another B.
    """
    if not like.dtype.is_floating_point:
        raise Refusal("pictures must be of floats, got {got}; convert them, such as by x / 127.5 − 1", got=like.dtype)
    if value.ndim and like.ndim and 1 not in (len(value), len(like)) and len(value) != len(like):
        raise Refusal(
            "t must be one number or one for each of the {count} pictures, got {got}", count=len(like), got=len(value)
        )
    shape = (-1,) + (1,) * (like.ndim - 1) if value.ndim else (1,) * like.ndim
    return value.reshape(shape).to(device=like.device, dtype=like.dtype)


def level(schedule: Schedule, t: Time | Level, like: torch.Tensor, pole: Pole | None = None) -> Level:
    """√ᾱ_t and √(1 − ᾱ_t) with the type, device and dimensions of `like`.

    Args:
        schedule: the noise schedule.
        t: 0…T, int or (B,); or a Level, for whoever has it on the device already: it is handed back unread.
        like: (B,*D).
        pole: the ᾱ_t that the caller cannot do with.

    Raises:
        ValueError: t outside 0…T, or ᾱ_t is the one that is refused.
    """
    if isinstance(t, Level):
        return t
    alpha_bar_t = gather(schedule.alpha_bars, t)
    if pole is not None and bool((alpha_bar_t == pole.alpha_bar).any()):
        raise Refusal(pole.template, t=t)
    return Level(cast(alpha_bar_t.sqrt(), like), cast((1.0 - alpha_bar_t).sqrt(), like))


def level_of_log_snr(log_snr: torch.Tensor, like: torch.Tensor) -> Level:
    """√ᾱ and √(1 − ᾱ) with ᾱ = sigmoid(log SNR), as SNR = ᾱ/(1 − ᾱ) has it (Kingma et al. 2021, eq. 2).

    Args:
        log_snr: in nats, () or (B,), float64; any number, between those of a schedule too.
        like: (B,*D), whose type, device and dimensions the level gets.
    """
    return Level(cast(log_snr.sigmoid().sqrt(), like), cast((-log_snr).sigmoid().sqrt(), like))


def alpha_bar_between(schedule: Schedule, t: Time, s: Time) -> torch.Tensor:
    """ᾱ_t / ᾱ_s, float64: the α of one transition s → t. It is α_t for s = t − 1."""
    alpha_bar_t = gather(schedule.alpha_bars, t)
    alpha_bar_s = gather(schedule.alpha_bars, s, "s")
    if bool((torch.as_tensor(s).cpu() > torch.as_tensor(t).cpu()).any()):
        raise Refusal("s must not exceed t, got s = {s}, t = {t}; swap them", s=s, t=t)
    ratio = alpha_bar_t / alpha_bar_s
    # Where no signal is left by s (a β of 1, or underflow) this is 0/0; the product over s + 1…t is not.
    lost = alpha_bar_s < torch.finfo(torch.float64).tiny
    if bool(lost.any()):
        ratio = ratio.clone()
        parts = torch.as_tensor(t).cpu(), torch.as_tensor(s).cpu(), lost
        late, early, lost = (part.expand(ratio.shape) for part in parts)
        for i in lost.nonzero():
            place = tuple(int(axis) for axis in i)
            ratio[place] = schedule.alphas[int(early[place]) + 1 : int(late[place]) + 1].prod()
    return ratio


def q_between(schedule: Schedule, x_s: torch.Tensor, s: Time, t: Time) -> Gaussian:
    """q(x_t | x_s) = N(√(ᾱ_t/ᾱ_s) x_s, (1 − ᾱ_t/ᾱ_s) I), s ≤ t (Ho et al. 2020, eq. 4, for any two steps)."""
    ratio = alpha_bar_between(schedule, t, s)
    return Gaussian(cast(ratio.sqrt(), x_s) * x_s, cast(1.0 - ratio, x_s))


def q(schedule: Schedule, x_0: torch.Tensor, t: Time) -> Gaussian:
    """q(x_t | x_0) = N(√ᾱ_t x_0, (1 − ᾱ_t) I) (Ho et al. 2020, eq. 4).

    Args:
        schedule: the noise schedule.
        x_0: clean data, (B,*D).
        t: 0…T, int or (B,).

    Raises:
        ValueError: t outside 0…T.
    """
    return q_between(schedule, x_0, 0, t)


def q_sample(schedule: Schedule, x_0: torch.Tensor, t: Time | Level, eps: torch.Tensor) -> torch.Tensor:
    """x_t = √ᾱ_t x_0 + √(1 − ᾱ_t) ε, (B,*D) (Ho et al. 2020, eq. 4 and algorithm 1, line 5)."""
    signal, noise = level(schedule, t, x_0)
    return signal * x_0 + noise * eps


def q_step(schedule: Schedule, x_before: torch.Tensor, t: Time) -> Gaussian:
    """q(x_t | x_{t−1}) = N(√(1 − β_t) x_{t−1}, β_t I), 1 ≤ t ≤ T (Ho et al. 2020, eq. 2)."""
    beta_t = gather(schedule.betas, t, low=1)
    return Gaussian(cast((1.0 - beta_t).sqrt(), x_before) * x_before, cast(beta_t, x_before))


class PosteriorCoefficients(NamedTuple):
    """q(x_s | x_t, x_0) = N(of_x_0 · x_0 + of_x_t · x_t, variance), each float64, () or (B,)."""

    of_x_0: torch.Tensor
    of_x_t: torch.Tensor
    variance: torch.Tensor
    beta: torch.Tensor


def posterior_coefficients(schedule: Schedule, t: Time, s: Time) -> PosteriorCoefficients:
    """Coefficients of q(x_s | x_t, x_0), s < t (Ho et al. 2020, eq. 7, with β = 1 − ᾱ_t/ᾱ_s for a stride)."""
    if bool((torch.as_tensor(s).cpu() >= torch.as_tensor(t).cpu()).any()):
        raise Refusal("the posterior steps back from t to s < t, got t = {t}, s = {s}; lower s", t=t, s=s)
    alpha_bar_t, alpha_bar_s = gather(schedule.alpha_bars, t), gather(schedule.alpha_bars, s, "s")
    alpha = alpha_bar_between(schedule, t, s)
    beta, noise_t, noise_s = 1.0 - alpha, 1.0 - alpha_bar_t, 1.0 - alpha_bar_s
    # Where no noise has been added by t (β = 0 so far), x_s = x_t = x_0.
    safe = torch.where(noise_t > 0, noise_t, 1.0)
    return PosteriorCoefficients(
        of_x_0=torch.where(noise_t > 0, alpha_bar_s.sqrt() * beta / safe, 1.0),
        of_x_t=alpha.sqrt() * noise_s / safe,
        variance=noise_s / safe * beta,
        beta=beta,
    )


def posterior(schedule: Schedule, x_t: torch.Tensor, x_0: torch.Tensor, t: Time, s: Time) -> Gaussian:
    """q(x_s | x_t, x_0) for any 0 ≤ s < t ≤ T (Ho et al. 2020, eq. 6 and 7).

    Args:
        schedule: the noise schedule.
        x_t: (B,*D).
        x_0: (B,*D).
        t: 1…T, int or (B,).
        s: 0…t−1, int or (B,).

    Returns:
        Gaussian with mean μ̃ (B,*D) and variance β̃; the variance is 0 at s = 0.

    Raises:
        ValueError: s ≥ t, or either outside 0…T.
    """
    c = posterior_coefficients(schedule, t, s)
    return Gaussian(cast(c.of_x_0, x_t) * x_0 + cast(c.of_x_t, x_t) * x_t, cast(c.variance, x_t))


def x_0_from_eps(schedule: Schedule, x_t: torch.Tensor, t: Time | Level, eps: torch.Tensor) -> torch.Tensor:
    """x_0 = (x_t − √(1 − ᾱ_t) ε) / √ᾱ_t (Ho et al. 2020, eq. 15).

    Raises:
        ValueError: ᾱ_t = 0, where ε says nothing about x_0.
    """
    signal, noise = level(schedule, t, x_t, NO_SIGNAL)
    return (x_t - noise * eps) / signal


def eps_from_x_0(schedule: Schedule, x_t: torch.Tensor, t: Time | Level, x_0: torch.Tensor) -> torch.Tensor:
    """ε = (x_t − √ᾱ_t x_0) / √(1 − ᾱ_t) (Ho et al. 2020, eq. 4, solved for ε).

    Raises:
        ValueError: ᾱ_t = 1 (t = 0), where no noise has been added.
    """
    signal, noise = level(schedule, t, x_t, NO_NOISE)
    return (x_t - signal * x_0) / noise


def v_from_eps(schedule: Schedule, x_0: torch.Tensor, t: Time | Level, eps: torch.Tensor) -> torch.Tensor:
    """v = √ᾱ_t ε − √(1 − ᾱ_t) x_0 (Salimans & Ho 2022, section 4)."""
    signal, noise = level(schedule, t, eps)
    return signal * eps - noise * x_0


def x_0_from_v(schedule: Schedule, x_t: torch.Tensor, t: Time | Level, v: torch.Tensor) -> torch.Tensor:
    """x_0 = √ᾱ_t x_t − √(1 − ᾱ_t) v (Salimans & Ho 2022, appendix D); fine at ᾱ_t = 0."""
    signal, noise = level(schedule, t, x_t)
    return signal * x_t - noise * v


def eps_from_v(schedule: Schedule, x_t: torch.Tensor, t: Time | Level, v: torch.Tensor) -> torch.Tensor:
    """ε = √ᾱ_t v + √(1 − ᾱ_t) x_t (Salimans & Ho 2022, appendix D); fine at t = 0."""
    signal, noise = level(schedule, t, x_t)
    return signal * v + noise * x_t


def score_from_eps(schedule: Schedule, t: Time, eps: torch.Tensor) -> torch.Tensor:
    """∇ log q(x_t) = −ε / √(1 − ᾱ_t) (Song et al. 2021, section 3; Ho et al. 2020, section 3.2)."""
    return -eps / level(schedule, t, eps, NO_NOISE).noise


def eps_from_score(schedule: Schedule, t: Time, score: torch.Tensor) -> torch.Tensor:
    """ε = −√(1 − ᾱ_t) ∇ log q(x_t) (Song et al. 2021, section 3)."""
    return -level(schedule, t, score).noise * score


def kl(p: Gaussian, r: Gaussian) -> torch.Tensor:
    """KL(p ‖ r) in nats, element by element, for Gaussians with diagonal covariance; variances > 0."""
    ratio = p.variance / r.variance
    return 0.5 * (ratio - 1.0 - torch.log(ratio) + (p.mean - r.mean) ** 2 / r.variance)
