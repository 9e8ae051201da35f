"""A sampler's options as the page's address holds them, and what of a form is one."""

import pytest

SWITCH = {"key": "use_karras_sigmas", "kind": "switch", "usual": False, "choices": []}
CHOICE = {"key": "solver_type", "kind": "choice", "usual": "midpoint", "choices": ["midpoint", "heun"]}
WHOLE = {"key": "solver_order", "kind": "whole", "usual": 2, "choices": []}
NUMBER = {"key": "eta", "kind": "number", "usual": 0.0, "choices": []}
ENDLESS = {"key": "s_tmax", "kind": "number", "usual": "inf", "choices": []}
OPEN = {"key": "sigma_min", "kind": "number", "usual": None, "choices": []}


def test_what_is_written_is_read_again(script) -> None:
    text = "use_karras_sigmas:true,eta:0.5"
    assert script("return optionsText(optionsIn(arg))", text) == text
    assert script("return optionsText(optionsIn(arg))", "") == ""


@pytest.mark.parametrize(
    ("option", "given", "text"),
    [(SWITCH, True, "true"), (SWITCH, False, None), (CHOICE, "heun", "heun"), (CHOICE, "midpoint", None),
     (WHOLE, "3", "3"), (WHOLE, " 2 ", None), (WHOLE, "", None), (NUMBER, "1e-1", "0.1"), (NUMBER, "0.0", None),
     (ENDLESS, "inf", None), (ENDLESS, "5", "5"), (OPEN, "", None), (OPEN, "0.03", "0.03")],
)  # fmt: skip
def test_what_differs_from_the_usual_is_held(script, option, given, text) -> None:
    assert script("return chosenText(...arg)", [option, given]) == text


@pytest.mark.parametrize(
    ("option", "given"), [(CHOICE, "rk4"), (WHOLE, "2.5"), (WHOLE, "two"), (NUMBER, "1,5"), (NUMBER, "Infinity")]
)
def test_what_is_no_value_is_none(script, option, given) -> None:
    assert script("return chosenText(...arg) === undefined", [option, given]) is True
