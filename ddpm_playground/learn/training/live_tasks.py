"""What a live training run trains: data, a network, and what is shown of it meanwhile."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Protocol, cast

import torch
from torch import nn

from ...core import ExactEps, Sampling, Schedule, SeededNoise, reverse, score_from_eps, timestep_path
from ...engine.network import Network
from ..data.pictures import Pictures
from ..data.planar import REACH
from ..networks.planar_network import WIDTH, PlanarNetwork
from ..networks.unet import NetworkEps, make_network
from .algorithm_1 import drop_labels
from .memorising import Memory, MemoryProbe
from .settings import Settings

GRID = 17  # arrows of the score field a side
NUM_SAMPLES, SAMPLE_STEPS = 400, 25
SHEET, SHEET_STEPS = 20, 20
LABEL_DROPOUT = Settings().label_dropout


class View(NamedTuple):
    """What is shown of a network: samples (N,*D); and in the plane the two score fields, (GRID²,2) each, else None.

    `points` are where the arrows stand, (GRID²,2); `data` what is trained on, (N,2); `memory` how it is kept, where
    something was held out.
    """

    samples: torch.Tensor
    points: torch.Tensor | None = None
    learned: torch.Tensor | None = None
    exact: torch.Tensor | None = None
    data: torch.Tensor | None = None
    memory: Memory | None = None


class Task(Protocol):
    """A data set with its network; what a live run needs of them.

    Attributes:
        name: of its data.
        network: a module that is called as a UNet2DModel is.
        batch_size: pictures or points a step.
        view_seconds: how long to train between two views.
        max_steps: where a run ends at the latest.
        threads: of PyTorch's operations; 0 for as many as it takes by itself.
        bounded: whether its data lie in [−1, 1], so that samplers may clip x̂_0.
    """

    name: str
    network: nn.Module
    batch_size: int
    view_seconds: float
    max_steps: int
    threads: int
    bounded: bool

    def draw(self, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor | None]:
        """x_0 ~ q(x_0), (B,*D), and labels (B,) or None (algorithm 1, line 2)."""
        ...

    def view(self, network: nn.Module, schedule: Schedule, t: int) -> View:
        """What a network (the averaged one) does now; the score field at t."""
        ...

    def facts(self) -> dict[str, Any]:
        """What a saved run says of itself."""
        ...


def _sampled(
    network: nn.Module, schedule: Schedule, shape: tuple[int, ...], count: int, num_steps: int,
    label: torch.Tensor | None = None, clip_x_0: bool = True,
) -> torch.Tensor:  # fmt: skip
    """`count` pictures by DDIM, always from the same noises, (count,*shape)."""
    noise = SeededNoise(0, range(count), shape)
    path = timestep_path(schedule.T, min(num_steps, schedule.T), "trailing")
    predict = NetworkEps(schedule, cast(Network, network))
    chain: Iterator[Any] = reverse(
        schedule, predict, noise(), path, noise, Sampling("ddim", clip_x_0=clip_x_0), label=label
    )
    for step in chain:
        x = step.x_s
    return x


class PlanarTask:
    """Points in the plane and a small network.

    Args:
        points: the data set, (N,2).
        schedule: gives T.
        seed: of the network's first weights.
        held: points that are not trained on, (M,2), to see what is memorised; None to leave that out.
        batch_size: points a step.
        width: of the network's hidden layers.
        max_steps: where the run ends.
        exact: makes the exact ε of the distribution that is shown, of a schedule; None for that of the points.
    """

    # Its products are too small to be shared out: one thread leaves the other cores to those who watch.
    view_seconds, threads, bounded = 0.4, 1, False

    def __init__(
        self, name: str, points: torch.Tensor, schedule: Schedule, seed: int, *, held: torch.Tensor | None = None,
        batch_size: int = 256, width: int = WIDTH, max_steps: int = 100_000,
        exact: Callable[[Schedule], ExactEps] | None = None,
    ) -> None:  # fmt: skip
        self.name, self.points, self.batch_size, self.max_steps = name, points, batch_size, max_steps
        self.width = width
        self.exact = exact or (lambda schedule: ExactEps(schedule, points))
        self.network: nn.Module = PlanarNetwork(schedule.T, width, seed)
        self.probe = None if held is None else MemoryProbe(points, held, seed)
        line = torch.linspace(-REACH, REACH, GRID)
        self.grid = torch.cartesian_prod(line, line)

    def draw(self, generator: torch.Generator) -> tuple[torch.Tensor, None]:
        """A batch of the points, with replacement."""
        return self.points[torch.randint(0, len(self.points), (self.batch_size,), generator=generator)], None

    @torch.no_grad()
    def view(self, network: nn.Module, schedule: Schedule, t: int) -> View:
        """Samples, and the network's score at t beside the exact one; and what is memorised of it."""
        samples = _sampled(network, schedule, (2,), NUM_SAMPLES, SAMPLE_STEPS, clip_x_0=False)
        at, said = torch.full((len(self.grid),), t), NetworkEps(schedule, cast(Network, network))
        learned, exact = (
            score_from_eps(schedule, at, predict(self.grid, at).eps_hat) for predict in (said, self.exact(schedule))
        )
        memory = None if self.probe is None else self.probe(said, schedule, samples)
        return View(samples, self.grid, learned, exact, self.points, memory)

    def facts(self) -> dict[str, Any]:
        """Data, and the architecture that a reader of the weights needs."""
        return {"data": self.name, "points": len(self.points), "network": "PlanarNetwork", "width": self.width}


class DigitsTask:
    """Pictures with classes and a small UNet2DModel.

    Args:
        pictures: the data set.
        seed: of the network's first weights.
    """

    batch_size, view_seconds, max_steps, threads, bounded = 16, 12.0, 20_000, 0, True

    def __init__(self, name: str, pictures: Pictures, seed: int) -> None:
        self.name, self.pictures = name, pictures
        self.num_classes = len(pictures.class_names)
        shape = tuple(pictures.images.shape[1:])
        unet = make_network(shape, self.num_classes, seed=seed, channels=(16, 32, 48))  # type: ignore[arg-type]
        self.network: nn.Module = unet.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def draw(self, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """A batch of pictures; each label with probability LABEL_DROPOUT left out, for guidance."""
        index = torch.randint(0, len(self.pictures), (self.batch_size,), generator=generator)
        label = drop_labels(self.pictures.labels[index], LABEL_DROPOUT, self.num_classes, generator)
        return self.pictures.x_0(index), label

    def view(self, network: nn.Module, schedule: Schedule, t: int) -> View:
        """Two pictures of each class."""
        label = torch.arange(SHEET) % self.num_classes
        shape = tuple(self.pictures.images.shape[1:])
        return View(_sampled(network, schedule, shape, SHEET, SHEET_STEPS, label))

    def facts(self) -> dict[str, Any]:
        """Data and its classes."""
        return {"data": self.name, "pictures": len(self.pictures), "class_names": list(self.pictures.class_names)}
