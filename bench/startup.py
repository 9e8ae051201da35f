"""From the start of the process to the first page, and to the first moving picture."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, sync_playwright

from .row import Row

# A page with as many components as ours and nothing behind them.
BARE = """
import gradio as gr
with gr.Blocks() as demo:
    for i in range({count}):
        gr.Textbox(label=str(i))
demo.launch(run_history=False, quiet=True)
"""
MOVES = "() => {{ const p = document.querySelector('.player'); return p && {which} && +p.dataset.frame > 0 }}"
RECORDED, LIVE = MOVES.format(which="p.dataset.run"), MOVES.format(which="p.dataset.run !== 'recorded'")
CHROMIUM = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync")


@contextmanager
def server(command: list[str]) -> Iterator[tuple[str, float]]:
    """Address of a server process and the seconds until its page was there."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    surroundings = os.environ | {"GRADIO_SERVER_PORT": str(port), "GRADIO_ANALYTICS_ENABLED": "False"}
    start = time.perf_counter()
    process = subprocess.Popen(command, env=surroundings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}/"
    try:
        while True:
            try:
                urllib.request.urlopen(url, timeout=5).read()
                break
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                if process.poll() is not None:
                    raise RuntimeError(f"{command} ended with {process.returncode}") from None
                time.sleep(0.02)
        yield url, time.perf_counter() - start
    finally:
        process.terminate()
        process.wait()


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium.

    Raises:
        RuntimeError: none on PATH.
    """
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        raise RuntimeError(f"no browser on PATH (looked for {', '.join(names)}); install Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM))
        yield browser
        browser.close()


def components() -> int:
    """How many components the page has."""
    from ddpm_playground.ui.app import build

    return len(build().blocks)


def first_page(rounds: int) -> Row:
    """The first page against a bare page of as many components."""
    count, first, bare = components(), [], []
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "bare.py"
        script.write_text(BARE.format(count=count))
        for _ in range(rounds):
            for command, times in ((str(script), bare), ("app.py", first)):
                with server([sys.executable, command]) as (_, taken):
                    times.append(taken)
    return _first_page_row(count, first, bare)


def _first_page_row(count: int, first: list[float], bare: list[float]) -> Row:
    here, there = median(first), median(bare)
    page = f"a bare page of {count} components"
    return Row("process start → first page", here, page, there, "s", here / there, "≤ 1.3")


def rows(rounds: int) -> Iterator[Row]:
    """First page against a bare page; first moving picture, recorded and live."""
    count, first, bare, recorded, live = components(), [], [], [], []
    with chromium() as browser, tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "bare.py"
        script.write_text(BARE.format(count=count))
        for _ in range(rounds):
            with server([sys.executable, str(script)]) as (_, taken):
                bare.append(taken)
            with server([sys.executable, "app.py"]) as (url, taken):
                first.append(taken)
                opened, page = time.perf_counter(), browser.new_page()
                page.goto(url)
                for script_, times in ((RECORDED, recorded), (LIVE, live)):
                    page.wait_for_function(script_, timeout=120_000)
                    times.append(taken + time.perf_counter() - opened)
                page.close()
    yield _first_page_row(count, first, bare)
    for what, times in (("recorded", recorded), ("live, after the recorded one has been seen", live)):
        goal = "≤ 8" if what == "recorded" else "≤ 30"
        yield Row(f"process start → first moving picture ({what})", median(times), "–", None, "s", median(times), goal)
