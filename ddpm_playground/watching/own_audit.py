"""The audit of a run: its own scheduler, copied before the first step, walked along the timesteps that were visited."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ..bridge.built import unwarned
from ..bridge.scheduler_classes import Unauditable
from ..core.phrase import Phrase
from ..lab.audit import Audit, judged
from ..lab.conventions import PREDICTIONS, Convention, conventions
from ..lab.driving import input_blends, timestep_values
from ..lab.probe import Blend, Probing
from ..lab.scheduler_trace import trace_as_set
from .hooks import Hook
from .tape import Tape

# What tells what the output stands for where no prediction_type does.
NO_PREDICTION_TYPE = ("precondition_outputs", "get_scalings_for_boundary_condition", "step_correct")
SAME_T = 1e-3  # two timesteps that differ by rounding


class AsVisited:
    """A scheduler that goes by the t it is handed, with those that a run handed it for its list.

    Args:
        scheduler: one that keeps no place in its own list.
        timesteps: as they were handed to its step.
    """

    def __init__(self, scheduler: Any, timesteps: torch.Tensor) -> None:
        self._scheduler, self.timesteps = scheduler, timesteps

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._scheduler, name)

    def __deepcopy__(self, memo: dict[int, Any]) -> "AsVisited":
        return AsVisited(copy.deepcopy(self._scheduler, memo), self.timesteps.clone())


@dataclass(frozen=True, eq=False)
class OwnAudit:
    """What is known of a run's scheduler at each call.

    Attributes:
        audit: of its list of timesteps, or of those that were visited.
        places: of each call in `audit`'s list; None where it is not there.
        levels: at each call, what x is made of; None where that is not known.
        scheduler: the copy, its tables in float64.
        convention: what it takes the network's output for; None where that is not known.
        own_list: the scheduler's own timesteps, in its order.
        follows: whether the audit is of the t that were visited, in the stead of the scheduler's list.
    """

    audit: Audit
    places: tuple[int | None, ...]
    levels: tuple[Blend | None, ...]
    scheduler: Any
    convention: Convention | None
    own_list: tuple[float, ...]
    follows: bool = False


def own_audit(tape: Tape, visited: Sequence[float], told_places: Sequence[int | None], name: str) -> OwnAudit:
    """Audit the copy of a scheduler for the timesteps that a run visited.

    Args:
        tape: of the run; keeps what follows from the copy alone.
        visited: t of each call.
        told_places: where the scheduler said it stood, before each call.
        name: of its class.
    """
    nothing: tuple[None, ...] = (None,) * len(visited)
    if tape.twin is None:
        why = Phrase("{name} is not measured: {why}", name=name, why="it cannot be copied")
        return OwnAudit(Audit(name, len(visited), reason=why), nothing, nothing, None, None, ())
    if "scheduler" not in tape.known:
        tape.known["scheduler"] = _prepared(tape.twin)
    scheduler = tape.known["scheduler"]
    own = _own_list(scheduler)
    places = placed(own, visited, told_places)
    follows = any(place is None or not _same(own[place], t) for place, t in zip(places, visited, strict=True))
    keeps_place = hasattr(scheduler, "step_index") or hasattr(scheduler, "counter")
    follows = (follows or _leaps(places)) and not keeps_place and bool(own)
    if follows:
        scheduler = AsVisited(scheduler, torch.tensor(list(visited), dtype=torch.float64).to(_kind(visited)))
        places, walk = tuple(range(len(visited))), _walked(scheduler, name, len(visited))
    else:
        if "walk" not in tape.known:
            tape.known["walk"] = _walked(scheduler, name, len(own) or len(visited))
        walk = tape.known["walk"]
    levels = tuple(walk.inputs[p] if p is not None and p < len(walk.inputs) else None for p in places)
    return OwnAudit(walk.audit, places, levels, scheduler, walk.convention, own, follows)


@dataclass(frozen=True, eq=False)
class _Walk:
    audit: Audit
    inputs: tuple[Blend, ...]
    convention: Convention | None


def _walked(scheduler: Any, name: str, num_steps: int) -> _Walk:
    spacing = getattr(scheduler, "config", {}).get("timestep_spacing")
    with unwarned(), np.errstate(all="ignore"):
        try:
            with Probing():
                walked = trace_as_set(copy.deepcopy(scheduler))
            audit = judged(Audit(name, num_steps, spacing), walked)
        except Exception as error:  # whatever a scheduler of one's own meets
            why = error.phrase if isinstance(error, Unauditable) else f"{type(error).__name__}: {error}"
            reason = Phrase("{name} is not measured: {why}", name=name, why=why)
            with Probing():
                levels = _levels(scheduler)
            return _Walk(Audit(name, num_steps, reason=reason), levels, _stated(scheduler))
    return _Walk(audit, tuple(visit.input for visit in walked.visits), walked.convention)


def _own_list(scheduler: Any) -> tuple[float, ...]:
    timesteps = getattr(scheduler, "timesteps", None)
    return tuple(timestep_values(scheduler)) if isinstance(timesteps, torch.Tensor) and timesteps.ndim == 1 else ()


def _prepared(twin: Any) -> Any:
    """The copy on the CPU, without hooks, its tables in float64, at its first timestep."""
    scheduler = copy.deepcopy(twin)
    for name, value in list(vars(scheduler).items()):
        if isinstance(value, Hook) or name in ("step", "scale_model_input"):
            del vars(scheduler)[name]
        elif isinstance(value, torch.Tensor):
            value = value.detach().cpu()
            table = value.ndim <= 1 and value.is_floating_point() and name != "timesteps"
            setattr(scheduler, name, value.double() if table else value)
    if vars(scheduler).get("_begin_index") is not None:
        scheduler._begin_index = 0
    if "_step_index" in vars(scheduler):
        scheduler._step_index = None
    return scheduler


def placed(own: Sequence[float], visited: Sequence[float], told: Sequence[int | None]) -> tuple[int | None, ...]:
    """Where each visited t stands in the scheduler's list: where it says so, else the next one of that t."""
    found: list[int | None] = []
    after, table = -1, np.array(own)
    for t, place in zip(visited, told, strict=True):
        if place is None or not 0 <= place < len(own):
            here = np.flatnonzero(np.abs(table - t) <= SAME_T * max(1.0, abs(t))).tolist()
            place = next((i for i in here if i > after), here[0] if here else None)
        found.append(place)
        after = after if place is None else place
    return tuple(found)


def _leaps(places: Sequence[int | None]) -> bool:
    """Whether entries of the list are left out between two calls."""
    known = [place for place in places if place is not None]
    return any(b != a + 1 for a, b in zip(known, known[1:], strict=False))


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= SAME_T * max(1.0, abs(other))


def _kind(visited: Sequence[float]) -> torch.dtype:
    return torch.int64 if all(float(t).is_integer() for t in visited) else torch.float64


def _levels(scheduler: Any) -> tuple[Blend, ...]:
    try:
        return tuple(input_blends(scheduler)[0])
    except Exception:  # whatever a scheduler of one's own meets
        return ()


def _stated(scheduler: Any) -> Convention | None:
    """What the output stands for where the config says so by name; nothing is guessed."""
    config = getattr(scheduler, "config", {})
    if any(hasattr(scheduler, name) for name in NO_PREDICTION_TYPE):
        return conventions(scheduler)[0]
    return PREDICTIONS.get(str(config.get("prediction_type", ""))) if isinstance(config, Mapping) else None
