"""Plotly figure of RePaint's seam: how much neighbours differ across it, over the resamplings r."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from .figures import axes_layout


def seam_figure(
    resamples: Sequence[int], seams: Sequence[Sequence[float]], own: float, texts: Mapping[str, str]
) -> go.Figure:
    """The mean over chains and each chain, over r; and the picture's own seam.

    Args:
        resamples: r.
        seams: for each r, the seam's error of each chain, see `core.seam_error`.
        own: that of the picture as it came.
        texts: "r", "y", "mean", "each", "own".
    """
    figure = go.Figure(layout=axes_layout(texts["r"], texts["y"]))
    means = [sum(each) / len(each) for each in seams]
    dots = [(r, seam) for r, each in zip(resamples, seams, strict=True) for seam in each]
    _trace(figure, texts["mean"], [*resamples], means, "lines+markers", "--sym-x-hat-0", "solid")
    _trace(figure, texts["each"], [r for r, _ in dots], [seam for _, seam in dots], "markers", "--sym-eps", "solid")
    _trace(figure, texts["own"], [resamples[0], resamples[-1]], [own, own], "lines", "--sym-x-0", "dash")
    figure.update_xaxes(type="log", tickvals=[*resamples], ticktext=[str(r) for r in resamples])
    figure.update_yaxes(rangemode="tozero")
    return figure


def _trace(figure: go.Figure, name: str, x: list[int], y: list[float], mode: str, colour: str, dash: str) -> None:
    figure.add_scatter(
        x=x, y=y, mode=mode, name=name, line={"dash": dash, "width": 2.5}, meta={"colour": colour},
        hovertemplate=f"{name}  r = %{{x}}  <b>%{{y:.3~g}}</b><extra></extra>",
    )  # fmt: skip
