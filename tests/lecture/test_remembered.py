"""Kept results: computed once, and an answer knows which of them it computed."""

import inspect

from ddpm_playground.lecture.remembered import listening, remembered
from ddpm_playground.ui.chapters.sessions import Sessions
from ddpm_playground.ui.chapters.tab import Lecture

CALLS: list[int] = []


@remembered(2)
def square(x: int) -> int:
    """x²."""
    CALLS.append(x)
    return x * x


@remembered(8)
def fourth(x: int) -> int:
    return square(x) * square(x)


def test_an_answer_knows_what_it_computed() -> None:
    square.cache_clear()
    CALLS.clear()
    with listening() as first:
        assert fourth(3) == 81 and square(3) == 9
    # What it computed itself a moment ago is no earlier answer's.
    assert (len(first.computed), first.reused, CALLS) == (2, 0, [3])
    with listening() as second:
        assert fourth(3) == 81
    assert (len(second.computed), second.reused) == (0, 1)
    with listening() as third:
        assert square(3) + square(4) == 25
    assert (len(third.computed), third.reused) == (1, 1)
    assert square(5) == 25 and square(3) == 9  # nobody listens, and 3 has been forgotten
    assert CALLS == [3, 4, 5, 3]


def test_it_is_still_the_function() -> None:
    assert inspect.unwrap(square).__name__ == "square" and square.__doc__ == "x²."
    assert "CALLS.append(x)" in inspect.getsource(inspect.unwrap(square))


def test_the_page_is_told() -> None:
    compute = Lecture(Sessions()).compute
    asked = {"chapter": "ddpm_bound", "values": {"beta_1": 0.0437}}
    assert [compute(asked)["kept"] for _ in range(2)] == ["none", "all"]
    assert compute(asked | {"values": {"beta_1": 0.0437, "T": 9}})["kept"] == "some"
    assert compute({"chapter": "posterior"})["kept"] == "none"
