"""A network asked at a t that means another noise level than it was trained on.

A network knows noise by the t that it is shown. Where sampling hands it x_t of one SNR with the t that meant another
in training, it takes too much or too little noise for ε.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from ..bridge.built import Misbuilt, built
from ..bridge.diffusers_config import class_defaults, has_betas
from ..bridge.scheduler_classes import Unauditable
from ..core.phrase import Refusal
from .driving import input_blends, set_timesteps, timestep_values
from .dynamic_shift import picture_mu
from .probe import Probing
from .read_schedule import ReadSchedule
from .sampling_record import SamplingRecord, options_of_set_timesteps

# Beyond SNR of 1e7 and below 1e-7 no network sees a difference.
MOST_LOG_SNR = 7 * math.log(10)
# Numbers of timesteps that stand for a continuous time.
FINE, FEW = 400, 20
# What says what a network was trained on.
TRAINING_KEYS = (
    "num_train_timesteps", "beta_schedule", "beta_start", "beta_end", "trained_betas", "rescale_betas_zero_snr",
    "snr_shift_scale", "prediction_type", "sigma_data", "use_flow_sigmas",
)  # fmt: skip
# prediction_type → the symbol of what the network gives
OUTPUTS = {"epsilon": "ε", "sample": "x_0", "v_prediction": "v", "flow_prediction": "ε − x_0"}


@dataclass(frozen=True)
class AskedLevel:
    """One call of the network.

    Attributes:
        timestep: the t that it is shown, diffusers' own, 0-based.
        log_snr: log SNR in nats of the x_t that it is shown.
        trained_log_snr: that of its training at this t, or at the nearest t that it knows.
        same_snr_timestep: the t of its training with the SNR of this x_t; None where no t had it.
    """

    timestep: float
    log_snr: float
    trained_log_snr: float
    same_snr_timestep: float | None

    @property
    def ratio(self) -> float:
        """How many times the SNR of x_t is that of the training, or the other way round; 1 or more."""
        return math.exp(abs(self.log_snr - self.trained_log_snr))

    def as_json(self) -> dict[str, float | None]:
        """In JSON's types."""
        names = ("timestep", "log_snr", "trained_log_snr", "same_snr_timestep", "ratio")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, eq=False)
class TrainedTime:
    """The noise level that a network learned at each t.

    Attributes:
        timesteps: rising, diffusers' own, (N,) float64.
        log_snr: at each of them, falling, (N,) float64.
        table: whether these are a table's t, which the paper counts from 1.
    """

    timesteps: torch.Tensor
    log_snr: torch.Tensor
    table: bool = False

    def level(self, timestep: float, log_snr: float) -> float:
        """log SNR at a t; of the levels within its rounding, the nearest to `log_snr`."""
        # Where a class rounds its t to whole ones, the t beside it may be meant.
        rounded = float(timestep).is_integer() and float(self.timesteps[-1]) > 10
        slack = 1.0 if rounded else 0.0
        high, low = (_between(self.timesteps, self.log_snr, timestep + by) for by in (-slack, slack))
        return min(max(log_snr, low), high)

    def at_level(self, log_snr: float) -> float | None:
        """The t of a log SNR; None outside of what was trained."""
        if not float(self.log_snr[-1]) - 0.05 <= log_snr <= float(self.log_snr[0]) + 0.05:
            return None
        return _between(self.log_snr.flip(0), self.timesteps.flip(0), log_snr)

    def asked(self, timestep: float, log_snr: float) -> AskedLevel:
        """What a call at this t, of an x_t of this log SNR, is to the network."""
        level = _visible(log_snr)
        return AskedLevel(timestep, level, self.level(timestep, level), self.at_level(level))


def trained_time(subject: ReadSchedule) -> TrainedTime:
    """The noise level at each t of what a network was trained with.

    A table of ᾱ_t has whole t. A class without one (flow matching, EDM) or with a continuous time is asked what its
    timesteps mean, and the law that they follow is carried on to all levels.

    Raises:
        ValueError: the scheduler class of a config without β_t cannot say it here.
    """
    table = not subject.config or has_betas(subject.config)
    if subject.config:
        try:
            timesteps, levels = _own_times(subject.config, FEW if table else FINE)
        except (Unauditable, Misbuilt) as why:
            if not table:
                name = subject.config.get("_class_name")
                raise Refusal(
                    "what {name} means by t cannot be read off it here: {cause}", name=name, cause=why.args[0]
                ) from None
        else:
            T = float(subject.schedule.T)
            law = next((law for law in LAWS.values() if _follows(law, timesteps, levels, T)), None)
            if law is not None:
                sigmas = torch.linspace(-MOST_LOG_SNR / 2, MOST_LOG_SNR / 2, 10 * FINE, dtype=torch.float64).exp()
                return TrainedTime(law(sigmas, T), -2 * sigmas.log())
            if not table:
                order = timesteps.argsort()
                return TrainedTime(timesteps[order], levels[order].cummin(0).values)
    levels = subject.schedule.log_snr[1:].nan_to_num(0.0).clamp(-MOST_LOG_SNR, MOST_LOG_SNR)
    return TrainedTime(torch.arange(len(levels), dtype=torch.float64), levels, True)


def _flow_time(sigmas: torch.Tensor, T: float) -> torch.Tensor:
    """t = T u of x = (1 − u) x_0 + u ε, whose noise over signal is σ = u/(1 − u) (Esser et al. 2024, section 2)."""
    return T * sigmas / (1.0 + sigmas)


def _quarter_log_sigma(sigmas: torch.Tensor, T: float) -> torch.Tensor:
    """t = ¼ log σ (Karras et al. 2022, table 1: c_noise)."""
    return 0.25 * sigmas.log()


# What t means where it is continuous: (σ = noise over signal, T) → t
LAWS: dict[str, Callable[[torch.Tensor, float], torch.Tensor]] = {
    "flow": _flow_time,
    "quarter log": _quarter_log_sigma,
}


def _follows(
    law: Callable[[torch.Tensor, float], torch.Tensor], t: torch.Tensor, levels: torch.Tensor, T: float
) -> bool:
    """Whether timesteps are what a law makes of their levels, but for rounding to whole ones."""
    inside = levels.abs() < MOST_LOG_SNR - 1
    whole = bool((t == t.round()).all())
    wanted = law((-levels / 2).exp(), T)
    slack = 1.0 if whole and T > 10 else 1e-3 * max(1.0, float(t.abs().max()))
    return bool(inside.any()) and bool(((wanted - t).abs()[inside] <= slack).all())


def _own_times(config: Mapping[str, Any], count: int) -> tuple[torch.Tensor, torch.Tensor]:
    with Probing():
        scheduler = built(config)
        takes = options_of_set_timesteps(scheduler)
        told = {"mu": picture_mu(config, None)} if config.get("use_dynamic_shifting") and "mu" in takes else {}
        T = config.get("num_train_timesteps", count)
        set_timesteps(scheduler, min(count, T) if isinstance(T, int) else count, told)
        levels = [_visible(blend.log_snr) for blend in input_blends(scheduler)[0]]
    return torch.tensor(timestep_values(scheduler), dtype=torch.float64), torch.tensor(levels, dtype=torch.float64)


def asked_levels(time: TrainedTime, record: SamplingRecord) -> list[AskedLevel]:
    """Every call of a sampling run, as the network that was trained otherwise takes it."""
    calls = zip(record.timesteps, record.log_snr, strict=True)
    return [time.asked(float(timestep), level) for timestep, level in calls]


def output_of(config: Mapping[str, Any]) -> str | None:
    """The symbol of what a network is trained to give under a config; None where the config does not say."""
    takes = class_defaults(str(config.get("_class_name", "DDPMScheduler")))
    if not config:
        return None
    if config.get("use_flow_sigmas") or ("shift" in (takes or {}) and "prediction_type" not in (takes or {})):
        return OUTPUTS["flow_prediction"]
    if "sigma_data" in (takes or config):
        return f"F (σ_data = {float(config.get('sigma_data', 0.5)):g})"
    if takes is not None and "prediction_type" not in takes:
        return None
    return OUTPUTS.get(str(config.get("prediction_type", "epsilon")))


def _visible(log_snr: float) -> float:
    return max(-MOST_LOG_SNR, min(MOST_LOG_SNR, log_snr))


def _between(xs: torch.Tensor, ys: torch.Tensor, x: float) -> float:
    """y at x on the broken line through (xs, ys), xs rising; the end's y beyond an end."""
    i = int(torch.searchsorted(xs, torch.tensor(x, dtype=xs.dtype)))
    if i == 0 or i == len(xs):
        return float(ys[min(i, len(xs) - 1)])
    x_0, x_1, y_0, y_1 = (float(v) for v in (xs[i - 1], xs[i], ys[i - 1], ys[i]))
    return y_1 if x_1 == x_0 else y_0 + (y_1 - y_0) * (x - x_0) / (x_1 - x_0)
