"""schedule, check, forward and reverse, the example notebook, and what importing the package costs."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import DDIMScheduler, FlowMatchEulerDiscreteScheduler
from PIL import Image

import ddpm_playground as pg
from ddpm_playground.core import make_schedule
from tests.learn.checkpoints.family_zoo import FOURIER, SMALL, VE, saved_family

from .loops_of_others import tiny_pipeline

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "example.ipynb"
LINEAR = {"_class_name": "DDIMScheduler", "timestep_spacing": "linspace"}


def cells() -> list[dict[str, Any]]:
    return json.loads(EXAMPLE.read_text(encoding="utf-8"))["cells"]


@pytest.mark.slow
def test_the_example_runs_from_its_first_cell_to_its_last() -> None:
    there: dict[str, Any] = {}
    for cell in cells():
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), "example.ipynb", "exec"), there)
    assert there["run"].findings[0].code == "wrong-previous-timestep" and len(there["run"]) == 8


def test_the_example_is_saved_with_what_it_showed_and_small() -> None:
    shown = [output for cell in cells() for output in cell.get("outputs", [])]
    kinds = {kind for output in shown for kind in output.get("data", {})}
    assert {"text/html", "application/vnd.plotly.v1+json"} <= kinds and EXAMPLE.stat().st_size < 300_000
    assert not [output for output in shown if output["output_type"] == "error"]


@pytest.mark.slow
def test_the_package_is_imported_without_anything_heavy_and_names_what_it_has() -> None:
    code = (
        "import sys, ddpm_playground as pg; "
        "print(sorted({'torch', 'diffusers', 'numpy', 'gradio'} & sys.modules.keys()), "
        "{'watch', 'last', 'schedule', 'check', 'forward', 'reverse'} <= set(dir(pg)), hasattr(pg, 'nothing')); "
        "pg.watch; print('gradio' in sys.modules, 'plotly' in sys.modules, 'onnxruntime' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["[] True False", "False False False"]


@pytest.mark.parametrize(
    "what",
    [
        "linear", LINEAR, [1e-4] * 1000, np.linspace(1e-4, 0.02, 1000), torch.linspace(1e-4, 0.02, 1000),
        make_schedule("linear"), DDIMScheduler(), FlowMatchEulerDiscreteScheduler(shift=3.0),
    ],
    ids=lambda what: type(what).__name__,
)  # fmt: skip
def test_whatever_stands_for_a_schedule_is_read_plotted_and_checked(what: Any) -> None:
    schedule = pg.schedule(what)
    assert schedule.T == 1000 and schedule.alpha_bars.shape == (1001,) and schedule.alpha_bars[0] == 1
    assert "polyline" in schedule._repr_html_() and repr(schedule).startswith("<")
    checked = pg.check(what, steps=4)
    assert checked.subject is not None and checked.steps == (4,) and checked._repr_html_().startswith("<div>")


def test_a_pipeline_is_checked_with_what_its_network_says() -> None:
    checked = pg.check(tiny_pipeline(DDIMScheduler(timestep_spacing="linspace")), steps=10)
    assert checked.subject is not None and checked.subject.sample_size == 8 and not checked.ok
    assert "wrong-previous-timestep" in repr(checked) and "wrong-previous-timestep" in checked._repr_html_()


def test_curves_of_several_schedules_are_one_figure() -> None:
    figure = pg.schedule("cosine", T=50).plot("linear", LINEAR)
    assert len(figure.data) == 3 * 5 and {trace.name for trace in figure.data} >= {"cosine", "linear"}
    alpha_bar = figure.data[0]
    assert np.allclose(alpha_bar.y, make_schedule("cosine", 50).alpha_bars[list(alpha_bar.x)], atol=1e-5)
    with pytest.raises(ValueError, match="leave some out"):
        pg.schedule("cosine").plot(*["linear"] * 4)


@pytest.mark.parametrize(
    "x_0",
    [
        torch.zeros(8, 8), np.zeros((3, 8, 8)), np.full((2, 1, 8, 8), 255, np.uint8), Image.new("RGB", (8, 8)),
        Image.new("RGBA", (8, 8)), [[0.0, 1.0], [-1.0, 0.5]], np.zeros((8, 9, 3), np.uint8), np.zeros((2, 8, 8, 1)),
    ],
    ids=["tensor", "array", "bytes", "picture", "transparent", "list", "colours last", "batch, colours last"],
)  # fmt: skip
def test_any_picture_is_noised(x_0: Any) -> None:
    noised = pg.forward(x_0, t=[0, 10, 100], schedule="cosine", seed=3)
    assert np.array_equal(noised.x_t[0], noised.x_0) and noised.x_t.shape == (3, *noised.x_0.shape)
    assert noised.x_0.shape[1] in (1, 3)
    a = float(make_schedule("cosine").alpha_bars[100])
    assert np.allclose(noised.x_t[2], a**0.5 * noised.x_0 + (1 - a) ** 0.5 * noised.eps, atol=1e-6)
    assert noised._repr_html_().count("data:image/png") == 3 and "t = 0, 10, 100" in repr(noised)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: pg.schedule("linaer"), "unknown schedule"), (lambda: pg.schedule(LINEAR, T=10), "leave them out"),
        (lambda: pg.check(3), "a schedule is a schedule's name"), (lambda: pg.check("linear", steps=0), "from 1 up"),
        (lambda: pg.forward(torch.full((8, 8), 200.0)), "scale it first"),
        (lambda: pg.forward(torch.zeros(8)), "reshape it"), (lambda: pg.forward(None), "give one of these"),
        (lambda: pg.forward(torch.zeros(8, 8), t=1001), r"\[0, 1000\]"),
        (lambda: pg.forward(torch.full((8, 8), float("nan"))), "scale it first"),
        (lambda: pg.reverse("mnist", steps=3), "no setting steps"), (lambda: pg.reverse("no-such"), "no-such"),
        (lambda: pg.reverse("mnist", num_steps=0), "num_steps"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_in_a_sentence(call: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        call()


def test_a_chain_of_the_shipped_network_is_a_run_that_plays(tmp_path: Path) -> None:
    run = pg.reverse("mnist", num_steps=3, num_images=2, label=7, seed=1)
    assert run.x_t.shape == (3, 2, 1, 28, 28) and run.timesteps.tolist() == [1000, 667, 333]
    assert np.allclose(run.numbers.signal**2 + run.numbers.noise**2, 1) and np.isfinite(run.x_0).all()
    assert "iframe" in run._repr_html_() and repr(run) == "<mnist, ddpm, 3 steps of x 2×1×28×28, finished>"
    assert run.save(tmp_path / "run.npz").exists() and run.save(tmp_path / "run.html").exists()
    again = pg.reverse("mnist", num_steps=3, num_images=2, label="7", seed=1)
    assert np.array_equal(again.x_0, run.x_0)


def test_somebody_else_s_folder_is_drawn_from_as_its_own_scheduler_does(tmp_path: Path) -> None:
    """Also where that scheduler corrects by what a batch is like: no picture depends on its companions here."""
    saved_family(tmp_path / "a", VE, net=FOURIER, **SMALL)
    two, one = (pg.reverse(tmp_path / "a", num_steps=3, num_images=count) for count in (2, 1))
    assert ", own, 3 steps" in repr(two) and np.allclose(two.x_0[:1], one.x_0, atol=1e-4)
    with pytest.raises(ValueError, match="ddpm would ask this network"):
        pg.reverse(tmp_path / "a", num_steps=3, sampler="ddpm")
