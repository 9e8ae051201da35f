"""Networks of improved DDPM: twice as many channels out as in, read, drawn and bounded as diffusers does."""

import json
from pathlib import Path

import diffusers
import numpy as np
import pytest
import torch
from diffusers import DDPMScheduler
from diffusers.schedulers import scheduling_ddpm

from ddpm_playground.cli import main
from ddpm_playground.core import Sampling, SeededNoise
from ddpm_playground.learn.checkpoints.checkpoint import CheckpointError, load_checkpoint
from ddpm_playground.learn.judging.samples import chain
from tests.learn.checkpoints.strangers import network


def saved(folder: Path, kind: str | None, T: int = 1000, **config: object) -> Path:
    """A network that says σ², with its scheduler or, where kind is None, without."""
    unet = network(**{"out_channels": 6, **config})
    if kind == "learned":  # σ² around 0.01, never negative
        unet.conv_out.weight.data[3:] *= 1e-3
        unet.conv_out.bias.data[3:] = 0.01
    unet.save_pretrained(folder / "unet")
    if kind is not None:
        DDPMScheduler(T, variance_type=kind).save_pretrained(folder / "scheduler")
    return folder


@pytest.mark.parametrize("kind", ["learned_range", "learned"])
@pytest.mark.parametrize("T,num_steps", [(1000, 12), (60, 60)])
def test_it_draws_what_diffusers_draws(
    kind: str, T: int, num_steps: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = 2
    ours = load_checkpoint(saved(tmp_path / "a", kind, T))
    assert ours.variance_type == kind and ours.read_as == () and ours.image_shape == (3, 8, 8)
    noise, theirs = SeededNoise(0, range(count), (3, 8, 8)), DDPMScheduler.from_pretrained(tmp_path / "a" / "scheduler")
    monkeypatch.setattr(scheduling_ddpm, "randn_tensor", lambda *_, **__: noise())
    x = noise()
    theirs.set_timesteps(num_steps)
    for t in theirs.timesteps:
        with torch.no_grad():
            x = theirs.step(ours.unet(x, t).sample, t, x).prev_sample
    for step in chain(ours, range(count), torch.full((count,), -1), Sampling(num_steps=num_steps, spacing="leading")):
        if step.s > 0:
            assert step.variance.shape == (count, 3, 8, 8)
    assert float((step.x_s - x).abs().max() / x.abs().max()) < 1e-4


def own_drawn(folder: Path, out: Path, *flags: str) -> np.ndarray:
    given = ["--num-samples", "2", "--steps", "4", "--engine", "eager", "--device", "cpu", "--float", *flags]
    assert main(["sample", "--checkpoint", str(folder), "--out", str(out), *given]) == 0
    return np.load(out)["x_0"]


@pytest.mark.parametrize("name", ["DDIMScheduler", "LMSDiscreteScheduler", "DPMSolverMultistepScheduler"])
def test_a_scheduler_that_knows_no_variance_is_handed_what_is_predicted(name: str, tmp_path: Path, capsys) -> None:
    """Four channels, of which diffusers' solvers would keep three; and σ² is read where a scheduler can."""
    folder = saved(tmp_path / "a", None, in_channels=4, out_channels=8)
    config = {"num_train_timesteps": 20, "variance_type": "learned_range"}
    getattr(diffusers, name).from_config(config).save_pretrained(folder / "scheduler")
    assert np.isfinite(own_drawn(folder, tmp_path / "x.npz")).all()
    assert f"{name}, its own sampling, has no σ² that a network could say" in capsys.readouterr().err
    ranged, fixed = (
        own_drawn(folder, tmp_path / "x.npz", "--sampler", "DDPMScheduler", "--set", f"variance_type={kind}")
        for kind in ("learned_range", "fixed_small")
    )
    unsaid = own_drawn(folder, tmp_path / "x.npz", "--sampler", "DDPMScheduler")
    assert (unsaid == ranged).all() and (ranged != fixed).any()


def test_what_was_trained_here_is_drawn_by_ddpm_here(tmp_path: Path) -> None:
    folder = saved(tmp_path / "a", "learned_range", 20)
    (folder / "training.json").write_text(json.dumps({"step": 5}))
    checkpoint = load_checkpoint(folder)
    assert checkpoint.own.is_here and checkpoint.read_as == ()
    assert (own_drawn(folder, tmp_path / "x.npz") == own_drawn(folder, tmp_path / "y.npz", "--sampler", "ddpm")).all()
    DDPMScheduler(20, variance_type="fixed_small").save_pretrained(folder / "scheduler")
    assert load_checkpoint(folder).own.is_here and load_checkpoint(folder).variance_type is None


def test_how_it_is_read_is_told_where_it_is_assumed_or_left_out(tmp_path: Path) -> None:
    assumed = load_checkpoint(saved(tmp_path / "assumed", None))
    assert assumed.variance_type == "learned_range" and "is assumed" in assumed.read_as[-1]
    fixed = load_checkpoint(saved(tmp_path / "fixed", "fixed_small"))
    assert fixed.variance_type is None and "it is left out, where diffusers fails" in fixed.read_as[-1]
    raw = fixed.predictor()(torch.zeros(1, 3, 8, 8), torch.tensor([5]))
    assert raw.eps_hat.shape == (1, 3, 8, 8)
    with pytest.raises(CheckpointError, match="or twice as many where the network says its variance too"):
        network(out_channels=9).save_pretrained(tmp_path / "nine")
        load_checkpoint(tmp_path / "nine")


def test_guidance_moves_the_mean_and_leaves_the_variance_of_the_class(tmp_path: Path) -> None:
    folder = saved(tmp_path / "a", "learned_range", num_class_embeds=4)
    config = DDPMScheduler.from_pretrained(folder / "scheduler")
    config.register_to_config(_class_names=["a", "b", "c"])
    config.save_pretrained(folder / "scheduler")
    checkpoint = load_checkpoint(folder)
    x_t, t, label = torch.ones(2, 3, 8, 8), torch.tensor([9, 9]), torch.tensor([0, 2])
    plain, guided = (checkpoint.predictor(w)(x_t, t, label) for w in (1.0, 3.0))
    torch.testing.assert_close(guided.said.value, plain.said.value, atol=1e-6, rtol=1e-5)  # type: ignore[attr-defined]
    assert not torch.allclose(guided.eps_hat, plain.eps_hat)


def test_a_chosen_sigma_is_refused_where_the_network_says_its_own(tmp_path: Path, capsys) -> None:
    folder = saved(tmp_path / "a", "learned_range")
    asked = ["sample", "--checkpoint", str(folder), "--out", str(tmp_path / "a.npz"), "--sampler", "ddpm"]
    assert main([*asked, "--sigma-w", "1", "--device", "cpu"]) == 2
    assert "--sigma-w chooses σ², and this checkpoint's network says its own" in capsys.readouterr().err
