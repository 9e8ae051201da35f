"""The Forward tab in a real Chromium: its pixels against core, its walk, uploads, drawing, and the way to Reverse."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser

from ddpm_playground.core import SeededNoise, make_schedule, q_sample, same_noise_t
from ddpm_playground.learn.data.pictures import bundled_digits

from .visit import Visit

DRAWN = "() => { const s = document.querySelector('.forward'); return s && !s.classList.contains('is-empty') }"
SLIDER = ".forward .reel input"


def pane(name: str) -> str:
    """Selector of a panel's canvas."""
    return f".forward [data-pane={name}] canvas"


def caption(visit: Visit, text: str) -> None:
    """Wait until the caption of x_0 holds a text."""
    visit.wait("(t) => document.querySelector('.forward [data-part=caption]').textContent.includes(t)", text)


@pytest.fixture
def open_tab(chromium: Browser, playground: str) -> Iterator[Callable[..., Visit]]:
    """Opens the Forward tab with more settings in its address, and waits for its pictures."""
    visits: list[Visit] = []

    def open_tab(query: str = "", **context: object) -> Visit:
        visits.append(Visit(chromium, playground, f"?tab=forward{query}", **context))
        visits[-1].wait(DRAWN)
        return visits[-1]

    yield open_tab
    for visit in visits:
        visit.close()


def x_t_of(digit: int, t: int, seed: int = 0, name: str = "linear") -> np.ndarray:
    """What core says the panel shows, (28,28), before rounding."""
    x_0 = bundled_digits().x_0(slice(digit, digit + 1))
    x_t = q_sample(make_schedule(name), x_0, t, SeededNoise(seed, [0], x_0.shape[1:])())
    return (x_t[0, 0].numpy() * 127.5 + 127.5).clip(0, 255)


def test_every_t_shows_cores_x_t_and_asks_nobody(open_tab):
    visit = open_tab("&digit=12&noise_seed=5&t=400")
    before = visit.settled()
    for t in (400, 0, 1, 37, 999, 1000):
        visit.slide(SLIDER, t)
        seen = visit.pixels(pane("x_t"))[..., 0]
        assert np.abs(seen - x_t_of(12, t, seed=5)).max() <= 0.51, t
        assert f"t = {t}:" in (visit.page.get_attribute(pane("x_t"), "aria-label") or "") or f"t = {t}" in (
            visit.page.inner_text(".forward .flag")
        )
    assert visit.asked == before
    visit.wait_for_address("t=1000", "digit=12")


def test_numbers_stand_beside_the_panels(open_tab):
    visit = open_tab("&t=250")
    alpha_bar = float(make_schedule("linear").alpha_bars[250])
    tiles = {key: visit.page.inner_text(f".tiles [data-out={key}]") for key in ("root", "noise_root", "snr")}
    want = {"root": alpha_bar**0.5, "noise_root": (1 - alpha_bar) ** 0.5, "snr": alpha_bar / (1 - alpha_bar)}
    for key, text in tiles.items():
        assert float(text) == pytest.approx(want[key], rel=1e-3), key
    said = visit.page.get_attribute(".forward .histogram", "aria-label") or ""
    mean = float(re.search(r"mean (\S+),", said)[1].replace("−", "-"))  # type: ignore[index]
    x_0 = bundled_digits().x_0(slice(7, 8))
    x_t = q_sample(make_schedule("linear"), x_0, 250, SeededNoise(0, [0], x_0.shape[1:])())
    assert mean == pytest.approx(float(x_t.mean()), abs=6e-3)


def test_a_tab_visited_later_shows_the_same(chromium, playground):
    visit = Visit(chromium, playground, "?digit=3")
    visit.page.wait_for_selector(".player")
    visit.tab("schedule")
    visit.page.locator("#schedule-name input").click()
    visit.page.get_by_role("option", name="Cosine").click()
    visit.wait_for_address("schedule=cosine")
    visit.tab("forward")
    visit.wait(DRAWN)
    want = x_t_of(3, 250, name="cosine")
    visit.until(lambda: np.abs(visit.pixels(pane("x_t"))[..., 0] - want).max() <= 0.51)
    visit.close()


def test_walking_lands_on_the_closed_form(open_tab):
    visit = open_tab("&t=300")
    visit.page.click("[data-do=step]")
    visit.page.click("[data-do=at_once]")
    visit.wait("() => document.querySelector('.forward [data-part=verdict]').textContent.startsWith('Landed')")
    verdict = visit.page.inner_text(".forward [data-part=verdict]")
    off = [float(number) for number in re.findall(r"\d+\.\d", verdict)]
    assert len(off) == 2 and max(off) < 5, verdict
    alpha_bar = float(make_schedule("linear").alpha_bars[300])
    assert float(visit.page.inner_text("[data-out=factor_expected]")) == pytest.approx(alpha_bar**0.5, abs=1e-4)
    walked, jumped = visit.pixels(pane("walk")), visit.pixels(pane("x_t"))
    assert (walked != jumped).mean() > 0.5  # fresh noise: another picture of the same distribution


def test_another_digit_and_another_noise(open_tab):
    visit = open_tab("&t=100")
    visit.page.locator(".digits .classes button").nth(4).click()
    visit.page.locator(".digits .strip button").nth(1).click()
    caption(visit, "MNIST digit 4")
    before = visit.pixels(pane("part_eps"))
    visit.page.click("#forward-new-noise")
    visit.wait_for_address("noise_seed=", "digit=")
    visit.until(lambda: (visit.pixels(pane("part_eps")) != before).mean() > 0.5)


def upload(visit: Visit, path: Path) -> None:
    visit.page.set_input_files("#forward-upload input[type=file], input#forward-upload, input[type=file]", str(path))


def test_an_upload_in_colour_and_in_grey(open_tab, tmp_path):
    visit = open_tab("&t=0&size=64")
    picture = np.zeros((120, 200, 4), np.uint8)
    picture[:, :100] = [255, 0, 0, 255]
    picture[:, 100:] = [0, 0, 255, 0]  # clear: white
    Image.fromarray(picture).save(tmp_path / "half.png")
    upload(visit, tmp_path / "half.png")
    caption(visit, "half.png")
    seen = visit.pixels(pane("x_0"))
    assert seen.shape == (64, 64, 3)
    assert seen[32, 8].tolist() == [255, 0, 0] and seen[32, 56].tolist() == [255, 255, 255]
    visit.page.locator("#forward-colour input[value=grey]").check()
    visit.until(lambda: (seen := visit.pixels(pane("x_0")))[32, 8, 0] == seen[32, 8, 2])


def test_what_is_no_picture_is_said_and_nothing_is_lost(open_tab, tmp_path):
    visit = open_tab("&t=0")
    before = visit.pixels(pane("x_0"))
    for name, content in {"empty.png": b"", "text.png": b"hello", "cut.jpg": b"\xff\xd8\xff\xe0\x00\x10JFIF"}.items():
        (tmp_path / name).write_bytes(content)
        upload(visit, tmp_path / name)
        assert visit.toast()
        assert (visit.pixels(pane("x_0")) == before).all()
    visit.slide(SLIDER, 500)
    assert np.abs(visit.pixels(pane("x_t"))[..., 0] - x_t_of(7, 500)).max() <= 0.51


def test_a_drawing_becomes_x_0(open_tab):
    visit = open_tab("&t=0")
    pad = visit.page.locator(".pad canvas")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    visit.page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.2)
    visit.page.mouse.down()
    visit.page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.8, steps=8)
    visit.page.mouse.up()
    visit.page.click(".pad [data-do=use]")
    caption(visit, "your drawing")
    seen = visit.pixels(pane("x_0"))[..., 0]
    assert seen[14, 14] > 200 and seen[14, 3] == 0


def test_denoise_from_here_runs_in_reverse_from_this_x_t(open_tab):
    visit = open_tab("&t=60&digit=12&sampler=ddim&num_steps=20&num_images=2&label=none")
    x_t = visit.pixels(pane("x_t"))[..., 0]
    visit.page.click("[data-do=denoise]")
    done = "() => { const p = document.querySelector('.player'); return p?.dataset.run && p.dataset.done === '1' && p.dataset.run !== 'recorded' }"  # noqa: E501
    visit.page.wait_for_function(done, timeout=180_000)
    assert visit.page.get_by_role("tab", name="Reverse").get_attribute("aria-selected") == "true"
    visit.slide(".player input[type=range]", 0)
    seen = visit.pixels("[data-panel=x_t] canvas")[:28, :28, 0]
    assert np.abs(seen.astype(int) - x_t).max() <= 1
    visit.slide(".player input[type=range]", 1000)
    x_0 = bundled_digits().images[12, 0].numpy().astype(int)
    denoised = visit.pixels("[data-panel=x_t] canvas")[:28, :28, 0].astype(int)
    assert np.abs(denoised - x_0).mean() < 0.5 * np.abs(x_t.astype(int) - x_0).mean()
    # The class is the digit's, and the address makes the same picture again.
    visit.wait_for_address("from_forward=true", "digit=12", "t=60", f"label={int(bundled_digits().labels[12])}")
    other = open_tab("&" + re.sub(r"tab=\w+&?", "", visit.page.url.split("?")[1]))
    other.tab("reverse")
    other.page.wait_for_function(done, timeout=180_000)
    other.slide(".player input[type=range]", 1000)
    assert (other.pixels("[data-panel=x_t] canvas")[:28, :28, 0] == denoised).all()


def test_denoise_from_another_schedule_begins_at_the_same_noise(open_tab):
    visit = open_tab("&t=600&schedule=cosine&digit=12&sampler=ddim&num_steps=10&num_images=1")
    visit.page.click("[data-do=denoise]")
    own_t = same_noise_t(make_schedule("linear"), float(make_schedule("cosine").alpha_bars[600]))
    visit.page.get_by_text("on this checkpoint").wait_for()
    visit.wait(f"() => document.querySelector('.player .end-noise')?.textContent.includes('t = {own_t}')")
    assert abs(own_t - 600) > 50


def test_a_picture_that_the_network_cannot_take_is_refused_before_anything_moves(open_tab, tmp_path):
    visit = open_tab("&t=300&size=64")
    Image.new("RGB", (64, 64), "red").save(tmp_path / "red.png")
    upload(visit, tmp_path / "red.png")
    caption(visit, "red.png")
    visit.page.click("[data-do=denoise]")
    said = visit.toast()
    assert "28×28 grey" in said and "64×64 colour" in said
    assert visit.page.locator("[role=tab][aria-selected=true]").inner_text() == "Forward"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone(open_tab, scheme):
    visit = open_tab("", viewport={"width": 390, "height": 844}, color_scheme=scheme, has_touch=True, is_mobile=True)
    visit.slide(SLIDER, 700)
    assert np.abs(visit.pixels(pane("x_t"))[..., 0] - x_t_of(7, 700)).max() <= 0.51
    small = visit.page.evaluate(
        """() => [...document.querySelectorAll(".forward button, .digits button, .pad button")]
        .map((b) => [b.textContent, b.getBoundingClientRect()]).filter(([, r]) => r.height && Math.min(r.height, r.width) < 44)
        .map(([text, r]) => [text, r.width, r.height])"""  # noqa: E501
    )
    assert small == []
