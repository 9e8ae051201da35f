"""One piece on the whole screen, and pieces, chapters and runs as files, in a real Chromium."""

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ddpm_playground.tabs import TABS
from ddpm_playground.ui.chapters import CHAPTERS

from .pieces_page import SCREEN, STAGE, large, leave, saved, texts
from .visit import DRAWN


@pytest.mark.parametrize("tab", TABS)
def test_each_tab_is_presented_and_stepped_through(visitor, tab):
    visit = visitor(f"?tab={tab}", **SCREEN)
    visit.wait(DRAWN[tab])
    if tab == "train":  # there is nothing beside the plane before
        visit.page.click(".train .go")
        visit.page.wait_for_selector(".train .gd .barlayer")
    visit.page.keyboard.press("p")
    large(visit)
    # Blocks of a chapter may share its title.
    seen = f"document.querySelector('{STAGE} h1').textContent + document.querySelector('{STAGE} .show').innerHTML"
    first = visit.page.evaluate(seen)
    visit.page.keyboard.press("ArrowDown")
    visit.page.wait_for_function(f"(first) => {seen} !== first", arg=first)
    large(visit)
    leave(visit)


@pytest.mark.parametrize("tab", ["forward", "schedule"])
def test_arrows_move_t(visitor, tab):
    visit = visitor(f"?tab={tab}&t=250", **SCREEN)
    visit.wait(DRAWN[tab])
    visit.page.keyboard.press("p")
    visit.wait(f"() => document.querySelector('{STAGE} .values')?.textContent.includes('t = 250')")
    visit.page.keyboard.press("ArrowRight")
    visit.wait(f"() => document.querySelector('{STAGE} .values').textContent.includes('t = 251')")
    visit.page.keyboard.press("Shift+ArrowLeft")
    visit.wait(f"() => document.querySelector('{STAGE} .values').textContent.includes('t = 241')")


def test_every_chapter_is_presented_and_turned(visitor):
    visit = visitor("?tab=theory", **SCREEN)
    visit.wait(DRAWN["theory"])
    visit.page.keyboard.press("p")
    for n, _ in enumerate(CHAPTERS):
        starts = f"() => document.querySelector('{STAGE} h1')?.textContent.startsWith('{n + 1} ·')"
        visit.wait(starts)
        large(visit)
        if n + 1 < len(CHAPTERS):
            visit.page.keyboard.press("PageDown")
    leave(visit)


def test_p_is_a_letter_where_one_types(visitor):
    visit = visitor("?tab=lab")
    visit.wait(DRAWN["lab"])
    visit.page.locator(".lab textarea").first.focus()
    visit.page.keyboard.type("p")
    assert visit.page.locator(STAGE).count() == 0
    assert visit.page.locator(".lab textarea").first.input_value().endswith("p")


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("L"))


def test_a_plot_is_saved_with_title_legend_and_axes_in_the_pages_language(visitor, tmp_path):
    visit = visitor("?tab=schedule&lang=zh-TW&compare=cosine")
    visit.wait(DRAWN["schedule"])
    card = ".curves figure[data-plot=signal_noise]"
    said = texts(saved(visit, card, "svg", tmp_path))
    for word in ("權重", "線性", "餘弦", "t = 250", "√(1−ᾱ"):
        assert word in said, word
    shown = pixels(saved(visit, card, "png", tmp_path))
    assert shown.shape[1] == 2000 and shown.std() > 10


def test_a_picture_is_saved_pixel_by_pixel_with_its_title_and_t(visitor, tmp_path):
    visit = visitor("?tab=forward&t=250")
    visit.wait(DRAWN["forward"])
    card = ".forward [data-pane=x_0]"
    said = texts(saved(visit, card, "svg", tmp_path))
    assert "t = 250" in said and "x0" in said
    want, shown = visit.pixels(f"{card} canvas")[..., 0], pixels(saved(visit, card, "png", tmp_path))
    side = 22 * 2 * 28  # 28 pixels, each 22 wide, at twice the size
    found = [
        y for y in range(shown.shape[0] - side + 1)
        if np.abs(shown[y + 22 : y + side : 44, 64 + 22 : 64 + side : 44].astype(int) - want).max() <= 2
    ]  # fmt: skip
    assert found, "each pixel is a square of its own colour"


def test_a_chapter_is_saved_whole(visitor, tmp_path):
    visit = visitor("?tab=theory&chapter=posterior&lang=en")
    visit.wait(DRAWN["theory"])
    visit.page.wait_for_selector(".theory .block .katex")
    path = saved(visit, ".theory article", "svg", tmp_path)
    said, drawn = texts(path), path.read_text(encoding="utf-8")
    for word in ("10 · q(x", "their product", "density", "x0: 0.6"):
        assert word in said, word
    assert "font/woff2" in drawn and "http://127" not in drawn, "the file needs nothing beside it"
    shown = pixels(saved(visit, ".theory article", "png", tmp_path))
    assert shown.shape[0] > shown.shape[1] and all(part.std() > 5 for part in np.array_split(shown, 6))


def test_a_menu_is_large_enough_for_a_finger(visitor):
    visit = visitor("?tab=forward", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    visit.wait(DRAWN["forward"])
    box = visit.page.locator(".forward .pane .saver .open").first.bounding_box()
    assert box["width"] >= 44 and box["height"] >= 44


def test_labs_pictures_have_title_and_legend(visitor, tmp_path):
    visit = visitor("?tab=lab&lang=en")
    visit.wait(DRAWN["lab"])
    with visit.page.expect_download() as download:
        visit.page.click(".lab .exports [data-format=svg]")
    download.value.save_as(tmp_path / "lab.svg")
    root = ElementTree.parse(tmp_path / "lab.svg").getroot()
    title = visit.page.inner_text(".lab .headline h2")
    assert title in texts(tmp_path / "lab.svg")
    assert [node for node in root.iter() if "legendtext" in node.get("class", "")]


def test_the_run_on_screen_is_saved_as_a_video_and_as_a_strip(visitor, tmp_path):
    visit = visitor("?tab=reverse&lang=en")
    visit.wait("() => +document.querySelector('.player')?.dataset.frames > 5")
    visit.page.locator(".save-run summary").click()
    for spacing in ("t", "log_snr"):
        visit.page.select_option(".save-run select", spacing)
        visit.page.fill(".save-run input", "5")
        with visit.page.expect_download() as download:
            visit.page.click("[data-save=strip_svg]")
        download.value.save_as(tmp_path / "strip.svg")
        pictures = [node for node in ElementTree.parse(tmp_path / "strip.svg").iter() if node.tag.endswith("image")]
        said = texts(tmp_path / "strip.svg")
        assert len(pictures) == 10 and said.count("log SNR ") >= 5 and "t = 0" in said
        assert "mnist · all classes · DDPM" in said and "W = 1 · seed 0" in said, "what made the run"
    with visit.page.expect_download() as download:
        visit.page.click("[data-save=strip_png]")
    download.value.save_as(tmp_path / "strip.png")
    assert pixels(tmp_path / "strip.png").std() > 20
    with visit.page.expect_download(timeout=60_000) as download:
        visit.page.click("[data-save=video]")
    download.value.save_as(tmp_path / "run.video")
    played = visit.page.evaluate(
        """async (bytes) => {
          const video = document.createElement("video");
          video.src = URL.createObjectURL(new Blob([new Uint8Array(bytes)]));
          await new Promise((done, fail) => { video.onloadeddata = done; video.onerror = fail; });
          return [video.videoWidth, video.videoHeight];
        }""",
        list((tmp_path / "run.video").read_bytes()),
    )
    assert played[0] == 1032 and played[1] > 500
    assert download.value.suggested_filename.endswith((".mp4", ".webm"))
