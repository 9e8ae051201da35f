"""How much of a run is kept: all of it within a bound of memory, else a stated part."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from ..core.phrase import Phrase

MEMORY = 256 * 2**20  # bytes that one watch keeps at most
MOST_PICTURES = 16
SHORTEST_SIDE = 32  # px; a side is never thinned below
FRAMES_KEPT = 2  # of a video: the first and the middle one
TENSORS = 3  # that a step keeps: the network's output, x̂_0 where the scheduler has one, and what the step returns


@dataclass(frozen=True)
class Cut:
    """The part of each tensor that is kept.

    Attributes:
        shape: of the whole, the sample's.
        pictures: how many of the batch.
        frames: of a video, on which axis and which ones; None where all are kept.
        stride: every how manieth row and column.
        every: every how manieth step.
    """

    shape: tuple[int, ...]
    pictures: int
    frames: tuple[int, tuple[int, ...]] | None = None
    stride: int = 1
    every: int = 1

    def of(self, x: torch.Tensor) -> torch.Tensor:
        """A copy of that part on the CPU, of its own dtype; on a card it is under way when this returns."""
        part = x.detach()
        if part.ndim and part.shape[0] > self.pictures:
            part = part[: self.pictures]
        if self.frames is not None and part.ndim == len(self.shape):
            axis, places = self.frames
            part = torch.stack([part.select(axis, place) for place in places], axis)
        if self.stride > 1 and part.ndim >= 4:
            part = part[..., :: self.stride, :: self.stride]
        if part.device.type == "cpu":
            return part.clone(memory_format=torch.contiguous_format)
        return part.contiguous().to("cpu", non_blocking=part.device.type == "cuda")

    @property
    def whole(self) -> bool:
        """Whether nothing is left out."""
        return self.pictures == self.shape[0] and self.frames is None and self.stride == 1 and self.every == 1

    def in_words(self) -> str:
        """What is kept, as a sentence."""
        if self.whole:
            return Phrase("all of x is kept, at every step")
        video = f", frames {', '.join(str(place) for place in self.frames[1])}" if self.frames else ""
        rows = f", every {self.stride}th row and column" if self.stride > 1 else ""
        steps = f", of every {self.every}th step" if self.every > 1 else ""
        return Phrase(
            "kept of x {shape}: {pictures} of {batch} pictures{video}{rows}{steps}; the norms are of all of it",
            shape="×".join(map(str, self.shape)), pictures=self.pictures, batch=self.shape[0],
            video=video, rows=rows, steps=steps,
        )  # fmt: skip


def cut_for(shape: Sequence[int], itemsize: int, steps: int, frame_axis: int | None, memory: int) -> Cut:
    """What fits into the memory, giving up pictures first, then a video's frames, then rows, then steps.

    Args:
        shape: of x.
        itemsize: bytes a number.
        steps: as many as the run is likely to have.
        frame_axis: of a video; None where it is none.
        memory: bytes in all.
    """
    whole = tuple(shape)
    room = memory / (TENSORS * max(steps, 1) * itemsize)
    pictures = min(whole[0], MOST_PICTURES)
    one = math.prod(whole[1:])
    while pictures > 1 and pictures * one > room:
        pictures = max(1, pictures // 2)
    frames = None
    if frame_axis is not None and one > room and whole[frame_axis] > FRAMES_KEPT:
        frames = (frame_axis, (0, whole[frame_axis] // 2))
        one = one // whole[frame_axis] * FRAMES_KEPT
    stride = 1
    while len(whole) >= 4 and one / stride**2 > room and min(whole[-2:]) // (stride + 1) >= SHORTEST_SIDE:
        stride += 1
    kept = pictures * one / stride**2
    return Cut(whole, pictures, frames, stride, max(1, math.ceil(kept / room)) if room else 1)


def frame_axis_of(shape: Sequence[int], channels: Sequence[int]) -> int | None:
    """The frames' axis of a video (B,C,F,H,W) or (B,F,C,H,W); the last where nothing tells; None where it is none."""
    if len(shape) != 5:
        return None
    return 1 if shape[2] in channels and shape[1] not in channels else 2
