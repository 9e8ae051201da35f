"""The energy distance of two sets of points, and how far from straight a path is."""

import torch


def energy_distance(first: torch.Tensor, second: torch.Tensor) -> float:
    """2 E‖X − Y‖ − E‖X − X′‖ − E‖Y − Y′‖ over all pairs (Székely & Rizzo 2013, eq. 5), 0 for equal sets.

    Args:
        first: (N,D).
        second: (M,D).
    """
    x, y = first.double(), second.double()
    return float(2 * torch.cdist(x, y).mean() - torch.cdist(x, x).mean() - torch.cdist(y, y).mean())


def straightness(times: torch.Tensor, points: torch.Tensor) -> float:
    """∫ ‖(X_1 − X_0) − dX/dτ‖² dτ of paths along a time that runs over 1, their mean (Liu et al. 2023, section 2.2).

    0 for straight paths at an even pace; times are scaled so that they run over 1.

    Args:
        times: rising or falling, (S+1,).
        points: of N paths at these times, (S+1,N,D).
    """
    part = (times.diff() / (times[-1] - times[0]))[:, None, None]
    off = points[-1] - points[0] - points.diff(dim=0) / part
    return float((part * off.square()).sum((0, 2)).mean())
