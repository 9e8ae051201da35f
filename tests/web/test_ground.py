"""Light and dark: every press of the button but the one that gives it back to the system is seen."""

import pytest


@pytest.mark.parametrize("dark", [False, True])
def test_the_first_press_is_seen_and_three_come_round(script, dark) -> None:
    body = """const chosen = ["system"];
    for (let i = 0; i < 3; i++) chosen.push(nextGround(chosen.at(-1), arg));
    return chosen;"""
    other, same = ("light", "dark") if dark else ("dark", "light")
    assert script(body, dark) == ["system", other, same, "system"]
    assert script("return nextGround('neither', arg)", dark) == "system"
