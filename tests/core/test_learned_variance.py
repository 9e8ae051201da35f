"""σ² that a network says: read as diffusers reads it, at home in the chain and in the bound."""

import math

import pytest
import torch
from diffusers import DDPMScheduler

from ddpm_playground.core import (
    Prediction,
    Said,
    SpreadPrediction,
    bound_terms,
    discretised_log_likelihood,
    joined_prediction,
    learned_variance,
    make_schedule,
    mapped_prediction,
    posterior_kl,
    prediction_from,
    reverse,
    reverse_gaussian,
    said_of,
    variance_range,
)

T = 40
SCHEDULE = make_schedule("linear", T)


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("kind", ["learned_range", "learned"])
@pytest.mark.parametrize("num_steps", [T, 8])
def test_sigma_is_diffusers(kind: str, num_steps: int) -> None:
    """The scheduler's own variance, in logarithms where it keeps it so, for v in and beyond [−1, 1]."""
    scheduler = DDPMScheduler(T, variance_type=kind)
    scheduler.set_timesteps(num_steps)
    said = drawn(2, 3, 4, 4).abs() * 0.01 if kind == "learned" else drawn(2, 3, 4, 4)
    path = [*(int(t) + 1 for t in scheduler.timesteps), 0]
    for t, s in zip(path[:-2], path[1:-1], strict=True):
        theirs = scheduler._get_variance(t - 1, predicted_variance=said)  # type: ignore[arg-type]
        ours = learned_variance(Said(said, kind), variance_range(SCHEDULE, t, s))
        torch.testing.assert_close(
            ours, theirs if kind == "learned" else theirs.exp(), rtol=1e-3, atol=0
        )  # their tables are float32


def test_the_ends_are_beta_tilde_and_beta() -> None:
    """v = −1 is β̃ and v = 1 is β; at t = 1 β̃_2 stands for β̃_1 = 0 (Nichol & Dhariwal 2021)."""
    for t in (1, 2, 17, T):
        small, large = (
            float(learned_variance(Said(torch.full((1, 1), v), "learned_range"), variance_range(SCHEDULE, t, t - 1)))
            for v in (-1.0, 1.0)
        )
        assert large == pytest.approx(float(SCHEDULE.betas[t]), rel=1e-5)
        of = max(t, 2)
        tilde = SCHEDULE.betas[of] * (1 - SCHEDULE.alpha_bars[of - 1]) / (1 - SCHEDULE.alpha_bars[of])
        assert small == pytest.approx(float(tilde), rel=1e-5)
    lone = make_schedule("constant", 1, beta=0.3)
    assert float(variance_range(lone, 1, 0).log_small.exp()) == pytest.approx(0.3)


def test_a_negative_variance_and_an_unknown_kind_are_refused() -> None:
    with pytest.raises(ValueError, match="it says -0.5, which is less than 0 and makes NaN in diffusers too"):
        learned_variance(Said(torch.tensor([[-0.5]]), "learned"), variance_range(SCHEDULE, 5, 4))
    with pytest.raises(ValueError, match="unknown variance_type 'fixed'; choose one of learned, learned_range"):
        learned_variance(Said(torch.zeros(1, 1), "fixed"), variance_range(SCHEDULE, 5, 4))


class Speaks:
    """Says ε̂ = x_t / 2 and v = the sign of x_t."""

    def __call__(self, x_t, t, label=None):  # noqa: ANN001, ANN204
        raw = prediction_from(SCHEDULE, "epsilon", x_t, t, x_t / 2)
        return SpreadPrediction(*raw, Said(x_t.sign(), "learned_range"))


def test_the_chain_takes_it_in_ddpm_alone_and_not_in_the_last_step() -> None:
    zeros = torch.zeros(2, 1, 2, 2)
    x_T = drawn(2, 1, 2, 2)
    steps = list(reverse(SCHEDULE, Speaks(), x_T, (T, 20, 0), lambda: zeros))
    ends = variance_range(SCHEDULE, T, 20)
    torch.testing.assert_close(steps[0].variance, torch.where(x_T > 0, ends.log_large, ends.log_small).exp().float())
    torch.testing.assert_close(steps[0].x_s, steps[0].mean)
    assert float(steps[1].variance) == 0.0
    ddim = next(reverse(SCHEDULE, Speaks(), x_T, (T, 0), lambda: zeros, sampler="ddim"))
    assert ddim.variance.ndim == 0
    plain = next(reverse(SCHEDULE, lambda *a: Prediction(*Speaks()(*a)), x_T, (T, 0), lambda: zeros))
    torch.testing.assert_close(plain.mean, list(reverse(SCHEDULE, Speaks(), x_T, (T, 0), lambda: zeros))[0].mean)


@pytest.mark.parametrize("t", [1, 2, T])
def test_the_bound_has_it_in_every_term(t: int) -> None:
    x_0 = (torch.arange(8, dtype=torch.float64).reshape(2, 1, 2, 2) * 30 / 127.5) - 1
    eps = drawn(2, 1, 2, 2).double()
    (term,) = bound_terms(SCHEDULE, Speaks(), x_0, lambda: eps, ts=[t], clip_x_0=False)
    x_t = SCHEDULE.alpha_bars[t].sqrt() * x_0 + (1 - SCHEDULE.alpha_bars[t]).sqrt() * eps
    raw = Speaks()(x_t, torch.full((2,), t))
    said = said_of(raw)
    if t > 1:
        expected = posterior_kl(SCHEDULE, x_0, x_t, t, raw, said=said)
        assert not torch.allclose(expected, posterior_kl(SCHEDULE, x_0, x_t, t, raw))
    else:
        expected = (
            -discretised_log_likelihood(x_0, reverse_gaussian(SCHEDULE, x_t, 1, raw, said=said)).flatten(1).sum(1)
        )
    torch.testing.assert_close(term.nats, expected)
    assert bool((term.bits_per_dim * 4 * math.log(2) - term.nats).abs().max() < 1e-12)


def test_what_is_said_is_moved_and_joined_with_the_rest() -> None:
    one = Speaks()(drawn(2, 1, 2, 2), torch.full((2,), 5))
    eps_hat, x_hat_0 = one  # unpacks as any other
    both = joined_prediction([one, one], torch.cat)
    assert said_of(both).value.shape == (4, 1, 2, 2) and torch.equal(both.eps_hat[:2], eps_hat)  # type: ignore[union-attr]
    moved = mapped_prediction(one, lambda a: a.double())
    assert said_of(moved).value.dtype == moved.x_hat_0.dtype == torch.float64  # type: ignore[union-attr]
    assert said_of(mapped_prediction(Prediction(eps_hat, x_hat_0), lambda a: a)) is None
