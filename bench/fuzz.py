"""Bad input of every class to a running page and to the command line: is each of them answered, or refused in words?

Seeded and bounded: the same inputs in the same order every time, each once, to a page of this machine alone.
"""

import contextlib
import io
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import fuzz_inputs, nasty
from .row import Row
from .visitor import Answer, Visitor

ROOT = Path(__file__).parents[1]
SEED, AT_ONCE = 0, 3
START_S, REST_S = 180.0, 12.0  # for its start; until visitors who have left are noticed
MOST_S, MOST_GROWTH = 10, 1.1
SHOWN = 12  # of the broken ones, on stderr


@contextlib.contextmanager
def page(folder: Path) -> Iterator[tuple[str, subprocess.Popen, Path]]:
    """The page in a process of its own: its address, the process, and what it says.

    Raises:
        RuntimeError: it does not start.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    checkpoints, log = folder / "checkpoints", folder / "log"
    nasty.make_checkpoints(checkpoints)
    surroundings = os.environ | {"GRADIO_SERVER_PORT": str(port), "DDPM_CHECKPOINTS": str(checkpoints)}
    with log.open("wb") as out:
        command = [sys.executable, "app.py"]
        server = subprocess.Popen(command, cwd=ROOT, env=surroundings, stdout=out, stderr=subprocess.STDOUT)
    try:
        end = time.monotonic() + START_S
        while not _listens(port):
            if server.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"the page did not start: {log.read_text(errors='replace')[-500:]}")
            time.sleep(0.3)
        yield f"http://127.0.0.1:{port}/", server, log
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def resident_mb(process: int) -> float:
    """Memory of a process and of those that it started, in MB; 0 where the system does not tell."""
    total, waiting = 0.0, [process]
    while waiting:
        one = waiting.pop()
        with contextlib.suppress(OSError, StopIteration):
            status = Path(f"/proc/{one}/status").read_text().splitlines()
            total += int(next(line for line in status if line.startswith("VmRSS")).split()[1]) / 1024
            for task in Path(f"/proc/{one}/task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text().split()]
    return total


def settled_mb(process: int) -> float:
    """The same once it has stopped to fall."""
    time.sleep(REST_S)
    readings = [resident_mb(process)]
    while len(readings) < 10 and (len(readings) < 3 or readings[-1] < 0.99 * readings[-3]):
        time.sleep(2.0)
        readings.append(resident_mb(process))
    return min(readings)


def commanded(argv: list[str]) -> Answer:
    """What the command line makes of its arguments, in this process."""
    from ddpm_playground.cli import main

    begun, out, err = time.perf_counter(), io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main(argv)
        except SystemExit as left:
            code = int(left.code or 0)
        except BaseException as error:  # that is what is looked for
            return Answer("broken", time.perf_counter() - begun, f"{argv}: {error!r}"[:300])
    seconds, said = time.perf_counter() - begun, err.getvalue()
    if code and not out.getvalue():
        whole = len(said) > 25 and "the program itself failed" not in said and "Traceback" not in said
        return Answer("refused" if whole else "broken", seconds, f"{argv}: {said}"[:300])
    return Answer("answered", seconds)


def rows() -> Iterator[Row]:
    """A row for each class of input, then tracebacks in the log, the slowest answer, and memory."""
    seen: Counter[str] = Counter()
    slowest, slowest_of = 0.0, ""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with page(folder) as (address, server, log):
            visitors = [Visitor(address) for _ in range(AT_ONCE)]
            for warm in fuzz_inputs.healthy(visitors[0]):
                warm(visitors[0])
            before_mb = settled_mb(server.pid)
            for title, inputs in fuzz_inputs.CLASSES.items():
                made = inputs(random.Random(f"{SEED} {title}"), visitors[0])
                answers = _all(made, visitors)
                for one in answers:
                    if one.seconds > slowest:
                        slowest, slowest_of = one.seconds, title
                yield _row(title, answers, seen)
            after_mb = settled_mb(server.pid)
            said = log.read_text(errors="replace")
            ended = server.poll() is not None
        answers = [commanded(argv) for argv in nasty.command_lines(random.Random(SEED), folder)]
        yield _row("command line", answers, seen)
        slowest = max(slowest, *(one.seconds for one in answers))
    tracebacks = said.count("Traceback (most recent call last)") + ended
    if tracebacks:
        print(said[said.find("Traceback") :][:6000], file=sys.stderr)
    total = f"{sum(seen.values()):,} inputs: {seen['answered']:,} answered, {seen['refused']:,} refused in words"
    yield Row(total, seen["broken"], "neither", None, "inputs", seen["broken"], "≤ 0")
    yield Row("tracebacks in the server's log", tracebacks, "goal", None, "tracebacks", tracebacks, "≤ 0")
    yield Row(f"the slowest answer ({slowest_of})", slowest, "goal", None, "s", slowest, f"≤ {MOST_S}")
    if before_mb:
        yield Row(
            "memory after all of them", after_mb, "before", before_mb, "MB", after_mb / before_mb, f"≤ {MOST_GROWTH}"
        )


def _all(made: list[Callable[[Visitor], Answer]], visitors: list[Visitor]) -> list[Answer]:
    """Every input once, by some visitors at the same time."""
    with ThreadPoolExecutor(len(visitors)) as pool:
        parts = [made[k :: len(visitors)] for k in range(len(visitors))]
        done = pool.map(lambda pair: [one(pair[0]) for one in pair[1]], zip(visitors, parts, strict=True))
        return [answer for part in done for answer in part]


def _row(title: str, answers: list[Answer], seen: Counter[str]) -> Row:
    kinds = Counter(answer.kind for answer in answers)
    seen.update(kinds)
    for one in [answer for answer in answers if answer.kind == "broken"][:SHOWN]:
        print(f"{title}: {one.seconds:.1f} s, {one.said}", file=sys.stderr)
    worst = max(answer.seconds for answer in answers)
    told = f"{title}: {len(answers)} inputs, {kinds['answered']} answered, {kinds['refused']} refused, ≤ {worst:.1f} s"
    return Row(told, kinds["broken"], "neither", None, "inputs", kinds["broken"], "≤ 0")
