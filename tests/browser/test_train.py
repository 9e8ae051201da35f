"""Algorithm 1 in the page: started, paused, stepped, changed, downloaded, and gone with its page."""

import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from ddpm_playground.ui.train.trainings import SHOW_STEPS

from .server import served
from .test_traffic import held, until
from .visit import Visit

# Whether Start can be pressed: the page's module listens.
READY = """() => {
  const go = document.querySelector(".train .go");
  return go && !go.disabled && !go.closest("[inert]");
}"""
STEP = "() => +document.querySelector('.train').dataset.step"
STATE = "(state) => document.querySelector('.train').dataset.state === state"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A page that says how many runs it has."""
    with served("tests.browser.synthetic_page") as url:
        yield url


@pytest.fixture
def trainer(chromium: Browser, address: str) -> Iterator[Callable[..., Visit]]:
    """Opens the Train tab."""
    visits: list[Visit] = []

    def trainer(**context: object) -> Visit:
        visits.append(Visit(chromium, address, "?tab=train", **context))
        visits[-1].page.wait_for_function(READY)
        return visits[-1]

    yield trainer
    for visit in visits:
        visit.close()


def step(visit: Visit) -> int:
    return visit.page.evaluate(STEP)


def go(visit: Visit, count: int) -> None:
    """Start or go on, until so many steps are done."""
    visit.page.dispatch_event(".train .go", "click")
    visit.until(lambda: step(visit) >= count, 60.0)


def pause(visit: Visit) -> int:
    """Pause; returns the step that it rests at. A click of the mouse would wait for two frames of a busy page."""
    visit.page.dispatch_event(".train .go", "click")
    visit.wait(STATE, "paused")
    visit.page.wait_for_timeout(1200)
    return step(visit)


def test_nothing_can_be_pressed_before_the_page_listens(trainer):
    visit, held = trainer(), []
    visit.page.route("**/train/train.js", lambda route: held.append(route))
    visit.page.reload()
    visit.page.wait_for_selector(".train .go", state="attached")
    assert not visit.page.evaluate(READY)
    visit.until(lambda: bool(held))
    for route in held:
        route.continue_()
    visit.page.unroute("**/train/train.js")
    visit.page.wait_for_function(READY)
    visit.forget_streams()
    go(visit, 1)


def test_a_press_in_the_moment_in_which_the_tab_is_built_is_kept(trainer):
    visit = trainer()
    visit.page.add_init_script(
        f"""new MutationObserver((_, watch) => {{
          if (!({READY})()) return;
          watch.disconnect();
          document.querySelector(".train .go").click();
        }}).observe(document, {{ attributes: true, childList: true, subtree: true }})"""
    )
    visit.reload()
    visit.page.wait_for_selector(".train[data-step]")
    visit.until(lambda: step(visit) > SHOW_STEPS + 20, 60.0)  # where a run that nobody asked for rests


def test_it_starts_pauses_steps_and_goes_on(trainer):
    visit = trainer()
    before = visit.pixels(".train canvas")
    go(visit, 50)
    rest = pause(visit)
    visit.page.wait_for_timeout(500)
    assert step(visit) == rest
    assert (visit.pixels(".train canvas") != before).any()
    visit.page.click(".train .step")
    visit.until(lambda: step(visit) == rest + 1)
    go(visit, rest + 20)
    assert visit.page.evaluate("document.querySelectorAll('.train .gd')[0].data[1].y.length") > 1
    assert visit.page.evaluate("document.querySelectorAll('.train .gd')[1].data[0].y.length") == 20
    pause(visit)
    visit.page.click(".train .reset")
    visit.until(lambda: step(visit) == 0)


def test_the_score_field_follows_its_t_while_it_rests(trainer):
    visit = trainer()
    go(visit, 5)
    pause(visit)
    before = visit.pixels(".train canvas")
    visit.slide(".train .at", 150)
    visit.until(lambda: bool((visit.pixels(".train canvas") != before).any()))


def test_learning_rate_and_schedule_change_on_the_way(trainer):
    visit = trainer()
    go(visit, 5)
    visit.slide(".train .lr", -4)
    visit.page.select_option(".train .schedule", "cosine")
    at = step(visit)
    visit.until(lambda: step(visit) > at + 20, 60.0)
    assert visit.page.inner_text(".train .problem") == ""
    assert visit.page.inner_text(".train .rate") == "1.00e−4"


def test_a_set_of_the_reader_s_own(trainer):
    visit = trainer(viewport={"width": 390, "height": 844})
    visit.page.click("[data-data=drawn]")
    assert visit.page.locator(".train .go").is_disabled()
    canvas = visit.page.locator(".train canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    visit.page.mouse.move(box["x"] + 60, box["y"] + 60)
    visit.page.mouse.down()
    visit.page.mouse.move(box["x"] + 220, box["y"] + 200, steps=30)
    visit.page.mouse.up()
    go(visit, 20)
    assert visit.page.inner_text(".train .problem") == ""


def test_a_mixture_of_the_reader_s_own_is_dragged_and_kept(chromium: Browser, address: str):
    visit = Visit(chromium, address, "?tab=train&train=data:own,own:0_0_0.5_0.2_0_1")
    visit.page.wait_for_function(READY)
    canvas = visit.page.locator(".train .field canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    x, y = (box[key] + box[size] / 2 for key, size in (("x", "width"), ("y", "height")))
    visit.page.mouse.move(x, y)
    visit.page.mouse.down()
    visit.page.mouse.move(x + box["width"] / 4, y, steps=4)
    visit.page.mouse.up()
    visit.wait_for_address("own:1_0_0.5_0.2_0_1")
    visit.slide("[data-own=weight]", 2)
    visit.page.get_by_role("button", name="Add one").click()
    visit.wait_for_address("own:1_0_0.5_0.2_0_2~0_0_0.3_0.3_0_1")
    go(visit, 5)
    assert visit.page.inner_text(".train .problem") == ""
    visit.close()


def test_the_address_keeps_the_settings(chromium: Browser, address: str):
    visit = Visit(chromium, address, "?tab=train&train=data:spiral,schedule:cosine,seed:7,rate:0.01")
    visit.page.wait_for_selector("[data-data=spiral][aria-pressed=true]")
    assert visit.page.input_value(".train .schedule") == "cosine" and visit.page.input_value(".train .seed") == "7"
    assert visit.page.inner_text(".train .rate") == "0.01"
    visit.page.click("[data-data=moons]")
    visit.wait_for_address("data:moons")
    visit.close()


def test_few_points_and_what_is_memorised_of_them(chromium: Browser, address: str):
    visit = Visit(chromium, address, "?tab=train&train=n:10,steps:100,batch:64,width:32")
    visit.page.wait_for_function(READY)
    assert visit.page.get_by_label("trained on n = 10").get_attribute("aria-valuetext") == "10"
    go(visit, 100)
    visit.wait(STATE, "limit")
    visit.page.wait_for_selector(".train .memory tbody tr:nth-child(2)")
    assert "Trained on 10 points" in visit.page.inner_text(".train .kept")
    visit.page.click(".train .more summary")
    visit.slide("[data-lever=steps]", 1)  # a run at its end goes on to the next one
    visit.wait_for_address("steps:200")
    visit.wait(STATE, "paused")
    go(visit, 200)
    visit.slide("[data-lever=n]", 5)  # another set of points is another run
    visit.wait_for_address("n:100")
    assert visit.page.locator(".train .memory .table").is_hidden()
    visit.close()


def test_a_race_of_the_families_on_the_settings_above(chromium: Browser, address: str):
    visit = Visit(chromium, address, "?tab=train&train=data:moons,n:100,T:50,batch:32,width:16")
    visit.page.wait_for_function(READY)
    visit.page.locator(".race").scroll_into_view_if_needed()
    visit.page.wait_for_function("() => !document.querySelector('.race').closest('[inert]')")
    visit.slide("[data-lever=race_steps]", 0)
    visit.page.click(".race .go")
    visit.wait("() => document.querySelectorAll('.race tbody tr').length === 5")
    visit.page.wait_for_selector(".race .go:not([disabled])")
    assert visit.page.inner_text(".race .problem") == "" and "float64" in visit.page.inner_text(".race .identity")
    visit.page.click(".race .which button:nth-child(3)")
    assert visit.page.locator(".race .which [aria-pressed=true]").count() == 1
    visit.page.click(".race .go")  # another one, which is given up
    visit.page.wait_for_selector(".race .cancel", state="attached")
    visit.page.dispatch_event(".race .cancel", "click")  # the mouse would look for it while the page moves
    assert not visit.page.locator(".race .go").is_disabled()
    visit.close()


def test_two_pages_train_side_by_side(trainer):
    one, other = trainer(), trainer()
    go(one, 10)
    go(other, 10)
    rest = pause(one)
    at = step(other)
    other.until(lambda: step(other) > at + 30, 60.0)
    assert step(one) == rest


def test_a_run_ends_with_its_page(chromium: Browser, address: str):
    until(lambda: held(address)["training"] == 0, 10.0)
    visit = Visit(chromium, address, "?tab=train")
    visit.page.wait_for_function(READY)
    go(visit, 10)
    assert held(address)["training"] == 1
    visit.close()
    until(lambda: held(address)["training"] == 0, 2.0)


def test_a_run_is_downloaded(trainer, tmp_path: Path):
    visit = trainer()
    go(visit, 3)
    pause(visit)
    with visit.page.expect_download() as waiting:
        visit.page.click(".train .save")
    waiting.value.save_as(tmp_path / "run.zip")
    with zipfile.ZipFile(tmp_path / "run.zip") as file:
        facts = json.loads(file.read("training.json"))
        weights = "unet/diffusion_pytorch_model.safetensors"
        assert {weights, "scheduler/scheduler_config.json"} <= set(file.namelist())
    assert facts["data"] == "mixture" and facts["steps"] >= 3


def test_a_run_on_digits_opens_in_reverse(chromium: Browser, playground: str):
    visit = Visit(chromium, playground, "?tab=train")
    visit.page.wait_for_function(READY)
    visit.page.click("[data-data=digits]")
    visit.page.click(".train .step")
    visit.until(lambda: step(visit) == 1, 90.0)
    visit.page.click(".train .reverse")
    visit.page.wait_for_selector("#tab-reverse-button[aria-selected=true]")
    visit.wait_for_address("checkpoint=trained-")
    visit.wait("() => (document.querySelector('.player').dataset.run || 'recorded') !== 'recorded'")
    visit.close()


def test_a_run_in_the_plane_plays_in_reverse(chromium: Browser, playground: str):
    visit = Visit(chromium, playground, "?tab=train&label=3&num_steps=1000")
    visit.page.wait_for_function(READY)
    go(visit, 40)
    pause(visit)
    visit.page.click(".train .reverse")
    visit.page.wait_for_selector("#tab-reverse-button[aria-selected=true]")
    visit.wait("() => document.querySelector('.panels.is-cloud') && document.querySelector('.player').dataset.done")
    assert visit.page.locator(".player").get_attribute("data-t") == "0"
    # What does nothing for points is not offered, and the steps end at this checkpoint's T.
    visit.page.get_by_label("Class c").wait_for(state="hidden")
    assert visit.page.locator(".ddpm-settings input[type=range][max='200']").count() == 1
    seen = (
        "[...document.querySelectorAll('[data-panel=x_t] canvas')].map((canvas) => canvas.getAttribute('aria-label'))"
    )
    visit.wait(f"() => {seen}.some((label) => label?.includes('512 points in the plane'))")
    visit.slide(".player .scrub input", 0)  # x_T, which is in sight whatever the network has learned
    visit.wait("() => document.querySelector('.player').dataset.t === '200'")
    # The pointer finds a point, and the numbers beside it are its place.
    where = visit.page.evaluate(
        """() => {
            const canvas = document.querySelector("[data-panel=x_t] canvas"), { width, height } = canvas;
            const area = canvas.getBoundingClientRect();
            const pixels = canvas.getContext("2d").getImageData(0, 0, width, height).data;
            const axis = (v, all) => Math.abs(v - all / 2) < 12;
            for (let y = 40; y < height; y++) for (let x = 40; x < width; x++)
                if (!axis(x, width) && !axis(y, height) && pixels[4 * (y * width + x) + 3] > 180)
                    return [area.left + (x / width) * area.width, area.top + (y / height) * area.height,
                            (6 * x) / width - 3, 3 - (6 * y) / height];
        }"""
    )
    assert where is not None, "no point is drawn"
    visit.page.mouse.move(where[0], where[1])
    visit.page.wait_for_selector(".player .probe:not([hidden])")
    right, up = visit.page.inner_text(".probe tbody tr:first-child td").replace("−", "-").split()
    assert abs(float(right) - where[2]) < 0.25 and abs(float(up) - where[3]) < 0.25
    visit.close()
