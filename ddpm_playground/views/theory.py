"""Plotly figures of the Theory tab: lines, bars and areas over one axis.

As in `figures`, a trace's `meta` names the CSS variable of its colour. Titles and names are keys of screen text,
written "@part.key"; the page says them.
"""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import plotly.graph_objects as go
import torch

from .figures import axes_layout

KINDS = {"line": "lines", "points": "markers", "both": "lines+markers"}


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
    layout = axes_layout(x, y) | {"height": height, "hovermode": "x", "bargap": 0.08}
    layout["barmode"] = "group" if grouped else "overlay"
    layout["yaxis"] |= {"fixedrange": True} | ({"type": "log", "exponentformat": "power"} if log_y else {})
    layout["xaxis"] |= {"fixedrange": True} | ({"type": "log", "exponentformat": "power"} if log_x else {})
    if log_x:  # powers of ten stand higher than plain numbers
        layout["margin"] = layout["margin"] | {"b": 52}
    for axis, limits in (("xaxis", x_range), ("yaxis", y_range)):
        if limits is not None:
            layout[axis]["range"] = list(limits)
    for axis, ticks in (("xaxis", x_ticks), ("yaxis", y_ticks)):
        if ticks:
            layout[axis] |= {"tickvals": list(ticks), "ticktext": [f"{v:g}" for v in ticks]}
    figure = go.Figure(layout=layout)
    for one in series:
        keep = torch.isfinite(one.y) & torch.isfinite(one.x)
        points = {"x": one.x[keep].tolist(), "y": [float(f"{v:.7g}") for v in one.y[keep].tolist()]}
        look = {"name": one.name, "meta": {"colour": one.colour}, "hovertemplate": "%{y:.4~g}"}
        if one.kind == "bars":
            figure.add_bar(**points, **look, opacity=0.55)
        else:
            filled = {"fill": "tozeroy"} if one.kind == "area" else {}
            figure.add_scatter(
                **points, **look, **filled, mode=KINDS.get(one.kind, "lines"), line={"dash": one.dash, "width": 2.5}
            )
    for mark in marks:
        figure.add_vline(x=mark, line={"dash": "dot", "width": 1.5})
    return json.loads(str(figure.to_json()))
