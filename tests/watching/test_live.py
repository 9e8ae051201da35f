"""A run while it comes about: what the tab and the cell are sent, and who may ask for it."""

import http.client
import json
import sys
import threading
import types
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
import torch

import ddpm_playground as pg
from ddpm_playground.core.phrase import Refusal
from ddpm_playground.watching import live_tab, where_shown
from ddpm_playground.watching.live_tab import Tab

from .loops_of_others import SHAPES, STEPS, made, walk

SHAPE = SHAPES["pixel"]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The addresses that a browser was asked to open."""
    asked: list[str] = []
    monkeypatch.setattr(live_tab.webbrowser, "open", lambda address: asked.append(address) or True)
    monkeypatch.setattr(live_tab.atexit, "register", lambda told: None)
    yield asked
    for tab in live_tab._SERVING:
        tab.close()
    live_tab._SERVING.clear()


def heard(address: str) -> list[tuple[str, Any]]:
    """Every event up to the end of the run, as a browser's EventSource reads them."""
    events: list[tuple[str, Any]] = []
    with urllib.request.urlopen(f"{address}events", timeout=60) as stream:
        name = ""
        for raw in stream:
            line = raw.decode().rstrip("\n")
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                events.append((name, json.loads(line.removeprefix("data: "))))
    return events


def test_a_tab_is_told_of_the_run_while_it_comes_about_and_to_its_end(opened: list[str]) -> None:
    scheduler = made("DDIMScheduler")
    wanted, _ = walk(made("DDIMScheduler"), SHAPE)
    told: list[tuple[str, Any]] = []
    with pg.watch(scheduler, open="tab") as watch:
        address = watch._screen.address
        listener = threading.Thread(target=lambda: told.extend(heard(address)))
        listener.start()
        got, _ = walk(scheduler, SHAPE)
    listener.join(60)
    assert torch.equal(got, wanted) and opened == [address] and address.startswith("http://127.0.0.1:")
    frames = [value for name, value in told if name == "frame"]
    assert [frame["numbers"]["call"] for frame in frames] == list(range(1, STEPS + 1))
    assert [frame["numbers"]["next"] for frame in frames] == [500, 250, 0, None]
    assert all(image.startswith("data:image/png") for frame in frames for image in frame["images"].values())
    names = [name for name, _ in told]
    assert {"end", "findings", "notes", "state", "title", "over"} <= set(names)
    assert [value for name, value in told if name == "state"][-1] == f"{STEPS} steps, finished"
    # Who comes later hears it all again.
    again = heard(address)
    assert [value for name, value in again if name == "frame"] == frames


def test_nobody_else_is_told(opened: list[str]) -> None:
    tab = Tab("X")
    port = int(tab.address.split(":")[2].split("/")[0])

    def status(path: str, **headers: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", path, headers=headers)
        return connection.getresponse().status

    own = tab.address.partition(str(port))[2]
    assert status(own) == 200 and status("/") == status("/events") == status(own + "x") == status(own[:-2] + "/") == 404
    assert status(own, Host=f"elsewhere.example:{port}") == 403
    page = urllib.request.urlopen(tab.address, timeout=10)
    assert page.headers["X-Frame-Options"] == "DENY" and b"connect-src 'self'" in page.read()
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10)


def test_the_tab_before_is_served_no_more_once_it_is_over(opened: list[str]) -> None:
    tabs = []
    for _ in range(2):
        scheduler = made("DDIMScheduler")
        with pg.watch(scheduler, open="tab") as watch:
            walk(scheduler, SHAPE)
        watch._screen._feed.join(60)
        tabs.append(watch._screen)
    assert [tab.story.closed for tab in tabs] == [True, False] and tabs[1:] == live_tab._SERVING


class Displayed:
    """What IPython shows."""

    def __init__(self) -> None:
        self.shown: list[str] = []
        self.pictured = threading.Event()

    def update(self, html: str) -> None:
        self.shown.append(html)
        if "data:image/png" in html:
            self.pictured.set()


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> Displayed:
    """A kernel of a notebook, as far as it is asked."""
    displayed = Displayed()
    display = types.ModuleType("IPython.display")
    display.HTML, display.display = str, lambda what, display_id: displayed  # type: ignore[attr-defined]
    module = types.ModuleType("IPython")
    module.display = display  # type: ignore[attr-defined]
    module.get_ipython = lambda: types.SimpleNamespace(kernel=object())  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", module)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    return displayed


@pytest.mark.parametrize("where", [{}, {"open": "cell"}])
def test_in_a_notebook_the_cell_shows_it_and_ends_as_a_player(notebook: Displayed, where: dict[str, str]) -> None:
    scheduler = made("EulerDiscreteScheduler")
    with pg.watch(scheduler, **where):
        walk(scheduler, SHAPE)
        assert notebook.pictured.wait(60)
    assert notebook.shown[-1].startswith("<div><iframe srcdoc=") and all("<script" not in one for one in notebook.shown)
    assert any("data:image/png" in one for one in notebook.shown[:-1])


def test_a_cell_in_which_nothing_ran_shows_nothing(notebook: Displayed) -> None:
    with pg.watch(made("DDIMScheduler")):
        pass
    assert notebook.shown == []


def test_without_a_screen_nothing_is_opened(opened: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    scheduler = made("DDIMScheduler")
    with pg.watch(scheduler) as watch:
        walk(scheduler, SHAPE)
    assert watch._screen is None and opened == []
    monkeypatch.setattr(where_shown.sys, "stdout", types.SimpleNamespace(isatty=lambda: True, write=print, flush=print))
    monkeypatch.delenv("SSH_CONNECTION", raising=False)
    monkeypatch.setattr(where_shown.sys, "platform", "linux")
    for name, there in (("DISPLAY", False), ("WAYLAND_DISPLAY", True)):
        monkeypatch.delenv("DISPLAY", raising=False)
        monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0") if there else monkeypatch.delenv(name, raising=False)
        monkeypatch.setattr(where_shown.webbrowser, "get", lambda: None)
        assert where_shown.has_screen() == there

    def none() -> None:
        raise where_shown.webbrowser.Error

    monkeypatch.setattr(where_shown.webbrowser, "get", none)
    assert not where_shown.has_screen()
    with pytest.raises(Refusal, match="needs a notebook"):
        pg.watch(scheduler, open="cell")


def test_a_screen_that_fails_takes_nothing_with_it(opened: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*given: Any) -> None:
        raise OSError("no pictures today")

    monkeypatch.setattr("ddpm_playground.watching.frames.Frames.rows", fails)
    scheduler = made("DDIMScheduler")
    with pg.watch(scheduler, open="tab") as watch:
        walk(scheduler, SHAPE)
    watch._screen._feed.join(60)
    assert len(watch.last()) == STEPS and ("state", '"OSError: no pictures today"') in watch._screen.story.events
