"""The variational bound, term by term: −log p_θ(x_0) ≤ L_T + L_{T−1} + … + L_1 + L_0 (Ho et al. 2020, eq. 5).

L_{t−1} is the term of the step t → t − 1, so a list of them starts with L_0, that of t = 1. Whoever wants the bound
gives x_0 in float64: near T the terms are differences that float32 does not hold.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .chain import Noise
from .decoder import Decoder, discretised_log_likelihood
from .gaussian import Gaussian, kl, posterior, q, q_sample
from .later import torch
from .learned_variance import LEAST, Said, learned_variance, variance_range
from .phrase import Refusal
from .predictor import EpsPredictor, Prediction, mapped_prediction, said_of
from .sampler import clip, step_coefficients, step_gaussian
from .schedule import Schedule


@dataclass(frozen=True, eq=False)
class BoundTerm:
    """L_{t−1} of each image, from one ε each.

    Attributes:
        t: the step t → t − 1 that it is about; L_0 is that of t = 1.
        nats: L_{t−1}, (B,); its mean over ε is what the bound adds up.
        dims: how many numbers an image has.
        eps_mse: ‖ε − ε̂‖² / dims, (B,).
        x_0_mse: ‖x_0 − x̂_0‖² / dims, (B,).
    """

    t: int
    nats: torch.Tensor
    dims: int
    eps_mse: torch.Tensor
    x_0_mse: torch.Tensor

    @property
    def bits_per_dim(self) -> torch.Tensor:
        """L_{t−1} in bits per dimension, (B,)."""
        return self.nats / (self.dims * math.log(2))


def check_x_0(x_0: torch.Tensor) -> torch.Tensor:
    """x_0 itself, if the bound can be had of it.

    Raises:
        ValueError: not (B,*D), or not float64.
    """
    if x_0.ndim < 2:
        raise Refusal("x_0 must be (B,*D), got shape {shape}; numbers go in as (B,1)", shape=tuple(x_0.shape))
    if x_0.dtype != torch.float64:
        raise Refusal("the bound needs x_0 in float64, got {got}; convert it with .double()", got=x_0.dtype)
    return x_0


def prior_term(schedule: Schedule, x_0: torch.Tensor) -> torch.Tensor:
    """L_T = KL(q(x_T|x_0) ‖ N(0, I)) of each image in nats, (B,), in closed form (Ho et al. 2020, eq. 5).

    Args:
        schedule: gives ᾱ_T.
        x_0: (B,*D), float64.
    """
    q_T = q(schedule, check_x_0(x_0), schedule.T)
    return kl(q_T, Gaussian(torch.zeros_like(x_0), torch.ones_like(x_0))).flatten(1).sum(1)


def prior_kl(schedule: Schedule, data_power: float = 0.25) -> float:
    """L_T = E KL(q(x_T|x_0) ‖ N(0, I)) in bits per dimension (Ho et al. 2020, eq. 5, the term L_T).

    The KL is quadratic in x_0, so the mean over the data is the KL at x_0² = data_power. It is ∞ where q(x_T|x_0)
    has no variance.

    Args:
        schedule: gives ᾱ_T.
        data_power: mean of x_0² over data and pixels, at least 0; 0.25 is usual for pictures in [−1, 1].

    Raises:
        ValueError: data_power negative or not finite.
    """
    if not 0 <= data_power < math.inf:
        raise Refusal("data_power must be a number of at least 0, got {got}; give the mean of x_0²", got=data_power)
    return float(prior_term(schedule, torch.tensor([[data_power]], dtype=torch.float64).sqrt())) / math.log(2)


def reverse_gaussian(
    schedule: Schedule, x_t: torch.Tensor, t: int, prediction: Prediction, w: float = 1.0, said: Said | None = None
) -> Gaussian:
    """p_θ(x_{t−1} | x_t) as the bound has it: the sampler's step, and at t = 1 the decoder's Gaussian.

    σ_t² = β̃^(1−w) β^w for t ≥ 2. The sampler adds nothing in its last step, but a likelihood needs a variance there:
    σ_1² = β_1 whatever w. (The code of Ho et al. has β̃_2 there when σ_t² = β_t elsewhere.)

    Args:
        schedule: the noise schedule.
        x_t: (B,*D).
        t: 1…T.
        prediction: ε̂ and x̂_0 of x_t.
        w: in [0, 1]; 1 is σ_t² = β_t, 0 is σ_t² = β̃_t.
        said: what the network says of σ_t², at t = 1 too; w is not looked at then. None for a network that does not.

    Raises:
        ValueError: σ_t² = 0, where the bound is not defined.
    """
    c = step_coefficients(schedule, "ddpm", w, t, t - 1)
    if said is not None:
        own = learned_variance(said, variance_range(schedule, t, t - 1)).clamp_min(LEAST)
        return Gaussian(step_gaussian(c, x_t, prediction).mean, own)
    variance = c.variance if t > 1 else float(schedule.betas[1])
    if not variance > 0:
        raise Refusal("the bound needs σ_t² > 0 in every step, got 0 at t = {t}; use β_t > 0 for all t", t=t)
    return step_gaussian(c._replace(variance=variance), x_t, prediction)


def posterior_kl(
    schedule: Schedule,
    x_0: torch.Tensor,
    x_t: torch.Tensor,
    t: int,
    prediction: Prediction,
    w: float = 1.0,
    said: Said | None = None,
) -> torch.Tensor:
    """L_{t−1} = KL(q(x_{t−1}|x_t, x_0) ‖ p_θ(x_{t−1}|x_t)) of each image in nats, (B,) (Ho et al. 2020, eq. 5 and 8).

    Args:
        schedule: the noise schedule.
        x_0: (B,*D).
        x_t: (B,*D), drawn from q(x_t|x_0).
        t: 2…T.
        prediction: ε̂ and x̂_0 of x_t.
        w: σ_t² = β̃^(1−w) β^w.
        said: as in `reverse_gaussian`.

    Raises:
        ValueError: t = 1, whose term is the decoder's, or σ_t² = 0.
    """
    if t < 2:
        raise Refusal("t must be in [2, {T}], got {got}; L_0 is the decoder's, see bound_terms", T=schedule.T, got=t)
    p = reverse_gaussian(schedule, x_t, t, prediction, w, said)
    return kl(posterior(schedule, x_t, x_0, t, t - 1), p).flatten(1).sum(1)


def bound_terms(
    schedule: Schedule,
    predict: EpsPredictor,
    x_0: torch.Tensor,
    noise: Noise,
    *,
    ts: Sequence[int] | None = None,
    label: torch.Tensor | None = None,
    w: float = 1.0,
    clip_x_0: bool = True,
    decoder: Decoder = discretised_log_likelihood,
) -> Iterator[BoundTerm]:
    """L_{t−1} for one t after another, each from one ε an image (Ho et al. 2020, eq. 5). L_T is `prior_term`.

    Args:
        schedule: the noise schedule.
        predict: the ε-predictor; it is asked with all images at one t.
        x_0: (B,*D), float64.
        noise: draws ε, (B,*D), once a t, in the order of ts.
        ts: the t's, each in 1…T; None for all of them, 1 first.
        label: class of each image, (B,) int64, or None.
        w: σ_t² = β̃^(1−w) β^w for t ≥ 2; 1 is β_t. A network that says σ_t² itself is believed instead.
        clip_x_0: keep x̂_0 within [−1, 1], in the steps and in the errors, as the published code of Ho et al. (2020)
            and of Nichol & Dhariwal (2021), `calc_bpd_loop`, does.
        decoder: log p_θ(x_0 | x_1): discretised_log_likelihood for pixels, log_density for other numbers.

    Raises:
        ValueError: x_0 that is not (B,*D) in float64, t outside 1…T, or σ_t² = 0.
    """
    dims = check_x_0(x_0)[:1].numel()
    for t in range(1, schedule.T + 1) if ts is None else ts:
        eps = noise().to(x_0)
        x_t = q_sample(schedule, x_0, t, eps)
        predicted = predict(x_t, torch.full((len(x_0),), t, dtype=torch.int64, device=x_0.device), label)
        raw = mapped_prediction(predicted, lambda value: value.to(x_0))
        said = said_of(raw)
        prediction = clip(schedule, x_t, t, raw) if clip_x_0 else raw
        if t == 1:
            nats = -decoder(x_0, reverse_gaussian(schedule, x_t, t, prediction, w, said)).flatten(1).sum(1)
        else:
            nats = posterior_kl(schedule, x_0, x_t, t, prediction, w, said)
        yield BoundTerm(
            t=t,
            nats=nats,
            dims=dims,
            eps_mse=(eps - prediction.eps_hat).square().flatten(1).mean(1),
            x_0_mse=(x_0 - prediction.x_hat_0).square().flatten(1).mean(1),
        )
