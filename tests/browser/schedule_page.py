"""The page with the Schedule tab alone: `python -m tests.browser.schedule_page` serves it, `Tab` drives it."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from playwright.sync_api import Browser, ConsoleMessage, Page, Route

READY = """() => {
  const gds = [...document.querySelectorAll(".curves .gd")];
  return gds.length === 4 && gds.every((gd) => gd.data && gd.querySelector(".scatterlayer path.js-line"));
}"""
TRACES = """() => Object.fromEntries([...document.querySelectorAll(".plots figure")].map((figure) => [
  figure.dataset.plot,
  figure.querySelector(".gd").data.map(({ meta, x, y, name, line }) => ({ ...meta, x, y, name, line })),
]))"""
RANGES = '() => [...document.querySelectorAll(".curves .gd")].map((gd) => gd._fullLayout.xaxis.range.map(Number))'
# Where the marker stands, as t, read off the pixels of each plot.
MARKERS = """() => [...document.querySelectorAll(".plots figure")].map((figure) => {
  const gd = figure.querySelector(".gd"), axis = gd._fullLayout.xaxis;
  const line = figure.querySelector(".marker").getBoundingClientRect();
  return axis.p2l((line.left + line.right) / 2 - gd.getBoundingClientRect().left - axis._offset);
})"""
LAST_POINT = """([table, schedule, t, value]) => [...document.querySelectorAll(".curves .gd")].some(
  (gd) => gd.data && gd.data.some(({ meta, x, y }) => meta.table === table && meta.schedule === schedule &&
    x.at(-1) === t && Math.abs(y.at(-1) - value) <= 1e-6 * Math.abs(value)))"""
SLIDE = """([selector, value]) => {
  const slider = document.querySelector(selector);
  slider.value = value;
  slider.dispatchEvent(new Event("input", { bubbles: true }));
}"""


@contextmanager
def served() -> Iterator[str]:
    """The address of the page, served by a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "tests.browser.schedule_page"]
    surroundings = os.environ | {"GRADIO_SERVER_PORT": str(port), "GRADIO_ANALYTICS_ENABLED": "False"}
    server = subprocess.Popen(command, env=surroundings, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    url = f"http://127.0.0.1:{port}/"
    try:
        for _ in range(240):
            if server.poll() is not None:
                raise RuntimeError(server.communicate()[1])
            try:
                urllib.request.urlopen(url, timeout=5).close()
                break
            except (urllib.error.URLError, TimeoutError):
                time.sleep(0.5)
        yield url
    finally:
        server.terminate()
        server.communicate(timeout=20)


class Tab:
    """One browser page on the Schedule tab, and what it complained of."""

    def __init__(self, chromium: Browser, address: str, **context: object) -> None:
        self.context = chromium.new_context(**({"viewport": {"width": 1280, "height": 1000}} | context))  # type: ignore[arg-type]
        self.address = address
        self.complaints: list[str] = []
        self.foreign: list[str] = []
        self.requests: list[str] = []
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(60_000)
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.route(lambda url: not url.startswith((address, "data:", "blob:")), self._refuse)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _refuse(self, route: Route) -> None:
        self.foreign.append(route.request.url)
        route.abort()

    def go(self, query: str = "") -> None:
        """Open the tab with more settings in its address."""
        self.page.goto(f"{self.address}?tab=schedule{query}")

    def open(self, query: str = "") -> None:
        """Open the tab and wait until its plots are drawn."""
        self.go(query)
        self.wait(READY)

    def wait(self, script: str, argument: object = None) -> None:
        """Until a script says true."""
        self.page.wait_for_function(script, arg=argument)

    def wait_for_last_point(self, table: str, want: torch.Tensor, schedule: int = 0) -> None:
        """Until a schedule's curve ends where the table does."""
        self.wait(LAST_POINT, [table, schedule, len(want) - 1, float(want[-1])])

    def wait_for_address(self, *parts: str) -> None:
        """Until the address holds all these."""
        self.wait("(parts) => parts.every((part) => decodeURIComponent(location.search).includes(part))", list(parts))

    def traces(self) -> dict[str, list[dict]]:
        """What each plot has drawn."""
        return self.page.evaluate(TRACES)

    def choose(self, name: str) -> None:
        """Pick a schedule by its name on screen."""
        self.page.locator("#schedule-name input").click()
        self.page.get_by_role("option", name=name).click()

    def param(self, key: str, value: str) -> None:
        """Type a parameter."""
        self.page.locator(f"[data-param={key}] input[type=number]").fill(value)

    def set_t(self, t: int) -> None:
        """Move the slider of t."""
        self.page.evaluate(SLIDE, [".ddpm-t input", t])

    def across(self, plot: str) -> tuple[float, float, float]:
        """A plot's left end (t = first), right end, and a height inside it, in px of the window."""
        area = self.page.locator(f"[data-plot={plot}] .gd")
        area.scroll_into_view_if_needed()
        box = area.bounding_box()
        assert box
        offset, length = self.page.evaluate(
            "(gd) => [gd._fullLayout.xaxis._offset, gd._fullLayout.xaxis._length]", area.element_handle()
        )
        return box["x"] + offset, box["x"] + offset + length, box["y"] + 90

    def toast(self) -> str:
        """The message on screen, once there is one."""
        body = self.page.locator(".toast-body").first
        body.wait_for()
        return body.inner_text()


if __name__ == "__main__":
    import gradio as gr

    from ddpm_playground.recipe import DEFAULT
    from ddpm_playground.ui import app, page
    from ddpm_playground.ui.tabs import schedule

    def build_picture(page: page.Page) -> None:
        """The two fields of the Forward tab that the filmstrip shows."""
        page.control("digit", gr.Number(DEFAULT.digit, precision=0))
        page.control("noise_seed", gr.Number(DEFAULT.noise_seed, precision=0))

    def no_network() -> None:
        """Nothing to warm up here."""

    app.TABS = {"schedule": schedule.build, "forward": build_picture}
    app.warm = no_network
    app.launch(app.build())
