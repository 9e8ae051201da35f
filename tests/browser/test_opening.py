"""How the page opens: nothing moves under the finger, and no tab costs what only another one needs."""

import pytest

from ddpm_playground.tabs import TABS

from .visit import DRAWN, Visit

WATCH = """
window.shift = 0;
window.moved = [];
const told = ({ node, previousRect: a, currentRect: b }) =>
  `${(node?.nodeType === 1 ? node : node?.parentElement)?.className} ${a.y}+${a.height} → ${b.y}+${b.height}`;
new PerformanceObserver((list) => list.getEntries().forEach((entry) => {
  if (entry.hadRecentInput) return;
  window.shift += entry.value;
  window.moved.push([entry.value, ...entry.sources.map(told)]);
})).observe({ type: "layout-shift", buffered: true });
"""
SIZES = {1280: 800, 1920: 1080, 390: 844}
MOST_SHIFT = 0.05  # half of what web.dev calls good


@pytest.mark.parametrize("width", SIZES)
@pytest.mark.parametrize("tab", TABS)
def test_nothing_shifts_while_a_tab_opens(chromium, playground, tab: str, width: int) -> None:
    context = chromium.new_context(viewport={"width": width, "height": SIZES[width]})
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(f"{playground}?tab={tab}")
    page.wait_for_function(DRAWN[tab], timeout=60_000)
    page.wait_for_function("() => !document.querySelector('.ddpm-canvas-header [inert]')")
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert page.evaluate("shift") <= MOST_SHIFT, "\n".join(map(str, page.evaluate("moved")))
    context.close()


def test_scripts_of_a_tab_come_when_it_is_first_opened(chromium, playground) -> None:
    visit = Visit(chromium, playground, "?tab=reverse")
    visit.wait(DRAWN["reverse"])

    def rooms() -> set[str]:
        return {url.split("/")[-2] for url in visit.requests if "/ddpm-web/" in url and url.endswith(".js")}

    assert "reverse" in rooms() and not {"chapters", "lab", "train", "schedule"} & rooms()
    assert not [url for url in visit.requests if "plotly" in url]
    visit.open("theory")
    assert "chapters" in rooms() and "lab" not in rooms()
    visit.close()
