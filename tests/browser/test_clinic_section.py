"""The clinic in a real Chromium: folded on a telephone, ended by its visitor, and pictures of one's own examined."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser

from .visit import Visit

DRAWN = """() => {
  const gds = [...document.querySelectorAll(".clinic .gd")];
  return gds.length === 5 && gds.every((gd) => gd.data && gd.querySelector(".scatterlayer path.js-line"));
}"""


@pytest.fixture
def open_clinic(chromium: Browser, playground: str) -> Iterator[Callable[..., Visit]]:
    visits: list[Visit] = []

    def open_clinic(query: str = "", **context: object) -> Visit:
        visits.append(Visit(chromium, playground, f"?tab=lab{query}", **context))
        visits[-1].page.wait_for_selector(".lab .cards li")
        visits[-1].page.wait_for_selector("#clinic .first option", state="attached")
        return visits[-1]

    yield open_clinic
    for visit in visits:
        visit.close()


def test_it_is_folded_on_a_telephone_and_open_elsewhere(open_clinic) -> None:
    is_open = "() => document.querySelector('.clinic details').open"
    assert open_clinic().page.evaluate(is_open)
    visit = open_clinic("&lang=zh-TW", viewport={"width": 390, "height": 844})
    assert not visit.page.evaluate(is_open)
    visit.page.click(".clinic summary h2")
    assert visit.page.get_by_role("button", name="檢查", exact=True).is_visible()


def test_an_examination_is_told_and_ends_with_its_visitor(open_clinic) -> None:
    page = open_clinic().page
    page.click(".clinic .go")
    page.wait_for_selector(".clinic .progress:not([hidden])", timeout=60_000)
    assert "pictures shown" in page.inner_text(".clinic .progress")
    assert page.is_disabled(".clinic .go")
    page.click(".clinic .cancel")
    page.wait_for_selector(".clinic .go:not([disabled])")
    assert page.inner_text(".clinic .go") == "Examine" and page.inner_text(".clinic .problem") == ""
    assert page.is_hidden(".clinic .progress") and page.is_hidden(".clinic .results")


def test_pictures_of_ones_own(open_clinic, tmp_path: Path) -> None:
    """Sevens that are none: dark pictures with a bar, in colour and of another size, of which one is no picture."""
    page = open_clinic().page
    page.select_option(".clinic .pictures", "own")
    page.wait_for_function("document.querySelectorAll('.clinic .class option').length === 11")
    assert page.is_disabled(".clinic .go") and page.inner_text(".clinic .brought") == "No pictures chosen yet."
    files = []
    for i in range(6):
        pixels = np.zeros((40, 56, 3), np.uint8)
        pixels[8 : 30 + i, 20 : 24 + i] = (250, 240, 200)
        files.append(tmp_path / f"{i}.png")
        Image.fromarray(pixels).save(files[-1])
    (tmp_path / "none.png").write_text("no picture")
    page.set_input_files(".clinic .file", [*files[:5], tmp_path / "none.png"])
    page.wait_for_function(
        "document.querySelector('.clinic .brought').textContent.startsWith('5 pictures can be read')"
    )
    assert page.is_disabled(".clinic .go")
    page.set_input_files(".clinic .file", files)
    page.wait_for_selector(".clinic .go:not([disabled])")
    assert page.inner_text(".clinic .brought") == "6 pictures, scaled to 28×28 and cut at their centre."
    page.select_option(".clinic .class", "7")
    page.click(".clinic .go")
    page.wait_for_selector(".clinic .results:not([hidden])", timeout=120_000)
    assert page.inner_text(".clinic .said") == "On 6 of the 6 of your own pictures."
    assert page.inner_text(".clinic .verdict").startswith("mnist: ")
    page.wait_for_function(DRAWN)
    assert "mnist" in page.inner_text(".clinic [data-plot=eps] .keys")
