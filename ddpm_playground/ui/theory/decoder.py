"""Chapter: p_θ(x|z) by an exact match and by a Gaussian around G(z)."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import torch

from ...learn.data import bundled_digits
from ...theory.decoder import (
    Compared,
    compare,
    generate,
    log_constant,
    log_integral,
    log_joint,
    log_p,
    log_prior,
    marginal,
)
from ...views.theory import Series, chart
from .chapter import Chapter, Choice, Shown, Slider, words
from .digits import SEED, digit
from .magnitude import power_of_ten
from .show import formula, numbers, picture, pictures, plot, tex

NAME = "decoder"
say = words(NAME)
DIGIT = 7
MADE_AT = 0.7
DRAWS = 2000
# Fine enough for the integral at the smallest σ; every 10th is drawn.
ALONG = torch.linspace(-4, 4, 4001, dtype=torch.float64).round(decimals=3)
SHOWN = torch.arange(len(ALONG)) % 10 == 0
SAMPLES = 4


@lru_cache(maxsize=2)
def observed(which: str) -> tuple[torch.Tensor, Compared, Compared]:
    """x (1,C,H,W), and how G(z) compares with it along z and for DRAWS samples of p(z).

    Args:
        which: "made" for G(0.7), "real" for the next bundled digit of the class that G turns.
    """
    source = digit(DIGIT)
    if which == "made":
        x = generate(source, torch.tensor([MADE_AT], dtype=torch.float64))
    else:
        labels = bundled_digits().labels
        same = (labels == labels[DIGIT]).nonzero().flatten()
        x = digit(int(same[same > DIGIT][0]))
    z = torch.randn(DRAWS, generator=torch.Generator().manual_seed(SEED), dtype=torch.float64)
    return x, compare(x, source, ALONG), compare(x, source, z)


def compute(values: Mapping[str, Any], visitor: str) -> Shown:
    """x against G(z) at the dragged z and σ, along all z, and averaged over sampled z."""
    z, sigma = values["z"], values["sigma"]
    x, along, drawn = observed(values["x"])
    at = torch.tensor([z], dtype=torch.float64)
    g, here, D = generate(digit(DIGIT), at), compare(x, digit(DIGIT), at), x.numel()
    squared, matching = float(here.squared), int(here.matching)
    log, c = float(log_p(here.squared, sigma, D)), log_constant(sigma, D)
    over, total = marginal(drawn, sigma, D), log_integral(along, sigma, D)
    equal = (x == g).float() * 2 - 1
    curve = chart(
        [Series("log p(x|z)", along.z[SHOWN], log_p(along.squared[SHOWN], sigma, D), "--sym-x-hat-0"),
         Series(f"@ch_{NAME}.here", at, log_p(here.squared, sigma, D), "--ink", "points")],
        "z", "", x_range=(-3.1, 3.1), marks=(z,),
    )  # fmt: skip
    counts = chart(
        [Series(f"@ch_{NAME}.matching", along.z[SHOWN], along.matching[SHOWN], "--sym-eps"),
         Series(f"@ch_{NAME}.all", along.z[[0, -1]], torch.tensor([D, D]), "--ink", dash="dash"),
         Series(f"@ch_{NAME}.here", at, here.matching, "--ink", "points")],
        "z", f"@ch_{NAME}.pixels", x_range=(-3.1, 3.1), marks=(z,),
    )  # fmt: skip
    joint = log_joint(along, sigma, D)
    share, prior = (joint - joint.max()).exp(), log_prior(along.z)
    seen = SHOWN | (share > 1e-3)  # the peak is narrower than the points of the other curves are apart
    shares = chart(
        [Series("p(z)", along.z[SHOWN], (prior - prior.max()).exp()[SHOWN], "--muted", dash="dash"),
         Series("p(x|z) p(z)", along.z[seen], share[seen], "--sym-x-0", "area")],
        "z", f"@ch_{NAME}.height", x_range=(-3.1, 3.1),
    )  # fmt: skip
    sampled = [
        picture("x_hat_0", rf"G(z_{n + 1})", one, note=say("equal", n=int(drawn.matching[n])))
        for n, one in enumerate(generate(digit(DIGIT), drawn.z[:SAMPLES]))
    ]
    exact = int(matching == D)
    blocks = [
        pictures(
            picture("x_0", "x", x[0]),
            picture("x_hat_0", "G(z)", g[0]),
            picture("eps", "x-G(z)", (x - g)[0] / 2),
            picture("sigma_z", r"x=G(z)\,?", equal[0], note=say("white", n=matching)),
            *sampled,
            note=say("pictures_note", n=SAMPLES),
        ),
        formula(
            rf"p_\theta(\xO{{x}}\mid z)\overset{{?}}{{=}}\big[\,\xhat{{G(z)}}=\xO{{x}}\,\big]={exact}",
            r"\log p_\theta(\xO{x}\mid z)=-\frac{\Vert \xO{x}-\xhat{G(z)}\Vert^2}{2\sigma^2}+c",
            rf"=-\frac{{{tex(squared)}}}{{2\cdot{tex(sigma)}^2}}+({tex(c)})={tex(log)}",
            rf"c=-\tfrac{{D}}{{2}}\log 2\pi\sigma^2={tex(c)},\quad D={D}",
            rf"p(\xO{{x}})=\int p(\xO{{x}}\mid z)\,p(z)\,dz\approx\frac{{1}}{{{DRAWS}}}\sum_{{n=1}}^{{{DRAWS}}}"
            r"p(\xO{x}\mid z_n)",
            rf"={power_of_ten(over.log)},\quad\say{{exact_match}}{tex(over.exact)}",
            note=say("formula_note"),
        ),
        plot(curve, say("curve", sigma=sigma), note=say("curve_note")),
        plot(counts, say("counts", total=D), note=say("counts_note", n=DRAWS, equal=over.equal)),
        plot(shares, say("shares", sigma=sigma), note=say("shares_note", n=DRAWS, effective=round(over.effective))),
        numbers(
            (rf"\say{{equal_pixels}}{D}", str(matching), "sigma_z"),
            (r"p(x\mid z)\say{if_exact}", str(exact)),
            (r"\Vert x-G(z)\Vert^2", squared, "eps"),
            (r"D\,\sigma^2", D * sigma**2),
            (r"c", c),
            (r"\log p(x\mid z)", log, "x_hat_0"),
            (rf"z_n\say{{of}}{DRAWS}\say{{with}}G(z_n)=x", str(over.equal)),
            (r"(\sum_n p(x\mid z_n))^2/\sum_n p(x\mid z_n)^2", over.effective),
            (r"\log p(x)\say{sampled}", over.log),
            (r"\log p(x)\say{integrated}", total),
        ),
    ]  # fmt: skip
    narrower = float(log_p(here.squared, 0.99 * sigma, D))
    return Shown(blocks, 0 if narrower > log else 1, say("because", squared=squared, expected=D * sigma**2))


DECODER = Chapter(
    NAME,
    (
        Choice("x", ("made", "real"), "made"),
        Slider("z", -3, 3, -0.4, 0.01),
        Slider("sigma", 0.05, 1.0, 0.25, 0.001, log=True),
    ),
    compute,
    (generate, compare, log_p, log_constant, marginal, log_joint, log_integral),
    choices=2,
)
