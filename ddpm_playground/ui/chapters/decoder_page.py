"""Chapter: p_θ(x|z) by an exact match and by a Gaussian around G(z)."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch

from ...learn.data.pictures import bundled_digits
from ...lecture.picture_decoder import (
    Compared,
    Marginal,
    compare,
    generate,
    log_constant,
    log_integral,
    log_joint,
    log_p,
    log_prior,
    marginal,
)
from ...lecture.remembered import remembered
from ...views.lecture_plots import Series, chart
from ..protocol.chapter_blocks import Block
from .arithmetic import estimated, signed, worked
from .chapter import Chapter, Choice, Shown, Slider, words
from .digit import SEED, digit
from .graphs import vae_and_ddpm
from .magnitude import estimated_power_of_ten, power_of_ten
from .places import fill
from .show import formula, numbers, picture, pictures, plot, tex

NAME = "decoder"
say = words(NAME)
DIGIT = 7
MADE_AT = 0.7
DRAWS, ENOUGH = 2000, 5
# Fine enough for the integral at the smallest σ; every 10th is drawn.
ALONG = torch.linspace(-4, 4, 4001, dtype=torch.float64).round(decimals=3)
SHOWN = torch.arange(len(ALONG)) % 10 == 0
SAMPLES = 4


@remembered(2)
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


class Looked(NamedTuple):
    """x and G(z), (1,C,H,W), under one z and σ.

    Attributes:
        here: how G(z) compares with x at this z.
        along: at all z.
        drawn: at DRAWS samples of p(z).
        over: p(x) as the mean over those.
    """

    x: torch.Tensor
    g: torch.Tensor
    z: torch.Tensor
    sigma: float
    here: Compared
    along: Compared
    drawn: Compared
    over: Marginal

    @property
    def D(self) -> int:
        """Numbers in the picture."""
        return self.x.numel()


def _looked(which: str, z: float, sigma: float) -> Looked:
    x, along, drawn = observed(which)
    at = torch.tensor([z], dtype=torch.float64)
    here = compare(x, digit(DIGIT), at)
    return Looked(x, generate(digit(DIGIT), at), at, sigma, here, along, drawn, marginal(drawn, sigma, x.numel()))


def compute(values: Mapping[str, Any]) -> Shown:
    """x against G(z) at the dragged z and σ, along all z, and averaged over sampled z."""
    at = _looked(values["x"], values["z"], values["sigma"])
    blocks = [
        vae_and_ddpm(words("graphs"), ("decoder",)),
        _pictures(at),
        _lines(at),
        _curve(at),
        _counts(at),
        _shares(at),
        _ledger(at),
    ]
    squared, sigma, D = float(at.here.squared), at.sigma, at.D
    narrower, log = (float(log_p(at.here.squared, s, D)) for s in (0.99 * sigma, sigma))
    return Shown(blocks, 0 if narrower > log else 1, say("because", squared=squared, expected=D * sigma**2))


def _pictures(at: Looked) -> Block:
    """x, G(z), their difference, where they are equal, and G at some samples of p(z)."""
    equal = (at.x == at.g).float() * 2 - 1
    sampled = [
        picture("x_hat_0", rf"G(z_{n + 1})", one, note=say("equal", n=int(at.drawn.matching[n])))
        for n, one in enumerate(generate(digit(DIGIT), at.drawn.z[:SAMPLES]))
    ]
    return pictures(
        picture("x_0", "x", at.x[0]),
        picture("x_hat_0", "G(z)", at.g[0]),
        picture("eps", "x-G(z)", (at.x - at.g)[0] / 2),
        picture("sigma_z", r"x=G(z)\,?", equal[0], note=say("white", n=int(at.here.matching))),
        *sampled,
        note=say("pictures_note", n=SAMPLES),
    )


def _exact(at: Looked) -> int:
    """p(x|z) where only a G(z) equal to x has any."""
    return int(int(at.here.matching) == at.D)


def _lines(at: Looked) -> Block:
    """Both p(x|z) with this z's numbers, and p(x) as a mean over samples."""
    sigma, D, over = at.sigma, at.D, at.over
    c = log_constant(sigma, D)
    distance, width, constant, found = worked(lambda d, s, c: -d / (2 * s**2) + c, float(at.here.squared), sigma, c)
    of_c, c_found = worked(lambda s: log_constant(s, D), sigma)
    mean = f"={estimated_power_of_ten(over.log, over.relative_error)}"
    if over.effective < ENOUGH:
        mean = rf"\gtrsim{power_of_ten(over.log, 1)}"
    return formula(
        rf"p_\theta(\xO{{x}}\mid z)\overset{{?}}{{=}}\big[\,\xhat{{G(z)}}=\xO{{x}}\,\big]={_exact(at)}",
        r"\log p_\theta(\xO{x}\mid z)=-\frac{\Vert \xO{x}-\xhat{G(z)}\Vert^2}{2\sigma^2}+c",
        fill(
            r"=-\frac{<distance>}{2\cdot<width>^2}+<constant>=<found>",
            distance=distance, width=width, constant=signed(constant), found=found,
        ),
        fill(
            r"c=-\tfrac{D}{2}\log 2\pi\sigma^2=-\tfrac{<D>}{2}\log(2\pi\cdot<of_c>^2)=<c_found>",
            D=D, of_c=of_c, c_found=c_found,
        ),
        fill(
            r"p(\xO{x})=\int p(\xO{x}\mid z)\,p(z)\,dz\approx\frac{1}{<draws>}\sum_{n=1}^<draws>"
            r"p(\xO{x}\mid z_n)",
            draws=DRAWS,
        ),
        rf"{mean},\quad\say{{exact_match}}{tex(over.exact)}",
        note=say("formula_note"),
    )  # fmt: skip


def _curve(at: Looked) -> Block:
    """log p(x|z) over z."""
    along, sigma, D = at.along, at.sigma, at.D
    figure = chart(
        [Series("log p(x|z)", along.z[SHOWN], log_p(along.squared[SHOWN], sigma, D), "--sym-x-hat-0"),
         Series(f"@ch_{NAME}.here", at.z, log_p(at.here.squared, sigma, D), "--ink", "points")],
        "z", "", x_range=(-3.1, 3.1), marks=(float(at.z),),
    )  # fmt: skip
    return plot(figure, say("curve", sigma=sigma), note=say("curve_note"))


def _counts(at: Looked) -> Block:
    """How many pixels of G(z) are equal to those of x, over z."""
    along, D = at.along, at.D
    figure = chart(
        [Series(f"@ch_{NAME}.matching", along.z[SHOWN], along.matching[SHOWN], "--sym-eps"),
         Series(f"@ch_{NAME}.all", along.z[[0, -1]], torch.tensor([D, D]), "--ink", dash="dash"),
         Series(f"@ch_{NAME}.here", at.z, at.here.matching, "--ink", "points")],
        "z", f"@ch_{NAME}.pixels", x_range=(-3.1, 3.1), marks=(float(at.z),),
    )  # fmt: skip
    return plot(figure, say("counts", total=D), note=say("counts_note", n=DRAWS, equal=at.over.equal))


def _shares(at: Looked) -> Block:
    """p(z) and p(x|z) p(z), each as a share of its largest value."""
    along = at.along
    joint = log_joint(along, at.sigma, at.D)
    share, prior = (joint - joint.max()).exp(), log_prior(along.z)
    seen = SHOWN | (share > 1e-3)  # the peak is narrower than the points of the other curves are apart
    figure = chart(
        [Series("p(z)", along.z[SHOWN], (prior - prior.max()).exp()[SHOWN], "--muted", dash="dash"),
         Series("p(x|z) p(z)", along.z[seen], share[seen], "--sym-x-0", "area")],
        "z", f"@ch_{NAME}.height", x_range=(-3.1, 3.1),
    )  # fmt: skip
    note = say("shares_note", n=DRAWS, effective=round(at.over.effective), enough=ENOUGH)
    return plot(figure, say("shares", sigma=at.sigma), note=note)


def _ledger(at: Looked) -> Block:
    sigma, D, over = at.sigma, at.D, at.over
    # So few draws that they cannot tell what they missed.
    few = over.effective < ENOUGH
    about = rf"\gtrsim{over.log:.0f}" if few else estimated(over.log, over.relative_error)
    return numbers(
        (rf"\say{{equal_pixels}}{D}", str(int(at.here.matching)), "sigma_z"),
        (r"p(x\mid z)\say{if_exact}", str(_exact(at))),
        (r"\Vert x-G(z)\Vert^2", float(at.here.squared), "eps"),
        (r"D\,\sigma^2", D * sigma**2),
        (r"c", log_constant(sigma, D)),
        (r"\log p(x\mid z)", float(log_p(at.here.squared, sigma, D)), "x_hat_0"),
        (rf"z_n\say{{of}}{DRAWS}\say{{with}}G(z_n)=x", str(over.equal)),
        (r"(\sum_n p(x\mid z_n))^2\allowbreak/\sum_n p(x\mid z_n)^2", tex(over.effective, 2)),
        (r"\log p(x)\say{sampled}", about),
        (r"\log p(x)\say{integrated}", estimated(*log_integral(at.along, sigma, D))),
    )


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
