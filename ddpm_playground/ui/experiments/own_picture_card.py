"""A picture of one's own on screen: edited, painted, inverted, joined with another."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from ...core import jumping_path, stream_seed, timestep_path
from ...core.checks import look_up, number
from ...core.phrase import Phrase, Refusal
from ...experiments import OwnPictures, Way, edit, inpaint, interpolate, interpolate_seeds, invert
from ...experiments.inpainting import checked_mask
from ...experiments.interpolating import Strips
from ...experiments.own_pictures import read_pictures
from ...learn.checkpoints.checkpoint import Checkpoint
from ...views.seam_plot import seam_figure
from ..page.component import unpacked
from ..serving.failure import answering
from ..words.refusal import refusal
from ..words.text import text
from .asking import MAX_SEED, checkpoint_in, label_in, number_in, picture_bytes, sampling_in, telling, whole_in
from .own_picture_files import Saved, chain_settings, edited, inverted, joined, painted, picture_settings, result_of

STRIP, MOST_STEPS, MOST_FIXED = 9, 250, 10
RESAMPLES = (1, 2, 5, 10, 20)  # r of the seam's curve
CHAINS, MOST_WALKED = 4, 5000  # chains that the curve is the mean of, and steps of all its walks together
# Where the two edits begin that are to be told apart, as shares of T.
GUESSED = (0.3, 0.6)


def own_picture_value() -> str:
    """What own_picture.js starts from."""
    return json.dumps({
        "deeds": list(DEEDS), "most_steps": MOST_STEPS, "most_fixed": MOST_FIXED, "most_resample": RESAMPLES[-1],
    })  # fmt: skip


@answering
def run_deed(asked: Mapping[str, Any]) -> dict[str, Any]:
    """{"rows": [{"name", "captions", "pictures"}], "shape", "told": sentences, "figure": of Plotly or None,
    "riddle": {"names", "right", "ts"} or None, "kept": a Result}; or {"problem"}."""
    checkpoint = checkpoint_in(asked)
    deed = look_up(DEEDS, asked.get("deed"), "unknown deed {name}; choose one of {known}")
    found = deed(asked, checkpoint)
    kept = result_of(found.saved, [x for _, _, x in found.rows], asked, checkpoint.image_shape)
    rows = [{"name": name, "captions": captions, "pictures": picture_bytes(x)} for name, captions, x in found.rows]
    return {
        "rows": rows,
        "shape": list(checkpoint.image_shape),
        "told": found.told,
        "figure": found.figure,
        "riddle": found.riddle,
        "kept": kept,
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


@dataclass(frozen=True, eq=False)
class Answer:
    """What a deed found.

    Attributes:
        rows: name, captions and pictures (N,C,H,W) of each strip.
        told: sentences below them.
        saved: what files are made of.
        figure: a plot as Plotly's JSON.
        riddle: {"names", "right", "ts"} of what is to be guessed before `told` is read.
    """

    rows: list[tuple[str, list[str], torch.Tensor]]
    told: list[str]
    saved: Saved
    figure: dict[str, Any] | None = None
    riddle: dict[str, Any] | None = None


def _settings(asked: Mapping[str, Any], checkpoint: Checkpoint, pictures: OwnPictures) -> dict[str, Any]:
    """Those of a notebook whose chain draws noises."""
    chain = chain_settings(sampling_in(asked, checkpoint))
    return chain | picture_settings(asked, pictures) | {"seed": whole_in(asked, "seed", 0, MAX_SEED)}


def _steps(asked: Mapping[str, Any], checkpoint: Checkpoint) -> int:
    return whole_in(asked, "num_steps", 1, min(MOST_STEPS, checkpoint.schedule.T))


def _edited(
    asked: Mapping[str, Any], checkpoint: Checkpoint, ts: list[int]
) -> tuple[OwnPictures, torch.Tensor, torch.Tensor]:
    """The picture, and x_t and x_0 (K,1,C,H,W) of its edits."""
    pictures, T = pictures_in(asked, checkpoint, 1), checkpoint.schedule.T
    sampling, steps = sampling_in(asked, checkpoint), _steps(asked, checkpoint)
    path = timestep_path(T, steps, sampling.spacing)
    total = sum(sum(u < t for u in path[:-1]) + 1 for t in ts)
    return pictures, *edit(
        checkpoint, pictures, ts, sampling, guidance=number_in(asked, "guidance", 0.0, 20.0),
        seed=whole_in(asked, "seed", 0, MAX_SEED), progress=telling(total),
    )  # fmt: skip


def _edit(asked: Mapping[str, Any], checkpoint: Checkpoint) -> Answer:
    ts = [0, *(round(checkpoint.schedule.T * k / (STRIP - 1)) for k in range(1, STRIP))]
    pictures, x_t, x_0 = _edited(asked, checkpoint, ts)
    rms = (x_0 - pictures.x_0).square().mean((1, 2, 3, 4)).sqrt().tolist()
    captions = [f"t = {t}" for t in ts]
    changed = [text("own_picture.changed", rms=f"{value:.2f}") for value in rms]
    rows = [(text("own_picture.noised"), captions, x_t[:, 0]), (text("own_picture.edited"), changed, x_0[:, 0])]
    saved = edited(_settings(asked, checkpoint, pictures), pictures, ts, x_t, x_0, ["x_t", "x_0"])
    return Answer(rows, [], saved)


def _guess(asked: Mapping[str, Any], checkpoint: Checkpoint) -> Answer:
    ts = [max(1, round(checkpoint.schedule.T * share)) for share in GUESSED]
    if stream_seed(whole_in(asked, "seed", 0, MAX_SEED), "guess") % 2:
        ts.reverse()
    pictures, x_t, x_0 = _edited(asked, checkpoint, ts)
    shown = torch.cat([pictures.x_0, x_0[:, 0]])
    told = [text("own_picture.guessed", a=ts[0], b=ts[1])]
    riddle = {"names": ["A", "B"], "right": "AB"[ts.index(max(ts))], "ts": ts}
    saved = edited(_settings(asked, checkpoint, pictures), pictures, ts, x_t, x_0)
    return Answer([(text("own_picture.two_edits"), ["x_0", "A", "B"], shown)], told, saved, riddle=riddle)


def _inpaint(asked: Mapping[str, Any], checkpoint: Checkpoint) -> Answer:
    pictures, known = pictures_in(asked, checkpoint, 1), _known(asked, checkpoint)
    sampling, steps = sampling_in(asked, checkpoint), _steps(asked, checkpoint)
    jump = whole_in(asked, "jump", 1, steps)
    most = whole_in(asked, "resample", 1, RESAMPLES[-1])
    resamples = sorted({r for r in RESAMPLES if r <= most} | {most})
    path = timestep_path(checkpoint.schedule.T, steps, sampling.spacing)
    walked = sum(len(jumping_path(path, r, jump)) - 1 for r in resamples)
    if walked > MOST_WALKED:
        raise Refusal(
            "the walks for r = {resamples} make {walked} steps together, at most {most} are walked here; lower r, j "
            "or S",
            resamples=", ".join(map(str, resamples)), walked=walked, most=MOST_WALKED,
        )  # fmt: skip
    chains = OwnPictures(
        pictures.x_0.expand(CHAINS, -1, -1, -1), pictures.labels.expand(CHAINS), pictures.names * CHAINS
    )
    tell = telling(walked * CHAINS)
    found = [
        inpaint(
            checkpoint, chains, known, sampling, resample=r, jump=jump, seed=whole_in(asked, "seed", 0, MAX_SEED),
            guidance=number_in(asked, "guidance", 0.0, 20.0), progress=tell,
        )
        for r in resamples
    ]  # fmt: skip
    captions = ["x_0", text("own_picture.mask"), *(f"r = {r}" for r in resamples)]
    masked = pictures.x_0 * known + (1.0 - known) * 0.2
    shown = torch.cat([pictures.x_0, masked, *(one.x_0[:1] for one in found)])
    own, seams = float(found[0].seam_before[0]), [one.seam.tolist() for one in found]
    by_r = ", ".join(f"r = {r}: {sum(each) / CHAINS:.2f}" for r, each in zip(resamples, seams, strict=True))
    told = [text("own_picture.seams", seams=by_r, own=f"{own:.2f}", chains=CHAINS)]
    texts = {name: text(f"own_picture.seam_{name}") for name in ("r", "y", "mean", "each", "own")}
    figure = json.loads(str(seam_figure(resamples, seams, own, texts).to_json()))
    saved = painted(_settings(asked, checkpoint, pictures), chains, known, resamples, jump, found)
    return Answer([(text("own_picture.painted"), captions, shown)], told, saved, figure)


def _known(asked: Mapping[str, Any], checkpoint: Checkpoint) -> torch.Tensor:
    """What the reader has not painted over, (1,H,W): 1 where the picture is kept."""
    _, H, W = checkpoint.image_shape
    painted = torch.zeros(1, H, W) if asked.get("mask") in (None, "") else unpacked(asked["mask"], (1, H, W))
    if not bool((painted > 0.5).any()):
        raise Refusal("paint on the picture what the network shall fill; nothing is painted yet")
    return checked_mask((painted <= 0.5).float(), text("own_picture.mask"))


def _invert(asked: Mapping[str, Any], checkpoint: Checkpoint) -> Answer:
    pictures = pictures_in(asked, checkpoint, 1)
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
    spread, lost = found[-1].x_T_std, found[-1].lost
    number("std", spread, 0.0, float("inf"))
    told = text("own_picture.narrow" if spread < 0.9 else "own_picture.wide", std=f"{spread:.2f}", S=S[-1])
    more = {"steps": most, "spacing": "trailing", "fixed_points": fixed}
    saved = inverted(picture_settings(asked, pictures) | more, pictures, S, found)
    return Answer(rows, [told, *_lost(lost)], saved)


def _lost(lost: Phrase | None) -> list[str]:
    return [] if lost is None else [text("own_picture.lost", told=refusal(lost))]


def _interpolate(asked: Mapping[str, Any], checkpoint: Checkpoint) -> Answer:
    pictures, way, count = pictures_in(asked, checkpoint, 2), _way(asked, checkpoint), whole_in(asked, "count", 5, 15)
    total = way.num_steps * (2 * 2 + 2 * count)
    found = interpolate(checkpoint, pictures, way, count=count, progress=telling(total))
    return _strips(found, joined("interpolate", picture_settings(asked, pictures), way, found))


def _seeds(asked: Mapping[str, Any], checkpoint: Checkpoint) -> Answer:
    way, count = _way({**asked, "fixed_points": 0}, checkpoint), whole_in(asked, "count", 5, 15)
    seeds = whole_in(asked, "seed", 0, MAX_SEED), whole_in(asked, "other_seed", 0, MAX_SEED)
    tell = telling(way.num_steps * 2 * count)
    label = label_in(asked, checkpoint)
    found = interpolate_seeds(checkpoint, seeds, label, way, count=count, progress=tell)
    return _strips(found, joined("interpolate_seeds", {"seeds": seeds, "label": label}, way, found))


def _way(asked: Mapping[str, Any], checkpoint: Checkpoint) -> Way:
    guidance, fixed = number_in(asked, "guidance", 0.0, 20.0), whole_in(asked, "fixed_points", 0, MOST_FIXED)
    return Way(_steps(asked, checkpoint), "trailing", guidance, fixed)


def _strips(found: Strips, saved: Saved) -> Answer:
    captions = [f"{u:.2f}" for u in found.shares]
    rows = [(text(f"own_picture.{name}"), captions, x) for name, x in found.x_0.items()]
    middle = {name: float(x[len(x) // 2].square().mean().sqrt()) for name, x in found.x_T.items()}
    told = text("own_picture.lengths", slerp=f"{middle['slerp']:.2f}", lerp=f"{middle['lerp']:.2f}")
    return Answer(rows, [told, *_lost(found.lost)], saved)


# A deed with a picture of one's own is one function and one line here.
DEEDS: dict[str, Callable[[Mapping[str, Any], Checkpoint], Answer]] = {
    "edit": _edit, "inpaint": _inpaint, "invert": _invert, "interpolate": _interpolate, "seeds": _seeds,
    "guess": _guess,
}  # fmt: skip
