"""Figures as data: scales, units, traces."""

import json
import math
import re
from pathlib import Path

import plotly
import pytest
import torch

from ddpm_playground.core import SCHEDULES, make_schedule
from ddpm_playground.ui.words.text import table
from ddpm_playground.views.figures import MAX_SCHEDULES, PLOTS, figures_json, plotly_script
from ddpm_playground.views.theme import DASHES
from tests.tables import schedule_tables

TEXTS = {key.partition(".")[2]: value for key, value in table().items() if key.startswith("schedule.")}


def figures_of(*names: str, T: int = 1000) -> dict:
    return figures_json(names, T)


def test_the_figures_are_without_words_which_the_page_has_with_their_units():
    figures = figures_of("linear")
    assert list(figures) == ["alpha_bar", "signal_noise", "beta", "log_snr"]
    for key, figure in figures.items():
        layout = figure["layout"]
        assert layout["xaxis"]["title"]["text"] == layout["yaxis"]["title"]["text"] == "" and "title" not in layout
        assert TEXTS[f"{key}_title"] and TEXTS[f"{key}_y"]
        assert layout["hovermode"] == "x unified"
    assert TEXTS["x"] == "t (steps)" and "nats" in TEXTS["log_snr_y"] and "variance" in TEXTS["beta_y"]


@pytest.mark.parametrize("count", range(1, MAX_SCHEDULES + 1))
def test_one_trace_for_each_quantity_of_each_schedule(count):
    names = list(SCHEDULES)[:count]
    for key, figure in figures_of(*names).items():
        traces = figure["data"]
        assert len(traces) == count * len(PLOTS[key].curves)
        looks = {(trace["line"]["dash"], trace["meta"]["colour"]) for trace in traces}
        assert len(looks) == len(traces), "two curves look alike"
        for trace in traces:
            assert trace["name"] == names[trace["meta"]["schedule"]]
            assert trace["line"]["dash"] == DASHES[trace["meta"]["schedule"]]
        assert traces[-1]["meta"]["schedule"] == 0, "the chosen schedule is on top"


def test_every_curve_names_a_table_that_there_is():
    tables = schedule_tables(make_schedule("linear", 10))
    named = {trace["meta"]["table"] for figure in figures_of("linear").values() for trace in figure["data"]}
    assert named == {"alpha_bar", "sqrt_alpha_bar", "sqrt_one_minus_alpha_bar", "beta", "beta_tilde", "log_snr"}
    assert named <= tables.keys()


@pytest.mark.parametrize("T", [1, 40, 41, 4000])
def test_single_steps_are_marked_while_they_are_few(T):
    modes = {trace["mode"] for figure in figures_of("linear", T=T).values() for trace in figure["data"]}
    assert modes == {"lines+markers" if T <= 40 else "lines"}
    assert all(figure["layout"]["xaxis"]["range"] == [0, T] for figure in figures_of("linear", T=T).values())


def test_tables_leave_out_what_t_0_does_not_have():
    tables = schedule_tables(make_schedule("cosine", 10))
    for key in ("beta", "beta_tilde", "alpha"):
        assert torch.isnan(tables[key][0])
        assert torch.isfinite(tables[key][1:]).all()
    assert tables["snr"][0] == math.inf
    assert {len(column) for column in tables.values()} == {11}


def test_the_page_s_figures_hold_no_points_and_are_small():
    plain = figures_of("linear", "cosine")
    assert all("x" not in trace and "y" not in trace for figure in plain.values() for trace in figure["data"])
    assert len(json.dumps(plain, allow_nan=False)) < 20_000


def test_colours_come_from_the_page():
    css = {trace["meta"]["colour"] for figure in figures_of("linear", "cosine").values() for trace in figure["data"]}
    assert css == {"--series-0", "--series-1", "--sym-x-0", "--sym-eps", "--sym-x-t", "--sym-sigma-z"}
    lines = [trace["line"] for figure in figures_of("linear").values() for trace in figure["data"]]
    assert "color" not in json.dumps(lines)


@pytest.mark.parametrize("count", [0, MAX_SCHEDULES + 1])
def test_too_few_or_too_many_schedules_are_told(count):
    with pytest.raises(ValueError, match=rf"1 to {MAX_SCHEDULES} schedules"):
        figures_of(*["linear"] * count)


def test_the_page_draws_with_the_plotly_that_makes_its_figures():
    version = re.compile(r"plotly\.js (?:\(basic - minified\) )?v([\d.]+)")
    whole = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    ours, theirs = (version.search(path.read_text(encoding="utf-8")[:300]) for path in (plotly_script(), whole))
    assert ours and theirs and ours[1] == theirs[1]


def test_figures_hold_only_what_the_basic_library_draws():
    views = Path(plotly_script()).parents[2] / "views"
    sources = [path.read_text(encoding="utf-8") for path in views.glob("*.py")]
    source = "".join(one for one in sources if "plotly" in one)
    added = set(re.findall(r"\.add_(\w+)\(", source)) | set(re.findall(r"\"type\": \"(\w+)\"", source))
    assert {"scatter", "bar"} <= added <= {"scatter", "bar", "log", "line", "hline", "data"}
