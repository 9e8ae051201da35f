"""Who is running what: one run per browser tab, stopped by its owner, forgotten when the tab closes."""

import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from mmap import mmap

import torch

from ..core import Step
from ..run import Run

# Text, or what `ui.text.note` makes.
Note = str | Mapping[str, object]
KEPT_RUNS = 6
FRAME_BYTES = 32 * 2**20  # with what waits unread, one browser tab costs no more than 64 MB


@dataclass(eq=False)
class LiveRun:
    """One browser tab's run: its frames (float16, on the CPU) and whether it was told to stop.

    Attributes:
        run: what runs.
        run_id: what the player calls it.
        note: the player's line on where and how it runs.
        done: whether the chain has ended, by itself or because it was stopped.
        ks: number of each kept frame's step.
        ts: t of each kept frame; one more than eps_hats once the run is complete (x_0 at 0).
        xs: x_t, (N,C,H,W) float16 each.
        eps_hats: ε̂ of each step.
    """

    run: Run
    run_id: str = ""
    note: Note = ""
    done: bool = False
    stop: threading.Event = field(default_factory=threading.Event)
    ks: list[int] = field(default_factory=list)
    ts: list[int] = field(default_factory=list)
    xs: list[torch.Tensor] = field(default_factory=list)
    eps_hats: list[torch.Tensor] = field(default_factory=list)

    @property
    def stride(self) -> int:
        """Every how many steps a frame is kept, so that a run stays within FRAME_BYTES."""
        return max(1, -(-len(self.run.path) * self.frame_bytes // FRAME_BYTES))

    def keep(self, k: int, step: Step) -> None:
        """Keep x_t and ε̂ of step k."""
        self.eps_hats.append(self._put(step.eps_hat))
        self._add(k, step.t, step.x_t)

    def finish(self, step: Step) -> None:
        """Keep the last step's x_s."""
        self._add(len(self.run.path) - 1, step.s, step.x_s)

    def _add(self, k: int, t: int, x: torch.Tensor) -> None:
        self.xs.append(self._put(x))
        self.ts.append(t)
        self.ks.append(k)  # last: whoever reads in between finds what it counts

    def _put(self, x: torch.Tensor) -> torch.Tensor:
        """A copy as float16 on the CPU, kept within its range."""
        return next(self._places).copy_(x.detach().clamp(-65504, 65504))

    @cached_property
    def _places(self) -> Iterator[torch.Tensor]:
        """Where the frames go: memory of its own, which a forgotten run gives back to the system whole."""
        count = 2 * -(-(len(self.run.path) - 1) // self.stride) + 1
        memory = torch.frombuffer(mmap(-1, count * self.frame_bytes // 2), dtype=torch.float16)
        return iter(memory.view(count, self.run.count, *self.run.shape))

    @property
    def frame_bytes(self) -> int:
        """Bytes of a frame's x_t and ε̂."""
        C, H, W = self.run.shape
        return self.run.count * C * H * W * 2 * 2


class Runs:
    """The runs of all browser tabs, newest last; the oldest are forgotten first."""

    def __init__(self) -> None:
        self._runs: OrderedDict[str, LiveRun] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, owner: str, run: Run, note: Note) -> LiveRun:
        """A new run of this owner; the one before is told to stop."""
        with self._lock:
            if owner in self._runs:
                self._runs.pop(owner).stop.set()
            live = self._runs[owner] = LiveRun(run, f"{owner}-{time.monotonic_ns()}", note)
            while len(self._runs) > KEPT_RUNS:
                self._runs.popitem(last=False)
            return live

    def has(self, owner: str) -> bool:
        """Whether this owner has run anything."""
        with self._lock:
            return owner in self._runs

    def stop(self, owner: str) -> None:
        """Tell this owner's run to stop after the step it is in."""
        with self._lock:
            if owner in self._runs:
                self._runs[owner].stop.set()

    def find(self, owner: str, run_id: str) -> LiveRun | None:
        """This owner's run of that name; None if it is not the last one."""
        with self._lock:
            live = self._runs.get(owner)
            return live if live is not None and live.run_id == run_id else None

    def of(self, owner: str) -> LiveRun:
        """This owner's last run.

        Raises:
            ValueError: none yet, or forgotten since.
        """
        with self._lock:
            if owner not in self._runs or not self._runs[owner].ts:
                raise ValueError("there is no run to download yet; press Start first")
            return self._runs[owner]

    def forget(self, owner: str) -> None:
        """Stop and forget this owner's run; does nothing where there is none."""
        with self._lock:
            if owner in self._runs:
                self._runs.pop(owner).stop.set()
