"""What axe-core finds on seven tabs and thirteen chapters, in both languages, on light and on dark: nothing."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from ddpm_playground.tabs import EXPERIMENTS, TABS
from ddpm_playground.ui.chapters import CHAPTERS

from .visit import RESTORED, Visit

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
# Another ground changes colours alone.
LOOK = """async (rules) => {
  const { violations } = await axe.run(document, rules ? { runOnly: rules } : {});
  return violations.flatMap(({ id, impact, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} (${impact}): ${target.join(" ")} ${failureSummary}`));
}"""
SHOWN = """(name) => document.querySelector('.theory').dataset.chapter === name
  && document.querySelector('.theory:not([aria-busy]) .block')"""


@pytest.fixture(params=["en", "zh-TW"])
def visit(request: pytest.FixtureRequest, chromium: Browser, playground: str) -> Iterator[Visit]:
    """The page in one language with axe-core in it."""
    if not AXE.exists():
        reason = "no axe-core here: npm ci brings it"
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    visit = Visit(chromium, playground, f"?tab=reverse&lang={request.param}", color_scheme="light")
    visit.until(lambda: visit.page.evaluate(RESTORED))
    visit.page.evaluate(AXE.read_text())
    visit.page.add_style_tag(content="* { transition: none !important; }")  # a colour on its way is neither
    yield visit
    visit.close()


def complaints(visit: Visit) -> list[str]:
    """What axe-core says of the page as it is, on light and on dark."""
    found = visit.page.evaluate(LOOK)
    visit.page.evaluate("window.ddpm.ground('dark')")
    found += [f"dark: {one}" for one in visit.page.evaluate(LOOK, ["color-contrast"])]
    visit.page.evaluate("window.ddpm.ground('light')")
    return found


def test_axe_finds_nothing_on_any_tab_or_chapter(visit: Visit) -> None:
    found: dict[str, list[str]] = {}
    for name in TABS:
        visit.open(name)
        found[name] = complaints(visit)
    for name in EXPERIMENTS[2:]:
        visit.page.locator(f".chooser [aria-controls=experiments-{name}]").click()
        visit.page.wait_for_selector(f"#experiments-{name} .levers select")
        found[name] = complaints(visit)
    visit.open("theory")
    for number, name in enumerate(CHAPTERS):
        visit.page.locator(".theory .chapters button").nth(number).click()
        visit.wait(SHOWN, name)
        found[name] = complaints(visit)
    assert not {place: each for place, each in found.items() if each}


def test_axe_sees_what_is_wrong(visit: Visit) -> None:
    visit.open("reverse")
    visit.page.evaluate("""() => document.querySelector('main').insertAdjacentHTML('beforeend', `<canvas role="img">
      </canvas><p style="position: fixed; top: 0; z-index: 99; color: #999; background: #fff">pale words</p>`)""")
    rules = [one.split(" (")[0] for one in complaints(visit)]
    assert {"color-contrast", "role-img-alt", "dark: color-contrast"} <= {*rules}
