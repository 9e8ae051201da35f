"""Gaussians of any covariance under noise: what a mixture of them is at t, and where x_0 lies given x_t."""

from __future__ import annotations

import math
from typing import cast

from .later import torch
from .phrase import Refusal


class Ellipses:
    """K Gaussians N(μ_k, Σ_k) in D dimensions, by the axes of each Σ_k = Q_k diag(λ_k) Q_kᵀ.

    Noise is the same in all directions, so x_t = √ᾱ x_0 + √(1 − ᾱ) ε keeps the axes: its variances are
    ᾱ λ_k + 1 − ᾱ along them.

    Args:
        means: μ_k, (K,D).
        covariances: Σ_k, (K,D,D), symmetric, without negative eigenvalues.

    Raises:
        ValueError: another shape, or no covariances.
    """

    def __init__(self, means: torch.Tensor, covariances: torch.Tensor) -> None:
        K, D = len(means), means[0].numel()
        if covariances.shape != (K, D, D):
            raise Refusal(
                "covariances must have shape ({K}, {D}, {D}), one matrix for each mean, got {got}",
                K=K,
                D=D,
                got=tuple(covariances.shape),
            )
        given = covariances.double()
        is_finite = bool(torch.isfinite(given).all())
        parts = torch.linalg.eigh(  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
            given if is_finite else torch.zeros_like(given)
        )
        spreads, axes = cast("tuple[torch.Tensor, torch.Tensor]", parts)
        rounding = 1e-6 * given.abs().amax((1, 2))[:, None]
        lopsided = (given - given.mT).abs() > rounding[..., None]
        if not is_finite or bool(lopsided.any()) or bool((spreads < -rounding).any()):
            raise Refusal(
                "covariances must be symmetric without negative eigenvalues, got {got}; give A Aᵀ of any matrix A",
                got=covariances.tolist(),  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
            )
        self.means, self.spreads, self.axes = means.flatten(1), spreads.clamp_min(0.0), axes

    def _along(self, x: torch.Tensor, root: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """x − √ᾱ μ_k along each one's axes, and the variances there; (B,K,D) each, of x (B,D), √ᾱ (B or 1, 1)."""
        off = x[:, None] - root[..., None] * self.means.to(x)
        alpha_bar = (root * root)[..., None]
        return torch.einsum("bkd,kde->bke", off, self.axes.to(x)), alpha_bar * self.spreads.to(x) + 1.0 - alpha_bar

    def log_density(self, x: torch.Tensor, root: torch.Tensor) -> torch.Tensor:
        """log N(x; √ᾱ μ_k, ᾱ Σ_k + (1 − ᾱ) I), (B,K)."""
        along, variance = self._along(x, root)
        return -0.5 * (along.square() / variance + torch.log(2 * math.pi * variance)).sum(-1)

    def x_hats_0(self, x: torch.Tensor, root: torch.Tensor) -> torch.Tensor:
        """E[x_0 | x_t, k] = μ_k + √ᾱ Σ_k (ᾱ Σ_k + (1 − ᾱ) I)⁻¹ (x − √ᾱ μ_k), (B,K,D)."""
        along, variance = self._along(x, root)
        gain = root[..., None] * self.spreads.to(x) / variance
        return self.means.to(x) + torch.einsum("bke,kde->bkd", gain * along, self.axes.to(x))

    def draw(self, which: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """A draw of each Gaussian that is named, (N,D), of which (N,) int64."""
        z = torch.randn(len(which), self.means.shape[1], generator=generator) * self.spreads[which].sqrt()
        return self.means[which] + torch.einsum("ne,nde->nd", z, self.axes[which]).to(self.means)
