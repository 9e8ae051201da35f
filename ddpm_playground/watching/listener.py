"""Who writes a run down while it runs: told of each call of a scheduler's step, and never in its way."""

import functools
import inspect
import threading
import time
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from .subject import by_halves
from .tape import Call, Tape, blank_tape

MOST_OPEN = 16  # chains at once; of more, the one begun first counts as finished


@dataclass(eq=False)
class Chain:
    """A chain that is under way.

    Attributes:
        tape: what it is written on.
        after: what its last step returned, and that tensor's version; or what a corrector made of that.
        corrected: whether a corrector did.
    """

    tape: Tape
    after: tuple[Any, int | None] | None = None
    corrected: bool = False

    def changed(self, sample: torch.Tensor) -> bool:
        """Whether x is another than its last step returned."""
        if self.after is None:
            return True
        after, version = self.after
        return after is not sample or version is None or _version(sample) != version

    def goes_on(self, sample: torch.Tensor, timestep: Any, timesteps: Any) -> bool:
        """Whether a step of x belongs to it: not where the timesteps were set anew, x has another shape, or the list
        was gone through. Another thread may have set the same list anew for a chain of its own meanwhile."""
        calls, own = self.tape.calls, self.tape.timesteps
        if self.tape.cut.shape != tuple(sample.shape):
            return False
        through = isinstance(own, torch.Tensor) and len(calls) >= len(own)
        changed = self.changed(sample)
        if own is timesteps:
            return not (changed and (through or (len(calls) > 1 and _same_number(timestep, calls[0].timestep))))
        if changed or through or not _same_list(own, timesteps):
            return False
        return not _same_number(timestep, calls[0].timestep)


class Listener:
    """What one watched scheduler's calls are written down by.

    Args:
        name: by which the pipeline has it.
        scheduler: the scheduler.
        channels: that its x may have.
        memory: bytes that a chain may keep.
        opened: told of each new tape.
        called: told of each finished call.
    """

    def __init__(self, name: str, scheduler: Any, channels: tuple[int, ...], memory: int,
                 opened: Callable[[Tape], None], called: Callable[[Tape], None]) -> None:  # fmt: skip
        self._name, self._scheduler, self._channels, self._memory = name, scheduler, channels, memory
        self._opened, self._called = opened, called
        self._lock = threading.RLock()
        self._open: list[Chain] = []  # chains under way, of whatever thread
        # Of each thread its chain, and what scale_model_input was given last and returned.
        self._mine = threading.local()
        self.problems: list[str] = []
        self.unseen = 0

    def told(self) -> dict[str, Callable[[Callable[..., Any], tuple, dict], Any]]:
        """Name of a method of the scheduler → who is told of its calls."""
        if by_halves(self._scheduler):
            return {"step_pred": self.stepping, "step_correct": self.correcting}
        return {"step": self.stepping, "scale_model_input": self.scaling}

    def correcting(self, method: Callable[..., Any], args: tuple, kwargs: dict) -> Any:
        """A call of step_correct: what it makes of x is the scheduler's own doing, and belongs to the next step."""
        answer = method(*args, **kwargs)
        with self._lock:
            try:
                sample = _handed(args, kwargs, _names(getattr(method, "__func__", method))).get("sample")
                after, _ = _returned(answer, method)
                for chain in self._open:
                    if chain.after is not None and chain.after[0] is sample and isinstance(after, torch.Tensor):
                        chain.after, chain.corrected = (after, _version(after)), True
            except Exception as error:
                self._failed(error)
        return answer

    def scaling(self, method: Callable[..., Any], args: tuple, kwargs: dict) -> Any:
        """A call of scale_model_input."""
        answer = method(*args, **kwargs)
        self._mine.scaled = (args[0] if args else kwargs.get("sample"), answer)
        return answer

    def stepping(self, method: Callable[..., Any], args: tuple, kwargs: dict) -> Any:
        """A call of step: nothing of what it is given or returns is touched, and no failure here is its failure."""
        if torch.compiler.is_compiling():
            return method(*args, **kwargs)
        noted = None
        with self._lock:
            try:
                with torch.no_grad():
                    noted = self._before(_handed(args, kwargs, _names(getattr(method, "__func__", method))))
            except Exception as error:
                self._failed(error)
        answer = method(*args, **kwargs)
        if noted is not None:
            with self._lock:
                try:
                    with torch.no_grad():
                        self._finish(*noted, answer, method)
                except Exception as error:
                    self._failed(error)
        return answer

    def close(self, ended: str) -> None:
        """The watch is over; nothing of the run is held that is not kept."""
        with self._lock:
            for chain in self._open:
                chain.tape.ended = chain.tape.ended or ended
            self._open, self._mine = [], threading.local()

    def _failed(self, error: Exception) -> None:
        self.unseen += 1
        told = f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"
        if told not in self.problems and len(self.problems) < 8:
            self.problems.append(told)

    def _before(self, given: dict[str, Any]) -> tuple[Chain, Call] | None:
        sample, output = given.get("sample"), given.get("model_output")
        if not isinstance(sample, torch.Tensor) or not sample.is_floating_point() or sample.ndim < 2:
            self.unseen += 1
            return None
        chain = self._chain_for(sample, given.get("timestep"))
        tape, changed = chain.tape, chain.changed(sample)
        last = tape.calls[-1] if tape.calls else None
        keeps = len(tape.calls) % tape.cut.every == 0
        scaled = getattr(self._mine, "scaled", None)
        call = Call(
            timestep=_copied(given.get("timestep")), place=_place(self._scheduler),
            seconds=time.perf_counter() - tape.started, scaled=scaled is not None,
            handed_scaled=scaled is not None and sample is scaled[1] and sample is not scaled[0],
            changed=changed and last is not None, norms=[],
        )  # fmt: skip
        same = last if last is not None and not changed and last.finished and not chain.corrected else None
        chain.corrected = False
        if keeps:
            call.x = same.after if same is not None and same.after is not None else tape.cut.of(sample)
        call.norms.append(same.norms[2] if same is not None else _norm(sample))
        if isinstance(output, torch.Tensor):
            # A learned variance stands behind the mean (Nichol & Dhariwal 2021).
            if output.ndim == sample.ndim and output.ndim > 1 and output.shape[1] == 2 * sample.shape[1]:
                output = output[:, : sample.shape[1]]
            call.output = tape.cut.of(output) if keeps and output.shape == sample.shape else None
            call.norms.append(_norm(output))
        else:
            call.norms.append(torch.tensor(float("nan")))
        self._mine.scaled = None
        tape.calls.append(call)
        return chain, call

    def _finish(self, chain: Chain, call: Call, answer: Any, method: Callable[..., Any]) -> None:
        tape = chain.tape
        if chain not in self._open:
            return
        after, x_hat_0 = _returned(answer, method)
        if isinstance(after, torch.Tensor):
            if after.shape == tape.cut.shape:
                tape.end = tape.cut.of(after)
            if call.x is not None and after.shape == tape.cut.shape:
                call.after = tape.end
                if isinstance(x_hat_0, torch.Tensor) and x_hat_0.shape == after.shape:
                    call.x_hat_0 = tape.cut.of(x_hat_0)
            call.norms.append(_norm(after))
            call.finished = True
            chain.after = (after, _version(after))
        self._called(tape)

    def _chain_for(self, sample: torch.Tensor, timestep: Any) -> Chain:
        """The chain that a call belongs to: whose last step returned this x, else this thread's own, or a new one."""
        timesteps, mine = getattr(self._scheduler, "timesteps", None), getattr(self._mine, "chain", None)
        known = [chain for chain in self._open if chain.after is not None and chain.after[0] is sample]
        if mine is None and len(self._open) == 1:  # one that goes on in another thread, unless this is a first step
            calls = self._open[0].tape.calls
            known += self._open if calls and not _same_number(timestep, calls[0].timestep) else []
        for chain in (*known, *([mine] if mine in self._open else [])):
            if chain.goes_on(sample, timestep, timesteps):
                self._mine.chain = chain
                return chain
        if mine in self._open:
            mine.tape.ended = mine.tape.ended or "finished"
            self._open.remove(mine)
        while len(self._open) >= MOST_OPEN:
            gone = self._open.pop(0).tape
            gone.ended = gone.ended or "finished"
        self._mine.chain = chain = Chain(blank_tape(self._name, self._scheduler, sample, self._channels, self._memory))
        self._open.append(chain)
        self._opened(chain.tape)
        return chain


def _handed(args: tuple, kwargs: dict, names: tuple[str, ...]) -> dict[str, Any]:
    """Arguments by name, as the method has them; a step of (*args, **kwargs) takes what every step takes."""
    names = tuple(name for name in names if name != "self")
    if not {"sample", "timestep"} & set(names):
        names = ("model_output", "timestep", "sample")
    return {**dict(zip(names, args, strict=False)), **kwargs}


def _returned(answer: Any, method: Callable[..., Any]) -> tuple[Any, Any]:
    """What a step made of x, and its own x̂_0 where it gives one, from its output or from the tuple in its stead."""
    if isinstance(answer, tuple) and not hasattr(answer, "prev_sample"):
        fields = _fields(getattr(method, "__func__", method))
        parts: dict[str, Any] = dict(zip(fields, answer, strict=True)) if len(answer) == len(fields) else {}
        return answer[0] if answer else None, parts.get("pred_original_sample")
    return getattr(answer, "prev_sample", None), getattr(answer, "pred_original_sample", None)


@functools.lru_cache(maxsize=64)
def _names(function: Callable[..., Any]) -> tuple[str, ...]:
    return tuple(inspect.signature(function).parameters)


@functools.lru_cache(maxsize=64)
def _fields(function: Callable[..., Any]) -> tuple[str, ...]:
    """The names of what a step returns, from its annotation: the tuple has them in the order of the output."""
    try:
        returned = typing.get_type_hints(function).get("return")
    except Exception:  # names that cannot be resolved
        return ()
    named = [getattr(one, "__dataclass_fields__", None) for one in (*typing.get_args(returned), returned)]
    return next((tuple(fields) for fields in named if fields), ())


def _version(x: torch.Tensor) -> int | None:
    """How often a tensor was changed in place; None where it keeps no count."""
    return None if x.is_inference() else x._version


def _norm(x: torch.Tensor) -> torch.Tensor:
    """‖x‖, at least in float32: half of it overflows."""
    return torch.linalg.vector_norm(x.detach(), dtype=torch.float32 if x.element_size() < 4 else None)


def _same_number(one: Any, other: Any) -> bool:
    """Whether two timesteps are equal; never asked of a card, which would have to be waited for."""
    for value in (one, other):
        if isinstance(value, torch.Tensor) and (value.device.type != "cpu" or value.numel() != 1):
            return False
    return one is not None and other is not None and float(one) == float(other)


def _same_list(one: Any, other: Any) -> bool:
    """Whether two lists of timesteps are equal; never asked of a card."""
    if not (isinstance(one, torch.Tensor) and isinstance(other, torch.Tensor)):
        return False
    return one.device.type == other.device.type == "cpu" and torch.equal(one, other)


def _copied(timestep: Any) -> Any:
    return timestep.detach().clone() if isinstance(timestep, torch.Tensor) else timestep


def _place(scheduler: Any) -> int | None:
    for name in ("step_index", "begin_index"):
        place = getattr(scheduler, name, None)
        if isinstance(place, int):
            return place
    return None
