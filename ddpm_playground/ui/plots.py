"""What the plots on screen are called."""

from ..views.figures import PLOTS
from .text import text


def figure_texts() -> dict[str, str]:
    """Titles of the figures over t."""
    keys = ("x", *(f"{plot}_{part}" for plot in PLOTS for part in ("title", "y")))
    return {key: text(f"schedule.{key}") for key in keys}
