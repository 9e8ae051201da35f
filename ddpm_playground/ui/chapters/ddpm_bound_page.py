"""Chapter: DDPM as p_θ(x_0), its bound beside its exact likelihood, and the gap over T."""

import math
from collections.abc import Mapping
from typing import Any

import torch

from ...core import exact_log_p
from ...lecture.ddpm_bound import (
    DATA,
    PREDICTORS,
    X_0,
    Bound,
    Gap,
    bound,
    entropy,
    even_in_log_snr,
    gap,
    log_p,
    over_data,
)
from ...lecture.line_bound import line_bound
from ...lecture.line_data import train_small
from ...views.lecture_plots import Series, chart
from ..protocol.chapter_blocks import Block
from .arithmetic import signed, worked
from .chapter import Chapter, Choice, Shown, Slider, words
from .graphs import vae_and_ddpm
from .places import fill
from .show import formula, numbers, plot, tex

NAME = "ddpm_bound"
say = words(NAME)
TS = (2, 4, 8, 16, 32)
# The exact likelihood of longer chains takes too long to be dragged.
EXACT_TS = TS[:-2]
SPACING = float(X_0[1] - X_0[0])


def compute(values: Mapping[str, Any]) -> Shown:
    """Data, p_θ and the bound over x_0; their means over T; and the parts of the gap."""
    T, ends, name = values["T"], (values["beta_1"], values["alpha_bar_T"]), values["predictor"]
    place = round((values["x_0"] - float(X_0[0])) / SPACING)
    chosen, likelihood, parts = bound(T, *ends, name), log_p(T, *ends, name), gap(T, *ends, name)
    blocks = [
        vae_and_ddpm(words("graphs"), ("diffusion", "denoising")),
        _over_x_0(T, chosen, likelihood, place),
        *_over_T(T, ends, name, -entropy(DATA)),
        _lines(float(X_0[place]), float(likelihood[place]), -float(chosen.total[place])),
        _ledger(T, name, chosen, parts, float(over_data(likelihood))),
    ]
    twice = gap(2 * T, *ends, name).total
    ratio = twice / parts.total
    answer = 0 if ratio < 0.6 else 1 if ratio < 0.95 else 2
    floor = parts.prior + parts.decoder + parts.network
    return Shown(blocks, answer, say("because", T=T, twice=2 * T, gap=parts.total, less=twice, floor=floor))


def _over_x_0(T: int, chosen: Bound, likelihood: torch.Tensor, place: int) -> Block:
    """q(x_0), p_θ(x_0) and e^bound."""
    figure = chart(
        [Series("q(x_0)", X_0, DATA.density.log_prob(X_0).exp(), "--sym-x-0", "area"),
         Series(f"@ch_{NAME}.model", X_0, likelihood.exp(), "--sym-x-hat-0"),
         Series(f"@ch_{NAME}.bound", X_0, (-chosen.total).exp(), "--sym-eps", dash="dash")],
        "x_0", f"@ch_{NAME}.density", marks=(float(X_0[place]),),
    )  # fmt: skip
    note = say("over_x_0_note", least=float((likelihood + chosen.total).min()))
    return plot(figure, say("over_x_0", T=T), note=note)


def _lines(x_0: float, log_p_x_0: float, bound_x_0: float) -> Block:
    """The bound, and with the numbers of one x_0 its gap."""
    high, low, kl = worked(lambda p, bound: p - bound, log_p_x_0, bound_x_0)
    return formula(
        r"\log p_\theta(\xO{x_0})\;\ge\;\mathbb E_{q(x_{1:T}\mid \xO{x_0})}"
        r"\Big[\log\frac{p_\theta(x_{0:T})}{q(x_{1:T}\mid \xO{x_0})}\Big]",
        r"q(x_{1:T}\mid \xO{x_0})=q(x_1\mid \xO{x_0})\,q(x_2\mid x_1)\cdots q(x_T\mid x_{T-1})",
        r"p_\theta(x_{0:T})=p(x_T)\,p_\theta(x_{T-1}\mid x_T)\cdots p_\theta(x_1\mid x_2)\,p_\theta(x_0\mid x_1)",
        fill(r"\log p_\theta(\xO{<x_0>})=\xhat{<high>}\;\ge\;\eps{<low>}", x_0=tex(x_0, 3), high=high, low=low),
        fill(
            r"\mathrm{KL}\big(q(x_{1:T}\mid \xO{x_0})\,\|\,p_\theta(x_{1:T}\mid \xO{x_0})\big)"
            r"=\xhat{<high>}-\eps{<low>}=<kl>",
            high=high, low=signed(low), kl=kl,
        ),
        note=say("encoder"),
    )  # fmt: skip


def _ledger(T: int, name: str, chosen: Bound, parts: Gap, mean: float) -> Block:
    """E log p_θ(x_0) and what lies between it and −H; L_T, the L_{t−1} and L_0."""
    rest = [-parts.network] if name == "network" else []
    terms = [-entropy(DATA), -parts.prior, -parts.decoder, -parts.steps, *rest]
    minus_H, prior, decoder, steps, *network, total = worked(lambda *terms: sum(terms), *terms)
    L_T, L_t, L_0, mean_bound = worked(
        lambda *terms: -sum(terms), chosen.prior, float(chosen.terms[1:].sum()), float(chosen.terms[0])
    )
    of_network = [(r"-(L_{\varepsilon_\theta}-L_{\mathbb E[\varepsilon\mid x_t]})", one, "sigma_z") for one in network]
    of_steps = fill(r"-\textstyle\sum_{t=2}^<T>\mathbb E\,\mathrm{KL}(q(x_{t-1}\mid x_t)\,\|\,p_\theta)", T=T)
    return numbers(
        (r"\mathbb E\log q(x_0)=-H", minus_H, "x_0"),
        (r"-\,\mathrm{KL}(q(x_T)\,\|\,\mathcal N(0,1))", prior),
        (r"-\,\mathbb E\,\mathrm{KL}(q(x_0\mid x_1)\,\|\,p_\theta)", decoder, "mean"),
        (of_steps, steps, "x_t"),
        *of_network,
        (r"=\mathbb E\log\frac{p_\theta(x_{0:T})}{q(x_{1:T}\mid x_0)}", total, "eps"),
        (r"\mathbb E\log p_\theta(x_0)", mean, "x_hat_0"),
        (r"L_T", L_T),
        (fill(r"\textstyle\sum_{t=2}^<T>L_{t-1}", T=T), L_t),
        (r"L_0", L_0),
        (r"-(L_T+\textstyle\sum L_{t-1}+L_0)", mean_bound, "eps"),
    )


def _over_T(T: int, ends: tuple[float, float], name: str, minus_H: float) -> list[Block]:
    """Means over the data for T = 2, 4, …, and the parts of the gap."""
    ts = sorted({*TS, T})
    exact_ts = sorted({*EXACT_TS, T})
    along, exact_along = (torch.tensor(v, dtype=torch.float64) for v in (ts, exact_ts))
    bounds = torch.tensor([-bound(n, *ends, name).mean for n in ts])
    exact = torch.stack([over_data(log_p(n, *ends, name)) for n in exact_ts])
    gaps = [gap(n, *ends, name) for n in ts]
    shown = {"prior": "--sym-x-0", "decoder": "--sym-mean", "steps": "--sym-x-t"}
    shown |= {"network": "--sym-sigma-z"} if name == "network" else {}
    limits = (math.log10(TS[0]) - 0.05, math.log10(TS[-1]) + 0.05)
    likelihoods = chart(
        [Series("−H", along, torch.full_like(along, minus_H), "--sym-x-0", dash="dot"),
         Series(f"@ch_{NAME}.mean_model", exact_along, exact, "--sym-x-hat-0", "both"),
         Series(f"@ch_{NAME}.mean_bound", along, bounds, "--sym-eps", "both", "dash")],
        "T", f"@ch_{NAME}.nats", log_x=True, x_range=limits, x_ticks=TS, marks=(T,),
    )  # fmt: skip
    parts = chart(
        [Series(f"@ch_{NAME}.whole", along, torch.tensor([g.total for g in gaps]), "--sym-eps", "both", "dash"),
         *(Series(f"@ch_{NAME}.part_{part}", along, torch.tensor([getattr(g, part) for g in gaps]), colour, "both")
           for part, colour in shown.items())],
        "T", f"@ch_{NAME}.nats", log_x=True, log_y=True, x_range=limits, x_ticks=TS,
        y_range=(-4, 0.3), y_ticks=(1e-4, 1e-3, 1e-2, 0.1, 1), marks=(T,),
    )  # fmt: skip
    return [
        plot(likelihoods, say("over_T"), note=say("over_T_note")),
        plot(parts, say("parts"), note=say("parts_note")),
    ]


DDPM_BOUND = Chapter(
    NAME,
    (
        Slider("T", TS[0], 32, 8, log=True),
        Choice("predictor", PREDICTORS, "exact"),
        Slider("x_0", -2, 2, 0.7, 0.05),
        Slider("beta_1", 0.01, 0.2, 0.02, 0.001, log=True),
        Slider("alpha_bar_T", 0.005, 0.5, 0.05, 0.001, log=True),
    ),
    compute,
    (even_in_log_snr, line_bound, exact_log_p, gap, train_small),
)
