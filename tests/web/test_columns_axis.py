"""Which step of a column is shown at a log SNR."""

COLUMN = {"log_snr": [None, -8.0, -4.0, -1.0, 0.5, 6.0], "at": [0, 2, 3, 5]}  # its steps that are shown: −∞, −4, −1, 6


def test_the_nearest_step_of_those_that_have_come(script) -> None:
    where = "return arg.levels.map((level) => nearestTo(arg.column, arg.come, level))"
    levels = [-1e9, -9.0, -2.6, -2.4, 2.4, 2.6, 99.0]
    assert script(where, {"column": COLUMN, "come": 4, "levels": levels}) == [0, 1, 1, 2, 2, 3, 3]
    assert script(where, {"column": COLUMN, "come": 2, "levels": levels}) == [0, 1, 1, 1, 1, 1, 1]


def test_the_axis_spans_all_columns(script) -> None:
    other = {"log_snr": [-10.0, 7.0], "at": [0, 1]}
    assert script("return levelsOf(arg)", [COLUMN, other]) == [-10, 7]
    assert script("return levelsOf(arg)", [{"log_snr": [None], "at": [0]}]) == [0, 0]
