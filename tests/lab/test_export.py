"""What goes out comes back: to diffusers' own numbers, and bit for bit to ours."""

import json

import diffusers
import pytest
import torch

from ddpm_playground.core import SCHEDULES, make_schedule, rescale_zero_terminal_snr, schedule_from_betas
from ddpm_playground.lab.export import config_json, config_of, snippet, table_csv
from ddpm_playground.lab.quantities import unchecked
from ddpm_playground.lab.read_schedule import named_subject, subject_of_config
from ddpm_playground.lab.reading import subject_of_text

ALL = {name: make_schedule(name) for name in SCHEDULES}
ALL |= {f"{name}-zero": rescale_zero_terminal_snr(schedule) for name, schedule in ALL.items()}
ALL |= {name: named_subject(name).schedule for name in ("karras", "exponential", "beta", "flow")}
ALL["short"] = make_schedule("sigmoid", 7)


@pytest.mark.parametrize("name", ALL)
def test_diffusers_loads_an_exported_config_to_the_same_numbers(name: str) -> None:
    text = config_json(ALL[name])
    scheduler = diffusers.DDPMScheduler.from_config(json.loads(text))
    torch.testing.assert_close(scheduler.alphas_cumprod.double(), ALL[name].alpha_bars[1:], atol=1e-6, rtol=0)
    again = subject_of_text(text)
    torch.testing.assert_close(again.schedule.alpha_bars, ALL[name].alpha_bars, atol=1e-12, rtol=0)
    filled = config_json(again.schedule, json.loads(text))
    assert filled == text


@pytest.mark.parametrize("name", ALL)
def test_a_table_comes_back_bit_for_bit(name: str) -> None:
    again = subject_of_text(table_csv(ALL[name])).schedule
    assert torch.equal(again.betas, ALL[name].betas)


@pytest.mark.parametrize("name", ["linear", "cosine", "sigmoid", "linear-zero"])
def test_the_snippet_runs_as_pasted(name: str) -> None:
    names: dict = {}
    exec(compile(snippet(ALL[name]), "snippet", "exec"), names)  # noqa: S102
    torch.testing.assert_close(names["scheduler"].alphas_cumprod.double(), ALL[name].alpha_bars[1:], atol=1e-6, rtol=0)


def test_the_rest_of_a_config_stays() -> None:
    config = {"_class_name": "DDIMScheduler", "clip_sample": False, "steps_offset": 1, "beta_schedule": "linear"}
    out = config_of(make_schedule("cosine", s=0.1), config)
    assert out["_class_name"] == "DDIMScheduler" and out["clip_sample"] is False and out["steps_offset"] == 1
    assert "beta_schedule" not in out and len(out["trained_betas"]) == 1000
    assert config_of(make_schedule("linear"), config) == config


def test_an_edited_schedule_without_signal_at_T_works_where_sigma_would_be_infinite() -> None:
    out = config_of(rescale_zero_terminal_snr(make_schedule("linear")), {"_class_name": "EulerDiscreteScheduler"})
    scheduler = diffusers.EulerDiscreteScheduler.from_config(out)
    scheduler.set_timesteps(10)
    assert torch.isfinite(scheduler.sigmas).all()


def test_classes_without_betas_become_one_with() -> None:
    edm = subject_of_config({"_class_name": "EDMEulerScheduler"})
    assert config_of(edm.schedule, edm.config)["_class_name"] == "EDMEulerScheduler"
    assert config_of(make_schedule("linear"), edm.config)["_class_name"] == "DDPMScheduler"


def test_a_broken_schedule_is_not_exported() -> None:
    with pytest.raises(ValueError, match="β_2 = 3.0; correct that entry"):
        config_json(unchecked(torch.tensor([0.1, 3.0]), "broken"))


def test_a_curve_of_a_class_that_shifts_its_table_is_exported_as_it_is() -> None:
    config = {"_class_name": "CogVideoXDDIMScheduler", "snr_shift_scale": 3.0, "prediction_type": "v_prediction"}
    subject = subject_of_config(config)
    assert config_of(subject.schedule, subject.config) == dict(subject.config)
    bent = schedule_from_betas(subject.schedule.betas[1:] * 0.9)
    out = config_of(bent, subject.config)
    assert out["_class_name"] == "DDIMScheduler" and out["prediction_type"] == "v_prediction"
    torch.testing.assert_close(subject_of_config(out).schedule.alpha_bars, bent.alpha_bars)
