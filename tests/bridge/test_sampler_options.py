"""The options of a scheduler class that one may choose: what they are, and what they are where nobody chooses."""

import pytest

from ddpm_playground.bridge.driven_sampler import DrivenSampler
from ddpm_playground.bridge.found_samplers import FOUND_SAMPLERS
from ddpm_playground.bridge.option_text import as_set, parse_options, written_options
from ddpm_playground.bridge.sampler_options import TRAINED, Option, options_to_choose
from ddpm_playground.core import Sampling, make_schedule

SCHEDULE = make_schedule("linear", 20)
CONFIG = {"_class_name": "DDIMScheduler", "clip_sample": False, "steps_offset": 1, "num_train_timesteps": 20}


def options(sampler: DrivenSampler) -> dict[str, Option]:
    return {one.key: one for one in options_to_choose(sampler, SCHEDULE)}


def test_kinds_follow_the_signature() -> None:
    found = options(DrivenSampler("DPMSolverMultistepScheduler"))
    assert found["use_karras_sigmas"] == Option("use_karras_sigmas", "switch", False)
    assert found["solver_order"] == Option("solver_order", "whole", 2)
    assert found["dynamic_thresholding_ratio"] == Option("dynamic_thresholding_ratio", "number", 0.995)
    assert found["solver_type"] == Option("solver_type", "choice", "midpoint", ("midpoint", "heun"))
    assert options(DrivenSampler("EulerDiscreteScheduler"))["sigma_min"].usual is None
    assert options(DrivenSampler("DDIMScheduler"))["eta"] == Option("eta", "number", 0.0)  # of its step


def test_usual_is_what_the_folder_makes_of_it() -> None:
    own, other = DrivenSampler("DDIMScheduler", CONFIG, True), DrivenSampler("DDIMScheduler")
    assert (options(own)["clip_sample"].usual, options(own)["steps_offset"].usual) == (False, 1)
    assert (options(other)["clip_sample"].usual, options(other)["steps_offset"].usual) == (True, 0)


def test_no_class_offers_what_fixes_the_trained_schedule() -> None:
    for name in (
        "DDPMScheduler",
        "EulerDiscreteScheduler",
        "UniPCMultistepScheduler",
        "FlowMatchEulerDiscreteScheduler",
    ):
        sampler = FOUND_SAMPLERS[name]
        found = options(sampler)
        assert found and not found.keys() & TRAINED
        assert all(one.usual in one.choices for one in found.values() if one.kind == "choice")


def test_a_network_that_says_no_variance_is_offered_none_to_read() -> None:
    assert "learned_range" not in options(DrivenSampler("DDPMScheduler"))["variance_type"].choices
    said = options(DrivenSampler("DDPMScheduler", said="learned_range"))["variance_type"]
    assert said.usual == "learned_range" and "learned_range" in said.choices


def test_an_address_has_the_words_of_set() -> None:
    text = "use_karras_sigmas:true,eta:0.5,timestep_spacing:leading"
    assert as_set(text) == "use_karras_sigmas=true, eta=0.5, timestep_spacing=leading"
    assert dict(written_options(text)) == parse_options(as_set(text).split(", "))
    assert written_options("") == ()


def test_a_number_of_a_step_that_would_take_minutes_is_refused() -> None:
    with pytest.raises(ValueError, match="order must be a whole number of at most 8 here, got 100,000,000; lower it"):
        FOUND_SAMPLERS["LMSDiscreteScheduler"].path(
            SCHEDULE, Sampling("LMSDiscreteScheduler", num_steps=5, options=(("order", 100_000_000),))
        )


@pytest.mark.parametrize("text", ["eta", ":1", "eta=0.5", "eta:0.5,,x", "eta:1,eta:2", "eta:NaN"])
def test_what_is_no_option_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="write them so|give it once|give a number"):
        written_options(text)
