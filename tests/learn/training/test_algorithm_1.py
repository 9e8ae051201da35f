"""The parts of algorithm 1 that every training shares: its draws, its gradient step, its averaged weights."""

import math

import pytest
import torch
from torch import nn

from ddpm_playground.learn.training.algorithm_1 import (
    DrawnBatch,
    draw_noise,
    draw_t,
    drop_labels,
    errors_on,
    gradient_step,
)
from ddpm_playground.learn.training.averaging import AveragedWeights


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("clip_norm", [math.inf, 1.0])
def test_a_gradient_step_is_sgd_on_the_mean_error_and_leaves_no_gradient(clip_norm: float) -> None:
    """∇ of the mean of (θ·x)² is known; steps of length 1 along −∇, shortened to clip_norm."""
    x = torch.tensor([[3.0, 0.0], [0.0, 4.0]])
    theta = torch.tensor([1.0, -1.0], requires_grad=True)
    before = theta.detach().clone()
    gradient = (2 * (x @ before)[:, None] * x).mean(0)
    norm = gradient_step([theta], [torch.optim.SGD([theta], lr=1.0)], (x @ theta).square(), clip_norm)
    assert float(norm) == pytest.approx(float(gradient.norm()))
    moved = before - theta.detach()
    torch.testing.assert_close(moved, gradient * min(1.0, clip_norm / float(gradient.norm())))
    assert theta.grad is None


def test_each_optimiser_steps_its_own_and_the_norm_is_of_all() -> None:
    one, other = (torch.ones(2, requires_grad=True) for _ in range(2))
    optimizers = [torch.optim.SGD([one], lr=1.0), torch.optim.SGD([other], lr=0.5)]
    norm = gradient_step([one, other], optimizers, (one.sum() + other.sum())[None])
    assert float(norm) == pytest.approx(2.0)
    assert one.tolist() == [0.0, 0.0] and other.tolist() == [0.5, 0.5]


def test_t_is_drawn_before_eps_and_x_0_is_left_alone() -> None:
    x_0, label = torch.zeros(6, 1, 2, 2), torch.arange(6)
    found, again = draw_noise(x_0, label, 50, generator()), generator()
    assert torch.equal(found.t, draw_t(50, 6, again))
    assert torch.equal(found.eps, torch.randn(x_0.shape, generator=again))
    assert found.x_0 is x_0 and found.label is label


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_a_share_of_the_labels_becomes_the_null_class(share: float) -> None:
    label = torch.randint(0, 10, (20_000,), generator=generator(1))
    found = drop_labels(label, share, 10, generator())
    dropped = found == 10
    assert torch.equal(found[~dropped], label[~dropped])
    assert float(dropped.double().mean()) == pytest.approx(share, abs=0.01)


def test_errors_come_in_order_however_they_are_batched() -> None:
    draws = DrawnBatch(torch.arange(7.0)[:, None], torch.arange(1, 8), torch.zeros(7, 1), None)
    sizes = []

    def errors_of(x_0: torch.Tensor, t: torch.Tensor, eps: torch.Tensor, label: None) -> torch.Tensor:
        sizes.append(len(t))
        return x_0[:, 0] * t + eps[:, 0]

    found = errors_on(draws, errors_of, torch.device("cpu"), batch_size=3)
    assert sizes == [3, 3, 1] and found.tolist() == [k * (k + 1) for k in range(7)]


@pytest.mark.parametrize("warm_up", [True, False])
def test_averaged_weights_follow_their_recursion(warm_up: bool) -> None:
    network = nn.Linear(1, 1, bias=False)
    averages = AveragedWeights(network, 0.9, warm_up=warm_up)
    expected = 0.0
    for n, value in enumerate((1.0, 5.0, -2.0, 7.0)):
        network.weight.data.fill_(value)
        averages.update()
        decay = 0.0 if n == 0 else min(0.9, (1 + n) / (10 + n)) if warm_up else 0.9
        expected = decay * expected + (1 - decay) * value
        assert float(averages.weights[0]) == pytest.approx(expected, rel=1e-6)
    with averages.lent():
        assert network.weight.item() == pytest.approx(expected, rel=1e-6) and not network.training
    assert network.weight.item() == 7.0 and network.training
    copied = averages.copied()
    assert next(copied.parameters()).item() == pytest.approx(expected, rel=1e-6) and not copied.training
    assert network.weight.item() == 7.0
