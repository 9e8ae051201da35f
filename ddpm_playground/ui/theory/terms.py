"""Chapter: from the raw bound to noise prediction, both ways on the shipped network and a real digit."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import torch

from ...core import Prediction, Schedule, posterior, posterior_kl, reverse_gaussian, timestep_path
from ...run import shelf
from ...theory.terms import Terms, chains, standard_error, strided, terms, told
from ...views.theory import Series, chart
from .chapter import Chapter, Shown, Slider, words
from .digits import SEED, digit
from .show import formula, numbers, picture, pictures, plot, remark, tex

NAME = "terms"
say = words(NAME)
CHECKPOINT = "mnist"
BLOCK, MOST_CHAINS, MOST_STEPS = 8, 24, 20
# What separates float64 sums of thousands of nats.
ROUNDING = 1e-6


class Walked(NamedTuple):
    """The strided schedule, its path, chains (S+1,n,*D) and what the network says along them."""

    schedule: Schedule
    path: tuple[int, ...]
    xs: torch.Tensor
    said: list[Prediction]


@lru_cache(maxsize=24)
def _block(index: int, num_steps: int, block: int) -> Walked:
    """Chains block·BLOCK…, so that more chains ask the network only about the new ones."""
    checkpoint = shelf().load(CHECKPOINT)
    path = timestep_path(checkpoint.schedule.T, num_steps, "trailing")
    schedule = strided(checkpoint.schedule, path)
    xs = chains(schedule, digit(index), BLOCK, SEED + block)
    device = next(checkpoint.unet.parameters()).device
    return Walked(schedule, path, xs, told(schedule, checkpoint.predictor(), path, xs, device))


def walked(index: int, num_steps: int, num_chains: int) -> Walked:
    """`num_chains` chains of the index-th digit with the network's word on each x_t."""
    blocks = [_block(index, num_steps, b) for b in range(-(-num_chains // BLOCK))]
    xs = torch.cat([block.xs for block in blocks], 1)[:, :num_chains]
    said = [
        Prediction(*(torch.cat(parts)[:num_chains] for parts in zip(*at_t, strict=True)))
        for at_t in zip(*(block.said for block in blocks), strict=True)
    ]
    return blocks[0]._replace(xs=xs, said=said)


def compute(values: Mapping[str, Any], visitor: str) -> Shown:
    """The raw log ratio per chain and the decomposed one; their terms by t; one step's two Gaussians as pictures."""
    n = values["num_chains"]
    schedule, path, xs, said = walked(values["digit"], values["num_steps"], n)
    both = terms(schedule, xs, said)
    S = schedule.T
    times = torch.tensor(path[-2::-1], dtype=torch.float64)  # t_1…t_S
    raw, regrouped, with_kls = both.as_it_stands, both.regrouped, both.with_kls
    difference = raw - with_kls
    gap = float((raw - regrouped).abs().max())
    spread_raw, spread_kls = float(raw.std()), float(with_kls.std())
    numbered = torch.arange(1, n + 1)
    per_chain = chart(
        [Series(f"@ch_{NAME}.raw", numbered, raw, "--sym-eps", "points"),
         Series(f"@ch_{NAME}.with_kls", numbered, with_kls, "--sym-mean", "points"),
         Series(f"@ch_{NAME}.raw_mean", numbered, raw.mean().expand(n), "--sym-eps", dash="dot"),
         Series(f"@ch_{NAME}.kls_mean", numbered, with_kls.mean().expand(n), "--sym-mean", dash="dot")],
        f"@ch_{NAME}.chain", f"@ch_{NAME}.nats",
    )  # fmt: skip
    by_t = chart(
        [Series(f"@ch_{NAME}.forward_term", times, both.raw.mean(1), "--sym-x-t", "bars"),
         Series(f"@ch_{NAME}.posterior_term", times[1:], both.sampled.mean(1), "--sym-eps", "bars"),
         Series("−KL", times[1:], -both.kls.mean(1), "--sym-mean", "points")],
        "t", f"@ch_{NAME}.nats_a_step", grouped=True,
    )  # fmt: skip
    blocks = [
        plot(per_chain, say("per_chain", n=n), note=say("per_chain_note", raw=spread_raw, kls=spread_kls)),
        plot(by_t, say("by_t"), note=say("by_t_note")),
        *_step(min(values["step"], schedule.T), schedule, path, xs, said),
        remark(say("decoder", beta=float(schedule.betas[1]), t=path[-2], dims=xs[0, 0].numel())),
        *_ledgers(both, S, gap),
    ]
    answer = 0 if spread_raw < 0.95 * spread_kls else 1 if spread_kls < 0.95 * spread_raw else 2
    because = say(
        "because", raw=spread_raw, kls=spread_kls, gap=gap, difference=float(difference.mean()),
        error=standard_error(difference),
    )  # fmt: skip
    return Shown(blocks, answer, because, {"step": min(values["step"], schedule.T)})


def _step(
    step: int, schedule: Schedule, path: tuple[int, ...], xs: torch.Tensor, said: list[Prediction]
) -> list[dict[str, Any]]:
    """The two Gaussians that one KL compares, of the first chain."""
    i = min(max(step, 2), schedule.T)
    t, s = path[schedule.T - i], path[schedule.T - i + 1]
    x_0, x_t = xs[0][:1], xs[i][:1]
    first = Prediction(*(value[:1] for value in said[i - 1]))
    q_back, p_back = posterior(schedule, x_t, x_0, i, i - 1), reverse_gaussian(schedule, x_t, i, first, 0.0)
    kl = float(posterior_kl(schedule, x_0, x_t, i, first, 0.0))
    apart = (q_back.mean - p_back.mean)[0]
    return [
        pictures(
            picture("x_0", r"x_0", x_0[0]),
            picture("x_t", rf"x_{{{t}}}", x_t[0]),
            picture("x_hat_0", r"\hat x_0", first.x_hat_0[0]),
            picture("mean", rf"\tilde\mu(x_{{{t}}},x_0)", q_back.mean[0]),
            picture("mean", rf"\mu_\theta(x_{{{t}}})", p_back.mean[0]),
            picture("sigma_z", r"\tilde\mu-\mu_\theta", apart, gain=4.0, note=say("gain", gain=4)),
            note=say("step_note", t=t, s=s, kl=kl),
        ),
        formula(
            r"\mathbb E_q[\eps{A}]=\mathbb E_q[\mean{B}],"
            r"\qquad\eps{A}=\log\frac{p_\theta(x_{0:T})}{q(x_{1:T}\mid \xO{x_0})}",
            r"\mean{B}=\log p_\theta(\xO{x_0}\mid x_1)-L_T"
            r"-\sum_{t\ge2}\mathrm{KL}\big(q(x_{t-1}\mid \xT{x_t},\xO{x_0})"
            r"\,\|\,p_\theta(x_{t-1}\mid \xT{x_t})\big)",
            r"q(\xT{x_t}\mid x_{t-1})=q(x_{t-1}\mid \xT{x_t},\xO{x_0})\;"
            r"\frac{q(\xT{x_t}\mid \xO{x_0})}{q(x_{t-1}\mid \xO{x_0})}",
            rf"\mathrm{{KL}}_{{{t}}}=\frac{{\|\mean{{\tilde\mu}}-\mean{{\mu_\theta}}\|^2}}{{2\,\tilde\beta}}"
            rf"=\frac{{{tex(float(apart.square().sum()))}}}{{2\cdot{tex(float(q_back.variance))}}}={tex(kl)}",
            note=say("notes_name"),
        ),
    ]


def _ledgers(both: Terms, S: int, gap: float) -> list[dict[str, Any]]:
    """Both sums, each term with its mean over the chains, and what separates them."""
    raw, with_kls = both.as_it_stands, both.with_kls
    difference, beta = raw - with_kls, r"\log\frac{p_\theta(x_{t-1}\mid x_t)}{q(x_t\mid x_{t-1})}"
    return [
        numbers(
            (r"\log p(x_T)", float(both.start.mean())),
            (rf"\textstyle\sum_{{t=1}}^{{{S}}}{beta}", float(both.raw.sum(0).mean()), "eps"),
            (r"A=\log\frac{p_\theta(x_{0:T})}{q(x_{1:T}\mid x_0)}", float(raw.mean()), "eps"),
            (r"\pm", standard_error(raw)),
        ),
        numbers(
            (r"\log p_\theta(x_0\mid x_1)", float(both.reconstruction.mean()), "x_0"),
            (r"-L_T", -both.l_T),
            (rf"-\textstyle\sum_{{t=2}}^{{{S}}}\mathrm{{KL}}_t", -float(both.kls.sum(0).mean()), "mean"),
            (r"B", float(with_kls.mean()), "mean"),
            (r"\pm", standard_error(with_kls)),
            (r"A-B", float(difference.mean())),
            (r"\pm", standard_error(difference)),
            (r"\max\,|A-A'|", gap if gap > ROUNDING else tex(gap, 2)),
        ),
    ]


TERMS = Chapter(
    NAME,
    (
        Slider("num_steps", 4, MOST_STEPS, 10),
        Slider("digit", 0, 999, 7),
        Slider("num_chains", 2, MOST_CHAINS, 8),
        Slider("step", 2, MOST_STEPS, 5),
    ),
    compute,
    (strided, chains, terms, posterior_kl),
)
