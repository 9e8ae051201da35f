"""Who writes a run down while it runs: told of each call of a scheduler's step, and never in its way."""

import functools
import inspect
import threading
import time
import typing
from collections.abc import Callable
from typing import Any

import torch

from .tape import Call, Tape, blank_tape


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
        self._tape: Tape | None = None
        self._scaled: tuple[Any, Any] | None = None  # what scale_model_input was given last, and what it returned
        self._after: tuple[Any, int | None] | None = None  # what the last step returned, and its version
        self.problems: list[str] = []
        self.unseen = 0

    def scaling(self, method: Callable[..., Any], args: tuple, kwargs: dict) -> Any:
        """A call of scale_model_input."""
        answer = method(*args, **kwargs)
        self._scaled = (args[0] if args else kwargs.get("sample"), answer)
        return answer

    def stepping(self, method: Callable[..., Any], args: tuple, kwargs: dict) -> Any:
        """A call of step: nothing of what it is given or returns is touched, and no failure here is its failure."""
        if torch.compiler.is_compiling():
            return method(*args, **kwargs)
        call = None
        with self._lock:
            try:
                with torch.no_grad():
                    call = self._before(_handed(args, kwargs, _names(getattr(method, "__func__", method))))
            except Exception as error:
                self._failed(error)
        answer = method(*args, **kwargs)
        if call is not None:
            with self._lock:
                try:
                    with torch.no_grad():
                        self._finish(call, answer, method)
                except Exception as error:
                    self._failed(error)
        return answer

    def close(self, ended: str) -> None:
        """The watch is over; nothing of the run is held that is not kept."""
        with self._lock:
            if self._tape is not None and not self._tape.ended:
                self._tape.ended = ended
            self._tape = self._scaled = self._after = None

    def _failed(self, error: Exception) -> None:
        self.unseen += 1
        told = f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"
        if told not in self.problems and len(self.problems) < 8:
            self.problems.append(told)

    def _before(self, given: dict[str, Any]) -> Call | None:
        sample, output = given.get("sample"), given.get("model_output")
        if not isinstance(sample, torch.Tensor) or not sample.is_floating_point() or sample.ndim < 2:
            self.unseen += 1
            return None
        tape = self._tape_for(sample, given.get("timestep"))
        changed = self._changed(sample)
        last = tape.calls[-1] if tape.calls else None
        keeps = len(tape.calls) % tape.cut.every == 0
        scaled = self._scaled
        call = Call(
            timestep=_copied(given.get("timestep")), place=_place(self._scheduler),
            seconds=time.perf_counter() - tape.started, scaled=scaled is not None,
            handed_scaled=scaled is not None and sample is scaled[1] and sample is not scaled[0],
            changed=changed and last is not None, norms=[],
        )  # fmt: skip
        same = last if last is not None and not changed and last.finished else None
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
        self._scaled = None
        tape.calls.append(call)
        return call

    def _changed(self, sample: torch.Tensor) -> bool:
        if self._after is None:
            return True
        after, version = self._after
        return after is not sample or version is None or _version(sample) != version

    def _finish(self, call: Call, answer: Any, method: Callable[..., Any]) -> None:
        tape = self._tape
        if tape is None:
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
            self._after = (after, _version(after))
        self._called(tape)

    def _tape_for(self, sample: torch.Tensor, timestep: Any) -> Tape:
        """The tape that a call belongs to: a new one where the timesteps were set anew, x has another shape, or the
        list was gone through."""
        tape, timesteps = self._tape, getattr(self._scheduler, "timesteps", None)
        if tape is not None and tape.timesteps is timesteps and tape.cut.shape == tuple(sample.shape):
            through = isinstance(timesteps, torch.Tensor) and len(tape.calls) >= len(timesteps)
            changed = self._changed(sample)
            again = changed and len(tape.calls) > 1 and _same_number(timestep, tape.calls[0].timestep)
            if not ((through and changed) or again):
                return tape
        if tape is not None:
            tape.ended = tape.ended or "finished"
        self._after = None
        self._tape = tape = blank_tape(self._name, self._scheduler, sample, self._channels, self._memory)
        self._opened(tape)
        return tape


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


def _copied(timestep: Any) -> Any:
    return timestep.detach().clone() if isinstance(timestep, torch.Tensor) else timestep


def _place(scheduler: Any) -> int | None:
    for name in ("step_index", "begin_index"):
        place = getattr(scheduler, name, None)
        if isinstance(place, int):
            return place
    return None
