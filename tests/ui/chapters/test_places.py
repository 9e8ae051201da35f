"""TeX with places."""

import pytest

from ddpm_playground.ui.chapters.places import fill


def test_a_place_is_filled_and_braced_behind_a_script() -> None:
    found = fill(r"\tilde\mu_<t>=\mean{<mean>}\cdot10^<power>", t=12, mean="0.25", power=-3)
    assert found == r"\tilde\mu_{12}=\mean{0.25}\cdot10^{-3}"
    assert fill(r"x_{<s>}+<s>", s=3) == "x_{3}+3"


def test_what_is_filled_in_stays_as_it_is() -> None:
    assert (
        fill(r"\log<product>\le t<T", product=r"\prod_{i=1}^{4}x_<i>\g<0>") == r"\log\prod_{i=1}^{4}x_<i>\g<0>\le t<T"
    )


@pytest.mark.parametrize(
    ("template", "values", "said"),
    [("<a>", {}, "places"), ("<a>", {"a": 1, "b": 2}, "places"), ("<a>", {"a": 0.5}, "float has no digits")],
)
def test_places_and_values_must_agree(template: str, values: dict, said: str) -> None:
    with pytest.raises(TypeError, match=said):
        fill(template, **values)
