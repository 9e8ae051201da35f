"""What a network is to say, ε, x_0 or v, and σ² beside it: the errors that its training lowers."""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch

from ...core import (
    Gaussian,
    Level,
    Said,
    Schedule,
    VarianceRange,
    discretised_log_likelihood,
    kl,
    learned_variance,
    posterior_coefficients,
    prediction_from,
    q_sample,
    v_from_eps,
    variance_range,
    x_0_from_eps,
)
from ..networks.unet import network_output
from .settings import PREDICTIONS, Settings

LEARNED_AS = "learned_range"  # how σ² is said: log σ² between log β̃ and log β


class StepRows(NamedTuple):
    """What the step t → t − 1 of each picture knows beforehand, (B,1,1,1) float32 each.

    Attributes:
        of_x_0: of x̂_0 in the mean.
        of_x_t: of x_t in the mean.
        ends: log β̃, that of t = 2 at t = 1, and log β.
    """

    of_x_0: torch.Tensor
    of_x_t: torch.Tensor
    ends: VarianceRange


class Errors(NamedTuple):
    """Of each picture: the squared error of what it was to say, (B,), and what the gradient goes down, (B,).

    bound: L_{t−1} by itself, (B,), where it alone is what the gradient goes down.
    """

    simple: torch.Tensor
    lowered: torch.Tensor
    bound: torch.Tensor | None = None


def step_rows(schedule: Schedule, t: torch.Tensor) -> StepRows:
    """The rows of the steps t → t − 1, t (B,) in 1…T."""
    c = posterior_coefficients(schedule, t, t - 1)
    values = (c.of_x_0, c.of_x_t, *variance_range(schedule, t, t - 1))
    of_x_0, of_x_t, *ends = (value.float().view(-1, 1, 1, 1) for value in values)
    return StepRows(of_x_0, of_x_t, VarianceRange(*ends))


def bound_error(
    rows: StepRows, x_0: torch.Tensor, x_t: torch.Tensor, t: torch.Tensor, x_hat_0: torch.Tensor, said: torch.Tensor
) -> torch.Tensor:
    """L_{t−1} of each picture in bits per dimension, (B,), with σ² as the network says it.

    KL(q(x_{t−1}|x_t, x_0) ‖ p_θ(x_{t−1}|x_t)), and at t = 1 −log₂ p_θ(x_0|x_1) of 256 levels (Nichol & Dhariwal 2021,
    eq. 4 to 7).

    Args:
        rows: of the steps.
        x_0: (B,C,H,W), pixels of 8 bits in [−1, 1].
        x_t: (B,C,H,W).
        t: (B,) in 1…T.
        x_hat_0: (B,C,H,W).
        said: of σ², (B,C,H,W).
    """
    p = Gaussian(rows.of_x_0 * x_hat_0 + rows.of_x_t * x_t, learned_variance(Said(said, LEARNED_AS), rows.ends))
    q = Gaussian(rows.of_x_0 * x_0 + rows.of_x_t * x_t, rows.ends.log_small.exp())
    nats = kl(q, p).flatten(1).mean(1)
    # A card is not waited for: it decodes all. Elsewhere a look at t is cheaper.
    first = torch.arange(len(t), device=t.device) if t.is_cuda else (t == 1).nonzero().flatten()
    if len(first):
        of_first = Gaussian(p.mean[first], p.variance[first])
        decoded = -discretised_log_likelihood(x_0[first], of_first).flatten(1).mean(1).to(nats)
        nats = torch.where(t == 1, nats.index_copy(0, first, decoded), nats)
    return nats / math.log(2)


class Objective:
    """The errors of algorithm 1, line 5, for what `settings` have the network say; with σ² learned, L_hybrid or L_vlb.

    L_hybrid = L_simple + λ L_vlb, where the mean learns from L_simple alone and σ² from L_vlb alone, and L_vlb is T
    times the term of a t that is drawn (Nichol & Dhariwal 2021, eq. 16). L_vlb by itself is the term times its weight,
    for mean and σ² alike; its t are drawn by `Importance`, which says the weight.
    """

    def __init__(self, settings: Settings, schedule: Schedule) -> None:
        self.schedule, self.prediction_type = schedule, PREDICTIONS[settings.predict]
        self.learned, self.only_bound = settings.variance == "learned", settings.objective == "vlb"
        self.factor = settings.vlb_weight * schedule.T

    def wanted(self, x_0: torch.Tensor, x_t: torch.Tensor, at: Level, eps: torch.Tensor, mean: bool) -> torch.Tensor:
        """What the network is to say, (B,C,H,W).

        Args:
            x_0: (B,C,H,W).
            x_t: (B,C,H,W).
            at: the level of each.
            eps: (B,C,H,W), drawn, or where `mean` what is known of it from x_t.
            mean: whether x_0 is then that of x_t and ε, too.
        """
        if self.prediction_type == "epsilon":
            return eps
        clean = x_0_from_eps(self.schedule, x_t, at, eps) if mean else x_0
        return clean if self.prediction_type == "sample" else v_from_eps(self.schedule, clean, at, eps)

    def __call__(
        self,
        network: Callable,
        x_0: torch.Tensor,
        t: torch.Tensor,
        eps: torch.Tensor,
        label: torch.Tensor | None,
        *,
        at: Level,
        rows: StepRows | None = None,
        target: Callable[..., torch.Tensor] | None = None,
        weight: torch.Tensor | None = None,
    ) -> Errors:
        """The errors of pictures x_0 (B,C,H,W) with noise ε at t (B,), classes label (B,) or None.

        Args:
            network: a diffusers network.
            x_0: see above.
            t: see above.
            eps: see above.
            label: see above.
            at: the level of t.
            rows: of the steps from t, without which the bound is left out.
            target: of (x_t, t, ε, label), in place of the drawn ε.
            weight: of each simple error in what is lowered, or of each term of L_vlb alone, (B,).
        """
        x_t = q_sample(self.schedule, x_0, at, eps)
        if target is not None:
            eps = target(x_t, t, eps, label)
        value, *spread = network_output(network, x_t, t, label).float().split(x_0.shape[1], 1)
        simple = (self.wanted(x_0, x_t, at, eps, target is not None) - value).square().flatten(1).mean(1)
        weighed = simple if weight is None else weight * simple
        if not self.learned or rows is None:
            return Errors(simple, weighed)
        mean = value if self.only_bound else value.detach()
        x_hat_0 = prediction_from(self.schedule, self.prediction_type, x_t, at, mean).x_hat_0
        bound = bound_error(rows, x_0, x_t, t, x_hat_0, spread[0])
        if self.only_bound:
            return Errors(simple, bound if weight is None else weight * bound, bound)
        return Errors(simple, weighed + self.factor * bound)
