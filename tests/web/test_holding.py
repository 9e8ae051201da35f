"""A thumb that starts up or down scrolls; one that starts sideways, rests or taps takes hold; a mouse at once."""

import pytest

BODY = """
const node = Object.assign(new EventTarget(), { setPointerCapture() {} }), told = [];
hearDrag(node, { begin: () => told.push("begin"), move: () => told.push("move"), end: () => told.push("end") });
const say = (name, [clientX, clientY] = [0, 0]) =>
  node.dispatchEvent(Object.assign(new Event(name, { cancelable: true }), { pointerId: 1, pointerType: arg[0], clientX, clientY }));
const steps = arg[1].map(([name, at]) => (name === "rest" ? () => new Promise((go) => setTimeout(go, 300)) :
  () => { if (!say(name, at)) told.push("page stays"); }));
return steps.reduce((before, step) => before.then(step), Promise.resolve()).then(() => told);
"""  # noqa: E501
DOWN, UP, LEFT = ["pointerdown"], ["pointerup"], ["pointercancel"]


@pytest.mark.parametrize(
    ("pointer", "deeds", "told"),
    [
        ("mouse", [DOWN, ["pointermove", [0, 3]], UP], ["begin", "move", "end"]),
        ("touch", [DOWN, ["touchmove"], ["pointermove", [2, 9]], ["pointermove", [40, 40]], LEFT, ["rest"]], []),
        ("touch", [DOWN, ["pointermove", [9, 2]], ["touchmove"], ["pointermove", [9, 30]], UP],
         ["begin", "page stays", "move", "end"]),
        ("touch", [DOWN, ["rest"], ["touchmove"], ["pointermove", [0, 30]], UP],
         ["begin", "page stays", "move", "end"]),
        ("touch", [DOWN, ["pointermove", [1, 1]], UP], ["begin", "end"]),
    ],
)  # fmt: skip
def test_who_takes_hold(script, pointer, deeds, told) -> None:
    assert script(BODY, [pointer, deeds]) == told
