"""A chain's lane through a CUDA card: a stream for its steps and one for what they are fed with."""

import threading
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NamedTuple, Protocol

import torch

from .network import EngineUnavailable

# Runs before a capture, in which cuDNN and cuBLAS make themselves ready.
WARM_UPS = 3
# torch has as many streams of one priority, and deals them out again from the first when they are used up.
MAX_LANES = 32

_idle: dict[torch.device, list[torch.cuda.Stream]] = {}
_made: dict[torch.device, int] = {}
_streams = threading.Lock()


def _own_stream(lane: object, device: torch.device) -> torch.cuda.Stream:
    """A stream that is this lane's alone until the lane is gone, of a priority that nobody else asks for."""
    with _streams:
        idle = _idle.setdefault(device, [])
        if not idle:
            if _made.get(device, 0) >= MAX_LANES:
                raise EngineUnavailable("{most} chains have their graphs on this card already", most=MAX_LANES)
            _made[device] = _made.get(device, 0) + 1
            idle.append(torch.cuda.Stream(device, priority=-1))
        stream = idle.pop()
    weakref.finalize(lane, idle.append, stream).atexit = False
    return stream


class Fed(NamedTuple):
    """Tensors on their way to the device, and what says that they have arrived."""

    tensors: tuple[torch.Tensor | None, ...]
    arrived: Any


class Lane(Protocol):
    """What `StepGraph` asks of a device; nothing here makes the host wait but `wait`."""

    @property
    def device(self) -> torch.device:
        """Where the steps run."""
        ...

    def captured(self, step: Callable[[], None]) -> Callable[[], None]:
        """`step`, which reads and writes tensors that stay where they are, as a function that does the same again."""
        ...

    def follow(self) -> None:
        """Let what comes now begin after what the caller has begun."""
        ...

    def feed(self, make: Callable[[], Iterable[torch.Tensor | None]]) -> Fed:
        """What `make` makes, on the device; may be called in a thread of its own."""
        ...

    def running(self, *fed: Fed) -> AbstractContextManager[None]:
        """A context whose work is a part of the chain and begins once what was fed has arrived."""
        ...

    def mark(self) -> Any:
        """A mark behind the work so far, for `wait`."""
        ...

    def wait(self, mark: Any, tensors: Iterable[torch.Tensor | None]) -> None:
        """Wait for the work before the mark; from now on these tensors are the caller's."""
        ...


class CudaLane:
    """A lane whose steps are CUDA graphs.

    The steps have a stream of their own: a caller who copies a finished step to the host does so on the caller's
    stream, beside the steps that are under way. No two lanes share it: each graph has scratch memory that no other
    uses at the same time, and nothing of another chain strays into a capture.

    Args:
        device: a CUDA device.

    Raises:
        EngineUnavailable: MAX_LANES lanes are there already.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.steps, self.feeds = _own_stream(self, device), torch.cuda.Stream(device)

    def captured(self, step: Callable[[], None]) -> Callable[[], None]:
        """A CUDA graph of `step`, to be replayed in a `running` context."""
        graph = torch.cuda.CUDAGraph()
        # The outer context gives the caller its stream back also where the capture fails.
        with torch.cuda.stream(self.steps):
            for _ in range(WARM_UPS):
                step()
            # Other threads may allocate and wait meanwhile.
            with torch.cuda.graph(graph, stream=self.steps, capture_error_mode="thread_local"):
                step()
        return graph.replay

    def follow(self) -> None:
        """Both streams wait for the caller's."""
        current = torch.cuda.current_stream(self.device)
        self.steps.wait_stream(current)
        self.feeds.wait_stream(current)

    def feed(self, make: Callable[[], Iterable[torch.Tensor | None]]) -> Fed:
        """Copies from pinned memory, on the stream for feeding."""
        with torch.cuda.stream(self.feeds):
            tensors = tuple(None if a is None else self._moved(a) for a in make())
            arrived = torch.cuda.Event()
            arrived.record(self.feeds)
        return Fed(tensors, arrived)

    def _moved(self, a: torch.Tensor) -> torch.Tensor:
        return a if a.device.type == "cuda" else a.pin_memory().to(self.device, non_blocking=True)

    @contextmanager
    def running(self, *fed: Fed) -> Iterator[None]:
        """The stream of the steps; never to be left open over a `yield` to the caller."""
        for tensors, arrived in fed:
            self.steps.wait_event(arrived)
            _used_on(self.steps, tensors)
        with torch.cuda.stream(self.steps):
            yield

    def mark(self) -> torch.cuda.Event:
        """An event whose waiter sleeps, and so leaves the processor to the draws."""
        event = torch.cuda.Event(blocking=True)
        event.record(self.steps)
        return event

    def wait(self, mark: torch.cuda.Event, tensors: Iterable[torch.Tensor | None]) -> None:
        """Waits for the event, and tells the allocator that the caller's stream uses the tensors."""
        mark.synchronize()
        _used_on(torch.cuda.current_stream(self.device), tensors)


def _used_on(stream: torch.cuda.Stream, tensors: Iterable[torch.Tensor | None]) -> None:
    """Keep the tensors' memory from being given to others while this stream may still read it."""
    for tensor in tensors:
        if tensor is not None:
            tensor.record_stream(stream)
