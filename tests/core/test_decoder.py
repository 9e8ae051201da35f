"""The decoder: 256 probabilities that sum to 1, and hold where the plain formula gives log 0."""

import math

import pytest
import torch
from torch.distributions import Normal

from ddpm_playground.core import Gaussian, discretised_log_likelihood, log_density

LEVELS = torch.arange(256, dtype=torch.float64) / 127.5 - 1


def cut(mean: float, variance: float, levels: int = 256) -> torch.Tensor:
    """log P of every level."""
    grid = torch.linspace(-1, 1, levels, dtype=torch.float64)
    gaussian = Gaussian(torch.full_like(grid, mean), torch.tensor(variance, dtype=torch.float64))
    return discretised_log_likelihood(grid, gaussian, levels)


@pytest.mark.parametrize("mean", [-3.0, -1.0, -0.2, 0.0, 1 / 255, 0.7, 1.0, 40.0])
@pytest.mark.parametrize("variance", [1e-8, 1e-4, 0.01, 1.0, 1e4])
def test_the_levels_sum_to_one(mean: float, variance: float) -> None:
    for levels in (2, 3, 256):
        log_p = cut(mean, variance, levels)
        assert bool(torch.isfinite(log_p).all()) and bool((log_p <= 0).all())
        assert float(log_p.exp().sum()) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("mean", [-0.5, 0.0, 0.31])
@pytest.mark.parametrize("sigma", [0.05, 0.3, 2.0])
def test_it_is_the_difference_of_two_cdfs(mean: float, sigma: float) -> None:
    normal = Normal(torch.tensor(mean, dtype=torch.float64), sigma)
    upper, lower = normal.cdf(LEVELS + 1 / 255), normal.cdf(LEVELS - 1 / 255)
    upper[-1], lower[0] = 1, 0
    seen = upper - lower > 1e-6  # beyond, the plain difference has lost its digits
    assert int(seen.sum()) > 40
    torch.testing.assert_close(cut(mean, sigma**2)[seen], (upper - lower).log()[seen], rtol=1e-9, atol=1e-9)


def test_far_away_it_is_the_tail() -> None:
    """Far from the mean the bin's edge nearest to it counts: log Φ(−z) → −z²/2 − log(z √(2π))."""
    log_p = cut(-1.0, 1e-4)
    for level in (100, 200, 255):
        z = (float(LEVELS[level]) - 1 / 255 + 1.0) / 0.01
        assert float(log_p[level]) == pytest.approx(-(z**2) / 2 - math.log(z * math.sqrt(2 * math.pi)), rel=1e-5)
    torch.testing.assert_close(cut(1.0, 1e-4), log_p.flip(0), rtol=1e-12, atol=1e-12)


def test_narrow_bins_are_the_density_times_their_width() -> None:
    gaussian = Gaussian(torch.zeros(1, dtype=torch.float64), torch.ones(1, dtype=torch.float64))
    x = torch.tensor([LEVELS[140]])
    assert float(discretised_log_likelihood(x, gaussian)) == pytest.approx(
        float(log_density(x, gaussian)) + math.log(2 / 255), abs=1e-5
    )
    want = Normal(0.3, 0.7).log_prob(torch.tensor(-0.4))
    got = log_density(torch.tensor(-0.4), Gaussian(torch.tensor(0.3), torch.tensor(0.49)))
    assert float(got) == pytest.approx(float(want), rel=1e-6)


def test_what_is_no_level_is_refused() -> None:
    gaussian = Gaussian(torch.zeros(1), torch.ones(1))
    for x in (0.001, 1.1, -1.01, math.nan):
        with pytest.raises(ValueError, match="one of 256 levels"):
            discretised_log_likelihood(torch.tensor([x]), gaussian)
    with pytest.raises(ValueError, match="levels must be at least 2"):
        discretised_log_likelihood(torch.zeros(1), gaussian, levels=1)
