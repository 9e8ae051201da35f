"""Between two pictures: along the arc and the line of the x_T that they come from, and along the line of pixels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

import torch

from ..core import SeededNoise, lerp, reverse, slerp, timestep_path
from ..core.checks import whole_number
from ..core.phrase import Phrase, Refusal
from ..learn.checkpoints.checkpoint import Checkpoint
from ..learn.judging.samples import check_sampling
from .inverting import DDIM, invert
from .own_pictures import OwnPictures
from .steady_chain import asked_in_double, ruled

LEAST, MOST = 3, 15
# How two x_T are joined: along the arc or the line.
THROUGH_NOISE = {"slerp": slerp, "lerp": lerp}
WAYS = (*THROUGH_NOISE, "pixels")


@dataclass(frozen=True, eq=False)
class Strips:
    """Strips between two pictures.

    Attributes:
        x_0: way → (count,C,H,W) float32; the ends of the ways through x_T are what those bring back.
        x_T: way → (count,C,H,W), of the ways through x_T.
        shares: u of each.
        mse: of the two ends' round trip; None where they were drawn and not inverted.
        lost: why an end did not come back, see `Inverted`.
    """

    x_0: dict[str, torch.Tensor]
    x_T: dict[str, torch.Tensor]
    shares: list[float]
    mse: list[float] | None
    lost: Phrase | None = None


@dataclass(frozen=True)
class Way:
    """How the ends are inverted and the strip is denoised.

    Attributes:
        num_steps: S of inversion and way back.
        spacing: of the timesteps.
        guidance: W.
        fixed_points: see `core.invert`.
    """

    num_steps: int = 50
    spacing: str = "trailing"
    guidance: float = 1.0
    fixed_points: int = 0


def interpolate(
    checkpoint: Checkpoint,
    pictures: OwnPictures,
    way: Way | None = None,
    *,
    count: int = 9,
    progress: Callable[[int], object] = lambda count: None,
) -> Strips:
    """Two pictures' inverted x_T joined and denoised by DDIM (Song, Meng & Ermon 2021, section 5.3 and appendix D.5).

    Where the two are of several classes the network is told none; if it knows no such class, that of the nearer one.

    Args:
        checkpoint: whose network.
        pictures: exactly two.
        way: through x_T; None for `Way()`.
        count: pictures of a strip, ends included, in [3, 15].
        progress: told how many pictures have taken a step.

    Raises:
        ValueError: not two pictures, or settings out of range.
    """
    if len(pictures) != 2:
        raise Refusal("interpolate joins two pictures, got {got}; give two, with a comma between", got=len(pictures))
    whole_number("count", count, LEAST, MOST)
    way, labels = way or Way(), pictures.labels
    if int(labels[0]) != int(labels[1]) and not checkpoint.needs_label:
        labels = torch.full_like(labels, -1)
    found = invert(checkpoint, replace(pictures, labels=labels), progress=progress, **asdict(way))
    strips = _joined(checkpoint, found.x_T.double(), labels, way, count, progress)
    a, b = pictures.x_0
    pixels = torch.stack([lerp(a, b, u) for u in strips.shares])
    return replace(strips, x_0=strips.x_0 | {"pixels": pixels}, mse=found.mse.tolist(), lost=found.lost)


def interpolate_seeds(
    checkpoint: Checkpoint,
    seeds: tuple[int, int],
    label: int,
    way: Way | None = None,
    *,
    count: int = 9,
    progress: Callable[[int], object] = lambda count: None,
) -> Strips:
    """As `interpolate`, between the pictures 0 of two seeds.

    Args:
        checkpoint: whose network.
        seeds: whose x_T are joined.
        label: class of all; −1 for none.
        way: through x_T; None for `Way()`.
        count: pictures of a strip, ends included, in [3, 15].
        progress: told how many pictures have taken a step.

    Raises:
        ValueError: settings out of range.
    """
    whole_number("count", count, LEAST, MOST)
    way, labels = way or Way(), torch.tensor([label, label])
    sampling = replace(DDIM, num_steps=way.num_steps, spacing=way.spacing)
    for seed in seeds:
        check_sampling(checkpoint, labels, sampling, guidance=way.guidance, seed=seed, batch_size=count)
    x_T = torch.cat([SeededNoise(seed, [0], checkpoint.image_shape)() for seed in seeds])
    strips = _joined(checkpoint, x_T.double(), labels, way, count, progress)
    one = strips.x_0["slerp"]
    pixels = torch.stack([lerp(one[0], one[-1], u) for u in strips.shares])
    return replace(strips, x_0=strips.x_0 | {"pixels": pixels})


def _joined(
    checkpoint: Checkpoint, ends: torch.Tensor, labels: torch.Tensor, way: Way, count: int,
    progress: Callable[[int], object],
) -> Strips:  # fmt: skip
    """The ways through x_T, between two x_T (2,C,H,W) float64."""
    shares, (a, b) = [i / (count - 1) for i in range(count)], ends
    x_T = {name: torch.stack([join(a, b, u) for u in shares]) for name, join in THROUGH_NOISE.items()}
    told = ruled(checkpoint, replace(DDIM, num_steps=way.num_steps, spacing=way.spacing))
    path = timestep_path(checkpoint.schedule.T, way.num_steps, way.spacing)
    x = torch.cat(list(x_T.values())).to(checkpoint.device)
    own = torch.stack([labels[round(u)] for u in shares]).repeat(len(x_T)).to(checkpoint.device)
    predict, still = asked_in_double(checkpoint, way.guidance), torch.zeros_like(x)
    for step in reverse(checkpoint.schedule, predict, x, path, lambda: still, told, label=own):
        x = step.x_s
        progress(len(x))
    x_0 = dict(zip(x_T, x.float().cpu().split(count), strict=True))
    return Strips(x_0, {name: one.float() for name, one in x_T.items()}, shares, None)
