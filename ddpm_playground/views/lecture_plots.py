"""Plotly figures of the Theory tab: lines, bars and areas over one axis.

As in `figures`, a trace's `meta` names the CSS variable of its colour. Titles and names are keys of screen text,
written "@part.key"; the page says them.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch

from .figures import axes_layout

KINDS = {"line": "lines", "points": "markers", "both": "lines+markers"}


LABELLED_DECADES = 1.5  # up to here, powers of ten alone would leave an axis with one label
MOST_LABELS = 6
BESIDE = 0.1  # decades: how far beside what is drawn a label may stand


class Series(NamedTuple):
    """One quantity over x.

    Attributes:
        name: "@part.key", or a symbol such as "ᾱ_t" as it stands.
        x: (N,).
        y: (N,).
        colour: a CSS variable such as "--sym-x-0" or "--series-1".
        kind: "line", "points", "both", "area" (a line filled to 0) or "bars".
        dash: of a line.
    """

    name: str
    x: torch.Tensor
    y: torch.Tensor
    colour: str
    kind: str = "line"
    dash: str = "solid"


def _limits(series: Sequence[Series], of: str, limits: Sequence[float] | None) -> tuple[float, float]:
    """From which to which power of ten an axis goes, by its limits (logarithms) or else by what is drawn."""
    if limits is not None:
        return limits[0], limits[1]
    values = torch.cat([getattr(one, of).double() for one in series])
    values = values[torch.isfinite(values) & (values > 0)]
    return (math.log10(float(values.min())), math.log10(float(values.max()))) if len(values) else (0.0, 0.0)


def _labels_within(low: float, high: float) -> list[float]:
    """1, 2 and 5 times the powers of ten from 10^low to 10^high."""
    powers = range(math.floor(low), math.ceil(high) + 1)
    return [v for k in powers for v in (10.0**k, 2 * 10.0**k, 5 * 10.0**k) if low <= math.log10(v) <= high]


def _short(values: torch.Tensor) -> list[float]:
    """More than 7 digits nobody sees, and they are most of the bytes."""
    return [float(f"{v:.7g}") for v in values.tolist()]


def chart(
    series: Sequence[Series],
    x: str,
    y: str,
    *,
    x_range: tuple[float, float] | None = None,
    y_range: tuple[float, float] | None = None,
    log_x: bool = False,
    log_y: bool = False,
    marks: Sequence[float] = (),
    height: int = 260,
    grouped: bool = False,
    x_ticks: Sequence[float] = (),
    y_ticks: Sequence[float] = (),
) -> dict[str, Any]:
    """A figure of some series as plain JSON.

    Args:
        series: drawn in this order.
        x: title of the x axis with its unit, "@part.key" or a symbol.
        y: the same of the y axis.
        x_range: None to fit; of the logarithms (base 10) where the axis is logarithmic.
        y_range: None to fit; of the logarithms (base 10) where the axis is logarithmic.
        log_x: logarithmic axis.
        log_y: logarithmic axis.
        marks: upright dashed lines at these x.
        height: px.
        grouped: bars of several series stand side by side instead of over each other.
        x_ticks: where the x axis is labelled; empty to choose.
        y_ticks: the same of the y axis.
    """
    layout = axes_layout(x, y) | {"template": {}, "height": height, "hovermode": "x", "bargap": 0.08}
    layout["barmode"] = "group" if grouped else "overlay"
    layout["yaxis"] |= {"fixedrange": True} | ({"type": "log", "exponentformat": "power"} if log_y else {})
    layout["xaxis"] |= {"fixedrange": True} | ({"type": "log", "exponentformat": "power"} if log_x else {})
    if log_x:  # powers of ten stand higher than plain numbers
        layout["margin"] = layout["margin"] | {"b": 52}
    for axis, limits in (("xaxis", x_range), ("yaxis", y_range)):
        if limits is not None:
            layout[axis]["range"] = list(limits)
    for axis, ticks, of in (("xaxis", x_ticks, "x"), ("yaxis", y_ticks, "y")):
        if ticks:
            layout[axis] |= {"tickvals": list(ticks), "ticktext": [f"{v:g}" for v in ticks]}
        elif layout[axis].get("type") == "log":
            low, high = _limits(series, of, layout[axis].get("range"))
            decades = high - low
            if decades > LABELLED_DECADES:  # powers of ten alone; 2 and 5 between them are noise
                layout[axis]["dtick"] = math.ceil(decades / MOST_LABELS)
            elif len(ticks := _labels_within(low - BESIDE, high + BESIDE)) > 1:  # Plotly sets 2 and 5 too small
                layout[axis] |= {"tickvals": ticks, "ticktext": [f"{v:g}" for v in ticks]}
    traces = []
    for one in series:
        keep = torch.isfinite(one.y) & torch.isfinite(one.x)
        trace = {
            "name": one.name, "meta": {"colour": one.colour}, "hovertemplate": "%{y:.4~g}",
            "x": _short(one.x[keep]), "y": _short(one.y[keep]),
        }  # fmt: skip
        if one.kind == "bars":
            traces.append(trace | {"type": "bar", "opacity": 0.55})
        else:
            filled = {"fill": "tozeroy"} if one.kind == "area" else {}
            line = {"mode": KINDS.get(one.kind, "lines"), "line": {"dash": one.dash, "width": 2.5}}
            traces.append(trace | {"type": "scatter"} | line | filled)
    upright = {"type": "line", "xref": "x", "yref": "y domain", "y0": 0, "y1": 1, "line": {"dash": "dot", "width": 1.5}}
    layout["shapes"] = [upright | {"x0": mark, "x1": mark} for mark in marks]
    # Plain JSON at once: plotly's own objects check every name and take 15 ms a figure, which a lever would wait for.
    # The tests of the chapters have plotly check them.
    return {"data": traces, "layout": layout}
