"""`reverse`: a chain of a checkpoint of this project's kind, as a run that shows itself in a notebook."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..bridge.all_samplers import OWN
from ..core.phrase import Phrase, Refusal
from ..lab.finding import Finding
from ..recipe import Recipe
from ..run import Run, shelf, steps_of
from ..views.tensor_picture import TensorView, view_of
from .run_numbers import Numbers
from .shown_run import ShownRun

MOST_KEPT = 150  # steps
SETTINGS = ("label", "guidance", "sampler", "num_steps", "spacing", "strength", "clip_x_0", "seed", "num_images")
STEPS = 50  # where none are asked for
OURS = {"sampler", "spacing", "strength", "clip_x_0"}  # which say how to sample


class ReversedRun(ShownRun):
    """A chain that was run from a checkpoint. t is the paper's, 0…T.

    Attributes:
        recipe: its settings.
        x_0: where it ended, (B,C,H,W) float32.
    """

    paper_t = True
    rows = ("t", "next", "sigma", "log_snr")

    def __init__(self, run: Run) -> None:
        self.recipe, self.total = run.recipe, len(run.path) - 1 if len(run.path) > 1 else 0
        self._schedule, self._steps, self.num_steps, self._shown = run.schedule, {}, 0, run.shown
        ts, rms, stride = [], [], max(1, -(-self.total // MOST_KEPT))
        last = None
        for i, step in enumerate(steps_of(run)):
            parts = {"x_t": step.x_t, "x_hat_0": step.x_hat_0, "eps_hat": step.eps_hat}
            ts.append((step.t, step.s))
            rms.append([float(x.float().square().mean().sqrt()) for x in (step.x_t, step.eps_hat, step.x_s)])
            if i % stride == 0 or step.s == 0:
                self._steps[i] = {name: x.detach().float().cpu().numpy() for name, x in parts.items()}
            last = step
        assert last is not None
        self.x_0 = last.x_s.detach().float().cpu().numpy()
        self.num_steps, self.shape, self.ended = len(ts), tuple(self.x_0.shape), "finished"
        self.title = f"{run.recipe.checkpoint}, {run.recipe.sampler}"
        self._numbers = self._counted(np.array(ts, np.float64), np.array(rms))

    def _counted(self, ts: np.ndarray, rms: np.ndarray) -> Numbers:
        t = ts[:, 0].astype(int)
        alpha_bars = self._schedule.alpha_bars.numpy()[t]
        signal, noise = np.sqrt(alpha_bars), np.sqrt(1.0 - alpha_bars)
        nothing = np.full(len(t), np.nan)
        with np.errstate(divide="ignore"):
            sigma = noise / signal
        return Numbers(
            timestep=ts[:, 0], next_timestep=ts[:, 1], signal=signal, noise=noise, sigma=sigma,
            log_snr=self._schedule.log_snr.numpy()[t], leads_to=ts[:, 1], error=nothing, rms_x_t=rms[:, 0],
            rms_output=rms[:, 1], rms_after=rms[:, 2], seconds=nothing,
        )  # fmt: skip

    def __len__(self) -> int:
        return self.num_steps

    @property
    def numbers(self) -> Numbers:
        """A row a step; t is the paper's."""
        return self._numbers

    @property
    def kept_steps(self) -> np.ndarray:
        """Which steps the arrays have."""
        return np.array(sorted(self._steps), np.int64)

    def at(self, k: int) -> dict[str, np.ndarray]:
        """x_t, x̂_0 and ε̂ of kept step k, each (B,C,H,W) float32."""
        return self._steps[int(self.kept_steps[k])]

    @property
    def x_end(self) -> np.ndarray:
        """x_0."""
        return self.x_0

    @property
    def view(self) -> TensorView:
        """Pixels."""
        return view_of(self.shape, latent=False)

    @property
    def findings(self) -> list[Finding]:
        """None: the schedule of a checkpoint is examined by `check`."""
        return []

    @property
    def notes(self) -> tuple[str, ...]:
        """How many steps are kept, and what was done to a condition."""
        kept = Phrase("{kept} of {steps} steps are kept", kept=len(self._steps), steps=self.num_steps)
        return (kept, *self._shown)

    def facts(self) -> dict[str, Any]:
        """The recipe."""
        recipe = {name: getattr(self.recipe, name) for name in ("checkpoint", *SETTINGS)}
        return {"recipe": recipe, "ended": self.ended, "notes": [str(note) for note in self.notes]}

    def __repr__(self) -> str:
        return f"<{self.title}, {len(self)} steps of x {'×'.join(map(str, self.shape))}, {self.ended}>"


def reverse(checkpoint: str | Path = "mnist", *, condition: str | Path | None = None, **settings: Any) -> ReversedRun:
    """Run a chain from noise to pictures with a checkpoint; see Algorithm 2 of Ho et al. 2020.

    Args:
        checkpoint: "mnist", the shipped one, the name of another one at hand, or a folder.
        condition: a file with what the network is shown beside x_t, where it was trained with such (a small picture to
            enlarge, a picture with a hole): a picture, or .npy or .npz of (H,W,C).
        settings: any of a recipe's label ("all", "none" or a class number), guidance, sampler, num_steps (50 where none
            are asked for, at most T), spacing, strength, clip_x_0, seed and num_images. Where neither a sampler nor
            what is said to those here is given, a folder of somebody else's is drawn from as its own scheduler does.

    Returns:
        The run, as arrays, and as a player in a notebook.

    Raises:
        ValueError: no such checkpoint or setting, a value out of range, or a condition that is missing or no such.
    """
    unknown = sorted(settings.keys() - set(SETTINGS))
    if unknown:
        raise Refusal(
            "reverse has no setting {unknown}; it has {known}", unknown=", ".join(unknown), known=", ".join(SETTINGS)
        )
    folder = Path(checkpoint)
    if isinstance(checkpoint, Path) or folder.is_dir():
        folder = folder.resolve()
        shelf().also_below(folder.parent)
        checkpoint = str(folder)
    types = {one.name: type(one.default) for one in fields(Recipe)}
    given = {name: str(value) if types[name] is str else value for name, value in settings.items()}
    found = shelf().load(str(checkpoint))
    usual: dict[str, Any] = {"num_steps": min(STEPS, found.schedule.T)}
    if not OURS & settings.keys() and not found.own.is_here and not found.is_planar:
        usual["sampler"] = OWN
    with torch.no_grad():
        recipe = Recipe(checkpoint=str(checkpoint), **{**usual, **given})
        return ReversedRun(Run(recipe, condition=None if condition is None else Path(condition)))
