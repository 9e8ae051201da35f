"""Options of a scheduler of diffusers, from the page's link to the chain and to what is said of it."""

import pytest

from ddpm_playground.api.linking import address_of
from ddpm_playground.recipe import DEFAULT, MAX_LEVERS, recipe_from_query
from ddpm_playground.run import Run
from ddpm_playground.ui.reverse.option_form import sampler_options
from ddpm_playground.ui.reverse.runs import LiveRun
from ddpm_playground.ui.words.refusal import refusal
from ddpm_playground.views.run_title import run_title

pytestmark = pytest.mark.usefixtures("one_thread")
TEXT = "use_karras_sigmas:true,s_noise:0.9"
RECIPE = DEFAULT.with_(sampler="EulerDiscreteScheduler", options=TEXT, num_steps=3, num_images=1)


def test_a_link_keeps_them() -> None:
    query = {"sampler": "EulerDiscreteScheduler", "options": TEXT, "num_steps": "3", "num_images": "1"}
    assert recipe_from_query(query) == (RECIPE, [])
    assert "options=use_karras_sigmas%3Atrue%2Cs_noise%3A0.9" in address_of(RECIPE)


@pytest.mark.parametrize(
    ("query", "said"),
    [({"options": TEXT}, "options are for a scheduler class of diffusers, got the sampler ddpm"),
     ({"sampler": "DDIMScheduler", "options": "eta"}, "options must be key:value"),
     ({"sampler": "DDIMScheduler", "options": "x:" + MAX_LEVERS * "1"}, "options must have at most 400 characters")],
)  # fmt: skip
def test_a_link_whose_options_cannot_be_had_says_so_and_leaves_them_out(query: dict[str, str], said: str) -> None:
    recipe, problems = recipe_from_query(query)
    assert recipe.options == "" and said in " ".join(map(refusal, problems))


def test_they_reach_the_chain_and_its_settings() -> None:
    run = Run(RECIPE)
    assert dict(run.sampling.options) == {"use_karras_sigmas": True, "s_noise": 0.9}
    assert run.path != Run(RECIPE.with_(options="")).path  # Karras' σ lie elsewhere
    settings = LiveRun(run).settings
    assert settings["options"] == "use_karras_sigmas=true, s_noise=0.9"
    assert "S = 3 · use_karras_sigmas=true, s_noise=0.9 · " in run_title(**settings)


def test_one_that_the_class_has_not_is_refused_as_by_set() -> None:
    with pytest.raises(ValueError, match="EulerDiscreteScheduler has no option 'beta'; it has .*use_karras_sigmas"):
        Run(RECIPE.with_(options="beta:1"))


def test_the_form_asks_the_class_and_a_problem_is_a_sentence() -> None:
    told = sampler_options({"sampler": "EulerDiscreteScheduler", "checkpoint": "mnist"})
    usual = {one["key"]: one["usual"] for one in told["options"]}
    assert told["name"] == "EulerDiscreteScheduler" and usual["s_tmax"] == "inf" and usual["sigma_min"] is None
    assert sampler_options({"sampler": "own", "checkpoint": "mnist"})["name"] == "DDPMScheduler"
    assert "unknown sampler" in sampler_options({"sampler": "nobody", "checkpoint": "mnist"})["problem"]
