"""The bound's terms, against torch.distributions and the weighted errors of Ho et al."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.distributions import Normal, kl_divergence

from ddpm_playground.core import (
    WEIGHTS,
    ExactEps,
    Gaussian,
    Ledger,
    Prediction,
    SeededNoise,
    bound_terms,
    discretised_log_likelihood,
    make_schedule,
    posterior_kl,
    prediction_from,
    prior_kl,
    prior_term,
    q_sample,
    rescale_zero_terminal_snr,
    schedule_from_betas,
)

from ..strategies import schedule_t_s, schedules

SHAPE = (3, 1, 2, 2)
PIXELS = (torch.arange(12, dtype=torch.float64) * 23 / 127.5 - 1).reshape(SHAPE)


def draws(seed: int, shape: tuple[int, ...] = SHAPE) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@settings(deadline=None, derandomize=True)
@given(schedules())
def test_the_prior_is_the_mean_kl_over_data(schedule):
    alpha_bar = schedule.alpha_bars[-1]
    x_0 = torch.tensor([-0.7, 0.1, 0.9], dtype=torch.float64)
    q = Normal(alpha_bar.sqrt() * x_0, (1 - alpha_bar).sqrt())
    want = kl_divergence(q, Normal(0.0, 1.0))
    assert prior_kl(schedule, float(x_0.square().mean())) == pytest.approx(
        float(want.mean()) / math.log(2), rel=1e-6, abs=1e-12
    )
    torch.testing.assert_close(prior_term(schedule, x_0[:, None]), want, rtol=1e-6, atol=1e-12)


def test_no_signal_costs_nothing_and_no_noise_everything():
    assert prior_kl(rescale_zero_terminal_snr(make_schedule("linear"))) == 0
    assert prior_kl(make_schedule("constant", 5, beta=0.0)) == math.inf


@pytest.mark.parametrize("power", [-1.0, math.nan, math.inf])
def test_bad_power_is_refused(power):
    with pytest.raises(ValueError, match="data_power must be"):
        prior_kl(make_schedule("linear"), power)


@settings(deadline=None, derandomize=True)
@given(schedule_t_s(min_s=1), st.floats(0, 1))
def test_a_step_s_term_is_torch_s_kl_between_the_papers_gaussians(drawn, w):
    """Ho et al. 2020, eq. 7 and 11, written out."""
    schedule, t, _ = drawn
    eps, eps_hat = draws(1), draws(2)
    x_t = q_sample(schedule, PIXELS, t, eps)
    beta, alpha = schedule.betas[t], schedule.alphas[t]
    bar, before = schedule.alpha_bars[t], schedule.alpha_bars[t - 1]
    tilde = (1 - before) / (1 - bar) * beta
    q = Normal(
        before.sqrt() * beta / (1 - bar) * PIXELS + alpha.sqrt() * (1 - before) / (1 - bar) * x_t, tilde.sqrt()
    )
    p = Normal((x_t - beta / (1 - bar).sqrt() * eps_hat) / alpha.sqrt(), (tilde ** (1 - w) * beta**w).sqrt())
    got = posterior_kl(schedule, PIXELS, x_t, t, prediction_from(schedule, "epsilon", x_t, t, eps_hat), w)
    torch.testing.assert_close(got, kl_divergence(q, p).flatten(1).sum(1), rtol=1e-6, atol=1e-9)


@settings(deadline=None, derandomize=True)
@given(schedule_t_s(min_s=1))
def test_it_is_the_weighted_error_and_a_constant(drawn):
    """Ho et al. 2020, eq. 12, with its C: ½ (β̃/β − 1 − log β̃/β) a dimension, which ε̂ has no part in."""
    schedule, t, _ = drawn
    eps, eps_hat = draws(1), draws(2)
    x_t = q_sample(schedule, PIXELS, t, eps)
    got = posterior_kl(schedule, PIXELS, x_t, t, prediction_from(schedule, "epsilon", x_t, t, eps_hat), w=1.0)
    ratio = schedule.beta_tildes[t] / schedule.betas[t]
    constant = 4 * 0.5 * (ratio - 1 - ratio.log())
    error = (eps - eps_hat).square().flatten(1).sum(1)
    torch.testing.assert_close(got, WEIGHTS["bound"](schedule)[t - 1] * error + constant, rtol=1e-6, atol=1e-9)


def test_the_first_term_is_the_decoder_s_at_beta_1():
    schedule, noise = make_schedule("linear", 10), SeededNoise(5, range(3), SHAPE[1:])
    exact = ExactEps(schedule, PIXELS)
    (term,) = bound_terms(schedule, exact, PIXELS, noise, ts=[1], w=0.0)
    eps = SeededNoise(5, range(3), SHAPE[1:])().double()
    x_hat_0 = exact(q_sample(schedule, PIXELS, 1, eps), torch.ones(3, dtype=torch.int64)).x_hat_0
    want = -discretised_log_likelihood(PIXELS, Gaussian(x_hat_0.clamp(-1, 1), schedule.betas[1]))
    torch.testing.assert_close(term.nats, want.sum((1, 2, 3)))
    torch.testing.assert_close(term.bits_per_dim, want.mean((1, 2, 3)) / math.log(2))
    torch.testing.assert_close(term.x_0_mse, (x_hat_0.clamp(-1, 1) - PIXELS).square().mean((1, 2, 3)))


def test_clipping_reaches_the_terms_and_both_errors():
    """A prediction of x̂_0 = 3 counts as 1, and ε̂ is what goes with 1."""
    schedule = make_schedule("linear", 10)

    def three(x_t: torch.Tensor, t: torch.Tensor, label: torch.Tensor | None = None) -> Prediction:
        return prediction_from(schedule, "sample", x_t, t, torch.full_like(x_t, 3.0))

    def of(clip_x_0: bool):
        noise = SeededNoise(0, range(3), SHAPE[1:])
        return list(bound_terms(schedule, three, PIXELS, noise, ts=[4], clip_x_0=clip_x_0))[0]

    ratio = schedule.snr[4]  # ‖ε − ε̂‖² = SNR ‖x_0 − x̂_0‖²
    for clip_x_0, x_hat_0 in ((True, 1.0), (False, 3.0)):
        term, want = of(clip_x_0), (PIXELS - x_hat_0).square().mean((1, 2, 3))
        torch.testing.assert_close(term.x_0_mse, want)
        torch.testing.assert_close(term.eps_mse, ratio * want)
    assert bool((of(True).nats < of(False).nats).all())


def test_the_ledger_adds_up():
    schedule = make_schedule("cosine", 12)
    exact = ExactEps(schedule, PIXELS)

    def ledger(indices: range) -> Ledger:
        x_0 = PIXELS[indices.start : indices.stop]
        return Ledger.of(schedule, x_0, bound_terms(schedule, exact, x_0, SeededNoise(1, indices, SHAPE[1:])))

    whole = ledger(range(3))
    noise = SeededNoise(1, range(3), SHAPE[1:])
    terms = list(bound_terms(schedule, exact, PIXELS, noise))
    by_hand = (prior_term(schedule, PIXELS) + sum(term.nats for term in terms)) / (4 * math.log(2))
    torch.testing.assert_close(whole.totals, by_hand, rtol=0, atol=1e-6)
    assert whole.vb.shape == whole.eps_mse.shape == whole.x_0_mse.shape == (12,)
    assert whole.total_bpd == pytest.approx(whole.prior_bpd + float(whole.vb.sum()), abs=1e-6)
    assert whole.total_bpd == pytest.approx(float(by_hand.mean()), abs=1e-6)
    spread = sum((float(total) - whole.total_bpd) ** 2 for total in by_hand) / 2
    assert whole.standard_error == pytest.approx(math.sqrt(spread / 3))
    parts = Ledger.joined([ledger(range(2)), ledger(range(2, 3))])
    for name in ("prior", "terms", "eps_mse", "x_0_mse"):
        torch.testing.assert_close(getattr(parts, name), getattr(whole, name), rtol=1e-9, atol=1e-12)


def test_what_has_no_bound_is_refused():
    schedule, noise = make_schedule("linear", 5), SeededNoise(0, range(3), SHAPE[1:])
    exact = ExactEps(schedule, PIXELS)
    with pytest.raises(ValueError, match="float64"):
        next(bound_terms(schedule, exact, PIXELS.float(), noise))
    with pytest.raises(ValueError, match=r"\(B,\*D\)"):
        prior_term(schedule, PIXELS.flatten())
    with pytest.raises(ValueError, match=r"t must be in \[2, 5\], got 1"):
        posterior_kl(schedule, PIXELS, PIXELS, 1, Prediction(PIXELS, PIXELS))
    with pytest.raises(ValueError, match="terms of t = 1…5"):
        Ledger.of(schedule, PIXELS, bound_terms(schedule, exact, PIXELS, noise, ts=[1, 2]))
    still = schedule_from_betas([0.1, 0.0, 0.2])
    with pytest.raises(ValueError, match="got 0 at t = 2"):
        list(bound_terms(still, ExactEps(still, PIXELS), PIXELS, noise))
