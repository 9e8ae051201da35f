"""Plotly figures of a comparison: how far columns are apart, and whether they are where training was, over log SNR."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import plotly.graph_objects as go

from .figures import axes_layout

COLOURS = ("--series-0", "--series-1", "--series-2", "--series-3")
CURVES = {"x_t_rms": ("x_t", "solid"), "x_hat_0_rms": ("x_hat_0", "dash")}


class Compared(Protocol):
    """What is drawn of a column, see `experiments.Difference`."""

    t: list[int]
    log_snr: list[float | None]
    x_t_rms: list[float | None]
    x_hat_0_rms: list[float | None]
    norm_ratio: list[float | None]


def difference_figures(columns: Sequence[Any], names: Sequence[str], texts: Mapping[str, str]) -> dict[str, go.Figure]:
    """{"difference", "norm"}; both over log SNR, from noise to picture.

    Args:
        columns: as `Compared`, the first is what the others are laid beside.
        names: of the columns.
        texts: "log_snr", "difference_y", "norm_y", "x_t", "x_hat_0".
    """
    difference = go.Figure(layout=axes_layout(texts["log_snr"], texts["difference_y"]))
    norm = go.Figure(layout=axes_layout(texts["log_snr"], texts["norm_y"]))
    for k, (column, name) in enumerate(zip(columns, names, strict=True)):
        for key, (symbol, dash) in CURVES.items():
            if k:
                _curve(difference, column, getattr(column, key), f"{name} · {texts[symbol]}", k, dash)
        _curve(norm, column, column.norm_ratio, name, k, "solid")
    for figure in (difference, norm):
        figure.update_layout(hovermode="x unified")
    return {"difference": difference, "norm": norm}


def _curve(figure: go.Figure, column: Compared, values: list[float | None], name: str, k: int, dash: str) -> None:
    kept = [i for i, (x, y) in enumerate(zip(column.log_snr, values, strict=True)) if x is not None and y is not None]
    figure.add_scatter(
        x=[column.log_snr[i] for i in kept], y=[values[i] for i in kept], customdata=[column.t[i] for i in kept],
        mode="lines", name=name, line={"dash": dash, "width": 2.5}, meta={"colour": COLOURS[k]},
        hovertemplate=f"{name}  t = %{{customdata}}  <b>%{{y:.3~g}}</b><extra></extra>",
    )  # fmt: skip
