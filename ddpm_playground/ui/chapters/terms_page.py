"""Chapter: from the raw bound to noise prediction, both ways on the shipped network and a real digit."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch

from ...core import Prediction, Schedule, posterior, posterior_kl, reverse_gaussian, timestep_path
from ...lecture.remembered import remembered
from ...lecture.shipped_network import CHECKPOINT
from ...lecture.terms import Terms, chains, standard_error, strided, terms, told
from ...run import shelf
from ...views.lecture_plots import Series, chart
from ..protocol.chapter_blocks import Block
from ..protocol.parts import Figure
from .arithmetic import estimated, known, rough, worked
from .chapter import Chapter, Shown, Slider, words
from .digit import SEED, digit
from .places import fill
from .show import derivation, formula, numbers, picture, pictures, plot, remark

NAME = "terms"
say = words(NAME)
BLOCK, MOST_CHAINS, MOST_STEPS = 8, 24, 20
# What separates float64 sums of thousands of nats.
ROUNDING = 1e-6


class Walked(NamedTuple):
    """The strided schedule, its path, chains (S+1,n,*D) and what the network says along them."""

    schedule: Schedule
    path: tuple[int, ...]
    xs: torch.Tensor
    said: list[Prediction]


@remembered(24)
def _block(index: int, num_steps: int, block: int) -> Walked:
    """Chains block·BLOCK…, so that more chains ask the network only about the new ones."""
    checkpoint = shelf().load(CHECKPOINT)
    path = timestep_path(checkpoint.schedule.T, num_steps, "trailing")
    schedule = strided(checkpoint.schedule, path)
    xs = chains(schedule, digit(index), BLOCK, SEED + block)
    return Walked(schedule, path, xs, told(schedule, checkpoint.predictor(), path, xs, checkpoint.device))


def walked(index: int, num_steps: int, num_chains: int) -> Walked:
    """`num_chains` chains of the index-th digit with the network's word on each x_t."""
    blocks = [_block(index, num_steps, b) for b in range(-(-num_chains // BLOCK))]
    xs = torch.cat([block.xs for block in blocks], 1)[:, :num_chains]
    said = [
        Prediction(*(torch.cat(parts)[:num_chains] for parts in zip(*at_t, strict=True)))
        for at_t in zip(*(block.said for block in blocks), strict=True)
    ]
    return blocks[0]._replace(xs=xs, said=said)


def compute(values: Mapping[str, Any]) -> Shown:
    """The raw log ratio per chain and the decomposed one; their terms by t; one step's two Gaussians as pictures."""
    n = values["num_chains"]
    schedule, path, xs, said = walked(values["digit"], values["num_steps"], n)
    both, step = terms(schedule, xs, said), min(values["step"], schedule.T)
    raw, with_kls = both.as_it_stands, both.with_kls
    gap = float((raw - both.regrouped).abs().max())
    spread_raw, spread_kls = float(raw.std()), float(with_kls.std())
    # The scatter of n chains is known to 1/√(2(n−1)) of itself.
    raw_shown, kls_shown = (known(spread, spread / (2 * (n - 1)) ** 0.5) for spread in (spread_raw, spread_kls))
    blocks = [
        plot(_per_chain(both), say("per_chain", n=n), note=say("per_chain_note", raw=raw_shown, kls=kls_shown)),
        plot(_by_t(both, path), say("by_t"), note=say("by_t_note")),
        _derivation(),
        *_step(step, schedule, path, xs, said),
        remark(say("decoder", beta=float(schedule.betas[1]), t=path[-2], dims=xs[0, 0].numel())),
        *_ledgers(both, schedule.T, gap),
    ]
    answer = 0 if spread_raw < 0.95 * spread_kls else 1 if spread_kls < 0.95 * spread_raw else 2
    difference = raw - with_kls
    error = standard_error(difference)
    because = say(
        "because", raw=raw_shown, kls=kls_shown, gap=float(f"{gap:.2g}"),
        difference=known(float(difference.mean()), error), error=known(error, error),
    )  # fmt: skip
    return Shown(blocks, answer, because, {"step": step})


def _per_chain(both: Terms) -> Figure:
    """The log ratio of each chain as it stands and with KLs, and their means."""
    raw, with_kls = both.as_it_stands, both.with_kls
    n = len(raw)
    numbered = torch.arange(1, n + 1)
    return chart(
        [Series(f"@ch_{NAME}.raw", numbered, raw, "--sym-eps", "points"),
         Series(f"@ch_{NAME}.with_kls", numbered, with_kls, "--sym-mean", "points"),
         Series(f"@ch_{NAME}.raw_mean", numbered, raw.mean().expand(n), "--sym-eps", dash="dot"),
         Series(f"@ch_{NAME}.kls_mean", numbered, with_kls.mean().expand(n), "--sym-mean", dash="dot")],
        f"@ch_{NAME}.chain", f"@ch_{NAME}.nats",
    )  # fmt: skip


def _by_t(both: Terms, path: Sequence[int]) -> Figure:
    """The terms of a step in both decompositions, the mean of the chains."""
    times = torch.tensor(path[-2::-1], dtype=torch.float64)  # t_1…t_S
    return chart(
        [Series(f"@ch_{NAME}.forward_term", times, both.raw.mean(1), "--sym-x-t", "bars"),
         Series(f"@ch_{NAME}.posterior_term", times[1:], both.sampled.mean(1), "--sym-eps", "bars"),
         Series("−KL", times[1:], -both.kls.mean(1), "--sym-mean", "points")],
        "t", f"@ch_{NAME}.nats_a_step", grouped=True,
    )  # fmt: skip


def _derivation() -> Block:
    """From the bound to a KL at each t, one line after another, each with its reason."""
    kl = r"\mathrm{KL}\big(q(x_{t-1}\mid\xT{x_t},\xO{x_0})\,\|\,p_\theta(x_{t-1}\mid\xT{x_t})\big)"
    step, back = r"p_\theta(x_{t-1}\mid\xT{x_t})", r"q(x_{t-1}\mid\xT{x_t},\xO{x_0})"
    decoder = r"\log p_\theta(\xO{x_0}\mid x_1)"
    return derivation(
        (r"\log p_\theta(\xO{x_0})\;\ge\;"
         r"\mathbb E_q\Big[\eps{\log\frac{p_\theta(x_{0:T})}{q(x_{1:T}\mid\xO{x_0})}}\Big]",
         say("why_bound")),
        (rf"=\mathbb E_q\Big[\log\frac{{p(x_T)\,\prod_{{t=1}}^T{step}}}"
         rf"{{\prod_{{t=1}}^Tq(\xT{{x_t}}\mid x_{{t-1}})}}\Big]",
         say("why_products")),
        (fill(r"=\mathbb E_q\Big[\log p(x_T)+\sum_{t=2}^T\log\frac{<step>}{q(\xT{x_t}\mid x_{t-1})}"
         r"+\log\frac{p_\theta(\xO{x_0}\mid x_1)}{q(x_1\mid\xO{x_0})}\Big]", step=step), say("why_sum")),
        (r"q(\xT{x_t}\mid x_{t-1})=q(\xT{x_t}\mid x_{t-1},\xO{x_0})"
         rf"={back}\,\frac{{q(\xT{{x_t}}\mid\xO{{x_0}})}}{{q(x_{{t-1}}\mid\xO{{x_0}})}}", say("why_bayes")),
        (r"\sum_{t=2}^T\log\frac{q(x_{t-1}\mid\xO{x_0})}{q(\xT{x_t}\mid\xO{x_0})}"
         r"=\log\frac{q(x_1\mid\xO{x_0})}{q(x_T\mid\xO{x_0})}", say("why_telescope")),
        (fill(r"=\mathbb E_q\Big[<decoder>+\log\frac{p(x_T)}{q(x_T\mid\xO{x_0})}"
         r"+\sum_{t=2}^T\log\frac{<step>}{<back>}\Big]", decoder=decoder, step=step, back=back), say("why_put_in")),
        # Each term has its colour alone: a narrow page breaks the line between them.
        (fill(r"=\mathbb E_q\Big[\mean{<decoder>}-\mean{\mathrm{KL}(q(x_T\mid\xO{x_0})\,\|\,p(x_T))}"
         r"-\mean{\sum_{t=2}^T}\mean{<kl>}\Big]", decoder=decoder, kl=kl),
         say("why_kl")),
    )  # fmt: skip


def _step(
    step: int, schedule: Schedule, path: tuple[int, ...], xs: torch.Tensor, said: list[Prediction]
) -> list[Block]:
    """The two Gaussians that one KL compares, of the first chain."""
    i = min(max(step, 2), schedule.T)
    t, s = path[schedule.T - i], path[schedule.T - i + 1]
    x_0, x_t = xs[0][:1], xs[i][:1]
    first = Prediction(*(value[:1] for value in said[i - 1]))
    q_back, p_back = posterior(schedule, x_t, x_0, i, i - 1), reverse_gaussian(schedule, x_t, i, first, 0.0)
    kl = float(posterior_kl(schedule, x_0, x_t, i, first, 0.0))
    apart = (q_back.mean - p_back.mean)[0]
    distance, width, found = worked(lambda d, v: d / (2 * v), float(apart.square().sum()), float(q_back.variance))
    return [
        pictures(
            picture("x_0", r"x_0", x_0[0]),
            picture("x_t", fill(r"x_<t>", t=t), x_t[0]),
            picture("x_hat_0", r"\hat x_0", first.x_hat_0[0]),
            picture("mean", fill(r"\tilde\mu(x_<t>,x_0)", t=t), q_back.mean[0]),
            picture("mean", fill(r"\mu_\theta(x_<t>)", t=t), p_back.mean[0]),
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
            fill(
                r"\mathrm{KL}_<t>=\frac{\|\mean{\tilde\mu}-\mean{\mu_\theta}\|^2}{2\,\tilde\beta}"
                r"=\frac{<distance>}{2\cdot<width>}=<found>",
                t=t,
                distance=distance,
                width=width,
                found=found,
            ),
            note=say("notes_name"),
        ),
    ]


def _ledgers(both: Terms, S: int, gap: float) -> list[Block]:
    """Both sums, each term with its mean over the chains, and what separates them."""
    raw, with_kls = both.as_it_stands, both.with_kls
    difference, beta = raw - with_kls, r"\log\frac{p_\theta(x_{t-1}\mid x_t)}{q(x_t\mid x_{t-1})}"

    def mean(values: torch.Tensor) -> str:
        return estimated(float(values.mean()), standard_error(values))

    return [
        numbers(
            (r"\log p(x_T)", mean(both.start)),
            (fill(r"\textstyle\sum_{t=1}^<S><beta>", S=S, beta=beta), mean(both.raw.sum(0)), "eps"),
            (r"A=\log\frac{p_\theta(x_{0:T})}{q(x_{1:T}\mid x_0)}", mean(raw), "eps"),
        ),
        numbers(
            (r"\log p_\theta(x_0\mid x_1)", mean(both.reconstruction), "x_0"),
            (r"-L_T", -both.l_T),
            (fill(r"-\textstyle\sum_{t=2}^<S>\mathrm{KL}_t", S=S), mean(-both.kls.sum(0)), "mean"),
            (r"B", mean(with_kls), "mean"),
            (r"A-B", mean(difference)),
            (r"\max\,|A-A'|", gap if gap > ROUNDING else rough(gap)),
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
