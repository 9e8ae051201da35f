"""Families whose schedulers have noise levels of their own: what level x is at, and what x̂_0 their networks mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from ..core import Schedule, prediction_from
from ..core.gaussian import Level, eps_from_x_0
from ..core.later import torch
from ..core.phrase import Phrase
from . import family_walks
from .family_walks import Turn


class Levels(NamedTuple):
    """x = signal · x_0 + noise · ε at each call of a scheduler, x_0 in [−1, 1]; both (S,) float64."""

    signal: torch.Tensor
    noise: torch.Tensor

    @property
    def alpha_bars(self) -> torch.Tensor:
        """ᾱ of the variance-preserving x with the same SNR, (S,)."""
        return self.signal**2 / (self.signal**2 + self.noise**2)


# x̂_0 that a scheduler makes of call i: (scheduler, i, x as it scales it, the network's output), in x's own range
Clean = Callable[[Any, int, "torch.Tensor", "torch.Tensor"], "torch.Tensor"]
Walk = Callable[..., Iterator[Turn]]


@dataclass(frozen=True)
class Family:
    """Schedulers whose networks are asked alike.

    Attributes:
        title: what it is called.
        process: "added", x_0 + σ ε; "flow", (1 − σ) x_0 + σ ε; or "mixed", of variance 1.
        asked: what the network is told in the stead of t.
        levels: of a scheduler whose timesteps are set.
        clean: x̂_0 of a call; None where step says it.
        classes: the scheduler classes; one may stand in for another, since their networks are asked alike.
        num_steps: S where nobody chooses; None for all T.
        prepare: what else a scheduler is told after set_timesteps(S).
        walk: how its pipeline walks, where that is no loop of `step`.
        from_0_to_1: whether its pictures lie in [0, 1], and not in [−1, 1].
        as_ddpm: whether the network is asked at DDPM's t and with its x_t, so that all samplers here hold.
    """

    title: str
    process: str
    asked: str
    levels: Callable[[Any], Levels]
    clean: Clean | None
    classes: tuple[str, ...]
    num_steps: int | None = 50
    prepare: Callable[[Any, int], None] = lambda scheduler, num_steps: None
    walk: Walk | None = None
    from_0_to_1: bool = False
    as_ddpm: bool = False

    def pictured(self, x: torch.Tensor, signal: float) -> torch.Tensor:
        """x of pictures in [−1, 1], of that in the scheduler's range."""
        return 2 * x - signal if self.from_0_to_1 else x

    def at(self, x: torch.Tensor, signal: float, noise: float) -> torch.Tensor:
        """The scheduler's x as x_t of variance 1."""
        return self.pictured(x, signal) / (signal**2 + noise**2) ** 0.5

    def back(self, x_t: torch.Tensor, signal: float, noise: float) -> torch.Tensor:
        """x_t of variance 1 as the scheduler's x."""
        x = x_t * (signal**2 + noise**2) ** 0.5
        return (x + signal) / 2 if self.from_0_to_1 else x

    def eps_hat(self, schedule: Schedule, x_t: torch.Tensor, x_hat_0: torch.Tensor, level: Level) -> torch.Tensor:
        """ε̂ = (x − signal · x̂_0)/noise, of x_t of variance 1."""
        size = (level.signal**2 + level.noise**2) ** 0.5
        return eps_from_x_0(schedule, x_t, Level(level.signal / size, level.noise / size), x_hat_0)

    def read_as(self, levels: Levels, T: int) -> Iterator[Phrase]:
        """Sentences about how its noise is shown on a schedule of T of its levels."""
        title, asked = self.title, self.asked
        if self.process == "added":
            yield Phrase(
                "its noise is added, not mixed ({title}, σ from {low} to {high}): x_t is shown scaled to variance 1, "
                "t is the nearest of T = {T} levels, and its network is asked at {asked}",
                low=f"{float(levels.noise.min()):.4g}", high=f"{float(levels.noise.max()):.4g}",
                title=title, T=T, asked=asked,
            )  # fmt: skip
        elif self.process == "flow":
            yield Phrase(
                "its x_t are (1 − σ) x_0 + σ ε ({title}): they are shown scaled to variance 1, t is the nearest of "
                "T = {T} levels, and its network is asked at {asked}",
                title=title,
                T=T,
                asked=asked,
            )
        elif not self.as_ddpm:
            yield Phrase(
                "its noise levels are those of {title}: t is the nearest of T = {T} levels, and its network is asked "
                "at {asked}",
                title=title,
                T=T,
                asked=asked,
            )
        if self.from_0_to_1:
            yield Phrase("its pictures lie in [0, 1] and are shown as 2x − 1, which doubles σ")


def _sigmas(scheduler: Any) -> torch.Tensor:
    return torch.as_tensor(scheduler.sigmas)[: len(scheduler.timesteps)].double().cpu()


def _added(scheduler: Any) -> Levels:
    sigmas = _sigmas(scheduler)
    return Levels(torch.ones_like(sigmas), sigmas)


def _added_from_0_to_1(scheduler: Any) -> Levels:
    signal, noise = _added(scheduler)
    return Levels(signal, 2 * noise)


def _karras_ve(scheduler: Any) -> Levels:
    """What KarrasVeScheduler takes for σ, which its schedule[t] is."""
    sigmas = scheduler.schedule[scheduler.timesteps].double().cpu()
    return Levels(torch.ones_like(sigmas), sigmas)


def _flow(scheduler: Any) -> Levels:
    sigmas = _sigmas(scheduler)
    return Levels(1 - sigmas, sigmas)


def _mixed(alpha_bars: torch.Tensor) -> Levels:
    return Levels(alpha_bars.double().cpu().sqrt(), (1 - alpha_bars.double().cpu()).sqrt())


def _wuerstchen(scheduler: Any) -> Levels:
    t = scheduler.timesteps[:-1]  # the last one is that of the clean picture
    return _mixed(scheduler._alpha_cumprod(t, t.device))


def _circle(scheduler: Any) -> Levels:
    count = len(scheduler.timesteps)
    return Levels(scheduler.alphas[:count].double().cpu(), scheduler.betas[:count].double().cpu())


def _sde_vp(scheduler: Any) -> Levels:
    """ᾱ(t) = exp(−½ t² (β_max − β_min) − t β_min) (Song et al. 2021, eq. 33)."""
    t, low, high = scheduler.timesteps.double().cpu(), scheduler.config.beta_min, scheduler.config.beta_max
    return _mixed(torch.exp(-0.5 * t**2 * (high - low) - t * low))


def _table(scheduler: Any) -> Levels:
    return _mixed(scheduler.alphas_cumprod[scheduler.timesteps])


def _as_blend(levels: Callable[[Any], Levels], says: str) -> Clean:
    """x̂_0 of a network that says ε or v of an x_t of variance 1."""

    def clean(scheduler: Any, i: int, x: torch.Tensor, output: torch.Tensor) -> torch.Tensor:
        signal, noise = (values[i].to(x) for values in levels(scheduler))
        return prediction_from(None, says, x, Level(signal, noise), output).x_hat_0  # type: ignore[arg-type]

    return clean


def _preconditioned(scheduler: Any, i: int, x: torch.Tensor, output: torch.Tensor) -> torch.Tensor:
    return scheduler.precondition_outputs(x, output, scheduler.sigmas[i])


def _consistent(scheduler: Any, i: int, x: torch.Tensor, output: torch.Tensor) -> torch.Tensor:
    of_x, of_output = scheduler.get_scalings_for_boundary_condition(scheduler.sigmas[i])
    x_hat_0 = of_output * output + of_x * x
    return x_hat_0.clamp(-1, 1) if scheduler.config.clip_denoised else x_hat_0


def _from_velocity(scheduler: Any, i: int, x: torch.Tensor, output: torch.Tensor) -> torch.Tensor:
    """x̂_0 = x − σ v, of v = ε − x_0 (Lipman et al. 2023)."""
    return x - scheduler.sigmas[i] * output


def _from_reversed_velocity(scheduler: Any, i: int, x: torch.Tensor, output: torch.Tensor) -> torch.Tensor:
    """x̂_0 = x + σ v, of v = x_0 − ε, along a time that runs to the data."""
    return x + scheduler.sigmas[i] * output


def _as_said(scheduler: Any, i: int, x: torch.Tensor, output: torch.Tensor) -> torch.Tensor:
    """x̂_0 of a network of DDPM's t, as its config says; step clips it besides."""
    return _as_blend(_table, scheduler.config.prediction_type)(scheduler, i, x, output)


def _from_score(scheduler: Any, i: int, x: torch.Tensor, output: torch.Tensor) -> torch.Tensor:
    """x̂_0 = x + σ² ∇ log q(x), of x = x_0 + σ ε (Song et al. 2021)."""
    return x + scheduler.sigmas[i] ** 2 * output


FLOW = Family(
    "flow matching", "flow", "σ · T", _flow, _from_velocity,
    ("FlowMatchEulerDiscreteScheduler", "FlowMatchHeunDiscreteScheduler"),
)  # fmt: skip
# A family is one entry here.
FAMILIES = (
    Family(
        "EDM", "added", "ln(σ)/4", _added, _preconditioned, ("EDMEulerScheduler", "EDMDPMSolverMultistepScheduler")
    ),
    Family(
        "a consistency model", "added", "250 ln(σ)", _added, _consistent, ("CMStochasticIterativeScheduler",),
        num_steps=1,
    ),
    FLOW,
    Family(
        "VE SDE", "added", "its own σ", _added_from_0_to_1, _from_score, ("ScoreSdeVeScheduler",), num_steps=None,
        prepare=lambda scheduler, num_steps: scheduler.set_sigmas(num_steps), walk=family_walks.sde_ve,
        from_0_to_1=True,
    ),
    Family("Karras' VE", "added", "σ/2", _karras_ve, None, ("KarrasVeScheduler",), walk=family_walks.karras_ve),
    Family(
        "VP SDE", "mixed", "999 t, t from 1 to 0, as the SDE's authors do", _sde_vp, _as_blend(_sde_vp, "epsilon"),
        ("ScoreSdeVpScheduler",), num_steps=None, walk=family_walks.sde_vp,
    ),
    Family("IPNDM", "mixed", "a time from 1 to 0", _circle, _as_blend(_circle, "v_prediction"), ("IPNDMScheduler",)),
    Family(
        "Würstchen", "mixed", "a time from 1 to 0", _wuerstchen, _as_blend(_wuerstchen, "epsilon"),
        ("DDPMWuerstchenScheduler",), walk=family_walks.wuerstchen,
    ),
    Family("unCLIP", "mixed", "t − 1", _table, _as_said, ("UnCLIPScheduler",), as_ddpm=True),
)  # fmt: skip


def flow_towards_data() -> Family:
    """Flows whose network says x_0 − ε, and whose time runs from noise at 0 to data at 1."""
    return replace(FLOW, clean=_from_reversed_velocity)


# Classes of β_t, whose key use_flow_sigmas makes them of FLOW.
FLOW_KEY, FLOW_PREDICTION = "use_flow_sigmas", "flow_prediction"


def family_of(config: Mapping[str, Any]) -> Family | None:
    """The family that a scheduler_config.json is of; None for DDPM's, whose β_t it says, and for what is not known."""
    if config.get(FLOW_KEY):
        return FLOW if config.get("prediction_type") == FLOW_PREDICTION else None
    return next((family for family in FAMILIES if config.get("_class_name") in family.classes), None)
