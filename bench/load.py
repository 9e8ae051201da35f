"""Light requests while heavy ones wait: 50 chains asked for, 40 presses of Run it, and a visitor who moves sliders."""

import json
import random
import socket
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

from ddpm_playground.core import make_schedule
from ddpm_playground.ui.page.component import packed

from .fuzz import page
from .row import Row
from .visitor import Answer, Visitor, session

CHAINS, PRESSES, EACH, GOAL_S = 50, 40, 40, 0.3
PRESS_S = 300.0


def waiting_chain(address: str, visitor: Visitor, stack: ExitStack) -> None:
    """Somebody presses Start and listens, without reading what comes."""
    name, event = session(), visitor.event("stream")
    visitor.post(
        "gradio_api/queue/join", {"fn_index": event["id"], "data": visitor.values(event), "session_hash": name}
    )
    where, cookies = urlsplit(address), "; ".join(f"{k}={v}" for k, v in visitor.http.cookies.items())
    stream = stack.enter_context(socket.create_connection((where.hostname or "", where.port or 0), timeout=60))
    asked = f"GET /gradio_api/queue/data?session_hash={name} HTTP/1.1\r\nHost: {where.netloc}\r\nCookie: {cookies}"
    stream.sendall(f"{asked}\r\n\r\n".encode())


def press(visitor: Visitor) -> Answer:
    """Somebody presses Run it and waits for the pictures."""
    part, _, name = next(one for one in visitor.functions if one[2] == "run_trial")
    asked = {"betas": packed(make_schedule("linear").betas, "<f8"), "config": {}, "steps": "10", "seed": 0}
    body = {"component_id": part, "fn_name": name, "session_hash": session()}
    body["data"] = asked | {"checkpoint": "mnist", "asker": session()}
    end = time.monotonic() + PRESS_S
    while (answer := visitor.post("gradio_api/component_server", body)).kind == "answered":
        if '"ticket"' not in answer.said or time.monotonic() > end:
            break
        body["data"] = {"ticket": json.loads(answer.said)["ticket"]}
    return answer


def light(visitor: Visitor) -> dict[str, Callable[[], Answer]]:
    """What a visitor does who starts nothing heavy."""
    film, look, load = (visitor.event(name) for name in ("filmstrip_value", "look", "restore"))
    functions = {name: part for part, _, name in visitor.functions}
    draw = random.Random(0)
    return {
        "a digit's film": lambda: visitor.join(film["id"], [draw.randrange(1000), 0]),
        "how far the network is": lambda: visitor.join(look["id"], ["mnist"]),
        "a page that opens": lambda: visitor.join(load["id"], []),
        "a chapter's lever": lambda: visitor.call(
            functions["compute"], "compute", {"chapter": "posterior", "values": {}, "visitor": "bench"}
        ),
        "the Lab's verdict": lambda: visitor.call(functions["examine"], "examine", {"text": "cosine"}),
    }


def rows() -> Iterator[Row]:
    """p95 of each light request, alone and under load, and the server's memory."""
    with tempfile.TemporaryDirectory() as name, page(Path(name)) as (address, server, _), ExitStack() as stack:
        visitor = Visitor(address)
        deeds = light(visitor)
        for deed in deeds.values():  # the first of each imports and reads
            deed()
        alone = {title: _p95(deed) for title, deed in deeds.items()}
        before_mb = _own_mb(server.pid)
        crowd = Visitor(address)
        for _ in range(CHAINS):
            waiting_chain(address, crowd, stack)
        with ThreadPoolExecutor(PRESSES) as pool:
            presses = [pool.submit(press, Visitor(address)) for _ in range(PRESSES)]
            time.sleep(3.0)
            loaded = {title: _p95(deed) for title, deed in deeds.items()}
            running = sum(not one.done() for one in presses)
            after_mb = _own_mb(server.pid)
            for one in presses:
                one.cancel()
            server.terminate()
        what = f"with {CHAINS} chains and {running} presses of Run it waiting, p95"
        for title, seconds in loaded.items():
            yield Row(f"{title}, {what}", seconds, "alone", alone[title], "s", seconds, f"≤ {GOAL_S}")
        grown = after_mb / before_mb
        yield Row("memory of the server under that load", after_mb, "before", before_mb, "MB", grown, "≤ 1.5")


def _p95(deed: Callable[[], Answer]) -> float:
    answers = [deed() for _ in range(EACH)]
    broken = [answer.said for answer in answers if answer.kind != "answered"]
    if broken:
        raise RuntimeError(f"{len(broken)} of {EACH} were not answered: {broken[0][:300]}")
    return statistics.quantiles([answer.seconds for answer in answers], n=20)[-1]


def _own_mb(process: int) -> float:
    """Memory of one process without those that it started, which share most of theirs with each other."""
    status = Path(f"/proc/{process}/status").read_text().splitlines()
    return int(next(line for line in status if line.startswith("VmRSS")).split()[1]) / 1024
