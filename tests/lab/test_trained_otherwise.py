"""A network asked at a t that meant another noise level in its training; and timesteps that are asked for by number."""

import json
from dataclasses import replace

import pytest

from ddpm_playground.core import make_schedule
from ddpm_playground.lab.doctor import examine_subject
from ddpm_playground.lab.finding import Finding
from ddpm_playground.lab.read_schedule import ReadSchedule, named_subject, subject_of_config
from ddpm_playground.lab.reading import read_text
from ddpm_playground.lab.sampling_record import record_of
from ddpm_playground.lab.trained_otherwise import asked_levels, output_of, trained_time
from ddpm_playground.ui.words.refusal import refusal

STABLE = {
    "_class_name": "DDIMScheduler", "beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012,
    "clip_sample": False,
}  # fmt: skip
LINEAR = STABLE | {"beta_schedule": "linear"}
FLOW = {"_class_name": "FlowMatchEulerDiscreteScheduler", "shift": 3.0}
SVD = {
    **STABLE, "_class_name": "EulerDiscreteScheduler", "prediction_type": "v_prediction", "use_karras_sigmas": True,
    "timestep_type": "continuous", "sigma_max": 700.0, "sigma_min": 0.002,
}  # fmt: skip


def compared(sample: dict | str, train: dict | str, *steps: int) -> list[Finding]:
    """The findings about training."""
    one, other = (
        subject_of_config(given) if isinstance(given, dict) else read_text(given) for given in (sample, train)
    )
    found = examine_subject(replace(one, trained=other), steps or (20,))
    return [finding for finding in found if finding.code == "trained-otherwise"]


@pytest.mark.parametrize(
    ("sample", "train"),
    [
        (STABLE, STABLE),
        (STABLE | {"_class_name": "DPMSolverMultistepScheduler", "use_karras_sigmas": True}, STABLE),
        (STABLE | {"_class_name": "EulerDiscreteScheduler", "timestep_spacing": "linspace"}, STABLE),
        (STABLE | {"_class_name": "LCMScheduler"}, STABLE | {"_class_name": "PNDMScheduler"}),
        (FLOW, FLOW | {"shift": 1.0}),
        ({"_class_name": "UniPCMultistepScheduler", "use_flow_sigmas": True, "flow_shift": 5.0,
          "prediction_type": "flow_prediction"}, FLOW),
        ({"_class_name": "EDMEulerScheduler", "sigma_max": 40.0}, {"_class_name": "EDMEulerScheduler"}),
        (SVD, SVD),
        ("linear", "linear"),
        ("linear", json.dumps({"betas": make_schedule("linear").betas[1:].tolist()})),
    ],
)  # fmt: skip
def test_what_was_trained_so_is_not_blamed(sample: dict | str, train: dict | str) -> None:
    assert compared(sample, train) == []


def test_linear_beta_in_the_stead_of_scaled_linear_is_an_error_and_its_fix_is_the_training_s_key() -> None:
    (found,) = compared(LINEAR, STABLE, 50)
    assert found.severity == "error" and found.patch == {"beta_schedule": "scaled_linear"}
    assert "0.2777 there and 0.1618 here" in found.message and "off by a factor of 2.72" in found.message
    assert compared({**LINEAR, **found.patch}, STABLE, 50) == []
    chinese = found.in_language("zh-TW", lambda phrase: refusal(phrase, "zh-TW"))
    assert "0.2777" in chinese.message and "2.72" in chinese.message and "scaled_linear" in chinese.fix


@pytest.mark.parametrize(
    ("sample", "train", "severity", "says"),
    [
        (STABLE | {"num_train_timesteps": 4000}, STABLE, "error", "T = 1000 and 4000"),
        (STABLE, "linear", "error", "off by a factor of"),
        (STABLE | {"beta_end": 0.0123}, STABLE, "note", "off by a factor of 1.0"),
        (STABLE | {"beta_end": 0.0135}, STABLE, "warning", "off by a factor of 1."),
        ("linear", "cosine", "error", "At 1000 steps"),
        ("cosine", "linear T=100", "error", "never saw"),
        ({"_class_name": "EDMEulerScheduler"}, STABLE, "error", "takes its output for F (σ_data = 0.5)"),
        (STABLE, FLOW, "error", "trained to give ε − x_0"),
        (STABLE | {"prediction_type": "v_prediction"}, STABLE, "error", "trained to give ε, and DDIMScheduler"),
    ],
)
def test_what_was_trained_otherwise_is_told_by_how_much(
    sample: dict | str, train: dict | str, severity: str, says: str
) -> None:
    found = compared(sample, train)
    assert found[0].severity == severity and any(says in finding.message for finding in found)


def test_the_t_of_equal_snr_cures_it() -> None:
    trained, record = subject_of_config(STABLE), record_of(LINEAR, 20)
    time = trained_time(trained)
    calls = asked_levels(time, record)
    assert max(call.ratio for call in calls) > 2
    for call in calls:
        if call.same_snr_timestep is not None:
            again = time.asked(call.same_snr_timestep, call.log_snr)
            assert again.ratio < 1.05 and again.same_snr_timestep == pytest.approx(call.same_snr_timestep)
    assert sum(call.same_snr_timestep is None for call in calls) == sum(
        call.log_snr < float(trained.schedule.log_snr[-1]) - 0.05 for call in calls
    )


def test_what_t_means_is_read_off_a_class_without_a_table() -> None:
    time = trained_time(subject_of_config(FLOW))
    assert time.level(500.0, 0.0) == pytest.approx(0.0, abs=0.02) and not time.table
    edm = trained_time(subject_of_config({"_class_name": "EDMEulerScheduler"}))
    assert edm.level(0.0, 0.0) == pytest.approx(0.0, abs=0.02) and edm.level(0.25, 0.0) == pytest.approx(-2.0, abs=0.02)
    assert trained_time(named_subject("cosine")).table
    with pytest.raises(ValueError, match="cannot be read off it here"):
        trained_time(ReadSchedule(named_subject("flow").schedule, {"_class_name": "NoSuchScheduler"}))


def test_what_a_network_gives_is_read_off_its_config() -> None:
    kinds = {
        output_of(subject_of_config(one).config) for one in (STABLE, SVD, FLOW, {"_class_name": "EDMEulerScheduler"})
    }
    assert kinds == {"ε", "v", "ε − x_0", "F (σ_data = 0.5)"} and output_of({}) is None


def asked(config: dict, **lists: tuple[float, ...]) -> list[tuple[str, str]]:
    """(severity, key) of what is said about timesteps that are asked for by number."""
    found = examine_subject(subject_of_config(config), **lists)
    return [(finding.severity, finding.key) for finding in found if finding.code == "asked-steps"]


@pytest.mark.parametrize(
    ("config", "lists", "said"),
    [
        (STABLE | {"_class_name": "EulerDiscreteScheduler"}, {"timesteps": (999, 500, 100)}, ("note", "asked-steps")),
        (STABLE, {"timesteps": (999, 500, 100)}, ("error", "asked-steps/ignored")),
        (FLOW, {"sigmas": (1.0, 0.75, 0.5, 0.25)}, ("warning", "asked-steps/changed")),
        (FLOW | {"shift": 1.0}, {"sigmas": (1.0, 0.75, 0.5, 0.25)}, ("note", "asked-steps")),
        (
            STABLE | {"_class_name": "EulerDiscreteScheduler"},
            {"timesteps": (9999, 500)},
            ("error", "asked-steps/outside"),
        ),
    ],
)
def test_timesteps_that_are_asked_for_are_used_changed_or_ignored(config: dict, lists: dict, said: tuple) -> None:
    assert asked(config, **lists) == [said]


def test_the_noise_that_belongs_to_asked_timesteps_must_come_with_them() -> None:
    """diffusers #14013: with a shift, FlowMatchEuler keeps the timesteps and moves the σ."""
    import diffusers

    scheduler = diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0)
    scheduler.set_timesteps(timesteps=[1000.0, 500.0, 100.0])
    apart = abs(float(scheduler.sigmas[1]) * 1000 - float(scheduler.timesteps[1])) > 1
    assert ("error", "asked-steps/apart") in asked(FLOW, timesteps=(1000, 500, 100)) or not apart
    assert asked(FLOW | {"shift": 1.0}, timesteps=(1000, 500, 100)) == [("note", "asked-steps")]
