"""Muon: orthogonal steps, those of torch's own where the processor need not imitate bfloat16."""

import pytest
import torch

from ddpm_playground.learn.networks.unet import make_network
from ddpm_playground.learn.training.muon import Muon, make_optimizers, orthogonalised


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("shape", [(48, 432), (432, 48), (64, 64), (8, 1)])
def test_it_keeps_the_directions_and_levels_the_singular_values(shape: tuple[int, int]) -> None:
    matrix = normal(*shape)
    u, s, vh = torch.linalg.svd(matrix, full_matrices=False)
    inside = u.T @ orthogonalised(matrix) @ vh.T
    found = inside.diagonal()
    tiny = s < 0.02 * s[0]
    assert float(found[~tiny].min()) > 0.6 and float(found.max()) < 1.3
    assert float((inside - torch.diag(found)).abs().max()) < 1e-3


def test_it_bears_matrices_without_full_rank_and_of_any_size() -> None:
    low = normal(32, 3) @ normal(3, 200, seed=1)
    for matrix in (low, low * 1e-20, low * 1e15, torch.zeros(4, 9)):
        assert bool(torch.isfinite(orthogonalised(matrix)).all())
    assert float(orthogonalised(torch.zeros(4, 9)).abs().max()) == 0.0
    torch.testing.assert_close(orthogonalised(low * 1e6), orthogonalised(low), rtol=1e-2, atol=1e-2)


def test_its_steps_are_those_of_torch() -> None:
    ours, theirs = (torch.nn.Parameter(normal(24, 80)) for _ in range(2))
    options = {"lr": 0.01, "momentum": 0.9, "weight_decay": 0.1}
    mine = Muon([ours], **options)
    peer = torch.optim.Muon([theirs], **options, adjust_lr_fn="match_rms_adamw")
    start = ours.detach().clone()
    for k in range(5):
        ours.grad = theirs.grad = normal(24, 80, seed=k + 1)
        mine.step()
        peer.step()
        moved = theirs.detach() - start
        # Theirs is worked out in bfloat16, with 8 bits.
        assert float((ours.detach() - theirs.detach()).norm() / moved.norm()) < 0.02


def test_a_convolution_is_a_matrix_in_any_memory_format() -> None:
    flat = torch.nn.Parameter(normal(16, 8 * 9))
    convs = [torch.nn.Parameter(flat.detach().clone().view(16, 8, 3, 3).contiguous(memory_format=f))
             for f in (torch.contiguous_format, torch.channels_last)]  # fmt: skip
    gradient = normal(16, 8 * 9, seed=3)
    flat.grad = gradient
    Muon([flat]).step()
    for conv in convs:
        conv.grad = gradient.view(16, 8, 3, 3)
        Muon([conv]).step()
        torch.testing.assert_close(conv.detach().reshape(16, -1), flat.detach(), rtol=1e-5, atol=1e-6)


def test_biases_are_refused() -> None:
    with pytest.raises(ValueError, match=r"two or more axes, got \(4,\); give those to AdamW"):
        Muon([torch.nn.Parameter(torch.zeros(4))])


@pytest.mark.parametrize("name", ["adamw", "muon"])
def test_each_parameter_is_stepped_by_exactly_one(name: str) -> None:
    unet = make_network((1, 8, 8), 3, seed=0, channels=(8, 16))
    named = dict(unet.named_parameters())
    optimizers = make_optimizers(named.items(), name, 1e-3, 0.01)
    held = [id(p) for each in optimizers for group in each.param_groups for p in group["params"]]
    assert sorted(held) == sorted(map(id, named.values()))
    by_adamw = {id(p) for p in optimizers[0].param_groups[0]["params"]}
    if name == "adamw":
        assert len(optimizers) == 1
        return
    outside = ("conv_in.weight", "conv_out.weight", "class_embedding.weight", "conv_in.bias")
    assert by_adamw >= {id(named[key]) for key in outside}
    assert id(named["mid_block.resnets.0.conv1.weight"]) not in by_adamw
    assert all(p.ndim >= 2 for p in optimizers[1].param_groups[0]["params"])
