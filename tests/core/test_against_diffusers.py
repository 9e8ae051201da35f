"""Our chains against diffusers' schedulers: same network, same x_T, same noises, same timesteps."""

from collections.abc import Callable

import pytest
import torch
from diffusers import DDIMScheduler, DDPMScheduler

from ddpm_playground.core import (
    ExactEps,
    Prediction,
    Schedule,
    eps_from_x_0,
    make_schedule,
    reverse,
    schedule_from_betas,
    timestep_path,
    v_from_eps,
)

T, SHAPE = 60, (4, 1, 3, 3)


def data() -> torch.Tensor:
    return torch.rand(6, 1, 3, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64) * 2 - 1


def normals(seed: int = 2) -> Callable[[], torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return lambda: torch.randn(SHAPE, generator=generator, dtype=torch.float64)


def in_float64(scheduler: DDPMScheduler | DDIMScheduler) -> Schedule:
    """Gives a diffusers scheduler float64 tables of its own β_t, and us the same."""
    schedule = schedule_from_betas(scheduler.betas)
    scheduler.betas, scheduler.alphas = schedule.betas[1:], schedule.alphas[1:]
    scheduler.alphas_cumprod = schedule.alpha_bars[1:]
    scheduler.one = scheduler.final_alpha_cumprod = torch.ones((), dtype=torch.float64)
    return schedule


def theirs(
    scheduler: DDPMScheduler | DDIMScheduler, schedule: Schedule, num_steps: int, eta: float | None
) -> list[torch.Tensor]:
    """x after each step of a diffusers scheduler that is told what ExactEps predicts."""
    scheduler.set_timesteps(num_steps)
    exact, noise = ExactEps(schedule, data()), normals()
    x, xs = noise(), []
    for t in scheduler.timesteps.tolist():
        prediction = exact(x, t + 1)
        said = {
            "epsilon": prediction.eps_hat,
            "sample": prediction.x_hat_0,
            "v_prediction": v_from_eps(schedule, prediction.x_hat_0, t + 1, prediction.eps_hat),
        }[scheduler.config["prediction_type"]]
        if isinstance(scheduler, DDPMScheduler):
            x = ddpm_step(scheduler, said, t, x, noise)
        else:
            z = noise() if t != scheduler.timesteps[-1] else torch.zeros_like(x)
            x = scheduler.step(said, t, x, eta=eta or 0.0, variance_noise=z if eta else None).prev_sample
        xs.append(x)
    return xs


def ddpm_step(
    scheduler: DDPMScheduler, said: torch.Tensor, t: int, x: torch.Tensor, noise: Callable[[], torch.Tensor]
) -> torch.Tensor:
    """One step with our noise: diffusers' DDPM takes a generator only, so its draw is replaced."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("diffusers.schedulers.scheduling_ddpm.randn_tensor", lambda *_, **__: noise())
        return scheduler.step(said, t, x).prev_sample


def ours(schedule: Schedule, num_steps: int, spacing: str, **options) -> list[torch.Tensor]:
    noise = normals()
    path = timestep_path(schedule.T, num_steps, spacing)
    return [step.x_s for step in reverse(schedule, ExactEps(schedule, data()), noise(), path, noise, **options)]


def compare(left: list[torch.Tensor], right: list[torch.Tensor], tolerance: float) -> None:
    torch.testing.assert_close(torch.stack(left), torch.stack(right), atol=tolerance, rtol=tolerance)


@pytest.mark.parametrize("beta_schedule", ["linear", "squaredcos_cap_v2"])
@pytest.mark.parametrize("clipping", [False, True], ids=["unclipped", "clipped"])
@pytest.mark.parametrize("variance_type,w", [("fixed_small", 0.0), ("fixed_large", 1.0)])
@pytest.mark.parametrize("num_steps,spacing", [(60, "leading"), (20, "leading"), (7, "leading"), (10, "trailing")])
def test_ddpm(num_steps: int, spacing: str, variance_type: str, w: float, clipping: bool, beta_schedule: str) -> None:
    scheduler = DDPMScheduler(
        num_train_timesteps=T, beta_schedule=beta_schedule, variance_type=variance_type, clip_sample=clipping,
        timestep_spacing=spacing, beta_end=0.3,
    )  # fmt: skip
    schedule = in_float64(scheduler)
    run = ours(schedule, num_steps, spacing, sampler="ddpm", strength=w, clip_x_0=clipping)
    expected = theirs(scheduler, schedule, num_steps, None)
    if spacing == "trailing" and variance_type == "fixed_large":
        # diffusers adds noise to the last step too, unless it starts at t = 1; algorithm 2, line 3, does not.
        run, expected = run[:-1], expected[:-1]
    compare(run, expected, 1e-9)


@pytest.mark.parametrize("prediction_type", ["sample", "v_prediction"])
def test_ddpm_with_other_predictions(prediction_type: str) -> None:
    scheduler = DDPMScheduler(num_train_timesteps=T, prediction_type=prediction_type, clip_sample=False)
    schedule = in_float64(scheduler)
    compare(ours(schedule, 20, "leading", clip_x_0=False), theirs(scheduler, schedule, 20, None), 1e-9)


@pytest.mark.parametrize("eta", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("num_steps,spacing", [(60, "leading"), (20, "leading"), (7, "leading"), (10, "trailing")])
def test_ddim(num_steps: int, spacing: str, eta: float) -> None:
    """With trailing spacing diffusers' step lands on t − T/S, which is on its own path where S divides T."""
    scheduler = DDIMScheduler(num_train_timesteps=T, clip_sample=False, timestep_spacing=spacing, beta_end=0.3)
    schedule = in_float64(scheduler)
    run = ours(schedule, num_steps, spacing, sampler="ddim", strength=eta, clip_x_0=False)
    compare(run, theirs(scheduler, schedule, num_steps, eta), 1e-9)


@pytest.mark.parametrize("scheduler_class,sampler", [(DDPMScheduler, "ddpm"), (DDIMScheduler, "ddim")])
def test_with_diffusers_own_float32_tables(scheduler_class: type, sampler: str) -> None:
    """Against an untouched scheduler and our named schedule; what is left is diffusers' rounding."""
    scheduler = scheduler_class(num_train_timesteps=1000, clip_sample=False)
    schedule = make_schedule("linear")
    run = ours(schedule, 50, "leading", sampler=sampler, clip_x_0=False)
    compare(run, theirs(scheduler, schedule, 50, 0.0 if sampler == "ddim" else None), 2e-3)


def test_diffusers_ddim_clips_as_we_do_when_told_to() -> None:
    """Our clipping makes ε̂ agree with the clipped x̂_0; diffusers calls this use_clipped_model_output."""
    scheduler = DDIMScheduler(num_train_timesteps=T, clip_sample=True, beta_end=0.3)
    schedule = in_float64(scheduler)
    scheduler.set_timesteps(20)
    noise = normals(4)
    x = start = noise()

    def overshooting(x_t: torch.Tensor, t: torch.Tensor, label: torch.Tensor | None = None) -> Prediction:
        x_hat_0 = 2.0 * ExactEps(schedule, data())(x_t, t).x_hat_0
        return Prediction(eps_from_x_0(schedule, x_t, t, x_hat_0), x_hat_0)

    xs = []
    for t in scheduler.timesteps.tolist():
        eps_hat = overshooting(x, torch.full((4,), t + 1)).eps_hat
        x = scheduler.step(eps_hat, t, x, use_clipped_model_output=True).prev_sample
        xs.append(x)
    steps = reverse(schedule, overshooting, start, timestep_path(T, 20), noise, sampler="ddim", clip_x_0=True)
    compare([step.x_s for step in steps], xs, 1e-9)
