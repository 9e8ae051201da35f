"""A picture of one's own on screen: edited, painted, inverted, joined with another."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import torch

from ...core import timestep_path
from ...core.checks import look_up, number
from ...core.phrase import Refusal
from ...experiments import OwnPictures, Way, edit, inpaint, interpolate, invert
from ...experiments.inpainting import checked_mask
from ...experiments.own_pictures import read_pictures
from ...learn.checkpoints.checkpoint import Checkpoint
from ..page.component import unpacked
from ..serving.failure import answering
from ..words.text import text
from .asking import MAX_SEED, checkpoint_in, label_in, number_in, picture_bytes, sampling_in, telling, whole_in

STRIP, MOST_STEPS, MOST_FIXED = 9, 250, 10
RESAMPLES = (1, 2, 4, 8)  # r of the seam's curve


def own_picture_value() -> str:
    """What own_picture.js starts from."""
    return json.dumps({"deeds": list(DEEDS), "most_steps": MOST_STEPS, "most_fixed": MOST_FIXED})


@answering
def run_deed(asked: Mapping[str, Any]) -> dict[str, Any]:
    """{"rows": [{"name", "captions", "pictures"}], "shape", "told": sentences}; or {"problem"}."""
    checkpoint = checkpoint_in(asked)
    deed = look_up(DEEDS, asked.get("deed"), "unknown deed {name}; choose one of {known}")
    pictures = pictures_in(asked, checkpoint, 2 if deed is _interpolate else 1)
    rows, told = deed(asked, checkpoint, pictures)
    return {
        "rows": [{"name": name, "captions": captions, "pictures": picture_bytes(x)} for name, captions, x in rows],
        "shape": list(checkpoint.image_shape),
        "told": told,
    }


def pictures_in(asked: Mapping[str, Any], checkpoint: Checkpoint, count: int) -> OwnPictures:
    """The pictures that the page sent: numbers of bundled digits, or their values.

    Raises:
        ValueError: another count, or values that are no picture of the network's size.
    """
    given = asked.get("pictures")
    if not isinstance(given, list) or len(given) != count:
        raise Refusal("the page asks with {count} pictures; choose them first", count=count)
    parts = []
    for one in given:
        if isinstance(one, int | float):
            parts.append(read_pictures(str(int(one)), checkpoint).x_0)
        else:
            parts.append(unpacked(one, checkpoint.image_shape).clamp(-1.0, 1.0)[None])
    return OwnPictures(torch.cat(parts), torch.full((count,), label_in(asked, checkpoint)), ("",) * count)


Row = tuple[str, list[str], torch.Tensor]
Answer = tuple[list[Row], list[str]]


def _steps(asked: Mapping[str, Any], checkpoint: Checkpoint) -> int:
    return whole_in(asked, "num_steps", 1, min(MOST_STEPS, checkpoint.schedule.T))


def _edit(asked: Mapping[str, Any], checkpoint: Checkpoint, pictures: OwnPictures) -> Answer:
    sampling, T = sampling_in(asked, checkpoint), checkpoint.schedule.T
    _steps(asked, checkpoint)
    path = timestep_path(T, sampling.steps_of(T), sampling.spacing)
    ts = [0, *(round(T * k / (STRIP - 1)) for k in range(1, STRIP))]
    total = sum(sum(u < t for u in path[:-1]) + 1 for t in ts)
    x_t, x_0 = edit(
        checkpoint, pictures, ts, sampling, guidance=number_in(asked, "guidance", 0.0, 20.0),
        seed=whole_in(asked, "seed", 0, MAX_SEED), progress=telling(total),
    )  # fmt: skip
    rms = (x_0 - pictures.x_0).square().mean((1, 2, 3, 4)).sqrt().tolist()
    captions = [f"t = {t}" for t in ts]
    changed = [text("own_picture.changed", rms=f"{value:.2f}") for value in rms]
    return [(text("own_picture.noised"), captions, x_t[:, 0]), (text("own_picture.edited"), changed, x_0[:, 0])], []


def _inpaint(asked: Mapping[str, Any], checkpoint: Checkpoint, pictures: OwnPictures) -> Answer:
    C, H, W = checkpoint.image_shape
    try:
        painted = unpacked(asked.get("mask"), (1, H, W))
    except ValueError:
        raise Refusal("paint on the picture what the network shall fill; nothing is painted yet") from None
    if not bool((painted > 0.5).any()):
        raise Refusal("paint on the picture what the network shall fill; nothing is painted yet")
    known = checked_mask((painted <= 0.5).float(), text("own_picture.mask"))
    sampling = sampling_in(asked, checkpoint)
    steps = _steps(asked, checkpoint)
    jump = whole_in(asked, "jump", 1, steps)
    most = whole_in(asked, "resample", 1, RESAMPLES[-1])
    resamples = sorted({r for r in RESAMPLES if r <= most} | {most})
    tell = telling(sum(steps * (2 * r - 1) for r in resamples))
    found = [
        inpaint(
            checkpoint, pictures, known, sampling, resample=r, jump=jump, seed=whole_in(asked, "seed", 0, MAX_SEED),
            guidance=number_in(asked, "guidance", 0.0, 20.0), progress=tell,
        )
        for r in resamples
    ]  # fmt: skip
    masked = pictures.x_0 * known + (1.0 - known) * 0.2
    captions = ["x_0", text("own_picture.mask"), *(f"r = {r}" for r in resamples)]
    seams = [f"{float(found[0].seam_before[0]):.2f}", "", *(f"{float(one.seam[0]):.2f}" for one in found)]
    shown = torch.cat([pictures.x_0, masked, *(one.x_0 for one in found)])
    by_r = ", ".join(f"r = {r}: {seam}" for r, seam in zip(resamples, seams[2:], strict=True))
    told = [text("own_picture.seams", seams=by_r, own=seams[0])]
    return [(text("own_picture.painted"), captions, shown)], told


def _invert(asked: Mapping[str, Any], checkpoint: Checkpoint, pictures: OwnPictures) -> Answer:
    most, fixed = _steps(asked, checkpoint), whole_in(asked, "fixed_points", 0, MOST_FIXED)
    S = sorted({max(1, round(most * share)) for share in (0.2, 0.5, 1.0)})
    guidance = number_in(asked, "guidance", 0.0, 20.0)
    tell = telling(sum(one * 2 for one in S))
    found = [
        invert(checkpoint, pictures, num_steps=one, guidance=guidance, fixed_points=fixed, progress=tell) for one in S
    ]
    x_T = torch.cat([one.x_T for one in found])
    back = torch.cat([pictures.x_0, *(one.x_0 for one in found)])
    each = list(zip(S, found, strict=True))
    spreads = [f"S = {n}: σ {one.x_T_std:.2f}" for n, one in each]
    errors = [text("own_picture.mse", S=n, mse=f"{float(one.mse[0]):.2g}") for n, one in each]
    rows = [(text("own_picture.x_T"), spreads, x_T / 3.0), (text("own_picture.back"), ["x_0", *errors], back)]
    spread = found[-1].x_T_std
    number("std", spread, 0.0, float("inf"))
    return rows, [text("own_picture.narrow" if spread < 0.9 else "own_picture.wide", std=f"{spread:.2f}", S=S[-1])]


def _interpolate(asked: Mapping[str, Any], checkpoint: Checkpoint, pictures: OwnPictures) -> Answer:
    steps, count = _steps(asked, checkpoint), whole_in(asked, "count", 5, 15)
    way = Way(
        steps, "trailing", number_in(asked, "guidance", 0.0, 20.0), whole_in(asked, "fixed_points", 0, MOST_FIXED)
    )
    total = steps * (2 * 2 + 2 * count)
    found = interpolate(checkpoint, pictures, way, count=count, progress=telling(total))
    captions = [f"{u:.2f}" for u in found.shares]
    rows = [(text(f"own_picture.{name}"), captions, x) for name, x in found.x_0.items()]
    middle = {name: float(x[count // 2].square().mean().sqrt()) for name, x in found.x_T.items()}
    return rows, [text("own_picture.lengths", slerp=f"{middle['slerp']:.2f}", lerp=f"{middle['lerp']:.2f}")]


# A deed with a picture of one's own is one function and one line here.
DEEDS: dict[str, Callable[[Mapping[str, Any], Checkpoint, OwnPictures], Answer]] = {
    "edit": _edit, "inpaint": _inpaint, "invert": _invert, "interpolate": _interpolate,
}  # fmt: skip
