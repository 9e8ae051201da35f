"""A chapter's levers as the page's address holds them."""

import pytest

SLIDER = {"key": "t", "kind": "slider", "low": 1, "high": 1000, "step": 1, "value": 10}
FINE = {"key": "x", "kind": "slider", "low": -1, "high": 1, "step": 0.01, "value": 0}
CHOICE = {"key": "sigma", "kind": "choice", "options": ["beta", "tilde"], "value": "beta"}
BARS = {"key": "p", "kind": "bars", "low": 0, "high": 5, "value": [1, 1, 1], "at": [0, 1, 2]}
RUN = {"key": "k", "kind": "steps", "most": 50, "value": 0, "scrub": False}
SCRUB = {**RUN, "key": "s", "scrub": True}
CONTROLS = [SLIDER, FINE, CHOICE, BARS, RUN, SCRUB]
WRITE = "return leversText(arg[0], arg[1])"
READ = "return leversOf(arg[0], arg[1])"


def test_what_is_written_is_read_again(script) -> None:
    values = {"t": 200, "x": -0.25, "sigma": "tilde", "p": [1, 2.5, 0.12345], "k": 7, "s": 9}
    text = script(WRITE, [CONTROLS, values])
    assert text == "t:200,x:-0.25,sigma:tilde,p:1_2.5_0.1235,s:9"
    assert script(READ, [CONTROLS, text]) == {**{k: v for k, v in values.items() if k != "k"}, "p": [1, 2.5, 0.1235]}


def test_what_stands_where_it_began_is_not_written(script) -> None:
    assert script(WRITE, [CONTROLS, {one["key"]: one["value"] for one in CONTROLS}]) == ""


@pytest.mark.parametrize(
    "text",
    ["t:0", "t:2000", "t:", "t", "t:1_2", "t:nan", "t:abc", "sigma:none", "sigma:", "p:1_2", "p:1_2_9", "k:3", "s:51",
     "s:", "none:1", "", ",:,"],
)  # fmt: skip
def test_what_is_no_value_moves_nothing(script, text) -> None:
    assert script(READ, [CONTROLS, text]) == {}


def test_whole_numbers_stay_whole(script) -> None:
    assert script(READ, [CONTROLS, "t:7.6,x:0.5,s:3.2"]) == {"t": 8, "x": 0.5, "s": 3}


def test_a_kind_that_is_added_is_written_and_read(script) -> None:
    body = """
    LEVERS.flag = { make() {}, write: (up) => (up ? "up" : null), read: (text) => text === "up" || undefined };
    const controls = [...arg, { key: "f", kind: "flag", value: false }], text = leversText(controls, { t: 5, x: 0, sigma: "beta", p: [1, 1, 1], k: 0, s: 0, f: true });
    const read = [leversOf(controls, text), leversOf(controls, "f:down")];
    delete LEVERS.flag;
    return { text, read };
    """  # noqa: E501
    assert script(body, CONTROLS) == {"text": "t:5,f:up", "read": [{"t": 5, "f": True}, {}]}
