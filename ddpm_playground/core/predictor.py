"""What predicts ε: the protocol, and the exact predictor for data whose distribution is known."""

from __future__ import annotations

import math
import typing
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from .ellipses import Ellipses
from .gaussian import Level, cast, eps_from_v, eps_from_x_0, gather, x_0_from_eps, x_0_from_v
from .later import torch
from .learned_variance import Said
from .phrase import Refusal
from .schedule import Schedule

# Differences that are held at once for all pairs of points.
MOST_DIFFERENCES = 2**22


class Prediction(NamedTuple):
    """What a predictor says of x_t: eps_hat and x_hat_0, both (B,*D)."""

    eps_hat: torch.Tensor
    x_hat_0: torch.Tensor


class SpreadPrediction(Prediction):
    """A Prediction of a network that says σ² too; it unpacks as one that does not.

    Attributes:
        said: what it says of σ².
    """

    said: Said

    def __new__(cls, eps_hat: torch.Tensor, x_hat_0: torch.Tensor, said: Said) -> SpreadPrediction:
        """A Prediction with what is said of σ² beside it."""
        made = super().__new__(cls, eps_hat, x_hat_0)
        made.said = said
        return made


def said_of(prediction: Prediction) -> Said | None:
    """What a prediction says of σ²; None where that is the sampler's."""
    return prediction.said if isinstance(prediction, SpreadPrediction) else None


def joined_prediction(parts: Sequence[Prediction], join: Callable[[list[torch.Tensor]], torch.Tensor]) -> Prediction:
    """One prediction of several, such as by torch.cat; what is said of σ² is joined as ε̂ and x̂_0 are."""
    eps_hat, x_hat_0 = (join([part[i] for part in parts]) for i in range(2))
    said = [each for part in parts if (each := said_of(part)) is not None]
    if not said:
        return Prediction(eps_hat, x_hat_0)
    return SpreadPrediction(eps_hat, x_hat_0, Said(join([each.value for each in said]), said[0].kind))


def mapped_prediction(prediction: Prediction, to: Callable[[torch.Tensor], torch.Tensor]) -> Prediction:
    """The prediction with each tensor changed, such as to another type or device."""
    return joined_prediction([prediction], lambda tensors: to(tensors[0]))


class EpsPredictor(Protocol):
    """Anything that names the noise in x_t."""

    def __call__(self, x_t: torch.Tensor, t: torch.Tensor, label: torch.Tensor | None = None) -> Prediction:
        """x_t (B,*D), t (B,) int64 in 1…T, label (B,) int64 or None → Prediction."""
        ...


class LevelPredictor(Protocol):
    """An EpsPredictor that, told √ᾱ_t and √(1 − ᾱ_t), does not look at t on the host."""

    def __call__(
        self, x_t: torch.Tensor, t: torch.Tensor, label: torch.Tensor | None = None, level: Level | None = None
    ) -> Prediction:
        """As an EpsPredictor; `level` is that of t, one for the whole batch, or None to look it up."""
        ...


def prediction_from(
    schedule: Schedule, prediction_type: str, x_t: torch.Tensor, t: int | torch.Tensor | Level, value: torch.Tensor
) -> Prediction:
    """Prediction from whatever the network was trained to say: "epsilon", "v_prediction" or "sample" (x_0).

    Raises:
        ValueError: another prediction_type, or "epsilon" at ᾱ_t = 0.
    """
    if prediction_type == "epsilon":
        return Prediction(value, x_0_from_eps(schedule, x_t, t, value))
    if prediction_type == "v_prediction":
        return Prediction(eps_from_v(schedule, x_t, t, value), x_0_from_v(schedule, x_t, t, value))
    if prediction_type == "sample":
        return Prediction(eps_from_x_0(schedule, x_t, t, value), value)
    raise Refusal(
        "prediction_type must be epsilon, v_prediction or sample, got {got}; set one", got=repr(prediction_type)
    )


def _squared_distances(x: torch.Tensor, root: torch.Tensor, mu: torch.Tensor) -> torch.Tensor:
    """‖x − √ᾱ_t μ‖², (B,K), of x (B,D), √ᾱ_t (B or 1, 1), μ (K,D)."""
    if x.numel() * len(mu) <= MOST_DIFFERENCES:
        return ((x[:, None] - root[:, None] * mu) ** 2).sum(-1)
    # As products of matrices, which need float64 not to lose what is left after they are subtracted.
    x, root, mu = x.double(), root.double(), mu.double()
    # Unlike (μ²).sum(1) it makes no second array as large as the data.
    lengths = typing.cast(torch.Tensor, torch.linalg.vector_norm(mu, dim=1))  # pyright: ignore[reportUnknownMemberType]
    squares = (x * x).sum(1, keepdim=True) + root * root * lengths.square()
    return (squares - 2 * root * (x @ mu.T)).clamp_min(0.0)


class ExactEps:
    """The exact ε-predictor E[ε | x_t] for a mixture of Gaussians or a finite data set.

    With p(x_0) = Σ_k w_k N(μ_k, σ_k² I), q(x_t) is again a mixture, with means √ᾱ_t μ_k and variances
    ᾱ_t σ_k² + 1 − ᾱ_t; E[x_0 | x_t] follows by Bayes' rule. A finite data set is the case σ_k = 0
    (Karras et al. 2022, appendix B.3). Gaussians of any covariance: see `Ellipses`.

    Args:
        schedule: the noise schedule.
        means: μ_k, (K,*D), or the data points.
        variances: σ_k², (K,), not negative; None for data points.
        weights: w_k, (K,), not negative, not all zero; None for equal ones.
        labels: class of each component, (K,) int64; lets a label pick its own components.
        covariances: Σ_k, (K,D,D), in the stead of variances.

    Raises:
        ValueError: shapes that do not fit, negative variances, no covariances, or weights that are not weights.
    """

    def __init__(
        self,
        schedule: Schedule,
        means: torch.Tensor,
        variances: torch.Tensor | None = None,
        weights: torch.Tensor | None = None,
        labels: torch.Tensor | None = None,
        covariances: torch.Tensor | None = None,
    ) -> None:
        K = len(means)
        self.ellipses = None if covariances is None else Ellipses(means, covariances)
        self.schedule, self.means, self.labels = schedule, means, labels
        self.variances = means.new_zeros(K) if variances is None else variances
        weights = means.new_ones(K) if weights is None else weights
        for name, value in (("variances", self.variances), ("weights", weights), ("labels", labels)):
            if value is not None and value.shape != (K,):
                raise Refusal(
                    "{name} must have shape ({K},), one for each mean, got {got}",
                    name=name,
                    K=K,
                    got=tuple(value.shape),
                )
        if not bool((self.variances >= 0).all()):
            raise Refusal(
                "variances must not be negative, got {got}; give σ², not log σ²", got=self.variances.min().item()
            )
        if bool((weights < 0).any()) or not float(weights.sum()) > 0:
            raise Refusal("weights must not be negative and not all zero; give the share of each component")
        self.log_weights = (weights / weights.sum()).log()

    def log_joint(self, x_t: torch.Tensor, t: int | torch.Tensor, label: torch.Tensor | None = None) -> torch.Tensor:
        """log w_k + log N(x_t; √ᾱ_t μ_k, (ᾱ_t σ_k² + 1 − ᾱ_t) I), (B,K); of any covariance ᾱ_t Σ_k + (1 − ᾱ_t) I."""
        root, variance = self._moments(x_t, t)
        x, mu = x_t.flatten(1), self.means.flatten(1).to(x_t)
        if self.ellipses is not None:
            joint = self.log_weights + self.ellipses.log_density(x, root)
        else:
            distance, dims = _squared_distances(x, root, mu), x.shape[1]
            joint = self.log_weights - 0.5 * (distance / variance + dims * torch.log(2 * math.pi * variance))
        if label is not None:
            if self.labels is None:
                raise Refusal("a label was given but this predictor knows no labels; pass labels= or label=None")
            own = (label[:, None] == self.labels) | (label[:, None] < 0)
            if not bool(own.any(1).all()):
                known = ", ".join(map(str, sorted({int(one) for one in self.labels})))
                wrong = label[~own.any(1)][0].item()
                raise Refusal(
                    "no component has label {wrong}; labels are {known}, or -1 for all", wrong=wrong, known=known
                )
            joint = joint.masked_fill(~own, -math.inf)
        return joint

    def _moments(self, x_t: torch.Tensor, t: int | torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """√ᾱ_t (B or 1, 1) and the components' variances (B or 1, K)."""
        alpha_bar = cast(gather(self.schedule.alpha_bars, t, low=1), x_t.new_zeros(1, 1))
        return alpha_bar.sqrt(), alpha_bar * self.variances + (1.0 - alpha_bar)

    def log_q(self, x_t: torch.Tensor, t: int | torch.Tensor, label: torch.Tensor | None = None) -> torch.Tensor:
        """log q(x_t) in nats, (B,), exactly."""
        return torch.logsumexp(self.log_joint(x_t, t, label), 1)

    def __call__(self, x_t: torch.Tensor, t: int | torch.Tensor, label: torch.Tensor | None = None) -> Prediction:
        """E[ε | x_t] and E[x_0 | x_t], (B,*D), for t in 1…T."""
        root, variance = self._moments(x_t, t)
        share = torch.softmax(self.log_joint(x_t, t, label), 1)
        x, mu = x_t.flatten(1), self.means.flatten(1).to(share)
        if self.ellipses is not None:
            x_hat_0 = (share[..., None] * self.ellipses.x_hats_0(x, root)).sum(1)
        else:
            gain = root * self.variances / variance
            x_hat_0 = (share * (1.0 - gain * root)) @ mu + (share * gain).sum(1, keepdim=True) * x
        x_hat_0 = x_hat_0.reshape(x_t.shape).to(x_t)
        return Prediction(eps_from_x_0(self.schedule, x_t, t, x_hat_0), x_hat_0)
