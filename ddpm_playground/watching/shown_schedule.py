"""`schedule`: a noise schedule in somebody's code, with its curves."""

from __future__ import annotations

import html
from typing import Any

import numpy as np

from ..lab.read_schedule import ReadSchedule
from .named import read_anything


class ShownSchedule:
    """A noise schedule. Its tables are (T+1,) float64, index 0 is clean data.

    Attributes:
        subject: as it was read.
        name: for titles.
        T: number of steps.
    """

    def __init__(self, subject: ReadSchedule) -> None:
        self.subject, self.schedule = subject, subject.schedule
        self.name, self.T = subject.schedule.name, subject.schedule.T

    @property
    def betas(self) -> np.ndarray:
        """β_t."""
        return self.schedule.betas.numpy()

    @property
    def alpha_bars(self) -> np.ndarray:
        """ᾱ_t."""
        return self.schedule.alpha_bars.numpy()

    @property
    def log_snr(self) -> np.ndarray:
        """log SNR(t) in nats; ∞ at t = 0."""
        return self.schedule.log_snr.numpy()

    def plot(self, *others: Any) -> Any:
        """Its curves over t, with those of others: ᾱ_t, √ᾱ_t and √(1 − ᾱ_t), β_t, log SNR(t), as a plotly figure.

        Args:
            others: schedules, or what `schedule` takes.

        Raises:
            ValueError: what cannot be read as a schedule, or too many.
        """
        from ..views.schedule_plot import schedule_figure

        shown = [one if isinstance(one, ShownSchedule) else schedule(one) for one in (self, *others)]
        return schedule_figure([(one.name, one.schedule) for one in shown])

    def __repr__(self) -> str:
        return f"<{self.name}, T = {self.T:,}, ᾱ_T = {self.alpha_bars[-1]:.4g}, log SNR(T) = {self.log_snr[-1]:.4g}>"

    def _repr_html_(self) -> str:
        points = " ".join(
            f"{200 * t / self.T:.1f},{60 - 56 * self.alpha_bars[t]:.1f}"
            for t in np.unique(np.linspace(0, self.T, 101).round().astype(int)).tolist()
        )
        read = "".join(f"<br><small>{html.escape(told)}</small>" for told in self.subject.read_as)
        return (
            f"<div><b>{html.escape(self.name)}</b>, T = {self.T:,}: ᾱ<sub>T</sub> = {self.alpha_bars[-1]:.4g}, "
            f"log SNR(T) = {self.log_snr[-1]:.4g}{read}<br>"
            '<svg viewBox="0 0 200 64" width="200" height="64" role="img" aria-label="ᾱ over t">'
            f'<polyline points="{points}" fill="none" stroke="currentColor" stroke-width="1.5"/></svg></div>'
        )


def schedule(what: Any = "linear", T: int | None = None, **params: float) -> ShownSchedule:
    """A noise schedule.

    Args:
        what: a schedule's name; else see `named.read_anything`.
        T: steps of a named one; 1000 where left out.
        params: of a named one, such as beta_end.

    Raises:
        ValueError: what cannot be read as a schedule, or a value out of range.
    """
    return ShownSchedule(read_anything(what, T, params or None))
