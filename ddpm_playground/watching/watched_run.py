"""A run as it was watched: arrays, numbers, findings, files."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
import torch

from ..core.phrase import Phrase
from ..lab.audit import Audit
from ..lab.doctor import worst_first
from ..lab.finding import Finding
from ..learn.data.latent_maps import LATENT_MAPS
from ..views.tensor_picture import TensorView, view_of
from .estimates import estimated, weights_of
from .keeping import frame_axis_of
from .own_audit import OwnAudit, own_audit
from .own_config import config_findings, config_of
from .run_findings import run_findings
from .run_numbers import Numbers, numbers_of, timestep_of
from .shown_run import ShownRun
from .subject import Subject
from .tape import Call, Tape

FROM_SCHEDULER = "x̂_0 is the scheduler's own, with its clipping where it clips"
FROM_OUTPUT = "x̂_0 is what the network's output says by the scheduler's convention, before any clipping"
LONG = 200  # steps of which the doctor takes seconds of a core
FROM_NOTHING = "x̂_0 is not known: the scheduler gives none, and what its network's output stands for is not known"


class WatchedRun(ShownRun):
    """One chain that ran while it was watched, as far as it came when this was made.

    Shapes: S is the number of kept steps, B pictures; x has the pipeline's own shape, (B,C,H,W), of a video
    (B,C,F,H,W). t is diffusers' own timestep, from 0 on, not the paper's.

    Attributes:
        tape: what was written down.
        calls: of step, as they were written down.
        shape: of x, (B,…).
        size: how many numbers x has.
        class_name: of the scheduler.
        config: of the scheduler.
        scheduler: name by which the pipeline has it.
        subject: what was watched.
        ended: how it ended: "finished", the error that ended it, or "" while it runs.
    """

    def __init__(self, tape: Tape, subject: Subject, ended: str = "", exchanged: bool = False) -> None:
        self.tape, self.subject = tape, subject
        self.calls: list[Call] = [call for call in tape.calls if len(call.norms) > 1]
        self._end = tape.end
        self.shape = tape.cut.shape
        self.size = int(np.prod(self.shape))
        if tape.device.startswith("cuda"):
            torch.cuda.synchronize()
        self.ended = tape.ended or ended
        self.exchanged = exchanged
        self.scheduler = tape.scheduler_name
        self.class_name = type(tape.twin).__name__ if tape.twin is not None else subject.name
        self.config: Mapping[str, Any] = config_of(tape.twin)
        self.dtype = tape.dtype

    def __len__(self) -> int:
        """How many calls of step there were."""
        return len(self.calls)

    def finished(self, i: int) -> bool:
        """Whether call i returned."""
        return self.calls[i].finished

    @cached_property
    def own(self) -> OwnAudit:
        """The audit of this run and what follows from it at each call."""
        visited = [timestep_of(call) for call in self.calls]
        return own_audit(self.tape, visited, [call.place for call in self.calls], self.class_name)

    @property
    def audit(self) -> Audit:
        """Where each step of this run's scheduler leads, in float64 with an exact network (lab.audit)."""
        return self.own.audit

    @cached_property
    def numbers(self) -> Numbers:
        """A row a call; see `Numbers`."""
        return numbers_of(self.calls, self.own, self.size)

    @property
    def kept_steps(self) -> np.ndarray:
        """Which calls the arrays have, (K,) int64; all of them unless memory was short."""
        return np.array([i for i, call in enumerate(self.calls) if call.x is not None], np.int64)

    @cached_property
    def x_t(self) -> np.ndarray:
        """What each step was handed, (K,B,…) float32."""
        return self._stacked([call.x for call in self._kept()])

    @cached_property
    def output(self) -> np.ndarray:
        """What the network answered, (K,B,…) float32; NaN where its shape was not x's."""
        return self._stacked([call.output for call in self._kept()])

    @cached_property
    def x_end(self) -> np.ndarray:
        """What the last step returned, (B,…) float32; before any decoder."""
        return _array(self._end) if self._end is not None else np.zeros((0,), np.float32)

    @cached_property
    def x_hat_0(self) -> np.ndarray:
        """x̂_0 at each step, (K,B,…) float32; NaN where it is not known. `x_hat_0_from` says where it is from."""
        return self._stacked([self._estimated(i)[0] for i in self.kept_steps.tolist()])

    @cached_property
    def eps_hat(self) -> np.ndarray:
        """ε̂ of the network at each step, (K,B,…) float32; NaN where it is not known."""
        return self._stacked([self._estimated(i)[1] for i in self.kept_steps.tolist()])

    @property
    def x_hat_0_from(self) -> str:
        """Where x̂_0 is from, as a sentence."""
        if any(call.x_hat_0 is not None for call in self.calls):
            return FROM_SCHEDULER
        known = any(weights_of(self.own, i) is not None for i in self.kept_steps.tolist()[:1])
        return FROM_OUTPUT if known else FROM_NOTHING

    def _estimated(self, i: int) -> tuple[torch.Tensor | None, torch.Tensor | None]:
        """x̂_0 and ε̂ at call i; None where it is not known."""
        call = self.calls[i]
        weights = weights_of(self.own, i) if call.output is not None else None
        known: tuple[torch.Tensor | None, torch.Tensor | None] = (None, None)
        if weights is not None and call.x is not None and call.output is not None:
            known = estimated(weights, call.x, call.output)
        return (known[0] if call.x_hat_0 is None else call.x_hat_0), known[1]

    def at(self, k: int) -> dict[str, np.ndarray]:
        """x_t, x̂_0 and ε̂ of kept step k by the names "x_t", "x_hat_0" and "eps_hat", each (B,…) float32."""
        i = int(self.kept_steps[k])
        x_hat_0, eps_hat = self._estimated(i)
        (x_t,), (x_hat_0,), (eps_hat,) = (self._stacked([one]) for one in (self.calls[i].x, x_hat_0, eps_hat))
        return {"x_t": x_t, "x_hat_0": x_hat_0, "eps_hat": eps_hat}

    def _kept(self) -> list[Call]:
        return [call for call in self.calls if call.x is not None]

    def _stacked(self, tensors: list[torch.Tensor | None]) -> np.ndarray:
        shape = next((tuple(call.x.shape) for call in self.calls if call.x is not None), (0,))
        blank = np.full(shape, np.nan, np.float32)
        kept = [blank if one is None else _array(one) for one in tensors]
        return np.stack(kept) if kept else np.zeros((0, *shape), np.float32)

    @cached_property
    def own_findings(self) -> list[Finding]:
        """What is wrong with this run itself, the worst first."""
        return worst_first(run_findings(self))

    @cached_property
    def config_findings(self) -> list[Finding]:
        """What the doctor says of the scheduler's config at this run's number of steps, the worst first."""
        known = self.tape.known
        if "findings" not in known:
            known["findings"] = config_findings(self)
        return known["findings"]

    @property
    def findings(self) -> list[Finding]:
        """Both, the worst first."""
        return worst_first([*self.own_findings, *self.config_findings])

    @property
    def findings_at_hand(self) -> list[Finding]:
        """Without the doctor's of the config where these take seconds (more than LONG steps) and were not asked for."""
        return self.own_findings if self.config_waits else self.findings

    @property
    def config_waits(self) -> bool:
        """Whether `findings_at_hand` is without the doctor's of the config."""
        return len(self) > LONG and bool(self.config) and "findings" not in self.tape.known

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know of how this was recorded and measured."""
        said = [self.tape.cut.in_words(), self.x_hat_0_from]
        if self.tape.sought:
            said.append(Phrase("its scheduler cannot be copied ({why}), so there is no audit", why=self.tape.sought))
        if self.audit.reason:
            said.append(self.audit.reason)
        if self.own.follows:
            said.append("the audit follows the t that were visited, which are not the scheduler's own list")
        if self.exchanged:
            said.append("the pipeline got another scheduler while it was watched: that one's steps were not seen")
        return (*said, *self.audit.notes)

    @property
    def title(self) -> str:  # type: ignore[override]
        """What was watched, and its scheduler."""
        name = self.subject.name
        return self.class_name if name == self.class_name else f"{name}, {self.class_name}"

    @property
    def total(self) -> int:  # type: ignore[override]
        """How many timesteps its scheduler's list has; 0 where it has none."""
        return len(self.own.own_list)

    @cached_property
    def view(self) -> TensorView:
        """How its x is shown."""
        latent_map = tuple(LATENT_MAPS)["XL" in self.subject.name]
        axis = frame_axis_of(self.shape, self.subject.channels)
        return view_of(self.shape, latent=self.subject.latent, frame_axis=axis, latent_map=latent_map)

    def facts(self) -> dict[str, Any]:
        """What a file says of it besides its arrays, in JSON's types."""
        return {
            "scheduler": self.class_name, "watched": self.subject.name, "config": dict(self.config),
            "ended": self.ended, "x_hat_0_from": str(self.x_hat_0_from), "notes": [str(note) for note in self.notes],
            "shape": list(self.shape), "dtype": self.dtype, "audit": self.audit.as_json(),
            "findings": [one.as_json() for one in self.findings],
        }  # fmt: skip

    def __repr__(self) -> str:
        state = self.ended or "running"
        told = [f"{f.severity}: {f.code}" for f in self.findings_at_hand if f.severity != "note"] or ["nothing found"]
        counts = ", ".join(told) + "; its config is examined by .findings" * self.config_waits
        shape = "×".join(map(str, self.shape))
        return f"<{self.title}, {len(self)} steps of x {shape} {self.dtype}, {state}; {counts}>"


def _array(x: torch.Tensor) -> np.ndarray:
    return x.float().numpy()
