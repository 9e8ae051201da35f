"""A run as frames: the pictures of each kept step and its numbers, ready to be shown."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from .shown_run import ShownRun

MOST_FRAMES = 150
SMALL_PIXELS = 40_000  # noise does not compress: larger pictures go as JPEG
FAR_FROM_DATA = 3.0  # root mean square; pictures and latents have about 1
PANELS = ("x_t", "x_hat_0", "eps_hat")


@dataclass(frozen=True, eq=False)
class Frames:
    """The frames of a run, as far as it came.

    Attributes:
        run: the run.
    """

    run: ShownRun

    def chosen(self, most: int = MOST_FRAMES) -> list[int]:
        """Which kept steps make frames, evenly chosen, the first and the last among them."""
        count = len(self.run.kept_steps)
        return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int)).tolist() if count else []

    def pictures(self, k: int) -> dict[str, np.ndarray | None]:
        """The grids of kept step k: "x_t", "x_hat_0" and "eps_hat", (H,W) or (H,W,3) uint8; None where not known."""
        shrunk = self._shrunk_by(int(self.run.kept_steps[k]))
        return {name: self.run.view.grid(x, shrunk if name == "x_t" else 1.0) for name, x in self.run.at(k).items()}

    def end_picture(self) -> np.ndarray | None:
        """The grid of what the last step returned."""
        return self.run.view.grid(self.run.x_end, self._left())

    def numbers(self, k: int) -> dict[str, float | None]:
        """What stands beside the pictures of kept step k; None where not known."""
        i, n = int(self.run.kept_steps[k]), self.run.numbers
        rms = {name: root_mean_square(x) for name, x in self.run.at(k).items()} | {"x_t": n.rms_x_t[i]}
        row = {
            "call": i + 1, "t": n.timestep[i], "next": n.next_timestep[i], "sigma": n.sigma[i],
            "log_snr": n.log_snr[i], "leads_to": n.leads_to[i], "error": n.error[i],
            **{f"rms_{name}": rms[name] for name in PANELS},
        }  # fmt: skip
        return {name: float(value) if math.isfinite(value) else None for name, value in row.items()}

    def rows(self, chosen: Sequence[int]) -> Iterator[dict[str, Any]]:
        """The frames as the player reads them."""
        for k in chosen:
            images = {name: None if p is None else data_url(p) for name, p in self.pictures(k).items()}
            yield {"numbers": self.numbers(k), "images": images}

    def end(self) -> dict[str, Any] | None:
        """The last frame, of what the last step returned; None before there is one."""
        picture = self.end_picture()
        return None if picture is None else {"image": data_url(picture)}

    def _left(self) -> float:
        """The same of what the last step returned: more than 1 where a run was ended on the way."""
        n, x = self.run.numbers, self.run.x_end
        size = root_mean_square(x)
        return self._shrunk_by(len(n.signal) - 1) if math.isfinite(size) and size > FAR_FROM_DATA else 1.0

    def _shrunk_by(self, i: int) -> float:
        """√(a² + b²) of x_t = a x_0 + b ε where that is above 1: of σ = 80 nothing else would be seen."""
        n = self.run.numbers
        i = min(i, len(n.signal) - 1)
        size = float(np.hypot(n.signal[i], n.noise[i])) if i >= 0 else 1.0
        return max(1.0, size) if math.isfinite(size) else max(1.0, float(n.rms_x_t[i]))


def root_mean_square(x: np.ndarray) -> float:
    """√ of the mean of all squares; NaN where one is no number."""
    return float(np.sqrt(np.mean(np.square(x, dtype=np.float64)))) if x.size else math.nan


def data_url(pixels: np.ndarray) -> str:
    """A picture, (H,W) or (H,W,3) uint8, as a data: URL."""
    out, kind = io.BytesIO(), "png" if pixels.shape[0] * pixels.shape[1] <= SMALL_PIXELS else "jpeg"
    Image.fromarray(pixels).save(out, kind.upper(), **({"quality": 85} if kind == "jpeg" else {}))
    return f"data:image/{kind};base64," + base64.b64encode(out.getvalue()).decode("ascii")
