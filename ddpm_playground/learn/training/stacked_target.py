"""A target for ε_θ that knows more than the drawn ε: several estimates of x_0, weighed by what they have missed."""

from collections.abc import Sequence

import torch
from scipy.optimize import nnls

from ...core import EpsPredictor, ExactEps, Schedule, eps_from_x_0, q_sample, stream_seed
from ...core.phrase import Refusal
from ..data.pictures import Pictures

TEMPERATURES = (1.0, 1.5, 2.0, 3.0)
NODES = 20  # t at which the weights are found; straight lines between them
PICTURES_A_NODE = 384
LEAST = 0.02  # an estimate whose weight is smaller is not made


class StackedTarget:
    """ε that goes with a weighted mean of estimates of E[x_0 | x_t, label] (stacked regression, Wolpert 1992).

    The estimates are what the teachers say, clipped to [−1, 1], and the mean of the *other* training pictures of the
    class, each as likely as it is to have led to x_t, at several temperatures of that likelihood. Leaving the drawn
    picture out makes a training picture as good as an unseen one. Per t, the weights are the non-negative ones of sum
    1 with the least squared error on training pictures. Where the stack errs less than the network does, learning
    from it lowers the error of algorithm 1 itself, and since it is a function of x_t, t and label, without the
    variance of the drawn ε.

    A picture without a class gets the teachers' plain mean, and without teachers the drawn ε.

    Args:
        schedule: the noise schedule.
        pictures: the training pictures, at least two of a class.
        teachers: ε-predictors of the same pictures and schedule.
        seed: of the pictures and noises that the weights are found on.
    """

    def __init__(self, schedule: Schedule, pictures: Pictures, teachers: Sequence[EpsPredictor], seed: int) -> None:
        self.schedule, self.teachers, self.num_classes = schedule, tuple(teachers), len(pictures.class_names)
        self.members = len(self.teachers) + len(TEMPERATURES)
        self.place = torch.empty(len(pictures), dtype=torch.int64)  # of each picture among those of its class
        self.exact: list[ExactEps] = []
        for label in range(self.num_classes):
            own = (pictures.labels == label).nonzero().flatten()
            if len(own) < 2:
                raise Refusal(
                    "class {class_names} has {num_own} pictures; a stacked target needs two or more",
                    class_names=pictures.class_names[label],
                    num_own=len(own),
                )
            self.place[own] = torch.arange(len(own))
            self.exact.append(ExactEps(schedule, pictures.x_0(own).double()))
        self.weights = self._fitted(pictures, seed)

    @torch.no_grad()
    def _fitted(self, pictures: Pictures, seed: int) -> torch.Tensor:
        """The weights by t, (T+1, members) float64."""
        T, generator = self.schedule.T, torch.Generator().manual_seed(stream_seed(seed, "stacked target"))
        nodes = torch.linspace(1, T, min(NODES, T)).round().long()
        found = []
        for t in nodes.tolist():
            index = torch.randperm(len(pictures), generator=generator)[:PICTURES_A_NODE]
            x_0, label = pictures.x_0(index), pictures.labels[index]
            x_t = q_sample(self.schedule, x_0, t, torch.randn(x_0.shape, generator=generator))
            wanted = torch.ones(len(index), self.members, dtype=torch.bool)
            missed = self._estimates(x_t, torch.full((len(index),), t), label, index, wanted) - x_0
            gram = (missed.flatten(1).double() @ missed.flatten(1).double().T) / missed[0].numel()
            # min wᵀ G w over w ≥ 0 with sum 1, as least squares: a root of G, and a row that asks for the sum.
            lower = torch.linalg.cholesky(gram + 1e-9 * torch.eye(self.members, dtype=torch.float64))
            row = torch.full((1, self.members), 1e3, dtype=torch.float64)
            weights, _ = nnls(torch.cat([lower.T, row]).numpy(), [0.0] * self.members + [1e3])
            found.append(torch.from_numpy(weights / weights.sum()))
        table = torch.stack(found)
        t = torch.arange(T + 1, dtype=torch.float64).clamp(1, T)
        after = torch.searchsorted(nodes, t.long()).clamp(1, len(nodes) - 1)
        part = ((t - nodes[after - 1]) / (nodes[after] - nodes[after - 1]))[:, None]
        return table[after - 1].lerp(table[after], part)

    def _estimates(
        self, x_t: torch.Tensor, t: torch.Tensor, label: torch.Tensor, own: torch.Tensor, wanted: torch.Tensor
    ) -> torch.Tensor:
        """x̂_0 of each member, (members, B, C,H,W); 0 where it is not wanted, (B, members)."""
        told = x_t.new_zeros(self.members, *x_t.shape)
        for k, teacher in enumerate(self.teachers):
            these = wanted[:, k].nonzero().flatten()
            if len(these):
                named = torch.where(label[these] == self.num_classes, -1, label[these])
                told[k, these] = teacher(x_t[these], t[these], named).x_hat_0.clamp(-1, 1)
        others = wanted[:, len(self.teachers) :].any(1)
        for c, exact in enumerate(self.exact):
            these = ((label == c) & others).nonzero().flatten()
            if len(these):
                joint = exact.log_joint(x_t[these].double(), t[these])
                joint[torch.arange(len(these)), self.place[own[these]]] = -torch.inf
                share = torch.cat([torch.softmax(joint / hot, 1) for hot in TEMPERATURES])
                means = (share @ exact.means.flatten(1)).to(x_t)
                told[len(self.teachers) :, these] = means.view(len(TEMPERATURES), len(these), *x_t.shape[1:])
        return told

    @torch.no_grad()
    def __call__(
        self, x_t: torch.Tensor, t: torch.Tensor, eps: torch.Tensor, label: torch.Tensor, own: torch.Tensor
    ) -> torch.Tensor:
        """The target (B,C,H,W) of x_t, t, the drawn ε, label and which training picture x_0 was, (B,) each."""
        x, when, named = x_t.cpu(), t.cpu(), label.cpu()
        weights = self.weights[when]
        classless, n = named == self.num_classes, len(self.teachers)
        weights[classless] = 0.0
        weights[classless, :n] = 1.0 / max(1, n)
        weights = weights.where(weights >= LEAST, 0.0)
        weights = (weights / weights.sum(1, keepdim=True).clamp_min(LEAST)).to(x)
        told = self._estimates(x, when, named, own, weights > 0)
        x_0 = torch.einsum("bm,mb...->b...", weights, told)
        target = eps_from_x_0(self.schedule, x, when, x_0).to(eps)
        return torch.where((classless & (n == 0)).to(eps.device).view(-1, 1, 1, 1), eps, target)
