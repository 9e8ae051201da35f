"""One-dimensional data whose density is known, and an ε-network small enough to be trained while one waits."""

from typing import NamedTuple

import torch
from torch.distributions import Categorical, MixtureSameFamily, Normal
from torch.nn.functional import linear, silu

from ..core import ExactEps, Level, Prediction, Schedule, eps_from_v, gather, level, prediction_from, q_sample
from ..learn.training.algorithm_1 import gradient_step

WIDTH, BATCH, STEPS, LEARNING_RATE = 64, 256, 600, 1.6e-2
FIRST_SPREAD = 3.0
# log SNR is told to the network in this unit, so that it is of the size of x.
LOG_SNR_UNIT = 4.0


class Mixture(NamedTuple):
    """Σ_k w_k N(μ_k, σ_k²) on a line; means, variances and weights are (K,), float64."""

    means: torch.Tensor
    variances: torch.Tensor
    weights: torch.Tensor

    @property
    def density(self) -> MixtureSameFamily:
        """The distribution itself, for its log_prob and cdf."""
        return MixtureSameFamily(Categorical(self.weights), Normal(self.means, self.variances.sqrt()))

    def exact_eps(self, schedule: Schedule) -> ExactEps:
        """E[ε | x_t], the best ε̂ there can be."""
        return ExactEps(schedule, self.means[:, None], self.variances, self.weights)

    def sample(self, num_samples: int, generator: torch.Generator) -> torch.Tensor:
        """x_0 ~ q(x_0), (num_samples, 1), float64."""
        k = torch.multinomial(self.weights, num_samples, replacement=True, generator=generator)
        z = torch.randn(num_samples, generator=generator, dtype=torch.float64)
        return (self.means[k] + self.variances[k].sqrt() * z)[:, None]


# Of mean 0 and variance 1, the unit-variance data that a variance-preserving chain is made for.
DATA = Mixture(
    means=torch.tensor([-1.15, 0.2, 1.05], dtype=torch.float64),
    variances=torch.tensor([0.0225, 0.02, 0.0225], dtype=torch.float64),
    weights=torch.tensor([0.4, 0.2, 0.4], dtype=torch.float64),
)


class SmallEps:
    """ε_θ(x_t, log SNR(t)) with two hidden layers: an EpsPredictor for numbers, (B,1).

    It is told the noise level and not t, so it can be asked along any schedule whose levels it has seen. Its output is
    v, from which ε̂ follows; so x̂_0 stays as good at ᾱ_t near 0, where ε̂ would be divided by √ᾱ_t.

    Args:
        schedule: whose t it is asked with.
        layers: weight and bias of each layer.
    """

    def __init__(self, schedule: Schedule, layers: list[torch.Tensor]) -> None:
        self.schedule, self.layers = schedule, layers

    def on(self, schedule: Schedule) -> "SmallEps":
        """The same network, asked with the t of another schedule."""
        return SmallEps(schedule, self.layers)

    def double(self) -> "SmallEps":
        """The same network in float64, for integrals of what it says."""
        return SmallEps(self.schedule, [layer.double() for layer in self.layers])

    def told(self, x_t: torch.Tensor, t: int | torch.Tensor) -> torch.Tensor:
        """What goes in: x_t and the log SNR of t, (B,2), of the layers' type."""
        log_snr = gather(self.schedule.log_snr, t, low=1).to(self.layers[0]).reshape(-1, 1) / LOG_SNR_UNIT
        return torch.cat([x_t.to(log_snr), log_snr.expand(len(x_t), 1)], 1)

    def v(self, told: torch.Tensor) -> torch.Tensor:
        """What the last layer says, (B,1), of the layers' type."""
        h = told
        *hidden, weight, bias = self.layers
        for w, b in zip(hidden[::2], hidden[1::2], strict=True):
            h = silu(linear(h, w, b))
        return linear(h, weight, bias)

    @torch.no_grad()
    def __call__(self, x_t: torch.Tensor, t: int | torch.Tensor, label: torch.Tensor | None = None) -> Prediction:
        """ε̂ and the x̂_0 that it implies, (B,1)."""
        return prediction_from(self.schedule, "v_prediction", x_t, t, self.v(self.told(x_t, t)).to(x_t))


def train_small(schedule: Schedule, data: Mixture, seed: int, num_steps: int = STEPS) -> SmallEps:
    """Algorithm 1 of Ho et al. (2020) with Adam, on fresh draws from `data` in every step.

    Args:
        schedule: gives the x_t.
        data: what q(x_0) is.
        seed: of the first weights and of all draws.
        num_steps: gradient steps; the learning rate falls to 0 along a line.
    """
    generator = torch.Generator().manual_seed(seed)
    sizes, layers = (2, WIDTH, WIDTH, 1), []
    for fan_in, fan_out in zip(sizes, sizes[1:], strict=False):
        # The first layer's bends must lie all over the data, so its biases are spread too.
        spread = FIRST_SPREAD if fan_in == 2 else 0.0
        layers += [
            torch.randn(fan_out, fan_in, generator=generator) * (spread or fan_in**-0.5),
            torch.randn(fan_out, generator=generator) * spread,
        ]
    network = SmallEps(schedule, [layer.requires_grad_() for layer in layers])
    optimizer = torch.optim.Adam(network.layers, LEARNING_RATE, fused=True)
    x_0 = data.sample(num_steps * BATCH, generator).float()
    eps = torch.randn(x_0.shape, generator=generator)
    t = torch.randint(1, schedule.T + 1, (len(x_0),), generator=generator)
    # All levels and inputs at once: in a loop of small steps, looking them up would take most of the time.
    x_t = q_sample(schedule, x_0, t, eps)
    told, (signal, noise) = network.told(x_t, t), level(schedule, t, x_t)
    for done, at in enumerate(torch.arange(len(x_0)).split(BATCH)):
        eps_hat = eps_from_v(schedule, x_t[at], Level(signal[at], noise[at]), network.v(told[at]))
        optimizer.param_groups[0]["lr"] = LEARNING_RATE * (1 - done / num_steps)
        gradient_step(network.layers, [optimizer], (eps[at] - eps_hat).square().mean(1))
    return SmallEps(schedule, [layer.detach() for layer in network.layers])
