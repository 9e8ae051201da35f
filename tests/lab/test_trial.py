"""Trials: a good scheduler draws the data back, a broken one does not, and its own noise is the only chance."""

import pytest
import torch

from ddpm_playground.core import ExactEps, Prediction, SeededNoise, make_schedule, rescale_zero_terminal_snr
from ddpm_playground.lab.read_schedule import ReadSchedule, named_subject, subject_of_config
from ddpm_playground.lab.trial import trial

OWN = make_schedule("linear")
# Two pictures of one pixel, ±0.5: an exact predictor knows them.
DATA = torch.tensor([[[[-0.5]]], [[[0.5]]]], dtype=torch.float64)
PREDICT = ExactEps(OWN, DATA)
X_T = SeededNoise(0, range(64), (1, 1, 1))().double()
ZERO = {"rescale_betas_zero_snr": True, "timestep_spacing": "trailing", "clip_sample": False}


def distance(subject: ReadSchedule, num_steps: int = 50) -> float:
    """How far the samples are from the data, at the median."""
    x_0 = trial(PREDICT, OWN, subject.schedule, subject.config, X_T, num_steps).x_0
    return float((x_0[:, None] - DATA).abs().amin(1).median())


@pytest.mark.parametrize(
    "config",
    [
        {"_class_name": "DDIMScheduler"},
        {"_class_name": "DDPMScheduler"},
        {"_class_name": "EulerDiscreteScheduler", "timestep_spacing": "trailing"},
        {"_class_name": "DDIMScheduler", "beta_schedule": "squaredcos_cap_v2", "prediction_type": "v_prediction"},
        {"_class_name": "DDIMScheduler", "beta_schedule": "scaled_linear", "prediction_type": "sample"},
        {"_class_name": "DDIMScheduler", **ZERO, "prediction_type": "v_prediction"},
        {"_class_name": "EDMEulerScheduler"},
        {"_class_name": "FlowMatchEulerDiscreteScheduler", "shift": 3.0},
    ],
    ids=lambda config: "-".join(map(str, config.values())),
)
def test_a_healthy_scheduler_ends_on_the_data(config):
    assert distance(subject_of_config(config)) < 0.02


def test_a_schedule_without_config_runs_as_ddim():
    assert distance(named_subject("cosine")) < 0.02


def test_a_schedule_that_ends_in_pure_noise_is_drawn_from_by_a_network_that_says_v():
    """ε says nothing of x_0 where ᾱ_T = 0: the network's own row was black there."""
    own = rescale_zero_terminal_snr(OWN)
    exact = ExactEps(own, DATA)

    def predict(x_t, t, label=None):
        said = exact(x_t, t, label)
        return Prediction(x_t, said.x_hat_0) if int(t[0]) >= own.T - 1 else said  # ε̂ of a v is x_T there

    told = {
        kind: trial(predict, own, own, {}, X_T, 20, prediction_type=kind)
        for kind in ("v_prediction", "sample", "epsilon")
    }
    assert not told["epsilon"].finite
    for kind in ("v_prediction", "sample"):
        x_0 = told[kind].x_0
        assert told[kind].finite and float((x_0[:, None] - DATA).abs().amin(1).median()) < 0.02


def test_a_short_schedule_makes_pictures_darker():
    """Half of the data is bright, half is dark; noise without the signal that is left at T favours the dark half."""
    data = torch.tensor([[[[0.1]]], [[[1.0]]]], dtype=torch.float64)
    x_T = SeededNoise(0, range(400), (1, 1, 1))().double()
    short = {"_class_name": "DDIMScheduler", "num_train_timesteps": 100, "timestep_spacing": "trailing"}
    shares = []
    for config in (short, short | {"beta_start": 1e-3, "beta_end": 0.2}):
        subject = subject_of_config(config)
        x_0 = trial(ExactEps(OWN, data), OWN, subject.schedule, subject.config, x_T, 50).x_0
        shares.append(float((x_0 > 0.55).double().mean()))
    assert shares[0] < 0.43 and shares[1] == pytest.approx(0.5, abs=0.05)


def test_division_by_zero_ends_in_nan_and_is_said():
    subject = subject_of_config({"_class_name": "DDIMScheduler", **ZERO, "prediction_type": "epsilon"})
    run = trial(PREDICT, OWN, subject.schedule, subject.config, X_T, 10)
    assert not run.finite and bool(torch.isnan(run.x_0).all())


def test_the_network_is_asked_at_equal_snr():
    subject = named_subject("cosine")
    run = trial(PREDICT, OWN, subject.schedule, {}, X_T, 10)
    snr = subject.schedule.snr
    for t, t_own in zip(range(1000, 0, -100), run.asked, strict=True):
        wanted = snr[t].clamp(OWN.snr[-1], OWN.snr[1])
        assert float((OWN.snr[t_own] / wanted).log().abs()) < 0.05


def test_the_same_seed_gives_the_same_pictures():
    subject = subject_of_config({"_class_name": "DDPMScheduler"})
    first, again, other = (
        trial(PREDICT, OWN, subject.schedule, subject.config, X_T, 10, seed=seed).x_0 for seed in (1, 1, 2)
    )
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_what_cannot_run_is_told():
    subject = subject_of_config({"_class_name": "DDPMScheduler", "prediction_type": "noise"})
    with pytest.raises(ValueError, match="DDPMScheduler stopped at its timestep"):
        trial(PREDICT, OWN, subject.schedule, subject.config, X_T, 10)
    with pytest.raises(ValueError, match="no scheduler class|cannot be run"):
        trial(PREDICT, OWN, OWN, {"_class_name": "NoScheduler"}, X_T, 10)
