"""Every chapter of the Theory tab in both languages: computed, said, and within the page."""

import re

import pytest
from playwright.sync_api import Browser

from ddpm_playground.ui.chapters import CHAPTERS
from ddpm_playground.ui.words.text import table

from .visit import Visit

HAN = re.compile(r"[\u4e00-\u9fff]")
READY = """(name) => { const root = document.querySelector('.theory'), told = root.querySelector('.badge').textContent;
  return told && !root.hasAttribute('aria-busy') && root.dataset.chapter === name }"""
# What is wider than the box it stands in and cannot be scrolled there.
CUT = """() => [...document.querySelectorAll(".theory :is(button, label, h2, h3, p, td, figcaption)")]
  .filter((node) => node.offsetParent && node.clientWidth && node.scrollWidth > node.clientWidth + 1)
  .map((node) => `${node.tagName} ${node.textContent.slice(0, 50)}`)"""
RAW = "() => [...document.querySelectorAll('.theory .katex-error')].map((node) => node.title)"


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("language", ["en", "zh-TW"])
def test_every_chapter_is_computed_and_said(chromium: Browser, playground: str, language: str, width: int) -> None:
    words = table(language)
    visit = Visit(
        chromium, playground, "?tab=theory", locale={"en": "en-GB"}.get(language, language),
        viewport={"width": width, "height": 844},
    )  # fmt: skip
    page = visit.page
    page.wait_for_selector(".theory .block")
    for number, name in enumerate(CHAPTERS):
        if width < 900:
            page.select_option(".theory .jump select", str(number))
        else:
            page.locator(".theory .chapters button").nth(number).click()
        if number:
            visit.wait(READY, name)
        assert page.inner_text(".theory .problem") == "", name
        assert page.locator(".theory h2").inner_text().startswith(f"{number + 1} · "), name
        said = page.inner_text(".theory article")
        assert bool(HAN.search(said)) == (language == "zh-TW"), name
        assert not re.search(r"\bch_\w+\.\w+|theory\.\w+|undefined|NaN", said), name
        assert page.evaluate(RAW) == [], name
        assert page.evaluate(CUT) == [], name
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        page.locator(".theory .choices button").first.click()
        verdict = page.inner_text(".theory .verdict")
        assert verdict.startswith((words["theory.right"], words["theory.wrong"])), name
        assert page.locator(".theory .choices .right").count() == 1, name
        page.locator(".theory .source summary").click()
        page.wait_for_selector(".theory .source pre")
        assert "def " in page.locator(".theory .source pre").first.inner_text(), name
    visit.close()


def test_a_lever_moves_the_numbers_and_the_address_keeps_the_chapter(chromium: Browser, playground: str) -> None:
    visit = Visit(chromium, playground, "?tab=theory&chapter=posterior")
    visit.page.wait_for_selector(".theory .numbers td")
    before = visit.page.inner_text(".theory .numbers")
    visit.slide(".theory .slide input", 3.0)  # log t
    visit.until(lambda: visit.page.inner_text(".theory .numbers") != before)
    assert "t = 20" in visit.page.inner_text(".theory .plot h3")
    visit.page.locator(".theory .turn .on").click()
    visit.wait_for_address("chapter=step_kl")
    visit.close()


def test_a_value_that_is_none_is_told_and_the_page_lives_on(chromium: Browser, playground: str) -> None:
    visit = Visit(chromium, playground, "?tab=theory&chapter=no_such_chapter")
    visit.page.wait_for_selector(".theory .block")
    assert visit.page.locator(".theory h2").inner_text().startswith("1 · ")
    visit.close()


def test_the_address_keeps_a_chapter_s_levers(chromium: Browser, playground: str) -> None:
    visit = Visit(chromium, playground, "?tab=theory&chapter=posterior&levers=t:3,x_0:0.25,x_t:99")
    visit.page.wait_for_selector(".theory .block")
    levers = visit.page.locator(".theory .controls .slide b").all_inner_texts()
    assert levers == ["3", "0.25", "0.56"]  # 99 is none that x_t can have
    assert "NaN" not in visit.page.inner_text(".theory") and "nan" not in visit.page.inner_text(".theory .blocks")
    visit.slide(".theory .controls [data-lever=x_t] input", 1.5)
    visit.wait_for_address("x_t:1.5")
    visit.close()


def test_a_lever_says_what_was_computed_with_in_its_place(chromium: Browser, playground: str) -> None:
    visit = Visit(chromium, playground, "?tab=theory&chapter=terms&levers=num_steps:4,step:20")
    visit.page.wait_for_selector(".theory .block", timeout=90_000)
    assert visit.page.inner_text(".theory [data-lever=step] .effect").strip() == "(computed with 4)"
    assert visit.page.inner_text(".theory [data-lever=num_steps] .effect") == ""
    visit.close()
