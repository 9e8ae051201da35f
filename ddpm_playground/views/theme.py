"""One colour per symbol, everywhere: CSS, plots and formulas take them from this table.

Each colour has a contrast of at least 4.5:1 on its ground, and the set stays apart under the common kinds
of colour blindness.
"""

from typing import NamedTuple


class Colour(NamedTuple):
    """A colour on the light and on the dark ground, as #rrggbb."""

    light: str
    dark: str


GROUND = Colour("#ffffff", "#12151d")
PANEL = Colour("#f5f7fb", "#1a1f2b")
INK = Colour("#1c2430", "#e8ecf4")
MUTED = Colour("#5a6576", "#a3aec0")
LINE = Colour("#d5dbe6", "#303848")

SYMBOLS: dict[str, Colour] = {
    "x_0": Colour("#0a5fb4", "#6cb4ff"),
    "eps": Colour("#b34708", "#ff9f5e"),
    "x_t": Colour("#7440b3", "#c8a4ff"),
    "x_hat_0": Colour("#04736a", "#3fd2b8"),
    "mean": Colour("#806000", "#e5c352"),
    "sigma_z": Colour("#ad2268", "#ff8abf"),
}

# Data (t = 0) to noise (t = T): one continuous scale for every t axis, slider and marker.
DATA_TO_NOISE = ("x_0", "x_t", "eps")

# Lines of overlaid schedules, told apart also by dash.
SERIES = (
    Colour("#0a5fb4", "#6cb4ff"),
    Colour("#b34708", "#ff9f5e"),
    Colour("#04736a", "#3fd2b8"),
    Colour("#ad2268", "#ff8abf"),
)
DASHES = ("solid", "dash", "dot", "dashdot")

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Noto Sans CJK TC', sans-serif"
MONO = "ui-monospace, 'SF Mono', 'Cascadia Mono', Menlo, Consolas, monospace"


def css_variables() -> str:
    """CSS custom properties --ground, --panel, --ink, --muted, --line, --sym-… for both grounds, and --t-scale."""
    named = {"ground": GROUND, "panel": PANEL, "ink": INK, "muted": MUTED, "line": LINE}
    named |= {f"sym-{key.replace('_', '-')}": colour for key, colour in SYMBOLS.items()}
    named |= {f"series-{i}": colour for i, colour in enumerate(SERIES)}
    stops = ", ".join(f"var(--sym-{key.replace('_', '-')})" for key in DATA_TO_NOISE)
    scale = f"--t-scale: linear-gradient(90deg, {stops}); --t-scale-reversed: linear-gradient(270deg, {stops});"

    accent = " --accent: var(--sym-x-t); "  # what is pressed first, what is chosen, and the focus

    def block(which: int) -> str:
        return " ".join(f"--{name}: {colour[which]};" for name, colour in named.items()) + accent + scale

    return f":root {{ {block(0)} }}\n.dark {{ {block(1)} }}\n"
