"""A pipeline folder as `train` and the Train tab write it."""

import json
from collections.abc import Callable
from pathlib import Path

from diffusers import DDPMScheduler, UNet2DModel

from ...core.writing import beside, fsync_file
from ..networks.planar_network import PlanarNetwork
from .digest import sha256_of

WEIGHTS = Path("unet") / "diffusion_pytorch_model.safetensors"


def save_pipeline(
    folder: Path, unet: UNet2DModel | PlanarNetwork, scheduler: DDPMScheduler, extra: Callable[[str], dict[str, str]]
) -> str:
    """Write a diffusers pipeline folder, file by file, each of them the old one or the new one, never a part.

    Where the network is no UNet2DModel there is no model_index.json, since diffusers could not run it.

    The weights come last: a reader meets old weights beside a new card at worst, and both are whole.

    Args:
        folder: where it shall stand.
        unet: the network to save.
        scheduler: its scheduler.
        extra: sha256 of the weights → further files, name → text.

    Returns:
        sha256 of the weights file.
    """
    with beside(folder) as temporary:
        new = temporary / "new"
        unet.save_pretrained(new / "unet", safe_serialization=True)
        scheduler.save_pretrained(new / "scheduler")
        if isinstance(unet, UNet2DModel):  # a pipeline that diffusers can run
            index = {
                "_class_name": "DDPMPipeline",
                "_diffusers_version": unet.config.get("_diffusers_version"),
                "scheduler": ["diffusers", "DDPMScheduler"],
                "unet": ["diffusers", "UNet2DModel"],
            }
            (new / "model_index.json").write_text(json.dumps(index, indent=2) + "\n")
        digest = sha256_of(new / WEIGHTS)
        for name, text in extra(digest).items():
            (new / name).write_text(text, encoding="utf-8")
        files = sorted((p.relative_to(new) for p in new.rglob("*") if p.is_file()), key=lambda name: name == WEIGHTS)
        for name in files:
            fsync_file(new / name)
        if folder.exists():
            for name in files:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (new / name).replace(folder / name)
        else:
            new.chmod(0o755)
            new.rename(folder)
    return digest
