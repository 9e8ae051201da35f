"""Networks that are shown another picture in channels beside x_t."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import pytest
import torch
from diffusers import UNet2DModel
from PIL import Image

import ddpm_playground as pg
from ddpm_playground.cli import main
from ddpm_playground.core import Sampling
from ddpm_playground.core.phrase import Refusal
from ddpm_playground.learn.checkpoints.checkpoint import load_checkpoint
from ddpm_playground.learn.checkpoints.condition import read_condition
from ddpm_playground.learn.judging.samples import final_x
from tests.learn.checkpoints.family_zoo import ONE_BLOCK
from tests.learn.checkpoints.strangers import T, network
from tests.learn.checkpoints.zoo import drawing

pytestmark = pytest.mark.usefixtures("one_thread")
COSINE = {"num_train_timesteps": T, "beta_schedule": "squaredcos_cap_v2"}
KINDS = {  # channels in, scheduler and its keys
    "super-resolution, DDIM": (6, "DDIMScheduler", COSINE),
    "super-resolution, DDPM": (6, "DDPMScheduler", COSINE),
    "super-resolution, unCLIP": (6, "UnCLIPScheduler", {"num_train_timesteps": T}),
    "a hole: its mask and what is left": (7, "DDPMScheduler", COSINE),
    "a grey picture, flow matching": (4, "FlowMatchEulerDiscreteScheduler", {"num_train_timesteps": T}),
}


def made(folder: Path, channels: int, scheduler: str = "DDPMScheduler", keys: dict[str, Any] | None = None) -> Path:
    network(**ONE_BLOCK, in_channels=channels).save_pretrained(folder / "unet")
    getattr(diffusers, scheduler)(**(COSINE if keys is None else keys)).save_pretrained(folder / "scheduler")
    return folder


@torch.no_grad()
def reference(folder: Path, x: torch.Tensor, z: torch.Tensor, shown: torch.Tensor, S: int) -> torch.Tensor:
    """The loop of UnCLIPPipeline's super-resolution and of LDMSuperResolutionPipeline, without a decoder."""
    unet = UNet2DModel.from_pretrained(folder / "unet").eval()
    config = json.loads((folder / "scheduler" / "scheduler_config.json").read_text())
    scheduler = getattr(diffusers, config["_class_name"]).from_config(config)
    scheduler.set_timesteps(S)
    with drawing([sys.modules[type(scheduler).__module__]], iter(z)):
        for i, t in enumerate(scheduler.timesteps):
            after = scheduler.timesteps[i + 1] if i + 1 < S else None
            more = {"prev_timestep": after} if "UnCLIP" in config["_class_name"] else {}
            x = scheduler.step(unet(torch.cat([x, shown], 1), t).sample, t, x, **more).prev_sample
    return x


@pytest.mark.parametrize("name", KINDS)
def test_it_draws_what_diffusers_draws(name: str, tmp_path: Path) -> None:
    channels, scheduler, keys = KINDS[name]
    folder, generator = made(tmp_path / "a", channels, scheduler, keys), torch.Generator().manual_seed(5)
    x_T, z = torch.randn(2, 3, 8, 8, generator=generator), torch.randn(5, 2, 3, 8, 8, generator=generator)
    shown = torch.rand(1, channels - 3, 8, 8, generator=generator) * 2 - 1
    np.savez(tmp_path / "noises.npz", x_T=x_T.numpy(), z=z.numpy())
    np.savez(tmp_path / "c.npz", shown[0].permute(1, 2, 0).numpy())
    given = ["--checkpoint", str(folder), "--noises", str(tmp_path / "noises.npz"), "--float", "--steps", "5"]
    assert main(["sample", *given, "--out", str(tmp_path / "x.npz"), "--condition", str(tmp_path / "c.npz")]) == 0
    wanted = reference(folder, x_T, z, shown.expand(2, -1, -1, -1), 5)
    found = torch.from_numpy(np.load(tmp_path / "x.npz")["x_0"])
    assert float((found - wanted).abs().max() / wanted.abs().max()) < 1e-4


def test_a_small_picture_is_brought_to_size_and_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, drawn = made(tmp_path / "a", 6), []
    for i, colour in enumerate(((200, 30, 30), (0, 0, 255))):
        Image.new("RGB", (4, 4), colour).save(tmp_path / "small.png")
        out = tmp_path / f"{i}.npz"
        given = ["--checkpoint", str(folder), "--steps", "3", "--num-samples", "2", "--out", str(out)]
        assert main(["sample", *given, "--condition", str(tmp_path / "small.png")]) == 0
        drawn.append(np.load(out)["images"])
    assert "small.png of 4×4 is brought to 8×8" in capsys.readouterr().err
    assert drawn[0].shape == (2, 8, 8, 3) and not np.array_equal(*drawn)


def test_without_its_condition_nothing_is_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = made(tmp_path / "a", 6)
    for flags in ([], ["--sampler", "ddim"], ["--sampler", "EulerDiscreteScheduler"]):
        assert main(["sample", "--checkpoint", str(folder), "--out", str(tmp_path / "x.npz"), *flags]) == 2
        assert "on the command line sample --condition FILE" in capsys.readouterr().err.splitlines()[-1]


def test_in_python_it_draws_the_same_and_says_how_it_is_given(tmp_path: Path) -> None:
    folder, shown = made(tmp_path / "a", 6), np.linspace(-1, 1, 192, dtype=np.float32).reshape(8, 8, 3)
    np.savez(tmp_path / "c.npz", shown)
    with pytest.raises(Refusal, match=r"in Python pg.reverse\(…, condition=FILE\)"):
        pg.reverse(folder, num_steps=3)
    with pytest.raises(Refusal, match="cannot be read as a condition"):
        pg.reverse(folder, num_steps=3, condition=tmp_path / "none.png")
    run = pg.reverse(folder, num_steps=3, num_images=2, condition=tmp_path / "c.npz")
    given = ["--checkpoint", str(folder), "--steps", "3", "--num-samples", "2", "--float"]
    given += ["--condition", str(tmp_path / "c.npz"), "--out", str(tmp_path / "x.npz")]
    assert main(["sample", *given]) == 0
    np.testing.assert_allclose(run.x_0, np.load(tmp_path / "x.npz")["x_0"], atol=1e-5)
    with pytest.raises(Refusal, match="leave the condition out"):
        pg.reverse(made(tmp_path / "b", 3), num_steps=3, condition=tmp_path / "c.npz")


def test_what_scales_x_is_refused_and_any_other_sampler_holds(tmp_path: Path) -> None:
    checkpoint = load_checkpoint(made(tmp_path / "a", 6))
    checkpoint = replace(checkpoint, condition=torch.zeros(1, 3, 8, 8))
    label = torch.tensor([-1])
    with pytest.raises(Refusal, match="programs differ"):
        final_x(checkpoint, label, Sampling("EulerDiscreteScheduler", num_steps=3))
    with pytest.raises(Refusal, match="what belongs beside it is not given"):
        replace(checkpoint, condition=None).predictor()(torch.zeros(1, 3, 8, 8), torch.tensor([1]))
    for name in ("ddpm", "ddim", "DPMSolverMultistepScheduler"):
        assert final_x(checkpoint, label, Sampling(name, num_steps=3)).shape == (1, 3, 8, 8)
    assert checkpoint.engine_for() == "eager"


WRONG = {
    "two.npz": ({"a": np.zeros((8, 8, 3)), "b": np.zeros(3)}, "must hold one array"),
    "flat.npz": ({"a": np.zeros((8, 8))}, r"must be \(H,W,3\), flat.npz is \(8, 8\)"),
    "many.npz": ({"a": np.zeros((8, 8, 4))}, r"must be \(H,W,3\)"),
    "large.npz": ({"a": np.full((8, 8, 3), 255.0)}, "floats in"),
    "nan.npz": ({"a": np.full((8, 8, 3), np.nan)}, "floats in"),
    "empty.npz": ({"a": np.zeros((0, 8, 3))}, r"must be \(H,W,3\)"),
    "text.npz": ({"a": np.array(["x"] * 192).reshape(8, 8, 3)}, "cannot be read|floats in"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_condition_is_refused(name: str, tmp_path: Path) -> None:
    arrays, piece = WRONG[name]
    np.savez(tmp_path / name, **arrays)
    with pytest.raises(Refusal, match=piece):
        read_condition(tmp_path / name, load_checkpoint(made(tmp_path / "a", 6)))


def test_what_is_no_file_of_one_and_a_network_without_are_refused(tmp_path: Path) -> None:
    checkpoint = load_checkpoint(made(tmp_path / "a", 6))
    (tmp_path / "x.png").write_bytes(b"no picture")
    for name in ("x.png", "none.png", "none.npz"):
        with pytest.raises(Refusal, match="cannot be read as a condition"):
            read_condition(tmp_path / name, checkpoint)
    Image.new("RGB", (8, 8)).save(tmp_path / "p.png")
    with pytest.raises(Refusal, match="4 channels are no picture's"):
        read_condition(tmp_path / "p.png", load_checkpoint(made(tmp_path / "b", 7)))
    with pytest.raises(Refusal, match="shown nothing beside x_t"):
        read_condition(tmp_path / "p.png", load_checkpoint(made(tmp_path / "c", 3)))


@pytest.mark.parametrize("channels", [1, 3])
def test_a_deep_grey_picture_is_scaled_and_not_cut_off(channels: int, tmp_path: Path) -> None:
    checkpoint = load_checkpoint(made(tmp_path / "a", 3 + channels))
    height, width = checkpoint.image_shape[1:]
    ramp = np.linspace(0, 65535, height * width).reshape(height, width).astype(np.uint16)
    Image.fromarray(ramp).save(tmp_path / "deep.png")
    shown, _ = read_condition(tmp_path / "deep.png", checkpoint)
    wanted = torch.from_numpy(ramp / 32767.5 - 1).float().expand(1, channels, height, width)
    assert torch.allclose(shown, wanted, atol=0.01)
