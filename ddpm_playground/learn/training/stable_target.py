"""Algorithm 1's ε without its chance: what the network is to say of x_t, known exactly from the training pictures."""

import torch

from ...core import ExactEps, Schedule, stream_seed
from ..data.pictures import Pictures

MOST_SNR = 0.5  # above it, hardly ever another picture could have led to x_t: the search would return the drawn ε


class StableTarget:
    """E[ε | x_t, label] over the training pictures of that label (stable targets, Xu et al. 2023).

    Algorithm 1 asks for the ε that was drawn; its mean over all that could have led to x_t has the same minimiser
    and no variance. At large t, where many pictures may lie behind an x_t, that is most of the error's variance;
    where SNR(t) > `MOST_SNR` the drawn ε stands.

    Args:
        schedule: the noise schedule.
        pictures: the training pictures.
        most: pictures of a class that are used, at random; all if there are fewer.
        seed: of that choice.
    """

    def __init__(self, schedule: Schedule, pictures: Pictures, most: int, seed: int) -> None:
        generator = torch.Generator().manual_seed(stream_seed(seed, "stable target"))
        self.many = schedule.snr <= MOST_SNR  # by t
        self.exact: list[ExactEps] = []
        labels = pictures.labels if pictures.class_names else torch.zeros_like(pictures.labels)
        for label in range(len(pictures.class_names) or 1):
            own = (labels == label).nonzero().flatten()
            chosen = own[torch.randperm(len(own), generator=generator)[:most]]
            self.exact.append(ExactEps(schedule, pictures.x_0(chosen).double()))

    def __call__(
        self, x_t: torch.Tensor, t: torch.Tensor, eps: torch.Tensor, label: torch.Tensor | None
    ) -> torch.Tensor:
        """x_t and the drawn ε (B,C,H,W), t and label (B,) → the target (B,C,H,W); ε where a class was dropped.

        Where there are no classes, label is None and all pictures count as one.
        """
        target, t_cpu = eps.clone(), t.cpu()
        label_cpu = torch.zeros_like(t_cpu) if label is None else label.cpu()
        many = self.many[t_cpu]
        for c, exact in enumerate(self.exact):
            own = ((label_cpu == c) & many).nonzero().flatten()
            if len(own):
                told = exact(x_t.cpu()[own].double(), t_cpu[own]).eps_hat
                target[own.to(target.device)] = told.to(target)
        return target
