"""What a reader sees while the page opens: what moves under the finger, what freezes, what comes over the wire."""

from collections.abc import Iterator
from statistics import median
from typing import Any

from playwright.sync_api import Browser, Page

from ddpm_playground.tabs import TABS
from ddpm_playground.ui.chapters import CHAPTERS

from .row import Row

WIDTHS = {1280: 720, 1920: 1080, 390: 844}
FIRST_S = 5.0
# Layout shifts, long tasks, and when the player first moved; a shift within 0.5 s of a press is none.
WATCH = """
window.seen = { shift: 0, tasks: [], moved: null, ready: null };
const watch = (type, each) =>
  new PerformanceObserver((list) => list.getEntries().forEach(each)).observe({ type, buffered: true });
watch("layout-shift", (entry) => { if (!entry.hadRecentInput) seen.shift += entry.value; });
watch("longtask", ({ startTime, duration }) => seen.tasks.push([startTime, duration]));
const look = () => {
  const player = document.querySelector(".player"), now = performance.now();
  if (seen.moved === null && player?.dataset.run && +player.dataset.frame > 0) seen.moved = now;
  const parts = [...document.querySelectorAll(".tabitem, [role=tabpanel]")]
    .filter((panel) => panel.getClientRects().length)
    .flatMap((panel) => [...panel.querySelectorAll(".ddpm-canvas > *")]);
  if (seen.ready === null && parts.length && !document.querySelector(".ddpm-canvas [inert]:not([hidden] *)"))
    seen.ready = now;
  requestAnimationFrame(look);
};
look();
"""
MOVED = "() => seen.moved !== null"
# The levers of a chapter that are sliders.
LEVERS = ".theory .controls [data-lever] input[type=range]"
# What is dragged in each tab.
DRAGGED = {
    "schedule": ("#schedule-T input[type=range]", "T"),
    "forward": (".forward .reel input[type=range]", "t"),
    "reverse": (".player .transport input[type=range]", "the time line"),
    "lab": (".effects input[type=range]", "the limit"),
    "train": (".train input.at", "t"),
    "experiments": (".compare .scrub input", "log SNR"),
}


def opened(browser: Browser, width: int) -> tuple[Page, list[int]]:
    """An empty page that will watch itself, and a list to which every received piece of an answer adds its bytes."""
    phone = {"has_touch": True, "is_mobile": True} if width < 600 else {}
    page = browser.new_context(viewport={"width": width, "height": WIDTHS[width]}, **phone).new_page()  # type: ignore[arg-type]
    page.add_init_script(WATCH)
    network, received, pieces = page.context.new_cdp_session(page), [], {}
    network.send("Network.enable")

    def piece(event: dict[str, Any]) -> None:
        # A piece's bytes on the wire are told where it is part of a stream; else with the end of the answer.
        if event["encodedDataLength"] > 0:
            received.append(event["encodedDataLength"])
            pieces[event["requestId"]] = pieces.get(event["requestId"], 0) + event["encodedDataLength"]

    def end(event: dict[str, Any]) -> None:
        received.append(max(0, event["encodedDataLength"] - pieces.pop(event["requestId"], 0)))

    network.on("Network.dataReceived", piece)
    network.on("Network.loadingFinished", end)
    return page, received


def shift_and_freeze(browser: Browser, url: str, width: int) -> Iterator[Row]:
    """The worst tab of this width by what moves while it opens, and by its longest task once it can be used."""
    shifts, tasks = {}, {}
    for tab in TABS:
        page, _ = opened(browser, width)
        page.goto(f"{url}?tab={tab}")
        page.wait_for_timeout(1000 * FIRST_S)
        seen = page.evaluate("seen")
        ready = seen["ready"] or 0.0
        shifts[tab] = seen["shift"]
        tasks[tab] = max((duration for start, duration in seen["tasks"] if start >= ready), default=0.0)
        page.context.close()
    for what, found, unit, goal in (
        ("layout shift while a tab opens", shifts, "", "≤ 0.05"),
        ("longest task once a tab can be used", tasks, "ms", "≤ 200"),
    ):
        worst = max(found, key=lambda tab, found=found: found[tab])
        yield Row(f"{what}, {width} px, worst: {worst}", found[worst], "–", None, unit, found[worst], goal)


def drag_freeze(browser: Browser, url: str, drag: str) -> Iterator[Row]:
    """The longest task while a slider of each tab is moved for four seconds."""
    for tab, (selector, what) in DRAGGED.items():
        page, _ = opened(browser, 1280)
        page.goto(f"{url}?tab={tab}")
        page.wait_for_selector(selector, timeout=60_000)
        page.wait_for_timeout(1000 * FIRST_S)
        page.evaluate("seen.tasks.length = 0")
        page.evaluate(drag, [selector, 4000])
        longest = max((duration for _, duration in page.evaluate("seen.tasks")), default=0.0)
        page.context.close()
        yield Row(f"longest task, {tab}: {what} dragged", longest, "–", None, "ms", longest, "≤ 100")


def lever_freeze(browser: Browser, url: str, drag: str) -> Row:
    """The longest task while every lever of every chapter is moved for two seconds, and whose it was."""
    worst, longest = "none", 0.0
    for number in range(1, len(CHAPTERS) + 1):
        page, _ = opened(browser, 1280)
        page.goto(f"{url}?tab=theory&chapter={number}")
        page.wait_for_selector(".theory:not([aria-busy]) .block", timeout=60_000)
        page.wait_for_timeout(1000 * FIRST_S)
        names = page.locator(LEVERS).evaluate_all("all => all.map((one) => one.closest('[data-lever]').dataset.lever)")
        for name in names:
            page.evaluate("seen.tasks.length = 0")
            page.evaluate(drag, [f".theory .controls [data-lever={name}] input[type=range]", 2000])
            duration = max((duration for _, duration in page.evaluate("seen.tasks")), default=0.0)
            if duration > longest:
                worst, longest = f"{name} of chapter {number}", duration
        page.context.close()
    return Row(f"longest task, theory: every lever dragged, worst: {worst}", longest, "–", None, "ms", longest, "≤ 100")


def first_picture(browser: Browser, url: str, rounds: int) -> Iterator[Row]:
    """From navigation to the first moving picture, and what has come over the wire until then, in a fresh browser."""
    moved, until, within = [], [], []
    for _ in range(rounds):
        page, received = opened(browser, 1280)
        page.goto(url)
        page.wait_for_function(MOVED, timeout=60_000)
        until.append(sum(received) / 1e6)
        moved.append(page.evaluate("seen.moved") / 1000)
        page.wait_for_timeout(max(0.0, 1000 * (FIRST_S - moved[-1])))
        within.append(sum(received) / 1e6)
        page.context.close()
    yield Row("navigation → first moving picture", median(moved), "–", None, "s", median(moved), "≤ 1.5")
    yield Row("on the wire until it moves", median(until), "–", None, "MB", median(until), "≤ 0.6")
    yield Row(
        f"on the wire in {FIRST_S:g} s, the whole recorded run with it", median(within), "–", None, "MB",
        median(within), "≤ 3.3",
    )  # fmt: skip


def rows(browser: Browser, url: str, rounds: int, drag: str) -> Iterator[Row]:
    """All of it; `drag` is the script that moves a slider."""
    yield from first_picture(browser, url, rounds)
    for width in WIDTHS:
        yield from shift_and_freeze(browser, url, width)
    yield from drag_freeze(browser, url, drag)
    yield lever_freeze(browser, url, drag)
