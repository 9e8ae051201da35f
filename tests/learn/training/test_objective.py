"""What a network is to say, and the bound that its variance learns from; the folders that diffusers reads back."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from diffusers import DDPMPipeline
from diffusers.schedulers import scheduling_ddpm
from PIL import Image

from ddpm_playground.core import (
    Said,
    Sampling,
    SeededNoise,
    bound_terms,
    eps_from_x_0,
    level,
    make_schedule,
    min_snr,
    prediction_from,
    q_sample,
)
from ddpm_playground.core.predictor import SpreadPrediction
from ddpm_playground.learn.checkpoints.checkpoint import CheckpointError, load_checkpoint
from ddpm_playground.learn.data.pictures import load_pictures
from ddpm_playground.learn.judging.samples import chain
from ddpm_playground.learn.training.algorithm_1 import loss_weight
from ddpm_playground.learn.training.loop import train
from ddpm_playground.learn.training.objective import Objective, bound_error, step_rows
from ddpm_playground.learn.training.settings import PREDICTIONS, Settings
from ddpm_playground.learn.training.trainer import Trainer
from tests.learn.training.test_training import tiny

T = 20
SCHEDULE = make_schedule("linear", T)


class Knows:
    """Says exactly what it is asked for of a picture that it knows, and `v` of σ²."""

    def __init__(self, x_0: torch.Tensor, kind: str, v: torch.Tensor | None = None, off: float = 0.0) -> None:
        self.x_0, self.kind, self.v, self.off = x_0, kind, v, off

    def __call__(self, x_t: torch.Tensor, t: torch.Tensor, class_labels: torch.Tensor | None = None):  # noqa: ANN204
        eps = eps_from_x_0(SCHEDULE, x_t, t + 1, self.x_0)
        at = level(SCHEDULE, t + 1, x_t)
        said = {"eps": eps, "x0": self.x_0, "v": at.signal * eps - at.noise * self.x_0}[self.kind] + self.off
        whole = said if self.v is None else torch.cat([said, self.v], 1)
        return type("Output", (), {"sample": whole})


def drawn(count: int = 4) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """x_0 of whole pixels, t from 1 on, and ε."""
    generator = torch.Generator().manual_seed(0)
    x_0 = torch.randint(0, 256, (count, 3, 2, 2), generator=generator) / 127.5 - 1
    return x_0, torch.tensor([1, 2, 9, T])[:count], torch.randn(x_0.shape, generator=generator)


@pytest.mark.parametrize("kind", PREDICTIONS)
def test_who_says_what_it_is_asked_for_has_no_error(kind: str) -> None:
    x_0, t, eps = drawn()
    objective, at = Objective(Settings(predict=kind, T=T), SCHEDULE), level(SCHEDULE, t, x_0)
    for off, error in ((0.0, 0.0), (0.5, 0.25)):
        found = objective(Knows(x_0, kind, off=off), x_0, t, eps, None, at=at)
        torch.testing.assert_close(found.simple, torch.full((4,), error), atol=1e-5, rtol=1e-4)
        assert torch.equal(found.simple, found.lowered)


@pytest.mark.parametrize("kind", PREDICTIONS)
def test_min_snr_weighs_each_prediction_as_hang_et_al(kind: str) -> None:
    """min(SNR, γ) over SNR of ε, 1 of x_0 and SNR + 1 of v; without it each error counts 1."""
    snr, t = SCHEDULE.snr[1:], torch.arange(1, T + 1)
    over = {"eps": snr, "x0": torch.ones(T), "v": snr + 1}[kind]
    found = loss_weight(SCHEDULE, t, 0.5, 0.0, PREDICTIONS[kind])
    torch.testing.assert_close(found.double(), snr.clamp_max(0.5) / over, rtol=1e-5, atol=0, check_dtype=False)
    assert loss_weight(SCHEDULE, t, 0.0, 0.0, PREDICTIONS[kind]).unique().tolist() == [1.0]
    torch.testing.assert_close(min_snr(SCHEDULE, 0.5), snr.clamp_max(0.5) / snr)


def test_the_bound_s_error_is_that_of_the_ledger() -> None:
    x_0, t, eps = drawn()
    v = torch.randn(x_0.shape, generator=torch.Generator().manual_seed(3))
    x_t = q_sample(SCHEDULE, x_0, t, eps)
    x_hat_0 = x_0 + 0.05
    found = bound_error(step_rows(SCHEDULE, t), x_0, x_t, t, x_hat_0, v)
    for i, at in enumerate(t.tolist()):

        def says(x: torch.Tensor, when: torch.Tensor, label: None = None, i: int = i) -> SpreadPrediction:
            raw = prediction_from(SCHEDULE, "sample", x, when, x_hat_0[i : i + 1].double())
            return SpreadPrediction(*raw, Said(v[i : i + 1].double(), "learned_range"))

        own = x_0[i : i + 1].double()
        (term,) = bound_terms(SCHEDULE, says, own, lambda i=i: eps[i : i + 1], ts=[at], clip_x_0=False)
        assert float(found[i]) == pytest.approx(float(term.bits_per_dim), rel=2e-3, abs=1e-5)


@pytest.mark.parametrize("objective", ["hybrid", "vlb"])
def test_in_hybrid_the_mean_learns_from_the_simple_error_alone(objective: str) -> None:
    """L_simple + λ T L_{t−1} with x̂_0 of L_{t−1} held fast; L_vlb alone moves both."""
    x_0, t, eps = drawn()
    settings = Settings(predict="x0", variance="learned", objective=objective, T=T)
    said = torch.zeros(4, 6, 2, 2, requires_grad=True)

    def network(x: torch.Tensor, when: torch.Tensor, class_labels: None = None):  # noqa: ANN202
        return type("Output", (), {"sample": said})

    at = level(SCHEDULE, t, x_0)
    errors = Objective(settings, SCHEDULE)(network, x_0, t, eps, None, at=at, rows=step_rows(SCHEDULE, t))
    (gradient,) = torch.autograd.grad(errors.lowered.sum(), said)
    assert bool(torch.isfinite(gradient).all()) and bool((gradient[:, 3:] != 0).any((1, 2, 3)).all())
    of_simple = 2 * (said[:, :3] - x_0).detach() / 12
    assert torch.allclose(gradient[:, :3], of_simple, atol=1e-6) == (objective == "hybrid")
    if objective == "hybrid":
        bound = bound_error(step_rows(SCHEDULE, t), x_0, q_sample(SCHEDULE, x_0, t, eps), t, 0 * x_0, 0 * x_0)
        torch.testing.assert_close(errors.lowered, errors.simple + 1e-3 * T * bound)


@pytest.mark.slow
def test_learning_lowers_the_bound_below_a_fixed_variance_s(idx_folder: Callable[..., Path]) -> None:
    """σ² moves from the middle towards where its own squared error is: the bound's term falls."""
    folder = idx_folder()
    trainer = Trainer(tiny(folder, variance="learned", steps=40, learning_rate=4e-3), load_pictures(folder))
    batch = trainer.batch(0)
    assert batch.rows is not None

    def bound() -> float:
        with torch.no_grad():
            errors = trainer._errors(trainer.unet, batch)
        return float((errors.lowered - errors.simple).mean())

    before = bound()
    for _ in trainer:
        pass
    assert bound() < 0.7 * before and math.isfinite(bound())


@pytest.mark.parametrize("kind,variance", [("v", "learned"), ("x0", "fixed")])
def test_diffusers_draws_from_the_folder_what_we_draw(
    kind: str, variance: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder of colour pictures of many sizes, some grey, one with transparency, without classes."""
    data = tmp_path / "data"
    data.mkdir()
    for i, mode in enumerate(("RGB", "L", "RGBA", "P") * 6):
        Image.new(mode, (8 + i, 20 - i // 2), i).save(data / f"{i:02d}.png")
    settings = tiny(data, size=8, predict=kind, variance=variance, steps=2, batch_size=6)
    train(settings, tmp_path / "out", device="cpu", threads=1)
    card = (tmp_path / "out" / "README.md").read_text()
    assert f"An unconditional {'v' if kind == 'v' else 'x_0'}-predictor" in card and "no classes" in card
    ours = load_checkpoint(tmp_path / "out")
    assert ours.read_as == () and ours.class_names == () and ours.image_shape == (3, 8, 8)
    assert (ours.prediction_type, ours.variance_type) == (
        PREDICTIONS[kind], "learned_range" if variance == "learned" else None
    )  # fmt: skip
    noise = SeededNoise(0, range(2), (3, 8, 8))
    monkeypatch.setattr(scheduling_ddpm, "randn_tensor", lambda *_, **__: noise())
    monkeypatch.setattr("diffusers.pipelines.ddpm.pipeline_ddpm.randn_tensor", lambda *_, **__: noise())
    pipeline = DDPMPipeline.from_pretrained(tmp_path / "out")
    pipeline.set_progress_bar_config(disable=True)
    theirs = pipeline(batch_size=2, num_inference_steps=settings.T, output_type="np").images  # type: ignore[union-attr]
    for step in chain(ours, range(2), torch.full((2,), -1), Sampling()):
        x_0 = step.x_s
    found = (x_0 / 2 + 0.5).clamp(0, 1).permute(0, 2, 3, 1)
    torch.testing.assert_close(found, torch.from_numpy(theirs), atol=1e-4, rtol=0)


def test_settings_that_contradict_each_other_are_refused(idx_folder: Callable[..., Path], tmp_path: Path) -> None:
    folder = idx_folder()
    for changes in ({"objective": "vlb"}, {"objective": "vlb", "variance": "learned", "min_snr": 5.0}):
        with pytest.raises(ValueError, match="--objective vlb is the bound with a learned variance"):
            tiny(folder, **changes)
    with pytest.raises(ValueError, match="predict must be one of eps, x0, v"):
        tiny(folder, predict="score")
    with pytest.raises(ValueError, match="--teachers weighs its estimates class by class"):
        Trainer(tiny(folder, teachers=("mnist",)), load_pictures(folder).without_classes())
    train(tiny(folder, steps=1), tmp_path / "eps", device="cpu")
    with pytest.raises(CheckpointError, match="says epsilon, this one is to say v_prediction; give --predict"):
        Trainer(tiny(folder, predict="v", start_from=str(tmp_path / "eps")), load_pictures(folder))


def test_a_training_of_before_there_was_a_choice_goes_on(idx_folder: Callable[..., Path], tmp_path: Path) -> None:
    """Its state names none of the newer settings."""
    from ddpm_playground.learn.training.training_state import load_state, save_state

    folder, state = idx_folder(), tmp_path / "out.training" / "state.safetensors"
    train(tiny(folder, steps=1), tmp_path / "out", device="cpu")
    tensors, facts = load_state(state)
    for name in ("predict", "variance", "objective", "vlb_weight", "classes", "size"):
        del facts["settings"][name]
    save_state(state, tensors, facts)
    train(tiny(folder, steps=2), tmp_path / "out", device="cpu", resume=True)
    assert json.loads((tmp_path / "out" / "training.json").read_text())["step"] == 2


def test_a_stable_target_without_classes_is_that_of_all_pictures(idx_folder: Callable[..., Path]) -> None:
    folder = idx_folder()
    pictures = load_pictures(folder).without_classes()
    trainer = Trainer(tiny(folder, stable_target=48, steps=2, predict="v"), pictures)
    assert [bool(torch.isfinite(step.errors).all()) for step in trainer] == [True, True]
    assert len(trainer.target.exact) == 1 and len(trainer.target.exact[0].means) == 48  # type: ignore[union-attr]
