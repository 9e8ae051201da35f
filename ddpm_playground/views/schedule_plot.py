"""The curves of schedules as a figure that holds its points, for whoever looks at it outside the page."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..core import Schedule
from ..core.later import Later
from ..core.phrase import Refusal
from .theme import DASHES, FONT, SERIES, SYMBOLS

if TYPE_CHECKING:
    import plotly.graph_objects as go
    import plotly.subplots as subplots
else:
    go, subplots = Later("plotly.graph_objects"), Later("plotly.subplots")

MOST_POINTS = 201
TITLES = ("ᾱ<sub>t</sub>", "√ᾱ<sub>t</sub> and √(1 − ᾱ<sub>t</sub>)", "β<sub>t</sub>", "log SNR(t)")


def schedule_figure(schedules: Sequence[tuple[str, Schedule]]) -> "go.Figure":
    """ᾱ_t, √ᾱ_t with √(1 − ᾱ_t), β_t and log SNR(t) over t, of schedules laid over each other.

    Args:
        schedules: 1 to 4, each with its name.

    Raises:
        ValueError: none, or too many.
    """
    if not 1 <= len(schedules) <= len(SERIES):
        raise Refusal("1 to {most} schedules fit in a figure, got {got}; leave some out",
                      most=len(SERIES), got=len(schedules))  # fmt: skip
    figure = subplots.make_subplots(2, 2, subplot_titles=TITLES)
    for i, (name, schedule) in enumerate(schedules):
        colour, dash = SERIES[i].light, DASHES[i]
        t = np.unique(np.linspace(0, schedule.T, min(schedule.T + 1, MOST_POINTS)).round().astype(int))
        alpha_bar = schedule.alpha_bars.numpy()[t]
        noise = np.sqrt(1.0 - alpha_bar)
        two = ((np.sqrt(alpha_bar), SYMBOLS["x_0"].light), (noise, SYMBOLS["eps"].light))
        curves = [(1, 1, alpha_bar, colour), *((1, 2, y, own) for y, own in two),
                  (2, 1, schedule.betas.numpy()[t], colour), (2, 2, schedule.log_snr.numpy()[t], colour)]  # fmt: skip
        for k, (row, column, y, own) in enumerate(curves):
            # β_0 = 0 and log SNR(0) = ∞ stand on no axis.
            shown = np.isfinite(y) & ((t > 0) | (row == 1))
            line = {"color": own, "dash": dash, "width": 2}
            figure.add_scatter(
                x=t[shown].tolist(), y=[float(f"{v:.6g}") for v in y[shown]], name=name, line=line, mode="lines",
                legendgroup=str(i), showlegend=k == 0, row=row, col=column,
            )  # fmt: skip
    figure.update_xaxes(title_text="t", row=2)
    figure.update_layout(
        height=520,
        font={"family": FONT, "size": 12},
        template="plotly_white",
        margin={"l": 50, "r": 20, "t": 40, "b": 40},
    )
    return figure
