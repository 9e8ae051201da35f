"""One Chromium for all browser tests."""

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from .pieces_page import READY
from .server import served
from .visit import Visit

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
QUIET = ("--disable-background-networking", "--disable-component-update", "--disable-sync")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A Chromium that speaks to nobody; without one the test is skipped, or fails if REQUIRE_BROWSER=1."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        reason = f"no browser on PATH (looked for {', '.join(NAMES)}); install Chromium"
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu", *QUIET])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def playground(chromium: Browser) -> Iterator[str]:
    """The address of the playground, as `python app.py` serves it with the shipped checkpoint."""
    with served("app") as url:
        yield url


@pytest.fixture
def visitor(chromium: Browser, playground: str) -> Iterator[Callable[..., Visit]]:
    """Opens pages and waits until their pieces can be presented and saved."""
    visits: list[Visit] = []

    def visit(query: str, **context: object) -> Visit:
        visits.append(Visit(chromium, playground, query, **context))
        visits[-1].page.wait_for_function(READY)
        return visits[-1]

    yield visit
    for visit_ in visits:
        visit_.close()
