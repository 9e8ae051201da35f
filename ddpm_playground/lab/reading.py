"""Reading a schedule from whatever holds one: JSON, CSV, YAML, a file, a pipeline's folder, a name, a Hub id."""

import math
import re
from collections import ChainMap
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..bridge.diffusers_config import class_defaults
from ..core import SCHEDULES
from ..core.checks import look_up, unknown
from ..core.json_text import NO_VALUES, NoJSON, parse_json, refuse_conflict
from ..core.phrase import Phrase, Refusal
from .hub import fetch_config
from .input_file import MAX_BYTES, is_folder, is_there, read_file
from .parsed import subject_of_list, subject_of_object
from .peers import PEERS
from .pipeline import CONFIG_PLACES, config_in_folder, picture_facts
from .python_text import STATEMENT, NoPython, parse_python, without_printed_name
from .quantities import QUANTITIES
from .read_schedule import ReadSchedule, named_subject, subject_of_config
from .settings_text import looks_like_settings, parse_settings
from .table_text import number, parse_table

MAX_NAME_LINE = 200
HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")
# What a word alone may be: a view of both tables.
NAMED = ChainMap[str, object](PEERS, SCHEDULES)  # type: ignore[arg-type]


def subject_of_text(
    text: str, name: str = "the text", quantity: str | None = None, *, strict: bool = False
) -> ReadSchedule:
    """A scheduler config, a list of numbers or a table, as JSON, CSV, YAML, TOML, or as Python prints it.

    Args:
        text: at most 10 MB.
        name: for titles; one that ends in .json must be JSON.
        quantity: key of QUANTITIES that a list holds: wins over the list's name; None reads it off that name or the
            course of the values.
        strict: whether it must be JSON.

    Raises:
        ValueError: what cannot be read as a schedule, with the place where reading stopped.
    """
    if len(text) > MAX_BYTES:
        raise Refusal(
            "the text must be at most {most} MB, got {got}; give less",
            most=MAX_BYTES >> 20,
            got=f"{len(text) / 2**20:.0f}",
        )
    if quantity is not None:
        look_up(QUANTITIES, quantity, "unknown quantity {name}; choose one of {known}")
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise Refusal("{name} is empty; give a scheduler_config.json, or numbers as JSON or CSV", name=name)
    if strict or name.lower().endswith(".json"):
        value, told = parse_json(text, name)
    else:
        refuse_conflict(text, name)
        value, told = _parsed(text.strip(), name)
        if value is None:
            values, quantity = parse_table(text, name, quantity)
            return subject_of_list(values, name, quantity)
    subject = (
        subject_of_list(value, name, quantity) if isinstance(value, list) else subject_of_object(value, name, quantity)
    )
    return replace(subject, read_as=(*told, *subject.read_as)) if told else subject


def _parsed(text: str, name: str) -> tuple[Any, list[Phrase]]:
    """The value of a text in a language that it seems to be in; None for a table."""
    if NO_VALUES.match(text):
        return parse_json(text, name)
    if text[0] not in "{[":
        try:
            bare = without_printed_name(text)
            if bare is not text:
                return parse_json(bare, name)
            if STATEMENT.match(text):
                return parse_python(text), [Phrase("read as Python prints and writes it")]
        except NoPython:
            pass
        if looks_like_settings(text):
            return parse_settings(text, name), [Phrase("read as YAML or TOML")]
        return None, []
    try:
        return parse_json(text, name)
    except NoJSON:
        try:
            return parse_python(text), [Phrase("read as Python prints and writes it")]
        except NoPython:
            pass
        raise


def read_text(text: str) -> ReadSchedule:
    """A schedule from what was typed or pasted: a name with its parameters, a Hub id, or `subject_of_text`.

    "linear T=100 beta_end=0.2" names one; files on this machine are not read.

    Raises:
        ValueError: what cannot be read as a schedule.
    """
    words = text.split() if len(text) < MAX_NAME_LINE else []
    if words and words[0] in NAMED and "\n" not in text.strip():
        params: dict[str, float] = {}
        for word in words[1:]:
            name, _, value = word.partition("=")
            given = number(value)
            if given is None or not math.isfinite(given):
                raise Refusal(
                    "after {words} come parameters such as T=100, got {got}; correct it",
                    words=words[0],
                    got=repr(word[:40]),
                )
            params[name] = given
        T = params.pop("T", 1000.0)
        if not T.is_integer():
            raise Refusal("T must be a whole number, got {got}; round it", got=f"{T:g}")
        return named_subject(words[0], int(T), params)
    if len(words) == 1 and is_class(words[0]):
        return subject_of_config({"_class_name": words[0]})
    if len(words) == 1 and HUB_ID.fullmatch(words[0]):
        return subject_of_path(fetch_config(words[0], CONFIG_PLACES))
    if len(words) == 1 and words[0][0].isalpha() and not set(words[0]) & set("([{=:"):
        raise unknown(words[0], NAMED, "unknown schedule {name}; choose one of {known}, or paste a config or numbers")
    return subject_of_text(text)


def is_class(name: str) -> bool:
    """Whether this is a scheduler class of diffusers."""
    return name.isidentifier() and name.endswith("Scheduler") and class_defaults(name) is not None


def subject_of_path(path: Path, quantity: str | None = None) -> ReadSchedule:
    """A config or table in a file, or the scheduler of a pipeline's folder.

    Raises:
        ValueError: nothing there that can be read as a schedule; over 10 MB is refused before reading.
    """
    if path.name == "model_index.json" and is_there(path.parent / CONFIG_PLACES[0]):
        path = path.parent
    if is_folder(path):
        inside = config_in_folder(path)
        subject = _of_file(inside, quantity)
        size, latent = picture_facts(path)
        return replace(subject, sample_size=size, latent=latent)
    return _of_file(path, quantity)


def file_of(what: str) -> Path | None:
    """The file that `read_subject` reads for this name; None where it is none."""
    path = Path(what) if "\0" not in what else Path()
    if what in NAMED or not is_there(path):
        return path if path.suffix and path.name else None
    try:
        return config_in_folder(path) if is_folder(path) else path
    except ValueError:
        return path


def _of_file(path: Path, quantity: str | None) -> ReadSchedule:
    text, told = read_file(path)
    subject = subject_of_text(text, path.name, quantity)
    return replace(subject, read_as=(*told, *subject.read_as)) if told else subject


def read_subject(
    what: str, T: int | None = None, params: Mapping[str, float] | None = None, quantity: str | None = None
) -> ReadSchedule:
    """A schedule by whatever names it: a schedule's name, a file, a folder, or a Hub id.

    Args:
        what: the name; a schedule's own may come with its parameters, as in "linear T=100 beta_end=0.2".
        T: steps of a named schedule; None is 1000.
        params: parameters of a named schedule.
        quantity: what a list in a file holds; see `subject_of_text`.

    Raises:
        ValueError: what cannot be read as a schedule.
    """
    if what in NAMED:
        return named_subject(what, 1000 if T is None else T, params)
    if T is None and not params and what.split(" ")[0] in NAMED:
        return read_text(what)
    if T is not None or params:
        raise Refusal("T and parameters belong to a schedule's name, got {got}; leave them out", got=repr(what[:80]))
    if not what.strip() or "\0" in what:
        raise Refusal("a schedule's name, a file or a folder is needed, got nothing; give one")
    path = Path(what)
    there = is_there(path)
    if not there and is_class(what):
        return subject_of_config({"_class_name": what})
    if not there and HUB_ID.fullmatch(what) and not path.suffix:
        return subject_of_path(fetch_config(what, CONFIG_PLACES))
    if not there and path.name == what and not path.suffix:
        raise unknown(what, NAMED, "unknown schedule {name}; choose one of {known}, or give a file or folder")
    return subject_of_path(path, quantity)
