"""Rows that are added to a table are had on the page."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser

from ddpm_playground.core import rescale_zero_terminal_snr, schedule_from_betas

from .added_page import quadratic
from .server import served
from .test_schedule import ends_like
from .visit import DRAWN, Visit

# One row each, and nothing else.
ADD_KINDS = """async () => {
  const [{ LEVERS }, { VIEWS }] = await Promise.all([
    import("ddpm/chapters/levers.js"), import("ddpm/chapters/blocks.js")]);
  LEVERS.flag = {
    make(chapter, control, value, moved) {
      const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: value });
      box.addEventListener("change", () => moved(box.checked));
      return box;
    },
    write: (value) => (value ? "up" : "down"),
    read: (text) => ({ up: true, down: false })[text],
  };
  VIEWS.lamp = (box) => (block) => { box.textContent = block.lit ? "lit" : "dark"; };
}"""


@pytest.fixture(scope="module")
def added(chromium: Browser) -> Iterator[str]:
    """The address of a page with rows added."""
    with served("tests.browser.added_page") as url:
        yield url


@pytest.fixture
def visit(chromium: Browser, added: str) -> Iterator[Callable[[str], Visit]]:
    """Opens the page with settings in its address."""
    visits: list[Visit] = []

    def visit(query: str) -> Visit:
        visits.append(Visit(chromium, added, query))
        return visits[-1]

    yield visit
    for one in visits:
        one.close()


def made(T: int, gain: float = 0.02):
    return schedule_from_betas(quadratic(T, gain))


def test_a_schedule_that_only_python_knows_has_its_curves_and_follows_its_knobs(visit) -> None:
    page = visit("?tab=schedule&schedule=quadratic&T=40")
    ends_like(page, "alpha_bar", made(40).alpha_bars)
    assert page.page.locator(".knobs .about").inner_text() == "βt = gain · (t/T)²."
    strip = "() => document.querySelectorAll('.filmstrip .frame').length === 20"
    page.wait(strip)
    gain = page.page.locator("[data-param=gain] input[type=number]")
    gain.fill("0.5")
    ends_like(page, "alpha_bar", made(40, 0.5).alpha_bars)
    page.wait_for_address("gain:0.5")
    asked = page.settled()
    page.page.locator("#schedule-zero-snr input").check()
    ends_like(page, "alpha_bar", rescale_zero_terminal_snr(made(40, 0.5)).alpha_bars)
    assert page.settled() == asked, "β_t are there already"
    page.page.locator("#schedule-zero-snr input").uncheck()
    ends_like(page, "alpha_bar", made(40, 0.5).alpha_bars)
    gain.fill("0.95")  # what Python refuses is said, and the last curves stay
    page.wait("() => document.querySelector('.curves .problem').textContent.includes('too steep')")
    ends_like(page, "alpha_bar", made(40, 0.5).alpha_bars)
    assert page.page.get_attribute(".curves", "aria-busy") == "false"
    gain.fill("0.1")
    ends_like(page, "alpha_bar", made(40, 0.1).alpha_bars)
    page.wait("() => document.querySelector('.curves .problem').textContent === ''")


def test_it_is_laid_over_another_and_noises_pictures(visit) -> None:
    page = visit("?tab=forward&schedule=quadratic&t=500")
    page.wait(DRAWN["forward"])
    want = float(made(1000).alpha_bars[500].sqrt())
    page.wait("(a) => document.querySelector('.forward [data-out=a]').textContent === a", f"{want:.4f}")
    page = visit("?tab=schedule&compare=quadratic")
    page.wait(
        """(value) => [...document.querySelectorAll(".curves .gd")].some((gd) => gd.data && gd.data.some(
        ({ meta, y }) => meta.table === "alpha_bar" && meta.schedule === 1 && Math.abs(y.at(-1) - value) < 1e-6))""",
        float(made(1000).alpha_bars[-1]),
    )


def test_a_kind_of_lever_and_a_kind_of_block_are_one_row_each(visit) -> None:
    page = visit("?tab=theory")
    page.wait(DRAWN["theory"])
    page.page.evaluate(ADD_KINDS)
    page.page.locator(".theory .chapters button").last.click()
    lamp = page.page.locator(".theory .block.lamp")
    lamp.wait_for()
    assert lamp.inner_text() == "dark"
    page.page.locator(".theory [data-lever=up]").check()
    page.page.wait_for_function("() => document.querySelector('.theory .lamp').textContent === 'lit'")
    page.wait_for_address("chapter=added", "levers=up:up")
