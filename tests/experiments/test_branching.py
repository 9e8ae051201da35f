"""Branches and replays on a small untrained network."""

import pytest
import torch

from ddpm_playground.core import Sampling
from ddpm_playground.core.phrase import Refusal
from ddpm_playground.experiments.branching import Agreement, Trunk, agreements, branches, decided_at, wilson
from ddpm_playground.learn.checkpoints.checkpoint import load_checkpoint
from ddpm_playground.learn.judging.samples import final_x

from ..tiny import tiny_checkpoint


@pytest.fixture(scope="module")
def trunk(tmp_path_factory) -> Trunk:
    tiny = load_checkpoint(tiny_checkpoint(tmp_path_factory.mktemp("branching") / "tiny"))
    return Trunk.of(tiny, torch.tensor([1, 2, 3]), Sampling("ddpm", num_steps=10), seed=4)


def test_an_unchanged_replay_is_the_chain_bit_for_bit(trunk) -> None:
    ends = trunk.steps()[-1].x_s
    assert torch.equal(ends, final_x(trunk.checkpoint, trunk.labels, trunk.sampling, seed=4))
    for t in (trunk.path[0], trunk.path[4], trunk.path[-2]):
        assert torch.equal(trunk.replayed(t), ends)


def test_branches_differ_by_their_noise_alone_and_less_the_later_they_go_off(trunk) -> None:
    steps = trunk.steps()
    spreads = []
    for t in (trunk.path[0], trunk.path[5], trunk.path[-2]):
        x_t = steps[trunk.place(t)].x_t
        found = branches(trunk, x_t, t, 4)
        assert found.shape == (4, 3, 1, 8, 8)
        assert torch.equal(found[2:3], branches(trunk, x_t, t, 1, first=2))
        spreads.append(float(found.std(0).mean()))
    assert spreads[0] > spreads[1] > spreads[2] == 0  # the last step adds no noise
    with pytest.raises(Refusal, match=r"branches must be a whole number in \[1, 16\], got 17"):
        branches(trunk, steps[0].x_t, trunk.path[0], 17)
    with pytest.raises(Refusal, match="the chain does not visit t = 19; the nearest that it does is"):
        branches(trunk, steps[0].x_t, 19, 2)


def test_a_branch_may_go_on_otherwise(trunk) -> None:
    t = trunk.path[3]
    x_t = trunk.steps()[3].x_t
    other = branches(
        trunk, x_t, t, 1, labels=torch.tensor([7, 7, 7]), guidance=2.0, sampling=Sampling("ddim", num_steps=5)
    )
    assert not torch.equal(other, branches(trunk, x_t, t, 1))


def test_agreement_is_counted_over_chains_and_branches(trunk) -> None:
    found = agreements(trunk, [trunk.path[0], trunk.path[-2]], 3, lambda x: (x.flatten(1).mean(1) > 0).long())
    assert [one.count for one in found] == [9, 9] and found[1].share == 1.0 and found[1].agree == 9
    assert found[1].low < 1.0 == found[1].high


def test_wilson_s_interval() -> None:
    assert wilson(0.5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    assert wilson(1.0, 20) == pytest.approx((0.8389, 1.0), abs=1e-4)


def test_when_the_picture_is_decided() -> None:
    def at(t: int, share: float) -> Agreement:
        return Agreement(t, 0, 10, share, share - 0.2, share + 0.2)

    found = [at(900, 0.1), at(700, 0.4), at(500, 0.6), at(300, 0.8), at(100, 1.0)]
    assert decided_at(found) == (500, 700, 300)
    assert decided_at([at(900, 0.1), at(100, 0.2)]) is None


def test_samplers_of_diffusers_cannot_be_stopped(trunk) -> None:
    with pytest.raises(Refusal, match="cannot be stopped"):
        Trunk.of(trunk.checkpoint, trunk.labels, Sampling("PNDMScheduler", num_steps=10))
