"""Chapter: q(x_{t−1} | x_t, x_0), three bells on one pixel, and every pixel of a digit."""

from collections.abc import Mapping
from typing import Any

from ...core import SeededNoise, make_schedule, posterior, posterior_coefficients, q_sample
from ...core.gaussian import PosteriorCoefficients
from ...lecture.posterior import Bells, bells
from ...views.lecture_plots import Series, chart
from ..protocol.chapter_blocks import Block
from .arithmetic import signed, worked
from .chapter import Chapter, Shown, Slider, words
from .digit import SEED, digit
from .places import fill
from .show import formula, numbers, picture, pictures, plot, tex

NAME = "posterior"
say = words(NAME)
SCHEDULE = make_schedule("linear")
DIGIT = 7
# From where on the first bell is hardly seen: so many times wider than the product, or so many of its widths away.
FLAT, FAR = 6.0, 5.0


def compute(values: Mapping[str, Any]) -> Shown:
    """The bells at t for the pixel's x_0 and x_t, and the posterior of a whole digit."""
    t, x_0, x_t = values["t"], values["x_0"], values["x_t"]
    k = posterior_coefficients(SCHEDULE, t, t - 1)
    of_x_0, of_x_t = float(k.of_x_0), float(k.of_x_t)
    blocks = [_bells(t, bells(SCHEDULE, x_0, x_t, t)), _lines(t, x_0, x_t, k), _digit(t), _ledger(t, k)]
    return Shown(blocks, 0 if of_x_0 < of_x_t else 1, say("because", of_x_0=of_x_0, of_x_t=of_x_t, t=t))


def _bells(t: int, three: Bells) -> Block:
    """The two bells that are multiplied, their product, and the Gaussian that it is."""
    figure = chart(
        [Series(f"@ch_{NAME}.prior", three.grid, three.prior, "--sym-x-0"),
         Series(f"@ch_{NAME}.likelihood", three.grid, three.likelihood, "--sym-x-t", dash="dash"),
         Series(f"@ch_{NAME}.product", three.grid, three.product, "--sym-mean", "area"),
         Series("N(μ̃_t, β̃_t)", three.grid, three.exact, "--ink", dash="dot")],
        f"@ch_{NAME}.x", f"@ch_{NAME}.density", height=300,
    )  # fmt: skip
    prior, product = three.prior_gaussian, three.posterior_gaussian
    gap = float((three.product - three.exact).abs().max() / three.exact.max())
    wider = float(prior.variance / product.variance) ** 0.5
    off = abs(float(prior.mean) - float(product.mean)) / float(prior.variance) ** 0.5
    places = {"gap": float(f"{gap:.2g}"), "wider": float(f"{wider:.2g}"), "off": float(f"{off:.2g}")}
    seen = "bells_flat" if wider > FLAT else "bells_far" if off > FAR else "bells_note"
    return plot(figure, say("bells", t=t), note=say(seen, **places))


def _lines(t: int, x_0: float, x_t: float, k: PosteriorCoefficients) -> Block:
    """Its mean and variance, with this pixel's numbers."""
    beta = float(k.beta)
    first, x_0_shown, second, x_t_shown, mean = worked(
        lambda a, x, b, y: a * x + b * y, float(k.of_x_0), x_0, float(k.of_x_t), x_t
    )
    noise_s, noise_t, beta_shown, variance = worked(
        lambda s, t, b: s / t * b, *(1 - float(SCHEDULE.alpha_bars[u]) for u in (t - 1, t)), beta
    )
    return formula(
        r"q(x_{t-1}\mid \xT{x_t},\xO{x_0})\;\propto\;q(\xT{x_t}\mid x_{t-1})\;q(x_{t-1}\mid \xO{x_0})",
        fill(
            r"\mean{\tilde\mu_<t>}=\frac{\sqrt{\bar\alpha_{t-1}}\,\beta_t}{1-\bar\alpha_t}\xO{x_0}"
            r"+\frac{\sqrt{\alpha_t}(1-\bar\alpha_{t-1})}{1-\bar\alpha_t}\xT{x_t}",
            t=t,
        ),
        fill(
            r"\mean{\tilde\mu_<t>}=<first>\cdot\xO{<x_0>}+<second>\cdot\xT{<x_t>}=\mean{<mean>}",
            t=t, first=first, x_0=signed(x_0_shown), second=second, x_t=signed(x_t_shown), mean=mean,
        ),
        fill(
            r"\tilde\beta_<t>=\frac{1-\bar\alpha_{t-1}}{1-\bar\alpha_t}\beta_t"
            r"=\frac{<noise_s>}{<noise_t>}\cdot<beta_shown>=<variance>\;\le\;\beta_<t>=<beta>",
            t=t, noise_s=noise_s, noise_t=noise_t, beta_shown=beta_shown, variance=variance, beta=tex(beta),
        ),
    )  # fmt: skip


def _digit(t: int) -> Block:
    """The posterior of every pixel of a digit."""
    clean = digit(DIGIT)
    noisy = q_sample(SCHEDULE, clean, t, SeededNoise(SEED, [0], clean.shape[1:])())
    back = posterior(SCHEDULE, noisy, clean, t, t - 1)
    spread = float(back.variance) ** 0.5 * SeededNoise(SEED + 1, [0], clean.shape[1:])()[0]
    return pictures(
        picture("x_0", r"x_0", clean[0]),
        picture("x_t", fill(r"x_<t>", t=t), noisy[0]),
        picture("mean", fill(r"\tilde\mu_<t>", t=t), back.mean[0]),
        picture("sigma_z", fill(r"\sqrt{\tilde\beta_<t>}\,z", t=t), spread),
        note=say("digit_note"),
    )


def _ledger(t: int, k: PosteriorCoefficients) -> Block:
    of_x_0, of_x_t, variance, beta = (float(v) for v in k)
    return numbers(
        (r"\sqrt{\bar\alpha_{t-1}}\,\beta_t/(1-\bar\alpha_t)", of_x_0, "x_0"),
        (r"\sqrt{\alpha_t}(1-\bar\alpha_{t-1})/(1-\bar\alpha_t)", of_x_t, "x_t"),
        (fill(r"\tilde\beta_<t>", t=t), variance),
        (fill(r"\beta_<t>", t=t), beta),
        (fill(r"\tilde\beta_<t>/\beta_<t>", t=t), variance / beta),
    )


POSTERIOR = Chapter(
    NAME,
    (Slider("t", 2, 1000, 5, log=True), Slider("x_0", -1, 1, 0.6, 0.01), Slider("x_t", -3, 3, 0.56, 0.01)),
    compute,
    (bells, posterior, posterior_coefficients),
    choices=2,
)
