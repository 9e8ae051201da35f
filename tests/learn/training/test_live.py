"""Live training: it learns, it obeys, and it is its seed's alone."""

import json
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from diffusers import DDPMScheduler, UNet2DModel
from PIL import Image

from ddpm_playground.core import ExactEps, make_schedule
from ddpm_playground.learn.checkpoints.checkpoint import ARCHITECTURES, CheckpointError, load_checkpoint
from ddpm_playground.learn.checkpoints.store import Shelf
from ddpm_playground.learn.data.pictures import bundled_digits
from ddpm_playground.learn.data.planar import NUM_POINTS, PLANAR_SETS, REACH, drawn_points
from ddpm_playground.learn.networks.unet import NetworkEps
from ddpm_playground.learn.training.live import BINS, CURVE, LiveTraining
from ddpm_playground.learn.training.live_store import LiveStore
from ddpm_playground.learn.training.live_tasks import DigitsTask, PlanarTask
from ddpm_playground.recipe import DEFAULT
from ddpm_playground.run import Run, Start
from ddpm_playground.ui.train.trainings import schedule_asked
from ddpm_playground.views.cloud import draw_cloud
from ddpm_playground.views.film import Film, write_gif

SCHEDULE = schedule_asked({"schedule": "linear"}, 200)


def points(name: str = "mixture", seed: int = 0) -> torch.Tensor:
    return PLANAR_SETS[name](NUM_POINTS, torch.Generator().manual_seed(seed))


def planar(name: str = "mixture", seed: int = 0) -> LiveTraining:
    return LiveTraining(PlanarTask(name, points(name), SCHEDULE, seed), SCHEDULE, 2e-3, seed)


def until(holds: Callable[[], bool], patience_s: float = 60.0) -> None:
    end = time.monotonic() + patience_s
    while not holds():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.01)


def stepped(live: LiveTraining, count: int) -> None:
    """So many steps, no more."""
    for k in range(count):
        live.single_step()
        until(lambda k=k: live.progress.step == k + 1)


@pytest.mark.parametrize("name", PLANAR_SETS)
def test_a_set_fills_the_plane_that_is_shown_and_drowns_by_T(name):
    x_0 = points(name)
    assert x_0.shape == (NUM_POINTS, 2) and x_0.dtype == torch.float32
    assert x_0.abs().max() < REACH
    assert 0.3 < x_0.std() < 1.2
    assert torch.equal(x_0, points(name)) and not torch.equal(x_0, points(name, 1))
    assert SCHEDULE.alpha_bars[-1] < 1e-3


def test_a_drawn_set_lies_around_its_strokes():
    strokes = [[x / 10, 0.5] for x in range(-10, 11)]
    x_0 = drawn_points(strokes, 500, torch.Generator().manual_seed(0))
    nearest = torch.cdist(x_0, torch.tensor(strokes)).min(1).values
    assert x_0.shape == (500, 2) and nearest.max() < 0.2
    for bad, said in (([[0, 0]] * 3, "8 to"), ([[0, 9]] * 9, "in \\[−2, 2\\]"), ([["a", 0]] * 9, "pairs of numbers")):
        with pytest.raises(ValueError, match=said):
            drawn_points(bad, 10, torch.Generator())


@pytest.mark.slow
def test_equal_seeds_train_equal_networks():
    runs = [planar(seed=3), planar(seed=3), planar(seed=4)]
    for live in runs:
        stepped(live, 5)
        live.stop()
    first, second, third = (live.network_now().state_dict() for live in runs)
    assert all(torch.equal(first[key], second[key]) for key in first)
    assert any(not torch.equal(first[key], third[key]) for key in first)
    assert runs[0].progress.losses == runs[1].progress.losses


@pytest.mark.slow
def test_it_learns_the_exact_score():
    live = planar()
    live.resume()
    until(lambda: live.progress.step >= 1500, 120.0)
    live.pause()
    until(lambda: live.progress.state == "paused")
    live.stop()
    assert live.join(5.0)
    predict, exact = NetworkEps(SCHEDULE, live.network_now()), ExactEps(SCHEDULE, live.task.points)
    generator = torch.Generator().manual_seed(9)
    x_0, _ = live.task.draw(generator)
    t = torch.full((len(x_0),), 100)
    eps = torch.randn(x_0.shape, generator=generator)
    alpha_bar = SCHEDULE.alpha_bars[100].float()
    x_t = alpha_bar.sqrt() * x_0 + (1 - alpha_bar).sqrt() * eps
    best = exact(x_t, t).eps_hat
    gap = float((predict(x_t, t).eps_hat - best).square().mean())
    assert gap < 0.2 * float(best.square().mean())
    curve = live.progress.curve()
    assert len(curve) <= CURVE and curve[-1][0] == live.progress.step
    assert curve[-1][2] < 0.8 * curve[0][1]
    assert sum(raw for _, raw, _ in curve) / len(curve) == pytest.approx(
        sum(live.progress.losses) / live.progress.step, rel=0.02
    )
    assert live.progress.by_t.shape == (BINS,) and bool(torch.isfinite(live.progress.by_t).all())
    assert live.progress.by_t[0] > live.progress.by_t[-1], "small t are the hard ones"


def test_it_obeys():
    live = planar()
    assert live.progress.state == "paused"
    live.set_learning_rate(1e-4)
    stepped(live, 2)
    assert {group["lr"] for group in live.optimizer.param_groups} == {1e-4}
    other = make_schedule("cosine", 200)
    live.set_schedule(other)
    live.look_at(7)
    until(lambda: live.progress.view is not None and live.schedule is other)
    stepped_before = live.progress.step
    live.single_step()
    until(lambda: live.progress.step == stepped_before + 1)
    for wrong, said in (
        (lambda: live.set_learning_rate(0.0), "learning rate"), (lambda: live.look_at(201), r"\[1, 200\]"),
        (lambda: live.set_schedule(make_schedule("linear", 100)), "T must stay 200"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=said):
            wrong()
    live.stop()
    assert live.join(5.0) and live.progress.state == "stopped"


def test_a_run_on_one_core_leaves_the_others_to_those_who_come_after():
    before, counts = torch.get_num_threads(), []
    torch.set_num_threads(2)
    try:
        live = planar()
        stepped(live, 1)
        later = threading.Thread(target=lambda: counts.append(torch.get_num_threads()))
        later.start()
        later.join()
        live.stop()
        assert live.join(5.0) and (*counts, torch.get_num_threads()) == (2, 2)
    finally:
        torch.set_num_threads(before)


def test_a_loss_that_is_not_finite_is_told_and_ends_the_run():
    live = planar()
    with torch.no_grad():
        next(live.network.parameters()).fill_(torch.nan)
    live.resume()
    until(lambda: live.progress.state == "failed")
    assert "not finite at step 0" in live.progress.problem and live.join(5.0)


def test_a_run_ends_at_its_limit():
    live = planar()
    live.task.max_steps = 3
    live.resume()
    until(lambda: live.progress.state == "limit")
    assert live.progress.step == 3
    live.stop()


def test_a_planar_run_is_saved_as_safetensors_and_json(tmp_path: Path):
    live, store = planar(), LiveStore(tmp_path / "runs")
    with pytest.raises(ValueError, match="not taken a step"):
        store.save(live, "run")
    stepped(live, 2)
    live.stop()
    folder = store.save(live, "run")
    with pytest.raises(CheckpointError, match="'PlanarNetwork'; only UNet2DModel can be read here"):
        load_checkpoint(folder)
    again = load_checkpoint(folder, architectures=tuple(ARCHITECTURES))
    assert again.is_planar and again.schedule.T == 200 and again.on("onnx").engine == "eager"
    x, t = torch.randn(5, 2, generator=torch.Generator().manual_seed(0)), torch.arange(5)
    want = live.network_now()(x, t).sample
    torch.testing.assert_close(again.unet(x, t).sample, want, rtol=0, atol=0)
    torch.testing.assert_close(again.unet(x[..., None, None], t).sample, want[..., None, None], rtol=0, atol=0)
    facts = json.loads((folder / "training.json").read_text())
    assert facts["steps"] == 2 and facts["data"] == "mixture" and facts["width"] == 128
    torch.testing.assert_close(
        DDPMScheduler.from_pretrained(folder / "scheduler").betas.double(), SCHEDULE.betas[1:], rtol=1e-6, atol=0
    )
    with zipfile.ZipFile(store.zipped(folder, tmp_path)) as file:
        assert {"unet/diffusion_pytorch_model.safetensors", "unet/config.json"} <= set(file.namelist())
        assert "model_index.json" not in file.namelist()


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [("T", 0, "T must be a whole number"), ("width", 10**9, "width must be"), ("width", 64, "of another shape")],
)
def test_a_planar_config_that_does_not_fit_is_told(tmp_path: Path, key: str, value: int, said: str):
    live = planar()
    stepped(live, 1)
    live.stop()
    config = LiveStore(tmp_path).save(live, "run") / "unet" / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {key: value}))
    with pytest.raises(CheckpointError, match=said):
        load_checkpoint(tmp_path / "run", architectures=tuple(ARCHITECTURES))


def test_the_chain_of_a_planar_run_starts_from_32_points_an_image_and_ends_in_a_film(tmp_path: Path, monkeypatch):
    live = planar()
    stepped(live, 1)
    live.stop()
    LiveStore(tmp_path).save(live, "run")
    shelf = Shelf([tmp_path])
    monkeypatch.setattr("ddpm_playground.run.shelf", lambda: shelf)
    recipe = DEFAULT.with_(checkpoint="run", num_images=2, num_steps=5)
    run = Run(recipe)
    steps = list(run)
    assert run.count == 64 and not run.clip_x_0 and steps[0].x_t.shape == (64, 2, 1, 1)
    assert float(steps[0].x_hat_0.abs().max()) > 1.0  # not clipped
    with pytest.raises(ValueError, match="points in the plane, not pictures"):
        Run(recipe, Start(5, torch.zeros(1, 28, 28)))
    shown = Film([step.t for step in steps], [step.x_t for step in steps], lambda i: steps[i].x_hat_0, planar=True)
    write_gif(tmp_path / "run.gif", shown)
    with Image.open(tmp_path / "run.gif") as film:
        assert film.n_frames == 5 and film.size == (984, 572)


def test_a_point_is_drawn_where_it_is():
    pixels = draw_cloud(torch.tensor([[1.5, 0.75], [torch.nan, 0.0], [9.0, 0.0]]))
    dark = (pixels < 100).nonzero()
    assert abs(dark[1].mean() - 360) < 1 and abs(dark[0].mean() - 180) < 1


@pytest.mark.slow
def test_a_run_on_digits_is_a_diffusers_folder_that_reverse_can_load(tmp_path: Path):
    schedule = make_schedule("linear", 1000)
    live, store = LiveTraining(DigitsTask("digits", bundled_digits(), 0), schedule, 1e-3, 0), LiveStore(tmp_path)
    stepped(live, 1)
    live.stop()
    assert live.join(60.0)
    folder = store.save(live, "run")
    unet = UNet2DModel.from_pretrained(folder / "unet")
    checkpoint = load_checkpoint(folder)
    assert checkpoint.class_names == tuple("0123456789")
    assert checkpoint.schedule.T == 1000
    want = live.network_now().state_dict()
    assert all(torch.equal(value, want[key]) for key, value in unet.state_dict().items())
