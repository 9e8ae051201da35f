"""Chapter: Algorithm 2, one line at a time, with z and without."""

from collections.abc import Mapping
from typing import Any

import torch

from ...core import Schedule, Step, line_4_factors, reverse, step_gaussian
from ...lecture.sampling_lines import (
    NUM_STEPS,
    Chains,
    Line4,
    Position,
    chains,
    ends,
    line_4,
    mean_square,
    num_lines,
    position,
    q_mean_square,
    spread,
)
from ...views.lecture_plots import Series, chart
from ..protocol.chapter_blocks import Block, Picture
from ..protocol.parts import Note
from .arithmetic import rough, worked
from .chapter import Chapter, Choice, Shown, Slider, Steps, words
from .places import fill
from .show import formula, listing, numbers, picture, pictures, plot, remark, tex

NAME = "sampling"
say = words(NAME)
# Indices of lines 3 and 4, which leave something to see.
DRAW, MOVE = 2, 3
# How much larger one variance must be to count as larger.
CLEAR = 1.02


def compute(values: Mapping[str, Any]) -> Shown:
    """The chain of a class after k lines, its line 4 taken apart, and the same chain without z beside it."""
    both, at = chains(values["label"], values["seed"]), position(values["k"], NUM_STEPS)
    add_noise = values["z"] == "with"
    step = (both.with_z if add_noise else both.without_z)[at.step]
    parts = line_4(both.schedule, step, add_noise)
    blocks = [
        listing(_lines(step, parts, at, add_noise), at.line),
        _terms(step, parts, at, add_noise),
        *_ends(values["label"]),
        _line_4(both.schedule, step, parts),
        _ledger(both, step, parts),
        _side_by_side(both, at),
        _power(both, values["label"], at),
        remark(say("loose", last=both.with_z[-1].t)),
    ]
    with_z, without_z = (float(chain[-1].x_s.var()) for chain in (both.with_z, both.without_z))
    answer = 0 if without_z > CLEAR * with_z else 1 if with_z > CLEAR * without_z else 2
    return Shown(blocks, answer, say("because", with_z=with_z, without_z=without_z, label=values["label"]))


def _lines(step: Step, parts: Line4, at: Position, add_noise: bool) -> list[str]:
    """The algorithm, and behind each line of this step that has run what came of it."""
    z = r"\sigz{z}"
    drawn = rf"{z}\sim\mathcal N(0,I)" if add_noise and step.z is not None else rf"{z}=0"
    lines = (
        (r"\xT{x_T}\sim\mathcal N(0,I)", ""),
        (r"\textbf{for }t=T,\dots,1\textbf{ do}", rf"t={step.t},\;s={step.s}"),
        (rf"\quad {z}\sim\mathcal N(0,I)\text{{ if }}t>1\text{{, else }}{z}=0", drawn),
        (
            r"\quad \xT{x_{t-1}}=\tfrac{1}{\sqrt{\alpha_t}}\bigl(\xT{x_t}-\tfrac{1-\alpha_t}{\sqrt{1-\bar\alpha_t}}"
            r"\,\eps{\varepsilon_\theta}(\xT{x_t},t)\bigr)+\sigz{\sigma_t z}",
            fill(r"\xT{x_<s>}", s=step.s),
        ),
        (r"\textbf{end for}", ""),
        (r"\textbf{return }\xO{x_0}", ""),
    )
    done = -1 if at.line is None else at.line
    return [
        line + (rf"\;\;\Rightarrow\;\;{came}" if came and i <= done else "") for i, (line, came) in enumerate(lines)
    ]


def _terms(step: Step, parts: Line4, at: Position, add_noise: bool) -> Block:
    """Each factor and each term of line 4 as a picture; hatched where its line has not run."""
    line = -1 if at.line is None else at.line

    def shown(needs: int, symbol: str, title: str, x: torch.Tensor, note: Note) -> Picture:
        known = line >= needs
        return picture(symbol, title, x[0] if known else None, note=note if known else say("not_yet"))

    t, s = step.t, step.s
    last, drawn = say("no_z_at_the_end"), say("times", v=parts.sigma)
    return pictures(
        shown(0, "x_t", fill(r"x_<t>", t=t), step.x_t, say("now")),
        shown(
            MOVE, "eps", r"\tfrac{1-\alpha_t}{\sqrt{1-\bar\alpha_t}}\,\varepsilon_\theta", parts.removed,
            say("times", v=parts.inner),
        ),
        shown(MOVE, "mean", fill(r"x_<t>-\dots", t=t), parts.difference, say("difference")),
        shown(MOVE, "mean", r"\tfrac{1}{\sqrt{\alpha_t}}(\dots)", parts.mean, say("times", v=parts.outer)),
        shown(
            DRAW, "sigma_z", r"\sigma_t z", parts.noise,
            say("left_out") if not add_noise else last if step.z is None else drawn,
        ),
        shown(MOVE, "x_0" if s == 0 else "x_t", fill(r"x_<s>", s=s), step.x_s, say("next")),
        note=say("terms_note"),
    )  # fmt: skip


def _ends(label: int) -> list[Block]:
    """Several x_0 with z, and beneath each the one from the same x_T without."""
    return [
        pictures(
            *(picture("x_0", rf"x_0^{{({n})}}", x_0) for n, x_0 in enumerate(of, 1)),
            note=say(key, label=label, n=len(of), v=float(f"{spread(of):.2g}")),
            wide=True,
        )
        for of, key in zip(ends(label), ("ends_with", "ends_without"), strict=True)
    ]


def _line_4(schedule: Schedule, step: Step, parts: Line4) -> Block:
    """Line 4, then with this step's numbers."""
    t, s = step.t, step.s
    exact_t, exact_s = (float(schedule.alpha_bars[u]) for u in (t, s))
    alpha, of_t, inner = worked(lambda a, bar: (1 - a) / (1 - bar) ** 0.5, exact_t / exact_s, exact_t)
    bar_t, bar_s, alpha = worked(lambda t, s: t / s, exact_t, exact_s, digits=len(alpha.lstrip("0.")))
    return formula(
        r"\xT{x_{t-1}}=\frac{1}{\sqrt{\alpha_t}}\Bigl(\xT{x_t}-\frac{1-\alpha_t}{\sqrt{1-\bar\alpha_t}}"
        r"\,\eps{\varepsilon_\theta}(\xT{x_t},t)\Bigr)+\sigz{\sigma_t z}",
        fill(
            r"\xT{x_<s>}=<outer>\,\bigl(\xT{x_<t>}-<inner>\,\eps{\varepsilon_\theta}\bigr)+\sigz{<sigma>\,z}",
            t=t, s=s, outer=tex(parts.outer), inner=inner, sigma=tex(parts.sigma),
        ),
        fill(
            r"\alpha_t=\bar\alpha_<t>/\bar\alpha_<s>=<bar_t>/<bar_s>=<alpha>",
            t=t, s=s, bar_t=bar_t, bar_s=bar_s, alpha=alpha,
        ),
        fill(
            r"(1-\alpha_t)/\sqrt{1-\bar\alpha_<t>}=(1-<alpha>)/\sqrt{1-<of_t>}=<inner>",
            t=t, alpha=alpha, of_t=of_t, inner=inner,
        ),
        note=say("stride_note", stride=t - s, n=NUM_STEPS),
    )  # fmt: skip


def _ledger(both: Chains, step: Step, parts: Line4) -> Block:
    def size(x: torch.Tensor) -> float:
        return mean_square(x) ** 0.5

    return numbers(
        (r"t\to s", rf"{step.t}\to{step.s}", "x_t"),
        (r"\bar\alpha_t", float(both.schedule.alpha_bars[step.t])),
        (r"1/\sqrt{\alpha_t}", parts.outer, "mean"),
        (r"(1-\alpha_t)/\sqrt{1-\bar\alpha_t}", parts.inner, "eps"),
        (r"\sigma_t", parts.sigma, "sigma_z"),
        (r"\operatorname{rms}\,x_t", size(step.x_t), "x_t"),
        (r"\operatorname{rms}\,\varepsilon_\theta", size(step.eps_hat), "eps"),
        (r"\operatorname{rms}\,\sigma_t z", size(parts.noise), "sigma_z"),
        (r"\operatorname{rms}\,x_s", size(step.x_s), "x_t"),
        (r"\max|x_s-\say{chain}|", rough(float((parts.x_s - step.x_s).abs().max()))),
    )


def _side_by_side(both: Chains, at: Position) -> Block:
    """Both chains at this step: what they hold after it, and the picture they expect."""
    items = []
    for chain, key in ((both.with_z, "with_z"), (both.without_z, "without_z")):
        step = chain[at.step]
        held = step.x_s if at.line is not None and at.line >= MOVE else step.x_t
        t = step.s if held is step.x_s else step.t
        said = say("with_z", v=float(held.var())) if key == "with_z" else say("without_z", v=float(held.var()))
        items.append(picture("x_t" if t else "x_0", fill(r"x_<t>", t=t), held[0], note=said))
        items.append(picture("x_hat_0", r"\hat x_0", step.x_hat_0[0], note=say("expected")))
    return pictures(*items, note=say("both_note"))


def _power(both: Chains, label: int, at: Position) -> Block:
    """E[x_t²] per pixel along both chains so far, against what q(x_t) has."""
    done = at.step + (at.line is not None and at.line >= MOVE)
    series = []
    for chain, name, colour, dash in (
        (both.with_z, f"@ch_{NAME}.chain_with_z", "--sym-sigma-z", "solid"),
        (both.without_z, f"@ch_{NAME}.chain_without_z", "--sym-x-t", "dash"),
    ):
        t = torch.tensor([chain[0].t, *(step.s for step in chain[:done])])
        y = torch.tensor([mean_square(x) for x in (chain[0].x_t, *(step.x_s for step in chain[:done]))])
        series.append(Series(name, t, y, colour, "line", dash))
    ts = torch.linspace(0, both.schedule.T, 101).round().long()
    series.append(Series(f"@ch_{NAME}.by_q", ts, q_mean_square(both.schedule, label, ts), "--ink", "line", "dot"))
    T = both.schedule.T
    figure = chart(series, "t", f"@ch_{NAME}.power", x_range=(1.01 * T, -0.01 * T), marks=(both.with_z[at.step].t,))
    return plot(figure, say("powers"), note=say("powers_note"))


SAMPLING = Chapter(
    NAME,
    (
        # Line 4 of the 35th step, where the digit begins to show.
        Steps("k", num_lines(NUM_STEPS), 2 + 4 * 34 + 2, run_by=4, lands=0, scrub=True),
        Choice("z", ("with", "without"), "with"),
        Slider("label", 0, 9, 7),
        Slider("seed", 0, 99, 1),
    ),
    compute,
    (reverse, step_gaussian, line_4_factors, line_4, chains),
)
