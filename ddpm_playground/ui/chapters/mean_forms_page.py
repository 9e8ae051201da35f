"""Chapter: x̂_0 put into the posterior's mean gives line 4 of algorithm 2."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch

from ...core import line_4_factors, posterior_coefficients, score_from_eps, x_0_from_eps
from ...learn.data.pictures import bundled_digits
from ...lecture.mean_forms import Forms, Gaps, Visit, clipped_forms, gaps_of, mean_forms, unclipped_run
from ...lecture.remembered import remembered
from ...lecture.shipped_network import shipped_eps, shipped_schedule
from ...views.lecture_plots import Series, chart
from ..protocol.chapter_blocks import Block
from .arithmetic import rough, signed, worked
from .chapter import Chapter, Choice, Shown, Slider, words
from .gain import gain_for, gain_text
from .places import fill
from .show import formula, numbers, picture, pictures, plot, tex

NAME = "mean_forms"
say = words(NAME)
NUM_STEPS = 50
# Beyond float64's rounding of numbers of this size, below anything that clipping does.
SAME = 1e-9


@remembered(32)
def _run(c: int, seed: int) -> tuple[Visit, ...]:
    shape = bundled_digits().images.shape[1:]
    return unclipped_run(shipped_schedule(), shipped_eps(), shape, c, seed, NUM_STEPS)


@remembered(64)
def _gaps(c: int, seed: int, one_step: bool) -> Gaps:
    return gaps_of(shipped_schedule(), _run(c, seed), one_step)


class Looked(NamedTuple):
    """One step t → s of a run: x_t, ε̂ and x̂_0 (1,C,H,W), and its means in float32, in float64, and with x̂_0 clipped.

    `remade` has ε̂ made anew from the clipped x̂_0; `gaps` are those of every step of the run.
    """

    t: int
    s: int
    x_t: torch.Tensor
    eps_hat: torch.Tensor
    x_hat_0: torch.Tensor
    single: Forms
    double: Forms
    clipped: Forms
    remade: Forms
    gaps: Gaps


def _looked(c: int, seed: int, near: int, one_step: bool) -> Looked:
    """The step of the run whose t is nearest to `near`."""
    schedule = shipped_schedule()
    t, next_t, x_t, eps_hat, _ = min(_run(c, seed), key=lambda visit: abs(visit.t - near))
    s = t - 1 if one_step else next_t
    exact = x_t.double(), t, s, eps_hat.double()
    return Looked(
        t, s, x_t, eps_hat, x_0_from_eps(schedule, x_t, t, eps_hat),
        mean_forms(schedule, x_t, t, s, eps_hat), mean_forms(schedule, *exact), *clipped_forms(schedule, *exact),
        gaps=_gaps(c, seed, one_step),
    )  # fmt: skip


def compute(values: Mapping[str, Any]) -> Shown:
    """The three means at one step of a run of the network, and how far apart they are over all of it."""
    one_step = values["hop"] == "one"
    at = _looked(values["digit"], values["seed"], values["t"], one_step)
    blocks = [_means(at), _lines(at, one_step), _one_number(at), _over_the_run(at), _ledger(at)]
    apart = int(((at.clipped.from_x_0 - at.clipped.from_eps).abs() > SAME).sum())
    total = at.x_t.numel()
    told = say(
        "because", t=at.t, outside=int((at.x_hat_0.abs() > 1).sum()), apart=apart, total=total,
        gap=at.clipped.gap, remade=float(f"{at.remade.gap:.2g}"),
    )  # fmt: skip
    return Shown(blocks, 0 if apart == 0 else 1 if apart == total else 2, told, {"t": at.t})


def _means(at: Looked) -> Block:
    """The three means, what they differ by, and what they are made of."""
    single = at.single
    first, third = single.from_x_0 - single.from_eps, single.from_score - single.from_eps
    gain = gain_for(first, third)
    return pictures(
        picture("mean", r"\tilde\mu(x_t,\hat x_0)", single.from_x_0[0], note=say("first")),
        picture("mean", r"\say{line_4}(x_t,\varepsilon_\theta)", single.from_eps[0], note=say("second")),
        picture("mean", r"x_t,\ \nabla\log q", single.from_score[0], note=say("third")),
        picture("sigma_z", r"\say{first}-\say{second}", first[0], gain, say("gained", gain=gain_text(gain))),
        picture("sigma_z", r"\say{third}-\say{second}", third[0], gain, say("gained", gain=gain_text(gain))),
        picture("x_t", fill(r"x_<t>", t=at.t), at.x_t[0]),
        picture("eps", r"\varepsilon_\theta", at.eps_hat[0], 0.5),
        picture("x_hat_0", r"\hat x_0", at.x_hat_0[0]),
        note=say("pictures_note"),
    )


def _lines(at: Looked, one_step: bool) -> Block:
    """From x̂_0 in the posterior's mean to line 4 and to the score."""
    t, s = at.t, at.s
    a, b, alpha, ratio = "t", "t-1", r"\alpha_t", ""
    if not one_step:
        a, b, alpha = str(t), str(s), r"\alpha"
        value = tex(1 - float(posterior_coefficients(shipped_schedule(), t, s).beta))
        ratio = fill(r"\quad\alpha=\bar\alpha_<t>/\bar\alpha_<s>=<value>", t=t, s=s, value=value)
    return formula(
        r"\xhat{\hat x_0}=\frac{\xT{x_t}-\sqrt{1-\bar\alpha_t}\,\eps{\varepsilon_\theta}}"
        r"{\sqrt{\bar\alpha_t}}\quad\say{into}",
        fill(
            r"\mean{\mu_\theta}=\frac{\sqrt{\bar\alpha_<b>}(1-<alpha>)}{1-\bar\alpha_<a>}\xhat{\hat x_0}"
            r"+\frac{\sqrt{<alpha>}(1-\bar\alpha_<b>)}{1-\bar\alpha_<a>}\xT{x_t}<ratio>",
            a=a, b=b, alpha=alpha, ratio=ratio,
        ),
        fill(
            r"=\frac1{\sqrt{<alpha>}}\Big(\xT{x_t}-\frac{1-<alpha>}{\sqrt{1-\bar\alpha_t}}"
            r"\eps{\varepsilon_\theta}\Big)",
            alpha=alpha,
        ),
        fill(r"=\frac1{\sqrt{<alpha>}}\big(\xT{x_t}+(1-<alpha>)\,\nabla\log q(\xT{x_t})\big)", alpha=alpha),
        note=say("formula_note"),
    )  # fmt: skip


def _one_number(at: Looked) -> Block:
    """The number of the picture with the largest |x̂_0| through all three lines."""
    schedule = shipped_schedule()
    one = int(at.x_hat_0.abs().argmax())
    x, e, x_0 = (float(v.double().flatten()[one]) for v in (at.x_t, at.eps_hat, at.x_hat_0))
    score = float(score_from_eps(schedule, at.t, at.eps_hat.double()).flatten()[one])
    outer, inner = line_4_factors(schedule, at.t, at.s)
    k = posterior_coefficients(schedule, at.t, at.s)
    root, noise = float(schedule.alpha_bars[at.t]) ** 0.5, (1 - float(schedule.alpha_bars[at.t])) ** 0.5
    # Each line with the digits that a calculator needs for its result; the mean is the same in three of them.
    shown = worked(lambda x, k, e, r: (x - k * e) / r, x, noise, e, root)
    by_x_0 = worked(lambda a, x_0, b, x: a * x_0 + b * x, float(k.of_x_0), x_0, float(k.of_x_t), x)
    by_eps = worked(lambda a, x, b, e: a * (x - b * e), outer, x, inner, e)
    by_score = worked(lambda a, x, b, g: a * (x + b * g), outer, x, float(k.beta), score)
    return formula(
        _line(r"\xhat{\hat x_0}=\big(\xT{<a>}-<b>\cdot\eps{<signed_c>}\big)/<d>=\xhat{<found>}", shown),
        _line(r"<a>\cdot\xhat{<signed_b>}+<c>\cdot\xT{<signed_d>}=\mean{<found>}", by_x_0),
        _line(r"<a>\,\big(\xT{<b>}-<c>\cdot\eps{<signed_d>}\big)=\mean{<found>}", by_eps),
        _line(r"<a>\,\big(\xT{<b>}+<c>\cdot<signed_d>\big)=\mean{<found>}", by_score),
        note=say("pixel_note", row=one // at.x_t.shape[-1], column=one % at.x_t.shape[-1], t=at.t),
    )


def _line(template: str, shown: Sequence[str]) -> str:
    """Four numbers a, b, c, d that `worked` wrote and what it found; signed_a has parentheses where a is negative."""
    values = dict(zip(("a", "b", "c", "d", "found"), shown, strict=True))
    values |= {f"signed_{name}": signed(value) for name, value in values.items()}
    return fill(template, **{name: value for name, value in values.items() if f"<{name}>" in template})


def _over_the_run(at: Looked) -> Block:
    """How far apart the means are at each t of the run."""
    gaps = at.gaps
    figure = chart(
        [Series(f"@ch_{NAME}.clipped", gaps.t, gaps.clipped, "--sym-x-hat-0", dash="dash"),
         Series("float32", gaps.t, gaps.single, "--sym-eps"),
         Series("float64", gaps.t, gaps.double, "--sym-x-0"),
         Series(f"@ch_{NAME}.remade", gaps.t, gaps.remade, "--sym-mean", dash="dot")],
        "t", "", log_y=True, marks=[at.t], height=300,
    )  # fmt: skip
    return plot(figure, say("over_the_run", steps=NUM_STEPS), note=say("plot_note"))


def _ledger(at: Looked) -> Block:
    t, gaps = at.t, at.gaps
    return numbers(
        (rf"\text{{float32}},\ t={t}", rough(at.single.gap), "eps"),
        (r"\text{float32},\ \say{whole_run}", rough(float(gaps.single.max())), "eps"),
        (rf"\text{{float64}},\ t={t}", rough(at.double.gap), "x_0"),
        (r"\text{float64},\ \say{whole_run}", rough(float(gaps.double.max())), "x_0"),
        (rf"|\hat x_0|\le1,\ t={t}", at.clipped.gap, "x_hat_0"),
        (r"|\hat x_0|\le1,\ \varepsilon_\theta\ \say{remade}", rough(at.remade.gap), "mean"),
        (r"\max|\hat x_0|", float(at.x_hat_0.abs().max()), "x_hat_0"),
    )


MEAN_FORMS = Chapter(
    NAME,
    (
        Slider("t", 1, 1000, 300),
        Slider("digit", 0, 9, 3),
        Slider("seed", 0, 20, 0),
        Choice("hop", ("one", "stride"), "one"),
    ),
    compute,
    (mean_forms, clipped_forms, line_4_factors, score_from_eps, x_0_from_eps),
)
