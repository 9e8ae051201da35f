"""A wider network says at first what the narrower one says, and refuses to stand for anything else."""

import pytest
import torch

from ddpm_playground.learn.networks.unet import make_network
from ddpm_playground.learn.networks.widening import widen


def network(channels, seed=0, **options):
    return make_network((1, 8, 8), 3, seed=seed, channels=channels, **options).eval()


@torch.no_grad()
def apart(before, after) -> float:
    """Mean square of the difference of what they say, over that of what the first says."""
    generator = torch.Generator().manual_seed(1)
    x, t, label = torch.randn(16, 1, 8, 8, generator=generator), torch.arange(16) * 60, torch.arange(16) % 4
    said, wide = (net(x, t, class_labels=label).sample for net in (before, after))
    return float((said - wide).square().mean() / said.square().mean())


@pytest.mark.parametrize(
    ("old", "new", "options", "bound"),
    [
        ((16, 32), (16, 32), {}, 1e-10),
        ((16, 32), (16, 32), {"attention_levels": 1}, 1e-10),
        ((16, 32), (16, 64), {}, 0.02),
        ((16, 32, 48), (16, 40, 64), {"attention_levels": 2}, 0.05),
    ],
)
def test_it_starts_where_the_narrower_one_stands(old, new, options, bound):
    before, after = network(old), network(new, seed=1, **options)
    unlike = apart(before, after)
    after.load_state_dict(widen(before, after, seed=0))
    assert apart(before, after) < bound < 0.1 * unlike


def test_copies_do_not_stay_copies():
    """Two copies of one channel are read with different weights, so that their gradients differ."""
    before, after = network((16, 32)), network((16, 64))
    after.load_state_dict(widen(before, after, seed=0))
    weights = after.get_parameter("mid_block.resnets.0.conv1.weight")
    for group in range(8):  # four old channels and their copies in each group
        first, copy = (weights[:, group * 8 + k : group * 8 + k + 4] for k in (0, 4))
        assert not torch.allclose(first, copy, atol=1e-3)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ((16, 32), (24, 32), "its first width is 24 and not 16"),
        ((16, 32), (16, 24), "narrower"),
        ((16, 32), (16, 32, 32), "another number of levels"),
        ((16, 48, 96), (16, 64, 128), "can be read in two ways"),
    ],
)
def test_what_is_not_wider_is_refused(old, new, message):
    with pytest.raises(ValueError, match=message):
        widen(network(old), network(new), seed=0)


def test_attention_is_not_lost():
    with pytest.raises(ValueError, match="it has no .*attentions"):
        widen(network((16, 32), attention_levels=1), network((16, 32)), seed=0)
