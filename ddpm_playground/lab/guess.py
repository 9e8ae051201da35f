"""What a list without a name is: by its course, or by asking where two readings are as good."""

from collections.abc import Sequence

import torch

from ..core.phrase import Refusal

# ᾱ_t is flat at both ends; flow times never are: the product of their slopes there is 1 under any shift.
FLAT, STEEP = 0.1, 0.4
ON_THE_GRID = 2e-3


def guess_quantity(values: Sequence[float], name: str = "the list") -> str:
    """What a list without a name most likely is: log SNR, σ, flow times or ᾱ by its course, else β.

    Raises:
        ValueError: it may be flow times or ᾱ_t: a question.
    """
    table = torch.tensor(values, dtype=torch.float64)
    steps = table.diff()
    one_way = len(table) > 1 and bool((steps > 0).all() or (steps < 0).all())
    if one_way and table.min() < 0 < table.max():
        return "log_snr"
    if one_way and table.min() >= 0 and table.max() > 2:
        return "sigma"
    if one_way and table.min() >= 0 and float(table.max()) == 1.0:
        return _begins_at_1(table.flip(0) if steps[0] > 0 else table, name)
    if one_way and bool((steps < 0).all()) and table.min() >= 0 and 0.5 < table.max() <= 1:
        return "alpha_bar"
    return "beta"


def are_flow_times(values: Sequence[float]) -> bool:
    """Whether a list under the name of σ_t can only be flow times: it runs one way from exactly 1 down to 0 or near."""
    table = torch.tensor(values, dtype=torch.float64)
    steps = table.diff()
    one_way = len(table) > 1 and bool((steps > 0).all() or (steps < 0).all())
    return one_way and float(table.max()) == 1.0 and float(table.min()) >= 0.0


def _begins_at_1(falling: torch.Tensor, name: str) -> str:
    """Flow times or ᾱ_0 = 1, ᾱ_1, …, of a list that falls from exactly 1."""
    drops = -falling.diff() / ((falling[0] - falling[-1]) / (len(falling) - 1))
    slope = float((drops[0] * drops[-1]).sqrt())
    if is_shifted_grid(falling):
        return "flow_time"
    if len(falling) >= 20 and slope < FLAT:
        return "alpha_bar"
    if len(falling) >= 20 and slope > STEEP:
        return "flow_time"
    raise Refusal(
        "{name} falls from exactly 1: flow times do, and so do ᾱ_0, ᾱ_1, …; say which with --quantity, or write "
        '{{"flow_time": […]}} or {{"alpha_bar": […]}}',
        name=name,
    )


def is_shifted_grid(falling: torch.Tensor) -> bool:
    """Whether these are s u / (1 + (s − 1) u) of evenly spaced u from 1 down to 0 or near, for some shift s.

    Then 1/σ − 1 is proportional to 1/u − 1 (Esser et al. 2024, section 5.3.2).
    """
    inside = falling[(falling > 0) & (falling < 1)]
    if len(inside) < 2:
        return False
    count = len(falling) - 1
    for last in (0.0, 1.0 / (count + 1), 1.0 / 1000, 0.01):
        u = torch.linspace(1.0, last, count + 1, dtype=torch.float64)
        middle = count // 2
        shift = float((1 / u[middle] - 1) / (1 / falling[middle].clamp(1e-9) - 1)) if middle else 1.0
        if float((shift * u / (1 + (shift - 1) * u) - falling).abs().max()) < ON_THE_GRID:
            return True
    return False
