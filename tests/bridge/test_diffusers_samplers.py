"""diffusers' schedulers through the adapter: the same numbers as diffusers' own loop, and samples that fit the data."""

import subprocess
import sys

import diffusers
import pytest
import torch

from ddpm_playground.bridge.all_samplers import ALL_SAMPLERS, sampler_named
from ddpm_playground.bridge.diffusers_samplers import DIFFUSERS_SAMPLERS
from ddpm_playground.core import (
    SAMPLERS,
    SPACINGS,
    ExactEps,
    RuleSampler,
    Sampling,
    Schedule,
    Step,
    make_schedule,
    q_sample,
    rescale_zero_terminal_snr,
    reverse,
)

# diffusers 0.42 makes numpy arrays of tensors in a way that numpy 2 will stop.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

MEANS = torch.tensor([[0.6, 0.5], [-0.6, 0.3], [0.1, -0.7]])
LINEAR = make_schedule("linear", 1000)


def predictor(schedule: Schedule = LINEAR) -> ExactEps:
    return ExactEps(schedule, MEANS, torch.full((3,), 1e-3), labels=torch.arange(3))


def noise(count: int = 64) -> torch.Tensor:
    return torch.randn(count, 2, generator=torch.Generator().manual_seed(7))


def walked(schedule: Schedule, x_T: torch.Tensor, start_t: int | None = None, label=None, **settings) -> list[Step]:
    """The Steps of a sampler through the door that is the same for all."""
    sampling = Sampling(**settings)
    steps = sampler_named(sampling.sampler).steps(
        schedule, predictor(schedule), x_T, never, sampling, reverse=reverse, label=label, start_t=start_t
    )
    return list(steps)


def never() -> torch.Tensor:
    raise AssertionError("these samplers draw no noise")


def path_of(name: str, num_steps: int, spacing: str = "trailing", start_t: int | None = None) -> tuple[int, ...]:
    return sampler_named(name).path(LINEAR, Sampling(name, num_steps=num_steps, spacing=spacing), start_t)


def plain_loop(name: str, x_T: torch.Tensor, num_steps: int, spacing: str) -> torch.Tensor:
    """What diffusers' documentation tells one to write."""
    spec = DIFFUSERS_SAMPLERS[name]
    scheduler = getattr(diffusers, spec.class_name)(
        num_train_timesteps=1000, trained_betas=LINEAR.betas[1:].tolist(), timestep_spacing=spacing
    )
    scheduler.set_timesteps(num_steps)
    x, predict = x_T * scheduler.init_noise_sigma, predictor()
    for timestep in scheduler.timesteps:
        eps = predict(scheduler.scale_model_input(x, timestep), int(timestep) + 1).eps_hat
        x = scheduler.step(eps, timestep, x).prev_sample
    return x


@pytest.mark.parametrize("name", DIFFUSERS_SAMPLERS)
@pytest.mark.parametrize("spacing", ["trailing", "leading"])
def test_equals_the_plain_diffusers_loop(name: str, spacing: str) -> None:
    *_, last = walked(LINEAR, noise(), sampler=name, num_steps=12, spacing=spacing, clip_x_0=False)
    torch.testing.assert_close(last.x_s, plain_loop(name, noise(), 12, spacing), rtol=0, atol=0)


@pytest.mark.parametrize("name", DIFFUSERS_SAMPLERS)
@pytest.mark.parametrize("spacing", SPACINGS)
def test_steps_chain_from_x_T_to_the_data(name: str, spacing: str) -> None:
    steps = walked(LINEAR, noise(), sampler=name, num_steps=60, spacing=spacing)
    path = (*(step.t for step in steps), steps[-1].s)
    assert path == path_of(name, 60, spacing)
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


@pytest.mark.parametrize("name", DIFFUSERS_SAMPLERS)
def test_predictions_mean_what_they_mean_for_ddpm(name: str) -> None:
    """x_t of every step is variance preserving: the exact predictor, asked again, gives the Step's ε̂ and x̂_0."""
    for step in walked(LINEAR, noise(8), sampler=name, num_steps=10, clip_x_0=False):
        again = predictor()(step.x_t, step.t)
        torch.testing.assert_close(step.eps_hat, again.eps_hat)
        torch.testing.assert_close(step.x_hat_0, again.x_hat_0)


@pytest.mark.parametrize("name", DIFFUSERS_SAMPLERS)
def test_starts_from_a_noisy_picture(name: str) -> None:
    x_0 = MEANS[torch.arange(30) % 3]
    x_t = q_sample(LINEAR, x_0, 130, noise(30))
    steps = walked(LINEAR, x_t, 130, sampler=name, num_steps=50, clip_x_0=False)
    assert [step.t for step in steps] == [130, 120, 100, 80, 60, 40, 20]
    assert path_of(name, 50, start_t=130) == (130, 120, 100, 80, 60, 40, 20, 0)
    torch.testing.assert_close(steps[0].x_t, x_t)
    assert float((steps[-1].x_s - x_0).norm(dim=1).median()) < 0.1


@pytest.mark.parametrize("name", DIFFUSERS_SAMPLERS)
def test_a_label_reaches_the_predictor(name: str) -> None:
    label = torch.arange(30) % 3
    *_, last = walked(LINEAR, noise(30), label=label, sampler=name, num_steps=30)
    assert torch.equal(torch.cdist(last.x_s, MEANS).argmin(1), label)


@pytest.mark.slow
@pytest.mark.parametrize("name", DIFFUSERS_SAMPLERS)
def test_every_count_of_steps_runs_or_is_refused_with_a_sentence(name: str) -> None:
    schedule = make_schedule("linear", 12, beta_end=0.9)
    for spacing in SPACINGS:
        for num_steps in range(1, 13):
            try:
                *_, last = walked(schedule, noise(4), sampler=name, num_steps=num_steps, spacing=spacing)
            except ValueError as error:
                assert spacing != "trailing" and num_steps == 12 and "lower num_steps" in str(error)
            else:
                assert bool(torch.isfinite(last.x_s).all())


def test_trailing_with_a_count_that_diffusers_divides_badly() -> None:
    assert len(path_of("dpmpp_2m", 499)) == 500


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sampler": "rk45"}, "unknown sampler 'rk45'"),
        ({"num_steps": 1001}, "num_steps must be"),
        ({"spacing": "even"}, "unknown spacing"),
        ({"start_t": 0}, "must be a whole number in"),
        ({"start_t": 1001}, "must be a whole number in"),
        ({"schedule": rescale_zero_terminal_snr(LINEAR)}, "use ddpm or ddim"),
    ],
)
def test_refuses_at_the_call(change: dict, words: str) -> None:
    settings = {"sampler": "euler", "num_steps": 5} | change
    schedule, start_t = settings.pop("schedule", LINEAR), settings.pop("start_t", None)
    sampling = Sampling(**settings)
    with pytest.raises(ValueError, match=words):
        sampler_named(sampling.sampler).path(schedule, sampling, start_t)
    with pytest.raises(ValueError, match=words):
        sampler_named(sampling.sampler).steps(
            schedule, predictor(), noise(2), never, sampling, reverse=reverse, start_t=start_t
        )


@pytest.mark.parametrize("name", ALL_SAMPLERS)
def test_every_sampler_has_the_same_two_methods(name: str) -> None:
    schedule, sampling = make_schedule("linear", 40), Sampling(name, num_steps=8)
    sampler = sampler_named(name)
    for start_t in (None, 17):
        steps = list(
            sampler.steps(schedule, predictor(schedule), noise(5), lambda: noise(5), sampling, reverse=reverse,
                          start_t=start_t)
        )  # fmt: skip
        path = sampler.path(schedule, sampling, start_t)
        assert path == (*(step.t for step in steps), 0) and path[0] == (start_t or 40)
        assert all(bool(torch.isfinite(step.x_s).all()) for step in steps)
    numbers = sampler.numbers(schedule, sampling, 20, 10)
    assert (numbers is None) == (name in DIFFUSERS_SAMPLERS)


def test_a_rule_in_core_s_table_is_at_the_door_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    half = RuleSampler(lambda schedule, t, s, eta_or_w: SAMPLERS["ddim"](schedule, t, s, eta_or_w / 2), "DDIM/2")
    monkeypatch.setitem(SAMPLERS, "half", half)
    assert sampler_named("half") is half and "half" in list(ALL_SAMPLERS)
    assert (
        half.numbers(LINEAR, Sampling("half", 1.0), 20, 10).sigma
        == SAMPLERS["ddim"].numbers(LINEAR, Sampling("ddim", 0.5), 20, 10).sigma
    )


@pytest.mark.slow
def test_the_table_does_not_load_diffusers() -> None:
    code = "import sys, ddpm_playground.bridge.all_samplers; sys.exit('diffusers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
