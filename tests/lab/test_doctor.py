"""The doctor: every finding is provoked, its healthy neighbour is not, and no input makes it crash."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ddpm_playground.core import make_schedule, rescale_zero_terminal_snr
from ddpm_playground.lab.doctor import EXAMINATIONS, examine, examine_subject
from ddpm_playground.lab.finding import SEVERITIES
from ddpm_playground.lab.quantities import unchecked
from ddpm_playground.lab.reading import subject_of_text
from ddpm_playground.lab.scheduler_classes import scheduler_classes
from ddpm_playground.lab.subject import Subject, named_subject, subject_of_config
from ddpm_playground.lab.wording import REFERENCES, WORDING


def ddpm(**keys: object) -> Subject:
    return subject_of_config({"_class_name": "DDPMScheduler", **keys})


def ddim(**keys: object) -> Subject:
    return subject_of_config({"_class_name": "DDIMScheduler", **keys})


def listed(*betas: float) -> Subject:
    return Subject(unchecked(torch.tensor(betas, dtype=torch.float64), "list"))


def sized(name: str, size: int) -> Subject:
    return Subject(make_schedule(name), sample_size=size)


STABLE = {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}
ZERO_V = {"rescale_betas_zero_snr": True, "prediction_type": "v_prediction"}

# code: (severity, what provokes it, its healthy neighbour)
CASES = {
    "not-finite": [("error", listed(1e-4, math.nan, 0.02), listed(1e-4, 0.01, 0.02))],
    "beta-out-of-range": [
        ("error", listed(1e-4, 1.5, 0.02), listed(1e-4, 1.0, 0.02)),
        ("error", ddpm(beta_end=1.5), ddpm(beta_end=0.02)),
        ("error", ddpm(beta_start=-0.1), ddpm(beta_start=0.0001)),
    ],
    "non-monotone": [
        ("error", subject_of_text("alpha_bar\n0.9\n0.95\n0.2"), subject_of_text("alpha_bar\n0.95\n0.9\n0.2")),
    ],
    "zero-beta": [
        ("error", ddpm(beta_start=0.0), ddpm(beta_start=1e-4)),
        ("warning", listed(0.1, 0.0, 0.9), listed(0.1, 0.1, 0.9)),
    ],
    "terminal-snr": [
        ("warning", ddpm(**STABLE), ddpm(**STABLE, **ZERO_V)),
        ("note", subject_of_config({"_class_name": "EDMEulerScheduler"}), ddpm()),
    ],
    "short-t-unscaled": [
        ("warning", ddpm(num_train_timesteps=100), ddpm(num_train_timesteps=100, beta_start=1e-3, beta_end=0.2)),
        ("warning", named_subject("linear", 50), named_subject("cosine", 50)),
        ("warning", ddpm(num_train_timesteps=10, **STABLE), ddpm(num_train_timesteps=1000, **STABLE)),
    ],
    "eps-with-zero-terminal-snr": [
        ("error", ddpm(rescale_betas_zero_snr=True), ddpm(**ZERO_V)),
        ("error", ddim(rescale_betas_zero_snr=True), ddim(rescale_betas_zero_snr=True, prediction_type="sample")),
        ("warning", Subject(rescale_zero_terminal_snr(make_schedule("linear"))), named_subject("linear")),
    ],
    "spacing-skips-t": [
        ("warning", ddim(**ZERO_V), ddim(**ZERO_V, timestep_spacing="trailing")),
        ("note", ddim(), ddim(timestep_spacing="trailing")),
    ],
    "cannot-run": [
        ("error", ddim(timestep_spacing="bogus"), ddim(timestep_spacing="leading")),
        ("error", ddim(steps_offset="x"), ddim(steps_offset=1)),
        ("note", ddim(num_train_timesteps=15, beta_end=0.9), ddim(num_train_timesteps=60, beta_end=0.4)),
    ],
    "ignored-key": [
        (
            "warning",
            subject_of_config({"_class_name": "PNDMScheduler", **STABLE, "rescale_betas_zero_snr": True}),
            subject_of_config({"_class_name": "PNDMScheduler", **STABLE}),
        ),
        ("note", ddpm(max_beta=0.99), ddpm()),
    ],
    "wrong-previous-timestep": [
        ("error", ddim(timestep_spacing="linspace"), ddim(timestep_spacing="leading")),
    ],
    "steps-offset": [
        ("note", ddim(steps_offset=1), ddim(steps_offset=0)),
        ("error", ddim(steps_offset=200), ddim(steps_offset=1, timestep_spacing="leading")),
        ("note", ddim(steps_offset=1, timestep_spacing="trailing"), ddim(timestep_spacing="trailing")),
    ],
    "clip-hides-divergence": [
        ("warning", ddpm(beta_schedule="squaredcos_cap_v2"), ddpm()),
        (
            "warning",
            ddpm(beta_schedule="squaredcos_cap_v2"),
            ddpm(beta_schedule="squaredcos_cap_v2", prediction_type="v_prediction"),
        ),
    ],
    "variance-type": [
        ("warning", ddpm(variance_type="fixed_large"), ddpm(variance_type="fixed_small")),
        ("note", ddpm(variance_type="learned_range"), ddpm()),
    ],
    "float32-loss": [
        ("warning", ddpm(beta_start=1e-6), ddpm(beta_start=2.0**-10)),
        ("error", ddpm(beta_start=1e-9), ddpm(beta_start=2.0**-10)),
        ("note", named_subject("karras"), named_subject("karras", params={"sigma_min": 0.5})),
    ],
    "abrupt": [
        ("warning", listed(1e-4, 0.9, 0.99), listed(1e-3, 0.05, 0.3, 0.7, 0.95)),
        ("warning", subject_of_text("beta\n0.9"), named_subject("linear")),
    ],
    "wasted-steps": [
        ("warning", named_subject("linear", 4000), named_subject("cosine", 4000)),
        ("note", named_subject("linear"), named_subject("cosine")),
    ],
    "resolution-shift": [
        ("warning", sized("cosine", 256), sized("cosine", 64)),
        ("note", sized("linear", 16), sized("linear", 128)),
    ],
    "prediction-type": [
        ("error", ddpm(prediction_type="noise"), ddpm(prediction_type="epsilon")),
        (
            "error",
            subject_of_config({"_class_name": "DPMSolverMultistepScheduler", "use_flow_sigmas": True}),
            subject_of_config(
                {
                    "_class_name": "DPMSolverMultistepScheduler",
                    "use_flow_sigmas": True,
                    "prediction_type": "flow_prediction",
                }
            ),
        ),
    ],
}
FLAT = [(code, *case) for code, cases in CASES.items() for case in cases]


def severities(subject: Subject) -> dict[str, str]:
    return {finding.code: finding.severity for finding in examine_subject(subject)}


@pytest.mark.parametrize(("code", "severity", "broken", "healthy"), FLAT, ids=[f"{c[0]}-{c[1]}" for c in FLAT])
def test_each_finding_is_provoked_and_its_neighbour_is_not(code, severity, broken, healthy) -> None:
    assert severities(broken).get(code) == severity
    neighbour = severities(healthy).get(code)
    assert neighbour is None or (severity != "note" and neighbour == "note"), neighbour


def test_every_examination_has_a_case_and_every_text_a_reference() -> None:
    assert CASES.keys() == EXAMINATIONS.keys()
    assert {key.partition("/")[0] for key in WORDING["en"]} == EXAMINATIONS.keys()
    assert WORDING["en"].keys() == REFERENCES.keys()


@pytest.mark.parametrize(
    "config",
    [
        {"_class_name": "DDPMScheduler"},
        {"_class_name": "DDPMScheduler", "beta_schedule": "squaredcos_cap_v2", "prediction_type": "v_prediction"},
        {"_class_name": "DDIMScheduler", "beta_schedule": "squaredcos_cap_v2", "prediction_type": "v_prediction"},
        {"_class_name": "EDMEulerScheduler"},
        {"_class_name": "EDMDPMSolverMultistepScheduler"},
        {"_class_name": "FlowMatchEulerDiscreteScheduler", "shift": 3.0},
        {"_class_name": "DDIMScheduler", **ZERO_V, "timestep_spacing": "trailing"},
    ],
    ids=lambda config: "-".join(map(str, config.values())),
)
def test_the_healthy_defaults_have_neither_error_nor_warning(config) -> None:
    assert not {f.code: f.message for f in examine_subject(subject_of_config(config)) if f.severity != "note"}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of numpy, in some of diffusers' constructors
@pytest.mark.parametrize("name", scheduler_classes())
def test_every_class_of_diffusers_ends_in_findings_or_a_reason(name) -> None:
    try:
        found = examine_subject(subject_of_config({"_class_name": name}))
    except ValueError as error:
        assert str(error).startswith(name)
    else:
        # SCM takes exactly 2 steps, and says so.
        assert not [f.message for f in found if f.severity == "error" and name != "SCMScheduler"]


def test_the_numbers_in_a_message_are_the_schedules() -> None:
    (finding,) = [f for f in examine_subject(ddpm(**STABLE)) if f.code == "terminal-snr"]
    # Lin et al. 2023, table 1: Stable Diffusion, √ᾱ_T = 0.068265, SNR(T) = 0.004682.
    assert "0.06826" in finding.message and "0.00468" in finding.message and finding.where == (1000, 1000)


@pytest.mark.parametrize("name", ["PNDMScheduler", "HeunDiscreteScheduler", "LMSDiscreteScheduler"])
def test_a_class_that_takes_no_rescaling_is_not_rescaled(name) -> None:
    subject = subject_of_config({"_class_name": name, **STABLE, "rescale_betas_zero_snr": True})
    assert subject.schedule.alpha_bars[-1] > 0.004
    found = {f.code: f for f in examine_subject(subject)}
    assert found["terminal-snr"].severity == "warning" and "DDIMScheduler" in found["terminal-snr"].fix


@pytest.mark.parametrize(("spacing", "steps"), [("linspace", 10), ("linspace", 30), ("trailing", 30)])
def test_the_fix_of_a_wrong_previous_timestep_is_one(spacing, steps) -> None:
    subject = ddim(timestep_spacing=spacing)
    (finding,) = [f for f in examine(subject.schedule, subject.config, steps=[steps]) if f.code.startswith("wrong-")]
    told = finding.fix.rsplit('"timestep_spacing": "', 1)[1].partition('"')[0]
    fixed = ddim(timestep_spacing=told)
    codes = {f.code for f in examine(fixed.schedule, fixed.config, steps=[steps])}
    assert "wrong-previous-timestep" not in codes


def test_the_fix_of_a_short_schedule_is_a_schedule_without_the_finding() -> None:
    (finding,) = [f for f in examine_subject(ddpm(num_train_timesteps=100)) if f.code == "short-t-unscaled"]
    assert '"beta_start": 0.001, "beta_end": 0.2' in finding.fix


def test_the_number_of_steps_decides_what_depends_on_it() -> None:
    odd = ddim(timestep_spacing="trailing")
    assert "wrong-previous-timestep" not in {f.code for f in examine(odd.schedule, odd.config, steps=(10, 20, 50))}
    found = [f for f in examine(odd.schedule, odd.config, steps=(30,)) if f.code == "wrong-previous-timestep"]
    assert [f.severity for f in found] == ["warning"] and "30" in found[0].message
    with pytest.raises(ValueError, match="from 1 up, got 0"):
        examine(odd.schedule, odd.config, steps=(0,))


NUMBERS = st.floats(allow_nan=True, allow_infinity=True, width=64)


@settings(deadline=None, derandomize=True, max_examples=150)
@given(st.lists(st.one_of(st.floats(0, 1), NUMBERS), min_size=1, max_size=12), st.sampled_from([None, *WORDING["en"]]))
def test_any_list_ends_in_findings(betas, kind) -> None:
    config = {"_class_name": "DDIMScheduler", "prediction_type": kind} if kind else {}
    findings = examine(unchecked(torch.tensor(betas, dtype=torch.float64), "any"), config, steps=(1, 3))
    order = [SEVERITIES.index(f.severity) for f in findings]
    assert order == sorted(order)
    codes = {f.code for f in findings if f.severity == "error"}
    assert ("not-finite" in codes) == any(not math.isfinite(b) for b in betas)
    assert ("beta-out-of-range" in codes) == any(math.isfinite(b) and not 0 <= b <= 1 for b in betas)
    for finding in findings:
        assert finding.message and finding.fix and finding.reference and "{" not in finding.message + finding.fix
        assert finding.where is None or 0 <= finding.where[0] <= finding.where[1] <= len(betas)


@settings(deadline=None, derandomize=True, max_examples=100)
@given(st.lists(st.floats(1e-4, 0.999), min_size=2, max_size=30))
def test_valid_schedules_have_no_error(betas) -> None:
    findings = examine(unchecked(torch.tensor(betas, dtype=torch.float64), "valid"))
    assert not [f.code for f in findings if f.severity == "error"]
