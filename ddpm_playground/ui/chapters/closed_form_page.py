"""Chapter: q(x_t | x_0) in one step, by merging Gaussians."""

from collections.abc import Mapping
from typing import Any

from ...core import make_schedule
from ...lecture.closed_form import Merged, chain_and_closed_form, merged_noise
from ...views.lecture_plots import Series, chart
from ..protocol.chapter_blocks import Block
from ..protocol.parts import Figure
from .arithmetic import estimated, worked
from .chapter import Chapter, Shown, Slider, words
from .digit import SEED, digit
from .places import fill
from .show import formula, numbers, picture, pictures, plot, tex

NAME = "closed_form"
say = words(NAME)
SCHEDULE = make_schedule("linear")
MOST_DRAWS = 4_000_000
DIGIT = 7


def compute(values: Mapping[str, Any]) -> Shown:
    """The k noises up to t beside the one that they add up to, and a digit by both ways."""
    t, k = values["t"], min(values["k"], values["t"])
    num_samples = min(values["num_samples"], MOST_DRAWS // k)
    merged = merged_noise(SCHEDULE, t - k, t, num_samples, SEED)
    blocks = [
        plot(_histograms(merged), say("histograms", k=k, n=num_samples)),
        _digit(t),
        _lines(t, k),
        _ledger(t, k, merged, num_samples),
    ]
    wanted, total = 1 - float(SCHEDULE.alpha_bars[t]), float(SCHEDULE.betas[1 : t + 1].sum())
    because = say("because", t=t, wanted=wanted, total=total)
    return Shown(blocks, 1, because, {"k": k, "num_samples": num_samples})


def _histograms(merged: Merged) -> Figure:
    """The k noises' sum, the one noise, and the density of both."""
    middles = (merged.edges[1:] + merged.edges[:-1]) / 2
    return chart(
        [Series(f"@ch_{NAME}.by_steps", middles, merged.chain, "--sym-x-t", "bars"),
         Series(f"@ch_{NAME}.by_one", middles, merged.closed, "--sym-eps", "bars"),
         Series(f"@ch_{NAME}.exactly", middles, merged.density, "--ink", "line")],
        f"@ch_{NAME}.x", f"@ch_{NAME}.density",
    )  # fmt: skip


def _digit(t: int) -> Block:
    """x_t of a digit step by step, at once with the same noise, and at once with a fresh one."""
    both, title = chain_and_closed_form(SCHEDULE, digit(DIGIT), t, SEED), fill(r"x_<t>", t=t)
    return pictures(
        picture("x_0", r"x_0", digit(DIGIT)[0]),
        picture("x_t", title, both.chain, note=say("by_chain", t=t)),
        picture("x_t", title, both.closed, note=say("by_closed", gap=float(f"{both.gap:.2g}"))),
        picture("x_t", title, both.fresh, note=say("by_fresh")),
        note=say("digit_note"),
    )


def _lines(t: int, k: int) -> Block:
    """Two noises made one, k of them, and x_t in one step, with these numbers."""
    s = t - k
    alpha_bar_t, alpha_bar_s = float(SCHEDULE.alpha_bars[t]), float(SCHEDULE.alpha_bars[s])
    # At k = 2 the notes' own line; beyond it the product goes on.
    product = fill(r"\prod_{u=<first>}^<t>\alpha_u", first=s + 1, t=t)
    if k == 2:
        product = fill(r"\alpha_<t>\alpha_<before>", t=t, before=t - 1)
    upper, lower, left = worked(lambda t, s: 1 - t / s, alpha_bar_t, alpha_bar_s)
    return formula(
        r"\sqrt{\alpha_t}\sqrt{1-\alpha_{t-1}}\,\eps{\varepsilon}+\sqrt{1-\alpha_t}\,\eps{\varepsilon'}"
        r"\;\sim\;\sqrt{1-\alpha_t\alpha_{t-1}}\;\eps{\varepsilon''}",
        fill(
            r"1-<product>=1-\frac{\bar\alpha_<t>}{\bar\alpha_<s>}=1-\frac{<upper>}{<lower>}=<left>",
            product=product, t=t, s=s, upper=upper, lower=lower, left=left,
        ),
        fill(
            r"\xT{x_<t>}=\sqrt{\bar\alpha_<t>}\,\xO{x_0}+\sqrt{1-\bar\alpha_<t>}\,\eps{\varepsilon}"
            r"=<signal>\,\xO{x_0}+<noise>\,\eps{\varepsilon}",
            t=t, signal=tex(alpha_bar_t**0.5), noise=tex((1 - alpha_bar_t) ** 0.5),
        ),
        note=say("formula_note"),
    )  # fmt: skip


def _ledger(t: int, k: int, merged: Merged, num_samples: int) -> Block:
    error = merged.variance * (2 / num_samples) ** 0.5  # of the variance of so many Gaussian numbers
    alpha_t = float(SCHEDULE.alphas[t])
    return numbers(
        (rf"\operatorname{{Var}}\ (k={k})", estimated(merged.chain_variance, error), "x_t"),
        (r"\operatorname{Var}\ (\varepsilon'')", estimated(merged.closed_variance, error), "eps"),
        (fill(r"1-\bar\alpha_<t>/\bar\alpha_<s>", t=t, s=t - k), merged.variance),
        (fill(r"1-\alpha_<t>=\beta_<t>", t=t), 1 - alpha_t),
        (fill(r"k\,\beta_<t>", t=t), k * (1 - alpha_t)),
    )


CLOSED_FORM = Chapter(
    NAME,
    (
        Slider("t", 2, 1000, 300),
        Slider("k", 2, 1000, 2, log=True),
        Slider("num_samples", 30, 100_000, 20_000, log=True),
    ),
    compute,
    (merged_noise, chain_and_closed_form),
)
