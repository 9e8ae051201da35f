"""What an autoencoder makes of a run's latents: x̂_0 at a few steps and x_0 at the end, as long as that is cheap."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ...core.later import torch
from ...engine.spaces import shared_gpu
from ...learn.data.pictures import tile, to_uint8
from ...views.run_files import png_url

if TYPE_CHECKING:
    from ...learn.checkpoints.autoencoder import Autoencoder
    from ...run import Run

ON_THE_WAY = 8  # of the steps
SHARE = 0.25  # of the chain's time, that decoding on the way may take
END_S = 20.0  # that decoding x_0 may take; the first picture is always decoded
# Of all pictures that are shown, decoded: larger ones are averaged over squares of 2, 4, … pixels.
SHOWN_PIXELS = 2**19

Sheet = tuple[int, str]  # how many pictures, one beneath the other, and these as a data: URL


class Decoding:
    """Decodes the first pictures of a run, as many as fit into the time that is given.

    Args:
        autoencoder: what decodes.
        count: N, of the run.
        num_steps: S, of the run.

    Attributes:
        pictures: x_0 decoded, of the first pictures, (n,C,H,W); None before the end.
    """

    def __init__(self, autoencoder: Autoencoder, count: int, num_steps: int) -> None:
        self._autoencoder, self._count = autoencoder, count
        self._wanted = {round(num_steps * (i + 1) / (ON_THE_WAY + 1)) for i in range(ON_THE_WAY)}
        self._began_s, self._spent_s, self._done = time.monotonic(), 0.0, 0
        self.pictures: torch.Tensor | None = None

    @property
    def place(self) -> str:
        """The autoencoder's folder."""
        return self._autoencoder.place

    def on_the_way(self, k: int, x_hat_0: torch.Tensor) -> Sheet | None:
        """x̂_0 of step k, (N,C,H,W), decoded; None where it is not this step's turn, or it would take too long."""
        if not any(one <= k for one in self._wanted):
            return None
        left_s = SHARE * (time.monotonic() - self._began_s) - self._spent_s
        each_s = self._spent_s / self._done if self._done else left_s
        count = min(self._count, int(left_s / max(each_s, 1e-6)))
        if count < 1:
            return None
        self._wanted = {one for one in self._wanted if one > k}
        return self._sheet(self._decoded(x_hat_0[:count]))

    def at_end(self, x_0: torch.Tensor) -> Sheet:
        """x_0 (N,C,H,W) decoded, of as many pictures as take END_S."""
        began_s, made = time.monotonic(), []
        for one in x_0.split(1):
            if made and (time.monotonic() - began_s) * (len(made) + 1) / len(made) > END_S:
                break
            made.append(self._decoded(one))
        self.pictures = torch.cat(made)
        return self._sheet(self.pictures)

    def _decoded(self, latents: torch.Tensor) -> torch.Tensor:
        began_s = time.monotonic()
        made = torch.nan_to_num(self._autoencoder.decode(latents)).cpu()
        self._spent_s += time.monotonic() - began_s
        self._done += len(latents)
        return made

    def _sheet(self, pictures: torch.Tensor) -> Sheet:
        coarse = 1
        while self._count * pictures.shape[2] * pictures.shape[3] > SHOWN_PIXELS * coarse**2:
            coarse *= 2
        if coarse > 1:
            pictures = torch.nn.functional.avg_pool2d(pictures, min(coarse, *pictures.shape[2:]))
        return len(pictures), png_url(tile(to_uint8(pictures), 1))


def decoding_of(run: Run) -> Decoding | None:
    """What decodes a run's latents; None where it has none, nothing that does, or only a GPU that is lent for steps."""
    latents = run.checkpoint.latents
    if latents is None or latents.autoencoder is None or shared_gpu() is not None:
        return None
    return Decoding(latents.autoencoder, run.count, len(run.path) - 1)
