"""What a network answers a foreign scheduler, in each convention for a network's output."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from .probe import Blend


@dataclass(frozen=True)
class Known:
    """What a network knows at one call.

    Attributes:
        x: what it is shown, in the scheduler's own scale.
        x_hat_0: its x̂_0, of x's shape.
        eps_hat: its ε̂ of variance 1, of x's shape.
        level: how much of x_0 and of noise x is made of.
    """

    x: torch.Tensor
    x_hat_0: torch.Tensor
    eps_hat: torch.Tensor
    level: Blend


# What a network would answer, (scheduler, i, what it knows) -> model output
Convention = Callable[[Any, int, Known], torch.Tensor]


def _epsilon(scheduler: Any, i: int, known: Known) -> torch.Tensor:
    """ε̂."""
    return known.eps_hat


def _x_0(scheduler: Any, i: int, known: Known) -> torch.Tensor:
    """x̂_0."""
    return known.x_hat_0


def _v(scheduler: Any, i: int, known: Known) -> torch.Tensor:
    """v = √ᾱ ε − √(1 − ᾱ) x_0 of x scaled to unit variance (Salimans & Ho 2022)."""
    b = known.level
    return (b.of_x_0 * known.eps_hat - b.noise * known.x_hat_0) / math.hypot(b.of_x_0, b.noise)


def _velocity(scheduler: Any, i: int, known: Known) -> torch.Tensor:
    """ε − x_0, the flow's velocity."""
    return known.eps_hat - known.x_hat_0


def _reversed_velocity(scheduler: Any, i: int, known: Known) -> torch.Tensor:
    """x_0 − ε, the velocity along a time that runs to the data."""
    return known.x_hat_0 - known.eps_hat


def _preconditioned(scheduler: Any, i: int, known: Known) -> torch.Tensor:
    """The F of c_skip x + c_out F = x_0, by the scheduler's own precondition_outputs (Karras et al. 2022, eq. 7)."""
    x = known.x
    sigma, one, none = scheduler.sigmas[i], torch.ones_like(x), torch.zeros_like(x)
    c_skip = scheduler.precondition_outputs(one, none, sigma)
    return (known.x_hat_0 - c_skip * x) / scheduler.precondition_outputs(none, one, sigma)


def _consistency(scheduler: Any, i: int, known: Known) -> torch.Tensor:
    """The F of c_skip x + c_out F = x_0, by the scheduler's own boundary condition (Song et al. 2023, eq. 5)."""
    c_skip, c_out = scheduler.get_scalings_for_boundary_condition(scheduler.sigmas[i])
    return (known.x_hat_0 - c_skip * known.x) / c_out


def _score(scheduler: Any, i: int, known: Known) -> torch.Tensor:
    """∇ log q(x) = −ε/σ of x = x_0 + σ ε (Song et al. 2021)."""
    return -known.eps_hat / known.level.noise


# prediction_type -> what the network answers
PREDICTIONS: dict[str, Convention] = {
    "epsilon": _epsilon,
    "sample": _x_0,
    "v_prediction": _v,
    "flow_prediction": _velocity,
}


def conventions(scheduler: Any) -> list[Convention]:
    """What the scheduler may take the network's output for, the likeliest first."""
    if hasattr(scheduler, "precondition_outputs"):
        return [_preconditioned]
    if hasattr(scheduler, "get_scalings_for_boundary_condition"):
        return [_consistency]
    if hasattr(scheduler, "step_correct"):
        return [_score]
    prediction = PREDICTIONS.get(str(getattr(scheduler, "config", {}).get("prediction_type", "")))
    return [prediction] if prediction else [_velocity, _epsilon, _v, _reversed_velocity, _x_0]
