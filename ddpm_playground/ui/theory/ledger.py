"""Chapter: the bound of the shipped network on held-out digits, term by term, in bits per dimension."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import torch

from ...core import SeededNoise, bound_terms, discretised_log_likelihood, posterior_kl, prior_term, stream_seed
from ...run import shelf
from ...theory.ledger import Estimate, Remembered, estimate_of, estimated_bound, every_second, filled, spread_ts
from ...theory.network import CHECKPOINT, shipped_eps, shipped_schedule
from ...views.theory import Series, chart
from .chapter import Chapter, Choice, Shown, Slider, words
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


@lru_cache(4)
def _asked(num_ts: int, num_images: int, seed: int) -> Asked:
    """The very pictures that `evaluate --bound --num-images --seed` takes."""
    from ...learn.bound import held_out

    held = held_out(shelf().load(CHECKPOINT), None, num_images, seed)
    x_0 = held.pictures.x_0(held.places).double()
    return Asked(x_0, held.labels, tuple(held.places.tolist()), Remembered(shipped_eps()))


@lru_cache(32)
def _estimate(num_ts: int, num_images: int, seed: int, w: float) -> Estimate:
    schedule, asked = shipped_schedule(), _asked(num_ts, num_images, seed)
    noise = SeededNoise(stream_seed(seed, "bound"), asked.places, asked.x_0.shape[1:])
    ts = spread_ts(schedule.T, num_ts)
    return estimated_bound(schedule, asked.predict, asked.x_0, noise, ts, asked.labels, w)


def command_of(num_images: int, seed: int) -> str:
    """What computes every t."""
    return (
        f"python -m ddpm_playground evaluate --checkpoint checkpoints/{CHECKPOINT} --bound "
        f"--num-images {num_images} --seed {seed}"
    )


def compute(values: Mapping[str, Any], visitor: str) -> Shown:
    """Every term over t, the ledger, the two errors, and what the network sees of one digit."""
    num_ts, num_images, seed, sigma = values["num_ts"], values["num_images"], values["seed"], values["sigma"]
    schedule, asked = shipped_schedule(), _asked(num_ts, num_images, seed)
    found = _estimate(num_ts, num_images, seed, SIGMAS[sigma])
    other = next(name for name in SIGMAS if name != sigma)
    ledger, T = found.ledger, schedule.T
    ts = torch.tensor([term.t for term in found.visited])
    every = torch.arange(1, T + 1, dtype=torch.float64)
    ends = [T * k / 4 for k in (1, 2, 3)]
    L_0, L_T = float(ledger.vb[0]), ledger.prior_bpd
    quarters = found.quarters.tolist()
    one, last = every[:1], every[-1:]
    terms = chart(
        [Series(f"@ch_{NAME}.filled", every[1:], ledger.vb[1:], "--sym-mean"),
         Series(f"@ch_{NAME}.visited", ts[1:].double(), ledger.vb[ts[1:] - 1], "--ink", "points"),
         Series("L_0", one, ledger.vb[:1], "--sym-x-0", "points"),
         Series("L_T", last, torch.tensor([L_T]), "--sym-eps", "points")],
        "t", f"@ch_{NAME}.bits", log_x=True, log_y=True, marks=ends, height=320,
    )  # fmt: skip
    sums = chart(
        [Series("L_0 + … + L_{t−1}", every, ledger.vb.cumsum(0), "--sym-mean", "area")],
        "t", f"@ch_{NAME}.bits", log_x=True, marks=ends, y_range=(0.0, 1.08 * ledger.total_bpd),
    )  # fmt: skip
    errors = chart(
        [Series("‖ε − ε_θ‖²/D", ts.double(), ledger.eps_mse[ts - 1], "--sym-eps", "both"),
         Series("‖x_0 − x̂_0‖²/D", ts.double(), ledger.x_0_mse[ts - 1], "--sym-x-hat-0", "both", "dash")],
        "t", f"@ch_{NAME}.error", log_x=True, log_y=True,
    )  # fmt: skip
    bounds = [1, *(int(end) for end in ends), T]
    rows = [(r"L_0", L_0, "x_0")]
    for k, value in enumerate(quarters):
        low = 2 if k == 0 else bounds[k] + 1
        rows.append((rf"\textstyle\sum L_{{t-1}},\ t={low}\ldots{bounds[k + 1]}", value, "mean"))
    rows += [(r"L_T", L_T, "eps"), (r"\say{total_bits}", ledger.total_bpd)]
    total, rival = ledger.total_bpd, _estimate(num_ts, num_images, seed, SIGMAS[other]).ledger.total_bpd
    command = command_of(num_images, seed)
    blocks = [
        plot(terms, say("terms"), note=say("terms_note")),
        numbers(
            *rows,
            (rf"\say{{total_with}}\sigma_t^2={SYMBOLS[other]}", rival),
            (r"\pm\ \say{standard_error}", tex(ledger.standard_error, 2)),
            (rf"\say{{total_from}}{len(every_second(found.visited))}\say{{of_the}}t", found.rougher),
        ),
        remark(say("estimate", visited=num_ts, total=T, images=num_images, command=command)),
        plot(sums, say("sums"), note=say("sums_note")),
        plot(errors, say("errors"), note=say("errors_note")),
        _seen(asked, [int(t) for t in ts]),
        formula(
            r"-\log_2 p_\theta(\xO{x_0})\;\le\;L_0+\sum_{t=2}^{T}L_{t-1}+L_T",
            r"L_0=-\log_2 p_\theta(\xO{x_0}\mid \xT{x_1})",
            r"L_{t-1}=\mathrm{KL}\big(q(x_{t-1}\mid\xT{x_t},\xO{x_0})\,\|\,p_\theta(x_{t-1}\mid\xT{x_t})\big)",
            r"L_T=\mathrm{KL}\big(q(x_T\mid\xO{x_0})\,\|\,\mathcal N(0,I)\big)",
            rf"{tex(L_0)}+{tex(sum(quarters))}+{tex(L_T)}={tex(total)},\quad\sigma_t^2={SYMBOLS[sigma]}",
            note=say("formula_note"),
        ),
    ]  # fmt: skip
    entries = [L_0, quarters[0], sum(quarters[1:]), L_T]
    told = say("because", L_0=L_0, first=quarters[0], rest=sum(quarters[1:]), L_T=L_T)
    return Shown(blocks, max(range(4), key=entries.__getitem__), told)


def _seen(asked: Asked, ts: list[int]) -> dict[str, Any]:
    """x_t and x̂_0 of the first digit at some of the t's."""
    items = []
    for k in range(SHOWN):
        t = ts[k * (len(ts) - 1) // (SHOWN - 1)]
        x_t, prediction = asked.predict.said[t]
        items.append(picture("x_t", rf"x_{{{t}}}", x_t[0]))
        items.append(picture("x_hat_0", rf"\hat x_0(x_{{{t}}})", prediction.x_hat_0[0]))
    return pictures(*items, note=say("seen"))


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
