"""A scheduler of diffusers run as its pipeline runs it, with the exact network of Gaussian data.

The doctor's own walk has no part in this: what it says of a config is held against what comes out here.
"""

import inspect
import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

DATA_STD = 0.5
SHAPE = (16, 3, 16, 16)
# Half of the shrinking that ten first-order steps or a clip of Gaussian data cost, and what a fault costs lie apart.
TOLERANCE = 0.35
# Networks of these classes, and of distilled models, answer with the solution of the ODE, not the posterior mean.
CONSISTENT = ("LCMScheduler", "TCDScheduler", "FlowMatchLCMScheduler")
TABLE = ("DDPM", "DDIM", "PNDM", "LCM", "TCD", "UnCLIP", "CogVideoX", "RePaint")


@dataclass(frozen=True)
class Ended:
    """How a run ended.

    Attributes:
        timesteps: the scheduler's, as it counts them.
        raised: what a call raised, and where; empty if none did.
        finite: whether every x stayed a number.
        spread: standard deviation of what came out; NaN if it did not come out.
        wanted: the standard deviation that it should have: DATA_STD, or 1 where data is turned into noise.
    """

    timesteps: tuple[float, ...]
    raised: str
    finite: bool
    spread: float
    wanted: float = DATA_STD

    @property
    def right(self) -> bool:
        """Whether data of about the right spread came out."""
        return not self.raised and self.finite and abs(self.spread / self.wanted - 1) <= TOLERANCE


def build(config: Mapping[str, Any]) -> Any:
    """The scheduler that diffusers makes of a config, as a pipeline does."""
    import diffusers

    keys = {key: value for key, value in config.items() if key != "_class_name"}
    return getattr(diffusers, config["_class_name"]).from_config(keys)


def set_timesteps(scheduler: Any, num_steps: int, call: Mapping[str, Any] | None = None) -> None:
    """Ask for S steps as the pipeline does: with its μ, its sigmas, its timesteps.

    Args:
        scheduler: from `build`.
        num_steps: S.
        call: what the pipeline hands over beside S; `sigmas` may be "linspace", 1 to 1/S.
    """
    taken = inspect.signature(scheduler.set_timesteps).parameters
    extra = {key: value for key, value in (call or {}).items() if key in taken}
    if extra.get("sigmas") == "linspace":
        extra["sigmas"] = np.linspace(1.0, 1.0 / num_steps, num_steps)
    if ("timesteps" in extra or "sigmas" in extra) and not type(scheduler).__name__.startswith("FlowM"):
        scheduler.set_timesteps(**extra)
    else:
        scheduler.set_timesteps(num_steps, **extra)


def run(
    config: Mapping[str, Any],
    num_steps: int,
    call: Mapping[str, Any] | None = None,
    *,
    distilled: bool = False,
    error: float = 0.0,
    dtype: torch.dtype = torch.float32,
    seed: int = 0,
) -> Ended:
    """Sample Gaussian data of standard deviation DATA_STD with the exact network.

    Args:
        config: of the scheduler, with `_class_name`.
        num_steps: S.
        call: see `set_timesteps`.
        distilled: whether the network was distilled for few steps.
        error: standard deviation of a fixed error in the network's ε or velocity.
        dtype: of x and of the network's output.
        seed: of the noise.
    """
    generator, times, where = torch.Generator().manual_seed(seed), (), "from_config"
    inverse = "Inverse" in config["_class_name"]
    wanted = 1.0 if inverse else DATA_STD
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            scheduler = build(config)
            where = f"set_timesteps({num_steps})"
            set_timesteps(scheduler, num_steps, call)
            times = tuple(float(t) for t in scheduler.timesteps)
            start = DATA_STD if inverse else getattr(scheduler, "init_noise_sigma", 1.0)
            x = torch.randn(SHAPE, generator=generator).to(dtype) * start
            wrong = error * torch.randn(SHAPE, generator=generator).to(dtype)
            walk = _walk_of(scheduler)
            where = "step 1"
            for done, x_s in enumerate(walk(scheduler, x, wrong, generator, distilled), 1):
                x = x_s
                where = f"step {done + 1}"
                if not bool(torch.isfinite(x).all()):
                    return Ended(times, "", False, math.nan, wanted)
        except Exception as why:  # schedulers raise whatever their arithmetic meets
            told = f"{type(why).__name__} at {where}: {' '.join(str(why).split())[:160]}"
            return Ended(times, told, True, math.nan, wanted)
    return Ended(times, "", True, float(x.double().std()), wanted)


def _is_flow(scheduler: Any) -> bool:
    named = type(scheduler).__name__.startswith(("FlowM", "LTX", "MiniMax"))
    return named or bool(scheduler.config.get("use_flow_sigmas"))


def _rises(scheduler: Any) -> bool:
    """Whether its flow time goes from noise to data."""
    return bool(scheduler.config.get("invert_sigmas")) or type(scheduler).__name__.startswith("MiniMax")


def level(scheduler: Any, t: torch.Tensor) -> tuple[float, float]:
    """What of x_0 and of ε the network expects in its input when it is asked at t: a and b of a·x_0 + b·ε."""
    name, T = type(scheduler).__name__, scheduler.config.get("num_train_timesteps", 1000)
    value = float(t)
    if _is_flow(scheduler):
        share = value if name == "MiniMaxH3Scheduler" else value / T
        return (share, 1 - share) if _rises(scheduler) else (1 - share, share)
    if name == "DDPMWuerstchenScheduler":
        a = float(scheduler._alpha_cumprod(t.reshape(1).float(), t.device))
        return math.sqrt(a), math.sqrt(1 - a)
    if name == "IPNDMScheduler":
        return math.cos(value * math.pi / 2), math.sin(value * math.pi / 2)
    if scheduler.config.get("timestep_type") == "continuous":
        sigma = math.exp(4 * value)
        return 1 / math.hypot(1, sigma), sigma / math.hypot(1, sigma)
    table = scheduler.alphas_cumprod.double().clamp(1e-12, 1)
    if name.startswith(TABLE):
        place = min(int(value), len(table) - 1)  # a t beyond the table is the step's to refuse
        a = float(table[place]) if scheduler.alphas_cumprod[place] > 0 else 0.0
        return math.sqrt(a), math.sqrt(1 - a)
    log_sigma = 0.5 * torch.log((1 - table).clamp_min(1e-12) / table).numpy()
    sigma = math.exp(float(np.interp(value, np.arange(len(log_sigma)), log_sigma)))
    return 1 / math.hypot(1, sigma), sigma / math.hypot(1, sigma)


def answer(scheduler: Any, x_t: torch.Tensor, t: torch.Tensor, wrong: torch.Tensor, distilled: bool) -> torch.Tensor:
    """The exact network's output at x_t, in what the config says that it predicts."""
    a, b = level(scheduler, t)
    config, name = scheduler.config, type(scheduler).__name__
    variance = (a * DATA_STD) ** 2 + b * b
    if distilled or name in CONSISTENT:
        x_0 = x_t * _shortcut(scheduler, a, b)
        eps = (x_t - a * x_0) / max(b, 1e-6)
    else:
        x_0, eps = x_t * (a * DATA_STD**2 / variance), x_t * (b / variance)
    eps = eps + wrong
    kind = "flow_prediction" if _is_flow(scheduler) else config.get("prediction_type", "epsilon")
    if name == "IPNDMScheduler":
        kind = "v_prediction"
    if kind == "flow_prediction":
        out = x_0 - eps if _rises(scheduler) else eps - x_0
    else:
        out = {"epsilon": eps, "sample": x_0, "v_prediction": a * eps - b * x_0}[kind]
    if config.get("variance_type") in ("learned", "learned_range"):
        out = torch.cat([out, torch.full_like(out, -1.0)], dim=1)
    return out


def _shortcut(scheduler: Any, a: float, b: float) -> float:
    """x̂_0/x_t of a network that was distilled: the one that brings a whole step onto the ODE's solution.

    A step that draws noise anew goes to clean data and back, so there it is the ODE's solution at t = 0.
    """
    drawn = "Ancestral" in type(scheduler).__name__ or scheduler.config.get("stochastic_sampling")
    i = getattr(scheduler, "step_index", None)
    i = scheduler.index_for_timestep(scheduler.timesteps[0]) if i is None else i
    a_s, b_s = 1.0, 0.0
    if not drawn and type(scheduler).__name__ not in CONSISTENT and i + 1 < len(scheduler.timesteps):
        a_s, b_s = level(scheduler, scheduler.timesteps[i + 1])
    scale, scale_s = (1.0, 1.0) if "Flow" in type(scheduler).__name__ else (a or 1.0, a_s or 1.0)
    variance, variance_s = ((p * DATA_STD / q) ** 2 + (r / q) ** 2 for p, r, q in ((a, b, scale), (a_s, b_s, scale_s)))
    kept = (b_s / scale_s) / (b / scale)
    return (math.sqrt(variance_s / variance) - kept) / (1 - kept) / scale


def _walk_of(scheduler: Any) -> Callable[..., Any]:
    name = type(scheduler).__name__
    if "EDM" in name or name.startswith("CosineDPM"):
        return _edm
    return {"CMStochasticIterativeScheduler": _consistency, "ScoreSdeVeScheduler": _score, "SCMScheduler": _scm}.get(
        name, _plain
    )


def _plain(scheduler: Any, x: torch.Tensor, wrong: torch.Tensor, generator: torch.Generator, distilled: bool) -> Any:
    taken = inspect.signature(scheduler.step).parameters
    extra: dict[str, Any] = {"generator": generator} if "generator" in taken else {}
    name, old = type(scheduler).__name__, None
    times = scheduler.timesteps[:-1] if name == "DDPMWuerstchenScheduler" else scheduler.timesteps
    for i, t in enumerate(times):
        x_t = scheduler.scale_model_input(x, t) if hasattr(scheduler, "scale_model_input") else x
        out = answer(scheduler, x_t, t, wrong, distilled)
        if "prev_timestep" in taken:
            extra["prev_timestep"] = scheduler.timesteps[i + 1] if i + 1 < len(times) else None
        if "old_pred_original_sample" in taken:
            back = scheduler.timesteps[i - 1] if i else None
            done = scheduler.step(out, old, t, back, x, return_dict=False, **extra)
            x, old = done[0], done[1]
        else:
            at = t.reshape(1).expand(len(x)) if name == "DDPMWuerstchenScheduler" else t
            x = scheduler.step(out, at, x, **extra).prev_sample
        yield x


def _edm(scheduler: Any, x: torch.Tensor, wrong: torch.Tensor, generator: torch.Generator, distilled: bool) -> Any:
    """EDM's networks are preconditioned: what they say becomes x̂_0 by the scheduler's own formula."""
    for t in scheduler.timesteps:
        scheduler.scale_model_input(x, t)
        sigma = scheduler.sigmas[scheduler.step_index]
        x_0 = x * (DATA_STD**2 / (DATA_STD**2 + sigma**2)) - sigma * wrong
        skip = scheduler.precondition_outputs(torch.ones(1), torch.zeros(1), sigma)
        gain = scheduler.precondition_outputs(torch.zeros(1), torch.ones(1), sigma)
        x = scheduler.step((x_0 - skip * x) / gain, t, x, generator=generator).prev_sample
        yield x


def _consistency(
    scheduler: Any, x: torch.Tensor, wrong: torch.Tensor, generator: torch.Generator, distilled: bool
) -> Any:
    low = scheduler.config.sigma_min
    for t in scheduler.timesteps:
        scheduler.scale_model_input(x, t)
        sigma = scheduler.sigmas[scheduler.index_for_timestep(t)]
        target = x * torch.sqrt((DATA_STD**2 + low**2) / (DATA_STD**2 + sigma**2)) + wrong
        skip, gain = scheduler.get_scalings_for_boundary_condition(sigma)
        x = scheduler.step((target - skip * x) / gain, t, x, generator=generator).prev_sample
        yield x


def _score(scheduler: Any, x: torch.Tensor, wrong: torch.Tensor, generator: torch.Generator, distilled: bool) -> Any:
    """Song's predictor and corrector, as its pipeline calls them."""
    scheduler.set_sigmas(len(scheduler.timesteps))
    for i, t in enumerate(scheduler.timesteps):
        sigma = scheduler.sigmas[i]
        for _ in range(scheduler.config.correct_steps):
            x = scheduler.step_correct(-x / (DATA_STD**2 + sigma**2), x, generator=generator).prev_sample
        done = scheduler.step_pred(-x / (DATA_STD**2 + sigma**2), t, x, generator=generator)
        x = done.prev_sample if i + 1 < len(scheduler.timesteps) else done.prev_sample_mean
        yield x


def _scm(scheduler: Any, x: torch.Tensor, wrong: torch.Tensor, generator: torch.Generator, distilled: bool) -> Any:
    data = scheduler.config.sigma_data
    x = x * data
    done: Any = None
    for t in scheduler.timesteps[:-1]:
        a, b = math.cos(float(t)), math.sin(float(t))
        x_0 = x * DATA_STD / math.hypot(a * DATA_STD, b * data)
        done = scheduler.step((a * x - x_0) / b, t, x, generator=generator)
        x = done.prev_sample
        yield x
    yield done.pred_original_sample
