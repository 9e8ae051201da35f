"""What a comparison costs beside one run of as many pictures, both streamed into a browser, and how it is scrubbed."""

import statistics
import threading
from collections.abc import Iterator

from playwright.sync_api import Browser, Page

from ddpm_playground.recipe import DEFAULT
from ddpm_playground.run import shelf

from .browser import DONE, gap_row, served
from .row import Row, seconds
from .startup import chromium

COLUMNS, CHAINS, STEPS = 2, 16, 50
RECIPES = f"n={CHAINS};sampler=ddpm num_steps={STEPS} seed=1;sampler=ddim num_steps={STEPS} seed=1"
COMPARED = """(before) => { const { run, done } = document.querySelector('.compare')?.dataset ?? {};
  return done === '1' && run !== before }"""


def compared(browser: Browser, url: str) -> Page:
    """The tab with a comparison that has come to its end."""
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.goto(f"{url}?tab=experiments&columns={RECIPES}")
    page.wait_for_function(COMPARED, arg="", timeout=300_000)
    return page


def streamed(browser: Browser, url: str, rounds: int) -> Row:
    """From the press of the button to the last frame on screen, pictures by the step in a second."""
    columns, run = compared(browser, url), browser.new_page(viewport={"width": 1280, "height": 1000})
    run.goto(f"{url}?tab=reverse&num_steps={STEPS}&num_images={COLUMNS * CHAINS}")
    run.wait_for_function(DONE, arg="", timeout=300_000)

    def both() -> None:
        columns.bring_to_front()
        before = columns.get_attribute(".compare", "data-run")
        columns.click(".compare .go")
        columns.wait_for_function(COMPARED, arg=before, timeout=300_000)

    def one() -> None:
        run.bring_to_front()
        before = run.get_attribute(".player", "data-run")
        run.click("#reverse-start")
        run.wait_for_function(DONE, arg=before, timeout=300_000)

    taken = [(seconds(both), seconds(one)) for _ in range(rounds)]
    all_steps = COLUMNS * CHAINS * STEPS
    here, there = (all_steps / statistics.median(column) for column in zip(*taken, strict=True))
    for page in (columns, run):
        page.close()
    what = f"{COLUMNS} columns × {CHAINS} chains × {STEPS} steps into a browser"
    return Row(what, here, f"one run of {COLUMNS * CHAINS} chains", there, "pictures·steps/s", here / there, "≥ 0.9")


def rows(rounds: int) -> Iterator[Row]:
    """The stream's ratio, then the gaps between frames while it is scrubbed, with the requests meanwhile."""
    url = served()
    while shelf().begin(DEFAULT.checkpoint).busy:
        threading.Event().wait(0.5)
    with chromium() as browser:
        yield streamed(browser, url, rounds)
        for latency in (False, True):
            page = compared(browser, url)
            what = f"A comparison of {COLUMNS} × {CHAINS} chains, scrubbed"
            yield gap_row(page, ".compare .scrub input", what, latency)
