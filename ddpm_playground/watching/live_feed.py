"""What a screen is sent while a run comes about, made in a thread of its own so that the pipeline does not wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .frames import MOST_FRAMES, Frames
from .player_page import shown_findings, shown_notes, state_of
from .watched_run import LONG

if TYPE_CHECKING:
    from .watch import Watch
    from .watched_run import WatchedRun

EVERY_S = 0.25  # between two looks at the run
REST = 4.0  # a look is followed by a rest of so many times what it took, at most
LONGEST_S = 1.0


class Feed:
    """A thread that looks at the newest run now and then and says what is new of it.

    Args:
        send: (event, value in JSON's types); called in that thread.
        language: of the findings.
    """

    def __init__(self, send: Callable[[str, Any], None], language: str = "en") -> None:
        self._send, self._language = send, language
        self._wake = threading.Event()
        self._over = threading.Event()
        self._stopped = False
        self._thread: threading.Thread | None = None
        self._watch: Watch | None = None
        self._key: object = None
        self._sent, self._told = 0, 0

    def called(self, watch: Watch) -> None:
        """There is something new."""
        if self._thread is None:
            self._watch = watch
            self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
            self._thread.start()
        self._wake.set()

    def over(self, watch: Watch) -> None:
        """The run is over: the rest is sent, without waiting for it."""
        self._watch = watch
        self._over.set()
        self.called(watch)

    def stop(self) -> None:
        """No more is sent."""
        self._stopped = True
        self._over.set()
        self._wake.set()

    def join(self, timeout: float) -> None:
        """Wait until all is sent, at most so many seconds."""
        if self._thread is not None:
            self._thread.join(timeout)

    def _run(self) -> None:
        while True:
            over = self._over.is_set()
            if self._stopped:
                return
            began = time.perf_counter()
            try:
                self._look(over)
            except Exception as error:  # a screen that fails must not take the run with it
                self._send("state", f"{type(error).__name__}: {error}")
            if over:
                self._send("over", None)
                return
            # So that it takes a small part of a core that the pipeline may need.
            self._over.wait(max(EVERY_S, min(LONGEST_S, REST * (time.perf_counter() - began))))
            self._wake.wait()
            self._wake.clear()

    def _look(self, over: bool) -> None:
        assert self._watch is not None
        runs = [run for run in self._watch.runs if len(run)]
        if not runs:
            if over:
                self._send("state", self._watch.subject.name)
            return
        run = runs[-1]
        if run.tape is not self._key:
            self._key, self._sent, self._told = run.tape, 0, -1
            self._send("anew", None)
        self._frames(run, over)
        self._findings(run, over)
        self._send("state", state_of(run, self._language))

    def _frames(self, run: WatchedRun, over: bool) -> None:
        frames, count = Frames(run), len(run.kept_steps)
        # The newest is always shown; of those that came meanwhile as many as MOST_FRAMES leaves room for.
        stride = max(1, -(-max(run.total, count) // MOST_FRAMES))
        due = [k for k in range(self._sent, count) if k % stride == 0 or (over and k == count - 1)]
        # The number beside a frame speaks of the next call, so the newest waits for it unless there is none.
        due = [k for k in due if over or k < count - 1 or run.ended]
        for row in frames.rows(due):
            self._send("frame", row)
        self._sent = due[-1] + 1 if due else self._sent
        if over or run.ended:
            self._send("end", frames.end())

    def _findings(self, run: WatchedRun, over: bool) -> None:
        # The doctor takes seconds of a core for a long chain, which the pipeline may need.
        findings = run.findings if over or run.ended or run.total <= LONG else run.own_findings
        if over or len(findings) != self._told:
            self._told = len(findings)
            self._send("title", run.title)
            self._send("findings", shown_findings(findings, self._language))
            self._send("notes", shown_notes(run))
