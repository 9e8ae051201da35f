"""DDIM backwards, against the answer that a Gaussian has in closed form."""

import pytest
import torch

from ddpm_playground.core import ExactEps, Sampling, invert, make_schedule, reverse, timestep_path
from ddpm_playground.core.phrase import Refusal

SCHEDULE = make_schedule("linear", 1000)
MEAN, VARIANCE = torch.tensor([0.5, -1.0], dtype=torch.float64), 0.3


def gaussian() -> ExactEps:
    """The exact predictor of N(MEAN, VARIANCE I)."""
    return ExactEps(SCHEDULE, MEAN[None], torch.tensor([VARIANCE], dtype=torch.float64))


def exact_x_T(x_0: torch.Tensor) -> torch.Tensor:
    """The flow of the probability-flow ODE of a Gaussian: (x_t − √ᾱ_t μ)/√(ᾱ_t σ² + 1 − ᾱ_t) does not change."""
    alpha_bar = SCHEDULE.alpha_bars[-1]
    z = (x_0 - MEAN) / VARIANCE**0.5
    return alpha_bar.sqrt() * MEAN + (alpha_bar * VARIANCE + 1 - alpha_bar).sqrt() * z


def there(num_steps: int, fixed_points: int = 0) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """x_0, its inversion in so many steps, and what DDIM makes of that."""
    x_0 = MEAN + VARIANCE**0.5 * torch.randn(64, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    path = timestep_path(1000, num_steps, "trailing")
    *_, last = invert(SCHEDULE, gaussian(), x_0, path, fixed_points=fixed_points)
    *_, back = reverse(
        SCHEDULE, gaussian(), last.x_t, path, lambda: torch.zeros_like(x_0), Sampling("ddim", 0.0, clip_x_0=False)
    )
    return x_0, last.x_t, back.x_s


def test_inversion_goes_to_the_known_answer_with_the_number_of_steps() -> None:
    errors = []
    for num_steps in (50, 200, 1000):
        x_0, x_T, _ = there(num_steps)
        errors.append(float((x_T - exact_x_T(x_0)).abs().max()))
    assert errors[0] > 2.5 * errors[1] > 6 * errors[2] and errors[2] < 0.02


def test_few_steps_leave_x_T_too_narrow_and_do_not_come_back() -> None:
    x_0, x_T, back = there(10)
    assert x_T.std() < 0.9 * exact_x_T(x_0).std() and (back - x_0).abs().max() > 0.02


def test_fixed_points_solve_each_step() -> None:
    x_0, _, back = there(10, fixed_points=50)
    assert (back - x_0).abs().max() < 1e-6
    *_, step = invert(SCHEDULE, gaussian(), x_0, timestep_path(1000, 10, "trailing"), fixed_points=50)
    assert step.residual is not None and step.residual < 1e-6


def test_the_first_step_begins_at_the_picture_itself() -> None:
    x_0 = torch.zeros(1, 2, dtype=torch.float64)
    first = next(iter(invert(SCHEDULE, gaussian(), x_0, timestep_path(1000, 10, "trailing"))))
    assert (first.s, first.t) == (0, 100) and torch.equal(first.x_hat_0, x_0) and first.residual is None


@pytest.mark.parametrize("count", [-1, 51, 1.5])
def test_iterations_out_of_range_are_refused(count) -> None:
    with pytest.raises(Refusal, match=r"fixed_points must be a whole number in \[0, 50\]"):
        list(invert(SCHEDULE, gaussian(), torch.zeros(1, 2), timestep_path(1000, 10), fixed_points=count))
