"""Plotly figures of noise schedules: ᾱ_t, √ᾱ_t and √(1−ᾱ_t), β_t and β̃_t, log SNR(t), all over t.

Figures are neutral in colour and hold no points: each trace's `meta` names a CSS variable and one of the tables that
the page computes itself (ui/web/core/formulas.js), and the page fills both in.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..core.later import Later
from ..core.phrase import Refusal
from .theme import DASHES, FONT, SERIES

if TYPE_CHECKING:
    import plotly.graph_objects as go
else:  # a page names what these figures hold long before it shows one
    go = Later("plotly.graph_objects")

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


def _figure(key: str, names: Sequence[str], T: int) -> "go.Figure":
    """The figure of one plot, without words: the page has them in its reader's language."""
    plot = PLOTS[key]
    y: dict = {"fixedrange": True}
    if plot.log_y:
        y |= {"type": "log", "exponentformat": "power", "dtick": 1}
    if plot.y_range:
        y["range"] = list(plot.y_range)
    layout = axes_layout("", "")
    layout["yaxis"] |= y
    layout["xaxis"] |= {
        "range": [0, T],
        "showspikes": False,
        "unifiedhovertitle": {"text": "<b>t = %{x}</b>"},
    }
    layout |= {"hovermode": "x unified", "hoverdistance": -1}
    return go.Figure(data=_traces(plot, names, T), layout=layout)


def figures_json(names: Sequence[str], T: int) -> dict[str, dict]:
    """One figure for each key of PLOTS, of schedules laid over each other, as plain objects for JSON.

    Args:
        names: 1…MAX_SCHEDULES, a name for each schedule; the first is the one that matters.
        T: number of steps.

    Raises:
        ValueError: no schedule, or too many.
    """
    if not 1 <= len(names) <= MAX_SCHEDULES:
        raise Refusal(
            "1 to {most} schedules fit in a figure, got {got}; leave some out", most=MAX_SCHEDULES, got=len(names)
        )
    return {key: json.loads(str(_figure(key, names, T).to_json())) for key in PLOTS}


def plotly_script() -> Path:
    """plotly.js with lines and bars alone, which is all that these figures hold: a quarter of the whole library, which
    freezes the page for that much less while it starts. It is npm's plotly.js-basic-dist-min, of the version that the
    plotly package has; the page loads it from this server.
    """
    return Path(__file__).parents[1] / "data" / "plotly" / "plotly-basic.min.js"
