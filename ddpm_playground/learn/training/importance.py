"""Which t a training on L_vlb alone looks at: those whose terms are large, more often (Nichol & Dhariwal 2021, 3.3)."""

import torch

KEPT = 10  # terms of each t that are remembered
# Share of the draws that stays uniform, as in the code of the paper (openai/improved-diffusion, resample.py): no term
# is then looked at too seldom for what it counts when it is.
UNIFORM = 0.001


class Importance:
    """p_t ∝ √E[L_t²] over 1…T from the last KEPT terms of each t, uniform until every t has as many.

    A term drawn with p_t counts 1/(T p_t), so that its expectation is the mean of the terms, as of t ~ Uniform{1…T}.

    Attributes:
        terms: the last of each t, (T, KEPT) float64; what is not filled yet is 0.
        seen: how many each t has had, (T,) int64.
    """

    def __init__(self, T: int) -> None:
        self.terms = torch.zeros(T, KEPT, dtype=torch.float64)
        self.seen = torch.zeros(T, dtype=torch.int64)

    @property
    def p(self) -> torch.Tensor | None:
        """p_1…p_T, (T,) float64; None for uniform."""
        if int(self.seen.min()) < KEPT:
            return None
        rms = self.terms.square().mean(1).sqrt()
        total = rms.sum()
        return (1 - UNIFORM) * rms / total + UNIFORM / len(rms) if total > 0 else None

    def weight(self, p: torch.Tensor | None, t: torch.Tensor) -> torch.Tensor:
        """What each term counts for that was drawn with p, 1/(T p_t), (B,) float32, for t (B,) in 1…T."""
        return torch.ones(len(t)) if p is None else (1 / (len(p) * p[t - 1])).float()

    def note(self, t: torch.Tensor, terms: torch.Tensor) -> None:
        """Remember the terms L_t (B,) of t (B,) in 1…T, in this order; what is not finite is left out."""
        finite = torch.isfinite(terms)
        for row, term in zip((t[finite] - 1).tolist(), terms[finite].tolist(), strict=True):
            self.terms[row, self.seen[row] % KEPT] = term
            self.seen[row] += 1

    def tensors(self) -> dict[str, torch.Tensor]:
        """What it goes by, by name: a resumed run needs it."""
        return {"importance.terms": self.terms, "importance.seen": self.seen}
