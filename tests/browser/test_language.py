"""The playground in either language: chosen by the browser, the address or the reader, and whole."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser

from ddpm_playground.tabs import TABS
from ddpm_playground.ui.words.text import table

from .visit import RESTORED, Visit

HAN = re.compile(r"[\u4e00-\u9fff]")
# Buttons, labels and headings whose words do not fit into them; an accordion's arrow is turned, not too wide.
CUT = """() => [...document.querySelectorAll("button:not(.label-wrap), label, h1, h2, h3, h4, legend, th")].filter(
  (node) => node.offsetParent && node.innerText && node.clientWidth && node.scrollWidth > node.clientWidth + 1
).map((node) => `${node.tagName} ${node.innerText.slice(0, 40)}`)"""
# Everything that a reader sees or hears of: text, names, hints, options.
SAID = """() => [document.title, document.body.innerText, ...[...document.querySelectorAll("*")].flatMap((node) => [
  node.ariaLabel, node.title, node.placeholder, node.getAttribute("aria-valuetext"),
  node.tagName === "OPTION" ? node.text : "",
])].filter(Boolean).join("\\n")"""


@pytest.fixture
def visitor(chromium: Browser, playground: str) -> Iterator[Callable[..., Visit]]:
    """Opens the playground at an address, in a browser of some locale."""
    visits: list[Visit] = []

    def visit(query: str = "", **context: object) -> Visit:
        visits.append(Visit(chromium, playground, query, **context))
        visits[-1].page.wait_for_selector("#ddpm-header h1:not(:empty)")
        return visits[-1]

    yield visit
    for one in visits:
        one.close()


def language(visit: Visit) -> tuple[str, str, str]:
    """What the document, its title and its pressed switch say."""
    pressed = visit.page.locator(".ddpm-languages [aria-pressed=true]").inner_text()
    return visit.page.evaluate("document.documentElement.lang"), visit.page.title(), pressed


def names(visit: Visit) -> list[str]:
    """The tabs, by name."""
    return [tab.strip() for tab in visit.page.get_by_role("tab").all_inner_texts()]


CHINESE = ("zh-TW", table("zh-TW")["app.title"], "中文")
ENGLISH = ("en", table("en")["app.title"], "English")


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize(("locale", "tongue", "about"), [("zh-HK", "zh-TW", CHINESE), ("en-GB", "en", ENGLISH)])
def test_the_browser_s_language_is_spoken_on_every_tab(visitor, locale, tongue, about, width):
    query = "?lab=linear+T%3D100+beta_end%3D0.02" if width == 1280 else ""
    visit = visitor(query, locale=locale, viewport={"width": width, "height": 844})
    assert language(visit) == about and "lang=" not in visit.page.url
    visit.page.wait_for_selector("[role=tab][aria-selected=true]")
    assert names(visit) == [table(tongue)[f"app.{name}"] for name in TABS]
    for name in TABS:
        visit.open(name)
        said = visit.page.evaluate(SAID)
        assert "__i18n__" not in said and "undefined" not in said, name
        assert not [key for key in table() if re.search(rf"(?<![\w.]){re.escape(key)}(?![\w.])", said)], name
        assert bool(HAN.search(said.replace("中文", ""))) == (tongue == "zh-TW"), name
        assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        assert visit.page.evaluate(CUT) == [], name
    # On a telephone the language that is spoken is not offered.
    boxes = [box for b in visit.page.locator(".ddpm-languages button").all() if (box := b.bounding_box())]
    assert boxes and all(box["width"] >= 44 and box["height"] >= 44 for box in boxes)


def test_the_switch_keeps_the_settings_and_is_remembered(visitor):
    visit = visitor("?tab=schedule&T=400", locale="en-GB")
    visit.until(lambda: visit.page.evaluate(RESTORED))
    visit.settled()
    before = len(visit.complaints)
    with visit.page.expect_navigation():
        visit.page.get_by_role("button", name="中文").click()
    visit.page.wait_for_selector("#ddpm-header h1:not(:empty)")
    visit.complaints[before:] = [c for c in visit.complaints[before:] if "aborted" not in c and "errored out" not in c]
    assert language(visit) == CHINESE
    visit.wait_for_address("tab=schedule", "T=400", "lang=zh-TW")
    visit.until(lambda: visit.page.locator("#schedule-T input[type=number]").input_value() == "400")
    assert visit.page.locator("[role=tab][aria-selected=true]").inner_text() == "排程"
    visit.page.goto(visit.address)  # the reader comes back
    visit.page.wait_for_selector("#ddpm-header h1:not(:empty)")
    assert language(visit) == CHINESE
    visit.wait_for_address("lang=zh-TW")
    visit.settled()
    with visit.page.expect_navigation():
        visit.page.get_by_role("button", name="English").click()
    visit.page.wait_for_selector("#ddpm-header h1:not(:empty)")
    visit.complaints[before:] = [c for c in visit.complaints[before:] if "aborted" not in c and "errored out" not in c]
    assert language(visit) == ENGLISH and "lang=" not in visit.page.url


def test_an_address_says_the_language_to_the_server_too(visitor):
    visit = visitor("?lang=zh-TW&tab=reverse&seed=1.5", locale="en-GB")
    assert language(visit) == CHINESE
    assert "網址中有一部分無法使用" in visit.toast()
    visit.page.wait_for_function("() => document.querySelector('#reverse-engine p').textContent.startsWith('就緒：')")
    other = visitor("?lang=fr&tab=forward", locale="en-GB")
    assert language(other) == ENGLISH
    other.page.wait_for_function("() => document.querySelector('.forward')?.innerText.includes('MNIST digit')")


def test_the_lab_examines_in_chinese(visitor):
    visit = visitor("?tab=lab&lab=linear+T%3D100+beta_end%3D0.02", locale="zh-TW")
    visit.page.wait_for_selector(".lab .cards li")
    card = visit.page.locator(".lab .cards li").first
    assert "這些 β_t".replace("_", "") in card.inner_text().replace("\n", "") and "警告" in card.inner_text()
    groups = visit.page.evaluate("() => [...document.querySelectorAll('.lab optgroup')].map((g) => g.label)")
    assert groups == [table("zh-TW")[f"lab.group_{kind}"] for kind in ("broken", "healthy", "ours", "peers")]
    visit.page.wait_for_function("() => document.querySelector('.effects .js-plotly-plot')")
    assert "每 nat 的比例" in visit.page.locator(".effects .gd[data-plot=effort]").inner_text()


def test_the_note_of_the_recorded_run_is_said_in_chinese(visitor):
    visit = visitor("", locale="zh-TW")
    visit.page.wait_for_function("() => document.querySelector('.player .note')?.textContent.includes('錄製')")
