"""Chapter: the bound of the shipped network on held-out digits, term by term, in bits per dimension."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch

from ...core import SeededNoise, bound_terms, discretised_log_likelihood, posterior_kl, prior_term, stream_seed
from ...lecture.partial_ledger import (
    Estimate,
    Remembered,
    estimate_of,
    estimated_bound,
    every_second,
    filled,
    spread_ts,
)
from ...lecture.remembered import remembered
from ...lecture.shipped_network import CHECKPOINT, shipped_eps, shipped_schedule
from ...run import shelf
from ...views.lecture_plots import Series, chart
from ..protocol.chapter_blocks import Block
from .arithmetic import estimated, known, worked
from .chapter import Chapter, Choice, Shown, Slider, words
from .places import fill
from .show import formula, numbers, picture, pictures, plot, remark, tex

NAME = "ledger"
say = words(NAME)
SIGMAS = {"beta": 1.0, "beta_tilde": 0.0}
SYMBOLS = {"beta": r"\beta_t", "beta_tilde": r"\tilde\beta_t"}
SHOWN = 4  # steps whose pictures are shown


class Asked(NamedTuple):
    """Some held-out digits, their classes and places among the bundled ones, and what the network says of them."""

    x_0: torch.Tensor
    labels: torch.Tensor
    places: tuple[int, ...]
    predict: Remembered


@remembered(4)
def _asked(num_ts: int, num_images: int, seed: int) -> Asked:
    """The very pictures that `evaluate --bound --num-images --seed` takes."""
    from ...learn.judging.checkpoint_bound import held_out

    held = held_out(shelf().load(CHECKPOINT), None, num_images, seed)
    x_0 = held.pictures.x_0(held.places).double()
    return Asked(x_0, held.labels, tuple(held.places.tolist()), Remembered(shipped_eps()))


class Seen(NamedTuple):
    """x_t of one digit and what the network makes of it, x̂_0, (C,H,W) each."""

    t: int
    x_t: torch.Tensor
    x_hat_0: torch.Tensor


@remembered(32)
def _estimate(num_ts: int, num_images: int, seed: int, w: float) -> tuple[Estimate, tuple[Seen, ...]]:
    """The bound, and the first digit at SHOWN of the t that it visits, from 1 to T."""
    schedule, asked = shipped_schedule(), _asked(num_ts, num_images, seed)
    noise = SeededNoise(stream_seed(seed, "bound"), asked.places, asked.x_0.shape[1:])
    ts = spread_ts(schedule.T, num_ts)
    found = estimated_bound(schedule, asked.predict, asked.x_0, noise, ts, asked.labels, w)
    shown = [found.visited[k * (len(found.visited) - 1) // (SHOWN - 1)].t for k in range(SHOWN)]
    at = {t: asked.predict.said[t] for t in shown}
    return found, tuple(Seen(t, at[t][0][0].clone(), at[t][1].x_hat_0[0].clone()) for t in shown)


def command_of(num_images: int, seed: int) -> str:
    """What computes every t."""
    return (
        f"python -m ddpm_playground evaluate --checkpoint checkpoints/{CHECKPOINT} --bound "
        f"--num-images {num_images} --seed {seed}"
    )


def compute(values: Mapping[str, Any]) -> Shown:
    """Every term over t, the ledger, the two errors, and what the network sees of one digit."""
    num_ts, num_images, seed, sigma = values["num_ts"], values["num_images"], values["seed"], values["sigma"]
    other = next(name for name in SIGMAS if name != sigma)
    (found, seen), (rival, _) = (_estimate(num_ts, num_images, seed, SIGMAS[name]) for name in (sigma, other))
    T, command = len(found.ledger.vb), command_of(num_images, seed)
    blocks = [
        _terms(found),
        _ledger(found, rival, other),
        remark(say("estimate", visited=num_ts, total=T, images=num_images, command=command)),
        _sums(found),
        _errors(found),
        _seen(seen),
        _lines(found, sigma),
    ]
    L_0, quarters, L_T = _parts(found)
    errors = found.quarter_errors.tolist()
    told = say(
        "because", L_0=known(L_0, found.decoder_error), first=known(quarters[0], errors[0]),
        rest=known(sum(quarters[1:]), math.hypot(*errors[1:])), L_T=L_T,
    )  # fmt: skip
    entries = [L_0, quarters[0], sum(quarters[1:]), L_T]
    return Shown(blocks, max(range(4), key=entries.__getitem__), told)


def _parts(found: Estimate) -> tuple[float, list[float], float]:
    """L_0, the four quarters of Σ L_{t−1}, and L_T, in bits per dimension."""
    return float(found.ledger.vb[0]), found.quarters.tolist(), found.ledger.prior_bpd


def _quarter_ends(T: int) -> list[float]:
    """Where the first three quarters of 1…T end."""
    return [T * k / 4 for k in (1, 2, 3)]


def _terms(found: Estimate) -> Block:
    """L_{t−1} over t, visited and filled in, with L_0 and L_T."""
    vb = found.ledger.vb
    ts, every = torch.tensor([term.t for term in found.visited]), torch.arange(1, len(vb) + 1, dtype=torch.float64)
    figure = chart(
        [Series(f"@ch_{NAME}.filled", every[1:], vb[1:], "--sym-mean"),
         Series(f"@ch_{NAME}.visited", ts[1:].double(), vb[ts[1:] - 1], "--ink", "points"),
         Series("L_0", every[:1], vb[:1], "--sym-x-0", "points"),
         Series("L_T", every[-1:], torch.tensor([found.ledger.prior_bpd]), "--sym-eps", "points")],
        "t", f"@ch_{NAME}.bits", log_x=True, log_y=True, marks=_quarter_ends(len(vb)), height=320,
    )  # fmt: skip
    return plot(figure, say("terms"), note=say("terms_note"))


def _ledger(found: Estimate, rival: Estimate, other: str) -> Block:
    """L_0, the quarters, L_T and their sum with its one error; what that is made of; the sum with the other σ_t²."""
    (L_0, quarters, L_T), ledger, T = _parts(found), found.ledger, len(found.ledger.vb)
    kept = len(every_second(found.visited))
    rows = [(r"L_0", estimated(L_0, found.decoder_error), "x_0")]
    bounds = [1, *(int(end) for end in _quarter_ends(T)), T]
    for k, (value, error) in enumerate(zip(quarters, found.quarter_errors.tolist(), strict=True)):
        low = 2 if k == 0 else bounds[k] + 1
        name = rf"\textstyle\sum L_{{t-1}},\ t={low}\ldots{bounds[k + 1]}"
        rows.append((name, estimated(value, error), "mean"))
    return numbers(
        *rows,
        (r"L_T", L_T, "eps"),
        (r"\say{total_bits}", estimated(ledger.total_bpd, found.error)),
        (r"\quad a:\ \say{of_digits}", tex(ledger.standard_error, 3)),
        (rf"\quad b:\ \say{{of_gaps}}{kept}\say{{count_of}}t", tex(abs(found.rougher - ledger.total_bpd), 3)),
        (rf"\say{{total_with}}\sigma_t^2={SYMBOLS[other]}", estimated(rival.ledger.total_bpd, rival.error)),
    )


def _sums(found: Estimate) -> Block:
    """L_0 + … + L_{t−1} over t."""
    ledger, T = found.ledger, len(found.ledger.vb)
    every = torch.arange(1, T + 1, dtype=torch.float64)
    figure = chart(
        [Series("L_0 + … + L_{t−1}", every, ledger.vb.cumsum(0), "--sym-mean", "area")],
        "t", f"@ch_{NAME}.bits", log_x=True, marks=_quarter_ends(T), y_range=(0.0, 1.08 * ledger.total_bpd),
    )  # fmt: skip
    return plot(figure, say("sums"), note=say("sums_note"))


def _errors(found: Estimate) -> Block:
    """The errors of ε_θ and of x̂_0 at each t that was visited."""
    ledger, ts = found.ledger, torch.tensor([term.t for term in found.visited])
    figure = chart(
        [Series("‖ε − ε_θ‖²/D", ts.double(), ledger.eps_mse[ts - 1], "--sym-eps", "both"),
         Series("‖x_0 − x̂_0‖²/D", ts.double(), ledger.x_0_mse[ts - 1], "--sym-x-hat-0", "both", "dash")],
        "t", f"@ch_{NAME}.error", log_x=True, log_y=True,
    )  # fmt: skip
    return plot(figure, say("errors"), note=say("errors_note"))


def _seen(seen: Sequence[Seen]) -> Block:
    """x_t and x̂_0 of the first digit at some of the t's."""
    items = []
    for t, x_t, x_hat_0 in seen:
        items.append(picture("x_t", fill(r"x_<t>", t=t), x_t))
        items.append(picture("x_hat_0", fill(r"\hat x_0(x_<t>)", t=t), x_hat_0))
    return pictures(*items, note=say("seen"))


def _lines(found: Estimate, sigma: str) -> Block:
    """The bound, its terms, and their sum."""
    L_0, quarters, L_T = _parts(found)
    first, later, last, total = worked(lambda first, later, last: first + later + last, L_0, sum(quarters), L_T)
    return formula(
        r"-\log_2 p_\theta(\xO{x_0})\;\le\;L_0+\sum_{t=2}^{T}L_{t-1}+L_T",
        r"L_0=-\log_2 p_\theta(\xO{x_0}\mid \xT{x_1})",
        r"L_{t-1}=\mathrm{KL}\big(q(x_{t-1}\mid\xT{x_t},\xO{x_0})\,\|\,p_\theta(x_{t-1}\mid\xT{x_t})\big)",
        r"L_T=\mathrm{KL}\big(q(x_T\mid\xO{x_0})\,\|\,\mathcal N(0,I)\big)",
        rf"{first}+{later}+{last}={total},\quad\sigma_t^2={SYMBOLS[sigma]}",
        note=say("formula_note"),
    )


LEDGER = Chapter(
    NAME,
    (
        Slider("num_ts", 8, 64, 16, log=True),
        Slider("num_images", 2, 16, 4),
        Slider("seed", 0, 9, 0),
        Choice("sigma", tuple(SIGMAS), "beta"),
    ),
    compute,
    (
        estimated_bound,
        bound_terms,
        posterior_kl,
        prior_term,
        discretised_log_likelihood,
        estimate_of,
        filled,
        spread_ts,
    ),
    choices=4,
)
