"""RePaint: a chain that is shown the known part of a picture at every step, and goes over each stretch again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .chain import reverse, steps_along
from .checks import whole_number
from .gaussian import q_between, q_sample
from .later import torch
from .phrase import Refusal
from .predictor import EpsPredictor
from .sampling import Noise, Sampling, Step
from .schedule import Schedule

MOST_RESAMPLES, MOST_WALKED = 100, 20_000


def jumping_path(path: Sequence[int], resample: int, jump: int) -> tuple[int, ...]:
    """The times t that RePaint visits (Lugmayr et al. 2022, appendix B): down the path, and up again.

    Whenever `jump` steps have been taken, as counted from the last step, the chain goes up the same steps and comes
    down again, r − 1 times, so that each stretch is walked r times. Neither above the first time nor from 0, where the
    picture is done.

    Args:
        path: t_S > … > 0.
        resample: r, in [1, 100]; 1 is the path itself.
        jump: j, in [1, S].

    Raises:
        ValueError: r or j out of range, or more than 20,000 steps in all.
    """
    steps = steps_along(path)
    whole_number("resample", resample, 1, MOST_RESAMPLES)
    whole_number("jump", jump, 1, len(steps))
    left = {place: resample - 1 for place in range(1, len(steps) - jump + 1, jump)}  # place 0 is x_0
    walked = len(steps) + 2 * jump * sum(left.values())
    if walked > MOST_WALKED:
        raise Refusal(
            "resample = {resample} and jump = {jump} make {walked} steps, at most {most} are walked; lower resample or "
            "the number of steps",
            resample=resample, jump=jump, walked=walked, most=MOST_WALKED,
        )  # fmt: skip
    times = list(reversed(path))  # by place: 0 is t = 0
    found, place = [path[0]], len(steps)
    while place:
        place -= 1
        found.append(times[place])
        if left.get(place):
            left[place] -= 1
            found.extend(times[place + 1 : place + jump + 1])
            place += jump
    return tuple(found)


@dataclass(frozen=True, eq=False)
class InpaintStep:
    """One step of RePaint, down or up.

    Attributes:
        t: where it begins.
        s: where it ends; above t on the way up.
        x_s: (B,*D), the known part as q(x_s | x_0) has it.
        step: the chain's own step, before the known part was put in; None on the way up.
    """

    t: int
    s: int
    x_s: torch.Tensor
    step: Step | None


def inpaint(
    schedule: Schedule,
    predict: EpsPredictor,
    x_0: torch.Tensor,
    known: torch.Tensor,
    path: Sequence[int],
    noise: Noise,
    sampling: Sampling,
    *,
    label: torch.Tensor | None = None,
) -> Iterator[InpaintStep]:
    """RePaint (Lugmayr et al. 2022, algorithm 1), one step at a time.

    Down: x_s = m ⊙ (√ᾱ_s x_0 + √(1−ᾱ_s) ε) + (1−m) ⊙ (a step of the chain). Up: x_t ~ q(x_t | x_s), as in forward
    noising. At s = 0 the known part is that of x_0 itself.

    Args:
        schedule: the noise schedule.
        predict: the ε-predictor.
        x_0: the picture, (B,*D); where it is not known, anything.
        known: m, 1 where x_0 is known, else 0; (*D), or what broadcasts to x_0.
        path: from `jumping_path`.
        noise: draws, (B,*D): x_T, then for each step down z (if s > 0) and ε (if s > 0), for each way up one.
        sampling: of the chain's own steps.
        label: class of each picture, (B,) int64, or None.

    Raises:
        ValueError: as `reverse`.
    """
    x = noise()
    for t, s in zip(path, path[1:], strict=False):
        if s > t:
            mean, variance = q_between(schedule, x, t, s)
            x = mean + variance.sqrt() * noise()
            yield InpaintStep(t, s, x, None)
            continue
        step = next(iter(reverse(schedule, predict, x, (t, s, *((0,) if s else ())), noise, sampling, label=label)))
        seen = q_sample(schedule, x_0, s, noise()) if s else x_0
        x = known * seen + (1.0 - known) * step.x_s
        yield InpaintStep(t, s, x, step)


def seam_error(x_0: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    """How much neighbours differ across the seam: mean of (x_a − x_b)² over pairs side by side, one known, one not.

    Args:
        x_0: (B,C,H,W).
        known: m, (1,H,W) or (C,H,W), 1 where known.

    Returns:
        (B,) float64.

    Raises:
        ValueError: a mask without a seam.
    """
    mask = known.expand(x_0.shape[1:]) > 0.5
    squares, count = x_0.new_zeros(len(x_0), dtype=torch.float64), 0
    for axis in (2, 3):
        size = x_0.shape[axis] - 1
        across = mask.narrow(axis - 1, 0, size) != mask.narrow(axis - 1, 1, size)
        difference = (x_0.narrow(axis, 1, size) - x_0.narrow(axis, 0, size)).double()
        squares += (difference.square() * across).flatten(1).sum(1)
        count += int(across.sum())
    if not count:
        raise Refusal("the mask is all known or all unknown, so there is no seam; paint a part of it")
    return squares / count
