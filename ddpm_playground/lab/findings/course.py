"""How the noise is spread over t."""

import math
from collections.abc import Iterator

import torch

from ..examined_schedule import ExaminedSchedule
from ..finding import Finding, found

# A pixel of 8 bits: half of what it can carry, gone in one step, leaves a network a jump instead of a step.
PIXEL_BITS, ABRUPT_BITS, ABRUPT_AT_DATA = 8.0, 4.0, 6.0
# Nichol & Dhariwal 2021, figure 4: up to a fifth of the linear schedule can be skipped without harm, so a tenth is
# worth a note; where it is more than half, most of the training is spent on nothing.
NEAR_END, WASTED_NOTED, WASTED_HURT = 1e-3, 0.1, 0.5
LEAST_FALL = 0.01  # of β_t; less is rounding of numbers with few digits
# Hoogeboom et al. 2023: the cosine schedule (log SNR = 0 half-way) fits 64 pixels; each doubling asks for
# 2 log 2 less. A whole doubling beside it is told.
BASE_SIZE, DOUBLING = 64, 2 * math.log(2)


def information(case: ExaminedSchedule) -> torch.Tensor:
    """½ log₂(1 + SNR(t)) in bits per pixel, at most 8, (T+1,): what a Gaussian channel of that SNR carries."""
    return (0.5 * torch.log2(1.0 + case.schedule.snr)).clamp_max(PIXEL_BITS)


def abrupt(case: ExaminedSchedule) -> Iterator[Finding]:
    """A single step that removes most of the information; latents and spectra are no pixels of 8 bits."""
    if not case.sound or case.latent:
        return
    bits = -information(case).diff()
    if len(bits) > 1:
        # The step to clean data: where σ begins is a choice (EDM, flow), and half of a pixel's bits are no jump there.
        bits[0] = 0.0 if case.stored != "beta" else bits[0] * ABRUPT_BITS / ABRUPT_AT_DATA
    worst = int(bits.argmax())
    if float(bits[worst]) > ABRUPT_BITS:
        bits = -information(case).diff()
        t, alpha_bars = worst + 1, case.schedule.alpha_bars
        before, after = float(alpha_bars[t - 1]), float(alpha_bars[t])
        yield found("abrupt", "warning", (t - 1, t), t=t, bits=f"{float(bits[worst]):.1f}", before=before, after=after)


def falling_beta(case: ExaminedSchedule) -> Iterator[Finding]:
    """β_t that falls by more than rounding; a fall to 0 is told as zero-beta, and of σ (EDM, flow) β_t is no choice."""
    if not case.sound or case.stored != "beta":
        return
    before, after = case.betas[:-1], case.betas[1:]
    falls = ((after < (1.0 - LEAST_FALL) * before) & (after > 0)).nonzero().flatten()
    if not len(falls):
        return
    first, last = int(falls[0]) + 1, int(falls[-1]) + 2  # t of the β before the first fall, and after the last one
    values = {
        "first": first,
        "last": last,
        "before": float(case.betas[first - 1]),
        "after": float(case.betas[last - 1]),
    }
    if len(falls) == len(before):
        yield found("falling-beta/all", "note", (first, last), **values)
    else:
        yield found("falling-beta", "note", (first, last), count=len(falls), **values)


def wasted_steps(case: ExaminedSchedule) -> Iterator[Finding]:
    """Steps at which x_t is as good as x_0, or as good as noise."""
    if not case.sound:
        return
    alpha_bars = case.schedule.alpha_bars[1:]
    wasted = (alpha_bars < NEAR_END) | (alpha_bars > 1 - NEAR_END)
    share = float(wasted.double().mean())
    if share < WASTED_NOTED:
        return
    low, high = alpha_bars < NEAR_END, alpha_bars > 1 - NEAR_END
    end = low if int(low.sum()) >= int(high.sum()) else high
    where = end.nonzero().flatten() + 1
    key, severity = ("wasted-steps", "warning") if share > WASTED_HURT else ("wasted-steps/some", "note")
    yield found(key, severity, (int(where[0]), int(where[-1])), share=f"{share:.0%}")


def resolution_shift(case: ExaminedSchedule) -> Iterator[Finding]:
    """The middle of the schedule against the size of the pictures; latents have no such rule."""
    if not case.sound or case.sample_size is None or case.latent:
        return
    t = max(1, case.schedule.T // 2)
    middle = float(case.schedule.log_snr[t])
    wanted = 2 * math.log(BASE_SIZE / case.sample_size)
    beside = middle - wanted
    values = {
        "size": case.sample_size,
        "middle": f"{middle:.2f}",
        "wanted": f"{wanted:.2f}",
        "shift": f"{-beside:+.2f}",
    }
    if beside > DOUBLING:
        yield found("resolution-shift/clean", "warning", t, **values)
    elif beside < -2 * DOUBLING:
        yield found("resolution-shift/noisy", "note", t, **values)
