"""The player in a real Chromium: its pixels against numbers, its hands and its manners."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from playwright.sync_api import Browser

from ddpm_playground.core import Prediction, clip, step_coefficients, step_gaussian, x_0_from_eps

from .player_page import Chain
from .server import served
from .visit import NEXT_FRAME, Visit

CHAIN = Chain()
SLIDER = ".player input[type=range]"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The player's page, served by a process of its own."""
    with served("tests.browser.player_page") as url:
        yield url


class Screen(Visit):
    """One browser page with the player."""

    def __init__(self, chromium: Browser, address: str, **context: object) -> None:
        super().__init__(chromium, address, **({"viewport": {"width": 1280, "height": 1200}} | context))
        self.page.wait_for_selector(".player")

    def run(self, kind: str) -> None:
        """Press the button of a live or a recorded run."""
        self.page.click(f"#{kind}")

    def finish(self, kind: str = "live") -> None:
        """Run to the end."""
        self.run(kind)
        self.page.wait_for_selector(".player[data-done='1']")
        self.until("p.dataset.frames === '51'")

    def until(self, condition: str) -> None:
        """Until a condition on the player `p` holds."""
        self.wait(f"() => {{ const p = document.querySelector('.player'); return {condition}; }}")

    def scrub(self, k: int) -> None:
        """Move the slider to step k, and wait until it is drawn."""
        self.slide(SLIDER, k)

    def frame(self) -> int:
        """Number of the frame on screen."""
        self.page.evaluate(NEXT_FRAME)
        return int(self.page.locator(".player").get_attribute("data-frame") or -1)

    def pictures(self, key: str) -> np.ndarray:
        """The four pictures of a panel, (4,28,28) uint8."""
        grid = self.pixels(f'[data-panel="{key}"] canvas')[..., 0]
        assert grid.shape == (57, 57)
        return np.stack([grid[y : y + 28, x : x + 28] for y in (0, 29) for x in (0, 29)])


@pytest.fixture
def screen(chromium: Browser, address: str) -> Iterator[Screen]:
    """A desktop screen; the page must not complain nor leave the machine."""
    screen = Screen(chromium, address)
    yield screen
    screen.close()


@pytest.fixture(scope="module")
def steps() -> list:
    """The chain of the page, computed here too."""
    return CHAIN.steps()


def shown(values: torch.Tensor, limit: float) -> np.ndarray:
    """What the bytes of a panel ought to be, before rounding."""
    return np.clip(values[:, 0].numpy() * 127.5 / limit + 127.5, 0, 255)


def test_every_frame_of_a_live_run_arrives(screen):
    screen.finish()
    data = screen.page.evaluate("() => ({ ...document.querySelector('.player').dataset })")
    assert (data["frame"], data["frames"], data["t"]) == ("50", "51", "0")
    assert screen.page.inner_text(".badge") == "computed now"


@pytest.mark.parametrize("k", [0, 17, 49])
def test_scrubbing_shows_the_numbers_of_the_chain(screen, steps, k):
    screen.finish()
    for key in ("mean", "sigma_z"):
        screen.page.click(f"[data-toggle={key}]")
    before = screen.asked
    screen.scrub(k)
    step, schedule = steps[k], CHAIN.schedule
    # What the page was sent: x_t, ε̂ and x_s in half precision. From there on it may lose no more than rounding.
    x, eps, next_x = (v.half().double() for v in (step.x_t, step.eps_hat, step.x_s))
    prediction = clip(schedule, x, step.t, Prediction(eps, x_0_from_eps(schedule, x, step.t, eps)))
    mean, variance = step_gaussian(step_coefficients(schedule, "ddpm", 0.0, step.t, step.s), x, prediction)
    want = {
        "x_t": shown(x, 1), "eps": shown(eps, 3), "x_hat_0": shown(prediction.x_hat_0, 1), "mean": shown(mean, 1),
        "sigma_z": shown(next_x - mean, 3 * (float(variance) ** 0.5 or 1)),
    }  # fmt: skip
    for key, picture in want.items():
        assert np.abs(screen.pictures(key) - picture).max() <= 0.51, key
    assert screen.page.inner_text(".tile-t dd") == f"{step.t} → {step.s}"
    assert f"t = {step.t}" in (screen.page.get_attribute("[data-panel=x_t] canvas", "aria-label") or "")
    assert screen.asked == before


def test_keyboard(screen):
    screen.finish()
    screen.page.focus(".player")
    seen = []
    for key in ("Home", "ArrowRight", "ArrowRight", "ArrowLeft", "End", "ArrowLeft"):
        screen.page.keyboard.press(key)
        seen.append(screen.frame())
    assert seen == [0, 1, 2, 1, 50, 49]
    screen.page.keyboard.press("Home")
    screen.page.keyboard.press("Space")
    screen.until("+p.dataset.frame > 5")
    screen.page.keyboard.press("Space")
    stopped = screen.frame()
    screen.page.wait_for_timeout(200)
    assert screen.frame() == stopped


def test_playing_tells_the_page_and_asks_the_server_nothing(screen):
    screen.finish()
    screen.page.evaluate(
        """() => { const player = document.querySelector('.player'), moved = () => window.ts.push(+player.dataset.t);
        window.ts = [];
        new MutationObserver(moved).observe(player, { attributeFilter: ['data-t'] }); }"""
    )
    before = screen.asked
    screen.page.click("[data-speed='4']")
    screen.page.click("[data-do=play]")
    screen.until("p.dataset.frame === '50' && window.ts.length > 1")  # on a busy machine few pictures are painted
    ts = screen.page.evaluate("() => window.ts")
    assert ts == sorted(ts, reverse=True) and ts[-1] == 0
    screen.page.click("[data-do=first]")
    screen.page.click("[data-do=last]")
    screen.page.click("[data-do=back]")
    screen.until("p.dataset.frame === '0'")
    assert screen.asked == before


def test_a_recorded_run_plays_by_itself_rests_at_its_end_and_begins_again(screen):
    screen.run("recorded")
    screen.until("+p.dataset.frame > 3 && +p.dataset.frame < 50")
    screen.until("p.dataset.frame === '50'")
    screen.page.wait_for_timeout(2500)  # longer than the end of a run that goes round is held
    assert screen.frame() == 50
    screen.page.click("[data-do=play]")
    screen.until("+p.dataset.frame < 20")
    screen.until("p.dataset.frame === '50'")
    screen.until("+p.dataset.frame < 20")  # by hand, it goes round and round
    assert screen.page.inner_text(".badge") == "recorded"
    # What the server left out is said like what the browser did.
    assert screen.page.inner_text(".status").endswith("one frame in 7 kept, to stay within 32 MB")


def test_scrubbed_back_it_stays_until_told_to_follow(screen):
    screen.run("slow")
    screen.until("+p.dataset.frames > 4")
    screen.scrub(2)
    screen.until("+p.dataset.frames > 6 || p.querySelector('.status').textContent.includes('step 8')")
    assert screen.frame() == 2
    screen.page.click("[data-do=follow]")
    screen.until("+p.dataset.frame > 7")
    screen.until("p.dataset.frames - p.dataset.frame === 1")


def test_a_new_run_starts_anew(screen):
    screen.finish()
    first = screen.page.get_attribute(".player", "data-run")
    screen.run("slow")
    screen.until(f"p.dataset.run !== '{first}' && +p.dataset.frames < 40 && !p.dataset.done")


def test_the_pixel_under_the_pointer(screen, steps):
    screen.finish()
    screen.scrub(30)
    canvas = screen.page.locator("[data-panel=x_hat_0] canvas")
    box = canvas.bounding_box()
    row, column = 12, 15  # of the second picture, which begins at column 29
    canvas.hover(position={"x": (29 + column + 0.5) / 57 * box["width"], "y": (row + 0.5) / 57 * box["height"]})
    screen.page.wait_for_selector(".probe:visible")
    said = [text.replace("−", "-") for text in screen.page.locator(".probe td").all_inner_texts()]
    step = steps[30]
    sigma_z = step.x_s - step.mean
    want = [v[1, 0, row, column].item() for v in (step.x_t, step.x_hat_0, step.eps_hat, step.mean, sigma_z)]
    assert [float(text) for text in said] == pytest.approx(want, abs=6e-3)
    assert "row 12, column 15" in screen.page.inner_text(".probe-where")
    screen.page.mouse.move(2, 2)
    screen.page.wait_for_selector(".probe", state="hidden")


def test_x_0_has_no_eps_and_says_where_the_panels_are_from(screen):
    screen.finish()
    assert screen.page.inner_text("[data-panel=eps] .from") == "from t = 20"
    assert screen.page.inner_text(".tile-sigma dd") == "–"


def test_the_choice_of_panels_is_remembered(screen, address):
    screen.page.click("[data-toggle=mean]")
    screen.page.goto(address)
    screen.page.wait_for_selector("[data-panel=mean]:visible")
    assert screen.page.locator("[data-panel=sigma_z]").is_hidden()


def test_calm_readers_see_the_last_frame(chromium, address):
    screen = Screen(chromium, address, reduced_motion="reduce")
    screen.run("recorded")
    screen.until("p.dataset.frame === '50'")
    screen.page.wait_for_timeout(300)
    assert screen.frame() == 50
    screen.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_everything_fits_and_can_be_touched(chromium, address, scheme):
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "color_scheme": scheme}
    screen = Screen(chromium, address, **phone)
    screen.finish()
    small = screen.page.evaluate(
        """() => [...document.querySelectorAll(".player button")].map((b) => [b.title || b.innerText, b.getBoundingClientRect()])
        .filter(([, r]) => r.height && Math.min(r.height, r.width) < 44).map(([name, r]) => [name, r.width, r.height])"""  # noqa: E501
    )
    assert small == []
    screen.page.locator("[data-do=first]").tap()
    assert screen.frame() == 0
    cut_off = "(all) => all.filter((dd) => dd.scrollWidth > dd.clientWidth).map((dd) => dd.innerText)"
    assert screen.page.locator(".player .tile dd").evaluate_all(cut_off) == []
    screen.close()
