"""The reverse chain on a CUDA card: whole steps replayed as CUDA graphs, ε_θ channels-last in float16 or float32."""

import copy
import threading
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import torch

from ..core import (
    Level,
    LevelPredictor,
    Noise,
    Prediction,
    Sampling,
    Schedule,
    Step,
    make_schedule,
    reverse,
    steps_along,
)
from ..core.phrase import Phrase
from .device import device_of, has_fast_fp16
from .lane import CudaLane, Lane
from .network import AGREEMENT, EngineUnavailable, Network, examples
from .spaces import shared_gpu
from .step_graph import StepGraph, row_of

if TYPE_CHECKING:
    from diffusers import UNet2DModel

# How far ε_θ may lie from eager float32's on x ~ N(0, I); float16's share of the shipped network is 0.01. bfloat16
# costs the same time and is eight times farther: near t = 1 it rounds away most of the noise that is left in x_t.
AGREEMENTS = {torch.float16: 2e-2, torch.float32: AGREEMENT}
# Graphs that wait for another chain of their kind.
KEPT = 4

_plain = threading.RLock()


@contextmanager
def plain_float32() -> Iterator[None]:
    """float32 convolutions without TF32, by the same algorithm each time; one thread at a time."""
    with _plain, torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False):
        yield


class GraphNetwork:
    """A UNet2DModel called as the UNet2DModel is, and its reverse chain as CUDA graphs.

    x_t, the guidance and the sampler's arithmetic are float32 in either type of ε_θ, and float32 is without TF32. A
    call is the network alone, eagerly, for the samplers of diffusers.

    Args:
        unet: the network; copied, since a graph holds the addresses of its weights.
        dtype: of ε_θ.
        lane: makes the lane of one graph.
    """

    def __init__(self, unet: "UNet2DModel", dtype: torch.dtype, lane: Callable[[], Lane]) -> None:
        self.config, self.dtype, self.lane = unet.config, dtype, lane
        # torch's own `to`, as that of diffusers warns.
        self.network = torch.nn.Module.to(
            copy.deepcopy(unet).eval().requires_grad_(False), dtype=dtype, memory_format=torch.channels_last
        )  # type: ignore[call-overload]
        self._waiting: list[tuple[Hashable, StepGraph]] = []
        self._lock = threading.Lock()

    def __call__(self, x: torch.Tensor, t: torch.Tensor, class_labels: torch.Tensor | None = None) -> SimpleNamespace:
        """x (B,C,H,W), t (B,) int64, labels (B,) int64 or None → an object whose `sample` is (B,C,H,W), x's type."""
        with plain_float32():
            x_in = x.to(dtype=self.dtype, memory_format=torch.channels_last)
            sample = self.network(x_in, t, class_labels=class_labels).sample
        return SimpleNamespace(sample=sample.to(x.dtype))

    def reverse(
        self,
        schedule: Schedule,
        predict: LevelPredictor,
        x_T: torch.Tensor,
        path: Sequence[int],
        noise: Noise,
        sampling: Sampling | None = None,
        *,
        label: torch.Tensor | None = None,
    ) -> Iterator[Step]:
        """The Steps of `core.reverse`, each a replay; some are under way when one is handed out.

        A predictor that is equal to an earlier one, for a batch of the same shape, finds its graph ready.

        Args:
            schedule: the noise schedule.
            predict: asks this network; looks at no number on the host.
            x_T: x at path[0], (B,*D).
            path: t_S > … > 0.
            noise: draws z, (B,*D), in a thread of its own.
            sampling: a sampler of SAMPLERS and what it is told; None for `Sampling()`.
            label: class of each image, (B,) int64, or None.

        Raises:
            ValueError: as `core.reverse` says.
        """
        how, steps = sampling or Sampling(), steps_along(path)
        row_of(schedule, how, *steps[0])  # refuses what it refuses before there is a graph
        alpha_bars = schedule.alpha_bars[[t for t, _ in steps]]
        # Without signal, or without noise, the plain walk knows which formulas do without either.
        plain = bool(((alpha_bars == 0) | (alpha_bars == 1)).any())
        key = (schedule, predict, tuple(x_T.shape), x_T.dtype, label is not None, how.clip_x_0, how.add_noise)
        graph = None if plain else self._taken(*key)
        if graph is None:
            yield from reverse(schedule, predict, x_T, path, noise, how, label=label)
            return
        try:
            yield from graph.walk(steps, x_T, label, noise, how)
        finally:
            self._give_back(key, graph)

    def _taken(self, *key: Any) -> StepGraph | None:
        """A graph for this chain alone: one that waits, or a new one; None while there is no lane for it."""
        with self._lock:
            for i, (other, graph) in enumerate(self._waiting):
                if other == key:
                    del self._waiting[i]
                    return graph
        try:
            own = self.lane()
        except EngineUnavailable:
            return None
        with plain_float32():  # captures, too, are to be one at a time
            return StepGraph(own, *key)

    def _give_back(self, key: Hashable, graph: StepGraph) -> None:
        with self._lock:
            self._waiting = [*self._waiting, (key, graph)][-KEPT:]


@dataclass(frozen=True)
class _Raw:
    """A predictor whose ε̂ is the network's raw output, and x̂_0 is x_t."""

    network: Network

    def __call__(
        self, x_t: torch.Tensor, t: torch.Tensor, label: torch.Tensor | None = None, level: Level | None = None
    ) -> Prediction:
        return Prediction(self.network(x_t, t, label).sample, x_t)


@torch.no_grad()
def disagreement(unet: "UNet2DModel", network: GraphNetwork) -> float:
    """Largest difference of ε_θ in a replayed chain from eager float32's on the same x_t."""
    device = device_of(unet)
    x, _, label = (None if a is None else a.to(device) for a in examples(unet.config, 3))
    assert x is not None
    schedule, largest = make_schedule("linear"), 0.0
    walk = network.reverse(
        schedule, _Raw(network), x, (999, 500, 1, 0), lambda: torch.zeros_like(x),
        Sampling("ddim", clip_x_0=False), label=label,
    )  # fmt: skip
    for step in walk:
        with plain_float32():
            t = torch.full((len(x),), step.t, device=device)
            plain = unet(step.x_t, t, class_labels=label).sample
        difference = (plain - step.eps_hat).abs().max()
        largest = max(largest, float(difference.nan_to_num(torch.inf)))
    return largest


def agreeing(unet: "UNet2DModel", dtypes: Sequence[torch.dtype], lane: Callable[[], Lane]) -> GraphNetwork:
    """The network in the first of these types that says what eager float32 says, within its bound.

    Raises:
        EngineUnavailable: the network cannot be captured, or says something else in each type.
    """
    reason: Phrase | None = None
    for dtype in dtypes:
        try:
            network = GraphNetwork(unet, dtype, lane)
            difference = disagreement(unet, network)
        except Exception as error:  # whatever the card raises, eager may still work
            told = " ".join(str(error).split())[:200]
            reason = Phrase("its steps cannot be captured: {error}", error=told)
            continue
        if difference <= AGREEMENTS[dtype]:
            return network
        reason = Phrase(
            "in {dtype} it differs from eager by {difference}, more than {most}",
            dtype=str(dtype),
            difference=f"{difference:.1e}",
            most=f"{AGREEMENTS[dtype]:g}",
        )
    assert reason is not None  # there is at least one type
    raise EngineUnavailable(reason)


def cuda_graph_network(unet: "UNet2DModel", sha256: str) -> GraphNetwork:
    """ε_θ in float16 where that is fast and agrees, else in float32.

    Raises:
        EngineUnavailable: no CUDA card of our own, or one that says something else than eager.
    """
    device = _card(unet)
    return agreeing(unet, [torch.float16] * has_fast_fp16(device) + [torch.float32], partial(CudaLane, device))


def cuda_graph_fp32_network(unet: "UNet2DModel", sha256: str) -> GraphNetwork:
    """ε_θ in float32.

    Raises:
        EngineUnavailable: no CUDA card of our own, or one that says something else than eager.
    """
    return agreeing(unet, [torch.float32], partial(CudaLane, _card(unet)))


def _card(unet: "UNet2DModel") -> torch.device:
    device = device_of(unet)
    if device.type != "cuda":
        raise EngineUnavailable("CUDA graphs need the network on a CUDA device")
    if shared_gpu() is not None:
        raise EngineUnavailable("this Space lends its GPU for the length of a call, which a graph would outlive")
    if unet.config["out_channels"] != unet.config["in_channels"]:
        raise EngineUnavailable("a graph's step has the sampler's variance, and this network says its own")
    return device
