"""Figures as data: titles, units, traces, coordinates."""

import json
import math

import pytest
import torch
from hypothesis import given

from ddpm_playground.core import SCHEDULES, make_schedule, rescale_zero_terminal_snr
from ddpm_playground.ui.text import table
from ddpm_playground.views.figures import (
    MAX_POINTS,
    MAX_SCHEDULES,
    PLOTS,
    figures_json,
    plotly_script,
    plotted_steps,
    schedule_figures,
    schedule_tables,
)
from ddpm_playground.views.theme import DASHES

from .strategies import any_beta, schedules

TEXTS = {key.partition(".")[2]: value for key, value in table().items() if key.startswith("schedule.")}


def figures_of(*names: str, T: int = 1000) -> dict:
    return schedule_figures([make_schedule(name, T) for name in names], names, TEXTS)


def test_titles_and_units():
    figures = figures_of("linear")
    assert list(figures) == ["alpha_bar", "signal_noise", "beta", "log_snr"]
    for key, figure in figures.items():
        assert figure.layout.title.text == TEXTS[f"{key}_title"]
        assert figure.layout.xaxis.title.text == "t (steps)"
        assert figure.layout.yaxis.title.text == TEXTS[f"{key}_y"]
        assert figure.layout.hovermode == "x unified"
    assert "nats" in figures["log_snr"].layout.yaxis.title.text
    assert "variance" in figures["beta"].layout.yaxis.title.text


@pytest.mark.parametrize("count", range(1, MAX_SCHEDULES + 1))
def test_one_trace_for_each_quantity_of_each_schedule(count):
    names = list(SCHEDULES)[:count]
    for key, figure in figures_of(*names).items():
        assert len(figure.data) == count * len(PLOTS[key].curves)
        looks = {(trace.line.dash, trace.meta["colour"]) for trace in figure.data}
        assert len(looks) == len(figure.data), "two curves look alike"
        for trace in figure.data:
            assert trace.name == names[trace.meta["schedule"]]
            assert trace.line.dash == DASHES[trace.meta["schedule"]]
        assert figure.data[-1].meta["schedule"] == 0, "the chosen schedule is on top"


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("T", [1, 2, 37, 1000, 4000])
def test_coordinates_are_the_tables(name, T):
    schedule = make_schedule(name, T)
    want = {
        "alpha_bar": schedule.alpha_bars,
        "sqrt_alpha_bar": schedule.alpha_bars.sqrt(),
        "sqrt_one_minus_alpha_bar": (1 - schedule.alpha_bars).sqrt(),
        "beta": schedule.betas,
        "beta_tilde": schedule.beta_tildes,
        "log_snr": schedule.log_snr,
    }
    seen = set()
    for figure in schedule_figures([schedule], [name], TEXTS).values():
        for trace in figure.data:
            key, t = trace.meta["table"], torch.tensor(trace.x).long()
            seen.add(key)
            assert len(t) <= MAX_POINTS
            torch.testing.assert_close(torch.tensor(trace.y), want[key][t], rtol=0, atol=0)
            assert t[-1] == T or not torch.isfinite(want[key][T])
            assert t[0] == (1 if key in ("beta", "beta_tilde", "log_snr") and T <= 1000 else t[0])
    assert seen == set(want)


def test_no_point_at_infinity():
    schedule = rescale_zero_terminal_snr(make_schedule("linear", 100))
    trace = schedule_figures([schedule], ["linear"], TEXTS)["log_snr"].data[0]
    assert (trace.x[0], trace.x[-1]) == (1, 99)
    assert all(map(math.isfinite, trace.y))


@given(schedules(any_beta))
def test_any_schedule_draws(schedule):
    for figure in schedule_figures([schedule], ["any"], TEXTS).values():
        for trace in figure.data:
            assert all(map(math.isfinite, trace.y))


def test_steps_keep_both_ends_and_are_few():
    for T in (1, 2, 999, 1000, 1001, 1999, 4000, 100_000):
        steps = plotted_steps(T)
        assert (steps[0], steps[-1]) == (0, T)
        assert len(steps) <= MAX_POINTS
        assert (steps.diff() > 0).all()


def test_tables_leave_out_what_t_0_does_not_have():
    tables = schedule_tables(make_schedule("cosine", 10))
    for key in ("beta", "beta_tilde", "alpha"):
        assert torch.isnan(tables[key][0])
        assert torch.isfinite(tables[key][1:]).all()
    assert tables["snr"][0] == math.inf
    assert {len(column) for column in tables.values()} == {11}


def test_json_is_the_figure_without_points():
    figures, plain = figures_of("linear", "cosine"), figures_json(("linear", "cosine"), 1000, TEXTS)
    for key, figure in figures.items():
        whole = json.loads(figure.to_json())
        for trace in whole["data"]:
            del trace["x"], trace["y"]
        assert plain[key] == whole
    assert len(json.dumps(plain, allow_nan=False)) < 20_000


def test_colours_come_from_the_page():
    css = {trace.meta["colour"] for figure in figures_of("linear", "cosine").values() for trace in figure.data}
    assert css == {"--series-0", "--series-1", "--sym-x-0", "--sym-eps", "--sym-x-t", "--sym-sigma-z"}
    assert "color" not in json.dumps(
        [trace.line.to_plotly_json() for f in figures_of("linear").values() for trace in f.data]
    )


@pytest.mark.parametrize("count", [0, MAX_SCHEDULES + 1])
def test_too_few_or_too_many_schedules_are_told(count):
    with pytest.raises(ValueError, match=rf"1 to {MAX_SCHEDULES} schedules"):
        schedule_figures([make_schedule("linear", 10)] * count, ["linear"] * count, TEXTS)


def test_different_T_are_told():
    with pytest.raises(ValueError, match=r"one T, got \[10, 20\]"):
        schedule_figures([make_schedule("linear", 10), make_schedule("linear", 20)], ["a", "b"], TEXTS)


def test_plotly_comes_from_its_package():
    path = plotly_script()
    assert path.name == "plotly.min.js" and path.stat().st_size > 1_000_000
