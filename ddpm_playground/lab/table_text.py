"""Columns of numbers: CSV in the forms that people have it."""

from ..core.phrase import Refusal
from .quantities import QUANTITIES, quantity_named

INDEX = {"t", "step", "timestep", "i", "index", "n", ""}


def number(cell: str) -> float | None:
    """A cell's number, or None."""
    try:
        return float(cell)
    except ValueError:
        return None


def parse_table(text: str, name: str, quantity: str | None) -> tuple[list[float], str | None]:
    """A column of numbers and what it holds, as its header or the reader says; None if neither does.

    Columns are parted by comma, semicolon (then with decimal commas), tab or blanks.

    Args:
        text: rows, with or without a line of names.
        name: for what is said.
        quantity: what the reader says that it holds: wins over the names.

    Raises:
        ValueError: no such column, or a row without a number in it.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if not lines:
        raise Refusal("{name} is empty; give one row for each t", name=name)
    separator = next((mark for mark in (";", "\t", ",") if mark in lines[0]), None)
    rows = [[cell.strip().strip('"') for cell in line.split(separator)] for line in lines]
    if separator == ";":
        rows = [[cell.replace(",", ".") for cell in row] for row in rows]
    column = 0
    if any(number(cell) is None for cell in rows[0]):
        names, rows = rows[0], rows[1:]
        column, quantity = _column(names, name, quantity)
    elif len(rows) == 1 and len(rows[0]) > 1:
        rows = [[cell] for cell in rows[0]]
    elif len(rows[0]) > 1:
        raise Refusal(
            "{name} has {num_rows} columns without names; add a first line such as t,beta",
            name=name,
            num_rows=len(rows[0]),
        )
    values = []
    for i, row in enumerate(rows):
        value = number(row[column]) if column < len(row) else None
        if value is None:
            got = repr(row[column][:40]) if column < len(row) and row[column] else "nothing"
            raise Refusal("{name} has {got} where row {i} needs a number; correct it", name=name, got=got, i=i + 1)
        values.append(value)
    return values, quantity


def _column(names: list[str], name: str, quantity: str | None) -> tuple[int, str]:
    """Which column it is, and what it holds."""
    found = [(i, known) for i, known in enumerate(map(quantity_named, names)) if known]
    if quantity:
        others = [(i, quantity) for i, column in enumerate(names) if column.strip().lower() not in INDEX]
        called = [(i, known) for i, known in found if known == quantity]
        found = called or (others if len(others) == 1 else [(i, quantity) for i, _ in found] if len(found) == 1 else [])
    if not found:
        known_names = ", ".join(QUANTITIES)
        raise Refusal(
            "{name} has no column that is known, got {got}; name one of {known}",
            name=name,
            got=", ".join(names)[:80],
            known=known_names,
        )
    return found[0]
