"""x̂_0 and ε̂ from what a network answered: the audit's table of conventions, solved for the two."""

import math

import torch

from ..lab.conventions import Known
from ..lab.probe import Blend, Probing
from .own_audit import OwnAudit

# Below this share of the larger coefficients, x and the output say the same thing of x_0 and ε.
SINGULAR = 1e-9


def weights_of(own: OwnAudit, call: int) -> torch.Tensor | None:
    """(x̂_0, ε̂) = W (x, output) at one call, (2,2) float64; None where the output does not say both.

    x = a x̂_0 + b ε̂ and what the network answers is a blend of the same two, by the scheduler's convention (see
    `lab.conventions`); both are asked for x_0 = (1, 0) and ε = (0, 1), and the two equations are solved.

    Args:
        own: the run's audit.
        call: from 0.
    """
    level, place = own.levels[call], own.places[call]
    if level is None or own.convention is None or place is None:
        return None
    a, b = level.of_x_0, level.noise
    x, x_0, eps = (torch.tensor(row, dtype=torch.float64) for row in ((a, b), (1.0, 0.0), (0.0, 1.0)))
    try:
        with Probing():
            output = own.convention(own.scheduler, place, Known(x, x_0, eps, Blend(a, b)))
    except Exception:  # the scheduler's own functions, at a place that it does not have
        return None
    equations = torch.stack([x, output.double().reshape(-1)]) if output.numel() == 2 else torch.zeros(2, 2)
    size = float(equations[0].norm() * equations[1].norm())
    determinant = float(torch.linalg.det(equations)) if math.isfinite(size) else 0.0
    if not size or not abs(determinant) > SINGULAR * size:
        return None
    return torch.linalg.inv(equations)


def estimated(weights: torch.Tensor, x: torch.Tensor, output: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """x̂_0 and ε̂, each of x's shape, float32."""
    x, output = x.double(), output.double()
    x_hat_0, eps_hat = (float(row[0]) * x + float(row[1]) * output for row in weights)
    return x_hat_0.float(), eps_hat.float()
