"""Where the names of curves stand in a plot: by their own curve, clear of all others and of each other."""

import numpy as np

ROOM = {"width": 400, "height": 200}
NAME = {"width": 60, "height": 15}


def placed(script, *heights: np.ndarray, name: dict = NAME) -> list[dict | None]:
    lines = [[{"x": float(x), "y": float(y)} for x, y in enumerate(line)] for line in heights]
    return script(
        "return placed(arg.lines, arg.names, arg.room)", {"lines": lines, "names": [name] * len(lines), "room": ROOM}
    )


def away(line: np.ndarray, place: dict) -> float:
    """How far a name's box is from a curve, in px of height; 0 where the curve crosses it."""
    left, right = round(place["left"]), round(place["left"] + NAME["width"])
    part = line[max(left, 0) : right + 1]
    over = np.maximum(place["top"] - part.max(), part.min() - place["top"] - NAME["height"])
    return max(0.0, float(over))


def test_names_stand_by_their_own_curve_and_clear_of_the_others(script) -> None:
    x = np.arange(401)
    down, up = 190 - 0.45 * x, 10 + 0.45 * x
    bent = 100 + 80 * np.cos(x / 60)
    lines = [down, up, bent]
    places = placed(script, *lines)
    assert all(places)
    for i, place in enumerate(places):
        assert 0 <= place["left"] <= ROOM["width"] - NAME["width"]
        assert 0 <= place["top"] <= ROOM["height"] - NAME["height"]
        assert all(away(line, place) >= 6.5 for j, line in enumerate(lines) if j != i)
        assert 2 <= away(lines[i], place) <= 12
    for i, one in enumerate(places):
        for other in places[i + 1 :]:
            beside = abs(one["left"] - other["left"]) >= NAME["width"]
            assert beside or abs(one["top"] - other["top"]) >= NAME["height"]


def test_where_there_is_no_room_there_is_no_name(script) -> None:
    x = np.arange(401.0)
    assert placed(script, 100 + 0 * x, 104 + 0 * x, 96 + 0 * x)[0] is None
    assert placed(script, 100 + 0 * x, name={"width": 500, "height": 15}) == [None]
    assert placed(script, np.array([])) == [None]


def test_a_curve_that_ends_early_is_named_where_it_is(script) -> None:
    place = placed(script, np.full(120, 50.0), np.full(401, 150.0))[0]
    assert place["left"] + NAME["width"] / 2 <= 119
