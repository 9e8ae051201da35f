"""E_q log p_θ(x_{0:T}) / q(x_{1:T} | x_0) as it stands, and as reconstruction − L_T − Σ KL, on one picture."""

from typing import NamedTuple

import torch

from ..core import (
    EpsPredictor,
    Gaussian,
    Prediction,
    Schedule,
    SeededNoise,
    clip,
    log_density,
    posterior,
    posterior_kl,
    prior_term,
    q,
    q_step,
    reverse_gaussian,
    schedule_from_betas,
)
from ..core.schedule import betas_from_alpha_bars


def strided(schedule: Schedule, path: tuple[int, ...]) -> Schedule:
    """The diffusion that visits only t_S > … > t_1 > 0 of another: the same q(x_t | x_0) there, in S larger steps.

    Args:
        schedule: the long one.
        path: from `timestep_path`.
    """
    alpha_bars = schedule.alpha_bars[list(reversed(path))]
    return schedule_from_betas(betas_from_alpha_bars(alpha_bars), f"{schedule.name}, {len(path) - 1} steps")


def chains(schedule: Schedule, x_0: torch.Tensor, num_chains: int, seed: int) -> torch.Tensor:
    """x_0, x_1, …, x_T of each chain from q(x_t | x_{t−1}), (T+1,n,*D), float64; chain i is the same for any n.

    Args:
        schedule: gives β_1…β_T.
        x_0: (1,*D).
        num_chains: n.
        seed: of the noises.
    """
    noise = SeededNoise(seed, range(num_chains), x_0.shape[1:])
    xs = [x_0.double().expand(num_chains, *x_0.shape[1:])]
    for t in range(1, schedule.T + 1):
        mean, variance = q_step(schedule, xs[-1], t)
        xs.append(mean + variance.sqrt() * noise())
    return torch.stack(xs)


def told(
    schedule: Schedule,
    predict: EpsPredictor,
    path: tuple[int, ...],
    xs: torch.Tensor,
    device: torch.device | str = "cpu",
) -> list[Prediction]:
    """What the network says of every x_t of every chain, t = 1…T of the strided schedule, each (n,*D), float64.

    x̂_0 is kept within [−1, 1], as the sampler keeps it.

    Args:
        schedule: the strided one.
        predict: the network, which knows the long schedule's t.
        path: where the strided t stand in the long schedule.
        xs: from `chains`.
        device: where the network runs.
    """
    found = []
    for t, long_t in enumerate(reversed(path[:-1]), 1):
        at = torch.full((xs.shape[1],), long_t, dtype=torch.int64, device=device)
        raw = Prediction(*(value.to(xs) for value in predict(xs[t].float().to(device), at)))
        found.append(clip(schedule, xs[t], t, raw))
    return found


def log_normal(x: torch.Tensor, gaussian: Gaussian) -> torch.Tensor:
    """log N(x; mean, variance I) of each picture in nats, (n,)."""
    return log_density(x, gaussian).flatten(1).sum(1)


class Terms(NamedTuple):
    """Both ways of every chain, in nats; t = 1…T along the first axis, chains along the last.

    Attributes:
        start: log p(x_T), (n,).
        raw: log p_θ(x_{t−1}|x_t) − log q(x_t|x_{t−1}), (T,n): the forward step, as the fraction has it.
        prior: log p(x_T) − log q(x_T|x_0), (n,); its mean over q is −L_T.
        reconstruction: log p_θ(x_0|x_1), (n,), from a Gaussian of variance β_1.
        sampled: log p_θ(x_{t−1}|x_t) − log q(x_{t−1}|x_t,x_0) at t = 2…T, (T−1,n): the posterior in its place.
        kls: KL(q(x_{t−1}|x_t,x_0) ‖ p_θ(x_{t−1}|x_t)) at t = 2…T, (T−1,n); −KL is the mean of `sampled` given x_t.
        l_T: KL(q(x_T|x_0) ‖ N(0, I)), one number.
    """

    start: torch.Tensor
    raw: torch.Tensor
    prior: torch.Tensor
    reconstruction: torch.Tensor
    sampled: torch.Tensor
    kls: torch.Tensor
    l_T: float

    @property
    def as_it_stands(self) -> torch.Tensor:
        """log p_θ(x_{0:T}) / q(x_{1:T}|x_0) of each chain with the forward steps, (n,)."""
        return self.start + self.raw.sum(0)

    @property
    def regrouped(self) -> torch.Tensor:
        """The same number with the posteriors, (n,): equal chain by chain."""
        return self.reconstruction + self.prior + self.sampled.sum(0)

    @property
    def with_kls(self) -> torch.Tensor:
        """reconstruction − L_T − Σ KL of each chain, (n,): equal on average."""
        return self.reconstruction - self.l_T - self.kls.sum(0)


def terms(schedule: Schedule, xs: torch.Tensor, said: list[Prediction], w: float = 0.0) -> Terms:
    """Both ways of the bound on the same chains (Ho et al. 2020, eq. 3 and 5, and appendix A).

    q(x_t|x_{t−1}) = q(x_{t−1}|x_t,x_0) q(x_t|x_0) / q(x_{t−1}|x_0), so the product over t telescopes to
    q(x_T|x_0) Π_{t≥2} q(x_{t−1}|x_t,x_0).

    Args:
        schedule: the strided one.
        xs: from `chains`.
        said: from `told`.
        w: σ_t² = β̃^(1−w) β^w for t ≥ 2.
    """
    T, x_0 = schedule.T, xs[0]
    backward = [
        log_normal(xs[t - 1], reverse_gaussian(schedule, xs[t], t, said[t - 1], w)) for t in range(1, T + 1)
    ]  # fmt: skip
    start = log_normal(xs[T], Gaussian(torch.zeros_like(x_0), torch.ones_like(x_0)))
    later = range(2, T + 1)
    return Terms(
        start=start,
        raw=torch.stack([backward[t - 1] - log_normal(xs[t], q_step(schedule, xs[t - 1], t)) for t in range(1, T + 1)]),
        prior=start - log_normal(xs[T], q(schedule, x_0, T)),
        reconstruction=backward[0],
        sampled=torch.stack(
            [backward[t - 1] - log_normal(xs[t - 1], posterior(schedule, xs[t], x_0, t, t - 1)) for t in later]
        ),
        kls=torch.stack([posterior_kl(schedule, x_0, xs[t], t, said[t - 1], w) for t in later]),
        l_T=float(prior_term(schedule, x_0[:1])),
    )


def standard_error(values: torch.Tensor) -> float:
    """Of the mean of values (n,), n at least 2."""
    return float(values.std()) / len(values) ** 0.5
