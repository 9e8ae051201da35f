"""Gradient steps on weight matrices whose singular values are all one (Muon: Jordan et al. 2024)."""

from collections import defaultdict
from collections.abc import Callable, Iterable

import torch

from ...core.phrase import Refusal

# Newton-Schulz: five quintic polynomials aσ + bσ³ + cσ⁵ bring every singular value near 1 (Jordan et al. 2024).
A, B, C = 3.4445, -4.7750, 2.0315
ITERATIONS = 5


def orthogonalised(matrix: torch.Tensor) -> torch.Tensor:
    """U S Vᵀ for each matrix U Σ Vᵀ of (…,m,n), S between about 0.7 and 1.2 where Σ is not tiny (Jordan et al. 2024).

    torch.optim.Muon iterates on the matrix, in bfloat16, which is slow where a processor must imitate bfloat16.
    The polynomials need XXᵀ alone, so here they are multiplied up as small square float32 matrices, and the long
    side is met twice.
    """
    if matrix.shape[-2] > matrix.shape[-1]:
        return orthogonalised(matrix.mT).mT
    x = matrix / torch.linalg.matrix_norm(matrix, keepdim=True).clamp_min(1e-7)
    gram = x @ x.mT
    whole = torch.eye(x.shape[-2], device=x.device, dtype=x.dtype)
    for _ in range(ITERATIONS):
        factor = B * gram + C * (gram @ gram)
        factor.diagonal(dim1=-2, dim2=-1).add_(A)
        whole = factor @ whole
        gram = factor @ gram @ factor
    return whole @ x


class Muon(torch.optim.Optimizer):
    """Muon with Nesterov momentum and decoupled weight decay, for weights of two or more axes.

    A convolution's weight (out,in,h,w) is the matrix (out, in·h·w). A step has the root mean square 0.2 · lr, as
    AdamW's steps tend to have, so that both take one learning rate (Liu et al. 2025, section 2.2). Weights that are
    matrices of one shape are orthogonalised together: a card is given a third of the calls.

    Args:
        parameters: the weights.
        lr: learning rate.
        momentum: share of the running mean of gradients that is kept.
        weight_decay: share of the weight taken off per step, times lr.
    """

    def __init__(
        self,
        parameters: Iterable[torch.nn.Parameter],
        lr: float = 1e-3,
        momentum: float = 0.95,
        weight_decay: float = 1e-2,
    ) -> None:
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})
        thin = [tuple(p.shape) for group in self.param_groups for p in group["params"] if p.ndim < 2]
        if thin:
            raise Refusal("Muon steps weights of two or more axes, got {got}; give those to AdamW", got=thin[0])

    @torch.no_grad()
    def step(self, closure: Callable | None = None) -> None:  # type: ignore[override]
        """One step on every weight that has a gradient."""
        if closure is not None:
            raise Refusal("Muon takes no closure; call backward first")
        for group in self.param_groups:
            momentum, alike = group["momentum"], defaultdict(list)
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                state = self.state[weight]
                if not state:
                    state["momentum_buffer"] = torch.zeros_like(weight)
                mean = state["momentum_buffer"].lerp_(weight.grad, 1.0 - momentum)
                ahead = weight.grad.lerp(mean, momentum).flatten(1)
                alike[ahead.shape].append((weight, ahead))
            for shape, members in alike.items():
                rms = 0.2 * max(shape) ** 0.5
                updates = orthogonalised(torch.stack([ahead for _, ahead in members]))
                for (weight, _), update in zip(members, updates, strict=True):
                    weight.mul_(1.0 - group["lr"] * group["weight_decay"])
                    weight.sub_(update.view(weight.shape), alpha=group["lr"] * rms)


def make_optimizers(
    named: Iterable[tuple[str, torch.nn.Parameter]], name: str, lr: float, weight_decay: float
) -> list[torch.optim.Optimizer]:
    """What steps a network's parameters.

    "muon" steps the weights inside the network so, and leaves its first and last convolution, embeddings, biases
    and norms to AdamW, as Jordan et al. advise; "adamw" steps all alike.
    """

    def inside(key: str, p: torch.nn.Parameter) -> bool:
        return p.ndim >= 2 and not key.startswith(("conv_in.", "conv_out.", "class_embedding."))

    groups: dict[bool, list[torch.nn.Parameter]] = {True: [], False: []}
    for key, parameter in named:
        groups[name == "muon" and inside(key, parameter)].append(parameter)
    adamw = torch.optim.AdamW(groups[False], lr, weight_decay=weight_decay, fused=True)
    return [adamw, Muon(groups[True], lr, weight_decay=weight_decay)] if groups[True] else [adamw]
