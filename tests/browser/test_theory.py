"""The Theory tab in a real Chromium: both algorithms are single-stepped, source read, questions answered."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser

from .visit import Visit

ROOT = Path(__file__).parents[2]
ASKED = re.compile("component_server")
LIT = "() => [...document.querySelectorAll('.theory .listing li')].findIndex((li) => li.classList.contains('lit'))"
IDLE = "() => !document.querySelector('.theory').hasAttribute('aria-busy')"
COUNT = "() => +document.querySelector('.theory .controls .choice b').textContent.replace(/\\D/g, '')"
LOSSES = "() => ((document.querySelector('.theory .block:last-child .gd').data || [{ x: [] }])[0].x.length)"


@pytest.fixture
def open_chapter(chromium: Browser, playground: str) -> Iterator[Callable[..., Visit]]:
    """Opens a chapter and waits until it has been computed."""
    visits: list[Visit] = []

    def open_chapter(name: str, **context: object) -> Visit:
        visits.append(Visit(chromium, playground, f"?tab=theory&chapter={name}", **context))
        visits[-1].page.wait_for_selector(".theory .listing li .katex")
        visits[-1].wait(IDLE)
        return visits[-1]

    yield open_chapter
    for visit in visits:
        visit.close()


def press(visit: Visit, name: str) -> int:
    """Press a button of the steps; returns the line that is lit then, −1 for none."""
    with visit.page.expect_response(ASKED):
        visit.page.locator(".theory .controls").get_by_role("button", name=name, exact=True).click()
    visit.wait(IDLE)
    return visit.page.evaluate(LIT)


def tensors(visit: Visit) -> list[np.ndarray]:
    """The pictures beside the listing."""
    count = visit.page.locator(".theory .block:nth-child(2) canvas").count()
    return [visit.pixels(f".theory .block:nth-child(2) figure:nth-child({i + 1}) canvas") for i in range(count)]


def changed(before: list[np.ndarray], after: list[np.ndarray]) -> list[int]:
    assert len(before) == len(after) == 6
    return [i for i, (a, b) in enumerate(zip(before, after, strict=True)) if not np.array_equal(a, b)]


def test_algorithm_1_line_by_line(open_chapter):
    visit = open_chapter("training")
    assert visit.page.evaluate(LIT) == 4 and all(x.std() > 1 for x in tensors(visit))
    assert press(visit, "Start again") == -1
    now = tensors(visit)
    assert all(x.max() == 0 for x in now)
    # x_0 with line 2, ε with line 4; with line 5 x_t, ε_θ and the error before and after the weights move.
    for line, new in enumerate([[], [0], [], [1], [2, 3, 4, 5], [], [0, 1, 2, 3, 4, 5]]):
        assert press(visit, "One step") == line % 6
        before, now = now, tensors(visit)
        assert changed(before, now) == new, f"line {line + 1}"
    assert visit.page.evaluate(COUNT) == 7
    fixed = tensors(visit)
    visit.slide(".theory .slide:nth-child(5) input", 900)
    visit.wait("() => document.querySelector('.theory').textContent.includes('At t = 900')")
    visit.wait(IDLE)
    assert changed(fixed, tensors(visit)) == [] and visit.page.evaluate(LIT) == 0


def test_algorithm_1_runs_by_itself(open_chapter):
    visit = open_chapter("training")
    visit.wait(f"({LOSSES})() === 1")
    visit.page.get_by_role("button", name="Run", exact=True).click()
    visit.wait(f"({LOSSES})() >= 4")
    visit.page.get_by_role("button", name="Run", exact=True).click()
    visit.settled()
    assert visit.page.evaluate(COUNT) >= 23 and visit.page.evaluate(COUNT) % 6 == 5
    with visit.page.expect_response(ASKED):
        visit.page.get_by_role("button", name="trained weights").click()
    visit.wait(IDLE)
    assert visit.page.inner_text(".theory .problem") == "" and visit.page.evaluate(COUNT) == 5


BLANKS = "() => document.querySelectorAll('.theory .block:nth-child(2) .blank').length"
PAPER = "() => getComputedStyle(document.querySelector('.theory .blank canvas')).backgroundImage"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_run_after_single_steps_shows_every_picture(open_chapter, scheme):
    visit = open_chapter("training", color_scheme=scheme)
    assert press(visit, "Start again") == -1 and visit.page.evaluate(BLANKS) == 6
    assert "repeating-linear-gradient" in visit.page.evaluate(PAPER)
    for _ in range(3):
        press(visit, "One step")
    assert visit.page.evaluate(BLANKS) == 5
    run = visit.page.locator(".theory .controls").get_by_role("button", name="Run", exact=True)
    run.click()
    visit.until(lambda: visit.page.evaluate(COUNT) >= 23, 60.0)
    run.click()
    visit.settled()
    assert visit.page.evaluate(COUNT) % 6 == 5 and visit.page.evaluate(BLANKS) == 0


def test_another_start_begins_anew_while_it_runs(open_chapter):
    visit = open_chapter("training")
    visit.page.locator(".theory .controls").get_by_role("button", name="Run", exact=True).click()
    visit.until(lambda: visit.page.evaluate(COUNT) > 70, 90.0)
    visit.page.locator(".theory [data-lever=start] button").last.click()
    visit.until(lambda: visit.page.evaluate(COUNT) == 5, 30.0)
    visit.wait(IDLE)
    assert visit.page.inner_text(".theory .problem") == ""
    assert visit.page.locator(".theory [data-lever=start] button").last.get_attribute("aria-pressed") == "true"


def test_algorithm_2_line_by_line(open_chapter):
    visit = open_chapter("sampling")
    assert visit.page.evaluate(LIT) == 3
    assert press(visit, "Start again") == -1
    now = tensors(visit)
    assert all(x.max() == 0 for x in now)
    # x_T with line 1, σ_t z with line 3, the other terms with line 4; the next step begins with what that left.
    for line, new in zip([0, 1, 2, 3, 4], [[0], [], [4], [1, 2, 3, 5], []], strict=True):
        assert press(visit, "One step") == line
        before, now = now, tensors(visit)
        assert changed(before, now) == new, f"line {line + 1}"
    assert press(visit, "One step") == 1
    assert np.array_equal(tensors(visit)[0], now[5])

    visit.slide(".theory .choice input", 202)
    visit.page.wait_for_selector(".theory .listing li:nth-child(6).lit")
    visit.wait(IDLE)
    with_z, without_z = (
        visit.pixels(f".theory .block:nth-child(7) figure:nth-child({i}) canvas").astype(float) for i in (1, 3)
    )
    assert with_z.std() > 1.1 * without_z.std()
    end = tensors(visit)
    assert np.ptp(end[4]) == 0 and np.array_equal(end[5], with_z.astype(np.uint8))

    visit.wait_for_address("levers=k:202")
    visit.page.reload()
    visit.page.wait_for_selector(".theory .listing li:nth-child(6).lit")
    visit.wait(IDLE)
    assert all(np.array_equal(x, y) for x, y in zip(end, tensors(visit), strict=True))


@pytest.mark.parametrize("name", ["training", "sampling"])
def test_source_and_question(open_chapter, name):
    visit = open_chapter(name)
    visit.page.click(".theory .source summary")
    visit.page.wait_for_selector(".theory .source pre")
    places = visit.page.locator(".theory .source h4").all_inner_texts()
    codes = visit.page.locator(".theory .source pre").evaluate_all("(nodes) => nodes.map((node) => node.textContent)")
    assert len(places) == len(codes) > 3
    for place, code in zip(places, codes, strict=True):
        path, _, function = place.partition(" · ")
        assert code in (ROOT / path).read_text(encoding="utf-8") and function in code
    assert visit.page.inner_text(".theory .verdict") == ""
    visit.page.locator(".theory .choices button").nth(2).click()
    visit.page.wait_for_selector(".theory .choices .right")
    assert visit.page.locator(".theory .choices .wrong").count() == 1
    assert re.search(r"No\..*\d\.\d+", visit.page.inner_text(".theory .verdict"))


@pytest.mark.parametrize("name", ["training", "sampling"])
def test_a_phone_holds_it(open_chapter, name):
    visit = open_chapter(name, viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    visit.page.locator(".theory .fold").tap()
    press(visit, "One step")
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= 390
