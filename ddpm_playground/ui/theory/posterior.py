"""Chapter: q(x_{t−1} | x_t, x_0), three bells on one pixel, and every pixel of a digit."""

from collections.abc import Mapping
from typing import Any

from ...core import SeededNoise, make_schedule, posterior, posterior_coefficients, q_sample
from ...theory.posterior import bells
from ...views.theory import Series, chart
from .chapter import Chapter, Shown, Slider, words
from .digits import SEED, digit
from .show import formula, numbers, picture, pictures, plot, tex

NAME = "posterior"
say = words(NAME)
SCHEDULE = make_schedule("linear")
DIGIT = 7


def compute(values: Mapping[str, Any], visitor: str) -> Shown:
    """The bells at t for the pixel's x_0 and x_t, and the posterior of a whole digit."""
    t, x_0, x_t = values["t"], values["x_0"], values["x_t"]
    three = bells(SCHEDULE, x_0, x_t, t)
    c = posterior_coefficients(SCHEDULE, t, t - 1)
    of_x_0, of_x_t, variance, beta = (float(v) for v in c)
    mean = float(three.posterior_gaussian.mean)
    figure = chart(
        [Series(f"@ch_{NAME}.prior", three.grid, three.prior, "--sym-x-0"),
         Series(f"@ch_{NAME}.likelihood", three.grid, three.likelihood, "--sym-x-t", dash="dash"),
         Series(f"@ch_{NAME}.product", three.grid, three.product, "--sym-mean", "area"),
         Series("N(μ̃_t, β̃_t)", three.grid, three.exact, "--ink", dash="dot")],
        f"@ch_{NAME}.x", f"@ch_{NAME}.density", height=300,
    )  # fmt: skip
    clean = digit(DIGIT)
    eps = SeededNoise(SEED, [0], clean.shape[1:])()
    noisy = q_sample(SCHEDULE, clean, t, eps)
    back = posterior(SCHEDULE, noisy, clean, t, t - 1)
    gap = float((three.product - three.exact).abs().max() / three.exact.max())
    blocks = [
        plot(figure, say("bells", t=t), note=say("bells_note", gap=gap)),
        formula(
            r"q(x_{t-1}\mid \xT{x_t},\xO{x_0})\;\propto\;q(\xT{x_t}\mid x_{t-1})\;q(x_{t-1}\mid \xO{x_0})",
            rf"\mean{{\tilde\mu_{{{t}}}}}=\frac{{\sqrt{{\bar\alpha_{{t-1}}}}\,\beta_t}}{{1-\bar\alpha_t}}\xO{{x_0}}"
            rf"+\frac{{\sqrt{{\alpha_t}}(1-\bar\alpha_{{t-1}})}}{{1-\bar\alpha_t}}\xT{{x_t}}",
            rf"\mean{{\tilde\mu_{{{t}}}}}={tex(of_x_0)}\cdot\xO{{{tex(x_0)}}}+{tex(of_x_t)}\cdot\xT{{{tex(x_t)}}}"
            rf"=\mean{{{tex(mean)}}}",
            rf"\tilde\beta_{{{t}}}=\frac{{1-\bar\alpha_{{t-1}}}}{{1-\bar\alpha_t}}\beta_t={tex(variance)}"
            rf"\;\le\;\beta_{{{t}}}={tex(beta)}",
        ),
        pictures(
            picture("x_0", r"x_0", clean[0]),
            picture("x_t", rf"x_{{{t}}}", noisy[0]),
            picture("mean", rf"\tilde\mu_{{{t}}}", back.mean[0]),
            picture(
                "sigma_z", rf"\sqrt{{\tilde\beta_{{{t}}}}}\,z",
                float(back.variance) ** 0.5 * SeededNoise(SEED + 1, [0], clean.shape[1:])()[0],
            ),
            note=say("digit_note"),
        ),
        numbers(
            (r"\sqrt{\bar\alpha_{t-1}}\,\beta_t/(1-\bar\alpha_t)", of_x_0, "x_0"),
            (r"\sqrt{\alpha_t}(1-\bar\alpha_{t-1})/(1-\bar\alpha_t)", of_x_t, "x_t"),
            (rf"\tilde\beta_{{{t}}}", variance),
            (rf"\beta_{{{t}}}", beta),
            (rf"\tilde\beta_{{{t}}}/\beta_{{{t}}}", variance / beta),
        ),
    ]  # fmt: skip
    return Shown(blocks, 0 if of_x_0 < of_x_t else 1, say("because", of_x_0=of_x_0, of_x_t=of_x_t, t=t))


POSTERIOR = Chapter(
    NAME,
    (Slider("t", 2, 1000, 200, log=True), Slider("x_0", -1, 1, 0.6, 0.01), Slider("x_t", -3, 3, -0.4, 0.01)),
    compute,
    (bells, posterior, posterior_coefficients),
    choices=2,
)
