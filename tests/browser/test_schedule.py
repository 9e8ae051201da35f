"""The Schedule tab in a real Chromium: its curves against core, its marker, its knobs, its address."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from playwright.sync_api import Browser

from ddpm_playground.core import make_schedule, rescale_zero_terminal_snr

from ..tables import schedule_tables
from .visit import Visit

READY = """() => {
  const gds = [...document.querySelectorAll(".curves .gd")];
  return gds.length === 4 && gds.every((gd) => gd.data && gd.querySelector(".scatterlayer path.js-line"));
}"""
TRACES = """() => [...document.querySelectorAll(".curves .gd")].flatMap((gd) =>
  gd.data.map(({ meta, x, y }) => ({ ...meta, x: [...x], y: [...y] })))"""
# Where the marker stands, as t, read off the pixels of each plot.
MARKERS = """() => [...document.querySelectorAll(".plots figure")].map((figure) => {
  const gd = figure.querySelector(".gd"), axis = gd._fullLayout.xaxis;
  const line = figure.querySelector(".marker").getBoundingClientRect();
  return axis.p2l((line.left + line.right) / 2 - gd.getBoundingClientRect().left - axis._offset);
})"""
LAST_POINT = """([table, t, value]) => [...document.querySelectorAll(".curves .gd")].some(
  (gd) => gd.data && gd.data.some(({ meta, x, y }) => meta.table === table && meta.schedule === 0 &&
    x.at(-1) === t && Math.abs(y.at(-1) - value) <= 1e-6 * Math.abs(value) + 1e-12))"""


@pytest.fixture
def open_tab(chromium: Browser, playground: str) -> Iterator[Callable[..., Visit]]:
    """Opens the Schedule tab with more settings in its address, and waits for its plots."""
    visits: list[Visit] = []

    def open_tab(query: str = "", **context: object) -> Visit:
        visits.append(Visit(chromium, playground, f"?tab=schedule{query}", **context))
        visits[-1].wait(READY)
        return visits[-1]

    yield open_tab
    for visit in visits:
        visit.close()


def ends_like(visit: Visit, table: str, want: torch.Tensor) -> None:
    """Wait until the schedule's curve ends where the table does."""
    visit.wait(LAST_POINT, [table, len(want) - 1, float(want[-1])])


def test_every_curve_is_cores(open_tab):
    visit = open_tab()
    traces = visit.page.evaluate(TRACES)
    tables = [schedule_tables(make_schedule(name)) for name in ("linear", "cosine")]
    assert sorted({(trace["table"], trace["schedule"]) for trace in traces}) == sorted(
        (table, i)
        for i in (0, 1)
        for table in ("alpha_bar", "sqrt_alpha_bar", "sqrt_one_minus_alpha_bar", "beta", "beta_tilde", "log_snr")
    )
    for trace in traces:
        want = tables[trace["schedule"]][trace["table"]]
        got = torch.tensor(trace["y"], dtype=torch.float64)
        torch.testing.assert_close(got, want[torch.tensor(trace["x"]).long()], rtol=2e-7, atol=1e-9)
        assert trace["x"][-1] == 1000


@pytest.mark.parametrize("name", ["scaled_linear", "cosine", "sigmoid", "laplace", "constant"])
def test_each_schedule_can_be_linked_to(open_tab, name):
    visit = open_tab(f"&schedule={name}&T=40")
    ends_like(visit, "alpha_bar", make_schedule(name, 40).alpha_bars)


def test_choosing_a_schedule_redraws_and_stands_in_the_address(open_tab):
    visit = open_tab()
    visit.page.locator("#schedule-name input").click()
    visit.page.get_by_role("option", name="Cosine").click()
    ends_like(visit, "alpha_bar", make_schedule("cosine").alpha_bars)
    visit.wait_for_address("schedule=cosine")
    visit.reload()
    visit.wait(READY)
    ends_like(visit, "alpha_bar", make_schedule("cosine").alpha_bars)


def test_parameters_and_zero_snr(open_tab):
    visit = open_tab()
    visit.page.locator("[data-param=beta_end] input[type=number]").fill("0.05")
    changed = make_schedule("linear", beta_end=0.05)
    ends_like(visit, "beta", changed.betas)
    visit.wait_for_address("beta_end:0.05")
    visit.page.locator("#schedule-zero-snr input").check()
    ends_like(visit, "alpha_bar", rescale_zero_terminal_snr(changed).alpha_bars)
    visit.wait("() => document.querySelector('.curves .verdict').textContent.includes('√ᾱT = 0')")
    visit.page.locator(".knobs .reset").click()
    ends_like(visit, "alpha_bar", rescale_zero_terminal_snr(make_schedule("linear")).alpha_bars)


def test_t_moves_every_marker_number_and_frame_and_asks_nobody(open_tab):
    visit = open_tab()
    before = visit.settled()
    frame = visit.page.locator(".filmstrip button[aria-current=true]").first.inner_text()
    visit.slide(".ddpm-t input", 800)
    assert visit.page.evaluate(MARKERS) == pytest.approx([800] * 4, abs=1.5)
    alpha_bar = float(make_schedule("linear").alpha_bars[800])
    assert f"{alpha_bar:.4g}".replace("-0", "−").lstrip("0") in visit.page.inner_text(".readout").replace("0.", ".")
    assert visit.page.locator(".filmstrip button[aria-current=true]").first.inner_text() != frame
    assert visit.asked == before
    visit.wait_for_address("t=800")


def test_a_dragged_knob_redraws_without_the_server_and_keeps_the_zoom(open_tab):
    visit = open_tab()
    visit.page.evaluate(
        """() => window.Plotly.relayout(document.querySelector("[data-plot=beta] .gd"),
        { "xaxis.range[0]": 100, "xaxis.range[1]": 300 })"""
    )
    before = visit.settled()
    for place in (0.2, 0.5, 0.9):
        visit.slide("[data-param=beta_end] input[type=range]", place)
        set_to = float(visit.page.input_value("[data-param=beta_end] input[type=number]"))
        ends_like(visit, "beta", make_schedule("linear", beta_end=set_to).betas)
    ranges = visit.page.evaluate(
        "() => [...document.querySelectorAll('.curves .gd')].map((gd) => [...gd._fullLayout.xaxis.range])"
    )
    assert ranges == [[100, 300]] * 4
    assert visit.asked == before


def test_a_schedule_that_cannot_be_is_said_and_the_last_one_stays(open_tab):
    visit = open_tab("&schedule=sigmoid&T=50")
    published = make_schedule("sigmoid", 50).alpha_bars
    visit.page.locator("[data-param=start] input[type=number]").fill("3")
    visit.wait("() => document.querySelector('.curves .problem').textContent.includes('start of the sigmoid')")
    ends_like(visit, "alpha_bar", published)
    visit.page.locator(".knobs .reset").click()
    visit.wait("() => document.querySelector('.curves .problem').textContent === ''")
    visit.page.locator("#schedule-T input[type=number]").fill("5000")
    visit.wait("() => document.querySelector('.curves .problem').textContent.includes('T must be a whole number')")
    ends_like(visit, "alpha_bar", published)


def test_forward_follows_the_schedule_s_knobs(open_tab):
    visit = open_tab("&t=500")
    visit.page.locator("[data-param=beta_end] input[type=number]").fill("0.05")
    visit.tab("forward")
    want = float(make_schedule("linear", beta_end=0.05).alpha_bars[500].sqrt())
    visit.wait("(a) => document.querySelector('.forward [data-out=a]').textContent === a", f"{want:.4f}")


def test_typing_another_T_keeps_t(open_tab):
    visit = open_tab("&t=600")
    box = visit.page.locator("#schedule-T input[type=number]")
    for typed in ("2", "20", "200", "2000"):
        box.fill(typed)
        ends_like(visit, "alpha_bar", make_schedule("linear", int(typed)).alpha_bars)
    visit.wait("() => document.querySelector('.ddpm-t').textContent.includes('600')")


def test_a_click_on_a_frame_and_on_a_plot_go_to_their_t(open_tab):
    visit = open_tab()
    visit.page.locator(".filmstrip button").nth(5).click()
    assert visit.page.evaluate(MARKERS) == pytest.approx([556] * 4, abs=1.5)
    box = visit.page.locator("[data-plot=alpha_bar] .nsewdrag").bounding_box()
    visit.page.mouse.click(box["x"] + box["width"] / 4, box["y"] + box["height"] / 2)
    assert visit.page.evaluate(MARKERS) == pytest.approx([250] * 4, abs=8)


def test_hovering_reads_the_value(open_tab):
    visit = open_tab("&compare=")
    area = visit.page.locator("[data-plot=alpha_bar] .nsewdrag")
    area.scroll_into_view_if_needed()
    box = area.bounding_box()
    visit.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    said = visit.page.locator("[data-plot=alpha_bar] .hoverlayer")
    visit.wait("() => document.querySelector('[data-plot=alpha_bar] .hoverlayer').textContent !== ''")
    text, tables = said.text_content() or "", make_schedule("linear").alpha_bars
    assert any(f"{float(tables[t]):.3g}"[:5] in text for t in range(494, 507)), text


def test_zoomed_in_every_t_can_be_hovered(open_tab):
    visit = open_tab("&T=4000&compare=cosine")
    few = visit.page.evaluate("() => document.querySelector('[data-plot=log_snr] .gd').data.at(-1).x.length")
    assert few < 1100
    visit.page.evaluate(
        """() => window.Plotly.relayout(document.querySelector("[data-plot=beta] .gd"),
        { "xaxis.range[0]": 1000.5, "xaxis.range[1]": 1500.5 })"""
    )
    ready = "() => document.querySelector('[data-plot=log_snr] .gd').data.at(-1).x.includes(1003)"
    visit.wait(ready)
    for trace in visit.page.evaluate(TRACES):
        inside = [t for t in trace["x"] if 1000 < t <= 1500]
        assert inside == list(range(1001, 1501)) and trace["x"] == sorted(set(trace["x"])), trace["table"]
    # Between two steps, the curve still goes from the one to the other, and on.
    visit.page.evaluate(
        """() => window.Plotly.relayout(document.querySelector("[data-plot=beta] .gd"),
        { "xaxis.range[0]": 1002.2, "xaxis.range[1]": 1002.4 })"""
    )
    visit.wait("() => document.querySelector('[data-plot=log_snr] .gd')._fullLayout.xaxis.range[0] === 1002.2")
    for trace in visit.page.evaluate(TRACES):
        assert {1002, 1003} <= set(trace["x"]) and trace["x"][-1] == 4000, trace["table"]
        assert trace["x"] == sorted(set(trace["x"])), trace["table"]


def test_dashes_are_explained_where_colours_tell_quantities(open_tab):
    visit = open_tab("&compare=cosine")
    told = "() => [...document.querySelectorAll('.plots figure')].map((f) => f.querySelectorAll('.keys .dash').length)"
    assert visit.page.evaluate(told) == [0, 2, 2, 0]
    visit.page.locator(".knobs [data-schedule=cosine]").click()
    visit.wait(f"() => ({told})().every((count) => count === 0)")


def test_up_to_three_are_laid_over(open_tab):
    visit = open_tab("&compare=")
    for name in ("cosine", "sigmoid", "laplace"):
        visit.page.locator(f".knobs [data-schedule={name}]").click()
    visit.wait_for_address("compare=cosine,sigmoid,laplace")
    visit.wait("() => document.querySelector('[data-plot=alpha_bar] .gd').data.length === 4")
    assert visit.page.locator(".knobs [data-schedule=constant]").is_disabled()


def test_the_filmstrip_shows_the_picture_of_each_t(open_tab):
    visit = open_tab("&compare=&digit=12")
    first, last = (visit.pixels(f".filmstrip .frame:nth-child({k}) canvas") for k in (1, 10))
    assert first.max() == 255 and (first == 0).mean() > 0.5
    assert 0.15 < (last == 0).mean() < 0.35  # N(0, 1) is cut off below −1 for 16 % of the pixels


@pytest.mark.parametrize(
    ("query", "said"),
    [("T=0", "T must be a whole number in"), ("T=nan", "T must be a number"),
     ("schedule=wavy", "schedule must be one of"),
     ("params=beta_end:7", "beta_end"), ("params=gamma:1", "gamma"), ("t=5000", "t must be a whole number in")],
)  # fmt: skip
def test_what_cannot_be_is_said_and_the_rest_is_drawn(open_tab, query, said):
    visit = open_tab(f"&{query}")
    assert said in visit.toast()
    ends_like(visit, "alpha_bar", make_schedule("linear").alpha_bars)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone(open_tab, scheme):
    visit = open_tab("", viewport={"width": 390, "height": 844}, color_scheme=scheme, has_touch=True, is_mobile=True)
    visit.slide(".ddpm-t input", 10)
    assert np.ptp(visit.page.evaluate(MARKERS)) < 4
    # Settings come before the pictures; every control is large enough for a finger.
    small = visit.page.evaluate(
        """() => [...document.querySelectorAll(".curves button:not([hidden]), .knobs button, .filmstrip button")]
        .map((b) => [b.textContent, b.getBoundingClientRect()]).filter(([, r]) => r.height && r.height < 44)
        .map(([text]) => text)"""
    )
    assert small == []


def test_a_link_that_cannot_be_drawn_says_why_and_is_drawn_once_that_is_mended(chromium, playground):
    visit = Visit(chromium, playground, "?tab=schedule&T=1&zero_snr=true")
    said = "#schedule-curves .problem"
    visit.page.get_by_text("needs two steps or more, got T = 1").first.wait_for()
    assert "Nothing can be drawn" in visit.page.inner_text(said)
    assert not visit.page.is_visible("#schedule-curves .plots") and not visit.page.is_visible("#schedule-strip .rows")
    visit.tab("forward")
    visit.page.locator("#forward-stage .problem", has_text="two steps or more").wait_for()
    assert not visit.page.is_visible("#forward-stage .equation")
    visit.tab("schedule")
    visit.page.click("#schedule-zero-snr input")
    visit.wait(READY)
    assert not visit.page.is_visible(said) and visit.page.is_visible("#schedule-strip .rows")
    visit.page.click("#schedule-zero-snr input")
    visit.page.locator(said, has_text="still the last schedule").wait_for()
    visit.close()
