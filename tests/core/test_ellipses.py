"""Mixtures of Gaussians of any covariance: the score is the gradient of the density, and round ones are as before."""

import pytest
import torch

from ddpm_playground.core import Ellipses, ExactEps, make_schedule, score_from_eps

SCHEDULE = make_schedule("linear", 100)
G = torch.Generator().manual_seed(1)
MEANS = torch.randn(3, 2, generator=G, dtype=torch.float64)
HALVES = 0.5 * torch.randn(3, 2, 2, generator=G, dtype=torch.float64)
COVARIANCES = HALVES @ HALVES.mT
WEIGHTS = torch.tensor([0.2, 0.5, 0.3], dtype=torch.float64)
X = torch.randn(20, 2, generator=G, dtype=torch.float64)


@pytest.mark.parametrize("t", [1, 30, 100])
def test_the_score_is_the_gradient_of_the_log_density(t: int) -> None:
    predict = ExactEps(SCHEDULE, MEANS, weights=WEIGHTS, covariances=COVARIANCES)
    x = X.clone().requires_grad_()
    predict.log_q(x, t).sum().backward()
    score = score_from_eps(SCHEDULE, t, predict(X, t).eps_hat)
    torch.testing.assert_close(score, x.grad, atol=1e-9, rtol=1e-9)


def test_the_density_is_that_of_torch() -> None:
    alpha_bar = SCHEDULE.alpha_bars[40]
    own = torch.distributions.MultivariateNormal(
        alpha_bar.sqrt() * MEANS, alpha_bar * COVARIANCES + (1 - alpha_bar) * torch.eye(2, dtype=torch.float64)
    )
    wanted = torch.logsumexp(WEIGHTS.log() + own.log_prob(X[:, None]), 1)
    found = ExactEps(SCHEDULE, MEANS, weights=WEIGHTS, covariances=COVARIANCES).log_q(X, 40)
    torch.testing.assert_close(found, wanted)


@pytest.mark.parametrize("times", [7, torch.arange(1, 21)])
def test_round_ones_are_those_of_variances(times: int | torch.Tensor) -> None:
    variances = torch.tensor([0.0, 0.1, 0.4], dtype=torch.float64)
    round_ones = variances[:, None, None] * torch.eye(2, dtype=torch.float64)
    one = ExactEps(SCHEDULE, MEANS, variances, WEIGHTS)(X, times)
    other = ExactEps(SCHEDULE, MEANS, weights=WEIGHTS, covariances=round_ones)(X, times)
    torch.testing.assert_close(one.eps_hat, other.eps_hat)
    torch.testing.assert_close(one.x_hat_0, other.x_hat_0)


def test_draws_have_their_mean_and_covariance() -> None:
    drawn = Ellipses(MEANS, COVARIANCES).draw(torch.full((20_000,), 1), torch.Generator().manual_seed(0))
    torch.testing.assert_close(drawn.mean(0), MEANS[1], atol=0.02, rtol=0)
    torch.testing.assert_close(drawn.T.cov(), COVARIANCES[1], atol=0.02, rtol=0.05)


@pytest.mark.parametrize(
    "wrong", [COVARIANCES[:2], -COVARIANCES, COVARIANCES + torch.tensor([[0.0, 1.0], [0.0, 0.0]]), COVARIANCES / 0]
)
def test_what_is_no_covariance_is_refused(wrong: torch.Tensor) -> None:
    with pytest.raises(ValueError, match="covariances must"):
        ExactEps(SCHEDULE, MEANS, covariances=wrong)
