"""Chapter: q(x_t | x_{t−1}) and β_1…β_T, drawn by hand on a real digit and on what a small network learns."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import torch

from ...core import prior_kl, q_step, schedule_from_betas
from ...learn.data import bundled_digits
from ...theory.forward_step import (
    film,
    learned,
    measured_variances,
    standardised,
    variances_without_roots,
)
from ...theory.toy import DATA, train_small
from ...views.theory import Series, chart
from .chapter import Bars, Chapter, Choice, Shown, Slider, words
from .digits import SEED, digit, digits_power
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


def compute(values: Mapping[str, Any], visitor: str) -> Shown:
    """The chain under the drawn β, its variance, and with "train" two networks under two rows of β."""
    betas, t = values["betas"], values["t"]
    schedule = schedule_from_betas(betas)
    beta, alpha_bar_t = float(schedule.betas[t]), float(schedule.alpha_bars[t])
    xs = film(schedule, digit(values["digit"]), SEED)
    step = q_step(schedule, torch.ones(1, 1, dtype=torch.float64), t)
    factor, variance = float(step.mean), float(step.variance)
    measured, rootless = measured_variances(schedule, _unit_variance(), SEED), variances_without_roots(schedule)
    steps = torch.arange(T + 1)
    figure = chart(
        [Series("β_t", steps[1:], schedule.betas[1:], "--sym-eps", "bars"),
         Series("√ᾱ_t", steps, schedule.alpha_bars.sqrt(), "--sym-x-0", "both"),
         Series(f"@ch_{NAME}.measured", steps, measured, "--sym-x-t", "both"),
         Series(f"@ch_{NAME}.rootless", steps, rootless, "--muted", "both", "dot")],
        "t", f"@ch_{NAME}.value", y_range=(0, 1.12), marks=(t,),
    )  # fmt: skip
    blocks = [
        pictures(
            picture("x_0", r"x_0", xs[0][0]),
            *(picture("x_t", rf"x_{{{u}}}", x_u[0], note=say("beta_is", beta=float(f"{beta_u:.2g}")))
              for u, (x_u, beta_u) in enumerate(zip(xs[1:], betas, strict=True), 1)),
            note=say("film_note", left=float(schedule.alpha_bars[-1]) ** 0.5),
            small=True,
        ),
        plot(figure, say("moments"), note=say("moments_note", n=_unit_variance().numel())),
        formula(
            rf"q(\xT{{x_{{{t}}}}}\mid x_{{{t - 1}}})=\mathcal N\big(\sqrt{{1-\beta_{{{t}}}}}\,x_{{{t - 1}}},"
            rf"\ \beta_{{{t}}}\mathbf I\big)",
            rf"\xT{{x_{{{t}}}}}=\sqrt{{1-\beta_{{{t}}}}}\,x_{{{t - 1}}}+\sqrt{{\beta_{{{t}}}}}\,\eps{{\say{{noise}}}}"
            rf"={tex(factor)}\,x_{{{t - 1}}}+{tex(variance**0.5)}\,\eps{{\say{{noise}}}}",
            rf"\operatorname{{Var}}=(1-\beta_{{{t}}})\cdot1+\beta_{{{t}}}={tex(factor**2)}+{tex(variance)}"
            rf"={tex(factor**2 + variance)}",
            note=say("slip"),
        ),
        numbers(
            (rf"\sqrt{{1-\beta_{{{t}}}}}", factor),
            (rf"\beta_{{{t}}}", beta, "eps"),
            (rf"\sqrt{{\bar\alpha_{{{t}}}}}=\textstyle\prod_{{u\le{t}}}\sqrt{{1-\beta_u}}", alpha_bar_t**0.5, "x_0"),
            (rf"1-\bar\alpha_{{{t}}}", 1 - alpha_bar_t, "eps"),
            (rf"\widehat{{\operatorname{{Var}}}}\,x_{{{t}}}", float(measured[t]), "x_t"),
            (r"L_T\ \say{bits_per_dim}", prior_kl(schedule, digits_power())),
        ),
    ]  # fmt: skip
    if values["train"] == "train":
        blocks[1:1] = _both(betas)
    end = float(rootless[-1])
    answer = 1 if end < 0.99 else 0 if end < 1.01 else 2
    return Shown(blocks, answer, say("because", end=end, t=t, kept=factor**2 + variance))


def _both(betas: tuple[float, ...]) -> list[dict[str, Any]]:
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
            note=say("samples_note", n=len(mine.samples), mine=100 * mine.misplaced, fixed=100 * reference.misplaced),
        ),
        plot(losses, say("losses"), note=say("losses_note")),
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
