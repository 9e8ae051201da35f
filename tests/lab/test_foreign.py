"""diffusers' schedulers through the adapter: the same numbers as diffusers' own loop, and samples that fit the data."""

import subprocess
import sys

import diffusers
import pytest
import torch

from ddpm_playground.core import SPACINGS, ExactEps, Schedule, make_schedule, q_sample, rescale_zero_terminal_snr
from ddpm_playground.lab.foreign import FOREIGN, foreign_path, foreign_reverse

# diffusers 0.42 makes numpy arrays of tensors in a way that numpy 2 will stop.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

MEANS = torch.tensor([[0.6, 0.5], [-0.6, 0.3], [0.1, -0.7]])
LINEAR = make_schedule("linear", 1000)


def predictor(schedule: Schedule = LINEAR) -> ExactEps:
    return ExactEps(schedule, MEANS, torch.full((3,), 1e-3), labels=torch.arange(3))


def noise(count: int = 64) -> torch.Tensor:
    return torch.randn(count, 2, generator=torch.Generator().manual_seed(7))


def plain_loop(name: str, x_T: torch.Tensor, num_steps: int, spacing: str) -> torch.Tensor:
    """What diffusers' documentation tells one to write."""
    spec = FOREIGN[name]
    scheduler = getattr(diffusers, spec.class_name)(
        num_train_timesteps=1000, trained_betas=LINEAR.betas[1:].tolist(), timestep_spacing=spacing
    )
    scheduler.set_timesteps(num_steps)
    x, predict = x_T * scheduler.init_noise_sigma, predictor()
    for timestep in scheduler.timesteps:
        eps = predict(scheduler.scale_model_input(x, timestep), int(timestep) + 1).eps_hat
        x = scheduler.step(eps, timestep, x).prev_sample
    return x


@pytest.mark.parametrize("name", FOREIGN)
@pytest.mark.parametrize("spacing", ["trailing", "leading"])
def test_equals_the_plain_diffusers_loop(name: str, spacing: str) -> None:
    *_, last = foreign_reverse(LINEAR, predictor(), noise(), 12, name, spacing, clip_x_0=False)
    torch.testing.assert_close(last.x_s, plain_loop(name, noise(), 12, spacing), rtol=0, atol=0)


@pytest.mark.parametrize("name", FOREIGN)
@pytest.mark.parametrize("spacing", SPACINGS)
def test_steps_chain_from_x_T_to_the_data(name: str, spacing: str) -> None:
    steps = list(foreign_reverse(LINEAR, predictor(), noise(), 60, name, spacing))
    path = (*(step.t for step in steps), steps[-1].s)
    assert path == foreign_path(LINEAR, name, 60, spacing)
    assert len(path) == 61 and path[-1] == 0
    torch.testing.assert_close(steps[0].x_t, noise(), rtol=1e-4, atol=0)
    for step, following in zip(steps, steps[1:], strict=False):
        assert step.s == following.t
        torch.testing.assert_close(step.x_s, following.x_t, rtol=1e-5, atol=1e-5)
    for step in steps:
        assert step.z is None and float(step.variance) == 0
        assert float(step.x_hat_0.abs().max()) <= 1
    nearest = torch.cdist(steps[-1].x_s, MEANS).min(1).values
    assert float(nearest.median()) < 0.08


@pytest.mark.parametrize("name", FOREIGN)
def test_predictions_mean_what_they_mean_for_ddpm(name: str) -> None:
    """x_t of every step is variance preserving: the exact predictor, asked again, gives the Step's ε̂ and x̂_0."""
    for step in foreign_reverse(LINEAR, predictor(), noise(8), 10, name, clip_x_0=False):
        again = predictor()(step.x_t, step.t)
        torch.testing.assert_close(step.eps_hat, again.eps_hat)
        torch.testing.assert_close(step.x_hat_0, again.x_hat_0)


@pytest.mark.parametrize("name", FOREIGN)
def test_starts_from_a_noisy_picture(name: str) -> None:
    x_0 = MEANS[torch.arange(30) % 3]
    x_t = q_sample(LINEAR, x_0, 130, noise(30))
    steps = list(foreign_reverse(LINEAR, predictor(), x_t, 50, name, clip_x_0=False, start_t=130))
    assert [step.t for step in steps] == [130, 120, 100, 80, 60, 40, 20]
    assert foreign_path(LINEAR, name, 50, start_t=130) == (130, 120, 100, 80, 60, 40, 20, 0)
    torch.testing.assert_close(steps[0].x_t, x_t)
    assert float((steps[-1].x_s - x_0).norm(dim=1).median()) < 0.1


@pytest.mark.parametrize("name", FOREIGN)
def test_a_label_reaches_the_predictor(name: str) -> None:
    label = torch.arange(30) % 3
    *_, last = foreign_reverse(LINEAR, predictor(), noise(30), 30, name, label=label)
    assert torch.equal(torch.cdist(last.x_s, MEANS).argmin(1), label)


@pytest.mark.parametrize("name", FOREIGN)
def test_every_count_of_steps_runs_or_is_refused_with_a_sentence(name: str) -> None:
    schedule = make_schedule("linear", 12, beta_end=0.9)
    for spacing in SPACINGS:
        for num_steps in range(1, 13):
            try:
                *_, last = foreign_reverse(schedule, predictor(schedule), noise(4), num_steps, name, spacing)
            except ValueError as error:
                assert spacing != "trailing" and num_steps == 12 and "lower num_steps" in str(error)
            else:
                assert bool(torch.isfinite(last.x_s).all())


def test_trailing_with_a_count_that_diffusers_divides_badly() -> None:
    assert len(foreign_path(LINEAR, "dpmpp_2m", 499)) == 500


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "rk45"}, "unknown sampler 'rk45'"),
        ({"num_steps": 1001}, "num_steps must be"),
        ({"spacing": "even"}, "unknown spacing"),
        ({"start_t": 0}, "must be a whole number in"),
        ({"start_t": 1001}, "must be a whole number in"),
        ({"schedule": rescale_zero_terminal_snr(LINEAR)}, "use ddpm or ddim"),
    ],
)
def test_refuses_at_the_call(change: dict, words: str) -> None:
    arguments = {"schedule": LINEAR, "predict": predictor(), "x_T": noise(2), "num_steps": 5, "name": "euler"} | change
    with pytest.raises(ValueError, match=words):
        foreign_reverse(**arguments)


def test_the_table_does_not_load_diffusers() -> None:
    code = "import sys, ddpm_playground.lab.foreign; sys.exit('diffusers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
