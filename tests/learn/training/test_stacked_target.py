"""The stacked target: what it leaves out, how it weighs, and what it says where there is no class."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from ddpm_playground.core import ExactEps, eps_from_x_0, make_schedule, q_sample, x_0_from_eps
from ddpm_playground.learn.checkpoints.checkpoint import CheckpointError
from ddpm_playground.learn.data.pictures import Pictures, load_pictures
from ddpm_playground.learn.training.loop import train
from ddpm_playground.learn.training.resuming import restore, state_of
from ddpm_playground.learn.training.settings import Settings
from ddpm_playground.learn.training.stacked_target import TEMPERATURES, StackedTarget
from ddpm_playground.learn.training.trainer import Trainer
from tests.learn.training.test_training import tiny

SCHEDULE = make_schedule("linear")
GENERATOR = torch.Generator().manual_seed(0)
PICTURES = Pictures(
    torch.randint(0, 256, (30, 1, 4, 4), generator=GENERATOR, dtype=torch.uint8), torch.arange(30) % 3, ("a", "b", "c")
)
TEACHER = ExactEps(SCHEDULE, PICTURES.x_0(slice(None)))  # of all classes


def classless(x_t: torch.Tensor, t: torch.Tensor, label: torch.Tensor | None = None):
    """A teacher that does not look at the class."""
    return TEACHER(x_t, t)


def drawn(index: torch.Tensor, t: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """x_t and ε of those pictures."""
    x_0 = PICTURES.x_0(index)
    eps = torch.randn(x_0.shape, generator=GENERATOR)
    return q_sample(SCHEDULE, x_0, t, eps), eps


def test_it_is_the_weighted_mean_of_the_teachers_and_of_the_other_pictures() -> None:
    stack = StackedTarget(SCHEDULE, PICTURES, [classless], 0)
    index, t = torch.tensor([0, 4, 8]), torch.tensor([900, 500, 300])
    label = PICTURES.labels[index]
    x_t, eps = drawn(index, t)
    stack.weights = torch.rand(stack.weights.shape, generator=GENERATOR, dtype=torch.float64) + 0.1
    stack.weights /= stack.weights.sum(1, keepdim=True)
    got = stack(x_t, t, eps, label, index)
    for i in range(3):
        alpha_bar, weights = SCHEDULE.alpha_bars[t[i]], stack.weights[t[i]]
        x_0 = weights[0] * TEACHER(x_t[i : i + 1], t[i : i + 1]).x_hat_0[0].clamp(-1, 1).double()
        others = [j for j in range(30) if j % 3 == int(label[i]) and j != int(index[i])]
        refs = PICTURES.x_0(torch.tensor(others)).double()
        likely = (x_t[i].double() - alpha_bar.sqrt() * refs).flatten(1).square().sum(1) / (2 * (1 - alpha_bar))
        for weight, hot in zip(weights[1:], TEMPERATURES, strict=True):
            x_0 = x_0 + weight * (torch.softmax(-likely / hot, 0)[:, None, None, None] * refs).sum(0)
        expected = eps_from_x_0(SCHEDULE, x_t[i : i + 1].double(), t[i : i + 1], x_0[None])[0]
        torch.testing.assert_close(got[i].double(), expected, rtol=0, atol=1e-5)


def test_its_weights_are_those_that_err_least() -> None:
    stack = StackedTarget(SCHEDULE, PICTURES, [classless], 0)
    assert stack.weights.shape == (1001, 1 + len(TEMPERATURES)) and bool((stack.weights >= 0).all())
    torch.testing.assert_close(stack.weights.sum(1), torch.ones(1001, dtype=torch.float64))
    index = torch.arange(30).repeat(20)
    label, t = PICTURES.labels[index], torch.full((600,), 700)
    x_t, eps = drawn(index, t)
    x_0 = PICTURES.x_0(index)
    wanted = torch.ones(600, stack.members, dtype=torch.bool)
    alone = [float((x - x_0).square().mean()) for x in stack._estimates(x_t, t, label, index, wanted)]
    together = x_0_from_eps(SCHEDULE, x_t, t, stack(x_t, t, eps, label, index))
    assert float((together - x_0).square().mean()) < min(alone) * 1.05
    # A teacher that knows the answer gets all the weight.
    oracle = StackedTarget(
        SCHEDULE, PICTURES, [ExactEps(SCHEDULE, PICTURES.x_0(slice(None)), labels=PICTURES.labels)], 0
    )
    assert float(oracle.weights[20, 0]) > 0.99


def test_without_a_class_it_is_the_teachers_mean_or_the_drawn_one() -> None:
    index, t, none = torch.tensor([3]), torch.tensor([600]), torch.tensor([3])
    x_t, eps = drawn(index, t)
    two = StackedTarget(SCHEDULE, PICTURES, [classless, classless], 0)(x_t, t, eps, none, index)
    torch.testing.assert_close(two, TEACHER(x_t, t).eps_hat, rtol=0, atol=1e-4)
    assert torch.equal(StackedTarget(SCHEDULE, PICTURES, [], 0)(x_t, t, eps, none, index), eps)


def test_a_class_of_one_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="class c has 1 pictures"):
        StackedTarget(SCHEDULE, Pictures(PICTURES.images[:5], PICTURES.labels[:5], ("a", "b", "c")), [], 0)


@pytest.mark.slow
def test_a_run_with_teachers_learns_from_them_and_resumes(idx_folder: Callable[..., Path], tmp_path: Path) -> None:
    folder = idx_folder()
    train(tiny(folder, steps=3), tmp_path / "teacher", device="cpu")
    teachers = (str(tmp_path / "teacher"),)
    settings = tiny(folder, steps=4, seed=5, teachers=teachers, start_from=teachers[0])
    train(settings, tmp_path / "taught", device="cpu")
    assert "stack of 1 teacher and" in (tmp_path / "taught" / "README.md").read_text(encoding="utf-8")
    pictures = load_pictures(str(folder))
    whole, stopped, plain = (Trainer(s, pictures) for s in (settings, settings, replace(settings, teachers=())))
    assert float(whole.advance().errors.mean()) < float(plain.advance().errors.mean())
    stopped.advance()
    resumed = Trainer(settings, pictures)
    restore(resumed, *state_of(stopped))
    whole.advance()
    resumed.advance()
    assert all(torch.equal(a, b) for a, b in zip(whole.parameters, resumed.parameters, strict=True))


def test_a_teacher_of_another_schedule_is_refused(idx_folder: Callable[..., Path], tmp_path: Path) -> None:
    folder = idx_folder()
    train(tiny(folder, steps=1), tmp_path / "teacher", device="cpu")
    with pytest.raises(CheckpointError, match="cannot teach"):
        Trainer(tiny(folder, T=30, teachers=(str(tmp_path / "teacher"),)), load_pictures(str(folder)))
    with pytest.raises(ValueError, match="--teachers and --stable-target"):
        Settings(teachers=("a",), stable_target=5)
