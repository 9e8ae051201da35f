"""The Theory tab's page: its map, levers that stay in view, cards without empty halves, digits, and who hears what."""

import pytest
from playwright.sync_api import Browser

from .visit import NEXT_FRAME, Visit

IDLE = "() => !document.querySelector('.theory').hasAttribute('aria-busy')"
# Where something stands in the window, in px: its upper and its lower end.
ENDS = "(selector) => { const { top, bottom } = document.querySelector(selector).getBoundingClientRect();"
ENDS += " return [top, bottom] }"
PLACES = """() => [...document.querySelectorAll('.theory .block')].map((box) => {
  const { left, right, top, bottom } = box.getBoundingClientRect(); return [left, right, top, bottom] })"""
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def opened(chromium: Browser, playground: str, name: str, **context: object) -> Visit:
    visit = Visit(chromium, playground, f"?tab=theory&chapter={name}", **context)
    visit.page.wait_for_selector(".theory .block .katex")
    visit.wait(IDLE)
    return visit


def test_the_map_shows_where_one_is_and_leads_to_each_chapter(chromium: Browser, playground: str) -> None:
    visit = opened(chromium, playground, "posterior")
    here = visit.page.locator(".theory .chapters [aria-current=page]")
    assert here.count() == 1 and here.inner_text().startswith("10")
    assert visit.page.locator(".theory .chapters path.here").count() == 2
    visit.page.locator(".theory .chapters button").nth(7).click()
    visit.wait_for_address("chapter=closed_form")
    assert here.inner_text().startswith("8") and visit.page.locator(".theory .chapters path").count() == 12
    # One who comes by keyboard can go past its thirteen buttons.
    visit.page.locator(".theory .skip").focus()
    visit.page.keyboard.press("Enter")
    visit.page.keyboard.press("Tab")
    visit.wait("() => document.activeElement.closest('.theory .controls')")
    visit.page.locator(".theory .turn .on").click()
    visit.wait("() => document.activeElement.tagName === 'H2'")
    visit.close()


@pytest.mark.parametrize("name", ["posterior", "training"])
@pytest.mark.parametrize("context", [{"viewport": {"width": 1366, "height": 768}}, PHONE], ids=["wide", "phone"])
def test_levers_stay_in_view_while_the_chapter_scrolls(
    chromium: Browser, playground: str, name: str, context: dict
) -> None:
    visit = opened(chromium, playground, name, **context)
    height = context["viewport"]["height"]
    if context is PHONE:
        visit.page.locator(".theory .fold").tap()
    for share in (0.4, 0.7):
        visit.page.evaluate(
            "(share) => scrollTo(0, share * document.querySelector('.theory .blocks').getBoundingClientRect().height)",
            share,
        )
        visit.page.evaluate(NEXT_FRAME)
        top, bottom = visit.page.evaluate(ENDS, ".theory .controls")
        assert top >= 0 and bottom <= height + 1, share
        if context is PHONE:
            assert bottom > height - 20 and top > height / 2
        else:
            assert bottom < height / 3
    visit.close()


def test_on_a_phone_the_levers_wait_folded_under_the_first_picture(chromium: Browser, playground: str) -> None:
    visit = opened(chromium, playground, "posterior", **PHONE)
    fold = visit.page.locator(".theory .fold")
    assert fold.get_attribute("aria-expanded") == "false" and "5" in fold.inner_text()
    assert not visit.page.locator(".theory .controls").is_visible()
    top, bottom = visit.page.evaluate(ENDS, ".theory .fold")
    assert bottom - top >= 44 and bottom <= PHONE["viewport"]["height"] + 1
    assert visit.page.evaluate(ENDS, ".theory .block")[0] < top
    fold.tap()
    assert fold.get_attribute("aria-expanded") == "true"
    visit.wait("() => document.querySelector('.theory .controls').getBoundingClientRect().height > 44")
    fold.tap()
    assert not visit.page.locator(".theory .controls").is_visible()
    fold.tap()
    visit.slide(".theory [data-lever=x_0] input", 0.25)
    assert "0.25" in fold.inner_text()
    visit.close()


@pytest.mark.parametrize("name", ["posterior", "ddpm_bound", "mean_forms", "closed_form"])
def test_two_columns_end_nearly_alike_and_nothing_overlaps(chromium: Browser, playground: str, name: str) -> None:
    visit = opened(chromium, playground, name, viewport={"width": 1366, "height": 768})
    visit.wait("() => [...document.querySelectorAll('.theory .gd')].every((gd) => gd.querySelector('.main-svg'))")
    visit.page.evaluate(NEXT_FRAME)
    boxes = visit.page.evaluate(PLACES)
    for i, (left, right, top, bottom) in enumerate(boxes):
        for other_left, other_right, other_top, other_bottom in boxes[i + 1 :]:
            apart = right <= other_left or other_right <= left or bottom <= other_top or other_bottom <= top
            assert apart, name
    lefts = {round(box[0]) for box in boxes}
    assert len(lefts) == 2
    ends = [max(box[3] for box in boxes if round(box[0]) == left) for left in lefts]
    assert abs(ends[0] - ends[1]) < 320, ends
    visit.close()


def test_pictures_of_a_row_stand_on_one_line(chromium: Browser, playground: str) -> None:
    visit = opened(chromium, playground, "mean_forms", viewport={"width": 1366, "height": 768})
    tops = visit.page.evaluate(
        """() => [...document.querySelectorAll('.theory .pictures .row')].flatMap((row) =>
          Object.values(Object.groupBy([...row.children], (one) => Math.round(one.getBoundingClientRect().top)))
            .map((line) => line.map((one) => Math.round(one.querySelector('canvas').getBoundingClientRect().top))))"""
    )
    assert max(map(len, tops)) > 1 and all(len(set(line)) == 1 for line in tops), tops
    visit.close()


def test_a_table_shows_four_digits_and_all_of_them_when_asked(chromium: Browser, playground: str) -> None:
    visit = opened(chromium, playground, "posterior")
    cell = visit.page.locator(".theory .numbers td:nth-child(2)").nth(2)
    visit.wait("() => document.querySelector('.theory .numbers td + td .katex')")
    few = cell.inner_text()
    assert cell.get_attribute("title") == "1.33517 × 10⁻⁴" and "1.335" in few and "1.33517" not in few
    visit.page.locator(".theory .digits").focus()
    visit.page.keyboard.press("Enter")
    visit.until(lambda: "1.33517" in cell.inner_text())
    assert visit.page.locator(".theory .digits").get_attribute("aria-pressed") == "true"
    visit.close()


def test_what_has_not_changed_is_not_drawn_again(chromium: Browser, playground: str) -> None:
    visit = opened(chromium, playground, "posterior")
    visit.wait("() => document.querySelector('.theory .gd .main-svg')")
    visit.page.evaluate(
        """() => { window.drawn = new Set(); new MutationObserver((all) => all.forEach(({ target, addedNodes }) => {
          const near = target.nodeType === 1 ? target : target.parentElement, box = near?.closest('.block');
          const isMenu = near?.closest('.ddpm-canvas-saving') || addedNodes[0]?.matches?.('.ddpm-canvas-saving');
          if (box && !isMenu) window.drawn.add(box.className) }))
          .observe(document.querySelector('.theory .blocks'),
            { childList: true, subtree: true, characterData: true }) }"""
    )
    visit.slide(".theory [data-lever=x_0] input", 0.25)
    visit.wait("() => document.querySelector('.theory .formula').textContent.includes('0.25')")
    visit.wait(IDLE)
    # The digit and the coefficients depend on t alone.
    assert set(visit.page.evaluate("[...window.drawn]")) == {"block plot", "block formula"}
    visit.close()


def test_an_answer_is_heard_once_and_not_with_every_move(chromium: Browser, playground: str) -> None:
    visit = opened(chromium, playground, "posterior")
    visit.page.locator(".theory .choices button").first.click()
    heard = visit.page.inner_text(".theory .heard")
    assert heard and heard == visit.page.inner_text(".theory .verdict")
    visit.slide(".theory [data-lever=t] input", 3.0)
    visit.until(lambda: visit.page.inner_text(".theory .verdict") != heard)
    assert visit.page.inner_text(".theory .heard") == heard
    live = visit.page.locator(".theory :is([role=status], [aria-live]):not(.saver *)")  # a menu says that it has saved
    assert [node.get_attribute("class") for node in live.all()] == ["heard"]
    visit.close()


def test_words_in_formulas_have_the_page_s_letters(chromium: Browser, playground: str) -> None:
    visit = opened(chromium, playground, "mean_forms", locale="zh-TW")
    visit.page.wait_for_selector(".theory .cjk_fallback", state="attached")
    fonts = visit.page.evaluate(
        """() => [...document.querySelectorAll('.theory .cjk_fallback')]
          .map((node) => getComputedStyle(node).fontFamily)"""
    )
    page = visit.page.evaluate("getComputedStyle(document.querySelector('.theory .claim')).fontFamily")
    assert set(fonts) == {page}
    visit.close()
