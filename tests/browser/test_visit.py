"""What the browser tests stand on: a visitor finds nothing of the one before."""

import pytest

from .visit import Visit

LEAVE = "() => { localStorage.setItem('left', '1'); document.cookie = 'left=1'; sessionStorage.setItem('left', '1') }"
FOUND = "() => [localStorage.getItem('left'), document.cookie.includes('left'), sessionStorage.getItem('left')]"


def test_a_visitor_finds_nothing_of_the_one_before(chromium, playground):
    first = Visit(chromium, playground, "?tab=schedule")
    first.page.evaluate(LEAVE)
    owner = {cookie["value"] for cookie in first.context.cookies() if cookie["name"] == "ddpm_owner"}
    browser = first.context
    assert first.page.evaluate(FOUND) == ["1", True, "1"] and len(owner) == 1
    first.close()
    second = Visit(chromium, playground, "?tab=schedule")
    assert second.context is browser  # with the files it has loaded
    assert second.page.evaluate(FOUND) == [None, False, None]
    assert owner.isdisjoint(cookie["value"] for cookie in second.context.cookies())
    at_once = Visit(chromium, playground)
    assert at_once.context is not browser  # two at once are two
    at_once.close()
    second.close()


def test_a_complaint_fails_the_test_that_closes(chromium, playground):
    visit = Visit(chromium, playground, "?tab=schedule")
    visit.page.evaluate("() => console.error('a complaint')")
    with pytest.raises(AssertionError, match="a complaint"):
        visit.close()
