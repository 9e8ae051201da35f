"""The bound of many images as a ledger: every term, and a total that they add up to."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .bound import BoundTerm, prior_term
from .later import torch
from .phrase import Refusal
from .schedule import Schedule


@dataclass(frozen=True, eq=False)
class Ledger:
    """The bound on −log₂ p_θ(x_0) of N images, in bits per dimension.

    Attributes:
        prior: L_T of each image, (N,).
        terms: L_0, L_1, …, L_{T−1} of each image, (N,T).
        eps_mse: mean of (ε − ε̂)² at t = 1…T, (T,).
        x_0_mse: mean of (x_0 − x̂_0)² at t = 1…T, (T,).
    """

    prior: torch.Tensor
    terms: torch.Tensor
    eps_mse: torch.Tensor
    x_0_mse: torch.Tensor

    @classmethod
    def of(cls, schedule: Schedule, x_0: torch.Tensor, terms: Iterable[BoundTerm]) -> Ledger:
        """The ledger of images x_0 (N,*D) and all their terms, t = 1 first, from `bound_terms`."""
        terms = list(terms)
        if [term.t for term in terms] != list(range(1, schedule.T + 1)):
            raise Refusal("a ledger needs the terms of t = 1…{T} in order; leave ts out", T=schedule.T)
        return cls(
            prior=prior_term(schedule, x_0) / (x_0[:1].numel() * math.log(2)),
            terms=torch.stack([term.bits_per_dim for term in terms], 1),
            eps_mse=torch.stack([term.eps_mse.mean() for term in terms]),
            x_0_mse=torch.stack([term.x_0_mse.mean() for term in terms]),
        )

    @classmethod
    def joined(cls, parts: Sequence[Ledger]) -> Ledger:
        """One ledger of the images of all parts."""
        share = torch.tensor([len(part.prior) for part in parts], dtype=torch.float64)
        share /= share.sum()
        return cls(
            prior=torch.cat([part.prior for part in parts]),
            terms=torch.cat([part.terms for part in parts]),
            eps_mse=share @ torch.stack([part.eps_mse for part in parts]),
            x_0_mse=share @ torch.stack([part.x_0_mse for part in parts]),
        )

    @property
    def totals(self) -> torch.Tensor:
        """L_T + L_{T−1} + … + L_0 of each image, (N,)."""
        return self.prior + self.terms.sum(1)

    @property
    def prior_bpd(self) -> float:
        """Mean of L_T over the images."""
        return float(self.prior.mean())

    @property
    def vb(self) -> torch.Tensor:
        """Mean of L_0, L_1, …, L_{T−1} over the images, (T,)."""
        return self.terms.mean(0)

    @property
    def total_bpd(self) -> float:
        """Mean of the bound over the images."""
        return float(self.totals.mean())

    @property
    def standard_error(self) -> float:
        """Of `total_bpd`, from how the images' totals scatter (both of images and of ε); NaN for one image."""
        N = len(self.prior)
        return float(self.totals.std()) / math.sqrt(N) if N > 1 else math.nan
