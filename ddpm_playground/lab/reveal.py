"""Which of the doctor's findings the pictures of a trial show, and the settings that would show the others."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from ..bridge.diffusers_config import class_defaults
from .trial import Trial

# Pixels lie in [−1, 1]; beyond this, at the 99th percentile of |x_0|, a walk has diverged.
FAR = 1.5
# Difference in mean brightness, and ratio of standard deviations, that the eye sees beside the network's own pictures.
BRIGHTNESS, SPREAD = 0.08, 1.25

BROKEN, PALE = frozenset({"not-finite", "far"}), frozenset({"brightness", "spread"})
STRANGE = BROKEN | PALE
# code → what in the pictures shows it; a code that is not here shows in no picture.
SIGNS: dict[str, frozenset[str]] = {
    "not-finite": STRANGE | {"stopped"},
    "beta-out-of-range": STRANGE | {"stopped"},
    "non-monotone": STRANGE | {"stopped"},
    "zero-beta": BROKEN,
    "cannot-run": frozenset({"stopped"}),
    "step-fails": frozenset({"stopped"}),
    "not-finite-step": BROKEN,
    "eps-with-zero-terminal-snr": BROKEN,
    "unclipped-divergence": BROKEN,
    "clip-hides-divergence": BROKEN,
    "prediction-type": STRANGE | {"stopped"},
    "trained-otherwise": STRANGE,
    "terminal-snr": PALE,
    "short-t-unscaled": PALE,
    "spacing-skips-t": PALE,
    "wrong-previous-timestep": STRANGE,
    "residual-noise": STRANGE,
}
TRAILING = {"timestep_spacing": "trailing"}
UNCLIPPED = {"clip_sample": False, "thresholding": False}
# code → the settings under which it cannot hide
SHOWING: dict[str, dict[str, Any]] = {
    "eps-with-zero-terminal-snr": {**TRAILING, **UNCLIPPED},
    "not-finite-step": {**TRAILING, **UNCLIPPED},
    "clip-hides-divergence": {**TRAILING, **UNCLIPPED},
    "unclipped-divergence": {**TRAILING, **UNCLIPPED},
    "terminal-snr": TRAILING,
    "spacing-skips-t": TRAILING,
}


@dataclass(frozen=True)
class Revealed:
    """What the pictures say about findings.

    Attributes:
        shown: codes that they show.
        hidden: codes that other settings would show.
        silent: codes that no picture of this kind shows.
        change: these settings, as keys of the config; empty for none.
    """

    shown: tuple[str, ...]
    hidden: tuple[str, ...]
    silent: tuple[str, ...]
    change: Mapping[str, Any]


def signs(run: Trial | None, own: Trial) -> set[str]:
    """What can be seen in a trial's pictures beside those of the network's own schedule.

    Args:
        run: None where it stopped before its end.
        own: under the network's own schedule, from the same noises.
    """
    if run is None:
        return {"stopped"}
    if not run.finite:
        return {"not-finite"}
    x, reference = (one.x_0.double().flatten() for one in (run, own))
    seen = {"far"} if float(x.abs().quantile(0.99)) > FAR else set()
    if abs(float(_shown(x).mean() - _shown(reference).mean())) > BRIGHTNESS:
        seen.add("brightness")
    ratio = float(_shown(x).std() / _shown(reference).std())
    return seen | ({"spread"} if not 1 / SPREAD < ratio < SPREAD else set())


def _shown(x: torch.Tensor) -> torch.Tensor:
    """As a screen shows it."""
    return x.clamp(-1.0, 1.0)


def revealed(codes: Iterable[str], seen: set[str], config: Mapping[str, Any]) -> Revealed:
    """Which findings are seen, and what would show those that are not.

    Args:
        codes: of the findings.
        seen: see `signs`.
        config: of the run.
    """
    codes = tuple(dict.fromkeys(codes))
    shown = tuple(code for code in codes if SIGNS.get(code, frozenset()) & seen)
    takes = class_defaults(str(config.get("_class_name", "DDPMScheduler"))) or {}
    hidden: list[str] = []
    change: dict[str, Any] = {}
    for code in codes:
        wanted = {key: v for key, v in SHOWING.get(code, {}).items() if key in takes}
        other = {key: v for key, v in wanted.items() if config.get(key, takes[key]) != v}
        if code not in shown and other:
            hidden.append(code)
            change |= other
    silent = tuple(code for code in codes if code not in shown and code not in hidden)
    return Revealed(shown, tuple(hidden), silent, change)
