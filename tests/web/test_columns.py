"""Which of two columns a chapter's cards go to."""

import pytest


@pytest.mark.parametrize("heights", [[414, 232, 210, 240], [300, 300, 300], [100] * 8, [500, 100, 100, 100, 100, 100]])
def test_both_columns_end_as_nearly_alike_as_they_can(script, heights) -> None:
    sides = script("return balanced(arg)", heights)
    assert sides[0] == 0 and set(sides) == {0, 1}

    def gap(of: list[int]) -> int:
        return abs(sum(-h if side else h for h, side in zip(heights, of, strict=True)))

    count = len(heights)
    least = min(gap([0, *((n >> i) & 1 for i in range(count - 1))]) for n in range(2 ** (count - 1)))
    # A little may be given away for an order that is read more easily.
    assert gap(sides) <= least + 12 * count


def test_cards_of_one_height_are_read_from_left_to_right(script) -> None:
    assert script("return balanced(arg)", [200, 200, 200, 200]) == [0, 1, 0, 1]
    assert script("return balanced(arg)", [200]) == [0] and script("return balanced(arg)", []) == []
