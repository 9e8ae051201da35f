"""What an exact network would answer a foreign scheduler, in each convention for a network's output."""

import math
from collections.abc import Callable
from typing import Any

import torch

from .probe import EPS, X_0, Blend

# What a network would answer, (scheduler, i, x, x as a Blend) -> model output
Convention = Callable[[Any, int, torch.Tensor, Blend], torch.Tensor]


def _epsilon(scheduler: Any, i: int, x: torch.Tensor, b: Blend) -> torch.Tensor:
    """All the noise that is in x, scaled to variance 1: ε, and what the scheduler itself drew within a step."""
    return (x - b.of_x_0 * X_0) / b.noise if b.noise > 0 else EPS


def _x_0(scheduler: Any, i: int, x: torch.Tensor, b: Blend) -> torch.Tensor:
    """x_0."""
    return X_0


def _v(scheduler: Any, i: int, x: torch.Tensor, b: Blend) -> torch.Tensor:
    """v = √ᾱ ε − √(1 − ᾱ) x_0 of x scaled to unit variance (Salimans & Ho 2022)."""
    return (b.of_x_0 * _epsilon(scheduler, i, x, b) - b.noise * X_0) / math.hypot(b.of_x_0, b.noise)


def _velocity(scheduler: Any, i: int, x: torch.Tensor, b: Blend) -> torch.Tensor:
    """ε − x_0, the flow's velocity."""
    return _epsilon(scheduler, i, x, b) - X_0


def _reversed_velocity(scheduler: Any, i: int, x: torch.Tensor, b: Blend) -> torch.Tensor:
    """x_0 − ε, the velocity along a time that runs to the data."""
    return X_0 - _epsilon(scheduler, i, x, b)


def _preconditioned(scheduler: Any, i: int, x: torch.Tensor, b: Blend) -> torch.Tensor:
    """The F of c_skip x + c_out F = x_0, by the scheduler's own precondition_outputs (Karras et al. 2022, eq. 7)."""
    sigma, one, none = scheduler.sigmas[i], torch.ones_like(x), torch.zeros_like(x)
    c_skip = scheduler.precondition_outputs(one, none, sigma)
    return (X_0 - c_skip * x) / scheduler.precondition_outputs(none, one, sigma)


def _consistency(scheduler: Any, i: int, x: torch.Tensor, b: Blend) -> torch.Tensor:
    """The F of c_skip x + c_out F = x_0, by the scheduler's own boundary condition (Song et al. 2023, eq. 5)."""
    c_skip, c_out = scheduler.get_scalings_for_boundary_condition(scheduler.sigmas[i])
    return (X_0 - c_skip * x) / c_out


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
    prediction = PREDICTIONS.get(str(getattr(scheduler, "config", {}).get("prediction_type", "")))
    return [prediction] if prediction else [_velocity, _epsilon, _v, _reversed_velocity, _x_0]
