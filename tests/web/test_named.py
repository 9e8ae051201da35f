"""Which chapter an address means: a name or a number."""

import pytest


@pytest.mark.parametrize(
    ("text", "at"), [("a", 0), ("c", 2), ("1", 0), ("3", 2), ("03", 2), ("0", -1), ("4", -1), ("", -1), ("nope", -1)]
)
def test_a_chapter_is_meant_by_its_name_or_its_number(script, text, at) -> None:
    assert script("return chapterAt(arg[0], arg[1])", [[{"name": name} for name in "abc"], text]) == at
