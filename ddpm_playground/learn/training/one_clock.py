"""One clock for the families: the same network trained to say ε, x_0, v or u, on the same points with the same noises.

All are asked at x_t and t, so that one log SNR is one place for all of them, and all that they say is read as ε̂.
"""

from collections.abc import Generator
from typing import NamedTuple

import torch
from torch import nn

from ...core import (
    EpsPredictor,
    ExactEps,
    Prediction,
    Sampling,
    Schedule,
    SeededNoise,
    Trajectory,
    flow_euler,
    flow_point,
    flow_time,
    flow_velocity,
    q_sample,
    reverse,
    stream_seed,
    timestep_path,
)
from ...core.phrase import Refusal
from ..judging.energy import energy_distance, straightness
from ..networks.planar_network import PlanarNetwork
from .algorithm_1 import algorithm_1_error, all_finite, draw_noise, gradient_step
from .averaging import AveragedWeights
from .predicted import PREDICTED, Said

LEVELS, DRAWS, SAMPLES = 16, 256, 400
STEPS = (1, 2, 3, 5, 8, 12, 20, 40)
PATHS, AGAIN, SDE_STEPS = 6, 100, 100
LEARNING_RATE, EMA_DECAY, CLIP_NORM = 2e-3, 0.995, 1.0
ENOUGH = 2.0  # times the distance of two sets of real points


class Asked:
    """A network behind the EpsPredictor protocol, whatever it says.

    Args:
        schedule: that it was trained with.
        network: a PlanarNetwork.
        said: what it says.
    """

    def __init__(self, schedule: Schedule, network: nn.Module, said: Said) -> None:
        self.schedule, self.network, self.said = schedule, network, said

    @torch.no_grad()
    def __call__(self, x_t: torch.Tensor, t: torch.Tensor, label: torch.Tensor | None = None) -> Prediction:
        """Prediction (B,2) each, of x_t (B,2) and t (B,) in 1…T."""
        return self.said.read(self.schedule, x_t, t, self.network(x_t, t - 1).sample)


def training(
    name: str, points: torch.Tensor, schedule: Schedule, *, seed: int, num_steps: int, batch_size: int = 256,
    width: int = 64,
) -> Generator[int, None, Asked]:  # fmt: skip
    """Trains a network to say `name`, a key of PREDICTED, and yields its step after each; returns it, averaged.

    First weights, points, t and ε are the seed's, whatever it says.
    """
    said, network = PREDICTED[name], PlanarNetwork(schedule.T, width, seed)
    averages = AveragedWeights(network, EMA_DECAY)
    optimizer = torch.optim.Adam(network.parameters(), LEARNING_RATE, foreach=True)
    generator = torch.Generator().manual_seed(stream_seed(seed, "one clock"))
    for step in range(num_steps):
        x_0 = points[torch.randint(0, len(points), (batch_size,), generator=generator)]
        batch = draw_noise(x_0, None, schedule.T, generator)
        wanted = said.target(schedule, x_0, batch.t, batch.eps)
        errors = algorithm_1_error(network, schedule, *batch, target=lambda *_, wanted=wanted: wanted)
        if not all_finite(errors):
            raise Refusal("the loss is not finite at step {step}; reset with a lower learning rate", step=step)
        gradient_step(list(network.parameters()), [optimizer], errors, CLIP_NORM)
        averages.update()
        yield step + 1
    return Asked(schedule, averages.copied(), said)


class Told(NamedTuple):
    """What was measured of one predictor.

    Attributes:
        eps_error: mean of (ε − ε̂)² at each level, (LEVELS,).
        energy: energy distance of DDIM's samples to the held-out points, of each number of steps in STEPS.
        enough: the least number of steps whose distance is at most ENOUGH times that of two real sets; None where none.
        straightness: of DDIM's paths in x'_τ; 0 is straight (Liu et al. 2023).
        ode: DDIM's paths from PATHS starts, (S+1,PATHS,2); sde: DDPM's from the same.
        spread: trace of the covariance of AGAIN ends of DDPM from one start, whose noises alone differ; DDIM's is 0.
    """

    eps_error: torch.Tensor
    energy: list[float]
    enough: int | None
    straightness: float
    ode: torch.Tensor
    sde: torch.Tensor
    spread: float


class Clock:
    """Measures predictors on the same points, noises and starts.

    Args:
        points: what is trained on, (N,2).
        held: other points of the same distribution, (M,2), M ≥ 2·SAMPLES.
        schedule: β_1…β_T.
        seed: of noises and starts.

    Attributes:
        between_real: energy distance of two sets of real points; `enough` is ENOUGH times that.
        identity: what is left of DDIM − Euler along u in float64, see `ddim_minus_flow`.
    """

    def __init__(self, points: torch.Tensor, held: torch.Tensor, schedule: Schedule, seed: int) -> None:
        self.schedule, self.seed, self.exact = schedule, seed, ExactEps(schedule, points)
        self.steps = [count for count in STEPS if count <= schedule.T]
        generator = torch.Generator().manual_seed(stream_seed(seed, "clock"))
        log_snr = schedule.log_snr[1:]
        ends = log_snr[0], log_snr[-1].clamp_min(-20.0)
        wanted = torch.linspace(float(ends[0]), float(ends[1]), LEVELS, dtype=torch.float64)
        self.t = ((log_snr[:, None] - wanted).abs().argmin(0) + 1).unique()
        self.log_snr = schedule.log_snr[self.t]
        self.at = self.t.repeat_interleave(DRAWS)
        self.eps = torch.randn(len(self.at), 2, generator=generator)
        x_0 = held[torch.randint(0, len(held), (len(self.at),), generator=generator)]
        self.x_t = q_sample(schedule, x_0, self.at, self.eps)
        self.real, self.other = held[:SAMPLES], held[SAMPLES : 2 * SAMPLES]
        self.between_real = energy_distance(self.real, self.other)
        self.enough = ENOUGH * self.between_real
        double = ExactEps(schedule, points.double())
        self.identity = ddim_minus_flow(schedule, double, self.starts(64).double(), self.steps[-1])

    def walk(self, predict: EpsPredictor, sampler: str, num_steps: int, x_T: torch.Tensor, stream: str) -> Trajectory:
        """The chain of a sampler from x_T (N,2), unclipped; its noises are those of the stream."""
        path = timestep_path(self.schedule.T, min(num_steps, self.schedule.T), "trailing")
        noise = SeededNoise(stream_seed(self.seed, stream), range(len(x_T)), (2,))
        return Trajectory.of(list(reverse(self.schedule, predict, x_T, path, noise, Sampling(sampler, clip_x_0=False))))

    def starts(self, count: int) -> torch.Tensor:
        """x_T of that many chains, (count,2)."""
        return SeededNoise(self.seed, range(count), (2,))()

    def told(self, predict: EpsPredictor) -> Told:
        """All that is measured of a predictor."""
        said = predict(self.x_t, self.at).eps_hat
        error = (said - self.eps).square().mean(1).view(len(self.t), DRAWS).mean(1)
        steps = self.steps
        walks = [self.walk(predict, "ddim", count, self.starts(SAMPLES), "z") for count in steps]
        energy = [energy_distance(walk.xs[-1], self.real) for walk in walks]
        near = [count for count, one in zip(steps, energy, strict=True) if one <= self.enough]
        last = walks[-1]
        one_start = self.starts(1).expand(AGAIN, 2)
        ends = self.walk(predict, "ddpm", SDE_STEPS, one_start, "again").xs[-1]
        return Told(
            error,
            energy,
            near[0] if near else None,
            straightness(*self.in_flow(last)),
            last.xs[:, :PATHS],
            self.walk(predict, "ddpm", SDE_STEPS, self.starts(PATHS), "z").xs,
            float(ends.double().T.cov().trace()),
        )

    def in_flow(self, walk: Trajectory) -> tuple[torch.Tensor, torch.Tensor]:
        """τ and x'_τ along a walk: (S+1,) and (S+1,N,2), float64."""
        xs = walk.xs.double()
        times = torch.stack([flow_time(self.schedule, t, xs[0]).flatten()[0] for t in walk.path])
        return times, torch.stack([flow_point(self.schedule, x, t) for t, x in zip(walk.path, xs, strict=True)])


def ddim_minus_flow(schedule: Schedule, predict: EpsPredictor, x_T: torch.Tensor, num_steps: int) -> float:
    """The largest difference, in x_t, between DDIM's chain and Euler's along u = ε̂ − x̂_0 on the same timesteps."""
    path = timestep_path(schedule.T, num_steps, "trailing")
    x, most = x_T, 0.0
    for step in reverse(schedule, predict, x_T, path, lambda: torch.zeros_like(x_T), Sampling("ddim", clip_x_0=False)):
        eps_hat, x_hat_0 = predict(x, torch.full((len(x),), step.t))
        x = flow_euler(schedule, x, step.t, step.s, flow_velocity(x_hat_0, eps_hat))
        most = max(most, float((x - step.x_s).abs().max()))
    return most
