"""The server's end: ask for work in a worker process, wait for it within limits, and end it when nobody wants it."""

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..core.phrase import PhrasedError, Refusal, phrase_from
from .progress import PREFIX

CAN_FORK = hasattr(os, "fork") and hasattr(socket, "send_fds")
START_S = 180.0  # the first worker waits until everything is imported
ANSWER_BYTES = 64 * 2**20
LOOK_S = 0.1


class WorkFailed(PhrasedError):
    """The work ended without an answer; its text is a sentence for the reader."""


class WorkGivenUp(RuntimeError):
    """Nobody wants the answer any more; the worker was ended."""


@dataclass(frozen=True)
class Limits:
    """What one request may cost.

    Attributes:
        seconds: from the worker's start.
        memory_mb: beside what was imported.
    """

    seconds: float
    memory_mb: int


def never() -> bool:
    """Nobody gives up."""
    return False


def unheard(progress: Sequence[int]) -> None:
    """Nobody wants to know how far it is."""


class Workers:
    """Workers from one zygote, which is started when it is first needed, and again whenever it has ended.

    Args:
        warm_up: functions without arguments, "module:function", that the zygote calls first.
    """

    def __init__(self, warm_up: Sequence[str]) -> None:
        self.warm_up = tuple(warm_up)
        self._zygote: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._lock = threading.Lock()

    def start(self) -> None:
        """Start the zygote, so that the first request need not wait for it."""
        with self._lock:
            self._ensure()

    def _command(self, where: str) -> list[str]:
        return [sys.executable, "-m", "ddpm_playground.worker.zygote", where, *self.warm_up]

    def _ensure(self) -> socket.socket | None:
        if not CAN_FORK:
            return None
        if self._zygote is None or self._zygote.poll() is not None or self._control is None:
            self._close()
            ours, theirs = socket.socketpair()
            surroundings = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
            with theirs:
                self._zygote = subprocess.Popen(
                    self._command(str(theirs.fileno())), pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=surroundings,
                )  # fmt: skip
            self._control = ours
            atexit.register(self.stop)
        return self._control

    def _close(self) -> None:
        if self._control is not None:
            self._control.close()
        if self._zygote is not None and self._zygote.poll() is None:
            self._zygote.kill()
            self._zygote.wait()
        self._control = self._zygote = None

    def stop(self) -> None:
        """End the zygote; workers under way end at their limits."""
        with self._lock:
            self._close()

    def run(
        self,
        task: str,
        arguments: Sequence[Any],
        limits: Limits,
        given_up: Callable[[], bool] = never,
        told: Callable[[Sequence[int]], object] = unheard,
    ) -> Any:
        """What a function answers, computed in a worker.

        Args:
            task: "module:function".
            arguments: for it; they and the answer are what JSON can hold.
            limits: what it may cost.
            given_up: asked ten times a second whether the answer is still wanted.
            told: hears how far it is, as steps done and steps in all, where the function tells.

        Raises:
            ValueError: what the function refused, or that it costs more than the limits.
            WorkFailed: it failed, in a sentence.
            WorkGivenUp: `given_up` said so.
        """
        asked = {"task": task, "arguments": list(arguments), **vars(limits)}
        line = json.dumps(asked).encode() + b"\n"
        raw = self._forked(line, limits, given_up, told) if CAN_FORK else self._spawned(line, limits)
        try:
            answer = json.loads(raw)
        except ValueError:
            raise WorkFailed("the process at work was ended from outside; try again") from None
        if "answer" in answer:
            return answer["answer"]
        if "refused" in answer:
            raise Refusal(phrase_from(answer["refused"]))
        if "memory" in answer:
            raise Refusal(
                "this takes more than {most} MB of memory, the most that one request may take; ask for less",
                most=limits.memory_mb,
            )
        print(f"ddpm_playground: {task} failed: {answer.get('error')}", file=sys.stderr)
        raise WorkFailed(phrase_from(answer["failed"]))

    def _forked(
        self, line: bytes, limits: Limits, given_up: Callable[[], bool], told: Callable[[Sequence[int]], object]
    ) -> bytes:
        ours, theirs = socket.socketpair()
        with ours:
            with theirs, self._lock:
                for last in (False, True):
                    try:
                        control = self._ensure()
                        assert control is not None
                        socket.send_fds(control, [b"x"], [theirs.fileno()])
                        break
                    except OSError:
                        self._close()
                        if last:
                            raise WorkFailed("no process for this work can be started; try again") from None
            ours.settimeout(START_S)  # megabytes wait until the worker is there and reads them
            ours.sendall(line)
            ours.settimeout(LOOK_S)
            return _read(ours, limits, given_up, told)

    def _spawned(self, line: bytes, limits: Limits) -> bytes:
        """Where the system cannot fork: a process that imports everything for this one request."""
        try:
            done = subprocess.run(
                self._command("once"), input=line, capture_output=True, timeout=limits.seconds + START_S, check=False
            )
        except subprocess.TimeoutExpired:
            raise _too_long(limits) from None
        return done.stdout.strip().rpartition(b"\n")[2]


def _too_long(limits: Limits) -> Refusal:
    return Refusal(
        "this takes longer than {most} s, the most that one request may take here; ask for less",
        most=f"{limits.seconds:g}",
    )


def _read(
    ours: socket.socket, limits: Limits, given_up: Callable[[], bool], told: Callable[[Sequence[int]], object]
) -> bytes:
    """The worker's answer; the worker is ended where it takes too long or is no longer wanted."""
    held = bytearray()
    pid, began, whole = 0, time.monotonic(), False
    try:
        while True:
            if given_up():
                raise WorkGivenUp("nobody waits for it any more")
            if time.monotonic() - began > (limits.seconds if pid else START_S):
                raise _too_long(limits)
            try:
                part = ours.recv(2**20)
            except TimeoutError:
                continue
            if not part:
                whole = True
                break
            if not pid:
                number, _, part = part.partition(b"\n")
                pid, began = int(number), time.monotonic()
            held += part
            while held.startswith(PREFIX) and (end := held.find(b"\n")) >= 0:
                told(json.loads(held[:end])["progress"])
                del held[: end + 1]
            if len(held) > ANSWER_BYTES:
                raise Refusal("the answer is larger than {most} MB; ask for less", most=ANSWER_BYTES // 2**20)
    finally:
        if pid and not whole:
            _end(pid)
    return bytes(held)


def _end(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
