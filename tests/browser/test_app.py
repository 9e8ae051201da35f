"""The whole playground in a real Chromium, as `python app.py` serves it with the shipped checkpoint."""

import io
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser

from ddpm_playground.recipe import DEFAULT
from ddpm_playground.run import Run

from .visit import DRAWN as TAB_DRAWN
from .visit import NEXT_FRAME, RESTORED, Visit

RUN_MS = 180_000
TABS = ("schedule", "forward", "reverse")
QUICK = "?sampler=ddim&num_steps=5&num_images=2&seed=3"
LIVE = "const p = document.querySelector('.player'); const live = p && p.dataset.run && p.dataset.run !== 'recorded';"
DONE = f"() => {{ {LIVE} return live && p.dataset.done === '1' }}"
X_T = "[data-panel=x_t] canvas"
SCRUBBER = ".player input[type=range]"


@pytest.fixture
def visitor(chromium: Browser, playground: str) -> Iterator[Callable[..., Visit]]:
    """Opens the playground at an address."""
    visits: list[Visit] = []

    def visit(query: str = "", **context: object) -> Visit:
        visits.append(Visit(chromium, playground, query, **context))
        visits[-1].page.wait_for_selector("#ddpm-tabs")
        return visits[-1]

    yield visit
    for one in visits:
        one.close()


def finished(visit: Visit) -> None:
    """Wait until a live run is complete."""
    visit.page.wait_for_function(DONE, timeout=RUN_MS)


def data(visit: Visit, key: str) -> str:
    """A data attribute of the player."""
    return visit.page.locator(".player").get_attribute(f"data-{key}") or ""


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_tab_opens_without_complaint(visitor, width, scheme):
    visit = visitor("", color_scheme=scheme, viewport={"width": width, "height": 844})
    for name in TABS:
        visit.open(name)
        assert visit.page.get_by_role("tab", name=name.capitalize()).get_attribute("aria-selected") == "true"
        assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name


@pytest.mark.parametrize("name", TABS)
def test_the_addresss_tab_is_in_front(visitor, name):
    visit = visitor(f"?tab={name}")
    visit.until(lambda: visit.page.evaluate(RESTORED))
    visit.wait(TAB_DRAWN[name])
    visit.page.evaluate(NEXT_FRAME)
    assert visit.page.locator("[role=tab][aria-selected=true]").inner_text() == name.capitalize()


def test_a_recorded_run_plays_without_a_click_and_a_live_one_follows(visitor):
    visit = visitor()
    visit.wait("() => document.querySelector('.player')?.dataset.run === 'recorded'")
    assert visit.page.inner_text(".badge") == "recorded"
    first = data(visit, "frame")
    visit.wait(f"() => document.querySelector('.player').dataset.frame !== '{first}'")
    visit.wait(f"() => {{ {LIVE} return live && +p.dataset.frames > 2 }}")
    assert visit.page.inner_text(".badge") == "computed now"
    visit.page.click("#reverse-stop")


def test_a_link_with_settings_runs_them_and_the_pictures_are_those_of_the_chain(visitor):
    pictures = []
    for _ in range(2):
        visit = visitor(QUICK)
        finished(visit)
        assert data(visit, "frames") == "6"
        pictures.append(visit.pixels(X_T)[..., 0])
    np.testing.assert_array_equal(*pictures)
    *_, last = Run(DEFAULT.with_(sampler="ddim", num_steps=5, num_images=2, seed=3))
    want = (last.x_s[0, 0].half().float().numpy() * 127.5 + 127.5).clip(0, 255)
    assert np.abs(pictures[0][:28, :28] - want).max() <= 0.6


def test_start_scrub_and_save(visitor, tmp_path):
    visit = visitor("?tab=schedule&sampler=ddpm&num_steps=12&num_images=3")
    visit.tab("reverse")
    finished(visit)  # the run that starts by itself
    first = data(visit, "run")
    visit.page.click("#reverse-start")
    visit.wait(f"() => document.querySelector('.player').dataset.run !== '{first}'")
    finished(visit)
    before = visit.settled()
    seen = []
    for k in (0, 6, 12):
        visit.slide(SCRUBBER, k)
        seen.append(visit.pixels(X_T))
    assert (seen[0] != seen[1]).mean() > 0.3 and (seen[1] != seen[2]).mean() > 0.3
    assert visit.asked == before
    visit.slide(SCRUBBER, 6)
    assert "→" in visit.page.inner_text(".tile-t dd")
    inverse, factor, sigma = (float(visit.page.inner_text(f".tile-{k} dd")) for k in ("inverse", "factor", "sigma"))
    assert inverse > 1 and factor > 0 and sigma > 0
    kept = {}
    for kind in ("gif", "npz"):
        with visit.page.expect_download() as download:
            visit.page.click(f"#reverse-{kind}")
        kept[kind] = Path(tmp_path / f"run.{kind}")
        download.value.save_as(kept[kind])
    with np.load(kept["npz"]) as archive:
        run = dict(archive)
    assert run["x_t"].shape == (13, 3, 1, 28, 28) and run["t"].tolist()[-1] == 0
    want = (run["x_t"][-1, 0, 0].astype(np.float32) * 127.5 + 127.5).clip(0, 255)
    assert np.abs(seen[2][:28, :28, 0] - want).max() <= 0.6
    with Image.open(io.BytesIO(kept["gif"].read_bytes())) as gif:
        assert gif.format == "GIF" and gif.n_frames > 5


def test_stop_stops_within_a_step_and_the_frames_stay(visitor):
    visit = visitor("?num_steps=1000&num_images=16")
    visit.wait(f"() => {{ {LIVE} return live && +p.dataset.frames > 5 }}")
    visit.page.click("#reverse-stop")
    visit.page.wait_for_function(DONE, timeout=20_000)
    frames = int(data(visit, "frames"))
    time.sleep(1.5)
    assert int(data(visit, "frames")) == frames and 5 < frames < 900
    visit.slide(SCRUBBER, 2)
    assert np.ptp(visit.pixels(X_T)) > 100


def test_settings_are_kept_in_the_address_and_come_back(visitor):
    visit = visitor("?tab=reverse&num_images=2&num_steps=3")
    finished(visit)
    seed = visit.page.get_by_label("Seed", exact=True)
    seed.fill("41")
    seed.blur()
    visit.wait_for_address("seed=41", "num_images=2")
    visit.reload()
    finished(visit)
    assert visit.page.get_by_label("Seed", exact=True).input_value() == "41"
    assert data(visit, "frames") == "4"


@pytest.mark.parametrize(
    ("query", "said"),
    [("num_steps=0", "num_steps must be a whole number in"),
     ("num_images=65", "num_images must be a whole number in"), ("seed=nan", "seed must be"),
     ("sampler=magic", "sampler must be one of"), ("label=x", "label must be"),
     ("guidance=99", "guidance must be a number in")],
)  # fmt: skip
def test_a_bad_address_is_said_and_the_rest_still_works(visitor, query, said):
    visit = visitor(f"?tab=schedule&num_images=2&{query}")
    assert said in visit.toast()
    visit.tab("forward")
    visit.page.wait_for_selector(".forward:not(.is-empty)")


@pytest.mark.parametrize(
    ("query", "said"),
    [("checkpoint=../../etc", "checkpoint"), ("checkpoint=nowhere", "nowhere"), ("label=77", "label must be")],
)
def test_what_cannot_run_is_said_and_the_server_lives(visitor, query, said):
    visit = visitor(f"?{query}&num_images=2&num_steps=3")
    assert said in visit.toast()
    other = visitor(QUICK)
    finished(other)


def test_each_control_says_what_it_does(visitor):
    visit = visitor()
    visit.page.get_by_role("button", name="More settings").click()
    for name in TABS:
        visit.open(name)
        silent = visit.page.evaluate(
            """() => [...document.querySelectorAll(".gradio-container .block")].filter((b) => b.offsetParent &&
            b.querySelector("input, select") && b.querySelector("[data-testid=block-info], label span") &&
            !b.querySelector(".info-text, [class*=info]")).map((b) => b.innerText.split("\\n")[0])"""
        )
        assert silent == []


def test_html_in_an_address_stays_text(visitor):
    visit = visitor("?label=%3Cimg%20src%3D%22/nowhere.png%22%3E")
    assert '<img src="/nowhere.png">' in visit.toast()
    assert not [url for url in visit.requests if url.endswith("nowhere.png")]


def test_an_empty_or_odd_box_is_waited_for_or_said(visitor):
    visit = visitor(f"{QUICK}&tab=reverse")
    finished(visit)
    seed = visit.page.get_by_label("Seed", exact=True)
    seed.fill("1.5")
    seed.blur()
    visit.page.click("#reverse-start")
    assert "seed must be a whole number in [0, 9007199254740991], got 1.5" in visit.toast()
    seed.fill("")
    seed.blur()
    visit.page.click("#reverse-start")
    assert "seed is empty" in visit.toast()
    assert data(visit, "frames") == "6"


def test_a_recorded_run_that_was_taken_hold_of_is_left_alone(visitor):
    visit, other = visitor(clock=True), visitor(clock=True)
    for one in (visit, other):
        one.wait("() => +document.querySelector('.player')?.dataset.frames > 5")
    visit.page.click(".player [data-do=play]")
    visit.slide(SCRUBBER, 100)
    visit.page.clock.run_for(16_000)
    other.page.clock.run_for(16_000)
    other.wait(f"() => {{ {LIVE} return live }}")  # so it would have been
    assert data(visit, "run") == "recorded"


def test_the_engine_says_how_far_it_is_moves_nothing_and_then_asks_no_more(visitor):
    visit = visitor("?tab=reverse&num_images=2&num_steps=3")
    line, player = visit.page.locator("#reverse-engine p"), visit.page.locator("#player")
    line.wait_for()
    player.wait_for()

    def room() -> tuple[float, float]:
        """Height of the line, and how far below its top the player begins."""
        here, below = line.bounding_box(), player.bounding_box()
        return here["height"], below["y"] - here["y"]

    at_first = room()
    visit.wait("() => document.querySelector('#reverse-engine p').textContent.startsWith('Ready: ')")
    assert room() == pytest.approx(at_first, abs=0.5)
    finished(visit)
    before = visit.settled()
    visit.page.wait_for_timeout(2500)
    assert visit.asked == before
    wrong = visitor("?checkpoint=nowhere&tab=reverse&num_images=2&num_steps=3")
    wrong.wait("() => document.querySelector('#reverse-engine p').textContent.includes(\"no checkpoint 'nowhere'\")")
    assert wrong.page.evaluate(
        "() => ((p) => p.scrollHeight <= p.clientHeight)(document.querySelector('#reverse-engine p'))"
    )
