"""Chapter: x̂_0 put into the posterior's mean gives line 4 of algorithm 2."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from ...core import line_4_factors, posterior_coefficients, score_from_eps, x_0_from_eps
from ...learn.data import bundled_digits
from ...theory.mean_forms import Gaps, Visit, clipped_forms, gaps_of, mean_forms, unclipped_run
from ...theory.network import shipped_eps, shipped_schedule
from ...views.theory import Series, chart
from .chapter import Chapter, Choice, Shown, Slider, words
from .gain import gain_for, gain_text
from .show import formula, numbers, picture, pictures, plot, tex

NAME = "mean_forms"
say = words(NAME)
NUM_STEPS = 50
# Beyond float64's rounding of numbers of this size, below anything that clipping does.
SAME = 1e-9


@lru_cache(32)
def _run(c: int, seed: int) -> tuple[Visit, ...]:
    shape = bundled_digits().images.shape[1:]
    return unclipped_run(shipped_schedule(), shipped_eps(), shape, c, seed, NUM_STEPS)


@lru_cache(64)
def _gaps(c: int, seed: int, one_step: bool) -> Gaps:
    return gaps_of(shipped_schedule(), _run(c, seed), one_step)


def compute(values: Mapping[str, Any], visitor: str) -> Shown:
    """The three means at one step of a run of the network, and how far apart they are over all of it."""
    c, seed, one_step = values["digit"], values["seed"], values["hop"] == "one"
    schedule, run = shipped_schedule(), _run(c, seed)
    t, next_t, x_t, eps_hat, _ = min(run, key=lambda visit: abs(visit.t - values["t"]))
    s = t - 1 if one_step else next_t
    gaps = _gaps(c, seed, one_step)
    x_hat_0 = x_0_from_eps(schedule, x_t, t, eps_hat)
    single = mean_forms(schedule, x_t, t, s, eps_hat)
    exact = x_t.double(), t, s, eps_hat.double()
    double = mean_forms(schedule, *exact)
    clipped, remade = clipped_forms(schedule, *exact)
    first, third = single.from_x_0 - single.from_eps, single.from_score - single.from_eps
    gain = gain_for(first, third)
    figure = chart(
        [Series(f"@ch_{NAME}.clipped", gaps.t, gaps.clipped, "--sym-x-hat-0", dash="dash"),
         Series("float32", gaps.t, gaps.single, "--sym-eps"),
         Series("float64", gaps.t, gaps.double, "--sym-x-0"),
         Series(f"@ch_{NAME}.remade", gaps.t, gaps.remade, "--sym-mean", dash="dot")],
        "t", "", log_y=True, marks=[t], height=300,
    )  # fmt: skip
    outer, inner = line_4_factors(schedule, t, s)
    k = posterior_coefficients(schedule, t, s)
    of_x_0, of_x_t, one_minus_alpha = float(k.of_x_0), float(k.of_x_t), float(k.beta)
    root, noise = float(schedule.alpha_bars[t]) ** 0.5, (1 - float(schedule.alpha_bars[t])) ** 0.5
    a, b = ("t", "t-1") if one_step else (str(t), str(s))
    alpha = r"\alpha_t" if one_step else r"\alpha"
    ratio = "" if one_step else rf"\quad\alpha=\bar\alpha_{{{t}}}/\bar\alpha_{{{s}}}={tex(1 - one_minus_alpha)}"
    # One number of the picture to follow through all three lines: the one with the largest |x̂_0|.
    one = int(x_hat_0.abs().argmax())
    x, e, x_0 = (float(v.double().flatten()[one]) for v in (x_t, eps_hat, x_hat_0))
    mean = float(double.from_eps.flatten()[one])
    score = float(score_from_eps(schedule, t, eps_hat.double()).flatten()[one])
    blocks = [
        pictures(
            picture("mean", r"\tilde\mu(x_t,\hat x_0)", single.from_x_0[0], note=say("first")),
            picture("mean", r"\say{line_4}(x_t,\varepsilon_\theta)", single.from_eps[0], note=say("second")),
            picture("mean", r"x_t,\ \nabla\log q", single.from_score[0], note=say("third")),
            picture("sigma_z", r"\say{first}-\say{second}", first[0], gain, say("gained", gain=gain_text(gain))),
            picture("sigma_z", r"\say{third}-\say{second}", third[0], gain, say("gained", gain=gain_text(gain))),
            picture("x_t", rf"x_{{{t}}}", x_t[0]),
            picture("eps", r"\varepsilon_\theta", eps_hat[0], 0.5),
            picture("x_hat_0", r"\hat x_0", x_hat_0[0]),
            note=say("pictures_note"),
        ),
        formula(
            r"\xhat{\hat x_0}=\frac{\xT{x_t}-\sqrt{1-\bar\alpha_t}\,\eps{\varepsilon_\theta}}"
            r"{\sqrt{\bar\alpha_t}}\quad\say{into}",
            rf"\mean{{\mu_\theta}}=\frac{{\sqrt{{\bar\alpha_{{{b}}}}}(1-{alpha})}}{{1-\bar\alpha_{{{a}}}}}"
            rf"\xhat{{\hat x_0}}"
            rf"+\frac{{\sqrt{{{alpha}}}(1-\bar\alpha_{{{b}}})}}{{1-\bar\alpha_{{{a}}}}}\xT{{x_t}}{ratio}",
            rf"=\frac1{{\sqrt{{{alpha}}}}}\Big(\xT{{x_t}}-\frac{{1-{alpha}}}{{\sqrt{{1-\bar\alpha_t}}}}"
            rf"\eps{{\varepsilon_\theta}}\Big)",
            rf"=\frac1{{\sqrt{{{alpha}}}}}\big(\xT{{x_t}}+(1-{alpha})\,\nabla\log q(\xT{{x_t}})\big)",
            note=say("formula_note"),
        ),
        formula(
            rf"\xhat{{\hat x_0}}=\big(\xT{{{tex(x)}}}-{tex(noise)}\cdot\eps{{{_signed(e)}}}\big)/{tex(root)}"
            rf"=\xhat{{{tex(x_0)}}}",
            rf"{tex(of_x_0)}\cdot\xhat{{{_signed(x_0)}}}+{tex(of_x_t)}\cdot\xT{{{_signed(x)}}}=\mean{{{tex(mean, 6)}}}",
            rf"{tex(outer)}\,\big(\xT{{{tex(x)}}}-{tex(inner)}\cdot\eps{{{_signed(e)}}}\big)=\mean{{{tex(mean, 6)}}}",
            rf"{tex(outer)}\,\big(\xT{{{tex(x)}}}+{tex(one_minus_alpha)}\cdot{_signed(score)}\big)"
            rf"=\mean{{{tex(mean, 6)}}}",
            note=say("pixel_note", row=one // x_t.shape[-1], column=one % x_t.shape[-1], t=t),
        ),
        plot(figure, say("over_the_run", steps=NUM_STEPS), note=say("plot_note")),
        numbers(
            (rf"\text{{float32}},\ t={t}", single.gap, "eps"),
            (r"\text{float32},\ \say{whole_run}", float(gaps.single.max()), "eps"),
            (rf"\text{{float64}},\ t={t}", double.gap, "x_0"),
            (r"\text{float64},\ \say{whole_run}", float(gaps.double.max()), "x_0"),
            (rf"|\hat x_0|\le1,\ t={t}", clipped.gap, "x_hat_0"),
            (r"|\hat x_0|\le1,\ \varepsilon_\theta\ \say{remade}", remade.gap, "mean"),
            (r"\max|\hat x_0|", float(x_hat_0.abs().max()), "x_hat_0"),
        ),
    ]  # fmt: skip
    outside = int((x_hat_0.abs() > 1).sum())
    apart = int(((clipped.from_x_0 - clipped.from_eps).abs() > SAME).sum())
    answer = 0 if apart == 0 else 1 if apart == x_t.numel() else 2
    told = say("because", t=t, outside=outside, apart=apart, total=x_t.numel(), gap=clipped.gap, remade=remade.gap)
    return Shown(blocks, answer, told, {"t": t})


def _signed(value: float) -> str:
    return rf"({tex(value)})" if value < 0 else tex(value)


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
