"""Reading a schedule from whatever holds one: JSON, CSV, a file, a pipeline's folder, a name, a Hub id."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..core import SCHEDULES
from .diffusers_config import class_defaults
from .hub import fetch_config
from .peers import PEERS
from .quantities import QUANTITIES, guess_quantity, quantity_named, schedule_of_values
from .said import said
from .subject import Subject, named_subject, subject_of_config

MAX_NAME_LINE = 200
MAX_BYTES = 10 * 2**20
CONFIG_KEYS = {
    "_class_name",
    "beta_schedule",
    "trained_betas",
    "beta_start",
    "beta_end",
    "num_train_timesteps",
    "prediction_type",
    "timestep_spacing",
    "rescale_betas_zero_snr",
    "sigma_schedule",
    "shift",
    "flow_shift",
}
CONFIG_PLACES = ("scheduler/scheduler_config.json", "scheduler_config.json")
HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


def subject_of_text(text: str, name: str = "the text", quantity: str | None = None) -> Subject:
    """A scheduler config, a list of numbers or a table, as JSON or CSV.

    Args:
        text: at most 10 MB.
        name: for titles.
        quantity: key of QUANTITIES that a list holds; None reads it off a name or the course of the values.

    Raises:
        ValueError: what cannot be read as a schedule, with the place where reading stopped.
    """
    if len(text) > MAX_BYTES:
        raise ValueError(f"the text must be at most {MAX_BYTES >> 20} MB, got {len(text) / 2**20:.0f}; give less")
    if quantity is not None and quantity not in QUANTITIES:
        raise ValueError(f"unknown quantity {quantity!r}; choose one of {', '.join(QUANTITIES)}")
    text = text.lstrip("\ufeff").strip()
    if not text:
        raise ValueError(f"{name} is empty; give a scheduler_config.json, or numbers as JSON or CSV")
    if text[0] not in "{[":
        return _of_csv(text, name, quantity)
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(
            f"{name} is no JSON: {error.msg} at line {error.lineno}, column {error.colno}; correct it there"
        ) from None
    except (RecursionError, ValueError) as error:
        raise ValueError(f"{name} is no JSON that can be read here: {str(error)[:100]}; simplify it") from None
    return _of_list(value, name, quantity) if isinstance(value, list) else _of_object(value, name)


def read_text(text: str) -> Subject:
    """A schedule from what was typed or pasted: a name with its parameters, a Hub id, or `subject_of_text`.

    "linear T=100 beta_end=0.2" names one; files on this machine are not read.

    Raises:
        ValueError: what cannot be read as a schedule.
    """
    words = text.split() if len(text) < MAX_NAME_LINE else []
    if words and words[0] in (*SCHEDULES, *PEERS):
        params: dict[str, float] = {}
        for word in words[1:]:
            name, _, value = word.partition("=")
            number = _number(value)
            if number is None or not math.isfinite(number):
                raise ValueError(f"after {words[0]} come parameters such as T=100, got {word[:40]!r}; correct it")
            params[name] = number
        T = params.pop("T", 1000.0)
        if not T.is_integer():
            raise ValueError(f"T must be a whole number, got {T:g}; round it")
        return named_subject(words[0], int(T), params)
    if len(words) == 1 and is_class(words[0]):
        return subject_of_config({"_class_name": words[0]})
    if len(words) == 1 and HUB_ID.fullmatch(words[0]):
        return subject_of_path(fetch_config(words[0], CONFIG_PLACES))
    if len(words) == 1 and words[0][0].isalpha():
        known = ", ".join((*SCHEDULES, *PEERS))
        raise ValueError(f"unknown schedule {words[0][:40]!r}; choose one of {known}, or paste a config or numbers")
    return subject_of_text(text)


def is_class(name: str) -> bool:
    """Whether this is a scheduler class of diffusers."""
    return name.isidentifier() and name.endswith("Scheduler") and class_defaults(name) is not None


def _of_object(value: dict[str, Any], name: str) -> Subject:
    named = {key: quantity for key in value if (quantity := quantity_named(key)) and isinstance(value[key], list)}
    if CONFIG_KEYS & value.keys():
        return subject_of_config(value)
    if named:
        key = next(iter(named))
        return _of_list(value[key], name, named[key])
    if "scheduler" in value:
        raise ValueError(f"{name} is the index of a pipeline; give the pipeline's folder or its scheduler_config.json")
    known = ", ".join(QUANTITIES)
    raise ValueError(f"{name} holds no schedule; give a diffusers scheduler config, or a list under one of {known}")


def _of_list(values: Sequence[Any], name: str, quantity: str | None) -> Subject:
    for place, value in enumerate(values):
        if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float))):
            raise ValueError(f"{name} must list numbers, got {str(value)[:40]!r} at place {place + 1}; correct it")
    try:
        numbers = [math.nan if value is None else float(value) for value in values]
    except OverflowError:
        raise ValueError(f"{name} holds a whole number too large for float64; correct it") from None
    done = []
    if quantity is None and numbers:
        quantity = guess_quantity(numbers)
        done.append(said("guessed", symbol=QUANTITIES[quantity].symbol))
    quantity = quantity or "beta"
    schedule, told = schedule_of_values(quantity, numbers, name)
    return Subject(schedule, read_as=(*done, *told), stored=quantity)


def _of_csv(text: str, name: str, quantity: str | None) -> Subject:
    """Columns parted by comma, semicolon, tab or blanks, with or without a line of names."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if not lines:
        raise ValueError(f"{name} is empty; give one row for each t")
    separator = next((mark for mark in (";", "\t", ",") if mark in lines[0]), None)
    rows = [[cell.strip().strip('"') for cell in line.split(separator)] for line in lines]
    if separator == ";":
        rows = [[cell.replace(",", ".") for cell in row] for row in rows]
    column = 0
    if any(_number(cell) is None for cell in rows[0]):
        names, rows = rows[0], rows[1:]
        found = [(i, known) for i, known in enumerate(map(quantity_named, names)) if known]
        if quantity:
            found = [(i, known) for i, known in found if known == quantity] or (
                [(0, quantity)] if len(names) == 1 else []
            )
        if not found:
            known_names = ", ".join(QUANTITIES)
            raise ValueError(
                f"{name} has no column that is known, got {', '.join(names)[:80]}; name one of {known_names}"
            )
        column, quantity = found[0]
    elif len(rows) == 1 and len(rows[0]) > 1:
        rows = [[cell] for cell in rows[0]]
    elif len(rows[0]) > 1:
        raise ValueError(f"{name} has {len(rows[0])} columns without names; add a first line such as t,beta")
    values = []
    for i, row in enumerate(rows):
        value = _number(row[column]) if column < len(row) else None
        if value is None:
            got = repr(row[column][:40]) if column < len(row) and row[column] else "nothing"
            raise ValueError(f"{name} has {got} where row {i + 1} needs a number; correct it")
        values.append(value)
    return _of_list(values, name, quantity)


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


def subject_of_path(path: Path, quantity: str | None = None) -> Subject:
    """A config or table in a file, or the scheduler of a pipeline's folder.

    Raises:
        ValueError: nothing there that can be read as a schedule; over 10 MB is refused before reading.
    """
    if path.is_dir():
        inside = next((path / place for place in CONFIG_PLACES if (path / place).is_file()), None)
        if inside is None:
            raise ValueError(f"{path} has no scheduler_config.json; give a diffusers pipeline or scheduler folder")
        subject = subject_of_text(_read(inside), inside.name, quantity)
        size, latent = _sample_size(path)
        return replace(subject, sample_size=size, latent=latent)
    if not path.is_file():
        raise ValueError(f"there is no file or folder {path}; give one that exists, or a schedule's name")
    return subject_of_text(_read(path), path.name, quantity)


def _read(path: Path) -> str:
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise ValueError(
            f"{path.name} must be at most {MAX_BYTES >> 20} MB, got {size / 2**20:,.0f} MB; give a smaller file"
        )
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ValueError(f"{path.name} is no text in UTF-8; give JSON or CSV") from None


def _sample_size(folder: Path) -> tuple[int | None, bool]:
    """The network's picture size and whether an autoencoder stands before it."""
    for name in ("unet", "transformer"):
        config = folder / name / "config.json"
        if config.is_file():
            try:
                given = json.loads(_read(config)).get("sample_size")
            except (ValueError, AttributeError):
                given = None
            sizes = given if isinstance(given, list) else [given]
            whole = [size for size in sizes if type(size) is int and size > 0]
            return max(whole, default=None), (folder / "vae").is_dir()
    return None, False


def read_subject(
    what: str, T: int | None = None, params: Mapping[str, float] | None = None, quantity: str | None = None
) -> Subject:
    """A schedule by whatever names it: a schedule's name, a file, a folder, or a Hub id.

    Args:
        what: the name.
        T: steps of a named schedule; None is 1000.
        params: parameters of a named schedule.
        quantity: what a list in a file holds; see `subject_of_text`.

    Raises:
        ValueError: what cannot be read as a schedule.
    """
    if what in SCHEDULES or what in PEERS:
        return named_subject(what, 1000 if T is None else T, params)
    if T is not None or params:
        raise ValueError(f"T and parameters belong to a schedule's name, got {what!r}; leave them out")
    path = Path(what)
    if not path.exists() and is_class(what):
        return subject_of_config({"_class_name": what})
    if not path.exists() and HUB_ID.fullmatch(what):
        return subject_of_path(fetch_config(what, CONFIG_PLACES))
    if not path.exists() and path.name == what and not path.suffix:
        raise ValueError(
            f"unknown schedule {what!r}; choose one of {', '.join((*SCHEDULES, *PEERS))}, or give a file or folder"
        )
    return subject_of_path(path, quantity)
