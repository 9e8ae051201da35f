"""TeX with places: `<t>` where a value goes, so that TeX's own braces stand as they are."""

import re

PLACE = re.compile(r"(?P<script>[_^])?<(?P<name>[A-Za-z]\w*)>")


def fill(template: str, **values: str | int) -> str:
    r"""The template with each `<name>` replaced by its value, in braces where it is a sub- or superscript.

    fill(r"\tilde\mu_<t>=\mean{<mean>}", t=12, mean="0.25") is \tilde\mu_{12}=\mean{0.25}.

    Args:
        template: TeX.
        values: TeX or whole numbers by name; a number with digits behind the point comes as `show.tex` writes it.

    Raises:
        TypeError: a place without a value, a value without a place, or a float.
    """
    names = {found["name"] for found in PLACE.finditer(template)}
    if names != values.keys():
        raise TypeError(f"the places are {sorted(names)}, the values {sorted(values)}")
    floats = [name for name, value in values.items() if isinstance(value, float)]
    if floats:
        raise TypeError(f"{', '.join(floats)}: a float has no digits of its own; write it with tex")

    def place(found: re.Match[str]) -> str:
        value = str(values[found["name"]])
        return found["script"] + "{" + value + "}" if found["script"] else value

    return PLACE.sub(place, template)
