"""Checkpoint folders as people have them: saved by diffusers itself, copied in part, left by a training, or of 2022."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import torch
from diffusers import DDPMPipeline, DDPMScheduler, UNet2DModel
from safetensors.torch import load_file, save_file

STEM = "diffusion_pytorch_model"
WHOLE = f"{STEM}.safetensors"
T = 30
OLD_NAMES = {".to_q.": ".query.", ".to_k.": ".key.", ".to_v.": ".value.", ".to_out.0.": ".proj_attn."}


class Hostile:
    """Its pickle makes a file when it is opened."""

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, ("opened",)


def network(seed: int = 0, **config: object) -> UNet2DModel:
    """A tiny UNet2DModel with attention, colour and random weights."""
    torch.manual_seed(seed)
    given = {
        "sample_size": 8, "in_channels": 3, "out_channels": 3, "block_out_channels": (8, 16), "layers_per_block": 1,
        "norm_num_groups": 4, "attention_head_dim": 8, "down_block_types": ("DownBlock2D", "AttnDownBlock2D"),
        "up_block_types": ("AttnUpBlock2D", "UpBlock2D"),
    }  # fmt: skip
    return UNet2DModel(**given | config)  # type: ignore[arg-type]


def scheduler() -> DDPMScheduler:
    return DDPMScheduler(T, beta_schedule="squaredcos_cap_v2")


def pickle_at(path: Path) -> None:
    torch.save({"weights": Hostile()}, path)


def rename(path: Path) -> None:
    """Give the attention in a file of weights its names of 2022."""
    state = load_file(path)
    for new, old in OLD_NAMES.items():
        state = {name.replace(new, old) if ".attentions." in name else name: value for name, value in state.items()}
    assert any(".query." in name for name in state)
    save_file(state, path)


def pipeline(folder: Path, **saving: object) -> None:
    network().save_pretrained(folder / "unet", **saving)
    scheduler().save_pretrained(folder / "scheduler")


def whole_pipeline(folder: Path) -> None:
    DDPMPipeline(network(), scheduler()).save_pretrained(folder)


def flat(folder: Path) -> None:
    network().save_pretrained(folder)


def flat_pipeline(folder: Path) -> None:
    """As google/ddpm-cifar10-32 is: all in one folder, a pickle beside the weights."""
    network().save_pretrained(folder)
    scheduler().save_pretrained(folder)
    index = {"_class_name": "DDPMPipeline", "scheduler": ["diffusers", "DDPMScheduler"]}
    (folder / "model_index.json").write_text(json.dumps(index | {"unet": ["diffusers", "UNet2DModel"]}))
    pickle_at(folder / f"{STEM}.bin")


def as_published(folder: Path) -> None:
    """As google/ddpm-cifar10-32 was in 2022, with fewer channels: its keys, its names, its pickle."""
    network(
        attention_head_dim=None, downsample_padding=0, flip_sin_to_cos=False, freq_shift=1, norm_eps=1e-6,
        time_embedding_type="positional", mid_block_scale_factor=1, center_input_sample=False,
    ).save_pretrained(folder)  # fmt: skip
    rename(folder / WHOLE)
    pickle_at(folder / f"{STEM}.bin")
    index = {"_class_name": "DDPMPipeline", "_diffusers_version": "0.1.1", "scheduler": ["diffusers", "DDPMScheduler"]}
    (folder / "model_index.json").write_text(json.dumps(index | {"unet": ["diffusers", "UNet2DModel"]}))
    config = {
        "_class_name": "DDPMScheduler", "_diffusers_version": "0.1.1", "beta_end": 0.02, "beta_schedule": "linear",
        "beta_start": 0.0001, "clip_sample": True, "num_train_timesteps": T, "tensor_format": "pt",
        "timestep_values": None, "trained_betas": None, "variance_type": "fixed_large",
    }  # fmt: skip
    (folder / "scheduler_config.json").write_text(json.dumps(config))


def flat_with_scheduler_folder(folder: Path) -> None:
    network().save_pretrained(folder)
    scheduler().save_pretrained(folder / "scheduler")


def no_scheduler(folder: Path) -> None:
    network().save_pretrained(folder / "unet")


def pickles_everywhere(folder: Path) -> None:
    pipeline(folder)
    for name in (f"unet/{STEM}.bin", "unet/model.pt", "optimizer.bin", "random_states_0.pkl", "last.CKPT"):
        pickle_at(folder / name)


def halves(folder: Path) -> None:
    network().half().save_pretrained(folder / "unet", variant="fp16")
    scheduler().save_pretrained(folder / "scheduler")


def brain_floats(folder: Path) -> None:
    network().bfloat16().save_pretrained(folder / "unet", variant="bf16")
    scheduler().save_pretrained(folder / "scheduler")


def plain_halves(folder: Path) -> None:
    network().half().save_pretrained(folder)


def doubles(folder: Path) -> None:
    network().double().save_pretrained(folder / "unet")
    scheduler().save_pretrained(folder / "scheduler")


def ema_variant(folder: Path) -> None:
    pipeline(folder, variant="ema")
    network(1).half().save_pretrained(folder / "unet", variant="fp16")


def parts(folder: Path) -> None:
    pipeline(folder, max_shard_size="40KB")
    assert not (folder / "unet" / WHOLE).exists()


def half_parts(folder: Path) -> None:
    network().half().save_pretrained(folder / "unet", max_shard_size="20KB", variant="fp16")
    scheduler().save_pretrained(folder / "scheduler")
    assert not (folder / "unet" / f"{STEM}.fp16.safetensors").exists()


def ema_alone(folder: Path) -> None:
    network().save_pretrained(folder / "unet_ema")
    scheduler().save_pretrained(folder / "scheduler")


def training(folder: Path) -> None:
    """As train_unconditional.py leaves it."""
    pipeline(folder)
    state = folder / "checkpoint-500"
    network(1).save_pretrained(state / "unet")
    network(2).save_pretrained(state / "unet_ema")
    for name in ("optimizer.bin", "scheduler.bin", "random_states_0.pkl"):
        pickle_at(state / name)


def old_names(folder: Path) -> None:
    pipeline(folder)
    rename(folder / "unet" / WHOLE)


def old_flat_halves(folder: Path) -> None:
    network().half().save_pretrained(folder, variant="fp16")
    rename(folder / f"{STEM}.fp16.safetensors")


def other_name(folder: Path) -> None:
    pipeline(folder)
    (folder / "unet" / WHOLE).rename(folder / "unet" / "model.safetensors")


def classes(folder: Path) -> None:
    network(num_class_embeds=4).save_pretrained(folder)


def wide(folder: Path) -> None:
    network(sample_size=(8, 16)).save_pretrained(folder)


def learned_time(folder: Path) -> None:
    network(time_embedding_type="learned", num_train_timesteps=50).save_pretrained(folder)


# name → what makes the folder; what of it is given; where diffusers finds the network and as which variant; and a
# piece of each sentence that tells how it was read.
STRANGERS: dict[str, tuple[Callable[[Path], None], str, str, str | None, tuple[str, ...]]] = {
    "a pipeline": (whole_pipeline, "", "unet", None, ()),
    "a network": (flat, "", "", None, ("T = 1000, β = 0.0001…0.02",)),
    "all in one folder": (flat_pipeline, "", "", None, ()),
    "as published in 2022": (as_published, "", "", None, ("names of 2022", "variance_type = fixed_large")),
    "a network with scheduler/": (flat_with_scheduler_folder, "", "", None, ()),
    "unet/ of a pipeline": (pipeline, "unet", "unet", None, ("folder a above it",)),
    "no scheduler": (no_scheduler, "", "unet", None, ("the linear schedule of DDPM is assumed",)),
    "unet/ alone": (no_scheduler, "unet", "unet", None, ("the linear schedule of DDPM is assumed",)),
    "pickles everywhere": (pickles_everywhere, "", "unet", None, ()),
    "fp16": (halves, "", "unet", "fp16", (f"those in {STEM}.fp16", "as float16 and run as float32")),
    "bf16": (brain_floats, "", "unet", "bf16", (f"those in {STEM}.bf16", "as bfloat16 and run as float32")),
    "plain fp16": (plain_halves, "", "", None, ("as float16 and run as float32", "is assumed")),
    "float64": (doubles, "", "unet", None, ("as float64 and run as float32",)),
    "ema beside fp16": (ema_variant, "", "unet", "ema", (f"those in {STEM}.ema",)),
    "the file of fp16": (ema_variant, f"unet/{STEM}.fp16.safetensors", "unet", "fp16",
                         (f"those in {STEM}.fp16", "folder a above it", "as float16 and run as float32")),
    "parts": (parts, "", "unet", None, ("files",)),
    "parts of fp16": (half_parts, "", "unet", "fp16", ("files", "as float16 and run as float32")),
    "unet_ema/": (ema_alone, "", "unet_ema", None, ("the averaged one, in unet_ema/",)),
    "a training's state": (training, "checkpoint-500", "checkpoint-500/unet", None,
                           ("the averaged one lies in unet_ema/", "folder a above it")),
    "a training's average": (training, "checkpoint-500/unet_ema", "checkpoint-500/unet_ema", None,
                             ("folder a above it",)),
    "names of 2022": (old_names, "", "unet", None, ("names of 2022",)),
    "names of 2022, fp16, in one folder": (old_flat_halves, "", "", "fp16",
                                           (f"those in {STEM}.fp16", "as float16", "names of 2022", "is assumed")),
    "a file of another name": (other_name, "", "unet", None, ("those in model.safetensors",)),
    "classes": (classes, "", "", None, ("is assumed", "4 classes and nothing says")),
    "not square": (wide, "", "", None, ("is assumed",)),
    "learned time": (learned_time, "", "", None, ("T = 50, β",)),
}  # fmt: skip
