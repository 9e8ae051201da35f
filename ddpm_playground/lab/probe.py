"""What a foreign scheduler does to x_0, to ε and to its own noise, measured on the scheduler itself.

A step is linear in all three, number by number. So the sample is a row of numbers of which the first has x_0 = 1
and ε = 0, the second x_0 = 0 and ε = 1, and the others neither; each normal draw that the scheduler asks for is a 1
in one of these others and 0 elsewhere. What comes back then *is* the row of coefficients of
x_s = a x_0 + b ε + c z. No name of any class or attribute says where the step leads.
"""

import copy
import inspect
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.overrides import TorchFunctionMode

from .scheduler_classes import Unauditable

DRAWS = 8
# Four axes, since some schedulers insist on (batch, channel, height, width).
SHAPE = (1, 1, 1, 2 + DRAWS)


def _unit(place: int) -> torch.Tensor:
    row = torch.zeros(SHAPE, dtype=torch.float64)
    row[..., place] = 1.0
    return row


X_0, EPS = _unit(0), _unit(1)


class Probing(TorchFunctionMode):
    """Within it, in this thread alone: float32 is float64, and normal draws are the probe's unit rows.

    Schedulers cast their tables and samples to float32; they are audited in float64.
    """

    def __init__(self) -> None:
        super().__init__()
        self._draws = 0

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Hand every call on, with the two changes."""
        if func in (torch.randn, torch.randn_like):
            self._draws += 1
            return _unit(2 + self._draws % DRAWS)
        if func is torch.Tensor.float:
            return args[0].double()
        kwargs = {key: torch.float64 if value is torch.float32 else value for key, value in (kwargs or {}).items()}
        if func is torch.linspace:
            kwargs.setdefault("dtype", torch.float64)
        return func(*(torch.float64 if value is torch.float32 else value for value in args), **kwargs)


def unit_noise(*sigmas: Any) -> torch.Tensor:
    """The next draw, for schedulers that ask an object of theirs for it; within Probing."""
    return torch.randn(SHAPE)


@dataclass(frozen=True)
class Blend:
    """x = of_x_0 · x_0 + of_eps · ε + of_z · z, with z the scheduler's own independent draws."""

    of_x_0: float
    of_eps: float
    of_z: float = 0.0

    @property
    def log_snr(self) -> float:
        """log(of_x_0² / (of_eps² + of_z²)), ±∞ where there is no noise or no signal."""
        noise = math.hypot(self.of_eps, self.of_z)
        # What is left of ε by rounding is none.
        if noise <= 1e-12 * abs(self.of_x_0):
            return math.inf
        return 2.0 * math.log(abs(self.of_x_0) / noise) if self.of_x_0 else -math.inf


def blend_of(x: torch.Tensor) -> Blend:
    """The coefficients that a probed sample carries."""
    row = x.reshape(-1).tolist()
    return Blend(row[0], row[1], math.hypot(*row[2:]))


@dataclass(frozen=True)
class Visit:
    """One call of a scheduler's step: t as it counts, the x_t that went in, the x that came back.

    An inner call is one in the middle of an interval, of an x that only that call is for.
    """

    t: float
    fed: Blend
    landed: Blend
    inner: bool = False


def _variance_exploding(log_snr: float) -> float:
    """x = x_0 + σ ε (Karras et al. 2022)."""
    return 1.0


def variance_preserving(log_snr: float) -> float:
    """x = √ᾱ x_0 + √(1 − ᾱ) ε (Ho et al. 2020, eq. 4): √ᾱ = √sigmoid(log SNR)."""
    return math.sqrt(1.0 / (1.0 + math.exp(min(-log_snr, 700.0))))


def _flow(log_snr: float) -> float:
    """x = (1 − σ) x_0 + σ ε (Lipman et al. 2023): 1 − σ = 1/(1 + 1/√SNR)."""
    return 1.0 / (1.0 + math.exp(min(-log_snr / 2.0, 350.0)))


# name: log SNR -> coefficient of x_0
PROCESSES: dict[str, Callable[[float], float]] = {
    "variance preserving": variance_preserving,
    "variance exploding": _variance_exploding,
    "flow": _flow,
}


def process_of(blends: Sequence[Blend]) -> str:
    """The key of PROCESSES that these x_t belong to.

    Raises:
        Unauditable: none.
    """
    for name, signal in PROCESSES.items():
        if all(abs(signal(b.log_snr) - b.of_x_0) < 1e-4 * max(b.of_x_0, 1e-2) for b in blends):
            return name
    raise Unauditable("its x_t is none of √ᾱ x_0 + √(1 − ᾱ) ε, x_0 + σ ε and (1 − σ) x_0 + σ ε")


def on_the_line(process: str, x: Blend) -> bool:
    """Whether x is as that process would have it at x's own log SNR, to 1e-3."""
    return abs(PROCESSES[process](x.log_snr) - x.of_x_0) < 1e-3


def timestep_values(scheduler: Any) -> list[float]:
    """The scheduler's timesteps as it counts them; whole ones are ints."""
    values = [float(value) for value in scheduler.timesteps]
    return [int(value) if value.is_integer() else value for value in values]


def fed_blends(scheduler: Any) -> tuple[list[Blend], str]:
    """x_t at each of the scheduler's timesteps by its own forward process, and a note where it has none.

    Its add_noise or scale_noise says it; where there is neither, ᾱ_t of alphas_cumprod, else its sigmas.

    Raises:
        Unauditable: none of these.
    """
    told = ""
    for name in ("add_noise", "scale_noise"):
        if hasattr(scheduler, name):
            try:
                return [_noised(scheduler, name, i) for i in range(len(scheduler.timesteps))], ""
            except Exception as error:
                told = f"its {name} fails: {type(error).__name__}: {' '.join(str(error).split())}"
    table = getattr(scheduler, "alphas_cumprod", None)
    if isinstance(table, torch.Tensor) and not scheduler.timesteps.is_floating_point():
        levels = [float(table[t]) for t in scheduler.timesteps]
        return [Blend(math.sqrt(a), math.sqrt(1.0 - a)) for a in levels], "no add_noise: x_t is taken from ᾱ_t"
    sigmas = getattr(scheduler, "sigmas", None)
    if isinstance(sigmas, torch.Tensor) and sigmas.ndim == 1 and len(sigmas) >= len(scheduler.timesteps):
        values = sigmas.tolist()[: len(scheduler.timesteps)]
        if max(values) <= 1.0 + 1e-6:
            return [Blend(1.0 - s, s) for s in values], "no add_noise: x_t is taken as (1 − σ) x_0 + σ ε"
        return [Blend(1.0, s) for s in values], "no add_noise: x_t is taken as x_0 + σ ε"
    raise Unauditable(told or "it has none of add_noise, scale_noise, alphas_cumprod and sigmas that say what x_t is")


def _noised(scheduler: Any, name: str, i: int) -> Blend:
    """The scheduler's own x_t at its i-th timestep."""
    if hasattr(scheduler, "set_begin_index"):
        scheduler = copy.copy(scheduler)
        # Where several timesteps are equal, this says which one is meant.
        scheduler.set_begin_index(i)
    t = scheduler.timesteps[i].reshape(1)
    named = {"original_samples": X_0, "sample": X_0, "noise": EPS, "timesteps": t, "timestep": t}
    noise = getattr(scheduler, name)
    given = {key: value for key, value in named.items() if key in inspect.signature(noise).parameters}
    return blend_of(noise(**given))


# What a network would answer, (scheduler, i, x, x as a Blend) -> model output
Convention = Callable[[Any, int, torch.Tensor, Blend], torch.Tensor]


def _epsilon(scheduler: Any, i: int, x: torch.Tensor, b: Blend) -> torch.Tensor:
    """ε."""
    return EPS


def _x_0(scheduler: Any, i: int, x: torch.Tensor, b: Blend) -> torch.Tensor:
    """x_0."""
    return X_0


def _v(scheduler: Any, i: int, x: torch.Tensor, b: Blend) -> torch.Tensor:
    """v = √ᾱ ε − √(1 − ᾱ) x_0 of x scaled to unit variance (Salimans & Ho 2022)."""
    return (b.of_x_0 * EPS - b.of_eps * X_0) / math.hypot(b.of_x_0, b.of_eps)


def _velocity(scheduler: Any, i: int, x: torch.Tensor, b: Blend) -> torch.Tensor:
    """ε − x_0, the flow's velocity."""
    return EPS - X_0


def _reversed_velocity(scheduler: Any, i: int, x: torch.Tensor, b: Blend) -> torch.Tensor:
    """x_0 − ε, the velocity along a time that runs to the data."""
    return X_0 - EPS


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


def walk(scheduler: Any, fed: Sequence[Blend], convention: Convention) -> list[Visit]:
    """The scheduler's whole chain, each call of step with an exact x_t and an exact network.

    x_t is made anew for each call, so an error of one step does not hide the next one's. Only where the scheduler
    says that it stands within an interval (Heun, DPM-Solver-2) is it handed back what it returned.

    Raises:
        Unauditable: step is missing, wants what is not known here, fails, or returns what is not a number.
    """
    step, told = getattr(scheduler, "step", None), inspect.Parameter.empty
    if step is None:
        raise Unauditable("it has no step()")
    parameters = inspect.signature(step).parameters
    required = [key for key, p in parameters.items() if p.default is told and p.kind is not p.VAR_KEYWORD]
    timesteps, visits, x = scheduler.timesteps, [], X_0
    if getattr(scheduler, "noise_sampler", step) is None:
        # Else it makes a Brownian path of its own (torchsde).
        scheduler.noise_sampler = unit_noise
    for i, t in enumerate(timesteps):
        inner = i > 0 and not getattr(scheduler, "state_in_first_order", True)
        if not inner:
            x = fed[i].of_x_0 * X_0 + fed[i].of_eps * EPS
        x_t = blend_of(x)
        if hasattr(scheduler, "scale_model_input"):
            scheduler.scale_model_input(x, t)
        known = {
            "model_output": convention(scheduler, i, x, x_t),
            "timestep": t,
            "sample": x,
            # What some steps ask for besides, in the order of DPM-Solver++ of CogVideoX, RePaint, UnCLIP.
            "old_pred_original_sample": X_0 if i else None,
            "timestep_back": timesteps[i - 1] if i else None,
            "original_image": X_0,
            "mask": torch.zeros(SHAPE, dtype=torch.float64),
            "prev_timestep": timesteps[i + 1] if i + 1 < len(timesteps) else None,
        }
        unknown = [key for key in required if key not in known]
        if unknown:
            raise Unauditable(f"its step() also needs {', '.join(unknown)}")
        try:
            x = _stepped(step, {key: value for key, value in known.items() if key in parameters})
        except IndexError:
            # The last of the timesteps is where the chain ends, not a visit (Wuerstchen).
            if i == len(timesteps) - 1 and i:
                break
            raise
        if not isinstance(x, torch.Tensor) or x.shape != X_0.shape or not x.is_floating_point():
            raise Unauditable("its step() does not return an x of the shape of x_t: it works on other data")
        if not bool(torch.isfinite(x).all()):
            raise Unauditable(
                f"its step at t = {float(t):g} returns what is not a number: ε says nothing about x_0 where ᾱ_t = 0, "
                "and a σ of 0 or ∞ divides by zero; choose another prediction_type or schedule"
            )
        visits.append(Visit(timestep_values(scheduler)[i], x_t, blend_of(x), inner))
    return visits


def _stepped(step: Any, arguments: dict[str, Any]) -> Any:
    """x_s of one step."""
    with np.errstate(all="ignore"):
        try:
            answer = step(**arguments)
        except IndexError:
            # Some want t for each picture.
            answer = step(**arguments | {"timestep": arguments["timestep"].reshape(1)})
    return getattr(answer, "prev_sample", None) if hasattr(answer, "prev_sample") else answer[0]
