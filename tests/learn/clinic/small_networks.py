"""Small networks on small tinted digits, trained rightly and, warm-started from that, wrongly in a named way."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import torch
from diffusers.models.embeddings import get_timestep_embedding
from torch import nn
from torch.nn import functional as F

from ddpm_playground.core import Schedule, make_schedule, q_sample
from ddpm_playground.learn.checkpoints.checkpoint import Checkpoint
from ddpm_playground.learn.clinic.seen_pictures import SeenPictures
from ddpm_playground.learn.data.pictures import bundled_digits, to_x_0
from ddpm_playground.learn.networks.unet import network_output

T, SIZE, CLASSES, TRAIN, BATCH = 100, 8, 10, 600, 64
TINT = (1.0, 0.45, 0.1)
COSINE, LINEAR = make_schedule("cosine", T), make_schedule("linear", T, beta_start=1e-3, beta_end=0.2)


class SmallNetwork(nn.Module):
    """Dense layers, called as a UNet2DModel is: a step of its training costs a millisecond or two."""

    def __init__(self) -> None:
        super().__init__()
        self.config: dict[str, Any] = {
            "sample_size": SIZE, "in_channels": 3, "num_class_embeds": CLASSES + 1, "time_embedding_type": "positional"
        }  # fmt: skip
        D, width = 3 * SIZE * SIZE, 192
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)  # noqa: TID251
            self.about = nn.Sequential(nn.Linear(128, 128), nn.SiLU(), nn.Linear(128, 128), nn.SiLU())
            self.kind = nn.Embedding(CLASSES + 1, 64)
            self.first, self.second = nn.Linear(D, width), nn.Linear(width, width)
            self.last, self.linear, self.back = nn.Linear(width, D), nn.Linear(D, width), nn.Linear(width, D)
            self.gates, self.skip = nn.Linear(128, 3 * width), nn.Linear(128, D)

    def forward(self, x: torch.Tensor, t: torch.Tensor, class_labels: torch.Tensor | None = None) -> SimpleNamespace:
        assert class_labels is not None
        about = self.about(torch.cat([get_timestep_embedding(t, 64), self.kind(class_labels)], 1))
        first, second, linear = self.gates(about).chunk(3, 1)
        flat = x.flatten(1)
        hidden = F.silu(self.first(flat) * (1.0 + first))
        hidden = F.silu(self.second(hidden) + second)
        said = self.last(hidden) + self.back(self.linear(flat) * linear) + flat * self.skip(about)
        return SimpleNamespace(sample=said.reshape(x.shape))


@cache
def tinted_digits() -> tuple[torch.Tensor, torch.Tensor]:
    """The bundled digits, shrunk to 8×8 and reddish, as float32 in [−1, 1], (1000,3,8,8), in a mixed order; labels."""
    digits = bundled_digits()
    order = torch.randperm(len(digits), generator=torch.Generator().manual_seed(0))
    grey = F.interpolate(to_x_0(digits.images[order]), SIZE, mode="bilinear", antialias=True, align_corners=False)
    bright = (grey + 1.0) / 2.0
    tint = torch.tensor(TINT) ** (0.5 + torch.rand(len(bright), 1, generator=torch.Generator().manual_seed(1)))
    return (bright * tint[:, :, None, None]) * 2.0 - 1.0, digits.labels[order]


def tinted(start: int, stop: int) -> SeenPictures:
    """Some of them as a network sees them."""
    x_0, labels = tinted_digits()
    return SeenPictures(x_0[start:stop], labels[start:stop], torch.arange(start, stop), "tinted digits")


@dataclass(frozen=True)
class Training:
    """How a small network is trained; as it stands, rightly.

    Attributes:
        schedule: whose noises it sees.
        steps: of AdamW, BATCH pictures each.
        picture: what is done to x_0 (N,3,8,8).
        told: the t that the network is told, of t (B,).
        label: the class that it is told, of label (N,).
        count: how many of the training pictures it sees.
        ema_decay: of the weights that are saved; 0 for the weights themselves.
    """

    schedule: Schedule = COSINE
    steps: int = 300
    picture: Callable[[torch.Tensor], torch.Tensor] = lambda x_0: x_0
    told: Callable[[torch.Tensor], torch.Tensor] = lambda t: t
    label: Callable[[torch.Tensor], torch.Tensor] = lambda label: label
    count: int = TRAIN
    ema_decay: float = 0.0
    rate: float = 2e-3
    seed: int = 0


def trained(start: SmallNetwork, how: Training) -> tuple[SmallNetwork, SmallNetwork]:
    """Algorithm 1 from the weights of `start`; the network, and its average over the steps."""
    unet, (x_0, labels) = copy.deepcopy(start).train().requires_grad_(True), tinted_digits()
    average = copy.deepcopy(unet)
    x_0, labels = how.picture(x_0[: how.count]), how.label(labels[: how.count])
    generator = torch.Generator().manual_seed(how.seed)
    optimizer = torch.optim.AdamW(unet.parameters(), how.rate, fused=True)
    for step in range(how.steps):
        for group in optimizer.param_groups:
            group["lr"] = how.rate * min(1.0, (step + 1) / 20, 2.0 * (1.0 - step / how.steps))
        index = torch.randint(0, len(x_0), (BATCH,), generator=generator)
        t = torch.randint(1, how.schedule.T + 1, (BATCH,), generator=generator)
        eps = torch.randn((BATCH, *x_0.shape[1:]), generator=generator)
        output = network_output(unet, q_sample(how.schedule, x_0[index], t, eps), how.told(t), labels[index])
        (eps - output).square().mean().backward()
        optimizer.step()
        optimizer.zero_grad()
        with torch.no_grad():
            torch._foreach_lerp_(list(average.parameters()), list(unet.parameters()), 1.0 - how.ema_decay)
    return unet.eval().requires_grad_(False), average.eval().requires_grad_(False)


def checkpoint_of(unet: nn.Module, schedule: Schedule = COSINE, **changes: Any) -> Checkpoint:
    """A checkpoint that says: this network, this schedule, ten classes and none."""
    names = tuple(str(i) for i in range(CLASSES))
    made = Checkpoint(Path("small"), cast(Any, unet), schedule, {}, names, "")
    return replace(made, **changes)


RIGHT = Training()
WRONG = {
    "other-schedule": replace(RIGHT, schedule=LINEAR),
    "data-range": replace(RIGHT, picture=lambda x_0: (x_0 + 1.0) / 2.0),
    "channels-swapped": replace(RIGHT, picture=lambda x_0: x_0.flip(1)),
    "channels-doubled": replace(RIGHT, picture=lambda x_0: x_0[:, [0, 0, 2]], steps=500),
    "labels-shifted": replace(RIGHT, label=lambda label: (label + 1) % CLASSES),
    "t-scaled": replace(RIGHT, told=lambda t: 1.0 + (t - 1.0) * 1000.0 / T),
    "t-off-by-one": replace(RIGHT, told=lambda t: t + 1),
    "memorised": replace(RIGHT, count=24),
}
