"""The schedules of other conventions, each brought to ᾱ_t, so that all lie on one axis of log SNR."""

import inspect
import math
from collections.abc import Callable
from typing import NamedTuple

import torch

from ..core import Schedule
from ..core.checks import number
from ..core.phrase import Phrase, Refusal
from .quantities import QUANTITIES, schedule_of_values

SIGMA_RANGE = (1e-6, 1e6)


def _from_0_to_1(T: int) -> torch.Tensor:
    """(t − 1)/(T − 1) for t = 1…T; 1 for T = 1."""
    return torch.linspace(0, 1, T, dtype=torch.float64) if T > 1 else torch.ones(1, dtype=torch.float64)


def karras(T: int, sigma_min: float = 0.002, sigma_max: float = 80.0, rho: float = 7.0) -> torch.Tensor:
    """σ_t with σ^(1/ρ) evenly spaced (Karras et al. 2022, eq. 5); ours rise with t, theirs fall."""
    low, high = sigma_min ** (1 / rho), sigma_max ** (1 / rho)
    return (low + _from_0_to_1(T) * (high - low)) ** rho


def exponential(T: int, sigma_min: float = 0.002, sigma_max: float = 80.0) -> torch.Tensor:
    """σ_t with log σ evenly spaced (k-diffusion's and diffusers' "exponential"; Song et al. 2021, appendix C)."""
    return torch.exp(math.log(sigma_min) + _from_0_to_1(T) * (math.log(sigma_max) - math.log(sigma_min)))


def beta(T: int, sigma_min: float = 0.002, sigma_max: float = 80.0, a: float = 0.6, b: float = 0.6) -> torch.Tensor:
    """σ_t at evenly spaced quantiles of Beta(a, b), stretched over [σ_min, σ_max] (Lee et al. 2024; diffusers' use)."""
    import scipy.stats

    return sigma_min + torch.from_numpy(scipy.stats.beta.ppf(_from_0_to_1(T).numpy(), a, b)) * (sigma_max - sigma_min)


def flow(T: int, shift: float = 1.0) -> torch.Tensor:
    """Flow time u = k·(t/T) / (1 + (k − 1)·t/T), shifted by k (Esser et al. 2024, eq. 23)."""
    time = torch.arange(1, T + 1, dtype=torch.float64) / T
    return shift * time / (1.0 + (shift - 1.0) * time)


class Peer(NamedTuple):
    """values at 1…T, and what they are: a key of QUANTITIES."""

    values: Callable[..., torch.Tensor]
    quantity: str


PEERS: dict[str, Peer] = {
    "karras": Peer(karras, "sigma"),
    "exponential": Peer(exponential, "sigma"),
    "beta": Peer(beta, "sigma"),
    "flow": Peer(flow, "flow_time"),
}

RANGES: dict[str, tuple[float, float]] = {
    "sigma_min": SIGMA_RANGE,
    "sigma_max": SIGMA_RANGE,
    "rho": (0.1, 100.0),
    "a": (0.01, 100.0),
    "b": (0.01, 100.0),
    "shift": (1e-3, 1e3),
}


def peer_params(name: str) -> dict[str, float]:
    """Parameters of a peer's schedule with their defaults."""
    return {key: p.default for key, p in inspect.signature(PEERS[name].values).parameters.items() if key != "T"}


def peer_schedule(name: str, T: int = 1000, **params: float) -> tuple[Schedule, list[Phrase]]:
    """A peer's schedule as ᾱ_t of the variance-preserving process with the same SNR, and how it was converted.

    Raises:
        ValueError: an unknown parameter, or one out of range.
    """
    known = peer_params(name)
    for key, value in params.items():
        if key not in known:
            raise Refusal(
                "schedule {name} has no parameter {key}; it has {known}",
                name=repr(name),
                key=repr(key),
                known=", ".join(known),
            )
        low, high = RANGES[key]
        number(key, value, low, high)
    chosen = known | params
    if "sigma_min" in chosen and not chosen["sigma_min"] < chosen["sigma_max"]:
        raise Refusal(
            "sigma_min must be below sigma_max, got {got} and {chosen}",
            got=f"{chosen['sigma_min']:g}",
            chosen=f"{chosen['sigma_max']:g}",
        )
    peer = PEERS[name]
    schedule, _ = schedule_of_values(peer.quantity, peer.values(T, **params).tolist(), name)
    quantity = QUANTITIES[peer.quantity]
    return schedule, [
        Phrase("{name} gives {symbol}: {conversion}", name=name, symbol=quantity.symbol, conversion=quantity.conversion)
    ]
