"""Figures of the lab: their points are core's numbers."""

import pytest
import torch

from ddpm_playground.core import SPACINGS, WEIGHTS, make_schedule, rescale_zero_terminal_snr, timestep_path
from ddpm_playground.views.effect_plots import effort_figure, figures_of, path_figure

TEXTS = {key: key for key in ("log_snr", "effort_y", "step_y", *WEIGHTS)}


def test_each_weight_has_a_curve_of_area_1():
    figure = effort_figure(make_schedule("linear"), TEXTS).to_dict()
    assert [trace["name"] for trace in figure["data"]] == list(WEIGHTS)
    for trace in figure["data"]:
        x, y = torch.tensor(trace["x"]), torch.tensor(trace["y"])
        assert float(torch.trapezoid(y, -x)) == pytest.approx(1.0, abs=0.03), trace["name"]
    assert figure["layout"]["xaxis"]["title"]["text"] == "log_snr"


def test_each_spacing_has_its_steps():
    schedule = make_schedule("cosine")
    figure = path_figure(schedule, 20, TEXTS).to_dict()
    assert [trace["name"] for trace in figure["data"]] == list(SPACINGS)
    for trace, spacing in zip(figure["data"], SPACINGS, strict=True):
        path = timestep_path(1000, 20, spacing)
        assert list(trace["customdata"]) == list(path[:-2])
        want = schedule.log_snr[list(path[1:-1])] - schedule.log_snr[list(path[:-2])]
        torch.testing.assert_close(torch.tensor(trace["y"], dtype=torch.float64), want)


def test_a_schedule_without_signal_at_T_leaves_the_infinite_out():
    figures = figures_of(rescale_zero_terminal_snr(make_schedule("linear", 40)), [10, 50], TEXTS)
    for figure in figures.values():
        for trace in figure.to_dict()["data"]:
            values = torch.tensor([list(trace["x"]), list(trace["y"])])
            assert len(values[0]) and bool(torch.isfinite(values).all())
