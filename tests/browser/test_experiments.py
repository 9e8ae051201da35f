"""The Experiments tab in a real Chromium: two runs beside each other, a picture painted, branches walked by keys."""

from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser

from .visit import Visit

SHOWN = '() => [...document.querySelectorAll(".compare .cell canvas")].map((canvas) => canvas.toDataURL())'
QUICK = "n=1;sampler=ddpm num_steps=5 seed=1;sampler=ddim num_steps=5 seed=1"


@pytest.fixture
def experiments(chromium: Browser, playground: str) -> Iterator[Callable[..., Visit]]:
    """Opens the tab with a comparison of five steps, or what the query opens, once `ready` is there."""
    visits: list[Visit] = []

    def experiments(query: str = "", ready: str = ".compare .grid canvas", **context: object) -> Visit:
        visits.append(Visit(chromium, playground, f"?tab=experiments&columns={QUICK}{query}", **context))
        visits[-1].page.wait_for_selector(ready)
        return visits[-1]

    yield experiments
    for visit in visits:
        visit.close()


def slide(visit: Visit, place: int) -> list[str]:
    """What the cells show at a place of the slider."""
    visit.page.evaluate(
        """(place) => {
          const slider = document.querySelector(".compare .scrub input");
          slider.value = place;
          slider.dispatchEvent(new Event("input"));
        }""",
        place,
    )
    visit.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return visit.page.evaluate(SHOWN)


def test_two_runs_are_scrubbed_without_the_server_and_kept_in_the_link(experiments) -> None:
    visit = experiments()
    visit.wait("() => document.querySelector('.compare').dataset.done === '1'")
    asked = visit.settled()
    start, end = slide(visit, 0), slide(visit, 200)
    assert start[0] == start[1] and start[6] == start[7]  # one x_T; no difference yet
    assert end[0] != end[1] and end[6] != end[7] and start != end
    assert "parts from A" in visit.page.inner_text(".compare .told")
    assert visit.asked == asked
    visit.page.select_option(".recipe:nth-child(2) [data-name=sampler]", "ddpm")
    visit.page.fill(".recipe:nth-child(2) [data-name=strength]", "1")
    visit.page.keyboard.press("Tab")
    visit.wait("() => decodeURIComponent(location.search).includes('strength=1')")
    assert visit.page.locator(".recipe .other").count() == 1


def test_a_picture_is_painted_and_branches_are_walked(experiments) -> None:
    query = "&experiment=own_picture&own_picture=inpaint/7/num_steps:5,resample:1&branch=num_steps:6,count:4"
    visit = experiments(query, ".own .levers select")
    assert visit.page.locator(".compare .grid canvas").count() == 0  # folded, so that it has not begun
    box = visit.page.locator(".own .source canvas").first
    box.scroll_into_view_if_needed()
    visit.page.click(".own .go")
    visit.wait("() => document.querySelector('.own .problem').textContent.includes('nothing is painted yet')")
    place = box.bounding_box()
    assert place is not None
    visit.page.mouse.move(place["x"] + 60, place["y"] + 60)
    visit.page.mouse.down()
    visit.page.mouse.move(place["x"] + 120, place["y"] + 160, steps=4)
    visit.page.mouse.up()
    visit.page.click(".own .go")
    visit.page.wait_for_selector(".own .strip canvas")
    assert "r = 1" in visit.page.inner_text(".own .told")
    with visit.page.expect_download() as saved:
        visit.page.click(".own [data-keep=ipynb]")
    assert "values_of(" in saved.value.path().read_text(encoding="utf-8")  # the paint, which has no file
    visit.wait("() => new URLSearchParams(location.search).get('own_picture').split('/').length === 4")
    visit.page.locator(".chooser button").nth(1).focus()
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_selector(".branch .levers select")
    assert visit.page.locator(".own").is_hidden() and visit.page.locator(".branch .levers select").first.is_visible()
    visit.page.click(".branch .go")
    visit.page.wait_for_selector(".branch .leaf", state="attached")
    if visit.page.locator(".branch .answers button").count():
        visit.page.locator(".branch .answers button").first.click()
    visit.page.locator(".branch .leaf").first.focus()
    visit.page.keyboard.press("ArrowDown")
    visit.page.keyboard.press("ArrowRight")
    at = "() => [...document.querySelectorAll('.branch .leaf')].indexOf(document.activeElement)"
    assert visit.page.evaluate(at) == 5  # four leaves in the first row


PIXELS = "() => document.querySelector('.own .source canvas').toDataURL()"


def test_a_drawing_and_its_paint_stand_in_the_link(experiments) -> None:
    first = experiments("&experiment=own_picture", ".own .levers select")
    first.wait("() => document.querySelector('.own .source input[type=number]').value === '3'")
    assert "own_picture=" not in first.page.url
    first.page.get_by_role("button", name="Inpaint (RePaint)").click()
    first.page.locator(".own .source .keys-of button").first.click()
    place = first.page.locator(".own .source canvas").first.bounding_box()
    assert place is not None
    for name, dx in (("Edit (SDEdit)", 40), ("Inpaint (RePaint)", 120)):  # ink, then paint
        first.page.get_by_role("button", name=name).click()
        first.page.locator(".own .source canvas").first.scroll_into_view_if_needed()
        place = first.page.locator(".own .source canvas").first.bounding_box()
        assert place is not None
        first.page.mouse.move(place["x"] + dx, place["y"] + 30)
        first.page.mouse.down()
        first.page.mouse.move(place["x"] + dx + 40, place["y"] + 150, steps=4)
        first.page.mouse.up()
    first.wait("() => (new URLSearchParams(location.search).get('own_picture') || '').split('/')[3]")
    link = first.page.evaluate("() => new URLSearchParams(location.search).get('own_picture')")
    assert len(link) < 1000 and link.startswith("inpaint/~") and first.page.inner_text(".own .unlinked") == ""
    shown = first.page.evaluate(PIXELS)
    again = experiments(f"&experiment=own_picture&own_picture={quote(link, safe='')}", ".own .levers select")
    again.until(lambda: again.page.evaluate(PIXELS) == shown)
    broken = experiments("&experiment=own_picture&own_picture=edit/~AAAA%2B14/", ".own .levers select")
    broken.wait("() => document.querySelector('.own .hint').textContent.includes('in this link cannot be read')")


def test_samples_stand_beside_their_nearest_digits_and_a_copy_is_found(experiments) -> None:
    query = "&nearest=guess/num_images:3,num_steps:2&experiment=nearest"
    visit = experiments(query, ".nearest .trio")
    assert visit.page.locator(".nearest .trio figure").count() == 3 and visit.page.locator(".nearest .told").is_hidden()
    visit.page.locator(".nearest .answers button").first.click()
    assert visit.page.locator(".nearest .trio figure").count() == 9
    assert "at distance 0" in visit.page.inner_text(".nearest .verdict")
    assert "distance 0" in visit.page.locator(".nearest .copied").first.inner_text()
