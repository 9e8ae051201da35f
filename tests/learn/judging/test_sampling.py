"""Samples of a checkpoint: picture i from (seed, i) alone, and the command that writes them."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from ddpm_playground.cli import main
from ddpm_playground.core import Level, Prediction, Sampling, SeededNoise, reverse, timestep_path
from ddpm_playground.learn.checkpoints.checkpoint import Checkpoint, load_checkpoint
from ddpm_playground.learn.data.pictures import to_uint8
from ddpm_playground.learn.judging.samples import BLOCK, FixedBatches, sample
from tests.tiny import tiny_checkpoint

T = 6
pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_checkpoint(tmp_path_factory.mktemp("sampling") / "tiny", T=T)


@pytest.fixture(scope="module")
def checkpoint(folder: Path) -> Checkpoint:
    return load_checkpoint(folder)


def labels(count: int) -> torch.Tensor:
    return torch.arange(count) % 11 - 1


@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"sampling": Sampling(eta_or_w=1.0), "guidance": 3.0, "seed": 5},
        {"sampling": Sampling("ddim", 0.5, num_steps=4)},
        {"sampling": Sampling("dpmpp_2m", num_steps=4)},
    ],
)
def test_a_picture_depends_on_seed_and_number_alone(checkpoint: Checkpoint, settings: dict) -> None:
    all_at_once = sample(checkpoint, labels(20), batch_size=32, **settings)
    assert all_at_once.shape == (20, 8, 8, 1) and all_at_once.dtype == np.uint8
    for count, batch_size in ((1, 1), (5, 32), (20, 7)):
        fewer = sample(checkpoint, labels(count), batch_size=batch_size, **settings)
        np.testing.assert_array_equal(fewer, all_at_once[:count])


def test_seeds_and_numbers_give_other_pictures(checkpoint: Checkpoint) -> None:
    one = torch.zeros(2, dtype=torch.int64)
    first, second = sample(checkpoint, one, Sampling(num_steps=5))
    other = sample(checkpoint, one, Sampling(num_steps=5), seed=1)[0]
    assert (first != second).any() and (first != other).any()


def test_it_is_algorithm_2(checkpoint: Checkpoint) -> None:
    noise = SeededNoise(3, range(4), (1, 8, 8))
    steps = reverse(
        checkpoint.schedule, checkpoint.predictor(2.0), noise(), timestep_path(T, T), noise, label=labels(4)
    )
    *_, last = steps
    expected = to_uint8(last.x_s).permute(0, 2, 3, 1).numpy().astype(int)
    got = sample(checkpoint, labels(4), seed=3, guidance=2.0)
    assert np.abs(got - expected).max() <= 1


def test_fixed_batches_ask_for_one_size_and_answer_for_any() -> None:
    sizes, levels = [], []

    def predict(
        x_t: torch.Tensor, t: torch.Tensor, label: torch.Tensor | None = None, level: Level | None = None
    ) -> Prediction:
        levels.append(level)
        sizes.append((len(x_t), len(t), None if label is None else len(label)))
        return Prediction(x_t * t[:, None], x_t + 1)

    x, t = torch.arange(14.0).reshape(7, 2), torch.arange(1, 8)
    prediction = FixedBatches(predict, 4)(x, t, t)
    torch.testing.assert_close(prediction.eps_hat, x * t[:, None])
    torch.testing.assert_close(prediction.x_hat_0, x + 1)
    told = Level(torch.tensor(0.6), torch.tensor(0.8))
    FixedBatches(predict, 4)(x[:1], t[:1], None, told)
    assert sizes == [(4, 4, 4), (4, 4, 4), (4, 4, None)]
    assert levels == [None, None, told]
    assert set(BLOCK) == {"cpu", "cuda", "mps"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sampling": Sampling("pndm")}, "unknown sampler 'pndm'"),
        ({"sampling": Sampling(num_steps=0)}, "num_steps must be"),
        ({"sampling": Sampling(num_steps=T + 1)}, "num_steps must be"),
        ({"sampling": Sampling(spacing="even")}, "unknown spacing"),
        ({"sampling": Sampling(eta_or_w=float("nan"))}, "must be a number in"),
        ({"sampling": Sampling(eta_or_w=1.5)}, "must be a number in"),
        ({"guidance": float("nan")}, "guidance must be a number in"),
        ({"guidance": -1.0}, "guidance must be a number in"),
        ({"seed": -1}, "seed must be"),
        ({"seed": 2**63}, "seed must be"),
        ({"batch_size": 0}, "batch_size must be"),
        ({"labels": torch.tensor([10])}, "labels must be"),
        ({"labels": torch.tensor([-2])}, "labels must be"),
        ({"labels": torch.tensor([], dtype=torch.int64)}, "number of samples"),
    ],
)
def test_refuses_before_it_draws(checkpoint: Checkpoint, change: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        sample(checkpoint, **({"labels": labels(2)} | change))


def run(folder: Path, out: Path, *flags: str) -> int:
    return main(["sample", "--checkpoint", str(folder), "--out", str(out), *flags])


def test_the_command_writes_images_and_labels(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "samples.npz"
    assert run(folder, out, "--num-samples", "12", "--seed", "4", "--batch-size", "5") == 0
    with np.load(out) as written:
        assert set(written) == {"images", "labels"}
        images, labels = written["images"], written["labels"]
    assert images.shape == (12, 8, 8, 1) and images.dtype == np.uint8
    assert labels.dtype == np.int64 and labels.tolist() == [i % 10 for i in range(12)]
    assert run(folder, out, "--num-samples", "3", "--seed", "4") == 0
    np.testing.assert_array_equal(np.load(out)["images"], images[:3])
    assert [p.name for p in out.parent.iterdir()] == ["samples.npz"]


@pytest.mark.parametrize(("label", "expected"), [("3", 3), ("none", -1)])
def test_the_command_takes_one_label_or_none(folder: Path, tmp_path: Path, label: str, expected: int) -> None:
    out = tmp_path / "samples.npz"
    flags = ["--num-samples", "2", "--sampler", "ddim", "--steps", "3", "--eta", "1", "--guidance", "2"]
    assert run(folder, out, "--label", label, *flags) == 0
    assert np.load(out)["labels"].tolist() == [expected] * 2


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--label", "10"], "label"),
        (["--label", "seven"], "label"),
        (["--num-samples", "0"], "--num-samples"),
        (["--steps", "0"], "--steps must be in [1,"),
        (["--steps", str(T + 1)], "--steps must be in [1,"),
        (["--eta", "nan"], "--eta"),
        (["--sampler", "ddim", "--eta", "2"], "--eta"),
        (["--sigma-w", "-1"], "--sigma-w"),
        (["--guidance", "nan"], "guidance"),
        (["--guidance", "inf"], "guidance"),
        (["--seed", "-1"], "seed"),
        (["--batch-size", "0"], "batch_size"),
        (["--device", "abacus"], "device"),
        (["--checkpoint", "nowhere"], "nowhere"),
        (["--out", "x.png"], "--out must end in .npz"),
    ],
)
def test_the_command_refuses_with_a_sentence(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], flags: list[str], words: str
) -> None:
    out = tmp_path / "samples.npz"
    assert run(folder, out, *flags) == 2
    told = capsys.readouterr().err
    assert told.startswith("ddpm_playground: ") and words in told and "Traceback" not in told
    assert not list(tmp_path.iterdir())


def test_the_command_refuses_a_folder_as_file(folder: Path, tmp_path: Path) -> None:
    assert run(folder, tmp_path) == 2


def test_help_is_quick() -> None:
    """`--help` loads neither torch nor diffusers."""
    code = """
import sys
from ddpm_playground.cli import main
try:
    main(["--help"])
except SystemExit:
    sys.exit(any(name in sys.modules for name in ("torch", "diffusers", "numpy")))
"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0
