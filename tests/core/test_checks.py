"""What is no number in a range, no name of a table and too long is refused in one sentence each."""

import pytest

from ddpm_playground.core.checks import look_up, no_longer, whole_number

TABLE = {"linear": 1, "cosine": 2}
REFUSED = "unknown rule {name}; choose one of {known}"


def test_a_table_gives_what_it_has_and_names_it_where_it_has_not() -> None:
    assert look_up(TABLE, "cosine", REFUSED) == 2
    with pytest.raises(ValueError, match=r"^unknown rule 'cosin'; choose one of linear, cosine$"):
        look_up(TABLE, "cosin", REFUSED)
    for nothing in (None, 3, ["linear"]):  # of which the last cannot even be looked up
        with pytest.raises(ValueError, match="unknown rule"):
            look_up(TABLE, nothing, REFUSED)


def test_a_list_of_the_length_that_is_allowed_passes() -> None:
    sentence = "{name} has {got} of at most {most}"
    no_longer("sigmas", [1.0, 2.0], 2, sentence)
    with pytest.raises(ValueError, match=r"^sigmas has 1,001 of at most 1,000$"):
        no_longer("sigmas", [0.0] * 1001, 1000, sentence)


def test_the_bounds_themselves_are_whole_numbers_in_range() -> None:
    assert [whole_number("t", t, 1, 10) for t in (1, 10)] == [1, 10]
    for t in (0, 11, 1.0, True, "1"):
        with pytest.raises(ValueError, match=r"^t must be a whole number in \[1, 10\], got"):
            whole_number("t", t, 1, 10)
