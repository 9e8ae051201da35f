"""A network's errors at each noise level, on pictures that it has not seen, as its folder says it shall be used."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch

from ...core import Prediction, bound_terms, same_noise_t
from .assumption import Assumption
from .comparing import standard_error
from .patient import Asked, Patient
from .snr_levels import SnrLevels, span


@dataclass(frozen=True)
class Measured:
    """A mean over pictures.

    Attributes:
        value: the mean.
        standard_error: from how the pictures scatter.
    """

    value: float
    standard_error: float

    @classmethod
    def of(cls, each: torch.Tensor) -> "Measured":
        """Of (n,) numbers."""
        return cls(float(each.mean()), standard_error(each))

    def as_json(self) -> dict[str, float | None]:
        """null for what is not finite."""
        return {name: value if math.isfinite(value) else None for name, value in vars(self).items()}


@dataclass(frozen=True, eq=False)
class LevelErrors:
    """What is measured at one noise level.

    Attributes:
        t: 1…T.
        log_snr: in nats.
        quarter: of the log SNR, the cleanest 0.
        eps_mse: mean of (ε − ε̂)², of the network's own ε̂.
        x_0_mse: mean of (x_0 − x̂_0)² with x̂_0 kept within [−1, 1].
        bound_bpd: L_{t−1} in bits per dimension, σ_t² = β_t or the network's own, x̂_0 kept within [−1, 1] (Ho et al.
            2020, eq. 5).
        variance: of ε − ε̂ over pixels and pictures.
        calibrated: mean of (ε − ε̂)(ε − ε̂ of the linear filter), which a network whose ε̂ is E[ε | x_t] has for a
            variance: its error is orthogonal to whatever can be read from x_t, its own answer and the filter's too.
        mixing: by which share the error falls where the best share of the filter's answer is mixed into the network's;
            0 for a calibrated network.
        brightness: mean of x̂_0 − x_0 over a picture, x̂_0 as it is.
        linear_eps_mse: (ε − ε̂)² of the best linear filter, on the same pictures and noises.
        each: eps_mse of each picture, (n,).
        linear_each: and of the filter, (n,).
    """

    t: int
    log_snr: float
    quarter: int
    eps_mse: Measured
    x_0_mse: Measured
    bound_bpd: Measured | None
    variance: float
    calibrated: float
    mixing: float
    brightness: Measured
    linear_eps_mse: Measured
    each: torch.Tensor
    linear_each: torch.Tensor

    def as_json(self) -> dict[str, Any]:
        """What a reader sees of it."""
        told = {name: value for name, value in vars(self).items() if not isinstance(value, torch.Tensor)}
        return {name: value.as_json() if isinstance(value, Measured) else value for name, value in told.items()}


def measure(patient: Patient) -> list[LevelErrors]:
    """At each level of the curve, the least noise first."""
    return [_at(patient, patient.curve, k) for k in range(len(patient.curve))]


def measure_at(patient: Patient, levels: SnrLevels) -> tuple[LevelErrors | None, ...]:
    """At the log SNRs of another schedule's levels, t being the nearest of its own; None where it has no such level."""
    schedule = patient.checkpoint.schedule
    low, high = span(schedule)
    there = [low - 1e-6 <= float(one) <= high + 1e-6 for one in levels.log_snr]
    t = torch.tensor([same_noise_t(schedule, float(one.sigmoid())) for one in levels.log_snr])
    own = replace(levels, t=t)
    return tuple(_at(patient, own, k) if has else None for k, has in enumerate(there))


def _at(patient: Patient, curve: SnrLevels, k: int) -> LevelErrors:
    who = torch.arange(len(patient.seen))
    asked = patient.asked(Assumption(), who, curve.log_snr, k)
    away = asked.eps - asked.prediction.eps_hat
    linear_away = asked.eps - patient.linear.eps_hat(asked.x_0, curve.log_snr[k], asked.eps)
    nats, x_0_mse = _term(patient, asked, int(curve.t[k]))
    each, linear_each = (one.square().flatten(1).mean(1) for one in (away, linear_away))
    return LevelErrors(
        t=int(curve.t[k]), log_snr=float(curve.log_snr[k]), quarter=int(curve.quarter[k]),
        eps_mse=Measured.of(each), x_0_mse=Measured.of(x_0_mse),
        bound_bpd=None if nats is None else Measured.of(nats), variance=float(away.var()),
        calibrated=float((linear_away * away).mean()), mixing=_mixing(away, linear_away),
        brightness=Measured.of((asked.prediction.x_hat_0 - asked.x_0).flatten(1).mean(1)),
        linear_eps_mse=Measured.of(linear_each), each=each, linear_each=linear_each,
    )  # fmt: skip


def _mixing(away: torch.Tensor, linear_away: torch.Tensor) -> float:
    """1 − min over w in [0, 1] of the mean of ((1 − w) r + w r′)² over that of r², of two residuals r and r′."""
    apart = away - linear_away
    toward, length, error = (float((a * b).mean()) for a, b in ((away, apart), (apart, apart), (away, away)))
    w = min(1.0, max(0.0, toward / length)) if length > 0 else 0.0
    return (2.0 * w * toward - w**2 * length) / error if error > 0 else 0.0


def _term(patient: Patient, asked: Asked, t: int) -> tuple[torch.Tensor | None, torch.Tensor]:
    """L_{t−1} in bits per dimension, None where β_t = 0 and it is not defined; and (x_0 − x̂_0)², (n,) each."""
    schedule = patient.checkpoint.schedule
    if not float(schedule.betas[t]) > 0:
        clipped = asked.prediction.x_hat_0.clamp(-1.0, 1.0)
        return None, (asked.x_0 - clipped).square().flatten(1).mean(1)
    said: Callable[..., Prediction] = lambda x_t, t, label=None: asked.prediction  # noqa: E731
    (term,) = bound_terms(schedule, said, asked.x_0, lambda: asked.eps, ts=[t])
    return term.bits_per_dim, term.x_0_mse
