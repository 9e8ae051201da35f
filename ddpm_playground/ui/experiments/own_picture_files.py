"""What the files of a deed with a picture of one's own are made of: its notebook's settings, arrays, and film."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from ...core import Sampling
from ...experiments import Inpainted, Inverted, OwnPictures, Way
from ...experiments.interpolating import Strips
from ...experiments.notebook import packed_values
from ...learn.judging.samples import pixels
from .asking import picture_bytes
from .kept_results import FilmRow, Result, npz


@dataclass(frozen=True, eq=False)
class Saved:
    """What files are made of.

    Attributes:
        deed: of the notebook.
        settings: of the notebook.
        arrays: of the .npz, as the command's --out has them.
        names: of the film's rows.
        told: what each of its frames says.
    """

    deed: str
    settings: dict[str, Any]
    arrays: dict[str, torch.Tensor]
    names: Sequence[str] = ()
    told: Sequence[str] = field(default_factory=list)


def result_of(saved: Saved, rows: Sequence[torch.Tensor], asked: Mapping[str, Any], shape: Sequence[int]) -> Result:
    """The result as it is kept.

    Args:
        saved: what files are made of.
        rows: pictures (F,…,C,H,W) in [−1, 1] of each row of the film, the last of which are its frames.
        asked: what the page sent.
        shape: C, H, W.
    """
    frames = len(saved.told)
    shown = [row[-frames:] for row in rows] if frames else []
    film: list[FilmRow] = [
        {"name": name, "count": row[0].shape[:-3].numel(), "pictures": picture_bytes(row)}
        for name, row in zip(saved.names, shown, strict=frames > 0)
    ]
    return {
        "deed": saved.deed, "settings": {"checkpoint": str(asked.get("checkpoint")), **saved.settings},
        "arrays": npz(saved.arrays, asked), "told": list(saved.told), "rows": film, "shape": list(shape),
    }  # fmt: skip


def chain_settings(sampling: Sampling) -> dict[str, Any]:
    """A chain's settings by the names of the command's flags."""
    return {
        "sampler": sampling.sampler, "eta": sampling.eta_or_w, "steps": sampling.num_steps,
        "spacing": sampling.spacing, "clip": sampling.clip_x_0,
    }  # fmt: skip


def picture_settings(asked: Mapping[str, Any], pictures: OwnPictures) -> dict[str, Any]:
    """Numbers of bundled digits, or values; and the class that the network is told."""
    given, label = asked.get("pictures") or [], int(pictures.labels[0])
    told: dict[str, Any] = {"label": "none" if label < 0 else str(label), "guidance": float(asked["guidance"])}
    if all(isinstance(one, int | float) for one in given):
        return told | {"picture": ",".join(str(int(one)) for one in given)}
    return told | {"x_0": packed_values(pictures.x_0)}


def edited(
    settings: dict[str, Any], pictures: OwnPictures, ts: Sequence[int], x_t: torch.Tensor, x_0: torch.Tensor,
    names: Sequence[str] = (),
) -> Saved:  # fmt: skip
    """Of edits, x_t and x_0 (K,N,C,H,W); `names` of the two are left out where nothing is to be filmed."""
    images = torch.stack([torch.from_numpy(pixels(one)) for one in x_0])
    arrays = {"x_0": x_0, "x_t": x_t, "images": images, "t": torch.tensor(ts), "labels": pictures.labels}
    told = [f"t = {t}" for t in ts] if names else []
    return Saved("edit", settings | {"t": list(ts)}, arrays, names, told)


def painted(
    settings: dict[str, Any], pictures: OwnPictures, known: torch.Tensor, resamples: Sequence[int], jump: int,
    found: Sequence[Inpainted],
) -> Saved:  # fmt: skip
    """Of pictures painted with each r."""
    x_0 = torch.stack([one.x_0 for one in found])
    arrays = {
        "x_0": x_0, "images": torch.stack([torch.from_numpy(pixels(one)) for one in x_0]), "mask": 1.0 - known[0],
        "labels": pictures.labels, "resample": torch.tensor(resamples), "seam": torch.stack([f.seam for f in found]),
    }  # fmt: skip
    more = {"known": packed_values(known), "resample": resamples[-1], "jump": jump}
    told = ["the picture", "the mask", *(f"r = {r}" for r in resamples)]
    return Saved("inpaint", settings | more, arrays, ["x_0"], told)


def inverted(settings: dict[str, Any], pictures: OwnPictures, S: Sequence[int], found: Sequence[Inverted]) -> Saved:
    """Of round trips with each S."""
    arrays = {name: torch.stack([getattr(one, name) for one in found]) for name in ("x_T", "x_0", "mse")}
    arrays |= {"labels": pictures.labels, "S": torch.tensor(S)}
    return Saved("invert", settings, arrays, ["x_T / 3", "x_0, back"], [f"S = {one}" for one in S])


def joined(deed: str, settings: dict[str, Any], way: Way, found: Strips) -> Saved:
    """Of strips between two pictures or two seeds."""
    arrays = {
        **found.x_0, "x_T": found.x_T["slerp"], "share": torch.tensor(found.shares), "x_0": found.x_0["slerp"],
        "images": torch.from_numpy(pixels(found.x_0["slerp"])),
    }  # fmt: skip
    more = {
        "steps": way.num_steps, "spacing": way.spacing, "guidance": way.guidance, "fixed_points": way.fixed_points,
        "count": len(found.shares),
    }  # fmt: skip
    return Saved(deed, settings | more, arrays, list(found.x_0), [f"share u = {u:.2f}" for u in found.shares])
