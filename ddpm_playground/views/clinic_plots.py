"""Plotly figures of an examination: what was measured of networks, level by level, over the log SNR.

As in `figures`, a trace's `meta` names the CSS variable of its colour, and the page fills it in.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import plotly.graph_objects as go

from ..learn.clinic.curves import LevelErrors
from ..learn.clinic.own_chain import ChainNorm
from .figures import axes_layout
from .theme import DASHES

LINEAR = ("--muted", "dashdot")
LEFT = 64  # px, for the numbers of a logarithmic axis beside its title


@dataclass(frozen=True, eq=False)
class DrawnNetwork:
    """A network as it is drawn.

    Attributes:
        name: at its curve.
        levels: what was measured; None where it has no such level.
        chain: along its own chain; may be empty.
    """

    name: str
    levels: Sequence[LevelErrors | None]
    chain: Sequence[ChainNorm]


class Point(NamedTuple):
    """A mark of a curve: its log SNR, its value, and its standard error where it has one."""

    log_snr: float
    value: float
    standard_error: float | None = None


class Panel(NamedTuple):
    """One pair of axes.

    Attributes:
        points: of a network.
        log_y: whether y is logarithmic.
        line: where a sound network lies; None where that is no line.
        linear: points of the linear filter on the pictures of a network; None where it is not shown.
    """

    points: Callable[[DrawnNetwork], list[Point]]
    log_y: bool = False
    line: float | None = None
    linear: Callable[[DrawnNetwork], list[Point]] | None = None


def _measured(quantity: str) -> Callable[[DrawnNetwork], list[Point]]:
    """A quantity of LevelErrors that is Measured."""

    def points(network: DrawnNetwork) -> list[Point]:
        found = [(level.log_snr, getattr(level, quantity)) for level in network.levels if level is not None]
        return [Point(log_snr, one.value, one.standard_error) for log_snr, one in found]

    return points


def _calibration(network: DrawnNetwork) -> list[Point]:
    levels = [level for level in network.levels if level is not None and level.calibrated > 0]
    return [Point(level.log_snr, level.variance / level.calibrated) for level in levels]


def _chain(network: DrawnNetwork) -> list[Point]:
    return [Point(one.log_snr, one.ratio, one.chain.standard_error / one.forward) for one in network.chain]


PANELS: dict[str, Panel] = {
    "eps": Panel(_measured("eps_mse"), log_y=True, linear=_measured("linear_eps_mse")),
    "x_0": Panel(_measured("x_0_mse"), log_y=True),
    "calibration": Panel(_calibration, line=1.0),
    "brightness": Panel(_measured("brightness"), line=0.0),
    "chain": Panel(_chain, line=1.0),
}


def clinic_figure(key: str, networks: Sequence[DrawnNetwork], texts: Mapping[str, str]) -> go.Figure:
    """One panel: a curve for each network, the first one's wide.

    Args:
        key: of PANELS.
        networks: at most four.
        texts: "x", "linear" and "<key>_y".
    """
    panel = PANELS[key]
    figure = go.Figure(layout=axes_layout(texts["x"], texts[f"{key}_y"]))
    if panel.line is not None:
        figure.add_hline(panel.line, line={"width": 1, "dash": "dot", "color": "rgba(128,128,128,0.8)"})
    for i, network in enumerate(networks):
        _add(figure, network.name, panel.points(network), f"--series-{i}", DASHES[i], 2.5 if i == 0 else 1.75)
    if panel.linear is not None:
        colour, dash = LINEAR
        _add(figure, texts["linear"], panel.linear(networks[0]), colour, dash, 1.5)
    if panel.log_y:
        figure.update_yaxes(type="log", exponentformat="power", dtick=1)
    figure.update_yaxes(fixedrange=True)
    figure.update_layout(hovermode="closest", margin_l=LEFT)
    return figure


def _add(figure: go.Figure, name: str, points: Sequence[Point], colour: str, dash: str, width: float) -> None:
    shown = sorted(point for point in points if math.isfinite(point.value))
    if not shown:
        return
    bars: dict[str, Any] = {}
    if all(point.standard_error is not None and math.isfinite(point.standard_error) for point in shown):
        bars = {"error_y": {"type": "data", "array": [point.standard_error for point in shown], "thickness": 1}}
        bars["error_y"]["width"] = 2
    figure.add_scatter(
        x=[point.log_snr for point in shown], y=[point.value for point in shown], mode="lines+markers", name=name,
        line={"dash": dash, "width": width}, marker={"size": 5}, meta={"colour": colour},
        hovertemplate=f"{name}  log SNR %{{x:.2f}}  <b>%{{y:.3~g}}</b><extra></extra>", **bars,
    )  # fmt: skip


def clinic_figures(networks: Sequence[DrawnNetwork], texts: Mapping[str, str]) -> dict[str, go.Figure]:
    """All panels."""
    return {key: clinic_figure(key, networks, texts) for key in PANELS}
