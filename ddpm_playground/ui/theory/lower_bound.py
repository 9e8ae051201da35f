"""Chapter: log p(x) is the lower bound plus a KL divergence."""

from collections.abc import Mapping
from typing import Any

import torch

from ...core import Gaussian
from ...theory.lower_bound import (
    PRIOR,
    Model,
    bound,
    bound_over_mean,
    evidence,
    gaps_left,
    gaussian,
    log_density,
    true_posterior,
)
from ...views.theory import Series, chart
from .chapter import Chapter, Choice, Shown, Slider, words
from .show import formula, numbers, plot, remark, tex

NAME = "lower_bound"
say = words(NAME)
MODEL = Model(a=1.5, b=0.5, sigma=0.8)
Z = torch.linspace(-4, 4, 401, dtype=torch.float64)
MEANS = torch.linspace(-3, 3, 241, dtype=torch.float64)


def compute(values: Mapping[str, Any], visitor: str) -> Shown:
    """The bells of z, the ledger log p(x) = bound + gap, and the bound while q's mean moves."""
    x, right = values["x"], true_posterior(MODEL, values["x"])
    q = right if values["q"] == "posterior" else gaussian(values["mean"], values["width"] ** 2)
    mean, width = float(q.mean), float(q.variance) ** 0.5
    now, left = bound(MODEL, x, q), gaps_left(MODEL, x, q)

    def bell(of: Gaussian) -> torch.Tensor:
        return log_density(of, Z).exp()

    bells = chart(
        [Series("p(z)", Z, bell(PRIOR), "--muted", dash="dash"),
         Series("p(z|x)", Z, bell(right), "--sym-x-0", "area"),
         Series("q(z|x)", Z, bell(q), "--sym-x-hat-0")],
        "z", f"@ch_{NAME}.density", x_range=(-4, 4),
    )  # fmt: skip
    both = torch.tensor([now.bound, now.log_p], dtype=torch.float64)
    over = chart(
        [Series("log p(x)", MEANS[[0, -1]], both[[1, 1]], "--sym-x-0", dash="dash"),
         Series(f"@ch_{NAME}.bound", MEANS, bound_over_mean(MODEL, x, width**2, MEANS), "--sym-x-hat-0"),
         Series(f"@ch_{NAME}.gap", q.mean.repeat(2), both, "--sym-eps", "both")],
        f"@ch_{NAME}.of_mean", f"@ch_{NAME}.nats",
        x_range=(-3, 3), y_range=(now.log_p - max(4.0, 1.15 * now.gap), now.log_p + 0.5),
    )  # fmt: skip
    density = evidence(MODEL)
    log_ratio = r"\log\frac{p(\xO{x},z)}{q(z\mid \xO{x})}"
    blocks = [
        plot(
            bells, say("bells", x=x),
            note=say("bells_note", mean=float(right.mean), width=float(right.variance) ** 0.5),
        ),
        plot(over, say("over"), note=say("over_note", mean=float(right.mean))),
        formula(
            rf"\log p(\xO{{x}})=\int q(z\mid \xO{{x}})\,\log p(\xO{{x}})\,dz={tex(now.log_p)}",
            rf"=\int q(z\mid \xO{{x}})\,{log_ratio}\,dz"
            r"+\int q(z\mid \xO{x})\log\frac{q(z\mid \xO{x})}{p(z\mid \xO{x})}dz",
            rf"=\xhat{{{tex(now.bound)}}}+\eps{{{tex(now.gap)}}}",
            rf"\eps{{\mathrm{{KL}}(q(z\mid x)\Vert p(z\mid x))}}=\eps{{{tex(now.gap)}}}\ge 0",
            rf"\log p(\xO{{x}})\;\ge\;\xhat{{E_{{q(z\mid x)}}\Big[{log_ratio}\Big]}}=\xhat{{{tex(now.bound)}}}",
        ),
        numbers(
            (r"E_q[\log p(x\mid z)]", now.fits),
            (r"\mathrm{KL}(q(z\mid x)\Vert p(z))", now.prior_kl),
            (r"\say{bound}=E_q[\log p(x\mid z)]-\mathrm{KL}", now.bound, "x_hat_0"),
            (r"\say{gap}=\mathrm{KL}(q(z\mid x)\Vert p(z\mid x))", now.gap, "eps"),
            (r"\say{bound}+\say{gap}", now.bound + now.gap),
            (r"\log p(x)", now.log_p, "x_0"),
            (r"\log p(x)-(\say{bound}+\say{gap})", now.log_p - (now.bound + now.gap)),
            (r"\int q\,\log\frac{p(x,z)}{q}\,dz\say{on_a_grid}", now.integrated),
            (r"q:\ \say{mean},\ \say{width}", rf"{tex(mean)},\ {tex(width)}", "x_hat_0"),
        ),
        remark(say("model", a=MODEL.a, b=MODEL.b, sigma=MODEL.sigma, total=float(density.variance))),
    ]  # fmt: skip
    # What is left by rounding is no gap.
    answer = 2 if now.gap < 1e-12 else 0 if left.by_mean < left.by_width else 1
    because = say("because", gap=now.gap, by_mean=left.by_mean, by_width=left.by_width)
    return Shown(blocks, answer, because)


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
