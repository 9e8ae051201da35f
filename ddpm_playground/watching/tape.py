"""One chain as it was seen: a record for each call of a scheduler's step, nothing of it worked out yet."""

import copy
import time
from dataclasses import dataclass, field
from typing import Any

import torch

from .keeping import Cut, cut_for, frame_axis_of

# Timesteps where nothing tells how many there will be.
USUAL_STEPS = 50


@dataclass(slots=True)
class Call:
    """One call of step.

    Attributes:
        timestep: what it was handed, a number or a copy of a tensor.
        place: where the scheduler says that it stands in its list, before the call; None where it says nothing.
        x: the kept part of the sample; None at a step that is not kept.
        output: the kept part of the network's output.
        x_hat_0: the kept part of the scheduler's own x̂_0, where it gives one.
        after: the kept part of what it returned; None where it raised.
        norms: ‖x‖, ‖output‖ and ‖what it returned‖, of the whole, as tensors of one number.
        scaled: whether scale_model_input was called since the last step.
        handed_scaled: whether the sample is what scale_model_input returned, and not what it was given.
        changed: whether the sample is another than the last step returned.
        seconds: since the chain's first call.
    """

    timestep: Any
    place: int | None
    seconds: float
    scaled: bool
    handed_scaled: bool
    changed: bool
    norms: list[torch.Tensor]
    x: torch.Tensor | None = None
    output: torch.Tensor | None = None
    x_hat_0: torch.Tensor | None = None
    after: torch.Tensor | None = None
    finished: bool = False


@dataclass(eq=False)
class Tape:
    """The calls of one chain.

    Attributes:
        scheduler_name: by which the pipeline has its scheduler.
        twin: a copy of the scheduler as it was before its first step; None where it cannot be copied.
        timesteps: its list, as it was at the first step.
        cut: what is kept.
        dtype: of x.
        device: of x.
        calls: of step, so far.
        started: when the first one was made.
        ended: how it ended; empty while it runs.
    """

    scheduler_name: str
    twin: Any
    timesteps: Any
    cut: Cut
    dtype: str
    device: str
    calls: list[Call] = field(default_factory=list)
    started: float = field(default_factory=time.perf_counter)
    ended: str = ""
    sought: str = ""  # why there is no twin
    end: torch.Tensor | None = None  # the kept part of what the last step returned
    known: dict[str, Any] = field(default_factory=dict)  # what was worked out of the twin alone

    @property
    def num_bytes(self) -> int:
        """Memory of what is kept."""
        kept = {
            id(t): t for call in self.calls for t in (call.x, call.output, call.x_hat_0, call.after) if t is not None
        }
        return sum(t.numel() * t.element_size() for t in kept.values())


def blank_tape(name: str, scheduler: Any, sample: torch.Tensor, channels: tuple[int, ...], memory: int) -> Tape:
    """A tape for a chain whose first call is about to be made."""
    timesteps = getattr(scheduler, "timesteps", None)
    steps = len(timesteps) if isinstance(timesteps, torch.Tensor) and timesteps.ndim == 1 else USUAL_STEPS
    cut = cut_for(sample.shape, sample.element_size(), steps, frame_axis_of(sample.shape, channels), memory)
    try:
        twin, sought = copy.deepcopy(scheduler), ""
    except Exception as error:  # whatever a scheduler of one's own holds
        twin, sought = None, f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"
    return Tape(name, twin, timesteps, cut, str(sample.dtype).removeprefix("torch."), str(sample.device), sought=sought)
