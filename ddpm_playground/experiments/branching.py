"""A chain stopped at t and gone on with several times: when is the picture decided?"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from ..core import RuleSampler, Sampling, SeededNoise, Step, reverse, stream_seed
from ..core.checks import whole_number
from ..core.phrase import Refusal
from ..learn.checkpoints.checkpoint import Checkpoint
from ..learn.judging.samples import check_sampling, steady_predictor

LEAST, MOST, MOST_CHAINS = 1, 16, 64


@dataclass(frozen=True, eq=False)
class Trunk:
    """A chain with its own noises, from which branches go off.

    Attributes:
        checkpoint: whose network.
        labels: class of each picture, (N,).
        sampling: ddpm or ddim, as the checkpoint has it.
        guidance: W.
        seed: of x_T and every z.
        path: t_S > … > 0.
    """

    checkpoint: Checkpoint
    labels: torch.Tensor
    sampling: Sampling
    guidance: float
    seed: int
    path: tuple[int, ...]

    @classmethod
    def of(
        cls, checkpoint: Checkpoint, labels: torch.Tensor, sampling: Sampling, guidance: float = 1.0, seed: int = 0
    ) -> Trunk:
        """The chain that these settings make.

        Raises:
            ValueError: settings that the checkpoint cannot have, or a sampler that cannot be stopped between its steps.
        """
        check_sampling(checkpoint, labels, sampling, guidance=guidance, seed=seed, batch_size=len(labels))
        sampler, told = checkpoint.sampler_for(sampling)
        if not isinstance(sampler, RuleSampler):
            raise Refusal(
                "{name} cannot be stopped, stepped back or shown a picture between its steps; choose ddpm or ddim",
                name=sampling.sampler,
            )
        path = tuple(sampler.path(checkpoint.schedule, told))
        return cls(checkpoint, labels, told, guidance, seed, path)

    def noise(self) -> SeededNoise:
        """The chain's own noises from the start: x_T, then a z for each step with s > 0."""
        indices = range(len(self.labels))
        return SeededNoise(self.seed, indices, self.checkpoint.image_shape, self.checkpoint.device)

    def steps(self) -> list[Step]:
        """The chain itself."""
        noise = self.noise()
        return list(self.going_on(noise(), self.path[0], noise))

    def going_on(
        self, x_t: torch.Tensor, t: int, noise: Callable[[], torch.Tensor], *, sampling: Sampling | None = None,
        labels: torch.Tensor | None = None, guidance: float | None = None,
    ):  # fmt: skip
        """The steps from x_t on, with other noises, and with another sampler, class or W where these are given."""
        checkpoint, told = self.checkpoint, sampling or self.sampling
        sampler = checkpoint.sampler_for(told)[0]
        start = None if t == self.path[0] and sampling is None else t
        predict = steady_predictor(checkpoint, self.guidance if guidance is None else guidance)
        return sampler.steps(
            checkpoint.schedule, predict, x_t, noise, told, reverse=reverse,
            label=(self.labels if labels is None else labels).to(checkpoint.device), start_t=start,
        )  # fmt: skip

    def replayed(self, t: int) -> torch.Tensor:
        """x_0 of the chain gone on with from t and its own noises: what it ends in anyway, bit for bit, (N,C,H,W)."""
        noise = self.noise()
        x = noise()
        for step in self.going_on(x, self.path[0], noise):
            if step.t == t:
                x = step.x_t
                break
        again = self.noise()
        for _ in range(1 + self.path.index(t)):
            again()
        for step in self.going_on(x, t, again):
            x = step.x_s
        return x

    def place(self, t: int) -> int:
        """At which step of the path t stands.

        Raises:
            ValueError: a t that the chain does not visit.
        """
        if t not in self.path[:-1]:
            near = min(self.path[:-1], key=lambda one: abs(one - t))
            raise Refusal("the chain does not visit t = {t}; the nearest that it does is {near}", t=t, near=near)
        return self.path.index(t)


def branches(
    trunk: Trunk,
    x_t: torch.Tensor,
    t: int,
    count: int,
    *,
    first: int = 0,
    sampling: Sampling | None = None,
    labels: torch.Tensor | None = None,
    guidance: float | None = None,
    progress: Callable[[int], object] = lambda count: None,
) -> torch.Tensor:
    """x_0 of `count` continuations from t, each with noises of its own.

    Args:
        trunk: the chain.
        x_t: of the chain at t, (N,C,H,W).
        t: where they go off.
        count: how many for each picture, in [1, 16].
        first: number of the first one; branch b of picture i depends on the seed, t, b and i alone.
        sampling: another way on; None for the chain's own.
        labels: other classes, (N,); None for the chain's own.
        guidance: another W; None for the chain's own.
        progress: told how many pictures have taken a step.

    Returns:
        (count,N,C,H,W) float32 on the CPU.

    Raises:
        ValueError: a count out of range, or a t that is not visited.
    """
    whole_number("branches", count, LEAST, MOST)
    trunk.place(t)
    shape, device, N = trunk.checkpoint.image_shape, trunk.checkpoint.device, len(x_t)
    found = []
    for b in range(first, first + count):
        noise = SeededNoise(stream_seed(trunk.seed, "branch", t, b), range(N), shape, device)
        x = x_t
        for step in trunk.going_on(x_t, t, noise, sampling=sampling, labels=labels, guidance=guidance):
            x = step.x_s
            progress(N)
        found.append(x.float().cpu())
    return torch.stack(found)


@dataclass(frozen=True)
class Agreement:
    """How many branches that go off at t end as their chain does.

    Attributes:
        t: where they go off.
        agree: how many end as the same digit.
        count: how many there are.
        share: agree / count.
        low: lower end of the interval of 95 %, see `wilson`; of chains, not of branches, which depend on their chain.
        high: its upper end.
    """

    t: int
    agree: int
    count: int
    share: float
    low: float
    high: float


def wilson(share: float, count: int, z: float = 1.959964) -> tuple[float, float]:
    """The interval of 95 % for a share of `count` independent ones (Wilson 1927)."""
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return max(0.0, middle - half), min(1.0, middle + half)


def agreements(
    trunk: Trunk,
    ts: Sequence[int],
    count: int,
    read: Callable[[torch.Tensor], torch.Tensor],
    progress: Callable[[int], object] = lambda count: None,
) -> list[Agreement]:
    """For each t, the share of branches that end as the same digit as their chain.

    Args:
        trunk: the chains, at most 64.
        ts: where branches go off, visited by the chain.
        count: branches for each chain, in [1, 16].
        read: what a picture shows, (N,C,H,W) → (N,).
        progress: told how many pictures have taken a step.

    Raises:
        ValueError: too many chains, a count out of range, or a t that is not visited.
    """
    whole_number("the number of chains", len(trunk.labels), 1, MOST_CHAINS)
    steps = trunk.steps()
    own = read(steps[-1].x_s.float().cpu())
    found = []
    for t in ts:
        x_t = steps[trunk.place(t)].x_t
        ends = branches(trunk, x_t, t, count, progress=progress)
        same = torch.stack([read(end) == own for end in ends])
        low, high = wilson(float(same.float().mean()), len(own))
        found.append(Agreement(t, int(same.sum()), same.numel(), float(same.float().mean()), low, high))
    return found


def decided_at(found: Sequence[Agreement]) -> tuple[int, int, int] | None:
    """The largest t from which on at least half agree, and the span that the intervals allow; None where none does.

    Returns:
        (t, the t whose interval's upper end is at half or above first, the t whose lower end is).
    """

    def first(key: Callable[[Agreement], float]) -> int | None:
        ordered = sorted(found, key=lambda one: one.t)
        kept = None
        for one in ordered:
            if key(one) < 0.5:
                break
            kept = one.t
        return kept

    middle, upper, lower = first(lambda one: one.share), first(lambda one: one.high), first(lambda one: one.low)
    if middle is None or upper is None:
        return None
    return middle, upper, lower if lower is not None else min(one.t for one in found)
