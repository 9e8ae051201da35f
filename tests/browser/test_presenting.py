"""What stands on the stage: films in rows, values of each card's own, letters drawn large; and what keys move."""

import xml.etree.ElementTree as ElementTree

import pytest

from ddpm_playground.ui.chapters import CHAPTERS

from .pieces_page import SCREEN, STAGE, large, leave, saved, texts
from .visit import DRAWN

# The tops of the pictures on the stage, in whole pixels.
TOPS = (
    f"() => [...document.querySelectorAll('{STAGE} canvas')].map((one) => Math.round(one.getBoundingClientRect().top))"
)
PRESENT = """async (card) => (await import("ddpm/pieces/stage.js")).present(document.querySelector(card))"""
VALUES = f"document.querySelector('{STAGE} .values')?.textContent"


def present(visit, card: str) -> None:
    visit.page.wait_for_selector(card)
    visit.page.evaluate(PRESENT, card)
    large(visit)


def test_a_film_keeps_its_rows_and_their_names(visitor, tmp_path):
    visit = visitor("?tab=schedule&compare=cosine&lang=en", **SCREEN)
    visit.wait(DRAWN["schedule"])
    present(visit, ".filmstrip")
    assert visit.page.locator(f"{STAGE} .gallery .key").all_inner_texts() == ["Linear", "Cosine"]
    tops = visit.page.evaluate(TOPS)
    assert len(tops) == 20 and len(set(tops[:10])) == len(set(tops[10:])) == 1 and tops[0] < tops[10]
    leave(visit)
    path = saved(visit, ".filmstrip", "svg", tmp_path)
    said = texts(path)
    assert "Linear" in said and "Cosine" in said
    pictures = [node for node in ElementTree.parse(path).iter() if node.tag.endswith("image")]
    assert len(pictures) == 20 and len({node.get("y") for node in pictures}) == 2
    assert "\\" not in said and 'class="katex' in path.read_text(encoding="utf-8"), "its formula is set, not spelt"


@pytest.mark.parametrize("card", [".forward .cards figure.card", ".forward .reel"])
def test_letters_on_a_canvas_are_drawn_large_and_not_enlarged(visitor, card):
    visit = visitor("?tab=forward&t=250", **SCREEN)
    visit.wait(DRAWN["forward"])
    present(visit, card)
    drawn, shown = visit.page.evaluate(f"() => {{ const c = document.querySelector('{STAGE} canvas'); "
                                       "return [c.width, c.clientWidth * devicePixelRatio] }")  # fmt: skip
    assert drawn == pytest.approx(shown, abs=1) and shown > 1500


@pytest.mark.parametrize(
    ("tab", "first", "last"),
    [("forward", "t = 0", "t = 1000"), ("schedule", "t = 0 of", "t = 1000 of"), ("reverse", "t = 1000", "t = 0")],
)
def test_home_and_end_go_to_both_ends(visitor, tab, first, last):
    visit = visitor(f"?tab={tab}&t=250&lang=en", **SCREEN)
    visit.wait(DRAWN[tab])
    if tab == "reverse":
        visit.wait("() => +document.querySelector('.player')?.dataset.frames > 5")
    visit.page.keyboard.press("p")
    visit.wait(f"() => {VALUES}")
    for key, said in (("Home", first), ("End", last)):
        visit.page.keyboard.press(key)
        visit.wait(f"(said) => {VALUES}.includes(said)", said)


def test_every_chapter_answers_the_arrows_and_names_each_levers_value(visitor):
    visit = visitor("?tab=theory&lang=en", **SCREEN)
    visit.wait(DRAWN["theory"])
    visit.page.keyboard.press("p")
    for n, _ in enumerate(CHAPTERS):
        visit.wait(f"() => document.querySelector('{STAGE} h1')?.textContent.startsWith('{n + 1} ·')")
        levers = visit.page.locator(".theory .controls [data-lever]").count()
        visit.wait(f"(count) => {VALUES}.split(' · ').length === count", levers)
        before = visit.page.evaluate(VALUES)
        for part in before.split(" · "):
            assert ": " in part and part.rpartition(": ")[2].strip(), f"a lever without its value: {part}"
        visit.page.keyboard.press("ArrowRight")
        visit.wait(f"(before) => {VALUES} !== before", before)
        visit.page.keyboard.press("PageDown")


def test_a_key_moves_a_logarithmic_lever_to_the_next_number(visitor):
    visit = visitor("?tab=theory&chapter=posterior&lang=en")
    visit.wait(DRAWN["theory"])
    visit.page.locator(".theory [data-lever=t] input").focus()
    for key, said in (("ArrowRight", "6"), ("ArrowRight", "7"), ("ArrowLeft", "6"), ("Home", "2"), ("ArrowUp", "3")):
        visit.page.keyboard.press(key)
        assert visit.page.inner_text(".theory [data-lever=t] b") == said


def test_lines_of_an_algorithm_keep_their_numbers(visitor):
    visit = visitor("?tab=theory&chapter=training", **SCREEN)
    visit.wait(DRAWN["theory"])
    present(visit, ".theory .block.listing")
    style = visit.page.evaluate(f"getComputedStyle(document.querySelector('{STAGE} ol')).listStyleType")
    assert style == "decimal"
    assert visit.page.locator(f"{STAGE} ol > li").count() == 6


def test_graphs_of_models_stand_beside_each_other(visitor):
    visit = visitor("?tab=theory&chapter=decoder", **SCREEN)
    visit.wait(DRAWN["theory"])
    present(visit, ".theory .block.diagram")
    assert visit.page.locator(f"{STAGE} .graph").count() == 2


def test_each_card_of_the_lab_says_its_own(visitor):
    visit = visitor("?tab=lab&lang=en", **SCREEN)
    visit.wait(DRAWN["lab"])
    visit.wait("() => document.querySelector('.effects [data-plot=effort]')?.data")
    present(visit, ".effects > .rows")
    assert "no longer tell" in visit.page.evaluate(VALUES)
    leave(visit)
    present(visit, ".effects figure:has([data-plot=effort])")
    assert "no longer tell" not in visit.page.evaluate(VALUES)
    assert visit.page.inner_text(f"{STAGE} .tex") == ""


def test_menus_are_named_by_their_cards_and_come_after_their_controls(visitor):
    visit = visitor("?tab=theory&chapter=training&lang=en")
    visit.wait(DRAWN["theory"])
    visit.page.wait_for_selector(".theory article > .ddpm-canvas-saving", state="attached")
    visit.wait("() => document.querySelectorAll('.theory .blocks .saver').length >= 8")
    names = visit.page.locator(".saver .open").evaluate_all("all => all.map((one) => one.getAttribute('aria-label'))")
    assert len(set(names)) == len(names), names
    assert "Save “1 · Algorithm 1: training”" in names
    last = "all => all.every((one) => one.parentElement.lastElementChild === one)"
    assert visit.page.locator(".ddpm-canvas-saving").evaluate_all(last)


# The lines that can be seen whole, of all; and whether one overlaps its reason.
WHOLE = f"""() => {{
  const box = document.querySelector('{STAGE} .says').getBoundingClientRect();
  const lines = [...document.querySelectorAll('{STAGE} .says .line')];
  const seen = lines.filter((line) => {{
    const {{ top, bottom }} = line.getBoundingClientRect();
    return getComputedStyle(line).visibility === 'visible' && top >= box.top - 1 && bottom <= box.bottom + 1;
  }});
  const over = lines.filter((line) => line.closest('li') && [...line.querySelectorAll('.base')].some(
    (base) => base.getBoundingClientRect().right > line.nextElementSibling.getBoundingClientRect().left + 1));
  return [seen.map((line) => lines.indexOf(line)), lines.length, over.length];
}}"""


@pytest.mark.parametrize(
    ("chapter", "card", "size"),
    [
        ("likelihood", "formula", (1920, 1080)),
        ("terms", "derivation", (1920, 1080)),
        ("terms", "derivation", (1280, 720)),
    ],
)
def test_no_line_of_a_derivation_is_cut_and_arrows_turn_the_pages(visitor, chapter, card, size):
    visit = visitor(f"?tab=theory&chapter={chapter}", viewport=dict(zip(("width", "height"), size, strict=True)))
    visit.wait(DRAWN["theory"])
    present(visit, f".theory .block.{card}")
    found: set[int] = set()
    while True:
        seen, count, over = visit.page.evaluate(WHOLE)
        assert seen and not over
        found.update(seen)
        turns = visit.page.inner_text(f"{STAGE} .turns")
        if not turns.endswith("↓"):
            break
        visit.page.keyboard.press("ArrowDown")
        visit.wait(f"(before) => document.querySelector('{STAGE} .turns').textContent !== before", turns)
    assert found == set(range(count))
