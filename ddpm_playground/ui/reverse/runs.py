"""Who is running what: one run per browser tab, stopped by its owner, forgotten when the tab closes."""

from __future__ import annotations

import math
import os
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from mmap import mmap

from ...bridge.option_text import as_set
from ...core import SigmaSpan, Step, x_0_from_eps
from ...core.later import torch
from ...core.phrase import Refusal
from ...run import Run
from ...views.film import Film
from ...views.run_title import run_title, told_class
from ..protocol import parts
from ..protocol.player_messages import RunSettings
from ..serving.owned import Owned
from ..serving.turns import Turn
from .decoding import Decoding, Sheet, decoding_of

# Text, or what `ui.text.note` makes.
Note = str | parts.Note
# The runs of all open tabs together; of more, the ones that have rested longest are let go.
KEPT_BYTES = int(os.environ.get("DDPM_RUNS_MB", "1024")) * 2**20
FRAME_BYTES = 32 * 2**20  # of a run, unless its pictures are so large that this would be few frames
FEWEST_FRAMES = 20
# Of a frame, all pictures together, which is more than a panel shows: 16 of 128², 4 of 256². Of larger ones every
# second row and column is kept, or every fourth; so a frame has at most 3 MiB in colour, a run 60 MiB beside x_0.
FRAME_PIXELS = 2**18


@dataclass(eq=False)
class LiveRun:
    """One browser tab's run: its frames (float16, on the CPU) and whether it was told to stop.

    Attributes:
        run: what runs.
        run_id: what the player calls it.
        note: the player's line on where and how it runs.
        problem: why it ended early, in the reader's language; empty where it did not fail.
        done: whether the chain has ended, by itself or because it was stopped.
        stopped: whether it ended before its last step.
        ks: number of each kept frame's step.
        ts: t of each kept frame; one more than eps_hats once the run is complete (x_0 at 0).
        xs: x_t, (N,C,H,W) float16 each.
        eps_hats: ε̂ of each step.
        sigmas: σ over the pixels of each step; None where it is one number.
        decoded: frame → x̂_0 of it decoded, where it was.
        whole: x_0 with every row and column, (N,C,H,W) float16, once it is there; None where `xs` has them all.
    """

    run: Run
    run_id: str = ""
    note: Note = ""
    problem: str = ""
    done: bool = False
    stopped: bool = False
    stop: threading.Event = field(default_factory=threading.Event)
    ks: list[int] = field(default_factory=list)
    ts: list[int] = field(default_factory=list)
    xs: list[torch.Tensor] = field(default_factory=list)
    eps_hats: list[torch.Tensor] = field(default_factory=list)
    sigmas: list[SigmaSpan | None] = field(default_factory=list)
    decoded: dict[int, Sheet] = field(default_factory=dict)
    whole: torch.Tensor | None = None

    @cached_property
    def decoding(self) -> Decoding | None:
        """What decodes its latents; None where nothing does."""
        return decoding_of(self.run)

    @property
    def grain(self) -> int:
        """Every how many rows and columns of a picture are kept, so that a frame stays within FRAME_PIXELS."""
        _, H, W = self.run.shape
        grain = 1
        while self.run.count * -(-H // grain) * -(-W // grain) > FRAME_PIXELS and grain < min(H, W):
            grain *= 2
        return grain

    @property
    def most_bytes(self) -> int:
        """What the frames may take."""
        return max(FRAME_BYTES, FEWEST_FRAMES * self.frame_bytes)

    @property
    def stride(self) -> int:
        """Every how many steps a frame is kept, so that a run stays within `most_bytes`."""
        return max(1, -(-len(self.run.path) * self.frame_bytes // self.most_bytes))

    def keep(self, k: int, step: Step) -> None:
        """Keep x_t and ε̂ of step k."""
        self.sigmas.append(SigmaSpan.of(step))
        self.eps_hats.append(self._put(step.eps_hat))
        if self.decoding is not None and (sheet := self.decoding.on_the_way(k, step.x_hat_0)):
            self.decoded[len(self.ks)] = sheet
        self._add(k, step.t, step.x_t)

    def finish(self, step: Step) -> None:
        """Keep the last step's x_s."""
        if self.grain > 1:
            self.whole = step.x_s.detach().clamp(-65504, 65504).to("cpu", torch.float16)
        if self.decoding is not None:
            self.decoded[len(self.ks)] = self.decoding.at_end(step.x_s)
        self._add(len(self.run.path) - 1, step.s, step.x_s)

    def _add(self, k: int, t: int, x: torch.Tensor) -> None:
        self.xs.append(self._put(x))
        self.ts.append(t)
        self.ks.append(k)  # last: whoever reads in between finds what it counts

    def _put(self, x: torch.Tensor) -> torch.Tensor:
        """A copy as float16 on the CPU, kept within its range, of the rows and columns that are kept."""
        return next(self._places).copy_(x.detach()[..., :: self.grain, :: self.grain].clamp(-65504, 65504))

    def x_hat_0(self, i: int) -> torch.Tensor | None:
        """x̂_0 at frame i, or for x_0, of which nothing is predicted, at the one before; None where ᾱ_t = 0."""
        at = min(i, len(self.eps_hats) - 1)
        if at < 0 or float(self.run.schedule.alpha_bars[self.ts[at]]) == 0.0:
            return None
        x_hat_0 = x_0_from_eps(self.run.schedule, self.xs[at].float(), self.ts[at], self.eps_hats[at].float())
        return x_hat_0.clamp(-1.0, 1.0) if self.run.clip_x_0 else x_hat_0

    def film(self) -> Film:
        """What has been computed so far, as a film that says where it ends early."""
        ending = "failed" if self.problem else "stopped" if self.stopped else "" if self.done else "still running"
        planar, title = self.run.checkpoint.is_planar, run_title(**self.settings)
        latents = self.run.checkpoint.latents
        colours = None if latents is None else latents.colours.colours
        return Film(list(self.ts), self.xs, self.x_hat_0, planar, ending, title=title, colours=colours)

    @property
    def pictures(self) -> torch.Tensor | None:
        """x_0 of latents as pictures (n,C,H,W): those that were decoded, or else all through the linear map; None
        where x_0 are pictures."""
        latents = self.run.checkpoint.latents
        if latents is None:
            return None
        decoded = self.decoding.pictures if self.decoding is not None else None
        return latents.colours.colours(self.xs[-1].float()) if decoded is None else decoded

    @property
    def settings(self) -> RunSettings:
        """What made it."""
        recipe = self.run.recipe
        return {
            "checkpoint": recipe.checkpoint,
            "label": told_class(self.run.checkpoint.class_names, recipe.label),
            "sampler": recipe.sampler,
            "options": as_set(recipe.options),
            "steps": len(self.run.path) - 1,
            "guidance": recipe.guidance,
            "seed": recipe.seed,
        }

    def spans(self, first: int, end: int) -> list[tuple[int, float, float, float]]:
        """Of frames first…end−1 whose σ is the network's own: the step's number, and σ's mean, least and most."""
        found = zip(self.ks[first:end], self.sigmas[first:end], strict=False)
        return [(k, span.mean, span.least, span.most) for k, span in found if span]

    @property
    def has_decoded(self) -> bool:
        """Whether x_0 of latents was decoded."""
        return self.decoding is not None and self.decoding.pictures is not None

    def decoded_at(self, first: int, end: int) -> list[tuple[int, int, str]]:
        """Of frames first…end−1 that were decoded: the step's number, how many pictures, and these."""
        return [(self.ks[i], *self.decoded[i]) for i in range(first, end) if i in self.decoded]

    @property
    def kept_bytes(self) -> int:
        """The memory that its frames take."""
        count = 2 * -(-(len(self.run.path) - 1) // self.stride) + 1
        whole = 2 * self.run.count * math.prod(self.run.shape) if self.grain > 1 else 0
        return count * self.frame_bytes // 2 + whole

    @cached_property
    def _places(self) -> Iterator[torch.Tensor]:
        """Where the frames go: memory of its own, which a forgotten run gives back to the system whole."""
        count = 2 * -(-(len(self.run.path) - 1) // self.stride) + 1
        memory = torch.frombuffer(mmap(-1, count * self.frame_bytes // 2), dtype=torch.float16)
        return iter(memory.view(count, self.run.count, *self.frame_shape))

    @property
    def frame_shape(self) -> tuple[int, int, int]:
        """(C,H,W) of a picture in a frame."""
        C, H, W = self.run.shape
        return C, -(-H // self.grain), -(-W // self.grain)

    @property
    def frame_bytes(self) -> int:
        """Bytes of a frame's x_t and ε̂."""
        return self.run.count * math.prod(self.frame_shape) * 2 * 2


class Runs:
    """The runs of all browser tabs. A tab's run is kept while it is open, unless all together take too much memory."""

    def __init__(self, most_bytes: int = KEPT_BYTES) -> None:
        self.owned: Owned[LiveRun] = Owned(
            on_leave=lambda live: live.stop.set(),
            most=most_bytes,
            cost=lambda live: live.kept_bytes,
            ended=lambda live: live.done,
        )

    def begin(self, owner: str, run: Run, note: Note, turn: Turn | None = None) -> LiveRun:
        """A new run of this owner; the one before is told to stop. Its run_id is a secret of the owner's.

        Args:
            owner: whose it is.
            run: what runs.
            note: the player's line on where and how it runs.
            turn: its place in the line, which names and stops it; without one it has a name and a stop of its own.
        """
        if turn is None:
            live = LiveRun(run, secrets.token_urlsafe(16), note)
        else:
            live = LiveRun(run, turn.token, note, stop=turn.given_up)
        return self.owned.begin(owner, live.run_id, live, live.stop)

    def has(self, owner: str) -> bool:
        """Whether this owner has run anything."""
        return owner in self.owned

    def stop(self, owner: str, run_id: str | None = None) -> None:
        """Tell this owner's run (of that name, where one is given) to stop after the step it is in."""
        live = self.owned.find(owner, run_id, seen=False)
        if live is not None:
            live.stop.set()

    def find(self, owner: str, run_id: str | None = None) -> LiveRun | None:
        """This owner's last run; None if there is none, or if it has not that name where one is given."""
        return self.owned.find(owner, run_id)

    def of(self, owner: str) -> LiveRun:
        """This owner's last run.

        Raises:
            ValueError: none yet, or forgotten since.
        """
        live = self.owned.find(owner)
        if live is None or not live.ts:
            raise Refusal("there is no run to download yet; press Start first")
        return live

    def forget(self, owner: str) -> None:
        """Stop and forget this owner's run; does nothing where there is none."""
        self.owned.forget(owner)
