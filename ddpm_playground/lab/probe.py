"""What a foreign scheduler does to x_0, to ε and to its own noise, measured on the scheduler itself.

A step is linear in all three, number by number. So the sample is a row of numbers of which the first has x_0 = 1
and ε = 0, the second x_0 = 0 and ε = 1, and the others neither; each normal draw that the scheduler asks for is a 1
in one of these others and 0 elsewhere. What comes back then *is* the row of coefficients of
x_s = a x_0 + b ε + c z. No name of any class or attribute says where the step leads.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from ..bridge.scheduler_classes import Unauditable

# As many as the calls of a long chain: SA-Solver carries every one of its draws on.
DRAWS = 1024
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
    return torch.randn(SHAPE, generator=torch.Generator())


@dataclass(frozen=True)
class Blend:
    """x = of_x_0 · x_0 + of_eps · ε + of_z · z, with z the scheduler's own independent draws."""

    of_x_0: float
    of_eps: float
    of_z: float = 0.0

    @property
    def noise(self) -> float:
        """Standard deviation of what is not x_0."""
        return math.hypot(self.of_eps, self.of_z)

    @property
    def log_snr(self) -> float:
        """log(of_x_0² / (of_eps² + of_z²)), ±∞ where there is no noise or no signal."""
        noise = self.noise
        # What is left of ε by rounding is none.
        if noise <= 1e-12 * abs(self.of_x_0):
            return math.inf
        return 2.0 * math.log(abs(self.of_x_0) / noise) if self.of_x_0 else -math.inf


def blend_of(x: torch.Tensor) -> Blend:
    """The coefficients that a probed sample carries."""
    row = x.reshape(-1)
    return Blend(float(row[0]), float(row[1]), float(row[2:].norm()))


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
