"""What visitors cost the server: who never reads, reads slowly, leaves in the middle, or comes at the same time."""

import json
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import numpy as np
import pytest

from bench.synthetic import Synthetic
from ddpm_playground.recipe import DEFAULT
from ddpm_playground.ui.reverse.tab import FIELDS

from .server import served
from .synthetic_page import PAUSE_S, SHAPE
from .visit import Visit

LIVE = "const p = document.querySelector('.player'); const live = p && p.dataset.run && p.dataset.run !== 'recorded';"
DONE = f"() => {{ {LIVE} return live && p.dataset.done === '1' }}"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The page on synthetic runs."""
    with served("tests.browser.synthetic_page") as url:
        yield url


def asked(url: str, body: dict | None = None) -> dict:
    """A JSON answer."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def held(address: str) -> dict[str, float]:
    """What the server holds, see synthetic_page."""
    return asked(address + "held")


def until(holds: Callable[[], bool], patience_s: float) -> float:
    """How long it took until something held."""
    start = time.monotonic()
    while not holds():
        assert time.monotonic() - start < patience_s, f"not within {patience_s:g} s"
        time.sleep(0.2)
    return time.monotonic() - start


def at_rest(address: str, patience_s: float = 90.0) -> dict[str, float]:
    """What the server holds once the visitors before are forgotten, also those who left without a word."""
    until(lambda: held(address)["runs"] == 0, patience_s)
    return held(address)


@contextmanager
def raw_client(address: str, name: str, **settings: object) -> Iterator[socket.socket]:
    """Presses Start as a page would, and opens the stream of messages without reading it."""
    config = asked(address + "config")
    parts = {part["id"]: part for part in config["components"]}
    (button,) = (i for i, part in parts.items() if part["props"].get("elem_id") == "reverse-start")
    (start,) = (d for d in config["dependencies"] if [button, "click"] in d["targets"])
    recipe = DEFAULT.with_(**settings)
    body = {"data": [*(getattr(recipe, field) for field in FIELDS), ""], "fn_index": start["id"], "session_hash": name}
    asked(address + "gradio_api/queue/join", body)
    where = urlsplit(address)
    with socket.create_connection((where.hostname or "", where.port or 0), timeout=60) as stream:
        stream.sendall(f"GET /gradio_api/queue/data?session_hash={name} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        yield stream


def test_a_client_that_never_reads_costs_no_more_than_64_mb(address):
    settings = {"num_images": 16, "num_steps": 40}
    frames_mb = 40 * 16 * np.prod(SHAPE) * 2 * 2 / 2**20
    assert frames_mb < 32 and frames_mb + frames_mb * 4 / 3 > 64  # kept, and kept with all of them unread
    for _ in range(3):  # what the first runs of a process cost is not the client's
        with raw_client(address, "warm", **settings) as stream:
            told = b""
            while b"close_stream" not in told:
                assert (more := stream.recv(2**20)), told
                told = told[-1000:] + more
    before = at_rest(address)
    assert before["unread_mb"] < 0.1
    with raw_client(address, "deaf", **settings):
        seen = [held(address)]
        until(lambda: seen.append(held(address)) or (seen[-1]["steps"] == before["steps"] + 40), 60)
        until(lambda: seen.append(held(address)) or not seen[-1]["running"], 10)
        time.sleep(0.5)
        seen.append(held(address))
    assert seen[-1]["runs"] == 1
    assert 4 < max(moment["unread_mb"] for moment in seen) < 12
    assert max(moment["mb"] for moment in seen) - before["mb"] < 64


def frames_of(visit: Visit) -> int:
    """How many frames of its live run a page has."""
    return int(visit.page.evaluate(f"() => {{ {LIVE} return live ? +p.dataset.frames : 0 }}"))


def check_pictures(visit: Visit, ks: tuple[int, ...], **settings: object) -> None:
    """The first picture of some frames is that of the chain of these settings."""
    steps = list(Synthetic(DEFAULT.with_(**settings), shape=SHAPE))
    xs, (_, H, W) = [*(step.x_t for step in steps), steps[-1].x_s], SHAPE
    assert frames_of(visit) == len(xs)
    for k in ks:
        visit.slide(".player input[type=range]", k)
        want = (xs[k][0].half().float().numpy() * 127.5 + 127.5).clip(0, 255).transpose(1, 2, 0)
        assert np.abs(visit.pixels("[data-panel=x_t] canvas")[:H, :W] - want).max() <= 0.6, k


def query(**settings: object) -> str:
    """An address with settings, another tab in front."""
    return "?tab=schedule&" + "&".join(f"{key}={value}" for key, value in settings.items())


def test_a_slow_reader_ends_with_every_frame(chromium, address):
    settings = {"num_images": 16, "num_steps": 24, "seed": 5}
    visit, before = Visit(chromium, address, query(**settings)), held(address)
    visit.settled()
    network = visit.context.new_cdp_session(visit.page)
    network.send("Network.enable")
    speed = {"offline": False, "latency": 0, "uploadThroughput": -1}
    network.send("Network.emulateNetworkConditions", speed | {"downloadThroughput": 2**18})
    visit.tab("reverse")
    visit.until(lambda: held(address)["steps"] == before["steps"] + 24 and not held(address)["running"], 120)
    assert frames_of(visit) < 25  # the run is over, and the page behind
    network.send("Network.emulateNetworkConditions", speed | {"downloadThroughput": 2**24})
    visit.page.wait_for_function(DONE, timeout=120_000)
    check_pictures(visit, (0, 1, 17, 23, 24), **settings)
    visit.close()


def test_a_closed_tab_frees_its_worker_at_once_and_its_frames_soon(chromium, address):
    before = at_rest(address)
    assert before["running"] == 0
    visit = Visit(chromium, address, query(num_images=4, num_steps=1000))
    visit.tab("reverse")
    visit.until(lambda: frames_of(visit) > 5, 60)
    at_work = held(address)
    assert (at_work["running"], at_work["runs"]) == (1, before["runs"] + 1)
    visit.close()
    closed, start = held(address)["steps"], time.monotonic()
    until(lambda: not held(address)["running"], 5)
    until(lambda: held(address)["runs"] == before["runs"], 5 - (time.monotonic() - start))
    assert held(address)["steps"] - closed < 1.0 / PAUSE_S


def test_two_visitors_at_once_get_each_their_own_run(chromium, address):
    runs = [{"num_images": 1, "num_steps": 300, "seed": seed} for seed in (11, 12)]
    visits = [Visit(chromium, address, query(**settings)) for settings in runs]
    for visit in visits:
        visit.settled()
    for visit in visits:
        visit.tab("reverse")
    until(lambda: held(address)["running"] == 2, 60)
    for visit, settings in zip(visits, runs, strict=True):
        visit.page.wait_for_function(DONE, timeout=120_000)
        check_pictures(visit, (0, 150, 299, 300), **settings)
    for visit in visits:
        visit.close()
