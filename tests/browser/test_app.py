"""The whole playground in a real Chromium, as `python app.py` serves it with the shipped checkpoint."""

from collections.abc import Iterator
from urllib.parse import urlparse

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from .server import served

pytestmark = pytest.mark.browser

RUN_MS = 180_000
TABS = ("schedule", "forward", "reverse")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The playground, served by a process of its own."""
    with served("app") as url:
        yield url


class Visit:
    """One visitor: a page, what its console said, and where its requests went."""

    def __init__(self, chromium: Browser, address: str, query: str = "", **context: object) -> None:
        options = {"viewport": {"width": 1280, "height": 1000}, "accept_downloads": True} | context
        self.context = chromium.new_context(**options)  # type: ignore[arg-type]
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.strangers: list[str] = []
        self.page.on("console", lambda m: m.type in ("error", "warning") and self.complaints.append(m.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda r: self.strangers.append(r.url) if not self._own(r.url, address) else None)
        self.page.goto(address + query)
        self.page.wait_for_selector("#ddpm-tabs")

    @staticmethod
    def _own(url: str, address: str) -> bool:
        return url.startswith((address, "data:", "blob:")) or urlparse(url).netloc == urlparse(address).netloc

    def tab(self, name: str) -> None:
        """Bring a tab to the front."""
        self.page.get_by_role("tab", name=name.capitalize()).click()

    def finished_live(self) -> None:
        """Wait until a live run is complete."""
        self.page.wait_for_selector(".player[data-done='1'] .badge", timeout=RUN_MS)
        self.page.wait_for_function(
            "() => { const p = document.querySelector('.player'); return p.dataset.done === '1' && p.dataset.run !== 'recorded' }",  # noqa: E501
            timeout=RUN_MS,
        )

    def grey(self, panel: str) -> np.ndarray:
        """The red channel of a panel's canvas."""
        values = self.page.evaluate(
            """(key) => { const c = document.querySelector(`[data-panel="${key}"] canvas`);
            return [...c.getContext("2d").getImageData(0, 0, c.width, c.height).data].filter((_, i) => i % 4 === 0) }""",  # noqa: E501
            panel,
        )
        return np.asarray(values, np.uint8)

    def clean(self) -> None:
        """Nothing in the console, nothing to strangers, no sideways scrolling."""
        assert self.complaints == []
        assert self.strangers == []
        assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        self.context.close()


QUICK = "?sampler=ddim&num_steps=5&num_images=2&seed=3"


@pytest.mark.parametrize("width", [390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_tab_opens_without_complaint(chromium, address, width, scheme):
    visit = Visit(chromium, address, color_scheme=scheme, viewport={"width": width, "height": 844})
    for name in TABS:
        visit.tab(name)
        visit.page.wait_for_timeout(1500)
        assert visit.page.get_by_role("tab", name=name.capitalize()).get_attribute("aria-selected") == "true"
        assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    visit.clean()


def test_a_recorded_run_plays_without_a_click(chromium, address):
    visit = Visit(chromium, address)
    visit.page.wait_for_selector(".player[data-run='recorded']", timeout=20_000)
    first = visit.page.locator(".player").get_attribute("data-frame")
    visit.page.wait_for_function(f"() => document.querySelector('.player').dataset.frame !== '{first}'", timeout=10_000)
    visit.context.close()


def test_a_link_with_settings_runs_them_and_two_visitors_see_the_same(chromium, address):
    pictures = []
    for _ in range(2):
        visit = Visit(chromium, address, QUICK)
        visit.finished_live()
        assert visit.page.locator(".player").get_attribute("data-frames") == "6"
        pictures.append(visit.grey("x_t"))
        visit.clean()
    np.testing.assert_array_equal(*pictures)
    assert len(np.unique(pictures[0])) > 10
