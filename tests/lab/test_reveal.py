"""The pictures of a trial show what the doctor predicted, or the settings that would show it are found."""

import pytest
import torch

from ddpm_playground.core import ExactEps, SeededNoise, make_schedule
from ddpm_playground.lab.doctor import EXAMINATIONS, examine_subject
from ddpm_playground.lab.read_schedule import subject_of_config
from ddpm_playground.lab.reveal import SHOWING, SIGNS, Revealed, revealed, signs
from ddpm_playground.lab.trained_otherwise import trained_time
from ddpm_playground.lab.trial import Trial, trial

OWN = make_schedule("linear")
PREDICT = ExactEps(OWN, torch.tensor([[[[-0.5]]], [[[0.5]]]], dtype=torch.float64))
X_T = SeededNoise(0, range(64), (1, 1, 1))().double()
ZERO = {"_class_name": "DDIMScheduler", "rescale_betas_zero_snr": True}


def run(config: dict, num_steps: int = 10, **more) -> Trial | None:
    subject = subject_of_config(config) if config else None
    schedule, keys = (subject.schedule, subject.config) if subject else (OWN, {})
    try:
        return trial(PREDICT, OWN, schedule, keys, X_T, num_steps, **more)
    except ValueError:
        return None


def seen(config: dict, **more) -> tuple[Revealed, list[str]]:
    """What is revealed of a config's findings, and their codes."""
    own = run({})
    assert own is not None
    subject = subject_of_config(config)
    codes = [finding.code for finding in examine_subject(subject, (10,)) if finding.severity != "note"]
    return revealed(codes, signs(run(config, **more), own), subject.config), codes


def test_the_codes_are_the_doctor_s() -> None:
    assert SIGNS.keys() | SHOWING.keys() <= EXAMINATIONS.keys()


def test_zero_snr_with_eps_hides_behind_leading_spacing_and_the_offered_settings_show_it() -> None:
    hidden, codes = seen(ZERO)
    assert "eps-with-zero-terminal-snr" in hidden.hidden and hidden.change["timestep_spacing"] == "trailing"
    shown, _ = seen({**ZERO, **hidden.change})
    assert "eps-with-zero-terminal-snr" in shown.shown and "eps-with-zero-terminal-snr" in codes


def test_clipping_hides_divergence_and_the_offer_is_to_clip_no_more() -> None:
    cosine = {"_class_name": "DDIMScheduler", "beta_schedule": "squaredcos_cap_v2", "timestep_spacing": "trailing"}
    own = run({})
    assert own is not None
    found = revealed(["clip-hides-divergence"], signs(run(cosine), own), subject_of_config(cosine).config)
    assert found.hidden == ("clip-hides-divergence",) and found.change == {"clip_sample": False}
    # Against an exact network nothing diverges, so nothing is claimed to be seen, and nothing more is offered.
    again = revealed(["clip-hides-divergence"], signs(run({**cosine, **found.change}), own), {**cosine, **found.change})
    assert again.silent == ("clip-hides-divergence",) and not again.change


def test_a_step_that_fails_is_seen_as_a_stop() -> None:
    found, codes = seen({"_class_name": "DPMSolverMultistepScheduler", "beta_schedule": "squaredcos_cap_v2",
                         "use_karras_sigmas": True})  # fmt: skip
    assert "step-fails" in codes and "step-fails" in found.shown


def test_a_network_that_was_trained_otherwise_draws_otherwise() -> None:
    linear, cosine = (
        {"_class_name": "DDIMScheduler", "timestep_spacing": "trailing"},
        {"beta_schedule": "squaredcos_cap_v2"},
    )
    own = run({})
    right, wrong = run(linear), run(linear, trained=trained_time(subject_of_config(cosine)))
    assert own is not None and right is not None and wrong is not None and right.asked != wrong.asked
    assert revealed(["trained-otherwise"], signs(wrong, own), linear).shown == ("trained-otherwise",)
    assert not signs(right, own)


def test_what_no_picture_shows_is_not_said_to_be_seen() -> None:
    own = run({})
    assert own is not None and not signs(own, own)
    found = revealed(["abrupt", "idle-steps"], signs(own, own), {})
    assert found.silent == ("abrupt", "idle-steps") and not found.shown and not found.change


@pytest.mark.parametrize("config", [{"_class_name": "DDIMInverseScheduler"}])
def test_what_leads_to_noise_draws_no_picture(config: dict) -> None:
    subject = subject_of_config(config)
    with pytest.raises(ValueError, match="leads from data to noise|cannot be run"):
        trial(PREDICT, OWN, subject.schedule, subject.config, X_T, 10)
