"""The levers of Train, and what is said of what a network has memorised."""

from ddpm_playground.learn.training.predicted import PREDICTED
from ddpm_playground.learn.training.racing import EXACT
from ddpm_playground.ui.train.levers import LEVERS


def test_a_lever_stops_at_what_is_nearest_by_ratio(script) -> None:
    stops = LEVERS["n"].stops
    near = script("return arg[1].map((v) => nearestStop(arg[0], v))", [stops, [1, 2, 3, 14, 15, 1000, 10**9]])
    assert near == [2, 2, 2, 10, 20, 1000, 2000]


def test_the_table_has_losses_on_the_points_and_on_others(script) -> None:
    told = {"train": 0.15234, "held": 0.267, "exact_train": 0.1396, "exact_held": None}
    assert script("return rowsOf(arg)", told) == [
        ["memory_learned", "0.152", "0.267"],
        ["memory_exact", "0.14", "–"],
    ]


def test_every_predictor_has_its_look_and_its_row(script) -> None:
    assert list(script("return LOOKS")) == [*PREDICTED, EXACT]
    row = {"steps_enough": None, "straightness": 0.65612, "spread_of_sde": 1.2}
    assert script("return cellsOf(arg)", row) == ["–", "0.656", "1.2"]
    assert script("return cellsOf(arg)", {**row, "steps_enough": 20})[0] == "20"
