"""The empty figures of a live training run; the page fills them as it goes. Titles are keys of screen text, "@…"."""

import json
from typing import Any

from .figures import axes_layout, go


def train_figures() -> dict[str, dict[str, Any]]:
    """Layouts of the loss over the steps, of the loss by t and of the distance to the exact ε by t."""
    titles = {
        "loss": ("@train.x_step", "@train.y_loss"),
        "by_t": ("@train.x_t", "@train.y_loss"),
        "gap": ("@train.x_t", "@train.y_gap"),
    }
    layouts = {key: axes_layout(x, y) for key, (x, y) in titles.items()}
    for key in ("loss", "gap"):
        layouts[key]["yaxis"] |= {"type": "log", "exponentformat": "power", "fixedrange": True}
    layouts["loss"]["yaxis"]["dtick"] = 1
    layouts["gap"]["xaxis"] |= {"rangemode": "tozero", "fixedrange": True}
    layouts["loss"]["xaxis"] |= {"rangemode": "tozero", "fixedrange": True}
    layouts["by_t"]["yaxis"] |= {"rangemode": "tozero", "fixedrange": True}
    layouts["by_t"] |= {"bargap": 0.15}
    return {key: json.loads(str(go.Figure(layout=layout).to_json()))["layout"] for key, layout in layouts.items()}


def race_figures() -> dict[str, dict[str, Any]]:
    """Layouts of the families' error by log SNR, and of the distance of samples by the number of steps."""
    layouts = {
        "error": axes_layout("@train.x_log_snr", "@train.y_loss"),
        "energy": axes_layout("@train.x_num_steps", "@train.y_energy"),
    }
    for layout in layouts.values():
        layout["yaxis"] |= {"type": "log", "exponentformat": "power", "fixedrange": True}
        layout["xaxis"] |= {"fixedrange": True}
    layouts["error"]["yaxis"]["dtick"] = 1
    layouts["error"]["xaxis"]["autorange"] = "reversed"
    layouts["energy"]["xaxis"] |= {"type": "log"}
    return {key: json.loads(str(go.Figure(layout=layout).to_json()))["layout"] for key, layout in layouts.items()}
