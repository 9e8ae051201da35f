"""A run that can be shown and saved, however it came about."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..lab.finding import Finding
from ..views.tensor_picture import TensorView
from .run_numbers import Numbers

ROWS = ("call", "t", "next", "leads_to", "error", "sigma", "log_snr")


class ShownRun(ABC):
    """What the player and the files need of a run.

    Attributes:
        title: what ran.
        ended: how it ended, "" while it runs.
        shape: of x, (B,…).
        total: how many steps there will be; 0 where that is not known.
        paper_t: whether its t is the paper's, 0…T; else diffusers' own timestep, from 0 on.
        rows: which numbers the player shows.
    """

    title: str = ""
    ended: str = ""
    shape: tuple[int, ...] = ()
    total: int = 0
    paper_t: bool = False
    rows: Sequence[str] = ROWS

    @abstractmethod
    def __len__(self) -> int:
        """How many steps there were."""

    @property
    @abstractmethod
    def numbers(self) -> Numbers:
        """A row a step."""

    @property
    @abstractmethod
    def kept_steps(self) -> np.ndarray:
        """Which steps the arrays have, (K,) int64."""

    @abstractmethod
    def at(self, k: int) -> dict[str, np.ndarray]:
        """x_t, x̂_0 and ε̂ of kept step k by the names "x_t", "x_hat_0" and "eps_hat", each (B,…) float32."""

    @property
    @abstractmethod
    def x_end(self) -> np.ndarray:
        """What the last step returned, (B,…) float32."""

    @property
    @abstractmethod
    def view(self) -> TensorView:
        """How its x is shown."""

    @property
    @abstractmethod
    def findings(self) -> list[Finding]:
        """What is wrong with it, the worst first."""

    @property
    def findings_at_hand(self) -> list[Finding]:
        """Those of `findings` that need not be waited for, which is what a notebook's cell shows."""
        return self.findings

    @property
    def config_waits(self) -> bool:
        """Whether `findings_at_hand` is without the doctor's of a scheduler's config."""
        return False

    @property
    @abstractmethod
    def notes(self) -> tuple[str, ...]:
        """What a reader should know of how it was recorded."""

    @abstractmethod
    def facts(self) -> dict[str, Any]:
        """What a file says of it besides its arrays, in JSON's types."""

    @property
    def timesteps(self) -> np.ndarray:
        """t of each step, (S,) float64."""
        return self.numbers.timestep

    @property
    def x_t(self) -> np.ndarray:
        """What each kept step was handed, (K,B,…) float32."""
        return self._all("x_t")

    @property
    def x_hat_0(self) -> np.ndarray:
        """x̂_0 at each kept step, (K,B,…) float32; NaN where it is not known."""
        return self._all("x_hat_0")

    @property
    def eps_hat(self) -> np.ndarray:
        """ε̂ at each kept step, (K,B,…) float32; NaN where it is not known."""
        return self._all("eps_hat")

    def _all(self, name: str) -> np.ndarray:
        return np.stack([self.at(k)[name] for k in range(len(self.kept_steps))])

    def save(self, path: str | Path, language: str = "en") -> Path:
        """The run as a file, by its ending: .npz (arrays), .gif, .mp4 or .html (one file that plays by itself).

        Args:
            path: where to.
            language: of the .html, "en" or "zh-TW".

        Raises:
            Refusal: another ending or language, no step yet, or a library that is missing for it.
        """
        from .saved_run import save

        return save(self, Path(path), language)

    def _repr_html_(self) -> str:
        from .player_page import framed

        return framed(self)
