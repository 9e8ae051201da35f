"""Chapter: Algorithm 1, one line at a time."""

import math
from collections.abc import Mapping
from typing import Any

import torch

from ...core import Schedule, SeededNoise, level, q_sample
from ...learn.networks.unet import network_output
from ...learn.training.algorithm_1 import algorithm_1_error, draw_t, gradient_step
from ...lecture.training_lines import (
    BATCH,
    HELD_OUT,
    PATIENCE,
    STARTS,
    Algorithm1,
    Iteration,
    algorithm_1,
    plateau,
    smoothed,
    trained_error_by_quarter,
)
from ...lecture.wrong_t import mse, mse_by_told, noised, said
from ...views.lecture_plots import Series, chart
from ..protocol.chapter_blocks import Block, Picture
from .arithmetic import known, worked
from .chapter import Chapter, Choice, Keeps, Shown, Slider, Steps, words
from .digit import SEED, digit
from .graphs import diagram, noise_predictor
from .places import fill
from .show import formula, listing, numbers, picture, pictures, plot, tex

NAME = "training"
say = words(NAME)
DIGIT = 7
MOST_ITERATIONS = 2000
# An error this many times the picture's mean error is drawn white.
WHITE = 4
# How much larger one mean error must be to count as larger.
CLEAR = 1.1


def compute(values: Mapping[str, Any], run: Algorithm1) -> Shown:
    """The lines up to the k-th, run on this visitor's own network, and what they left."""
    run.go_to(values["k"], values["learning_rate"])
    blocks = [
        listing(_lines(run), (run.k - 1) % len(run.lines) if run.k else None),
        _tensors(run.now, values["picture"] - 1),
        _line_5(run, values["picture"] - 1),
        _ledger(run, values["picture"] - 1),
        *_levels(run.schedule, run.now, values["picture"] - 1, values["t_shown"]),
        *_two_inputs(values["t_shown"], values["told"]),
        _losses(run),
    ]
    T = run.schedule.T
    low, *_, high = trained_error_by_quarter()
    answer = 0 if low.mean > CLEAR * high.mean else 1 if high.mean > CLEAR * low.mean else 2
    because = say(
        "because", low=known(*low), low_error=known(low.error, low.error), high=known(*high),
        high_error=known(high.error, high.error), n=HELD_OUT, early=T // 4, late=T - T // 4,
    )  # fmt: skip
    return Shown(blocks, answer, because)


def _mean(errors: torch.Tensor | None) -> float:
    return float("nan") if errors is None else float(errors.mean())


def _change(now: Iteration) -> list[str]:
    """L before and after the step, and by how much it changed: with digits from which that is found again."""
    before, after = _mean(now.before), _mean(now.after)
    if math.isnan(after - before):  # not yet
        return [tex(before), tex(after), tex(after - before)]
    return worked(lambda before, after: after - before, before, after)


def _lines(run: Algorithm1) -> list[str]:
    """The algorithm, and behind each line of this iteration that has run what came of it."""
    now, done = run.now, (run.k - 1) % len(run.lines) + 1 if run.k else 0
    before, after, _ = _change(now)
    drawn = "" if now.t is None else r",\allowbreak ".join(str(int(t)) for t in now.t)
    lines = (
        (r"\textbf{repeat}", rf"n={run.num_iterations}"),
        (r"\quad\xO{x_0}\sim q(\xO{x_0})", rf"{BATCH}\times\xO{{x_0}}"),
        (rf"\quad t\sim\mathrm{{Uniform}}(\{{1,\dots,{run.schedule.T}\}})", rf"t={drawn}"),
        (r"\quad\eps{\varepsilon}\sim\mathcal N(0,I)", rf"{BATCH}\times\eps{{\varepsilon}}"),
        (
            r"\quad\nabla_\theta\,\lVert\eps{\varepsilon}-\eps{\varepsilon_\theta}"
            r"(\sqrt{\bar\alpha_t}\,\xO{x_0}+\sqrt{1-\bar\alpha_t}\,\eps{\varepsilon},\,t)\rVert^2",
            rf"{before}\to{after}",
        ),
        (r"\textbf{until converged}", fill(r"L_<n>=<loss>", n=HELD_OUT, loss=tex(run.held_out[-1][1]))),
    )
    return [line + (rf"\;\;\Rightarrow\;\;{came}" if i < done else "") for i, (line, came) in enumerate(lines)]


def _tensors(now: Iteration, i: int) -> Block:
    """The i-th picture of the batch as each line left it; hatched where its line has not run."""
    t = r"t" if now.t is None else f"{int(now.t[i])}"
    maps: list[torch.Tensor | None] = [None, None]
    white = 0.0
    if now.eps is not None and now.eps_theta is not None and now.eps_theta_after is not None:
        errors = [(now.eps[i] - said[i]).square() for said in (now.eps_theta, now.eps_theta_after)]
        white = WHITE * float(errors[0].mean())
        maps = [2 * error / white - 1 for error in errors]

    def shown(symbol: str, title: str, x: torch.Tensor | None, key: str, **places: object) -> Picture:
        note = say("not_yet") if x is None else say(key, **places)
        return picture(symbol, title, x, note=note)

    def part(batch: torch.Tensor | None) -> torch.Tensor | None:
        return None if batch is None else batch[i]

    error = r"(\varepsilon-\varepsilon_\theta)^2"
    return pictures(
        shown("x_0", "x_0", part(now.x_0), "from_line_2"),
        shown("eps", r"\varepsilon", part(now.eps), "from_line_4"),
        shown("x_t", fill(r"x_<t>", t=t), part(now.x_t), "mixed"),
        shown("eps", r"\varepsilon_\theta", part(now.eps_theta), "says"),
        shown("mean", error, maps[0], "error_before", v=_mean(part(now.before)), white=white),
        shown("mean", rf"{error}\ (\theta')", maps[1], "error_after", v=_mean(part(now.after))),
        note=say("pictures_note", i=i + 1, n=BATCH),
    )


def _two_inputs(t: int, told: int) -> list[Block]:
    """The noise predictor with the right t and with another one: one x_t of the shipped network."""
    x_t, eps, _ = noised(DIGIT, t)
    answers = said(DIGIT, t, t), said(DIGIT, t, told)
    errors = [(eps - answer).square() for answer in answers]
    white = WHITE * float(errors[0].mean())
    ts, by_told = mse_by_told(DIGIT, t)
    figure = chart(
        [Series("MSE", ts, by_told, "--sym-eps", "both"),
         Series(f"@ch_{NAME}.told_now", torch.tensor([told]), torch.tensor([mse(eps, answers[1])]), "--ink", "points")],
        f"@ch_{NAME}.told_axis", "MSE", log_y=True, marks=(t,),
    )  # fmt: skip
    right, wrong = (
        picture("eps", fill(r"\varepsilon_\theta(x_<t>,<u>)", t=t, u=u), answer[0], 0.5, say(key, v=mse(eps, answer)))
        for u, answer, key in zip((t, told), answers, ("told_right", "told_other"), strict=True)
    )
    return [
        diagram(
            noise_predictor(words("graphs"), t, told), title=say("two_inputs"),
            note=say("two_inputs_note", t=t, told=told),
        ),
        pictures(
            picture("x_t", fill(r"x_<t>", t=t), x_t[0]), right,
            picture("mean", r"(\varepsilon-\varepsilon_\theta)^2", (2 * errors[0] / white - 1)[0]),
            picture("eps", r"\varepsilon", eps[0], 0.5), wrong,
            picture("mean", r"(\varepsilon-\varepsilon_\theta)^2", (2 * errors[1] / white - 1)[0]),
            note=say("told_note"),
        ),
        plot(figure, say("told_title", t=t), note=say("told_plot_note")),
    ]  # fmt: skip


def _line_5(run: Algorithm1, i: int) -> Block:
    """Line 5 with this picture's own numbers."""
    lines = [r"\xT{x_t}=\sqrt{\bar\alpha_t}\,\xO{x_0}+\sqrt{1-\bar\alpha_t}\,\eps{\varepsilon}"]
    now = run.now
    if now.t is not None:
        signal, noise = (float(part) for part in level(run.schedule, int(now.t[i]), torch.zeros(1)))
        lines.append(
            fill(
                r"\xT{x_<t>}=<signal>\,\xO{x_0}+<noise>\,\eps{\varepsilon}",
                t=int(now.t[i]), signal=tex(signal), noise=tex(noise),
            )
        )  # fmt: skip
    lines.append(r"L(\theta)=\mathrm{MSE}=\tfrac1D\lVert\eps{\varepsilon}-\eps{\varepsilon_\theta}(\xT{x_t},t)\rVert^2")
    if now.gradient_norm is not None:
        before, after, _ = _change(now)
        lines += [
            rf"L={before},\quad\lVert\nabla_\theta L\rVert={tex(now.gradient_norm)}",
            rf"\theta\leftarrow\theta',\quad L(\theta')={after}",
        ]
    return formula(*lines, note=say("step_note"))


def _ledger(run: Algorithm1, i: int) -> Block:
    now, falls = run.now, plateau(run.held_out)
    t = None if now.t is None else int(now.t[i])
    alpha_bar_t = float("nan") if t is None else float(run.schedule.alpha_bars[t])
    before, _, change = _change(now)
    return numbers(
        ("n", str(run.num_iterations)),
        ("t", tex(float("nan")) if t is None else str(t), "x_t"),
        (r"\bar\alpha_t", alpha_bar_t, "x_0"),
        (r"1-\bar\alpha_t", 1 - alpha_bar_t, "eps"),
        (r"L(\theta)", before),
        (r"L(\theta')-L(\theta)", change),
        (r"\lVert\nabla_\theta L\rVert", float("nan") if now.gradient_norm is None else now.gradient_norm),
        (fill(r"L_<n>", n=HELD_OUT), run.held_out[-1][1], "x_hat_0"),
        (fill(r"\min L_<count>\ (n=<at>)", count=HELD_OUT, at=falls.at), falls.best, "x_hat_0"),
        (r"|\theta|", str(sum(p.numel() for p in run.unet.parameters()))),
    )


def _losses(run: Algorithm1) -> Block:
    """Training loss and held-out loss over the iterations, and line 6's verdict."""
    n = torch.arange(1, len(run.losses) + 1)
    measured, held_out = (torch.tensor(column, dtype=torch.float64) for column in zip(*run.held_out, strict=True))
    # Axes that hold still while it runs, and widen where they must.
    known = torch.cat([torch.tensor(run.losses, dtype=torch.float64), held_out]).log10()
    known = known[torch.isfinite(known)]
    low, high = min(-2.0, float(known.min()) - 0.1), max(0.3, float(known.max()) + 0.1)
    room = 20 * 2 ** max(0, math.ceil(math.log2(max(1, run.num_iterations) / 20)))
    figure = chart(
        [Series(f"@ch_{NAME}.raw", n, torch.tensor(run.losses), "--muted", "points"),
         Series(f"@ch_{NAME}.smooth", n, torch.tensor(smoothed(run.losses)), "--sym-eps"),
         Series(f"@ch_{NAME}.held_out", measured, held_out, "--sym-x-hat-0", "both")],
        f"@ch_{NAME}.iteration", f"@ch_{NAME}.loss", log_y=True, x_range=(-0.5, room + 0.5), y_range=(low, high),
    )  # fmt: skip
    falls = plateau(run.held_out)
    since = run.num_iterations - falls.at
    found = {"best": falls.best, "at": falls.at, "since": since, "patience": PATIENCE, "n": HELD_OUT}
    note = say("converged", **found) if falls.converged else say("falling", **found)
    return plot(figure, say("losses", n=len(run.losses)), note=note)


def _levels(schedule: Schedule, now: Iteration, i: int, t: int) -> list[Block]:
    """The shares of x_0 and of ε over t with the batch's own t, and x_t at a t that the reader drags."""
    ts = torch.linspace(0, schedule.T, 201).round().long()
    signal, noise = (part.flatten() for part in level(schedule, ts, torch.zeros(len(ts), 1)))
    drawn = torch.empty(0, dtype=torch.int64) if now.t is None else now.t
    figure = chart(
        [Series("√ᾱ_t", ts, signal, "--sym-x-0"), Series("√(1−ᾱ_t)", ts, noise, "--sym-eps"),
         Series(f"@ch_{NAME}.drawn", drawn, level(schedule, drawn, torch.zeros(len(drawn), 1)).noise.flatten(),
                "--sym-x-t", "points")],
        "t", f"@ch_{NAME}.share", x_range=(0, schedule.T), y_range=(-0.03, 1.05), marks=(t,),
    )  # fmt: skip
    x_0 = digit(DIGIT) if now.x_0 is None else now.x_0[i : i + 1]
    eps = SeededNoise(SEED, [0], x_0.shape[1:])() if now.eps is None else now.eps[i : i + 1]
    shares = level(schedule, t, x_0)
    of_x_0, of_eps = (float(share) for share in shares)
    return [
        plot(figure, say("shares", t=t, alpha_bar_t=float(schedule.alpha_bars[t])), note=say("shares_note")),
        pictures(
            picture(
                "x_0", fill(r"\sqrt{\bar\alpha_<t>}\,x_0", t=t), (shares.signal * x_0)[0],
                note=say("times", v=of_x_0),
            ),
            picture(
                "eps", fill(r"\sqrt{1-\bar\alpha_<t>}\,\varepsilon", t=t), (shares.noise * eps)[0],
                note=say("times", v=of_eps),
            ),
            picture("x_t", fill(r"x_<t>", t=t), q_sample(schedule, x_0, t, eps)[0], note=say("their_sum")),
            note=say("drag_note"),
        ),
    ]  # fmt: skip


TRAINING = Chapter(
    NAME,
    (
        # The fifth line, so that there is something to see at once.
        Steps("k", 6 * MOST_ITERATIONS, 5, run_by=6, lands=5),
        Choice("start", tuple(STARTS), "scratch", restarts="k"),
        Slider("learning_rate", 1e-5, 3e-2, 1e-3, 1e-6, log=True),
        Slider("picture", 1, BATCH, 1),
        Slider("t_shown", 1, 1000, 250),
        Slider("told", 1, 1000, 700),
    ),
    compute,
    (Algorithm1, algorithm_1_error, gradient_step, q_sample, network_output, draw_t, plateau),
    keeps=Keeps("start", algorithm_1),
)
