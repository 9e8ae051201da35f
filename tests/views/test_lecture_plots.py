"""Figures of the chapters: which ticks a logarithmic axis has, and how many digits are sent."""

import pytest
import torch

from ddpm_playground.views.lecture_plots import Series, chart


def figure(low: float, high: float, **options: object) -> dict:
    y = torch.tensor([low, high], dtype=torch.float64)
    return chart([Series("y", torch.tensor([1.0, 2.0]), y, "--ink")], "x", "y", log_y=True, **options)  # type: ignore[arg-type]


def test_powers_of_ten_alone_where_there_are_some() -> None:
    assert figure(1e-5, 1.0)["layout"]["yaxis"]["dtick"] == 1
    assert figure(1e-15, 1.0)["layout"]["yaxis"]["dtick"] == 3
    assert "dtick" not in figure(0.01, 0.2)["layout"]["yaxis"]
    assert "dtick" not in figure(1e-5, 1.0, y_range=(-1, 0.3))["layout"]["yaxis"]
    assert "dtick" not in figure(1e-5, 1.0, y_ticks=(0.1, 1))["layout"]["yaxis"]


def test_no_digits_that_nobody_sees() -> None:
    x = torch.tensor([1 / 3], dtype=torch.float64)
    assert (
        chart([Series("y", x, x / 7, "--ink")], "x", "y")["data"][0] | {"x": [0.3333333], "y": [0.04761905]}
        == (chart([Series("y", x, x / 7, "--ink")], "x", "y")["data"][0])
    )


@pytest.mark.parametrize(("low", "high"), [(0.02, 0.4), (0.3, 1.1), (2.0, 40.0)])
def test_labels_of_a_short_logarithmic_axis_are_all_of_one_size(low: float, high: float) -> None:
    axis = figure(low, high)["layout"]["yaxis"]
    assert axis["ticktext"] == [f"{v:g}" for v in axis["tickvals"]], "Plotly sets those that it chooses itself smaller"
    assert len(axis["tickvals"]) > 1 and "tickvals" not in figure(0.0011, 0.0012)["layout"]["yaxis"]
    assert all(low / 1.3 <= v <= high * 1.3 for v in axis["tickvals"])
