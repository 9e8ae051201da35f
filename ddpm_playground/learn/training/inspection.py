"""What the averaged network of a training can do so far: its errors on held-out pictures, and what it draws."""

import torch
from PIL import Image

from ...core import Sampling, SeededNoise, reverse, stream_seed, timestep_path
from ..data.pictures import Pictures, tile, to_uint8
from ..networks.unet import NetworkEps
from .algorithm_1 import draw_noise, errors_on
from .trainer import Trainer

HELD_OUT = 512
CLASSLESS = 5  # pictures in a row of a sheet where there are no classes


def held_out_errors(trainer: Trainer, held_out: Pictures) -> tuple[torch.Tensor, torch.Tensor]:
    """t and errors of the averaged network on up to HELD_OUT pictures, always with the same t and ε; (N,) each."""
    generator = torch.Generator().manual_seed(stream_seed(trainer.settings.seed, "held out"))
    count = min(HELD_OUT, len(held_out))
    labels = held_out.labels[:count] if trainer.num_classes else None
    draws = draw_noise(held_out.x_0(slice(count)), labels, trainer.schedule.T, generator)
    with trainer.averages.lent():
        errors = errors_on(draws, lambda *part: trainer.errors(trainer.unet, *part), trainer.device)
    return draws.t, errors


def sample_sheet(trainer: Trainer, rows: int = 5, num_steps: int = 50) -> Image.Image:
    """`rows` pictures of each class from the averaged network (DDIM), drawn from their own seed."""
    schedule, columns = trainer.schedule, min(trainer.num_classes, 10) or CLASSLESS
    count = rows * columns
    shape = trainer.pictures.images.shape[1:]
    noise = SeededNoise(stream_seed(trainer.settings.seed, "sheet"), range(count), shape, trainer.device)
    label = (torch.arange(count) % columns).to(trainer.device) if trainer.num_classes else None
    path = timestep_path(schedule.T, min(num_steps, schedule.T), "trailing")
    with trainer.averages.lent():
        predict = NetworkEps(schedule, trainer.unet, trainer.objective.prediction_type)
        for step in reverse(schedule, predict, noise(), path, noise, Sampling("ddim"), label=label):
            x = step.x_s
    return Image.fromarray(tile(to_uint8(x.cpu()), columns))
