"""The estimated bound against the whole one, and what its chapter adds up."""

import json
import math

import pytest
import torch

from ddpm_playground.core import ExactEps, Ledger, SeededNoise, bound_terms, make_schedule
from ddpm_playground.lecture.partial_ledger import Remembered, estimated_bound, filled, spread_ts
from ddpm_playground.ui.chapters.ledger_page import LEDGER, _asked, command_of

T = 200
SCHEDULE = make_schedule("linear", T, beta_start=5e-4, beta_end=0.1)
LEVELS = (torch.arange(24, dtype=torch.float64) * 10 / 127.5 - 1).reshape(6, 1, 2, 2)
EXACT = ExactEps(SCHEDULE, LEVELS * 0.9, torch.full((6,), 0.05, dtype=torch.float64))


def noise() -> SeededNoise:
    return SeededNoise(3, range(6), (1, 2, 2))


def estimate(ts, w=1.0):
    return estimated_bound(SCHEDULE, EXACT, LEVELS, noise(), ts, w=w)


@pytest.mark.parametrize("w", [0.0, 1.0])
def test_with_every_t_it_is_the_bound(w):
    want = Ledger.of(SCHEDULE, LEVELS, bound_terms(SCHEDULE, EXACT, LEVELS, noise(), w=w))
    found = estimate(range(1, T + 1), w)
    torch.testing.assert_close(found.ledger.totals, want.totals, rtol=1e-12, atol=0)
    torch.testing.assert_close(found.ledger.x_0_mse, want.x_0_mse, rtol=1e-12, atol=0)
    brute = [sum(float(want.vb[t - 1]) for t in range(2, T + 1) if math.ceil(4 * t / T) == k) for k in (1, 2, 3, 4)]
    assert found.quarters.tolist() == pytest.approx(brute, rel=1e-9)


def test_with_some_t_it_is_near_and_adds_up():
    # The same ε at every t, so that what differs is the quadrature alone.
    eps = noise()()
    whole = Ledger.of(SCHEDULE, LEVELS, bound_terms(SCHEDULE, EXACT, LEVELS, lambda: eps)).total_bpd
    found = estimated_bound(SCHEDULE, EXACT, LEVELS, lambda: eps, spread_ts(T, 24))
    assert found.ledger.total_bpd == pytest.approx(whole, rel=0.02)
    parts = float(found.ledger.vb[0]) + float(found.quarters.sum()) + found.ledger.prior_bpd
    assert parts == pytest.approx(found.ledger.total_bpd, abs=1e-9)
    assert found.rougher == pytest.approx(whole, rel=0.1) and found.rougher != found.ledger.total_bpd


@pytest.mark.parametrize(("last", "count"), [(1000, 8), (1000, 64), (1000, 1000), (5, 4), (3, 3), (1000, 3)])
def test_the_spread_keeps_both_ends_and_its_count(last, count):
    ts = spread_ts(last, count)
    assert ts[:2] == (1, 2) and ts[-1] == last and len(ts) == count
    assert all(b > a for a, b in zip(ts, ts[1:], strict=False))


def test_a_spread_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match=r"\[3, 10\]"):
        spread_ts(10, 11)


def test_a_straight_line_is_filled_exactly_and_the_first_entry_is_left_out_of_it():
    every = torch.arange(1, 101, dtype=torch.float64)
    law = 3 * (every * (6 * every / 100).exp()) ** -1.7
    given = law[[t - 1 for t in (1, 2, 9, 100)]].clone()
    given[0] = 55.0
    found = filled((1, 2, 9, 100), given, 100)
    assert float(found[0]) == 55
    torch.testing.assert_close(found[1:], law[1:], rtol=1e-12, atol=0)


def test_what_was_said_is_asked_once():
    calls = []

    def predict(x_t, t, label=None):
        calls.append(int(t[0]))
        return EXACT(x_t, t)

    remembered = Remembered(predict)
    first, second = (estimated_bound(SCHEDULE, remembered, LEVELS, noise(), spread_ts(T, 8), w=w) for w in (1.0, 0.0))
    assert calls == list(spread_ts(T, 8))
    want = estimate(spread_ts(T, 8), 0.0)
    torch.testing.assert_close(second.ledger.terms, want.ledger.terms)
    assert bool((second.ledger.terms[:, 0] == first.ledger.terms[:, 0]).all())


@pytest.mark.parametrize("raw", [{"num_ts": 8, "num_images": 2}, {"num_ts": 8, "num_images": 2, "sigma": "beta_tilde"}])
def test_the_chapter_adds_up_and_its_answer_is_the_largest_entry(raw):
    shown = LEDGER.shown(LEDGER.read(raw))
    json.dumps(shown.blocks, allow_nan=False)
    because = {key: float(shown.because["values"][key]) for key in ("L_0", "first", "rest", "L_T")}
    assert list(because.values()).index(max(because.values())) == shown.answer
    rows = shown.blocks[1]["rows"]
    values = [_plain(row["value"]) for row in rows[:7]]
    assert sum(value for value, _ in values[:6]) == pytest.approx(values[6][0], abs=0.1 * values[6][1])


def test_an_estimate_that_is_kept_brings_its_pictures():
    """Answers of the network are kept for fewer settings than estimates are."""
    raw = LEDGER.read({"num_ts": 8, "num_images": 2})
    before = LEDGER.shown(raw).blocks
    _asked.cache_clear()
    assert LEDGER.shown(raw).blocks == before


def _plain(value: str) -> tuple[float, float]:
    """A number and its error from their TeX."""
    mantissa, _, power = value.partition(r"\times10^{")
    number, _, error = mantissa.strip("()").partition(r"\pm")
    unit = 10.0 ** int(power.rstrip("}") or 0)
    return float(number) * unit, float(error or 0) * unit


def test_the_quarters_know_how_wrong_they_are():
    """With 16 of 1,000 t against all of them on the very digits (evaluate --bound --num-images 4 --seed 0)."""
    rows = LEDGER.shown(LEDGER.read({})).blocks[1]["rows"]
    for row, truth in zip(rows[3:5], (0.0092, 0.0005), strict=True):
        value, error = _plain(row["value"])
        assert abs(value - truth) < 2 * error < truth, row
        assert len(row["value"]) < 26


def test_the_command_is_one_that_the_command_line_reads():
    import argparse

    from ddpm_playground.commands import evaluate

    parser = argparse.ArgumentParser()
    evaluate.add_arguments(parser)
    said = command_of(4, 2).split()
    assert said[:4] == ["python", "-m", "ddpm_playground", "evaluate"]
    read = parser.parse_args(said[4:])
    assert read.bound and (read.num_images, read.seed) == (4, 2)
