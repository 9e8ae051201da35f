"""Chapter: log p(x) is the lower bound plus a KL divergence."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch

from ...core import Gaussian
from ...lecture.lower_bound import (
    PRIOR,
    Bound,
    Gaps,
    Model,
    bound,
    bound_over_mean,
    evidence,
    gaps_left,
    gaussian,
    log_density,
    true_posterior,
)
from ...views.lecture_plots import Series, chart
from ..protocol.chapter_blocks import Block
from .arithmetic import rough, signed, worked
from .chapter import Chapter, Choice, Shown, Slider, words
from .graphs import vae_and_ddpm
from .places import fill
from .show import formula, numbers, plot, remark, tex

NAME = "lower_bound"
say = words(NAME)
MODEL = Model(a=1.5, b=0.5, sigma=0.8)
Z = torch.linspace(-4, 4, 401, dtype=torch.float64)
MEANS = torch.linspace(-3, 3, 241, dtype=torch.float64)


class Looked(NamedTuple):
    """One x under one q(z|x): the true p(z|x), the bound with its gap, and which part of the gap stays."""

    x: float
    q: Gaussian
    right: Gaussian
    now: Bound
    left: Gaps

    @property
    def mean(self) -> float:
        """Of q."""
        return float(self.q.mean)

    @property
    def width(self) -> float:
        """Standard deviation of q."""
        return float(self.q.variance) ** 0.5


def compute(values: Mapping[str, Any]) -> Shown:
    """The bells of z, the ledger log p(x) = bound + gap, and the bound while q's mean moves."""
    x, right = values["x"], true_posterior(MODEL, values["x"])
    q = right if values["q"] == "posterior" else gaussian(values["mean"], values["width"] ** 2)
    at = Looked(x, q, right, bound(MODEL, x, q), gaps_left(MODEL, x, q))
    total = float(evidence(MODEL).variance)
    blocks = [
        vae_and_ddpm(words("graphs"), ("encoder",)),
        _bells(at),
        _over_mean(at),
        _lines(at.now),
        _ledger(at),
        remark(say("model", a=MODEL.a, b=MODEL.b, sigma=MODEL.sigma, total=total)),
    ]
    # What is left by rounding is no gap.
    answer = 2 if at.now.gap < 1e-12 else 0 if at.left.by_mean < at.left.by_width else 1
    because = say("because", gap=at.now.gap, by_mean=at.left.by_mean, by_width=at.left.by_width)
    return Shown(blocks, answer, because)


def _bells(at: Looked) -> Block:
    """p(z), p(z|x) and q(z|x)."""

    def bell(of: Gaussian) -> torch.Tensor:
        return log_density(of, Z).exp()

    figure = chart(
        [Series("p(z)", Z, bell(PRIOR), "--muted", dash="dash"),
         Series("p(z|x)", Z, bell(at.right), "--sym-x-0", "area"),
         Series("q(z|x)", Z, bell(at.q), "--sym-x-hat-0")],
        "z", f"@ch_{NAME}.density", x_range=(-4, 4),
    )  # fmt: skip
    note = say("bells_note", mean=float(at.right.mean), width=float(at.right.variance) ** 0.5)
    return plot(figure, say("bells", x=at.x), note=note)


def _over_mean(at: Looked) -> Block:
    """log p(x) and the bound while q's mean moves, and the gap where it is."""
    now = at.now
    both = torch.tensor([now.bound, now.log_p], dtype=torch.float64)
    figure = chart(
        [Series("log p(x)", MEANS[[0, -1]], both[[1, 1]], "--sym-x-0", dash="dash"),
         Series(f"@ch_{NAME}.bound", MEANS, bound_over_mean(MODEL, at.x, at.width**2, MEANS), "--sym-x-hat-0"),
         Series(f"@ch_{NAME}.gap", at.q.mean.repeat(2), both, "--sym-eps", "both")],
        f"@ch_{NAME}.of_mean", f"@ch_{NAME}.nats",
        x_range=(-3, 3), y_range=(now.log_p - max(4.0, 1.15 * now.gap), now.log_p + 0.5),
    )  # fmt: skip
    return plot(figure, say("over"), note=say("over_note", mean=float(at.right.mean)))


def _lines(now: Bound) -> Block:
    """log p(x) as the bound and a KL, with this x's numbers."""
    low, gap, log_p = worked(lambda bound, gap: bound + gap, now.bound, now.gap)
    log_ratio = r"\log\frac{p(\xO{x},z)}{q(z\mid \xO{x})}"
    return formula(
        fill(r"\log p(\xO{x})=\int q(z\mid \xO{x})\,\log p(\xO{x})\,dz=<log_p>", log_p=log_p),
        fill(
            r"=\int q(z\mid \xO{x})\,<log_ratio>\,dz"
            r"+\int q(z\mid \xO{x})\log\frac{q(z\mid \xO{x})}{p(z\mid \xO{x})}dz",
            log_ratio=log_ratio,
        ),
        fill(r"=\xhat{<low>}+\eps{<gap>}=<log_p>", low=low, gap=signed(gap), log_p=log_p),
        fill(r"\eps{\mathrm{KL}(q(z\mid x)\Vert p(z\mid x))}=\eps{<gap>}\ge 0", gap=gap),
        fill(
            r"\log p(\xO{x})\;\ge\;\xhat{E_{q(z\mid x)}\Big[<log_ratio>\Big]}=\xhat{<low>}",
            log_ratio=log_ratio, low=low,
        ),
    )  # fmt: skip


def _ledger(at: Looked) -> Block:
    now = at.now
    return numbers(
        (r"E_q[\log p(x\mid z)]", now.fits),
        (r"\mathrm{KL}(q(z\mid x)\Vert p(z))", now.prior_kl),
        (r"\say{bound}=E_q[\log p(x\mid z)]-\mathrm{KL}", now.bound, "x_hat_0"),
        (r"\say{gap}=\mathrm{KL}(q(z\mid x)\Vert p(z\mid x))", now.gap, "eps"),
        (r"\say{bound}+\say{gap}", now.bound + now.gap),
        (r"\log p(x)", now.log_p, "x_0"),
        (r"\log p(x)-(\say{bound}+\say{gap})", rough(now.log_p - (now.bound + now.gap))),
        (r"\int q\,\log\frac{p(x,z)}{q}\,dz\say{on_a_grid}", now.integrated),
        (r"q:\ \say{mean},\ \say{width}", rf"{tex(at.mean)},\ {tex(at.width)}", "x_hat_0"),
    )


LOWER_BOUND = Chapter(
    NAME,
    (
        Choice("q", ("dragged", "posterior"), "dragged"),
        Slider("mean", -3, 3, -0.4, 0.01),
        Slider("width", 0.1, 2.5, 1.0, 0.01),
        Slider("x", -4, 5, 2.3, 0.01),
    ),
    compute,
    (bound, true_posterior, evidence, bound_over_mean, gaps_left),
)
