"""Both ways of the bound against torch.distributions, chain by chain, and against each other on average."""

import json

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from ddpm_playground.core import ExactEps, make_schedule, posterior, step_coefficients, timestep_path
from ddpm_playground.lecture.terms import Terms, chains, standard_error, strided, terms, told
from ddpm_playground.ui.chapters.terms_page import TERMS, walked

LONG = make_schedule("linear")
PATH = timestep_path(1000, 6, "trailing")
SHORT = strided(LONG, PATH)
X_0 = torch.tensor([[[[0.4, -0.9], [0.1, 0.7]]]])


def both(num_chains: int) -> tuple[torch.Tensor, list, Terms]:
    """Chains of a picture of four pixels, with the exact predictor of three pictures, float32 as a network."""
    data = torch.cat([X_0, -X_0, X_0 * 0.3 + 0.2])
    predict = ExactEps(LONG, data, torch.full((3,), 0.02))
    xs = chains(SHORT, X_0, num_chains, 4)
    said = told(SHORT, predict, PATH, xs)
    return xs, said, terms(SHORT, xs, said)


def test_the_short_diffusion_has_the_marginals_and_posteriors_of_the_long_one() -> None:
    assert SHORT.alpha_bars.tolist() == pytest.approx(LONG.alpha_bars[list(reversed(PATH))].tolist(), rel=1e-12)
    x_t = torch.full((1, 2), 0.3, dtype=torch.float64)
    for i in range(2, SHORT.T + 1):
        t, s = PATH[SHORT.T - i], PATH[SHORT.T - i + 1]
        assert step_coefficients(SHORT, "ddpm", 0.0, i, i - 1) == pytest.approx(
            step_coefficients(LONG, "ddpm", 0.0, t, s), rel=1e-9
        )
        short, long = posterior(SHORT, x_t, -x_t, i, i - 1), posterior(LONG, x_t, -x_t, t, s)
        assert torch.allclose(short.mean, long.mean, rtol=1e-9)


def test_every_chain_has_the_log_ratio_of_its_joint_densities_both_ways() -> None:
    xs, said, found = both(5)
    betas, alpha_bars = SHORT.betas, SHORT.alpha_bars
    log_p = Normal(0.0, 1.0).log_prob(xs[-1]).flatten(1).sum(1)
    log_q = torch.zeros(5, dtype=torch.float64)
    for t in range(1, SHORT.T + 1):
        log_q += Normal((1 - betas[t]).sqrt() * xs[t - 1], betas[t].sqrt()).log_prob(xs[t]).flatten(1).sum(1)
        # Algorithm 2, line 4, from the clipped ε̂.
        mean = (xs[t] - betas[t] / (1 - alpha_bars[t]).sqrt() * said[t - 1].eps_hat) / (1 - betas[t]).sqrt()
        variance = (1 - alpha_bars[t - 1]) / (1 - alpha_bars[t]) * betas[t] if t > 1 else betas[1]
        log_p += Normal(mean, variance.sqrt()).log_prob(xs[t - 1]).flatten(1).sum(1)
    assert torch.allclose(found.as_it_stands, log_p - log_q, atol=1e-9)
    assert torch.allclose(found.regrouped, log_p - log_q, atol=1e-9)


def test_the_kls_are_those_of_torch_distributions() -> None:
    xs, said, found = both(3)
    betas, alpha_bars = SHORT.betas, SHORT.alpha_bars
    for t in range(2, SHORT.T + 1):
        sigma = ((1 - alpha_bars[t - 1]) / (1 - alpha_bars[t]) * betas[t]).sqrt()
        eps = (xs[t] - alpha_bars[t].sqrt() * xs[0]) / (1 - alpha_bars[t]).sqrt()
        means = [
            (xs[t] - betas[t] / (1 - alpha_bars[t]).sqrt() * e) / (1 - betas[t]).sqrt()
            for e in (eps, said[t - 1].eps_hat)
        ]
        expected = kl_divergence(Normal(means[0], sigma), Normal(means[1], sigma)).flatten(1).sum(1)
        assert torch.allclose(found.kls[t - 2], expected, rtol=1e-6, atol=1e-9)
    end = Normal(alpha_bars[-1].sqrt() * X_0.double(), (1 - alpha_bars[-1]).sqrt())
    assert found.l_T == pytest.approx(float(kl_divergence(end, Normal(0.0, 1.0)).sum()), rel=1e-6)


def test_the_form_with_kls_is_the_average() -> None:
    *_, found = both(4000)
    difference = found.as_it_stands - found.with_kls
    assert abs(float(difference.mean())) < 4 * standard_error(difference)
    step = found.sampled + found.kls
    assert torch.all(step.mean(1).abs() < 4.5 * step.std(1) / 4000**0.5)


def test_more_chains_keep_the_first_ones() -> None:
    few, many = walked(3, 4, 2), walked(3, 4, 11)
    assert torch.equal(few.xs, many.xs[:, :2]) and many.xs.shape[1] == 11
    assert torch.equal(few.said[2].eps_hat, many.said[2].eps_hat[:2]) and len(many.said) == 4


@pytest.mark.parametrize("values", [{"num_steps": 4, "num_chains": 2, "step": 20, "digit": 3}, {"num_steps": 4}])
def test_the_chapter_shows_finite_blocks_and_the_answer_that_the_chains_give(values: dict) -> None:
    asked = TERMS.read(values)
    shown = TERMS.shown(asked)
    json.dumps([shown.blocks, shown.because], allow_nan=False)
    schedule, _, xs, said = walked(asked["digit"], asked["num_steps"], asked["num_chains"])
    found = terms(schedule, xs, said)
    ratio = float(found.with_kls.std() / found.as_it_stands.std())
    assert shown.answer == (1 if ratio < 0.95 else 0 if ratio > 1 / 0.95 else 2)
    assert float((found.as_it_stands - found.regrouped).abs().max()) < 1e-8
