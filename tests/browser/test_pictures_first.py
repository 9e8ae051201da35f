"""Pictures first: what stands above the fold, in which order, and what a thumb or a keyboard does to it."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser

from ddpm_playground.tabs import TABS

from .visit import DRAWN, RESTORED, Visit

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
BOX = "(selector) => { const b = document.querySelector(selector).getBoundingClientRect(); return [b.top, b.bottom] }"
CENTRE = "(selector) => document.querySelector(selector).scrollIntoView({ block: 'center' })"
FRONT = "[role=tab][aria-selected=true]"
# A slider of ours or of Gradio's on each tab that has one.
SLIDERS = {
    "reverse": ".ddpm-beside input[type=range]",
    "forward": "#forward-digit input[type=range]",
    "train": ".train .lr",
    "schedule": "#schedule-T input[type=range]",
}
# On each tab, a picture or plot, and the first thing that is set.
FIRST = {
    "reverse": (".player canvas", ".ddpm-beside select, .ddpm-beside input"),
    "forward": (".forward .film", ".digits button"),
    "train": (".train canvas", ".train .go"),
    "schedule": ("#schedule-strip canvas", "#schedule-name input"),
    "lab": (".lab .plots figure", ".lab textarea"),
    "experiments": (".compare .grid canvas", ".compare .recipe select"),
}


@pytest.fixture
def visitor(chromium: Browser, playground: str) -> Iterator[Callable[..., Visit]]:
    """Opens a tab of the playground in English, and waits until it is drawn."""
    visits: list[Visit] = []

    def visit(name: str = "reverse", query: str = "", **context: object) -> Visit:
        one = Visit(chromium, playground, f"?tab={name}&lang=en{query}", **context)
        visits.append(one)
        one.until(lambda: one.page.evaluate(RESTORED))
        one.wait(DRAWN[name])
        return one

    yield visit
    for one in visits:
        one.close()


def swipe(visit: Visit, selector: str, dx: float, dy: float) -> None:
    """A thumb that begins in the middle of an element, as the browser itself is told of one."""
    visit.page.evaluate(CENTRE, selector)
    box = visit.page.locator(selector).first.bounding_box()
    x, y = box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"]
    session = visit.context.new_cdp_session(visit.page)
    touch = lambda kind, *points: session.send(  # noqa: E731
        "Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": a, "y": b} for a, b in points]}
    )
    touch("touchStart", (x, y))
    for part in range(1, 13):
        touch("touchMove", (x + dx * part / 12, y + dy * part / 12))
    touch("touchEnd")
    visit.page.wait_for_timeout(600)  # an address is written, or it is not


@pytest.mark.parametrize("size", [(1366, 768), (1280, 720)])
def test_pictures_play_time_line_and_formula_stand_above_the_fold(visitor, size):
    visit = visitor(viewport={"width": size[0], "height": size[1]})
    visit.wait("() => +document.querySelector('.player').dataset.frames > 3")
    top, _ = visit.page.evaluate(BOX, ".player .panel")
    assert top <= 120
    for part in (".on-picture", ".scrub input", ".line .live"):
        _, bottom = visit.page.evaluate(BOX, f".player {part}")
        assert bottom <= size[1], part
    sides = [visit.page.locator(f"[data-panel={key}] canvas").bounding_box()["width"] for key in ("x_t", "x_hat_0")]
    assert min(sides) >= 350


def test_tabs_stand_in_the_order_of_the_story_and_lead_on(visitor):
    visit = visitor()
    names = visit.page.eval_on_selector_all("#ddpm-tabs [role=tab]", "(all) => all.map((tab) => tab.innerText.trim())")
    assert names == ["Reverse", "Forward", "Train", "Schedule", "Theory", "Lab", "Experiments"]
    for name, following in zip(TABS, [*TABS][1:], strict=False):
        visit.page.click(f"#{name}-next")
        visit.page.wait_for_selector(f"#tab-{following}-button[aria-selected=true]")
        assert visit.page.evaluate("scrollY") == 0
    assert visit.page.locator("#experiments-next").count() == 0


def test_arrows_move_between_tabs_and_one_is_a_stop(visitor):
    visit = visitor()
    stops = "() => [...document.querySelectorAll('#ddpm-tabs [role=tab]')].filter((tab) => tab.tabIndex === 0).length"
    visit.page.focus(FRONT)
    for key, name in (("ArrowRight", "forward"), ("End", "experiments"), ("ArrowRight", "reverse"),
                      ("ArrowLeft", "experiments"), ("Home", "reverse")):  # fmt: skip
        visit.page.keyboard.press(key)
        visit.page.wait_for_selector(f"#tab-{name}-button[aria-selected=true]:focus")
        visit.wait(f"() => ({stops})() === 1")


def test_a_skip_link_leads_past_the_tabs(visitor):
    visit = visitor()
    visit.page.keyboard.press("Tab")
    assert visit.page.evaluate("document.activeElement.className") == "ddpm-skip"
    assert visit.page.locator(".ddpm-skip").bounding_box()["y"] >= 0
    visit.page.keyboard.press("Enter")
    assert visit.page.evaluate("document.activeElement.id") == "tab-reverse"


def test_light_or_dark_is_chosen_and_remembered(visitor):
    visit = visitor(color_scheme="light")
    dark = "() => document.body.classList.contains('dark')"
    assert not visit.page.evaluate(dark)
    for name, want in (("dark", True), ("light", False), ("as the system", False), ("dark", True)):
        visit.page.click(".ddpm-ground")
        assert visit.page.get_attribute(".ddpm-ground", "aria-label") == f"Light or dark: {name}"
        assert visit.page.evaluate(dark) is want
    visit.reload()
    visit.wait(dark)
    visit.page.wait_for_selector(".ddpm-ground[data-ground=dark]")
    visit.page.click(".ddpm-ground")
    visit.page.click(".ddpm-ground")
    assert not visit.page.evaluate(dark), "as the system again"


def test_focus_is_seen_on_number_boxes(visitor):
    visit = visitor()
    seed = visit.page.get_by_label("Seed", exact=True)
    seed.focus()
    assert seed.evaluate("(box) => getComputedStyle(box).outlineStyle") == "solid"


@pytest.mark.parametrize("name", FIRST)
def test_on_a_telephone_pictures_come_before_settings(visitor, name):
    visit = visitor(name, **PHONE)
    for selector in FIRST[name]:
        visit.page.wait_for_selector(selector, state="attached")
    picture, setting = (visit.page.evaluate(BOX, selector)[0] for selector in FIRST[name])
    assert picture < setting
    assert picture < 844
    tops = visit.page.eval_on_selector_all(
        "#ddpm-tabs [role=tab]", "(tabs) => tabs.map((tab) => tab.getBoundingClientRect().top)"
    )
    assert len(set(tops)) == 1, "one row"
    if name == "lab":
        visit.page.wait_for_timeout(1000)
        assert visit.page.evaluate("document.documentElement.scrollHeight") <= 3500


@pytest.mark.parametrize("name", SLIDERS)
def test_a_swipe_that_begins_on_a_slider_scrolls_and_changes_nothing(visitor, name):
    visit = visitor(name, **PHONE)
    slider = visit.page.locator(SLIDERS[name]).first
    slider.wait_for()
    visit.page.wait_for_timeout(1000)
    visit.page.evaluate(CENTRE, SLIDERS[name])
    value, address, before = slider.input_value(), visit.page.url, visit.page.evaluate("scrollY")
    swipe(visit, SLIDERS[name], 6, 160)
    assert slider.input_value() == value and visit.page.url == address
    assert visit.page.evaluate("scrollY") < before
    swipe(visit, SLIDERS[name], 90, 4)
    assert slider.input_value() != value and visit.page.url != address


def test_a_box_that_clamps_says_so(visitor):
    visit = visitor("schedule")
    box = visit.page.locator("#schedule-T input[type=number]")
    box.fill("5000")
    box.blur()
    visit.page.wait_for_selector("#schedule-T .ddpm-clamped")
    assert visit.page.inner_text("#schedule-T .ddpm-clamped") == "5000 is outside of 1 … 4000; it is 4000 now."
    box.fill("300")
    box.blur()
    visit.wait("() => !document.querySelector('#schedule-T .ddpm-clamped')")


def test_a_run_that_is_shorter_than_asked_says_so(visitor):
    visit = visitor("reverse", "&from_forward=true&digit=12&t=500&num_steps=10&num_images=1")
    words = "5 of 10 steps: the chain starts at t = 500 of 1000"
    visit.wait("(words) => document.querySelector('.player .status').textContent.includes(words)", words)


def test_train_moves_by_itself_gives_way_and_rests(visitor):
    visit = visitor("train")
    assert visit.page.locator(".train .gd").count() == 3
    visit.wait("() => +document.querySelector('.train').dataset.step > 0")
    assert visit.page.inner_text(".train .go") == "Start", "it is nobody's yet"
    visit.page.dispatch_event(".train .go", "click")
    visit.wait("() => document.querySelector('.train .go').textContent === 'Pause'")
    visit.page.dispatch_event(".train .go", "click")
    visit.wait("() => document.querySelector('.train').dataset.state === 'paused'")
    other = visitor("train", "&train=data:spiral")
    other.page.wait_for_timeout(1500)
    assert not +int(other.page.get_attribute(".train", "data-step") or 0), "a link's own settings wait for Start"


def test_a_drawing_becomes_x_0_in_view_and_is_named(visitor):
    visit = visitor("forward", **PHONE)
    visit.page.evaluate(CENTRE, "#forward-pad canvas")
    box = visit.page.locator("#forward-pad canvas").bounding_box()
    visit.page.mouse.move(box["x"] + 40, box["y"] + 40)
    visit.page.mouse.down()
    visit.page.mouse.move(box["x"] + 120, box["y"] + 160, steps=8)
    visit.page.mouse.up()
    visit.page.click("#forward-pad [data-do=use]")
    visit.wait("() => document.querySelector('.digits .chosen').textContent === 'x₀ is: your drawing'")
    assert visit.page.locator(".digits [aria-checked=true]").count() == 0
    top, bottom = visit.page.evaluate(BOX, "[data-pane=x_t] canvas")
    assert bottom > 0 and top < 844
