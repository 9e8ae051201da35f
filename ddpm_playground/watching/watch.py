"""`watch`: one line around a pipeline, and the run afterwards."""

import threading
from types import TracebackType
from typing import Any, Protocol

from ..core.checks import whole_number
from ..core.phrase import Refusal
from .hooks import Hooked
from .keeping import MEMORY
from .listener import Listener
from .subject import Subject, subject_of
from .tape import Tape
from .watched_run import WatchedRun
from .where_shown import AUTO, place_for

MOST_RUNS = 64  # that one watch keeps; the oldest go first
LEAST_MEMORY = 2**20

_REMEMBERING = threading.Lock()
_REMEMBERED: "list[Watch]" = []


class Screen(Protocol):
    """What shows a run while it comes about: told of it in the pipeline's own thread, it asks for the rest."""

    def called(self, watch: "Watch") -> None:
        """A call of step was written down."""
        ...

    def over(self, watch: "Watch") -> None:
        """The watch is over."""
        ...


class Watch:
    """A watch over whatever steps through timesteps; a context manager.

    Args:
        subject: what is watched.
        screen: where it is shown; None for nowhere.
        memory: bytes that are kept at most.

    Attributes:
        subject: what is watched.
    """

    def __init__(self, subject: Subject, screen: Screen | None = None, memory: int = MEMORY) -> None:
        self.subject = subject
        self._screen, self._memory = screen, memory
        self._lock = threading.RLock()
        self._tapes: list[Tape] = []
        self._hooked: list[Hooked] = []
        self._listeners: list[Listener] = []
        self._begun = self._exchanged = False
        self._over: dict[int, WatchedRun] = {}

    @property
    def active(self) -> bool:
        """Whether it is within its block."""
        return bool(self._hooked)

    def __enter__(self) -> "Watch":
        if self._begun:
            raise Refusal("this watch has begun already; make another one with watch(…)")
        self._begun = True
        room = self._memory // (2 * len(self.subject.schedulers))
        try:
            for name, scheduler in self.subject.schedulers.items():
                one = Listener(name, scheduler, self.subject.channels, room, self._opened, self._called)
                self._hooked.append(Hooked(scheduler, one.told()))
                self._listeners.append(one)
        except BaseException:
            self._unhook()
            raise
        with _REMEMBERING:
            _REMEMBERED[:] = [self]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._unhook()
        self._exchanged = self.subject.exchanged
        for listener in self._listeners:
            listener.close("finished" if kind is None else f"ended by {kind.__name__}")
        if self._screen is not None:
            self._screen.over(self)

    def _unhook(self) -> None:
        for hooked in self._hooked:
            hooked.remove()
        self._hooked = []

    def _opened(self, tape: Tape) -> None:
        with self._lock:
            self._tapes.append(tape)
            while len(self._tapes) > 1 and (
                len(self._tapes) > MOST_RUNS or sum(one.num_bytes for one in self._tapes) > self._memory // 2
            ):
                gone = self._tapes.pop(0)
                self._over.pop(id(gone), None)

    def _called(self, tape: Tape) -> None:
        if self._screen is not None:
            self._screen.called(self)

    @property
    def runs(self) -> tuple[WatchedRun, ...]:
        """Every run that is kept, the oldest first; one that is still going as far as it is."""
        with self._lock:
            tapes = [tape for tape in self._tapes if tape.calls]
        return tuple(self._run_of(tape) for tape in tapes)

    def last(self) -> WatchedRun:
        """The newest run.

        Raises:
            Refusal: no step was seen.
        """
        with self._lock:
            tapes = [tape for tape in self._tapes if tape.calls]
        if not tapes:
            raise Refusal(
                "no step of {name} was seen: {why}; run it within the block of watch",
                name=self.subject.name, why=self._why_nothing(),
            )  # fmt: skip
        return self._run_of(tapes[-1])

    def _run_of(self, tape: Tape) -> WatchedRun:
        if not tape.ended:
            return WatchedRun(tape, self.subject)
        with self._lock:
            if id(tape) not in self._over:
                self._over[id(tape)] = WatchedRun(tape, self.subject, exchanged=self._exchanged)
            return self._over[id(tape)]

    def _why_nothing(self) -> str:
        problems = [told for listener in self._listeners for told in listener.problems]
        if problems:
            return problems[0]
        if sum(listener.unseen for listener in self._listeners):
            return "its x are no pictures of floating point numbers"
        if self._exchanged or self.subject.exchanged:
            return "the pipeline got another scheduler"
        return "its scheduler's step was never called, or within compiled code"

    def __repr__(self) -> str:
        state = "watching" if self.active else "over"
        return f"<watch of {self.subject.name}, {state}, {len(self._tapes)} runs>"


def watch(*what: Any, open: str | None = AUTO, memory: int = MEMORY) -> Watch:
    """Watch a pipeline while it runs.

        with pg.watch(pipe):
            pipe(...)
        run = pg.last()

    Within the block the scheduler's `step` and `scale_model_input` also write down what they are called with; what
    they return is untouched, no random number is drawn, and afterwards the scheduler is as it was, also after an error.

    Args:
        what: a diffusers pipeline; a network and its scheduler; or a scheduler.
        open: where the run is shown while it comes about: "tab" (a tab of the browser, from a server on this machine
            that only it can reach), "cell" (the output of a notebook's cell), None (nowhere). Left out: the cell in a
            notebook, else a tab where there is a screen to open one on, else nowhere.
        memory: bytes that are kept at most; of larger runs a part, which `notes` of the run states.

    Returns:
        A context manager; within the block and after it, its `runs` are those seen so far.

    Raises:
        Refusal: nothing that can be watched, an `open` that cannot be had, or a scheduler that is watched already
            (on entering).
    """
    whole_number("memory", memory, LEAST_MEMORY, 2**46)
    subject = subject_of(*what)
    return Watch(subject, place_for(open, subject), memory)


def last() -> WatchedRun:
    """The newest run of the last watch of this process, as far as it is.

    Raises:
        Refusal: nothing was watched, or no step was seen.
    """
    with _REMEMBERING:
        remembered = _REMEMBERED[-1] if _REMEMBERED else None
    if remembered is None:
        raise Refusal("nothing was watched in this process yet; run a pipeline within the block of watch(pipe)")
    return remembered.last()
