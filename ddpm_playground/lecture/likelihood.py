"""Maximum likelihood is minimum KL(P_data‖P_θ), on a histogram that somebody draws."""

from collections.abc import Sequence
from typing import NamedTuple

import torch

from ..core.phrase import Refusal
from .remembered import remembered

NUM_BINS = 24
EDGES = torch.linspace(-3, 3, NUM_BINS + 1, dtype=torch.float64)
MIDDLES = (EDGES[1:] + EDGES[:-1]) / 2
# The least and the most of each part of θ: mean, width, apart.
LOWS, HIGHS = (-3.0, 0.1, 0.0), (3.0, 3.0, 5.0)


class Theta(NamedTuple):
    """Two equal bells N(mean ± apart/2, width²), each half of the whole; one bell where apart = 0."""

    mean: float
    width: float
    apart: float = 0.0


def log_bins(mean: torch.Tensor, width: torch.Tensor, apart: torch.Tensor) -> torch.Tensor:
    """log P_θ of each bin: its share of the bells' area within [−3, 3].

    By log Φ and never by Φ, so that a bin 60 widths away still has its finite logarithm.

    Args:
        mean: any shape (…), float64, as are the others.
        width: > 0.
        apart: ≥ 0.

    Returns:
        (…, NUM_BINS), in nats; its exponentials add up to 1.
    """
    halves = torch.stack([mean - apart / 2, mean + apart / 2])[..., None]
    low, high = (EDGES[:-1] - halves) / width[..., None], (EDGES[1:] - halves) / width[..., None]
    # Φ(high) − Φ(low) = Φ(−low) − Φ(−high): the side where both are small loses no digits.
    right = low + high > 0
    low, high = torch.where(right, -high, low), torch.where(right, -low, high)
    upper = torch.special.log_ndtr(high)
    area = upper + torch.log1p(-torch.exp(torch.special.log_ndtr(low) - upper))
    return torch.log_softmax(torch.logsumexp(area, 0), -1)


class Lines(NamedTuple):
    """The derivation's lines for one θ; logarithms in nats.

    Attributes:
        num_samples: m.
        P_data: share of the samples in each bin, (NUM_BINS,).
        P_theta: the model's probability of each bin, (NUM_BINS,).
        plain_product: Π P_θ(x_i) multiplied out in float32, which is 0 below 1e-45.
        sum_log: Σ log P_θ(x_i) over the m samples, the logarithm of the product.
        mean_log: E_{x∼P_data}[log P_θ(x)].
        data_log: E_{x∼P_data}[log P_data(x)] = −H(P_data), which θ does not change.
        kl: KL(P_data‖P_θ).
    """

    num_samples: int
    P_data: torch.Tensor
    P_theta: torch.Tensor
    plain_product: float
    sum_log: float
    mean_log: float
    data_log: float
    kl: float


def shares(counts: Sequence[int]) -> torch.Tensor:
    """P_data: the empirical distribution over the bins, (NUM_BINS,) float64.

    Raises:
        ValueError: another number of bins, a negative count, or not one sample.
    """
    if len(counts) != NUM_BINS or min(counts) < 0 or sum(counts) < 1:
        raise Refusal(
            "the data must be {num_bins} counts of at least 0 with one sample or more, got {got} counts with "
            "{counts} samples; draw at least one bar",
            num_bins=NUM_BINS,
            got=len(counts),
            counts=sum(counts),
        )
    drawn = torch.tensor(counts, dtype=torch.float64)
    return drawn / drawn.sum()


def lines(counts: Sequence[int], theta: Theta) -> Lines:
    """Π P_θ(x_i) → Σ log P_θ(x_i) → E_{P_data}[log P_θ] → −KL(P_data‖P_θ) + E_{P_data}[log P_data].

    Args:
        counts: samples x_i in each bin.
        theta: the model's parameters.

    Raises:
        ValueError: no data (see `shares`).
    """
    P_data = shares(counts)
    log_P_theta = log_bins(*(torch.tensor(v, dtype=torch.float64) for v in theta))
    x = torch.repeat_interleave(torch.tensor(counts))
    seen = P_data > 0
    return Lines(
        num_samples=len(x),
        P_data=P_data,
        P_theta=log_P_theta.exp(),
        plain_product=float(log_P_theta.exp().float()[x].prod()),
        sum_log=float(log_P_theta[x].sum()),
        mean_log=float((P_data * log_P_theta).sum()),
        data_log=float(torch.special.xlogy(P_data, P_data).sum()),
        kl=float((P_data[seen] * (P_data[seen].log() - log_P_theta[seen])).sum()),
    )


class OverMean(NamedTuple):
    """Both quantities over θ's mean, the rest of θ held; (N,) each.

    Attributes:
        mean: −3 … 3 in steps of 0.01.
        mean_log: E_{P_data}[log P_θ].
        kl: KL(P_data‖P_θ).
        largest: the mean at which mean_log is largest.
        smallest: the mean at which kl is smallest.
    """

    mean: torch.Tensor
    mean_log: torch.Tensor
    kl: torch.Tensor
    largest: float
    smallest: float


def over_mean(counts: Sequence[int], theta: Theta) -> OverMean:
    """E_{P_data}[log P_θ] and KL(P_data‖P_θ) while θ's mean moves.

    Raises:
        ValueError: no data (see `shares`).
    """
    P_data = shares(counts)
    mean = torch.linspace(LOWS[0], HIGHS[0], 601, dtype=torch.float64).round(decimals=2)
    log_P_theta = log_bins(mean, torch.full_like(mean, theta.width), torch.full_like(mean, theta.apart))
    mean_log = log_P_theta @ P_data
    seen = P_data > 0
    kl = (P_data[seen] * (P_data[seen].log() - log_P_theta[:, seen])).sum(-1)
    return OverMean(mean, mean_log, kl, float(mean[mean_log.argmax()]), float(mean[kl.argmin()]))


@remembered(64)
def fit(counts: tuple[int, ...], two: bool) -> Theta:
    """θ* = arg max_θ E_{P_data}[log P_θ], by L-BFGS on mean, width and, for two bells, apart.

    Args:
        counts: samples in each bin.
        two: also fit how far two bells stand apart; otherwise there is one.

    Raises:
        ValueError: no data (see `shares`).
    """
    P_data = shares(counts)
    mean = float(P_data @ MIDDLES)
    deviation = float((P_data @ (MIDDLES - mean) ** 2).sqrt())
    low, high = (torch.tensor(v, dtype=torch.float64) for v in (LOWS, HIGHS))
    free = torch.tensor([1.0, 1.0, float(two)], dtype=torch.float64)

    def within(raw: torch.Tensor) -> torch.Tensor:
        return (low + (high - low) * raw.sigmoid()) * free

    # Two bells have more than one local optimum: from close together and from far apart.
    starts = [(mean, 0.9 * deviation, 0.6 * deviation), (mean, 0.4 * deviation, 1.8 * deviation)] if two else []
    found = []
    for start in [*starts, (mean, deviation, 0.0)]:
        share = ((torch.tensor(start, dtype=torch.float64) - low) / (high - low)).clamp(0.001, 0.999)
        raw = share.logit().requires_grad_()
        optimizer = torch.optim.LBFGS([raw], max_iter=80, tolerance_change=1e-13, line_search_fn="strong_wolfe")

        def loss(raw: torch.Tensor = raw, optimizer: torch.optim.LBFGS = optimizer) -> torch.Tensor:
            optimizer.zero_grad()
            nats = -(log_bins(*within(raw)) @ P_data)
            nats.backward()
            return nats

        optimizer.step(loss)
        found.append((float(loss().detach()), Theta(*within(raw.detach()).tolist())))
    return min(found)[1]
