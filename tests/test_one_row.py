"""A row added to a table on the fly is had everywhere at once: on the page, in a link, on the command line."""

import json
import sys
import types
from pathlib import Path

import numpy as np
import pytest
import torch

from ddpm_playground.bridge.all_samplers import sampler_named
from ddpm_playground.bridge.diffusers_samplers import DIFFUSERS_SAMPLERS, DiffusersSampler
from ddpm_playground.cli import main
from ddpm_playground.core import SAMPLERS, SCHEDULES, Family, RuleSampler, Sampling, make_schedule
from ddpm_playground.engine.engines import ENGINES, Engine, network_on, pick_engine
from ddpm_playground.lab.export import FORMATS, Format
from ddpm_playground.learn.checkpoints.checkpoint import load_checkpoint
from ddpm_playground.recipe import recipe_from_query, schedule_of
from ddpm_playground.tabs import TABS, Tab
from ddpm_playground.ui.app import build
from ddpm_playground.ui.lab.verdicts import export, lab_value
from ddpm_playground.ui.page.betas import schedule_betas
from ddpm_playground.ui.page.component import packed
from ddpm_playground.ui.schedule.tab import facts
from ddpm_playground.ui.words.text import tables

from .loops import run
from .tiny import tiny_checkpoint


def quadratic(T: int, gain: float = 0.02) -> torch.Tensor:
    """β_t = gain · (t/T)²."""
    return gain * (torch.arange(1, T + 1, dtype=torch.float64) / T) ** 2


@pytest.fixture
def with_quadratic(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SCHEDULES, "quadratic", Family(quadratic, "quadratic", {"gain": (0.0, 1.0, 1e-3)}))


def test_a_schedule_is_had_by_name_in_a_link_on_the_page_and_on_the_command_line(with_quadratic, capsys) -> None:
    recipe, problems = recipe_from_query({"schedule": "quadratic", "T": "10", "params": "gain:0.5"})
    assert problems == [] and schedule_of(recipe).betas[10] == 0.5
    _, problems = recipe_from_query({"schedule": "quadratic", "params": "gain:2"})
    assert problems and "[0, 1]" in problems[0]
    with pytest.raises(ValueError, match=r"gain.*\[0, 1\]"):
        make_schedule("quadratic", gain=2)
    assert facts()["params"]["quadratic"] == {"gain": {"low": 0.0, "high": 1.0, "step": 1e-3, "published": 0.02}}
    assert all(words["schedule.choice_quadratic"] == "quadratic" for words in tables().values())
    assert schedule_betas({"schedule": "quadratic", "T": 10, "params": "gain:0.5"}) == {
        "betas": packed(schedule_of(recipe).betas, "<f8")
    }
    named = [entry["text"] for group in json.loads(lab_value())["examples"] for entry in group["entries"]]
    assert "quadratic" in named
    assert main(["schedule", "show", "quadratic", "--T", "10", "--json"]) == 0
    assert '"quadratic"' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("asked", "said"),
    [({"schedule": "wavy", "T": 10}, "schedule must be one of"), ({"schedule": "quadratic", "T": 10**9}, "[1, 4000]"),
     ({"schedule": "quadratic", "T": "10"}, "whole number"), ({"schedule": "quadratic"}, "whole number"),
     ({"schedule": "quadratic", "T": 10, "params": "gain:2"}, "[0, 1]"),
     ({"schedule": "quadratic", "T": 10, "params": {"T": 5}}, "has no parameter"), ([], "takes an object")],
)  # fmt: skip
def test_what_is_no_schedule_is_refused_to_the_page(with_quadratic, asked, said) -> None:
    assert said in schedule_betas(asked)["problem"]


def test_a_file_format_is_had_on_the_page_and_on_the_command_line(monkeypatch, tmp_path: Path) -> None:
    row = Format(lambda schedule, config: f"T: {schedule.T}\n", "schedule.yaml", "YAML")
    monkeypatch.setitem(FORMATS, ".yaml", row)
    assert ".yaml" in json.loads(lab_value())["formats"]
    assert all(words["lab.export_yaml"] == "YAML" for words in tables().values())
    betas = make_schedule("linear", 10).betas
    told = export({"betas": packed(betas, "<f8"), "config": None, "format": ".yaml"})
    assert told == {"name": "schedule.yaml", "text": "T: 10\n"}
    assert main(["schedule", "export", "linear", "--T", "10", "--out", str(tmp_path / "s.yaml")]) == 0
    assert (tmp_path / "s.yaml").read_text() == "T: 10\n"


def test_an_engine_runs_the_network_and_is_named(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setitem(ENGINES, "zip", Engine(lambda unet, sha256: unet, "Zip engine"))
    monkeypatch.setenv("DDPM_ENGINE", "zip")
    checkpoint = load_checkpoint(tiny_checkpoint(tmp_path / "tiny"))
    assert pick_engine("cpu") == "zip"
    assert network_on(checkpoint.unet, "a") == ("zip", checkpoint.unet)
    assert "Zip engine" in checkpoint.on("zip").described()


def test_a_sampler_runs_in_a_link_and_on_the_command_line(monkeypatch, tmp_path: Path) -> None:
    folder = tiny_checkpoint(tmp_path / "tiny", T=6)
    monkeypatch.setitem(SAMPLERS, "half", RuleSampler(lambda *step: SAMPLERS["ddim"](*step), "Half"))
    recipe, problems = recipe_from_query({"sampler": "half", "num_steps": "3"})
    assert problems == [] and recipe.sampling.sampler == "half"
    assert all(words["reverse.sampler_half"] == "Half" for words in tables().values())
    for sampler in ("half", "ddim"):
        flags = ["--num-samples", "2", "--sampler", sampler, "--steps", "3", "--engine", "eager"]
        assert main(["sample", "--checkpoint", str(folder), "--out", str(tmp_path / f"{sampler}.npz"), *flags]) == 0
    half, ddim = (np.load(tmp_path / f"{sampler}.npz")["images"] for sampler in ("half", "ddim"))
    assert (half == ddim).all()


def test_a_scheduler_of_diffusers_runs_in_a_link_and_on_the_command_line(monkeypatch, tmp_path: Path) -> None:
    row = DiffusersSampler("Heun, once more", "HeunDiscreteScheduler", "nobody", variance_exploding=True)
    monkeypatch.setitem(DIFFUSERS_SAMPLERS, "again", row)
    assert recipe_from_query({"sampler": "again"})[1] == []
    assert all(words["reverse.sampler_again"] == row.title for words in tables().values())
    schedule, sampling = make_schedule("linear", 40), Sampling("again", num_steps=5)
    assert sampler_named("again").path(schedule, sampling) == sampler_named("heun").path(schedule, sampling)


def test_a_tab_is_shown_and_named_by_a_link(monkeypatch) -> None:
    import gradio as gr

    room = types.ModuleType("ddpm_playground.extra_tab")
    room.build = lambda page: gr.Markdown("extra", elem_id="extra-said")
    monkeypatch.setitem(sys.modules, room.__name__, room)
    monkeypatch.setitem(TABS, "extra", Tab("extra_tab", "Extra"))
    recipe, problems = recipe_from_query({"tab": "extra"})
    assert problems == [] and recipe.tab == "extra"

    async def built() -> list[dict]:  # gradio makes a loop of its own where none runs, and leaves it open
        return build().get_config_file()["components"]

    ids = {one["props"].get("elem_id") for one in run(built())}
    assert {"tab-extra", "extra-said"} <= ids
