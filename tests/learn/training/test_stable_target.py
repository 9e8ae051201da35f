"""The stable target is the mean of the drawn one."""

import torch

from ddpm_playground.core import make_schedule, q_sample
from ddpm_playground.learn.data.pictures import Pictures
from ddpm_playground.learn.training.stable_target import StableTarget

SCHEDULE = make_schedule("linear")
GENERATOR = torch.Generator().manual_seed(0)
PICTURES = Pictures(
    torch.randint(0, 256, (12, 1, 4, 4), generator=GENERATOR, dtype=torch.uint8), torch.arange(12) % 3, ("a", "b", "c")
)


def test_it_is_the_mean_over_all_that_could_have_led_to_x_t() -> None:
    t, label = torch.tensor([900, 400, 20]), torch.tensor([0, 1, 2])
    x_0 = PICTURES.x_0(label)
    eps = torch.randn(x_0.shape, generator=GENERATOR)
    x_t = q_sample(SCHEDULE, x_0, t, eps)
    got = StableTarget(SCHEDULE, PICTURES, 100, 0)(x_t, t, eps, label)
    for i in range(3):
        alpha_bar, own = SCHEDULE.alpha_bars[t[i]], (PICTURES.labels == label[i]).nonzero().flatten()
        # The ε that each picture of the class would have needed.
        could = (x_t[i].double() - alpha_bar.sqrt() * PICTURES.x_0(own).double()) / (1 - alpha_bar).sqrt()
        share = torch.softmax(-0.5 * could.flatten(1).square().sum(1), 0)
        torch.testing.assert_close(got[i].double(), (share[:, None, None, None] * could).sum(0), rtol=0, atol=1e-5)
    assert torch.equal(got[2], eps[2])  # at small t only one could


def test_without_a_class_it_is_the_drawn_one() -> None:
    t, none = torch.tensor([900]), torch.tensor([3])
    eps = torch.randn(1, 1, 4, 4, generator=GENERATOR)
    target = StableTarget(SCHEDULE, PICTURES, 2, 0)
    assert torch.equal(target(q_sample(SCHEDULE, PICTURES.x_0(torch.tensor([0])), t, eps), t, eps, none), eps)
    assert [len(exact.means) for exact in target.exact] == [2, 2, 2]
