"""A tiny checkpoint, made anew where a test needs one."""

from pathlib import Path

from diffusers import DDPMScheduler

from ddpm_playground.learn.checkpoints.checkpoint import save_pipeline
from ddpm_playground.learn.networks.unet import make_network


def tiny_checkpoint(folder: Path, size: int = 8, num_classes: int = 10, T: int = 20) -> Path:
    """An untrained network on `size`×`size` grey pictures and its scheduler, as a pipeline folder."""
    unet = make_network((1, size, size), num_classes, seed=0, channels=(8, 8))
    scheduler = DDPMScheduler(num_train_timesteps=T)
    scheduler.register_to_config(_class_names=[str(i) for i in range(num_classes)])
    save_pipeline(folder, unet, scheduler, lambda sha256: {})
    return folder
