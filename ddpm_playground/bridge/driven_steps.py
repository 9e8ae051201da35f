"""One call of a scheduler's step: what it is handed, where its draws come from, and what comes of it."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol, cast

from ..core import LEARNED, EpsPredictor, Noise, Prediction, Schedule, prediction_from
from ..core.later import torch
from .scheduler_classes import options_of

REHEARSED = (1, 1, 8, 8)  # the shape of the zeros that a chain is rehearsed with
# What step takes besides; the rest of its arguments are numbers and switches that one may choose.
HANDED = {
    "self", "args", "kwargs", "model_output", "timestep", "sample", "generator", "return_dict", "variance_noise",
    "noise", "original_image", "mask", "prev_timestep", "timestep_back", "old_pred_original_sample", "step_index",
    "per_token_timesteps",
}  # fmt: skip


class Answering(Protocol):
    """A network behind a predictor that can be asked as diffusers asks it."""

    def answer(self, x: torch.Tensor, timestep: torch.Tensor, label: torch.Tensor | None = None) -> torch.Tensor:
        """x (B,*D) as the scheduler scales it, its timesteps (B,), label (B,) or None → what the network says."""
        ...


class Asked:
    """A predictor asked as diffusers asks a network: x as the scheduler scales it, at its own timestep.

    Attributes:
        apart: whether no picture may depend on its companions.
    """

    def __init__(self, predict: EpsPredictor, T: int, label: torch.Tensor | None) -> None:
        self._predict, self._T, self._label = predict, T, label
        self.apart = bool(getattr(predict, "apart", False))

    def __call__(self, x_in: torch.Tensor, timestep: torch.Tensor) -> torch.Tensor:
        asked = getattr(self._predict, "answer", None)
        if asked is not None:
            return asked(x_in, timestep.to(x_in.device).expand(len(x_in)), self._label)
        t = torch.full((len(x_in),), shown(timestep, self._T), device=x_in.device)
        return self._predict(x_in, t, self._label).eps_hat


class Call(NamedTuple):
    """One call of a scheduler's step: t as shown, x as handed to the network, its output, x afterwards.

    Attributes:
        t: the paper's t, 1…T, nearest to the timestep.
        x_in: what the network is shown, (B,*D).
        output: what it says.
        x_hat_0: x̂_0 that the scheduler computes; None where it names none.
        z: the last draw; None where there was none.
        x: what step returns.
        inner: whether it stands within an interval, with another call to come.
    """

    t: int
    x_in: torch.Tensor
    output: torch.Tensor
    x_hat_0: torch.Tensor | None
    z: torch.Tensor | None
    x: torch.Tensor
    inner: bool


class Rehearsal(NamedTuple):
    """What a chain visits, steps (t, s), and how many draws it asks for."""

    steps: tuple[tuple[int, int], ...]
    draws: int


class Counted:
    """A Noise of zeros that counts its draws."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> torch.Tensor:
        self.count += 1
        return torch.zeros(REHEARSED)


class Drawn(contextlib.AbstractContextManager):
    """Within it, in this thread alone, each normal draw is the next of a Noise."""

    def __init__(self, noise: Noise) -> None:
        self._noise, self.last = noise, cast("torch.Tensor | None", None)
        self._mode: Any = None

    def draw(self) -> torch.Tensor:
        """The next one."""
        self.last = self._noise()
        return self.last

    def __enter__(self) -> None:
        from torch.overrides import TorchFunctionMode

        drawn = self

        class Mode(TorchFunctionMode):
            def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
                kwargs = kwargs or {}
                if func is torch.randn:
                    return drawn.draw().to(kwargs.get("dtype") or torch.float32)
                if func is torch.randn_like:
                    return drawn.draw().to(args[0])
                return func(*args, **kwargs)

        self._mode = Mode()
        self._mode.__enter__()

    def __exit__(self, *error: Any) -> None:
        self._mode.__exit__(*error)


class Stepping:
    """A scheduler's step, with whatever it asks for besides."""

    def __init__(self, scheduler: Any, options: Mapping[str, Any]) -> None:
        self._scheduler, self._options = scheduler, options
        self._taken = inspect.signature(scheduler.step).parameters
        self._x_hat_0: torch.Tensor | None = None

    def __call__(self, i: int, x: torch.Tensor, output: torch.Tensor) -> Any:
        timesteps = self._scheduler.timesteps
        handed = {
            # RePaint keeps nothing of a picture; the others look at their neighbours.
            "original_image": torch.zeros_like(x), "mask": torch.zeros_like(x),
            "old_pred_original_sample": self._x_hat_0, "timestep_back": timesteps[i - 1] if i else None,
            "prev_timestep": timesteps[i + 1] if i + 1 < len(timesteps) else None,
        }  # fmt: skip
        given = {key: value for key, value in handed.items() if key in self._taken} | dict(self._options)
        answer = self._scheduler.step(model_output=output, timestep=timesteps[i], sample=x, **given)
        self._x_hat_0 = getattr(answer, "pred_original_sample", None)
        return answer if hasattr(answer, "prev_sample") else tuple(answer)


def step_options(scheduler_class: type) -> dict[str, Any]:
    """The numbers and switches of a scheduler class's step with their defaults, such as η of DDIM."""
    step = getattr(scheduler_class, "step", None)
    parameters = {} if step is None else inspect.signature(step).parameters
    return {k: p.default for k, p in parameters.items() if k not in HANDED and p.default is not p.empty}


def config_of(scheduler: Any) -> Mapping[str, Any]:
    """What a scheduler was built with; nothing for one that does not say."""
    return getattr(scheduler, "config", {})


def has_variance(scheduler_class: type) -> bool:
    """Whether a class's step has a σ² that its config chooses, such as DDPM's; solvers only drop what is said of it."""
    return options_of(scheduler_class).get("variance_type") is not None


def reads_variance(scheduler: Any) -> bool:
    """Whether a scheduler takes σ² from the second half of what a network says."""
    return has_variance(type(scheduler)) and config_of(scheduler).get("variance_type") in tuple(LEARNED)


def heard(scheduler: Any, x_in: torch.Tensor, output: torch.Tensor) -> torch.Tensor:
    """What a scheduler is handed of a network's output: its first half, where it does not read the one about σ²."""
    if output.shape[1] != 2 * x_in.shape[1] or reads_variance(scheduler):
        return output
    return output[:, : x_in.shape[1]]


def explodes(scheduler: Any) -> bool:
    """Whether its x is x_t/√ᾱ_t: then its first σ is part of what it starts with."""
    return float(getattr(scheduler, "init_noise_sigma", 1.0)) != 1.0


def shown(timestep: torch.Tensor, T: int) -> int:
    """The paper's t nearest to a scheduler's timestep."""
    return min(T, max(1, round(float(timestep)) + 1))


def seen(schedule: Schedule, scheduler: Any, call: Call) -> Prediction:
    """What the network said at a call, ε̂ as it is and x̂_0 as the scheduler made it."""
    output, said = call.output, str(config_of(scheduler).get("prediction_type", "epsilon"))
    if output.shape[1] == 2 * call.x_in.shape[1]:  # the second half is about the variance
        output = output.chunk(2, 1)[0]
    if said == "epsilon" and float(schedule.alpha_bars[call.t]) == 0:
        x_hat_0 = torch.zeros_like(output) if call.x_hat_0 is None else call.x_hat_0
        return Prediction(output, x_hat_0)
    raw = prediction_from(schedule, said, call.x_in, call.t, output)
    return raw if call.x_hat_0 is None else Prediction(raw.eps_hat, call.x_hat_0)
