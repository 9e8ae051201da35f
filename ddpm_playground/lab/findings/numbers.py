"""Whether β_t are the numbers that a schedule needs."""

from collections.abc import Iterator

import torch

from ..examined_schedule import ExaminedSchedule
from ..finding import Finding, found
from .patches import Patch

# 1 − ᾱ_1 in float32: the linear schedule loses 1.7e-4 of it, which shows in no picture but in any comparison of
# numbers; at a hundredth, x_t near the data has visibly the wrong noise.
DIGITS_NOTED, DIGITS_HURT = 1e-4, 1e-2


def not_finite(case: ExaminedSchedule) -> Iterator[Finding]:
    """A β_t that is NaN or infinite."""
    bad = (~torch.isfinite(case.betas)).nonzero().flatten()
    if len(bad):
        t = int(bad[0]) + 1
        yield found(
            "not-finite", "error", (t, int(bad[-1]) + 1), t=t, value=float(case.betas[t - 1]), others=len(bad) - 1
        )


def beta_out_of_range(case: ExaminedSchedule) -> Iterator[Finding]:
    """A β_t below 0 or above 1."""
    bad = ((case.betas < 0) | (case.betas > 1)).nonzero().flatten()
    bad = bad[torch.isfinite(case.betas[bad])]
    if len(bad):
        t, T = int(bad[0]) + 1, case.schedule.T
        value = float(case.betas[t - 1])
        span = (t, int(bad[-1]) + 1)
        yield found("beta-out-of-range", "error", span, _usual_ends(case), t=t, value=value, count=len(bad), T=T)


def non_monotone(case: ExaminedSchedule) -> Iterator[Finding]:
    """ᾱ_t that rises."""
    alpha_bars = case.schedule.alpha_bars
    rising = (alpha_bars.diff() > 0).nonzero().flatten()
    if len(rising):
        t = int(rising[0]) + 1
        before, after = float(alpha_bars[t - 1]), float(alpha_bars[t])
        span = (t, int(rising[-1]) + 1)
        patches = _usual_ends(case) if not case.sound else ()
        yield found("non-monotone", "error", span, patches, t=t, before=before, after=after, count=len(rising))


def zero_beta(case: ExaminedSchedule) -> Iterator[Finding]:
    """Steps that add no noise; before any noise has been added they make ε undefined."""
    zero = (case.betas == 0).nonzero().flatten()
    if not case.sound or not len(zero):
        return
    clean = int((case.schedule.alpha_bars[1:] == 1).sum())
    if clean:
        yield found("zero-beta/no-noise", "error", (1, clean), _usual_ends(case), t=clean)
    if len(zero) > clean:
        first = next(int(t) + 1 for t in zero if int(t) + 1 > clean)
        span = (first, int(zero[-1]) + 1)
        yield found("zero-beta", "warning", span, t=first, count=len(zero) - clean, T=case.schedule.T)


def float32_loss(case: ExaminedSchedule) -> Iterator[Finding]:
    """Digits of 1 − ᾱ_1 that float32 tables lose; what is stored as σ does not lose them."""
    true = 1.0 - case.schedule.alpha_bars
    if not case.sound or not float(true[1]) > 0:
        return
    single = 1.0 - torch.cumprod(1.0 - case.schedule.betas.float(), 0)
    lost = int(((single == 0) & (true > 0)).sum())
    error = abs(float(single[1]) / float(true[1]) - 1.0)
    stored_so = case.stored in ("beta", "alpha_bar")
    if lost and stored_so:
        yield found("float32-loss/zero", "error", (1, lost), _usual_ends(case), t=lost)
    elif error >= DIGITS_NOTED:
        hurts = error >= DIGITS_HURT and stored_so
        key, severity = ("float32-loss", "warning") if hurts else ("float32-loss/trace", "note")
        yield found(key, severity, 1, _usual_ends(case) if hurts else (), value=float(true[1]), error=f"{error:.2%}")


def _usual_ends(case: ExaminedSchedule) -> Iterator[Patch]:
    """β_1 and β_T as Ho et al. have them, where the config has β_t of two ends."""
    if case.config and case.config.get("trained_betas") is None and "beta_start" in case.config:
        usual = {"beta_start": 1e-4, "beta_end": 0.02}
        for key, value in usual.items():
            yield {key: value}
        yield usual
        yield {"beta_schedule": "squaredcos_cap_v2", **usual}
