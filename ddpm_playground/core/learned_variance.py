"""σ² that a network says itself (Nichol & Dhariwal 2021, section 3.1): how its second half is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from .checks import look_up
from .gaussian import Time, gather, posterior_coefficients
from .later import torch
from .phrase import Refusal
from .schedule import Schedule

LEAST = 1e-20  # below it a variance has no logarithm worth taking, as diffusers has it


class Said(NamedTuple):
    """What a network says of σ²: its second half, as it is (B,*D), and the key of LEARNED that reads it."""

    value: torch.Tensor
    kind: str


class VarianceRange(NamedTuple):
    """log β̃ and log β of a step t → s, float64, () or (B,)."""

    log_small: torch.Tensor
    log_large: torch.Tensor


def variance_range(schedule: Schedule, t: Time, s: Time) -> VarianceRange:
    """The ends between which a step t → s has its variance.

    β̃ is 0 at s = 0, where a likelihood needs a variance all the same: β̃_2 stands there, as in the code of Nichol &
    Dhariwal (2021); β_1 where T = 1.
    """
    c = posterior_coefficients(schedule, t, s)
    second = posterior_coefficients(schedule, 2, 1).variance if schedule.T > 1 else schedule.betas[1]
    small = torch.where(gather(torch.arange(schedule.T + 1), s, "s") == 0, second, c.variance)
    return VarianceRange(small.clamp_min(LEAST).log(), c.beta.clamp_min(LEAST).log())


def _as_it_is(value: torch.Tensor, ends: VarianceRange) -> torch.Tensor:
    """σ² itself, which diffusers takes the root of."""
    if not bool((value >= 0).all()):
        raise Refusal(
            "the network says its variance itself (variance_type = learned), and it says {got}, which is less than 0 "
            "and makes NaN in diffusers too; a network that says v of log σ² = v log β + (1 − v) log β̃ needs "
            "variance_type = learned_range in its scheduler's config",
            got=f"{float(value.min()):.3g}",
        )
    return value


def _between(value: torch.Tensor, ends: VarianceRange) -> torch.Tensor:
    """β̃^(1−w) β^w with w = (v + 1)/2 (Nichol & Dhariwal 2021, eq. 15)."""
    small, large = (end.to(value).reshape(-1, *[1] * (value.ndim - 1)) for end in ends)
    return (small + (large - small) * (value + 1) / 2).exp()


# variance_type of a diffusers config → (the network's second half (B,*D), the ends of its step) → σ² (B,*D)
LEARNED: dict[str, Callable[[torch.Tensor, VarianceRange], torch.Tensor]] = {
    "learned": _as_it_is,
    "learned_range": _between,
}


def learned_variance(said: Said, ends: VarianceRange) -> torch.Tensor:
    """σ² of p_θ(x_s | x_t), (B,*D), as diffusers' DDPMScheduler reads it.

    Args:
        said: by the network at x_t.
        ends: of the step t → s.

    Raises:
        ValueError: an unknown kind, or a σ² that is less than 0.
    """
    read = look_up(LEARNED, said.kind, "unknown variance_type {name}; choose one of {known}")
    return read(said.value, ends)
