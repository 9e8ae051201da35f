"""A picture taken back to the x_T that it comes from, and whether it comes back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch

from ..core import Sampling, reverse, timestep_path
from ..core import invert as inverse_steps
from ..core.checks import number, whole_number
from ..core.inversion import longest_step
from ..core.phrase import Phrase
from ..learn.checkpoints.checkpoint import Checkpoint
from ..learn.judging.samples import MAX_GUIDANCE
from .own_pictures import OwnPictures
from .steady_chain import asked_in_double, ruled

GREY = 1.0  # most mean square of a picture in [−1, 1], and so of what a grey one has instead
MENDABLE = 1000.0  # times that an error of ε̂ counts; fixed points do not settle far above, nor do more steps help
DDIM = Sampling("ddim", 0.0, 50, clip_x_0=False)  # clipping cannot be undone


@dataclass(frozen=True, eq=False)
class Inverted:
    """A round trip x_0 → x_T → x_0.

    Attributes:
        x_T: (N,C,H,W) float32.
        x_0: what the deterministic chain makes of x_T, (N,C,H,W) float32.
        mse: mean square of that less the picture, of each, (N,).
        residual: largest last change of a fixed-point iteration, rms; None without.
        path: T…0.
        lost: why pictures did not come back, and what helps; None where they did.
    """

    x_T: torch.Tensor
    x_0: torch.Tensor
    mse: torch.Tensor
    residual: float | None
    path: tuple[int, ...]
    lost: Phrase | None = None

    @property
    def x_T_std(self) -> float:
        """Standard deviation over all pixels of all pictures; of N(0, I) it is 1."""
        return float(self.x_T.double().std(correction=0))


def invert(
    checkpoint: Checkpoint,
    pictures: OwnPictures,
    *,
    num_steps: int = 50,
    spacing: str = "trailing",
    guidance: float = 1.0,
    fixed_points: int = 0,
    progress: Callable[[int], object] = lambda count: None,
) -> Inverted:
    """DDIM inversion and the way back (Song, Meng & Ermon 2021, section 5.4), without clipping, carried in float64.

    Args:
        checkpoint: whose network.
        pictures: what to invert, with the classes that the network is told.
        num_steps: S, in [1, T].
        spacing: of the timesteps.
        guidance: W; above 1 the errors grow with it.
        fixed_points: iterations a step, see `core.invert`.
        progress: told how many pictures have taken a step.

    Raises:
        ValueError: settings out of range, or a network that takes no such chain.
    """
    number("the guidance", guidance, 0.0, MAX_GUIDANCE, "1 is the plain network")
    T = checkpoint.schedule.T
    whole_number("num_steps", num_steps, 1, T, "the path has one step for each t")
    told = ruled(checkpoint, replace(DDIM, num_steps=num_steps, spacing=spacing))
    path = timestep_path(T, num_steps, spacing)
    predict, labels = asked_in_double(checkpoint, guidance), pictures.labels.to(checkpoint.device)
    x_0 = pictures.x_0.double().to(checkpoint.device)
    residual, x_T = None, x_0
    for step in inverse_steps(checkpoint.schedule, predict, x_0, path, label=labels, fixed_points=fixed_points):
        x_T = step.x_t
        residual = step.residual if step.residual is None else max(step.residual, residual or 0.0)
        progress(len(x_0))
    back = x_T
    for step in reverse(checkpoint.schedule, predict, x_T, path, lambda: torch.zeros_like(x_T), told, label=labels):
        back = step.x_s
        progress(len(x_0))
    mse = (back - x_0).square().flatten(1).mean(1)
    lost = _lost(checkpoint, path, float(mse.max()), residual)
    return Inverted(x_T.float().cpu(), back.float().cpu(), mse.cpu(), residual, path, lost)


def _lost(checkpoint: Checkpoint, path: tuple[int, ...], mse: float, residual: float | None) -> Phrase | None:
    """What is told of a round trip with that error, if it is one that a grey picture would not have."""
    if mse <= GREY:
        return None
    told = Phrase("the picture does not come back (mse {mse}; plain grey would have at most 1)", mse=f"{mse:.2g}")
    if checkpoint.prediction_type == "epsilon":
        times, t, s = longest_step(checkpoint.schedule, path)
        told = Phrase(
            "{told}: the step t = {t} → {s} divides by √ᾱ_t = {signal}, so an error of ε̂ there counts {times} times in "
            "x_0",
            told=told, t=t, s=s, signal=f"{float(checkpoint.schedule.alpha_bars[t]) ** 0.5:.2g}", times=f"{times:,.0f}",
        )  # fmt: skip
        if times > MENDABLE:
            return Phrase(
                "{told}; take a network that predicts v, or one whose schedule keeps more signal at T", told=told
            )
    if residual is None:
        return Phrase("{told}; switch on fixed-point iterations, which solve each step exactly", told=told)
    return Phrase(
        "{told}; the fixed-point iterations still change x_t by {residual} (rms): take more of them, or more steps",
        told=told, residual=f"{residual:.2g}",
    )  # fmt: skip
