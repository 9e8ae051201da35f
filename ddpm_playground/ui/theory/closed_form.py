"""Chapter: q(x_t | x_0) in one step, by merging Gaussians."""

from collections.abc import Mapping
from typing import Any

from ...core import make_schedule
from ...theory.closed_form import chain_and_closed_form, merged_noise
from ...views.theory import Series, chart
from .chapter import Chapter, Shown, Slider, words
from .digits import SEED, digit
from .show import formula, numbers, picture, pictures, plot, tex

NAME = "closed_form"
say = words(NAME)
SCHEDULE = make_schedule("linear")
MOST_DRAWS = 4_000_000
DIGIT = 7


def compute(values: Mapping[str, Any], visitor: str) -> Shown:
    """The k noises up to t beside the one that they add up to, and a digit by both ways."""
    t, k = values["t"], min(values["k"], values["t"])
    num_samples = min(values["num_samples"], MOST_DRAWS // k)
    s = t - k
    merged = merged_noise(SCHEDULE, s, t, num_samples, SEED)
    both = chain_and_closed_form(SCHEDULE, digit(DIGIT), t, SEED)
    alpha_bar_t, alpha_bar_s, alpha_t = (
        float(v) for v in (SCHEDULE.alpha_bars[t], SCHEDULE.alpha_bars[s], SCHEDULE.alphas[t])
    )
    middles = (merged.edges[1:] + merged.edges[:-1]) / 2
    figure = chart(
        [Series(f"@ch_{NAME}.by_steps", middles, merged.chain, "--sym-x-t", "bars"),
         Series(f"@ch_{NAME}.by_one", middles, merged.closed, "--sym-eps", "bars"),
         Series(f"@ch_{NAME}.exactly", middles, merged.density, "--ink", "line")],
        f"@ch_{NAME}.x", f"@ch_{NAME}.density",
    )  # fmt: skip
    # At k = 2 the notes' own line; beyond it the product goes on.
    product = rf"\alpha_{{{t}}}\alpha_{{{t - 1}}}" if k == 2 else rf"\prod_{{u={s + 1}}}^{{{t}}}\alpha_u"
    first = r"\eps{\varepsilon}"
    lines = [
        rf"\sqrt{{\alpha_t}}\sqrt{{1-\alpha_{{t-1}}}}\,{first}+\sqrt{{1-\alpha_t}}\,\eps{{\varepsilon'}}"
        rf"\;\sim\;\sqrt{{1-\alpha_t\alpha_{{t-1}}}}\;\eps{{\varepsilon''}}",
        rf"1-{product}=1-\frac{{\bar\alpha_{{{t}}}}}{{\bar\alpha_{{{s}}}}}"
        rf"=1-\frac{{{tex(alpha_bar_t)}}}{{{tex(alpha_bar_s)}}}={tex(merged.variance)}",
        rf"\xT{{x_{{{t}}}}}=\sqrt{{\bar\alpha_{{{t}}}}}\,\xO{{x_0}}+\sqrt{{1-\bar\alpha_{{{t}}}}}\,\eps{{\varepsilon}}"
        rf"={tex(alpha_bar_t**0.5)}\,\xO{{x_0}}+{tex((1 - alpha_bar_t) ** 0.5)}\,\eps{{\varepsilon}}",
    ]
    blocks = [
        plot(figure, say("histograms", k=k, n=num_samples)),
        pictures(
            picture("x_0", r"x_0", digit(DIGIT)[0]),
            picture("x_t", rf"x_{{{t}}}", both.chain, note=say("by_chain", t=t)),
            picture("x_t", rf"x_{{{t}}}", both.closed, note=say("by_closed", gap=both.gap)),
            picture("x_t", rf"x_{{{t}}}", both.fresh, note=say("by_fresh")),
            note=say("digit_note"),
        ),
        formula(*lines, note=say("formula_note")),
        numbers(
            (rf"\operatorname{{Var}}\ (k={k})", merged.chain_variance, "x_t"),
            (r"\operatorname{Var}\ (\varepsilon'')", merged.closed_variance, "eps"),
            (rf"1-\bar\alpha_{{{t}}}/\bar\alpha_{{{s}}}", merged.variance),
            (rf"1-\alpha_{{{t}}}=\beta_{{{t}}}", 1 - alpha_t),
            (rf"k\,\beta_{{{t}}}", k * (1 - alpha_t)),
        ),
    ]
    wanted = 1 - alpha_bar_t
    because = say("because", t=t, wanted=wanted, total=float(SCHEDULE.betas[1 : t + 1].sum()))
    return Shown(blocks, 1, because, {"k": k, "num_samples": num_samples})


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
