"""Coefficients that are measured of a scheduler's step, against the papers' own."""

import math

import pytest
import torch

from ddpm_playground.bridge.found_samplers import FOUND_SAMPLERS
from ddpm_playground.bridge.known_lines import KnownLines, known_lines
from ddpm_playground.core import Sampling, make_schedule

SCHEDULE = make_schedule("linear", 100)
pytestmark = [pytest.mark.usefixtures("one_thread"), pytest.mark.filterwarnings("ignore")]


def found(name: str, num_steps: int = 8, **options: object) -> KnownLines:
    return known_lines(
        FOUND_SAMPLERS[name], SCHEDULE, Sampling(name, num_steps=num_steps, options=tuple(options.items()))
    )


def level(t: int) -> tuple[float, float, float]:
    """√ᾱ_t, √(1 − ᾱ_t) and λ_t."""
    signal, noise = float(SCHEDULE.alpha_bars[t]) ** 0.5, float(1 - SCHEDULE.alpha_bars[t]) ** 0.5
    return signal, noise, math.log(signal / noise) if noise else math.inf


def test_dpm_solver_pp_2m_is_the_papers() -> None:
    """Lu et al. 2022 (DPM-Solver++), algorithm 2: D = (1 + 1/2r) x̂_0 − 1/2r x̂_0 of one step ago."""
    rows = list(found("DPMSolverMultistepScheduler", timestep_spacing="leading").numbers.items())
    assert len(rows) == 8 and all(row.measured for _, row in rows)
    ((before, _), _), ((t, s), row) = rows[2:4]
    signal, noise, lamb = level(s)
    h, h_before = lamb - level(t)[2], level(t)[2] - level(before)[2]
    of_d, half = signal * -math.expm1(-h), h / h_before / 2  # 1/2r of r = h_before/h
    assert row.coefficients == pytest.approx((of_d * (1 + half), noise / level(t)[1], 0.0), abs=1e-4)
    assert row.earlier == pytest.approx((-of_d * half,), abs=1e-4) and not row.earlier_eps and row.sigma == 0


def test_ancestral_euler_keeps_the_level_of_where_it_goes() -> None:
    """x_s of x_0 and ε alone: √ᾱ_s of the one, and noise of the other and of z together with variance 1 − ᾱ_s."""
    rows = found("EulerAncestralDiscreteScheduler", timestep_spacing="leading").numbers
    for (t, s), row in list(rows.items())[:-1]:
        of_x_0, of_x_t, of_eps = row.coefficients
        signal, noise, _ = level(t)
        assert of_eps == 0 and of_x_0 + of_x_t * signal == pytest.approx(level(s)[0], abs=1e-3)
        assert math.hypot(of_x_t * noise, row.sigma) == pytest.approx(level(s)[1], abs=1e-3) and row.sigma > 0


@pytest.mark.parametrize(
    ("name", "of_eps", "most"),
    [("DEISMultistepScheduler", True, 1), ("LMSDiscreteScheduler", True, 3), ("UniPCMultistepScheduler", False, 2)],
)
def test_what_a_solver_keeps_of_earlier_steps_is_found(name: str, of_eps: bool, most: int) -> None:
    rows = list(found(name).numbers.values())
    assert len(rows) == 8 and not rows[0].earlier
    assert max(len(row.earlier) for row in rows) == most
    assert {row.earlier_eps for row in rows if row.earlier} == {of_eps}


def test_steps_that_ask_the_network_twice_are_no_row() -> None:
    rows = found("HeunDiscreteScheduler").numbers
    assert {s for _, s in rows} <= {0}  # the last one asks once


def test_what_clips_by_the_picture_is_no_row() -> None:
    """Of a threshold that is a quantile of the pixels the x̂_0 that a step shows is not the one that it uses."""
    assert not found("DPMSolverMultistepScheduler", thresholding=True, sample_max_value=1.5).numbers


def test_rules_of_the_papers_are_told_as_before() -> None:
    assert not any(row.measured for row in found("DDIMScheduler").numbers.values())
    assert torch.get_num_threads() == 1
