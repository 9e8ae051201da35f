"""Plotly figures of noise schedules: ᾱ_t, √ᾱ_t and √(1−ᾱ_t), β_t and β̃_t, log SNR(t), all over t.

Figures are neutral in colour: each trace's `meta` names a CSS variable, and the page fills it in for the light
or the dark ground. What is drawn over t is one float table per quantity (`schedule_tables`); a page that has
the tables needs the figures only without their points (`figures_json`).
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import plotly
import plotly.graph_objects as go
import torch

from ..core import Schedule
from .theme import DASHES, FONT, SERIES

MAX_SCHEDULES = len(SERIES)
MAX_POINTS = 1001  # every step of the usual T = 1000
FEW_STEPS = 40  # up to this T the single steps are marked

HEIGHT = 230  # px
MARGIN = {"l": 60, "r": 22, "t": 10, "b": 38}


class Curve(NamedTuple):
    """A quantity over t: its table, its symbol, its width in px, its colour if it is not the schedule's."""

    table: str
    symbol: str
    width: float = 2.5
    colour: str | None = None
    opacity: float = 1.0


class Plot(NamedTuple):
    """One pair of axes: its curves, and the range of y where it is known (otherwise it fits the curves)."""

    curves: tuple[Curve, ...]
    y_range: tuple[float, float] | None = None
    log_y: bool = False


# Where a plot shows two quantities, colour tells the quantity and dash the schedule; elsewhere both tell the schedule.
PLOTS: dict[str, Plot] = {
    "alpha_bar": Plot((Curve("alpha_bar", "ᾱ_t"),), (-0.02, 1.03)),
    "signal_noise": Plot(
        (
            Curve("sqrt_alpha_bar", "√ᾱ_t", colour="--sym-x-0"),
            Curve("sqrt_one_minus_alpha_bar", "√(1−ᾱ_t)", colour="--sym-eps"),
        ),
        (-0.02, 1.03),
    ),
    # β̃_t lies on β_t but for the first steps: a thin line upon a wide one.
    "beta": Plot(
        (Curve("beta", "β_t", 5.0, "--sym-x-t", 0.5), Curve("beta_tilde", "β̃_t", 1.5, "--sym-sigma-z")), log_y=True
    ),
    "log_snr": Plot((Curve("log_snr", "log SNR(t)"),)),
}


def schedule_tables(schedule: Schedule) -> dict[str, torch.Tensor]:
    """Every number of a schedule, each table float64, (T+1,), in the order of the readout.

    β_t, β̃_t and α_t belong to the step t − 1 → t, so they are NaN at t = 0; SNR(0) is ∞. log SNR is in nats.
    """
    steps = {"beta": schedule.betas, "beta_tilde": schedule.beta_tildes, "alpha": schedule.alphas}
    undefined = torch.full((1,), torch.nan, dtype=torch.float64)
    return {key: torch.cat([undefined, table[1:]]) for key, table in steps.items()} | {
        "alpha_bar": schedule.alpha_bars,
        "sqrt_alpha_bar": schedule.alpha_bars.sqrt(),
        "sqrt_one_minus_alpha_bar": (1.0 - schedule.alpha_bars).sqrt(),
        "snr": schedule.snr,
        "log_snr": schedule.log_snr,
    }


def plotted_steps(T: int) -> torch.Tensor:
    """The t at which curves are drawn: all of 0…T, or about MAX_POINTS of them with both ends, int64."""
    return torch.linspace(0, T, min(T + 1, MAX_POINTS), dtype=torch.float64).round().long()


def _traces(plot: Plot, names: Sequence[str], T: int) -> list[dict]:
    def trace(index: int, curve: Curve) -> dict:
        symbol = curve.symbol.replace("_t", "<sub>t</sub>")
        return {
            "type": "scatter",
            "mode": "lines+markers" if T <= FEW_STEPS else "lines",
            "name": names[index],
            "line": {"dash": DASHES[index], "width": curve.width if index == 0 else 0.7 * curve.width},
            "marker": {"size": 5},
            "opacity": curve.opacity,
            "hovertemplate": f"{symbol}  <b>%{{y:.5~g}}</b>  %{{fullData.name}}<extra></extra>",
            "meta": {"schedule": index, "table": curve.table, "colour": curve.colour or f"--series-{index}"},
        }

    # The chosen schedule is drawn last, on top.
    return [trace(index, curve) for index in reversed(range(len(names))) for curve in plot.curves]


def axes_layout(x: str, y: str) -> dict[str, Any]:
    """The look that all plots share, with the titles of their axes."""
    axis = {"showline": True, "ticks": "outside", "ticklen": 4, "automargin": False, "zeroline": False}
    return {
        "template": go.layout.Template(),
        "xaxis": axis | {"title": {"text": x, "standoff": 4}},
        "yaxis": axis | {"title": {"text": y, "standoff": 8}},
        "height": HEIGHT,
        "margin": MARGIN,
        "font": {"family": FONT, "size": 12},
        "showlegend": False,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
    }


def _figure(key: str, names: Sequence[str], T: int, texts: Mapping[str, str]) -> go.Figure:
    """The figure of one plot, without points."""
    plot = PLOTS[key]
    y: dict = {"fixedrange": True}
    if plot.log_y:
        y |= {"type": "log", "exponentformat": "power", "dtick": 1}
    if plot.y_range:
        y["range"] = list(plot.y_range)
    layout = axes_layout(texts["x"], texts[f"{key}_y"])
    layout["yaxis"] |= y
    layout["xaxis"] |= {
        "range": [0, T],
        "showspikes": False,
        "unifiedhovertitle": {"text": "<b>t = %{x}</b>"},
    }
    layout |= {"title": {"text": texts[f"{key}_title"]}, "hovermode": "x unified", "hoverdistance": -1}
    return go.Figure(data=_traces(plot, names, T), layout=layout)


def schedule_figures(
    schedules: Sequence[Schedule], names: Sequence[str], texts: Mapping[str, str]
) -> dict[str, go.Figure]:
    """The four figures of one or more schedules laid over each other.

    Args:
        schedules: 1…MAX_SCHEDULES of one length T; the first is the one that matters, the others are compared to it.
        names: a name for each.
        texts: "x" and, for each key k of PLOTS, "k_title" and "k_y" (with the unit).

    Returns:
        One figure for each key of PLOTS. Points that are not finite (SNR(0) = ∞, log 0) are left out.

    Raises:
        ValueError: no schedule, too many, or of different T.
    """
    T = _common_T(schedules, names)
    t = plotted_steps(T)
    tables = [schedule_tables(schedule) for schedule in schedules]
    figures = {key: _figure(key, names, T, texts) for key in PLOTS}
    for figure in figures.values():
        traces: Any = figure.data
        for trace in traces:
            y = tables[trace.meta["schedule"]][trace.meta["table"]][t]
            finite = torch.isfinite(y)
            trace.update(x=t[finite].numpy(), y=y[finite].numpy())
    return figures


def _common_T(schedules: Sequence[Schedule], names: Sequence[str]) -> int:
    if not 1 <= len(schedules) <= MAX_SCHEDULES or len(names) != len(schedules):
        raise ValueError(
            f"1 to {MAX_SCHEDULES} schedules fit in a figure, each with a name, got {len(schedules)} schedules and "
            f"{len(names)} names; leave some out"
        )
    if len({schedule.T for schedule in schedules}) > 1:
        raise ValueError(f"schedules must share one T, got {[schedule.T for schedule in schedules]}; make T the same")
    return schedules[0].T


def figures_json(names: Sequence[str], T: int, texts: Mapping[str, str]) -> dict[str, dict]:
    """The figures of `schedule_figures` without their points, as plain objects for JSON."""
    return {key: json.loads(str(_figure(key, names, T, texts).to_json())) for key in PLOTS}


def plotly_script() -> Path:
    """plotly.js as it comes with the plotly package; the page loads it from this server."""
    return Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
