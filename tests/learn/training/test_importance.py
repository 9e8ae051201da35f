"""Which t L_vlb alone is trained on, beside the same computed term by term."""

import math
from collections.abc import Callable

import pytest
import torch

from ddpm_playground.learn.data.pictures import load_pictures
from ddpm_playground.learn.training.algorithm_1 import draw_t
from ddpm_playground.learn.training.importance import KEPT, UNIFORM, Importance
from ddpm_playground.learn.training.resuming import restore, state_of
from ddpm_playground.learn.training.settings import Settings
from ddpm_playground.learn.training.trainer import Trainer
from tests.learn.training.test_training import tiny

T = 5


def full() -> tuple[Importance, list[list[float]]]:
    """One that has seen 300 terms, some t several times in a batch, and all of them by t."""
    found, generator = Importance(T), torch.Generator().manual_seed(1)
    by_t: list[list[float]] = [[] for _ in range(T)]
    for _ in range(20):
        t = torch.randint(1, T + 1, (15,), generator=generator)
        terms = torch.rand(15, generator=generator) * t**2
        found.note(t, terms)
        for one, term in zip(t.tolist(), terms.tolist(), strict=True):
            by_t[one - 1].append(term)
    return found, by_t


def test_p_is_that_of_the_last_ten_terms() -> None:
    found, by_t = full()
    rms = [math.sqrt(sum(term**2 for term in terms[-10:]) / 10) for terms in by_t]
    expected = [0.999 * one / sum(rms) + 0.001 / T for one in rms]
    assert KEPT == 10 and UNIFORM == 0.001 and found.p is not None
    assert found.p.tolist() == pytest.approx(expected, rel=1e-12) and expected[-1] > 5 * expected[0]


def test_it_is_uniform_until_every_t_has_ten() -> None:
    found = Importance(T)
    found.note(torch.arange(1, T + 1).repeat(9), torch.arange(1.0, 9 * T + 1))
    found.note(torch.arange(2, T + 1), torch.ones(T - 1))
    assert found.p is None and found.weight(None, torch.tensor([3, 1])).tolist() == [1, 1]
    found.note(torch.tensor([1, 1]), torch.tensor([math.nan, math.inf]))
    assert found.p is None
    found.note(torch.tensor([1]), torch.tensor([2.0]))
    assert found.p is not None and float(found.p.sum()) == pytest.approx(1, abs=1e-12)


def test_the_estimate_is_unbiased() -> None:
    """Σ p_t w_t L_t is the mean of L_t, and t come as often as p_t says."""
    (found, _), terms = full(), torch.tensor([3.0, 0.1, 7.0, 2.0, 0.5])
    p, t = found.p, torch.arange(1, T + 1)
    assert p is not None
    assert float((p * found.weight(p, t) * terms).sum()) == pytest.approx(float(terms.mean()), rel=1e-6)
    spread = draw_t(T, 4000, torch.Generator().manual_seed(2), "stratified", p).bincount(minlength=T + 1)[1:]
    assert bool(((spread - 4000 * p).abs() <= 1).all())
    each = draw_t(T, 4000, torch.Generator().manual_seed(2), "uniform", p).bincount(minlength=T + 1)[1:]
    assert bool(((each - 4000 * p).abs() < 5 * (4000 * p * (1 - p)).sqrt()).all())


def test_a_training_draws_and_weighs_by_it_and_resumes_bit_by_bit(idx_folder: Callable[..., object]) -> None:
    folder = idx_folder(size=4)
    settings = tiny(folder, T=4, steps=9, batch_size=8, variance="learned", objective="vlb")
    pictures = load_pictures(folder)
    whole, stopped, resumed = (Trainer(settings, pictures) for _ in range(3))
    own = whole.importance
    assert own is not None
    for _ in range(5):  # two of each t in a batch
        assert own.p is None and whole.batch(whole.step).weight.unique().tolist() == [1]
        whole.advance()
        stopped.advance()
    p, batch = own.p, whole.batch(whole.step)
    assert p is not None and p.unique().numel() == 4
    torch.testing.assert_close(batch.weight.double(), 1 / (4 * p[batch.t - 1]), rtol=1e-6, atol=0)
    with torch.no_grad():
        errors = whole._errors(whole.unet, batch)
    assert errors.bound is not None and torch.equal(errors.lowered, batch.weight * errors.bound)
    whole.advance()
    stopped.advance()
    place = int(batch.t[-1]) - 1
    assert own.terms[place, (own.seen[place] - 1) % KEPT] == pytest.approx(float(errors.bound[-1]), rel=1e-5)

    tensors, facts = state_of(stopped)
    restore(resumed, {name: tensor.clone() for name, tensor in tensors.items()}, facts)
    for one in (whole, resumed):
        for _ in one:
            pass
    left, right = state_of(whole)[0], state_of(resumed)[0]
    assert "importance.terms" in left and left.keys() == right.keys()
    assert all(torch.equal(left[name], right[name]) for name in left)


def test_l_vlb_alone_is_drawn_so_and_no_other(idx_folder: Callable[..., object]) -> None:
    folder = idx_folder()
    assert Settings().objective == "hybrid"
    assert Trainer(tiny(folder, variance="learned"), load_pictures(folder)).importance is None
