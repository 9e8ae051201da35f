"""Chapter: KL of the two Gaussians of a step, on the real network and a real digit."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import torch

from ...core import SeededNoise, kl, posterior, q_sample, reverse_gaussian
from ...lecture.remembered import remembered
from ...lecture.shipped_network import first_of_class, shipped_eps, shipped_schedule
from ...lecture.step_kl import StepKL, eps_errors, pixel_bells, pixels_by_error, step_kl, step_weights
from ...views.lecture_plots import Series, chart
from ..protocol.chapter_blocks import Block
from ..protocol.parts import Figure
from .arithmetic import rough, signed, worked
from .chapter import Chapter, Choice, Shown, Slider, words
from .digit import SEED, digit
from .gain import gain_for, gain_text
from .places import fill
from .show import formula, numbers, picture, pictures, plot, remark, tex

NAME = "step_kl"
say = words(NAME)
# w of σ_t² = β̃_t^(1−w) β_t^w.
SIGMAS = {"beta": 1.0, "beta_tilde": 0.0}
SYMBOLS = {"beta": r"\beta_t", "beta_tilde": r"\tilde\beta_t"}
NUM_TS = 16


def _x_0(c: int) -> torch.Tensor:
    return digit(first_of_class(c)).double()


@remembered(256)
def _noises(c: int, t: int) -> tuple[torch.Tensor, torch.Tensor]:
    """ε and the network's ε̂, (1,C,H,W) float64."""
    x_0 = _x_0(c)
    eps = SeededNoise(SEED, [0], x_0.shape[1:])().double()
    x_t = q_sample(shipped_schedule(), x_0, t, eps)
    return eps, shipped_eps()(x_t, torch.tensor([t]), torch.tensor([c])).eps_hat


@remembered(16)
def _errors(c: int) -> tuple[torch.Tensor, torch.Tensor]:
    """NUM_TS times from 2 to T, and ‖ε − ε̂‖²/D at each."""
    schedule = shipped_schedule()
    ts = torch.logspace(0, 1, NUM_TS, base=schedule.T / 2, dtype=torch.float64).mul(2).round().long()
    return ts, eps_errors(schedule, shipped_eps(), _x_0(c), ts.tolist(), c, SEED)


def _step(c: int, t: int, w: float, share: float) -> StepKL:
    """The step as if the network's error were `share` of what it is."""
    eps, eps_hat = _noises(c, t)
    return step_kl(shipped_schedule(), _x_0(c), eps, eps + share * (eps_hat - eps), t, w)


def _weights_figure(t: int) -> Figure:
    schedule = shipped_schedule()
    ts = torch.unique(torch.logspace(0, 1, 160, base=schedule.T / 2, dtype=torch.float64).mul(2).round().long())
    at = ts.double()
    return chart(
        [Series("σ_t² = β_t", at, step_weights(schedule, 1.0)[ts - 1], "--sym-mean"),
         Series("σ_t² = β̃_t", at, step_weights(schedule, 0.0)[ts - 1], "--sym-sigma-z", dash="dash"),
         Series(f"@ch_{NAME}.algorithm_1", at, torch.ones_like(at), "--ink", dash="dot")],
        "t", f"@ch_{NAME}.weight", log_x=True, log_y=True, marks=[t],
    )  # fmt: skip


def _losses_figure(c: int, t: int, w: float) -> Figure:
    ts, errors = _errors(c)
    weights = step_weights(shipped_schedule(), w)[ts - 1]
    return chart(
        [Series(f"@ch_{NAME}.unweighted", ts.double(), errors, "--sym-eps", "both"),
         Series(f"@ch_{NAME}.weighted", ts.double(), weights * errors, "--sym-mean", "both", "dash")],
        "t", f"@ch_{NAME}.per_pixel", log_x=True, log_y=True, marks=[t],
    )  # fmt: skip


class Looked(NamedTuple):
    """One step of a digit.

    Attributes:
        eps: ε, (1,C,H,W).
        scaled: what the network says of it, its error scaled by the share, (1,C,H,W).
        w: of σ_t².
        symbol: σ_t² in TeX.
        real: the step with the network's error as it is.
        step: with the scaled one.
    """

    t: int
    c: int
    eps: torch.Tensor
    scaled: torch.Tensor
    w: float
    symbol: str
    real: StepKL
    step: StepKL


def compute(values: Mapping[str, Any]) -> Shown:
    """The two bells of a pixel, the term of the whole digit, and the weight over t."""
    t, c, sigma, share = values["t"], values["digit"], values["sigma"], values["share"]
    w = SIGMAS[sigma]
    eps, eps_hat = _noises(c, t)
    at = Looked(t, c, eps, eps + share * (eps_hat - eps), w, SYMBOLS[sigma], _step(c, t, w, 1.0), _step(c, t, w, share))
    blocks = [
        _bells(at, values["pixel"]),
        _pictures(at),
        _lines(at),
        _ledger(at.step),
        plot(_weights_figure(t), say("weights"), note=say("weights_note")),
        plot(_losses_figure(c, t, w), say("losses"), note=say("losses_note")),
        remark(say("notes")),
    ]
    halved = _step(c, t, w, 0.5).kl
    ratio = halved / at.real.kl
    # A part of the KL below a thousandth changes nothing that can be seen.
    answer = 1 if ratio < 0.2505 else 2 if ratio < 0.75 else 3
    return Shown(blocks, answer, say("because", real=at.real.kl, halved=halved, ratio=ratio, c=at.real.constant))


def _bells(at: Looked, place: int) -> Block:
    """The two Gaussians of the pixel that stands at `place` when they are sorted by the network's error."""
    # The order is the network's own, so that a pixel keeps its place while the error is scaled.
    pixel = int(pixels_by_error(at.real)[place - 1])
    row, column = divmod(pixel, at.eps.shape[-1])
    bells = pixel_bells(at.step, pixel)
    apart = abs(bells.means[1] - bells.means[0])
    figure = chart(
        [Series("q(x_{t−1} | x_t, x_0)", bells.grid, bells.forward, "--sym-mean", "area"),
         Series("p_θ(x_{t−1} | x_t)", bells.grid, bells.backward, "--sym-x-hat-0", dash="dash")],
        f"@ch_{NAME}.x", f"@ch_{NAME}.density", marks=bells.means, height=280,
    )  # fmt: skip
    note = say("bells_note", apart=apart, sigmas=apart / bells.sigmas[1])
    return plot(figure, say("bells", row=row, column=column, t=at.t), note=note)


def _pictures(at: Looked) -> Block:
    """x_t, both means with their difference, ε and ε_θ."""
    step = at.step
    gap = step.forward.mean - step.backward.mean
    gain = gain_for(gap)
    return pictures(
        picture("x_t", fill(r"x_<t>", t=at.t), step.x_t[0]),
        picture("mean", r"\tilde\mu_t", step.forward.mean[0], note=say("mean_forward")),
        picture("mean", r"\mu_\theta", step.backward.mean[0], note=say("mean_backward")),
        picture("mean", r"\tilde\mu_t-\mu_\theta", gap[0], gain, say("gained", gain=gain_text(gain))),
        picture("eps", r"\varepsilon", at.eps[0], 0.5),
        picture("eps", r"\varepsilon_\theta", at.scaled[0], 0.5),
        note=say("pictures_note"),
    )


def _lines(at: Looked) -> Block:
    """From the KL of the two Gaussians to L_simple, each line with this step's numbers."""
    schedule, step, dims = shipped_schedule(), at.step, at.eps.numel()
    beta, alpha, alpha_bar = (float(table[at.t]) for table in (schedule.betas, schedule.alphas, schedule.alpha_bars))
    variance, beta_tilde = float(step.backward.variance), float(step.forward.variance)
    fraction = worked(lambda b, v, a, n: b**2 / (2 * v * a * n), beta, variance, alpha, 1 - alpha_bar)
    weight, error, c, total = worked(lambda k, e, c: k * e + c, step.weight, step.error, step.constant)
    q, p, left = worked(lambda q, p: dims / 2 * (q / p - 1 - math.log(q / p)), beta_tilde, variance)
    distance = r"\lVert\eps{\varepsilon}-\eps{\varepsilon_\theta}\rVert^2"
    return formula(
        r"\mathrm{KL}\big(q(x_{t-1}\mid \xT{x_t},\xO{x_0})\,\|\,p_\theta(x_{t-1}\mid \xT{x_t})\big)",
        r"=\frac{1}{2\sigma_t^2}\lVert\mean{\tilde\mu_t}-\mean{\mu_\theta}\rVert^2+c",
        fill(
            r"=\frac{\beta_t^2}{2\sigma_t^2\alpha_t(1-\bar\alpha_t)}<distance>+c,\quad\sigma_t^2=<symbol>",
            distance=distance, symbol=at.symbol,
        ),
        fill(
            r"\frac{(<b>)^2}{2\cdot<v>\cdot<a>\cdot<n>}=<found>",
            **dict(zip(("b", "v", "a", "n", "found"), fraction, strict=True)),
        ),
        fill(r"<weight>\cdot\eps{<error>}+<c>=<total>", weight=weight, error=error, c=signed(c), total=total),
        fill(
            r"c=\tfrac{<dims>}{2}\Big(\tfrac{\tilde\beta_t}{\sigma_t^2}-1-\ln\tfrac{\tilde\beta_t}{\sigma_t^2}\Big)",
            dims=dims,
        ),
        fill(
            r"=\tfrac{<dims>}{2}\Big(\tfrac{<q>}{<p>}-1-\ln\tfrac{<q>}{<p>}\Big)=<left>",
            dims=dims, q=q, p=p, left=left,
        ),
        fill(r"L_{\text{simple}}=<distance>=\eps{<error>}", distance=distance, error=tex(step.error)),
        note=say("formula_note"),
    )  # fmt: skip


def _ledger(step: StepKL) -> Block:
    return numbers(
        (r"\mathrm{KL}", step.kl, "mean"),
        (r"\say{weight}\cdot\lVert\varepsilon-\varepsilon_\theta\rVert^2", step.weight * step.error, "eps"),
        (r"c", step.constant),
        (r"\say{weight}\cdot\lVert\varepsilon-\varepsilon_\theta\rVert^2+c", step.formula),
        (r"|\say{difference}|/\mathrm{KL}", rough(abs(step.kl - step.formula) / step.kl if step.kl > 0 else 0.0)),
        (r"\tilde\beta_t,\ \say{variance_of}q", float(step.forward.variance)),
        (r"\sigma_t^2,\ \say{variance_of}p_\theta", float(step.backward.variance)),
    )


STEP_KL = Chapter(
    NAME,
    (
        Slider("t", 2, 1000, 8, log=True),
        Slider("share", 0, 3, 1, 0.01),
        Slider("pixel", 1, 784, 1, log=True),
        Slider("digit", 0, 9, 7),
        Choice("sigma", tuple(SIGMAS), "beta"),
    ),
    compute,
    (step_kl, step_weights, reverse_gaussian, posterior, kl),
    choices=4,
)
