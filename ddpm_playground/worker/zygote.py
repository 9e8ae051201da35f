"""The process that the workers come from: it imports what they need once, then forks one for each request.

`python -m ddpm_playground.worker.zygote FD MODULE:FUNCTION …` reads file descriptors from the socket FD, one for each
request; on each, the worker reads one line of JSON and writes its process number and one line of JSON. With "once" for
FD it serves a single request from standard input, for systems that cannot fork.
"""

import contextlib
import importlib
import json
import os
import signal
import socket
import sys
from collections.abc import Callable
from typing import IO, Any

from .progress import tell_progress

NICE = 10
GRACE_S = 5  # a worker whose server has died ends itself so long after its time
FILE_BYTES = 64 * 2**20


def named(task: str) -> Callable[..., Any]:
    """The function that "module:function" names."""
    module, _, function = task.partition(":")
    return getattr(importlib.import_module(module), function)


def limit_memory(megabytes: int) -> None:
    """No more than so many MB beside what this process holds already; where the system can do that."""
    try:
        import resource

        with open("/proc/self/status", encoding="ascii") as status:
            held_kb = next(int(line.split()[1]) for line in status if line.startswith("VmData"))
        most = held_kb * 1024 + megabytes * 2**20
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
    except (ImportError, OSError, StopIteration, ValueError):
        return


def answer_of(line: bytes) -> dict[str, Any]:
    """{"answer"} of a request {"task", "arguments", "memory_mb"}, {"refused"}: a sentence, or {"failed"}: one."""
    from ..core.plain_words import NO_MEMORY, reason_of

    try:
        asked = json.loads(line)
        limit_memory(asked["memory_mb"])
        return {"answer": named(asked["task"])(*asked["arguments"])}
    except ValueError as error:
        return {"refused": reason_of(error).as_json()}
    except Exception as error:
        reason = reason_of(error)
        kind = "memory" if reason == NO_MEMORY else "failed"
        return {kind: reason.as_json(), "error": f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"}


def serve(reading: IO[bytes], writing: IO[bytes]) -> None:
    """One request; the worker's process number comes first, so that it can be ended, then lines on how far it is."""
    writing.write(b"%d\n" % os.getpid())
    writing.flush()
    line = reading.readline()
    if not line:
        return
    asked = json.loads(line)
    if hasattr(signal, "alarm"):
        signal.alarm(int(asked["seconds"]) + GRACE_S)

    def tell(progress: bytes) -> None:
        writing.write(progress)
        writing.flush()

    tell_progress.write = tell
    answer = answer_of(line)
    tell_progress.write = None
    writing.write(json.dumps(answer).encode() + b"\n")
    writing.flush()


def fork_for_each(control: socket.socket) -> None:
    """Until the server's end of the socket closes."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's, which then closes the socket
    while True:
        message, numbers, _, _ = socket.recv_fds(control, 1, 1)
        if not message:
            return
        if os.fork() == 0:
            code = 1
            try:
                control.close()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                with os.fdopen(numbers[0], "r+b", buffering=0) as channel:
                    serve(os.fdopen(os.dup(channel.fileno()), "rb"), channel)  # type: ignore[arg-type]
                code = 0
            finally:
                os._exit(code)
        for number in numbers:
            os.close(number)


def main(arguments: list[str]) -> None:
    """Import, then serve."""
    where, *tasks = arguments
    if hasattr(os, "nice"):
        os.nice(NICE)  # the page goes first
    out = os.fdopen(os.dup(1), "wb") if where == "once" else None
    with open(os.devnull, "w", encoding="utf-8") as nowhere, contextlib.redirect_stdout(nowhere):
        os.dup2(nowhere.fileno(), 1)
        for task in tasks:
            with contextlib.suppress(Exception):  # whoever needs it hears of it
                named(task)()
        if out is not None:
            serve(sys.stdin.buffer, out)
        else:
            fork_for_each(socket.socket(fileno=int(where)))


if __name__ == "__main__":
    main(sys.argv[1:])
