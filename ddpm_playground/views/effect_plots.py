"""Plotly figures of what a schedule does: where training effort goes, and how sampling steps fall.

As in `figures`, a trace's `meta` names the CSS variable of its colour, and the page fills it in.
"""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
import torch

from ..core import SPACINGS, WEIGHTS, Schedule, log_snr_density, timestep_path
from .figures import MAX_POINTS, axes_layout
from .theme import DASHES

COLOURS = ("--series-0", "--series-1", "--series-2", "--series-3")


def effort_figure(schedule: Schedule, texts: Mapping[str, str]) -> go.Figure:
    """Share of the training effort at each log SNR: p(λ) under uniform t, times each weight, of area 1.

    Args:
        schedule: every β_t in [0, 1].
        texts: "log_snr", "effort_y", and each key of WEIGHTS.
    """
    density, log_snr = log_snr_density(schedule), schedule.log_snr[1:]
    figure = go.Figure(layout=axes_layout(texts["log_snr"], texts["effort_y"]))
    for i, (name, weigh) in enumerate(WEIGHTS.items()):
        weights = weigh(schedule)
        share = weights / torch.where(torch.isfinite(weights), weights, 0.0).mean() * density
        keep = torch.isfinite(share)
        kept = keep.nonzero().flatten()[:: max(1, int(keep.sum()) // MAX_POINTS)]
        figure.add_scatter(
            x=log_snr[kept].tolist(), y=share[kept].tolist(), mode="lines", name=texts[name],
            line={"dash": DASHES[i], "width": 2.5}, meta={"colour": COLOURS[i]},
            hovertemplate=f"{texts[name]}  <b>%{{y:.4~g}}</b><extra></extra>",
        )  # fmt: skip
    figure.update_layout(hovermode="x unified")
    return figure


def path_figure(schedule: Schedule, num_steps: int, texts: Mapping[str, str]) -> go.Figure:
    """For each spacing, the visited t as marks at their log SNR, and above each the step that follows, in nats.

    Args:
        schedule: every β_t in [0, 1].
        num_steps: S in [1, T].
        texts: "log_snr" and "step_y".
    """
    figure = go.Figure(layout=axes_layout(texts["log_snr"], texts["step_y"]))
    for i, spacing in enumerate(SPACINGS):
        path = timestep_path(schedule.T, num_steps, spacing)
        log_snr = schedule.log_snr[list(path)]
        steps = log_snr.diff()
        shown = [k for k in range(len(steps)) if bool(torch.isfinite(steps[k]))]
        figure.add_scatter(
            x=log_snr[shown].tolist(), y=steps[shown].tolist(), mode="lines+markers", name=spacing,
            line={"dash": DASHES[i], "width": 2}, marker={"size": 7}, meta={"colour": COLOURS[i]},
            customdata=[path[k] for k in shown],
            hovertemplate=f"{spacing}  t = %{{customdata}}  <b>%{{y:.4~g}}</b><extra></extra>",
        )  # fmt: skip
    return figure


def figures_of(schedule: Schedule, num_steps: Sequence[int], texts: Mapping[str, str]) -> dict[str, go.Figure]:
    """Both figures; the path is that of the most steps that the schedule has."""
    most = max([S for S in num_steps if S <= schedule.T], default=schedule.T)
    return {"effort": effort_figure(schedule, texts), "path": path_figure(schedule, most, texts)}
