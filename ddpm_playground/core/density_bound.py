"""The bound on the density of numbers that are not in levels; exact in 1-D, where ε can be integrated over."""

from __future__ import annotations

from typing import NamedTuple, cast

from .bound import bound_terms, check_x_0, prior_term
from .chain import Noise
from .decoder import log_density
from .later import torch
from .phrase import Refusal
from .predictor import EpsPredictor
from .schedule import Schedule


class ContinuousBound(NamedTuple):
    """The terms of the bound on −log p_θ(x_0) in nats: prior L_T (B,), terms L_0, L_1, …, L_{T−1} (B,T)."""

    prior: torch.Tensor
    terms: torch.Tensor

    @property
    def total(self) -> torch.Tensor:
        """L_T + L_{T−1} + … + L_0 ≥ −log p_θ(x_0), (B,)."""
        return self.prior + self.terms.sum(1)


def gauss_hermite(nodes: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Places (nodes,) and weights (nodes,) of E f(ε) ≈ Σ weight · f(place), ε ~ N(0, 1), float64.

    Exact for polynomials below degree 2 · nodes: the eigenvalues of the Jacobi matrix of the Hermite polynomials, and
    the squared first entries of its eigenvectors (Golub & Welsch 1969).
    """
    if nodes < 1:
        raise Refusal("nodes must be at least 1, got {got}; 64 is plenty for smooth ε̂", got=nodes)
    beside = torch.arange(1, nodes, dtype=torch.float64).sqrt()
    jacobi = torch.diag(beside, 1) + torch.diag(beside, -1)
    places, vectors = cast(tuple[torch.Tensor, torch.Tensor], torch.linalg.eigh(jacobi))  # pyright: ignore[reportUnknownMemberType]
    return places, vectors[0] ** 2


def continuous_bound(
    schedule: Schedule,
    predict: EpsPredictor,
    x_0: torch.Tensor,
    noise: Noise | None = None,
    *,
    nodes: int | None = None,
    label: torch.Tensor | None = None,
    w: float = 1.0,
    clip_x_0: bool = False,
) -> ContinuousBound:
    """The bound on −log p_θ(x_0) in nats, with the decoder N(mean, β_1) itself (Ho et al. 2020, eq. 5).

    Args:
        schedule: the noise schedule.
        predict: the ε-predictor.
        x_0: (B,*D), float64; (B,1) with nodes.
        noise: draws ε (B,*D) once a t, t = 1 first; the terms are then an estimate from one ε each.
        nodes: instead of noise: integrate over ε with so many Gauss–Hermite nodes; the terms are then exact as far as
            ε̂ is smooth in x_t.
        label: class of each image, (B,) int64, or None.
        w: σ_t² = β̃^(1−w) β^w for t ≥ 2.
        clip_x_0: keep x̂_0 within [−1, 1].

    Raises:
        ValueError: both or neither of noise and nodes, nodes for more than one dimension, or as `bound_terms`.
    """
    if (noise is None) == (nodes is None):
        raise Refusal("give either noise, to draw ε, or nodes, to integrate over ε")
    if noise is not None:
        terms = bound_terms(schedule, predict, x_0, noise, label=label, w=w, clip_x_0=clip_x_0, decoder=log_density)
        return ContinuousBound(prior_term(schedule, x_0), torch.stack([term.nats for term in terms], 1))
    B = len(check_x_0(x_0))
    if x_0.numel() != B:
        raise Refusal(
            "nodes are for x_0 of one dimension, got shape {shape}; give noise instead", shape=tuple(x_0.shape)
        )
    places, weights = gauss_hermite(nodes or 0)
    many = x_0.repeat_interleave(len(places), 0)
    labels = None if label is None else label.repeat_interleave(len(places), 0)
    eps = places.repeat(B).reshape(many.shape)
    terms = bound_terms(schedule, predict, many, lambda: eps, label=labels, w=w, clip_x_0=clip_x_0, decoder=log_density)
    expected = torch.stack([term.nats.reshape(B, -1) @ weights for term in terms], 1)
    return ContinuousBound(prior_term(schedule, x_0), expected)
