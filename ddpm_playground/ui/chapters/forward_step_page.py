"""Chapter: q(x_t | x_{t−1}) and β_1…β_T, drawn by hand on a real digit and on what a small network learns."""

import math
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import torch

from ...core import Gaussian, Schedule, prior_kl, prior_term, q_step, schedule_from_betas
from ...learn.data.pictures import bundled_digits
from ...lecture.forward_step import MEASURED as MEASURED_LOSS
from ...lecture.forward_step import (
    film,
    learned,
    measured_variances,
    misplaced_by_chance,
    standardised,
    variance_error,
    variances_without_roots,
)
from ...lecture.line_data import DATA, train_small
from ...views.lecture_plots import Series, chart
from ..protocol.chapter_blocks import Block
from .arithmetic import estimated, worked
from .chapter import Bars, Chapter, Choice, Shown, Slider, words
from .digit import SEED, digit, digits_power
from .places import fill
from .show import formula, numbers, picture, pictures, plot, remark, tex

NAME = "forward_step"
say = words(NAME)
T = 12
REFERENCE = tuple(round(v, 4) for v in torch.linspace(0.02, 0.7, T).tolist())
# As many pictures as give 78,400 numbers: their variance is then known to half a percent.
MEASURED = slice(0, 1000, 10)
BINS = 60


@cache
def _unit_variance() -> torch.Tensor:
    return standardised(bundled_digits().x_0(MEASURED).flatten()[None])


def _prior_bits(schedule: Schedule, x_0: torch.Tensor) -> float:
    """L_T of one digit (1,C,H,W) in bits per dimension."""
    return float(prior_term(schedule, x_0.double())) / (x_0.numel() * math.log(2))


def compute(values: Mapping[str, Any]) -> Shown:
    """The chain under the drawn β, its variance, and with "train" two networks under two rows of β."""
    betas, t = values["betas"], values["t"]
    schedule = schedule_from_betas(betas)
    xs = film(schedule, digit(values["digit"]), SEED)
    step = q_step(schedule, torch.ones(1, 1, dtype=torch.float64), t)
    measured, rootless = measured_variances(schedule, _unit_variance(), SEED), variances_without_roots(schedule)
    blocks = [
        _film(schedule, xs),
        *(_both(betas) if values["train"] == "train" else []),
        _moments(schedule, t, measured, rootless),
        _lines(t, step),
        _ledger(schedule, t, step, float(measured[t]), xs[0]),
    ]
    end = float(rootless[-1])
    answer = 1 if end < 0.99 else 0 if end < 1.01 else 2
    kept = float(step.mean) ** 2 + float(step.variance)
    return Shown(blocks, answer, say("because", end=end, t=t, kept=kept))


def _film(schedule: Schedule, xs: Sequence[torch.Tensor]) -> Block:
    """x_0…x_T, each with its β."""
    betas = schedule.betas[1:].tolist()
    return pictures(
        picture("x_0", r"x_0", xs[0][0]),
        *(picture("x_t", fill(r"x_<u>", u=u), x_u[0], note=say("beta_is", beta=float(f"{beta_u:.2g}")))
          for u, (x_u, beta_u) in enumerate(zip(xs[1:], betas, strict=True), 1)),
        note=say("film_note", left=float(schedule.alpha_bars[-1]) ** 0.5),
        small=True,
    )  # fmt: skip


def _moments(schedule: Schedule, t: int, measured: torch.Tensor, rootless: torch.Tensor) -> Block:
    """β_t, √ᾱ_t and the variance of x_t, with the roots and without."""
    steps = torch.arange(T + 1)
    figure = chart(
        [Series("β_t", steps[1:], schedule.betas[1:], "--sym-eps", "bars"),
         Series("√ᾱ_t", steps, schedule.alpha_bars.sqrt(), "--sym-x-0", "both"),
         Series(f"@ch_{NAME}.measured", steps, measured, "--sym-x-t", "both"),
         Series(f"@ch_{NAME}.rootless", steps, rootless, "--muted", "both", "dot")],
        "t", f"@ch_{NAME}.value", y_range=(0, 1.12), marks=(t,),
    )  # fmt: skip
    return plot(figure, say("moments"), note=say("moments_note", n=_unit_variance().numel()))


def _lines(t: int, step: Gaussian) -> Block:
    """The step at t of data of variance 1, and why that stays 1."""
    factor, variance = float(step.mean), float(step.variance)
    kept, added, whole = worked(lambda kept, added: kept + added, factor**2, variance)
    return formula(
        fill(
            r"q(\xT{x_<t>}\mid x_<s>)=\mathcal N\big(\sqrt{1-\beta_<t>}\,x_<s>,\ \beta_<t>\mathbf I\big)",
            t=t, s=t - 1,
        ),
        fill(
            r"\xT{x_<t>}=\sqrt{1-\beta_<t>}\,x_<s>+\sqrt{\beta_<t>}\,\eps{\say{noise}}"
            r"=<factor>\,x_<s>+<root>\,\eps{\say{noise}}",
            t=t, s=t - 1, factor=tex(factor), root=tex(variance**0.5),
        ),
        fill(
            r"\operatorname{Var}=(1-\beta_<t>)\cdot1+\beta_<t>=<kept>+<added>=<whole>",
            t=t, kept=kept, added=added, whole=whole,
        ),
        note=say("slip"),
    )  # fmt: skip


def _ledger(schedule: Schedule, t: int, step: Gaussian, measured: float, x_0: torch.Tensor) -> Block:
    alpha_bar_t = float(schedule.alpha_bars[t])
    error = variance_error(alpha_bar_t, _unit_variance().numel())
    return numbers(
        (fill(r"\sqrt{1-\beta_<t>}", t=t), float(step.mean)),
        (fill(r"\beta_<t>", t=t), float(schedule.betas[t]), "eps"),
        (fill(r"\sqrt{\bar\alpha_<t>}=\textstyle\prod_{u\le<t>}\sqrt{1-\beta_u}", t=t), alpha_bar_t**0.5, "x_0"),
        (fill(r"1-\bar\alpha_<t>", t=t), 1 - alpha_bar_t, "eps"),
        (fill(r"\widehat{\operatorname{Var}}\,x_<t>", t=t), estimated(measured, error), "x_t"),
        (r"L_T\ \say{of_this_digit}", _prior_bits(schedule, x_0)),
        (r"\overline{L_T}\ \say{over_all_digits}", prior_kl(schedule, digits_power())),
    )


def _both(betas: tuple[float, ...]) -> list[Block]:
    """Two networks, one under the drawn β and one under REFERENCE: their samples and their loss by t."""
    mine, reference = learned(betas, SEED), learned(REFERENCE, SEED)
    grid = torch.linspace(-2.4, 2.4, 241, dtype=torch.float64)
    edges = torch.linspace(-2.4, 2.4, BINS + 1, dtype=torch.float64)
    middles, width = (edges[1:] + edges[:-1]) / 2, float(edges[1] - edges[0])

    def density(samples: torch.Tensor) -> torch.Tensor:
        return torch.histogram(samples, edges).hist / (len(samples) * width)

    histograms = chart(
        [Series(f"@ch_{NAME}.drawn", middles, density(mine.samples), "--sym-x-t", "bars"),
         Series(f"@ch_{NAME}.fixed", middles, density(reference.samples), "--sym-eps", "bars"),
         Series(f"@ch_{NAME}.data", grid, DATA.density.log_prob(grid).exp(), "--sym-x-0", "line")],
        "x_0", f"@ch_{NAME}.density",
    )  # fmt: skip
    steps = torch.arange(1, T + 1)
    losses = chart(
        [Series(f"@ch_{NAME}.drawn", steps, mine.loss, "--sym-x-t", "both"),
         Series(f"@ch_{NAME}.least", steps, mine.least, "--sym-x-t", dash="dot"),
         Series(f"@ch_{NAME}.fixed", steps, reference.loss, "--sym-eps", "both"),
         Series(f"@ch_{NAME}.least_fixed", steps, reference.least, "--sym-eps", dash="dot")],
        "t", f"@ch_{NAME}.loss", y_range=(0, 1.05),
    )  # fmt: skip
    alike = [remark(say("same_betas"))] if betas == REFERENCE else []
    return [
        *alike,
        plot(
            histograms, say("samples"),
            note=say("samples_note", n=len(mine.samples), mine=round(100 * mine.misplaced),
                     fixed=round(100 * reference.misplaced), chance=round(100 * misplaced_by_chance())),
        ),
        plot(losses, say("losses"), note=say("losses_note", n=MEASURED_LOSS)),
    ]  # fmt: skip


FORWARD_STEP = Chapter(
    NAME,
    (
        Bars("betas", 0.001, 0.95, REFERENCE, tuple(range(1, T + 1))),
        Slider("t", 1, T, 6),
        Slider("digit", 0, 999, 7),
        Choice("train", ("watch", "train"), "watch"),
    ),
    compute,
    (q_step, film, variances_without_roots, train_small, learned),
)
