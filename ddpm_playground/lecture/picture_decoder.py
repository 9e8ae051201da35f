"""p_θ(x|z): by an exact match, which is 0 almost everywhere, and by a Gaussian around G(z), which never is."""

import math
from typing import NamedTuple

import torch

from ..learn.data.pictures import to_uint8, to_x_0

DEGREES = 30.0


def generate(picture: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
    """G(z): the picture turned by 30° · z about its middle, in the 256 grey levels that pictures are stored in.

    Args:
        picture: what is turned, (1,C,H,W) in [−1, 1].
        z: (N,) float64.

    Returns:
        (N,C,H,W) in [−1, 1], bicubic between pixels, black (−1) from beyond the edge.
    """
    angle = torch.deg2rad(DEGREES * z)
    zero = torch.zeros_like(angle)
    rows = torch.stack([angle.cos(), -angle.sin(), zero, angle.sin(), angle.cos(), zero], -1).reshape(-1, 2, 3)
    shape = [len(z), *picture.shape[1:]]
    grid = torch.nn.functional.affine_grid(rows, shape, align_corners=False).to(picture.dtype)
    # What lies beyond the edge is read as 0, so black must be 0 meanwhile.
    turned = torch.nn.functional.grid_sample((picture + 1).expand(shape), grid, mode="bicubic", align_corners=False) - 1
    return to_x_0(to_uint8(turned))


class Compared(NamedTuple):
    """x against G(z) for many z, (N,) each.

    Attributes:
        z: float64.
        squared: ‖x − G(z)‖², float64.
        matching: how many of the D numbers are the same.
    """

    z: torch.Tensor
    squared: torch.Tensor
    matching: torch.Tensor


def compare(x: torch.Tensor, picture: torch.Tensor, z: torch.Tensor) -> Compared:
    """‖x − G(z)‖² and the number of exactly equal pixels, for each z.

    Args:
        x: (1,C,H,W).
        picture: what G turns, (1,C,H,W).
        z: (N,) float64.
    """
    made = [generate(picture, part) for part in z.split(1000)]
    squared = torch.cat([(x - g).double().square().flatten(1).sum(1) for g in made])
    return Compared(z, squared, torch.cat([(x == g).flatten(1).sum(1) for g in made]))


def log_prior(z: torch.Tensor) -> torch.Tensor:
    """log p(z) of N(0, 1), in nats."""
    return torch.distributions.Normal(z.new_zeros(()), 1.0).log_prob(z)


def log_constant(sigma: float, D: int) -> float:
    """c = −(D/2) log 2πσ²: what makes N(G(z), σ² I) over D numbers a density."""
    return -0.5 * D * math.log(2 * math.pi * sigma**2)


def log_p(squared: torch.Tensor, sigma: float, D: int) -> torch.Tensor:
    """log p(x|z) = −‖x − G(z)‖²/2σ² + c, in nats, the shape of `squared`.

    Args:
        squared: ‖x − G(z)‖².
        sigma: of the Gaussian around G(z), > 0.
        D: how many numbers a picture has.
    """
    return -squared / (2 * sigma**2) + log_constant(sigma, D)


class Marginal(NamedTuple):
    """p(x) = ∫ p(x|z) p(z) dz from z_n drawn from p(z) = N(0, 1).

    Attributes:
        log: of the mean of p(x|z_n), the Gaussian one; in nats.
        exact: the share of the z_n whose G(z_n) is x in every pixel.
        equal: how many these are.
        effective: (Σ p)²/Σ p²: that many equal terms would make as noisy a mean.
        relative_error: standard error of the mean, as a part of it: √(1/effective − 1/N) of N draws.
    """

    log: float
    exact: float
    equal: int
    effective: float
    relative_error: float


def marginal(drawn: Compared, sigma: float, D: int) -> Marginal:
    """p(x) ≈ (1/N) Σ p(x|z_n), by both readings of p(x|z).

    Args:
        drawn: of z_n from N(0, 1).
        sigma: of the Gaussian around G(z), > 0.
        D: how many numbers a picture has.
    """
    each, N = log_p(drawn.squared, sigma, D), len(drawn.z)
    total = torch.logsumexp(each, 0)
    equal = int((drawn.matching == D).sum())
    effective = float((2 * total - torch.logsumexp(2 * each, 0)).exp())
    error = math.sqrt(max(0.0, 1 / effective - 1 / N))
    return Marginal(float(total) - math.log(N), equal / N, equal, effective, error)


def log_joint(along: Compared, sigma: float, D: int) -> torch.Tensor:
    """log p(x|z) p(z) in nats: what each z contributes to p(x), (N,).

    Args:
        along: of any z.
        sigma: of the Gaussian around G(z), > 0.
        D: how many numbers a picture has.
    """
    return log_p(along.squared, sigma, D) + log_prior(along.z)


class Integral(NamedTuple):
    """A logarithm of an integral, and how far it moves when every second node is left out."""

    log: float
    error: float


def log_integral(along: Compared, sigma: float, D: int) -> Integral:
    """log ∫ p(x|z) p(z) dz by the trapezoid rule, to hold the sampled mean to.

    G(z) is in 256 grey levels and so jumps with z, thousands of times: the error falls only as fast as the spacing.

    Args:
        along: of evenly spaced z that reach far into both tails of N(0, 1).
        sigma: of the Gaussian around G(z), > 0.
        D: how many numbers a picture has.
    """
    each = log_joint(along, sigma, D)
    top = each.max()
    fine, coarse = (float(top + torch.trapezoid((each - top).exp()[::k], along.z[::k]).log()) for k in (1, 2))
    return Integral(fine, abs(fine - coarse))
