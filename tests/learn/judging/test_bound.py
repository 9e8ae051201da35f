"""The bound of a checkpoint: what is drawn depends on seed, picture and t, and the numbers are those of core."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from diffusers import DDPMScheduler, UNet2DModel
from PIL import Image

from ddpm_playground.core import Prediction, SeededNoise, posterior_kl, q_sample, stream_seed
from ddpm_playground.learn.checkpoints.checkpoint import Checkpoint, load_checkpoint, save_pipeline
from ddpm_playground.learn.checkpoints.model_card import BOUND, SCORES, kept_rows, model_card, write_card
from ddpm_playground.learn.data.pictures import load_pictures
from ddpm_playground.learn.judging.checkpoint_bound import held_out, measure_bound
from tests.tiny import tiny_checkpoint

T = 6
pytestmark = pytest.mark.usefixtures("one_thread")
FACTS = {
    "settings": {"seed": 0, "batch_size": 4, "schedule": "linear", "T": T}, "command": "c", "commit": "a", "data": "d",
    "step": 1, "hours": 1, "machine": "m", "torch": "2", "parameters": 1, "held_out_loss": 1,
    "held_out_loss_by_quarter": [1],
}  # fmt: skip


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    return load_checkpoint(tiny_checkpoint(tmp_path_factory.mktemp("bound") / "tiny", T=T))


class Hearing:
    """A network that hears its class: the tiny one's norms, a channel each, leave nothing of it."""

    def __init__(self, unet: UNet2DModel) -> None:
        self.unet, self.config = unet, unet.config

    def __call__(self, x: torch.Tensor, t: torch.Tensor, class_labels: torch.Tensor | None = None) -> SimpleNamespace:
        assert class_labels is not None
        return SimpleNamespace(sample=self.unet(x, t, class_labels).sample + 0.1 * class_labels.reshape(-1, 1, 1, 1))


@pytest.fixture
def data(idx_folder: Callable[..., Path]) -> Path:
    return idx_folder(count=48)


def test_numbers_are_the_same_in_any_batch(checkpoint: Checkpoint, data: Path) -> None:
    held = held_out(checkpoint, data, 11)
    whole = measure_bound(checkpoint, held, batch_size=32).ledger
    assert whole.vb.shape == (T,) and whole.prior.shape == (11,)
    assert whole.total_bpd == pytest.approx(whole.prior_bpd + float(whole.vb.sum()), abs=1e-6)
    for batch_size in (1, 5):
        parts = measure_bound(checkpoint, held, batch_size=batch_size).ledger
        for name in ("prior", "terms", "eps_mse", "x_0_mse"):
            torch.testing.assert_close(getattr(parts, name), getattr(whole, name), rtol=1e-9, atol=1e-12)


def test_fewer_pictures_are_the_first_and_keep_their_numbers(checkpoint: Checkpoint, data: Path) -> None:
    many, few = (measure_bound(checkpoint, held_out(checkpoint, data, N)).ledger for N in (11, 4))
    torch.testing.assert_close(few.terms, many.terms[:4], rtol=1e-9, atol=1e-12)


def test_the_seed_chooses_pictures_and_noise(checkpoint: Checkpoint, data: Path) -> None:
    held = held_out(checkpoint, data, 4)
    assert sorted(held.places.tolist()) != sorted(held_out(checkpoint, data, 4, seed=1).places.tolist())
    first, again, other = (measure_bound(checkpoint, held, seed=seed).ledger for seed in (0, 0, 1))
    assert torch.equal(first.terms, again.terms) and torch.equal(first.prior, other.prior)
    assert not bool(torch.isclose(first.terms, other.terms).any())


def test_a_term_is_the_one_of_core_with_the_true_class(checkpoint: Checkpoint, data: Path) -> None:
    """L_3 of one picture, from the network asked by hand."""
    checkpoint = replace(checkpoint, network=Hearing(checkpoint.unet))
    held = held_out(checkpoint, data, 4, seed=2)
    bound = measure_bound(checkpoint, held, seed=2, clip_x_0=False).ledger
    pictures, place = load_pictures(data, "test"), int(held.places[1])
    x_0 = pictures.x_0(torch.tensor([place])).double()
    noise = SeededNoise(stream_seed(2, "bound"), [place], (1, 8, 8))
    for _ in range(4):
        eps = noise().double()
    x_t = q_sample(checkpoint.schedule, x_0, 4, eps)

    def bits(label: torch.Tensor) -> float:
        said = checkpoint.predictor()(x_t.float(), torch.tensor([4]), label)
        prediction = Prediction(said.eps_hat.double(), said.x_hat_0.double())
        return float(posterior_kl(checkpoint.schedule, x_0, x_t, 4, prediction)) / (64 * math.log(2))

    own = pictures.labels[[place]]
    assert float(bound.terms[1, 3]) == pytest.approx(bits(own), rel=1e-5)
    assert float(bound.terms[1, 3]) != pytest.approx(bits((own + 1) % 3), rel=1e-4)


def test_classes_are_matched_by_name(tmp_path: Path, checkpoint: Checkpoint) -> None:
    for name in ("3", "7"):  # a test set without most classes
        (tmp_path / "test" / name).mkdir(parents=True)
        for i in range(2):
            Image.new("L", (8, 8), int(name)).save(tmp_path / "test" / name / f"{i}.png")
    held = held_out(checkpoint, tmp_path, 4)
    assert held.labels.tolist() == held.pictures.images[held.places][:, 0, 0, 0].tolist()
    (tmp_path / "test" / "7").rename(tmp_path / "test" / "cat")
    with pytest.raises(ValueError, match="knows no class cat"):
        held_out(checkpoint, tmp_path, 4)


def test_a_network_without_classes_has_a_bound(tmp_path: Path, data: Path) -> None:
    unet = UNet2DModel(
        sample_size=8, in_channels=1, out_channels=1, block_out_channels=(8, 8), norm_num_groups=4,
        down_block_types=("DownBlock2D",) * 2, up_block_types=("UpBlock2D",) * 2, attention_head_dim=8,
    )  # fmt: skip
    save_pipeline(tmp_path / "plain", unet, DDPMScheduler(num_train_timesteps=3), lambda sha256: {})
    plain = load_checkpoint(tmp_path / "plain")
    held = held_out(plain, data, 2)
    bound = measure_bound(plain, held)
    assert held.labels.tolist() == [-1, -1] and "no classes" in bound.protocol
    assert bool(torch.isfinite(bound.ledger.terms).all()) and bound.ledger.terms.shape == (2, 3)


def test_bad_wishes_are_refused(checkpoint: Checkpoint, data: Path) -> None:
    with pytest.raises(ValueError, match=r"the bundled digits are \(C,H,W\) = \(1, 28, 28\)"):
        held_out(checkpoint)
    for count in (1, 13):
        with pytest.raises(ValueError, match=r"must be a whole number in \[2, 12\]"):
            held_out(checkpoint, data, count)
    held = held_out(checkpoint, data, 2)
    with pytest.raises(ValueError, match="guidance must be a number in"):
        measure_bound(checkpoint, held, guidance=-1.0)
    with pytest.raises(ValueError, match="η or w must be a number in"):
        measure_bound(checkpoint, held, w=2.0)


def test_the_card_keeps_what_was_not_measured_anew(tmp_path: Path) -> None:
    scores, bound, old = {"samples": "10 | ten"}, {"prior L_T": "1e-5"}, "f" * 64
    write_card(tmp_path, FACTS, "a" * 64, scores=scores)
    write_card(tmp_path, FACTS, "a" * 64, bound=bound)
    both = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert both == model_card(tmp_path.name, {**FACTS, "sha256": "a" * 64}, scores, bound)
    assert kept_rows(tmp_path, SCORES, "a" * 64) == scores and kept_rows(tmp_path, BOUND, "a" * 64) == bound
    write_card(tmp_path, FACTS, "a" * 64, scores={"samples": "20"})
    assert kept_rows(tmp_path, BOUND, "a" * 64) == bound
    write_card(tmp_path, FACTS, old, scores=scores)  # other weights: their bound is not this one's
    assert kept_rows(tmp_path, BOUND, old) is None and kept_rows(tmp_path, SCORES, old) == scores


def test_too_few_pictures_are_refused_without_a_range_that_nothing_is_in(
    checkpoint: Checkpoint, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ddpm_playground.learn.judging.checkpoint_bound.LEAST", 13)
    with pytest.raises(ValueError, match="holds 12 picture; the bound needs at least 13"):
        held_out(checkpoint, data, 500)


def test_more_pictures_than_there_are_are_refused_with_the_range(checkpoint: Checkpoint, data: Path) -> None:
    with pytest.raises(ValueError, match=r"in \[2, 12\], got 500; change --num-images"):
        held_out(checkpoint, data, 500)
