"""What a real browser gets: the stream's cost, the gaps between frames, and how often the server is asked."""

import statistics
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import gradio as gr
import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Page

from ddpm_playground.recipe import DEFAULT
from ddpm_playground.run import Run, shelf

from . import opening
from .row import Row, seconds
from .startup import chromium, first_page
from .synthetic import Synthetic

# Moves a slider once a frame for `ms` and returns the gaps between frames.
DRAG = """([selector, ms]) => new Promise((done) => {
  const slider = document.querySelector(selector), gaps = [], start = performance.now();
  let last = null;
  const step = (now) => {
    if (last !== null) gaps.push(now - last);
    last = now;
    if (now - start > ms) return done(gaps);
    const share = ((now - start) / 1500) % 1;
    slider.value = +slider.min + share * (slider.max - slider.min);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
})"""
DONE = """(before) => { const p = document.querySelector('.player');
  return p?.dataset.run && p.dataset.run !== 'recorded' && p.dataset.run !== before && p.dataset.done === '1' }"""
LATENCY_MS = 100
# As many large frames as a run keeps.
LARGE_STEPS = 9


def served() -> str:
    """The page, served by this process, so that the bare loop runs under the same conditions."""
    from ddpm_playground.ui.app import build, launch

    demo = build()
    threading.Thread(target=launch, args=(demo,), daemon=True).start()
    while not demo.local_url:
        threading.Event().wait(0.1)
    return demo.local_url


def served_player() -> str:
    """A page with the player alone, and in it a run of 4 pictures of 256×256 in colour."""
    from ddpm_playground.ui.app import css, facts, theme
    from ddpm_playground.ui.page.component import canvas_component
    from ddpm_playground.ui.page.prelude import web_middleware
    from ddpm_playground.ui.reverse.runs import Runs
    from ddpm_playground.ui.reverse.stream import catch_up, messages

    run, runs = Synthetic(DEFAULT.with_(num_images=4, num_steps=LARGE_STEPS), shape=(3, 256, 256)), Runs()

    def play(request: gr.Request) -> Iterator[str]:
        yield from messages(runs.begin(str(request.session_hash), run, ""))

    # A page that is not there yet misses messages and asks for them.
    def missing(event: gr.EventData, request: gr.Request) -> str | dict:
        live = runs.find(str(request.session_hash), str(event.run))
        return catch_up(live, int(event.first)) if live else gr.skip()

    with gr.Blocks(fill_width=True) as demo:
        player = canvas_component("reverse/player")
        demo.load(play, None, player, show_progress="hidden", concurrency_limit=4)
        player.missing(missing, None, player, show_progress="hidden")
    _, url, _ = demo.launch(
        prevent_thread_lock=True, quiet=True, run_history=False, footer_links=[], ssr_mode=False,
        css=css(), theme=theme(), app_kwargs={"middleware": web_middleware(facts())},
    )  # fmt: skip
    return url


def dragged(page: Page, selector: str, ms: int = 4000) -> tuple[float, int]:
    """95th percentile of the gaps between frames while a slider moves, in ms, and the requests meanwhile."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(500)
    asked.clear()
    gaps = page.evaluate(DRAG, [selector, ms])
    return float(np.percentile(gaps, 95)), len([url for url in asked if "heartbeat" not in url])


def slow(page: Page) -> None:
    """Every answer comes LATENCY_MS later."""
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": LATENCY_MS, "downloadThroughput": -1, "uploadThroughput": -1},
    )


def gap_row(page: Page, selector: str, what: str, latency: bool, goal: str = "≤ 17") -> Row:
    """The row of a slider that is dragged; closes the page."""
    if latency:
        slow(page)
    gap, asked = dragged(page, selector)
    page.close()
    told = f"{what}{f', {LATENCY_MS} ms latency' if latency else ''} ({asked} requests)"
    return Row(told, gap, "frame gap, 95th percentile", None, "ms", gap, goal)


def forward(browser: Browser, url: str, latency: bool) -> Row:
    """t dragged over a 256×256 picture in colour."""
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.goto(f"{url}?tab=forward&size=256")
    page.wait_for_selector(".forward [data-pane=x_t] canvas")
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "noise.png"
        Image.fromarray(np.random.default_rng(0).integers(0, 256, (256, 256, 3), dtype=np.uint8)).save(picture)
        page.set_input_files("input[type=file]", str(picture))
        page.wait_for_function("() => document.querySelector('.forward [data-pane=x_t] canvas').width === 256")
    return gap_row(page, ".forward input[type=range]", "Forward, 256×256 colour, t dragged", latency)


def player(browser: Browser, url: str, latency: bool) -> Row:
    """A run of 64 pictures scrubbed."""
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.goto(f"{url}?tab=reverse&num_images=64&sampler=ddim&num_steps=40")
    page.wait_for_function(DONE, arg="", timeout=300_000)
    return gap_row(page, ".player input[type=range]", "Player, 64 pictures, scrubbed", latency)


def knob(browser: Browser, url: str, latency: bool) -> Row:
    """A parameter of the schedule dragged: four plots, ten pictures and every number follow."""
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.goto(f"{url}?tab=schedule")
    page.wait_for_selector(".curves .scatterlayer path", timeout=60_000)
    knob = "#schedule-knobs [data-param=beta_end] input[type=range]"
    return gap_row(page, knob, "Schedule, β_end dragged", latency, "≤ 50")


def large_player(browser: Browser, url: str, latency: bool) -> Row:
    """All five panels of a run of large pictures scrubbed."""
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.goto(url)
    page.wait_for_selector(f".player[data-done='1'][data-frames='{LARGE_STEPS + 1}']", timeout=120_000)
    for panel in ("mean", "sigma_z"):
        page.click(f".player [data-toggle={panel}]")
    what = "Player, 4 colour pictures of 256×256, five panels, scrubbed"
    return gap_row(page, ".player input[type=range]", what, latency)


def stream(browser: Browser, url: str, rounds: int) -> Row:
    """A run from Start to the last frame on screen, against the bare loop in the same process."""
    settings = {"num_steps": 200, "num_images": 16}
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.goto(f"{url}?tab=reverse&" + "&".join(f"{k}={v}" for k, v in settings.items()))
    page.wait_for_function(DONE, arg="", timeout=300_000)
    run = Run(DEFAULT.with_(**settings))

    def bare() -> None:
        for step in run:
            float(step.x_s.sum())

    def streamed() -> None:
        before = page.get_attribute(".player", "data-run")
        page.click("#reverse-start")
        page.wait_for_function(DONE, arg=before, timeout=300_000)

    taken = [(seconds(streamed), seconds(bare)) for _ in range(rounds)]
    here, there = (statistics.median(column) for column in zip(*taken, strict=True))
    page.close()
    return Row("200 steps of 16 pictures into a browser", here, "the bare loop", there, "s", here / there, "≤ 1.10")


def together(browser: Browser, url: str, rounds: int) -> Row:
    """The same run in one browser tab, then in two at once: how fast the slower of the two is."""
    pages = [browser.new_page(viewport={"width": 1280, "height": 1000}) for _ in range(2)]
    for page in pages:
        page.goto(f"{url}?tab=reverse&num_steps=200&num_images=16")
    for page in pages:
        page.wait_for_function(DONE, arg="", timeout=600_000)

    def streamed(count: int) -> None:
        before = [page.get_attribute(".player", "data-run") for page in pages]
        for page in pages[:count]:
            page.click("#reverse-start")
        for page, run in zip(pages[:count], before, strict=False):
            page.wait_for_function(DONE, arg=run, timeout=600_000)

    taken = [(seconds(lambda: streamed(2)), seconds(lambda: streamed(1))) for _ in range(rounds)]
    both, alone = (200 / statistics.median(column) for column in zip(*taken, strict=True))
    for page in pages:
        page.close()
    return Row("two browser tabs at once, the slower", both, "one alone", alone, "steps/s", both / alone, "≥ 0.45")


def rows(rounds: int) -> Iterator[Row]:
    """The start, how the page opens, then Forward, player and stream."""
    yield first_page(rounds)
    url, player_url = served(), served_player()
    while shelf().begin(DEFAULT.checkpoint).busy:
        threading.Event().wait(0.5)
    with chromium() as browser:
        yield from opening.rows(browser, url, rounds, DRAG)
        for latency in (False, True):
            yield forward(browser, url, latency)
            yield knob(browser, url, latency)
            yield player(browser, url, latency)
            yield large_player(browser, player_url, latency)
        yield stream(browser, url, rounds)
        yield together(browser, url, rounds)
