"""What a network may be trained to say of x_t: ε, x_0, v or u, each as a target and as what it means."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch

from ...core import Prediction, Schedule, eps_from_u, flow_velocity, prediction_from, v_from_eps, x_0_from_u

# (schedule, x_0, t, ε) → what is said; (schedule, x_t, t, what is said) → Prediction
Target = Callable[[Schedule, torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]
Reading = Callable[[Schedule, torch.Tensor, torch.Tensor, torch.Tensor], Prediction]


class Said(NamedTuple):
    """What is said: how it is called in formulas, what it is of x_0 and ε, and what it means."""

    symbol: str
    target: Target
    read: Reading


def _as(prediction_type: str) -> Reading:
    return partial(_read, prediction_type)


def _read(
    prediction_type: str, schedule: Schedule, x_t: torch.Tensor, t: torch.Tensor, value: torch.Tensor
) -> Prediction:
    return prediction_from(schedule, prediction_type, x_t, t, value)


def _read_u(schedule: Schedule, x_t: torch.Tensor, t: torch.Tensor, u: torch.Tensor) -> Prediction:
    return Prediction(eps_from_u(schedule, x_t, t, u), x_0_from_u(schedule, x_t, t, u))


# Another one is one line here.
PREDICTED: dict[str, Said] = {
    "epsilon": Said("ε", lambda schedule, x_0, t, eps: eps, _as("epsilon")),
    "sample": Said("x_0", lambda schedule, x_0, t, eps: x_0, _as("sample")),
    "v_prediction": Said("v", v_from_eps, _as("v_prediction")),
    "flow_velocity": Said("u", lambda schedule, x_0, t, eps: flow_velocity(x_0, eps), _read_u),
}
