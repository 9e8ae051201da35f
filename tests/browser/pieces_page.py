"""Pieces of the page on the whole screen and as files: what their tests have in common."""

import xml.etree.ElementTree as ElementTree
from pathlib import Path

from .visit import Visit

STAGE = ".ddpm-canvas-stage .stage"
READY = "() => document.querySelector('.ddpm-present') && document.querySelector('.ddpm-canvas-saving')"
# The smallest letters and lines on the stage, in CSS pixels, with every enlargement counted.
SMALLEST = """() => {
  const grown = (node) => {
    const plot = node.closest('.plot');
    let times = plot ? new DOMMatrix(getComputedStyle(plot).transform).a : 1;
    if (!plot && node.ownerSVGElement) times = node.getScreenCTM().a;  // a graph grows with its box
    for (let up = node; up; up = up.parentElement) times *= +getComputedStyle(up).zoom || 1;
    return times;
  };
  const hasText = (node) => [...node.childNodes].some((one) => one.nodeType === 3 && one.textContent.trim());
  const seen = [...document.querySelectorAll('.ddpm-canvas-stage *')]
    .filter((node) => !node.closest('.katex, .line-copy sub, sub, .plot tspan, tspan[font-size]'))
    .filter((node) => node.getClientRects().length);
  const letters = seen.filter(hasText).map((node) => parseFloat(getComputedStyle(node).fontSize) * grown(node));
  const lines = seen.filter((node) => node.matches('path.js-line'))
    .map((node) => parseFloat(getComputedStyle(node).strokeWidth) * grown(node));
  return [Math.min(...letters), Math.min(...lines, 99)];
}"""
# What stands on the stage and is not all on screen, and graphs that lie over each other.
OUTSIDE = """() => {
  const boxOf = (node) => node.getBoundingClientRect();
  const isOut = ({ left, top, right, bottom }) =>
    left < -1 || top < -1 || right > innerWidth + 1 || bottom > innerHeight + 1;
  const all = (...parts) => [...document.querySelectorAll(parts.map((part) => `STAGE ${part}`).join())];
  const out = all('canvas', '.graph text', '.key', 'h1', '.values')
    .filter((node) => node.getClientRects().length && isOut(boxOf(node)))
    .map((node) => node.outerHTML.slice(0, 80));
  const [first, second] = all('.graph').map((node) => [...node.querySelectorAll('text')].map(boxOf));
  for (const a of first || []) for (const b of second || [])
    if (a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom) out.push('graphs overlap');
  return out;
}""".replace("STAGE", STAGE)
SHOWN = f"() => document.querySelector('{STAGE} h1')?.textContent && document.querySelector('{STAGE} .show > *')"
SCREEN = {"viewport": {"width": 1920, "height": 1080}}


def large(visit: Visit) -> None:
    """Everything on the stage can be read from five metres, and nothing else is on screen."""
    visit.page.wait_for_function(SHOWN)
    visit.page.wait_for_timeout(400)  # a look of the stage at its card
    letters, lines = visit.page.evaluate(SMALLEST)
    assert letters >= 27.9 and lines >= 3
    assert visit.page.evaluate(OUTSIDE) == []
    box = visit.page.evaluate(f"(() => {{ const b = document.querySelector('{STAGE}').getBoundingClientRect(); "
                              "return [b.x, b.y, b.width - innerWidth, b.height - innerHeight] })()")  # fmt: skip
    assert box == [0, 0, 0, 0]


def leave(visit: Visit) -> None:
    visit.page.keyboard.press("Escape")
    visit.page.wait_for_selector(STAGE, state="detached")


def saved(visit: Visit, card: str, format: str, folder: Path) -> Path:
    """A card's file, by the keyboard alone."""
    visit.page.wait_for_selector(f"{card} > .ddpm-canvas-saving", state="attached")
    menu = visit.page.locator(f"{card} > .ddpm-canvas-saving")
    menu.locator(".open").focus()
    visit.page.keyboard.press("Enter")
    menu.locator(f"[data-format={format}]").focus()
    with visit.page.expect_download() as download:
        visit.page.keyboard.press("Enter")
    path = folder / f"saved.{format}"
    download.value.save_as(path)
    return path


def texts(path: Path) -> str:
    return " ".join("".join(ElementTree.parse(path).getroot().itertext()).split())
