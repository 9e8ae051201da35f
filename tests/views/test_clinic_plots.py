"""Figures of an examination: a curve for each network over the log SNR, with standard errors, and the linear filter."""

import math

import torch

from ddpm_playground.learn.clinic.curves import LevelErrors, Measured
from ddpm_playground.learn.clinic.own_chain import ChainNorm
from ddpm_playground.views.clinic_plots import PANELS, DrawnNetwork, clinic_figures

TEXTS = {"x": "log SNR (nats)", "linear": "linear filter", **{f"{key}_y": key for key in PANELS}}


def level(log_snr: float, error: float, calibrated: float = 0.5) -> LevelErrors:
    one, none = Measured(error, 0.01), torch.zeros(2)
    return LevelErrors(1, log_snr, 0, one, one, None, error, calibrated, 0.0, Measured(-0.1, 0.2), Measured(0.9, 0.1),
                       none, none)  # fmt: skip


def network(name: str, *levels: LevelErrors | None) -> DrawnNetwork:
    return DrawnNetwork(name, levels, [ChainNorm(5, 1.0, Measured(1.02, 0.02), 1.0)])


def test_each_quantity_has_its_curves() -> None:
    mine, shipped = network("mine", level(4, 0.2), level(-4, 0.1)), network("shipped", None, level(-4, 0.05))
    figures = clinic_figures([mine, shipped], TEXTS)
    assert figures.keys() == PANELS.keys()
    eps = figures["eps"].to_dict()
    assert [trace["name"] for trace in eps["data"]] == ["mine", "shipped", "linear filter"]
    first, other, linear = eps["data"]
    assert (
        list(first["x"]) == [-4, 4] and list(first["y"]) == [0.1, 0.2] and list(first["error_y"]["array"]) == [0.01] * 2
    )
    assert list(other["x"]) == [-4], "where it has no such level there is no point"
    assert linear["meta"]["colour"] == "--muted" and first["meta"]["colour"] == "--series-0"
    assert eps["layout"]["yaxis"]["type"] == "log" and eps["layout"]["xaxis"]["title"]["text"] == "log SNR (nats)"
    assert list(figures["calibration"].data[0].y) == [0.2, 0.4]
    assert [len(figures[key].layout.shapes) for key in PANELS] == [0, 0, 1, 1, 1]
    chain = figures["chain"].data[0]
    assert list(chain.x) == [1.0] and list(chain.y) == [1.02]


def test_what_is_not_finite_is_left_out() -> None:
    figures = clinic_figures([network("a", level(1, math.nan, -1.0), level(0, 0.3, -1.0))], TEXTS)
    assert list(figures["eps"].data[0].y) == [0.3]
    assert figures["calibration"].data == (), "neither level has a calibrated error to compare with"
