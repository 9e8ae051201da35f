"""What a hand on the keyboard relies on: the focus stays and is seen, and a key moves what has it, not the page."""

from .visit import RESTORED, Visit

FOCUSED = "() => document.activeElement.getAttribute('aria-label')"


def test_the_focus_stays_on_a_dropdown_and_is_seen_on_the_film_and_home_moves_a_handle(chromium, playground):
    visit = Visit(chromium, playground, "?tab=reverse&seed=1")
    page = visit.page
    visit.wait(RESTORED)
    sampler = page.get_by_label("Sampler").first
    sampler.focus()
    page.get_by_role("listbox").first.wait_for()  # before, an arrow chooses nothing
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    visit.wait("() => document.activeElement.value === 'DDIM'")
    assert page.evaluate(FOCUSED) == "Sampler" and sampler.get_attribute("aria-expanded") == "false"
    page.keyboard.press("ArrowDown")  # opens the list, which scrolls
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED).startswith("number input for Steps")

    visit.open("forward")
    page.focus(".reel input")
    page.keyboard.press("ArrowRight")
    ring = "() => getComputedStyle(document.activeElement).outlineStyle + document.activeElement.type"
    assert page.evaluate(ring) == "solidrange"
    page.keyboard.press("Tab")
    while page.evaluate("() => document.activeElement.type") != "number":
        page.keyboard.press("Tab")
    assert page.evaluate(ring) == "solidnumber"

    visit.open("lab")
    handle = page.locator(".lab [role=slider]").nth(4)
    handle.focus()
    before = float(handle.get_attribute("aria-valuenow"))
    at = page.evaluate("scrollY")
    page.keyboard.press("Home")
    low = float(handle.get_attribute("aria-valuenow"))
    page.keyboard.press("End")
    assert low < before < float(handle.get_attribute("aria-valuenow")) and page.evaluate("scrollY") == at
    visit.close()
