"""Chapter: maximum likelihood is minimum KL(P_data‖P_θ)."""

from collections.abc import Mapping
from typing import Any

import torch

from ...lecture.likelihood import (
    HIGHS,
    LOWS,
    MIDDLES,
    NUM_BINS,
    Lines,
    OverMean,
    Theta,
    fit,
    lines,
    log_bins,
    over_mean,
)
from ...views.lecture_plots import Series, chart
from ..protocol.chapter_blocks import Block
from .arithmetic import rough, signed, worked
from .chapter import Bars, Chapter, Choice, Shown, Slider, words
from .magnitude import power_of_ten
from .places import fill
from .show import formula, numbers, plot, tex

NAME = "likelihood"
say = words(NAME)
HALF_BIN = 3.0 / NUM_BINS
HEIGHT = 4.2
# Two unequal hills, so that one bell cannot be right and neither can two equal ones.
DRAWN = (0, 0, 1, 2, 5, 9, 14, 17, 14, 9, 5, 3, 3, 4, 6, 8, 9, 8, 6, 4, 2, 1, 0, 0)
EXPECTED = r"E_{\xO{x}\sim P_{\text{data}}}[\log P_\theta(\xO{x})]"


def compute(values: Mapping[str, Any]) -> Shown:
    """Each line of the derivation for the drawn data and the θ that was dragged or fitted."""
    counts = tuple(round(v) for v in values["counts"])
    theta = Theta(values["mean"], values["width"], values["apart"])
    if values["theta"] != "dragged":
        theta = fit(counts, values["theta"] == "fitted_two")
    now, moving = lines(counts, theta), over_mean(counts, theta)
    blocks = [_bins(now), _over_mean(now, moving, theta.mean), _derivation(now), _ledger(now, theta)]
    average, tallest = float(now.P_data @ MIDDLES), float(MIDDLES[now.P_data.argmax()])
    distances = abs(moving.largest - average), abs(moving.largest - tallest)
    answer = 1 if distances[0] < HALF_BIN else 0 if distances[1] < HALF_BIN else 2
    because = say("because", best=moving.largest, average=average, tallest=tallest)
    return Shown(blocks, answer, because, theta._asdict())


def _bins(now: Lines) -> Block:
    """P_data and P_θ bin by bin."""
    figure = chart(
        [Series("P_{data}", MIDDLES, now.P_data, "--sym-x-0", "bars"),
         Series("P_θ", MIDDLES, now.P_theta, "--sym-x-hat-0", "both")],
        "x", f"@ch_{NAME}.share", height=300,
    )  # fmt: skip
    return plot(figure, say("bins", m=now.num_samples), note=say("bins_note", kl=now.kl))


def _over_mean(now: Lines, moving: OverMean, mean: float) -> Block:
    """E[log P_θ], KL and their sum while θ's mean moves, and where it is."""
    at = torch.tensor([mean, mean])
    figure = chart(
        [Series(f"@ch_{NAME}.mean_log", moving.mean, moving.mean_log, "--sym-x-hat-0"),
         Series("KL(P_{data}‖P_θ)", moving.mean, moving.kl, "--sym-eps"),
         Series(f"@ch_{NAME}.together", moving.mean, moving.mean_log + moving.kl, "--muted", dash="dot"),
         Series(f"@ch_{NAME}.now", at, torch.tensor([now.mean_log, now.kl]), "--ink", "points")],
        f"@ch_{NAME}.of_mean", f"@ch_{NAME}.nats",
        x_range=(LOWS[0], HIGHS[0]), y_range=(now.data_log - HEIGHT, HEIGHT), marks=(moving.largest,), height=300,
    )  # fmt: skip
    note = say("over_note", largest=moving.largest, smallest=moving.smallest)
    return plot(figure, say("over", best=moving.largest), note=note)


def _product(now: Lines) -> str:
    return fill(r"\prod_{i=1}^<m>P_\theta(\xO{x_i})", m=now.num_samples)


def _derivation(now: Lines) -> Block:
    """From the largest product of probabilities to the smallest KL, with the numbers of this θ."""
    m, product = now.num_samples, _product(now)
    summed, mean_log = worked(lambda total: total / m, now.sum_log)
    cross, own, minus_kl = worked(lambda cross, own: cross - own, now.mean_log, now.data_log)
    return formula(
        rf"\theta^*=\arg\max_\theta{product}",
        rf"{product}={power_of_ten(now.sum_log)}",
        fill(r"\log<product>=\sum_{i=1}^<m>\log P_\theta(\xO{x_i})=<summed>", product=product, m=m, summed=summed),
        fill(
            r"\frac{1}{<m>}\sum_{i=1}^<m>\log P_\theta(\xO{x_i})=\frac{1}{<m>}\cdot<summed>=<mean_log>",
            m=m, summed=signed(summed), mean_log=mean_log,
        ),
        rf"\approx\;{EXPECTED}={tex(now.mean_log)}",
        r"=\int_x P_{\text{data}}(\xO{x})\log P_\theta(\xO{x})\,dx",
        r"\arg\max_\theta\Big[\int_x P_{\text{data}}(\xO{x})\log P_\theta(\xO{x})\,dx"
        r"-\underbrace{\int_x P_{\text{data}}(\xO{x})\log P_{\text{data}}(\xO{x})\,dx}_{\say{without}\theta}\Big]",
        r"=\arg\max_\theta\int_x P_{\text{data}}(\xO{x})\log\frac{P_\theta(\xO{x})}{P_{\text{data}}(\xO{x})}\,dx"
        r"=\arg\min_\theta\mathrm{KL}(P_{\text{data}}\Vert P_\theta)",
        r"\sum_{x}P_{\text{data}}\log P_\theta-\sum_{x}P_{\text{data}}\log P_{\text{data}}",
        rf"={cross}-{signed(own)}={minus_kl}",
        fill(r"=-\mathrm{KL}(P_{\text{data}}\Vert P_\theta)=-<kl>", kl=tex(now.kl)),
        note=say("formula_note"),
    )  # fmt: skip


def _ledger(now: Lines, theta: Theta) -> Block:
    return numbers(
        (r"\theta:\ \mu", tex(theta.mean), "x_hat_0"),
        (r"\theta:\ \sigma", tex(theta.width), "x_hat_0"),
        (r"\theta:\ \Delta", tex(theta.apart), "x_hat_0"),
        (_product(now), power_of_ten(now.sum_log, 6)),
        (r"\prod\ \say{in_float32}", now.plain_product),
        (r"\sum\log P_\theta(\xO{x_i})", now.sum_log),
        (EXPECTED, now.mean_log, "x_hat_0"),
        (r"\mathrm{KL}(P_{\text{data}}\Vert P_\theta)", now.kl, "eps"),
        (r"-H(P_{\text{data}})", now.data_log, "x_0"),
        (r"E[\log P_\theta]+\mathrm{KL}+H(P_{\text{data}})", rough(now.mean_log + now.kl - now.data_log)),
    )


LIKELIHOOD = Chapter(
    NAME,
    (
        Bars("counts", 0, 20, DRAWN, tuple(MIDDLES.tolist())),
        Choice("theta", ("dragged", "fitted_one", "fitted_two"), "dragged"),
        Slider("mean", LOWS[0], HIGHS[0], 0.8, 0.01),
        Slider("width", LOWS[1], HIGHS[1], 0.8, 0.01),
        Slider("apart", LOWS[2], HIGHS[2], 0.0, 0.01),
    ),
    compute,
    (log_bins, lines, over_mean, fit),
)
