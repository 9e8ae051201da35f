"""A pocket calculator for the formulas on screen: TeX in, and what its numbers come to."""

import math
import re
from collections.abc import Iterator, Sequence

# Colours and spaces say nothing.
SILENT = re.compile(r"\\(?:xO|xT|eps|xhat|mean|sigz)(?=\{)|\\(?:big|Big|bigl|bigr|Bigl|Bigr|left|right)\b|\\[,;:!]")
BREAKS = re.compile(r"\\(?:ge|le|quad|qquad|approx|propto|sim|allowbreak|to|leftarrow)\b")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")
# An operator with a bare sign behind it, which nobody can type: 0.99 · −0.4.
BARE_SIGN = re.compile(r"(?:\\cdot|\\times|[+\-/*])\s*(?:\\(?:xO|xT|eps|xhat|mean|sigz)\{)*\s*-(?!\\)\s*\d")


def chains(lines: Sequence[str]) -> Iterator[list[str]]:
    """Expressions that are said to be equal: the parts of one line, and of the next where it begins with "="."""
    joined: list[str] = []
    for line in lines:
        if line.lstrip().startswith("=") and joined:
            joined[-1] += line
        else:
            joined.append(line)
    for line in joined:
        for run in BREAKS.split(line):
            yield run.split("=")


def python_of(tex: str) -> str | None:
    """The expression in Python; None where it has more in it than numbers."""
    text = SILENT.sub("", tex).strip().strip(",")
    for _ in range(6):
        text = re.sub(r"\\t?frac\{((?:[^{}]|\{[^{}]*\})*)\}\{((?:[^{}]|\{[^{}]*\})*)\}", r"((\1)/(\2))", text)
    text = re.sub(r"\\times10\^\{(-?\d+)\}", r"e\1", text)
    text = text.replace(r"\cdot", "*").replace(r"\pi", "*pi*").replace("^2", "**2")
    text = re.sub(r"\\(?:ln|log)\b", "log", text)
    text = re.sub(r"[{}\s]", lambda found: {"{": "(", "}": ")"}.get(found[0], ""), text)
    text = text.replace("**pi", "*pi").replace("pi**", "pi*") if "pi" in text else text
    text = re.sub(r"(?<=[\d)])(?=\(|log)", "*", text)
    text = re.sub(r"log(?=[(\d])(\d[\d.e-]*)", r"log(\1)", text).replace("log(*", "log(")
    plain = re.sub(r"log|pi|e(?=-?\d)", "", text)
    return text if text and re.fullmatch(r"[\d.+\-*/()]+", plain) and re.search(r"\d", plain) else None


def unit(number: str) -> float:
    """One in the last digit of a number as it is written."""
    mantissa, _, power = number.partition("e")
    return 10.0 ** (int(power or 0) - len(mantissa.partition(".")[2]))


def checks(lines: Sequence[str]) -> Iterator[tuple[str, str, float, float]]:
    """(expression, result shown, what the expression comes to, one in the last digit) of each one that has a result."""
    for parts in chains(lines):
        sums = [text for text in map(python_of, parts) if text is not None]
        results = [text for text in sums if NUMBER.fullmatch(text.strip("()"))]
        for text in sums:
            if results and text not in results:
                value = eval(text, {"__builtins__": {}}, {"log": math.log, "pi": math.pi})
                yield text, results[-1], float(value), unit(results[-1].strip("()"))
