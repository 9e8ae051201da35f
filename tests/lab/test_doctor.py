"""The doctor: every finding is provoked, its healthy neighbour is not, and no input makes it crash."""

import json
import math
import pickle
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ddpm_playground.bridge.scheduler_classes import scheduler_classes
from ddpm_playground.core import make_schedule, rescale_zero_terminal_snr
from ddpm_playground.lab.doctor import EXAMINATIONS, examine, examine_subject
from ddpm_playground.lab.finding import SEVERITIES, Finding, found
from ddpm_playground.lab.quantities import unchecked
from ddpm_playground.lab.read_schedule import ReadSchedule, named_subject, subject_of_config
from ddpm_playground.lab.reading import subject_of_text
from ddpm_playground.lab.wording import IDLE, REFERENCES, WORDING
from ddpm_playground.ui.words.refusal import refusal
from ddpm_playground.watching.run_findings import RUN_EXAMINATIONS


def ddpm(**keys: object) -> ReadSchedule:
    return subject_of_config({"_class_name": "DDPMScheduler", **keys})


def ddim(**keys: object) -> ReadSchedule:
    return subject_of_config({"_class_name": "DDIMScheduler", **keys})


def named_config(name: str, **keys: object) -> ReadSchedule:
    return subject_of_config({"_class_name": name, **keys})


def dpm(**keys: object) -> ReadSchedule:
    return named_config("DPMSolverMultistepScheduler", **keys)


def euler(**keys: object) -> ReadSchedule:
    return named_config("EulerDiscreteScheduler", **keys)


def flow(**keys: object) -> ReadSchedule:
    return named_config("FlowMatchEulerDiscreteScheduler", **keys)


def latents(subject: ReadSchedule) -> ReadSchedule:
    return replace(subject, latent=True)


def listed(*betas: float) -> ReadSchedule:
    return ReadSchedule(unchecked(torch.tensor(betas, dtype=torch.float64), "list"))


def sized(name: str, size: int) -> ReadSchedule:
    return ReadSchedule(make_schedule(name), sample_size=size)


STABLE = {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}
ZERO_V = {"rescale_betas_zero_snr": True, "prediction_type": "v_prediction"}

ZERO_TRAILING = {**STABLE, **ZERO_V, "timestep_spacing": "trailing"}
COSINE = {"beta_schedule": "squaredcos_cap_v2"}
COSINE_TRAILING = ddim(**COSINE, clip_sample=False, timestep_spacing="trailing")
FLOW = {"prediction_type": "flow_prediction", "use_flow_sigmas": True, "flow_shift": 3.0}
# Stable Video Diffusion's: σ up to 700, continuous time.
SVD = euler(sigma_max=700.0, sigma_min=0.002, use_karras_sigmas=True, timestep_type="continuous", **{
    **STABLE, "prediction_type": "v_prediction",
})  # fmt: skip

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
        ("warning", ReadSchedule(rescale_zero_terminal_snr(make_schedule("linear"))), named_subject("linear")),
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
        ("note", ddpm(beta_schedule="squaredcos_cap_v2"), ddpm()),
        ("note", ddim(beta_schedule="squaredcos_cap_v2", timestep_spacing="trailing"), ddim()),
    ],
    "clip-on-latents": [
        ("warning", latents(ddim(**STABLE)), latents(ddim(**STABLE, clip_sample=False))),
        ("warning", latents(ddpm(clip_sample=False, thresholding=True)), ddpm(clip_sample=False, thresholding=True)),
    ],
    "unclipped-divergence": [
        ("error", COSINE_TRAILING, ddim(**COSINE, clip_sample=False, timestep_spacing="leading")),
        ("error", COSINE_TRAILING, ddpm(**COSINE, clip_sample=False, timestep_spacing="trailing")),
    ],
    "step-fails": [("error", dpm(**COSINE, use_karras_sigmas=True), dpm(**STABLE, use_karras_sigmas=True))],
    "not-finite-step": [
        (
            "error",
            ddim(rescale_betas_zero_snr=True, timestep_spacing="trailing"),
            ddim(**ZERO_V, timestep_spacing="trailing"),
        ),
    ],
    "repeated-timestep": [
        ("warning", dpm(**COSINE, use_lu_lambdas=True), dpm(**COSINE)),
        ("note", dpm(**STABLE, use_karras_sigmas=True), dpm(**STABLE)),
    ],
    "idle-steps": [
        ("warning", euler(**ZERO_TRAILING, use_karras_sigmas=True), euler(**ZERO_TRAILING)),
        (
            "warning",
            named_config("EulerDiscreteScheduler", sigma_max=1e5, sigma_min=0.002, use_karras_sigmas=True),
            SVD,
        ),
    ],
    "residual-noise": [
        ("note", ddim(**STABLE, set_alpha_to_one=False), ddim(**STABLE)),
        ("warning", named_config("DEISMultistepScheduler", **FLOW), named_config("UniPCMultistepScheduler", **FLOW)),
    ],
    "double-shift": [("note", flow(shift=3.0), flow(shift=1.0))],
    "spread-lost": [("note", ddpm(), euler())],
    "not-examined": [("note", named_config("SCMScheduler"), ddpm())],
    "variance-type": [
        ("note", ddpm(variance_type="fixed_large"), ddpm(variance_type="fixed_small")),
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
    "falling-beta": [
        ("note", listed(0.01, 0.05, 0.04, 0.3, 0.9), listed(0.01, 0.05, 0.05, 0.3, 0.9)),
        ("note", ddpm(trained_betas=[0.02, 0.015, 0.01, 0.005]), ddpm(trained_betas=[0.005, 0.01, 0.015, 0.02])),
        ("note", listed(0.2, 0.1, 0.3), named_subject("cosine")),
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


def examined(subject: ReadSchedule) -> list[Finding]:
    """What the doctor says of it, asked once: the broken ones are looked at by three tests, many patched ones alike."""
    return _examined(pickle.dumps(subject))


@cache
def _examined(pickled: bytes) -> list[Finding]:
    return examine_subject(pickle.loads(pickled))


def severities(subject: ReadSchedule) -> dict[str, str]:
    return {finding.code: finding.severity for finding in examined(subject)}


@pytest.mark.slow
@pytest.mark.parametrize(("code", "severity", "broken", "healthy"), FLAT, ids=[f"{c[0]}-{c[1]}" for c in FLAT])
def test_each_finding_is_provoked_and_its_neighbour_is_not(code, severity, broken, healthy) -> None:
    assert severities(broken).get(code) == severity
    neighbour = severities(healthy).get(code)
    assert neighbour is None or (severity != "note" and neighbour == "note"), neighbour


def test_every_examination_has_a_case_and_every_text_a_reference() -> None:
    # What a network was trained with, and explicit timesteps, are asked for apart: tests/lab/test_trained_otherwise.py.
    assert CASES.keys() | {"trained-otherwise", "asked-steps"} == EXAMINATIONS.keys()
    assert {key.partition("/")[0] for key in WORDING["en"]} == EXAMINATIONS.keys() | RUN_EXAMINATIONS.keys()
    assert WORDING["en"].keys() == REFERENCES.keys() == WORDING["zh-TW"].keys()
    assert all(len(WORDING["en"][key]) == len(WORDING["zh-TW"][key]) for key in WORDING["en"])


def test_what_is_idle_says_in_every_language_that_nothing_need_be_done() -> None:
    for language, words in (("en", "Nothing need be done"), ("zh-TW", "不必做")):
        for key, (_, *fixes) in WORDING[language].items():
            assert [words in fix for fix in fixes] == [i < IDLE.get(key, 0) for i in range(len(fixes))], (language, key)


def test_a_finding_with_only_a_patch_to_offer_is_not_idle() -> None:
    values = {"root": 0.01, "snr": 1e-4, "threshold": 4e-4}
    finding = found("terminal-snr/trace", "note", 1000, ({"clip_sample": True},), **values)
    assert finding.idle and not finding.cured_by({"clip_sample": True}).idle and not finding.uncured().idle
    harmless = found("ignored-key/harmless", "note", None, name="X", keys="y")
    assert harmless.idle and harmless.cured_by({"y": None}).idle and "idle" not in harmless.as_json()
    assert not found("terminal-snr/start", "warning", None, sigma=1.0, **values).idle


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
    assert not {f.code: f.message for f in examined(subject_of_config(config)) if f.severity != "note"}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of numpy, in some of diffusers' constructors
@pytest.mark.parametrize("name", scheduler_classes())
def test_every_class_of_diffusers_ends_in_findings_or_a_reason(name) -> None:
    try:
        found = examined(subject_of_config({"_class_name": name}))
    except ValueError as error:
        assert str(error).startswith(name)
    else:
        # SCM takes exactly 2 steps, and says so.
        assert not [f.message for f in found if f.severity == "error" and name != "SCMScheduler"]


def test_the_numbers_in_a_message_are_the_schedules() -> None:
    (finding,) = [f for f in examined(ddpm(**STABLE)) if f.code == "terminal-snr"]
    # Lin et al. 2023, table 1: Stable Diffusion, √ᾱ_T = 0.068265, SNR(T) = 0.004682.
    assert "0.06826" in finding.message and "0.00468" in finding.message and finding.where == (1000, 1000)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["PNDMScheduler", "HeunDiscreteScheduler", "LMSDiscreteScheduler"])
def test_a_class_that_takes_no_rescaling_is_not_rescaled(name) -> None:
    subject = subject_of_config({"_class_name": name, **STABLE, "rescale_betas_zero_snr": True})
    assert subject.schedule.alpha_bars[-1] > 0.004
    found = {f.code: f for f in examined(subject)}
    assert found["terminal-snr"].severity == "warning" and "DDIMScheduler" in found["terminal-snr"].fix


@pytest.mark.slow
@pytest.mark.parametrize(("code", "severity", "broken"), [c[:3] for c in FLAT], ids=[f"{c[0]}-{c[1]}" for c in FLAT])
def test_every_patch_cures_its_finding_and_brings_nothing_new(code, severity, broken) -> None:
    found = severities_and_patches(broken)
    patch = found.get(code, ("", None))[1]
    if patch is None:
        return
    keys = {**broken.given, **patch}
    patched = replace(
        subject_of_config({key: value for key, value in keys.items() if patch.get(key, 0) is not None}),
        latent=broken.latent, sample_size=broken.sample_size,
    )  # fmt: skip
    after = severities_and_patches(patched)
    assert code not in after
    worse = {
        one for one, (kind, _) in after.items() if kind != "note" and SEVERITIES.index(kind) < rank(found.get(one))
    }
    assert not worse


def severities_and_patches(subject: ReadSchedule) -> dict[str, tuple[str, Any]]:
    return {finding.code: (finding.severity, finding.patch) for finding in reversed(examined(subject))}


def rank(found: tuple[str, Any] | None) -> int:
    return len(SEVERITIES) if found is None else SEVERITIES.index(found[0])


@pytest.mark.slow
def test_most_faults_of_a_config_have_a_fix_that_holds() -> None:
    cured = 0
    for _, severity, broken, _ in FLAT:
        if severity != "note" and broken.given:
            cured += all(f.patch for f in examined(broken) if f.severity == severity)
    assert cured >= 20


def test_a_fix_that_does_not_hold_is_not_offered() -> None:
    # Trailing would visit the cosine schedule's T, where DDIM without clipping diverges.
    subject = ddim(**COSINE, clip_sample=False)
    (finding,) = [one for one in examine_subject(subject) if one.code == "spacing-skips-t"]
    assert finding.patch is None and "No change of this config that was tried" in finding.fix
    assert "timestep_spacing" in finding.fix and finding.as_json()["patch"] is None
    chinese = finding.in_language("zh-TW", lambda phrase: refusal(phrase, "zh-TW"))
    assert "trailing" in chinese.fix and "{" not in chinese.fix


def test_a_fix_that_holds_is_told_key_by_key_in_both_languages() -> None:
    (finding,) = [one for one in examined(ddpm(**STABLE)) if one.code == "terminal-snr"]
    patch = finding.as_json()["patch"]
    assert patch and json.loads(json.dumps(patch)) == patch
    chinese = finding.in_language("zh-TW", lambda phrase: refusal(phrase, "zh-TW"))
    for one in (finding, chinese):
        assert all(f'"{key}": {json.dumps(value)}' in one.fix for key, value in patch.items())


def test_the_fix_of_a_short_schedule_is_a_schedule_without_the_finding() -> None:
    (finding,) = [f for f in examined(ddpm(num_train_timesteps=100)) if f.code == "short-t-unscaled"]
    assert (
        finding.patch == {"beta_start": 0.001, "beta_end": 0.2}
        and '"beta_start": 0.001, "beta_end": 0.2' in finding.fix
    )


def test_the_number_of_steps_decides_what_depends_on_it() -> None:
    odd = ddim(timestep_spacing="trailing")
    assert "wrong-previous-timestep" not in {f.code for f in examine(odd.schedule, odd.config, steps=(10, 20, 50))}
    found = [f for f in examine(odd.schedule, odd.config, steps=(30,)) if f.code == "wrong-previous-timestep"]
    # One t of 1000 beside the next is rounding.
    assert [f.severity for f in found] == ["note"] and "30" in found[0].message
    with pytest.raises(ValueError, match="from 1 up, got 0"):
        examine(odd.schedule, odd.config, steps=(0,))


NUMBERS = st.floats(allow_nan=True, allow_infinity=True, width=64)


@pytest.mark.slow
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
