"""A stranger's folder starts with its own sampling in Reverse; a link keeps what it says."""

import json
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import DDIMScheduler

from ddpm_playground import run as run_module
from ddpm_playground.bridge.all_samplers import OWN
from ddpm_playground.core import Sampling, SeededNoise
from ddpm_playground.learn.checkpoints.store import Shelf
from ddpm_playground.learn.judging.samples import final_x
from ddpm_playground.recipe import DEFAULT, recipe_from_query
from ddpm_playground.run import Run, Start
from ddpm_playground.ui.reverse import fitting, loading
from ddpm_playground.ui.reverse.runs import LiveRun
from ddpm_playground.ui.reverse.stream import messages
from tests.learn.checkpoints.strangers import network
from tests.tiny import tiny_checkpoint

RECIPE = DEFAULT.with_(checkpoint="stranger", sampler=OWN, num_steps=4, num_images=2)
pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shelf")
    network().save_pretrained(folder / "stranger" / "unet")
    DDIMScheduler(20, clip_sample=False, steps_offset=1).save_pretrained(folder / "stranger" / "scheduler")
    (tiny_checkpoint(folder / "ours") / "training.json").write_text(json.dumps({"step": 5}))
    return folder


@pytest.fixture(autouse=True)
def shelf(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    own = Shelf([folder])
    monkeypatch.setattr(run_module, "shelf", lambda: own)
    monkeypatch.setattr(fitting, "shelf", lambda: own)
    monkeypatch.setattr(loading, "shelf", lambda: own)
    return own


def values(given: list[dict]) -> list[object]:
    return [one.get("value") for one in given]


def test_whoever_chooses_a_stranger_gets_its_own_sampling_and_steps_and_its_whole_name(shelf: Shelf) -> None:
    assert values(fitting.own_first("stranger", "ddpm")) == [OWN, shelf.load("stranger").own.num_steps]
    assert values(fitting.own_first("ours", OWN)) == ["ddpm", shelf.load("ours").schedule.T]
    assert values(fitting.own_first("ours", "ddim")) == values(fitting.own_first("nowhere", "ddim")) == [None, None]
    *rules, name = fitting.settings_of_rules(OWN, "stranger")
    assert "DDIMScheduler, clip_sample = False, steps_offset = 1. Its pipeline takes 20 steps" in name["info"]
    assert [one["visible"] for one in rules] == [False] * 4
    *rules, name = fitting.settings_of_rules("ddim", "stranger")
    assert [one["visible"] for one in rules] == [True] * 4 and "Algorithm 2" in name["info"]
    assert "KDPM2AncestralDiscreteScheduler" in fitting.sampler_told("stranger", "KDPM2AncestralDiscreteScheduler")


def test_that_another_sampler_draws_otherwise_is_said_only_of_another(shelf: Shelf) -> None:
    said = {
        (name, sampler): "draws otherwise" in loading.look(name, 16, 4, 1.0, sampler)[0]
        for name in ("stranger", "ours")
        for sampler in (OWN, "ddim")
        if ready(shelf, name)
    }
    assert said == {("stranger", OWN): False, ("stranger", "ddim"): True, ("ours", OWN): False, ("ours", "ddim"): False}
    assert "DDIMScheduler" in loading.look("stranger", 16, 4, 1.0, OWN)[0]


def ready(shelf: Shelf, name: str) -> bool:
    shelf.begin(name)
    end = time.monotonic() + 60
    while shelf.state(name).busy:
        assert time.monotonic() < end
        time.sleep(0.02)
    return True


def test_the_classes_offered_are_the_checkpoint_s_own(shelf: Shelf, folder: Path) -> None:
    network(num_class_embeds=1200).save_pretrained(folder / "many" / "unet")
    DDIMScheduler(20).save_pretrained(folder / "many" / "scheduler")
    network(num_class_embeds=3).save_pretrained(folder / "named" / "unet")
    named = DDIMScheduler(20)
    named.register_to_config(_class_names=["cat", "dog"])
    named.save_pretrained(folder / "named" / "scheduler")
    box = dict(zip(fitting.FITTED, fitting.fitted("many", "7", "ddim"), strict=True))
    assert box["label"]["choices"][1:] == [(str(i), str(i)) for i in range(1200)] and box["label"]["value"] == "7"
    assert box["label"]["visible"] and not box["guidance"]["visible"]
    box = dict(zip(fitting.FITTED, fitting.fitted("named", "7", "ddim"), strict=True))
    assert box["label"]["value"] == "all" and box["guidance"]["visible"]
    assert [value for _, value in box["label"]["choices"]] == ["all", "0", "1", "none"]
    assert box["label"]["choices"][1] == ("0 · cat", "0")
    assert dict(zip(fitting.FITTED, fitting.fitted("stranger", "7", "ddim"), strict=True))["label"]["visible"] is False
    assert dict(zip(fitting.FITTED, fitting.fitted("stranger", "7", "ddim"), strict=True))["label"]["value"] == "all"
    clip = [fitting.fitted("stranger", "7", name)[-1]["visible"] for name in ("ddim", OWN)]
    assert clip == [True, False], "its scheduler clips or does not, whatever the box would say"
    recipe, problems = recipe_from_query({"checkpoint": "many", "label": "1199", "num_steps": "2"})
    assert problems == [] and Run(recipe.with_(num_images=2)).labels.tolist() == [1199, 1199]


def test_the_chain_on_the_page_is_that_of_the_command(shelf: Shelf) -> None:
    live = LiveRun(Run(RECIPE))
    told = [json.loads(message) for message in messages(live)]
    assert told[-1]["done"] and not told[-1]["problem"] and told[0]["clip"] is False
    assert [step["t"] for step in told[0]["steps"]] == list(live.run.path[:-1]) == [17, 12, 7, 2]
    wanted = final_x(shelf.load("stranger"), torch.tensor([-1, -1]), Sampling(OWN, num_steps=4))
    np.testing.assert_allclose(live.xs[-1].float(), wanted, rtol=2e-3, atol=2e-3)  # kept as float16


def test_a_link_with_it_or_with_a_class_is_played_and_an_old_one_as_ever() -> None:
    for sampler in (OWN, "EulerDiscreteScheduler"):
        recipe, problems = recipe_from_query({"checkpoint": "stranger", "sampler": sampler, "num_steps": "4"})
        assert problems == [] and recipe.sampler == sampler and Run(recipe).path[-1] == 0
    assert recipe_from_query({"checkpoint": "stranger"})[0].sampler == "ddpm"
    assert Run(RECIPE.with_(sampler="ddpm")).clip_x_0
    ours = Run(RECIPE.with_(checkpoint="ours"))
    assert ours.numbers(20, 15).line_4 is not None and ours.path == Run(ours.recipe.with_(sampler="ddpm")).path


def test_it_starts_from_a_picture_at_a_t_that_it_visits() -> None:
    x_t = SeededNoise(0, [0], (3, 8, 8))()[0]
    assert [step.t for step in Run(RECIPE, Start(12, x_t))] == [12, 7, 2]
    with pytest.raises(ValueError, match="such as 12, 7"):
        Run(RECIPE, Start(11, x_t))
