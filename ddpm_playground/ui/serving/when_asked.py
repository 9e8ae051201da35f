"""Server functions whose modules are imported when they are first asked: the page is built without what they need."""

from collections.abc import Callable, Mapping
from typing import Any

from ...learn import imports
from ...worker.zygote import named
from .failure import answering

Answer = dict[str, Any]


def _found(task: str) -> Callable[..., Any]:
    with imports.IMPORTING:
        return named(task)


def when_asked(task: str) -> Callable[[Mapping[str, Any]], Answer]:
    """The server function that "module:function" names; one request imports it, the others wait."""

    def asked_for(asked: Mapping[str, Any]) -> Answer:
        return _found(task)(asked)

    asked_for.__name__ = task.partition(":")[2]
    return asked_for


def first_value(task: str) -> Callable[[Mapping[str, Any]], Answer]:
    """{"value"}: what the function "module:function" makes without arguments, for a component to start from."""

    def first_value(asked: Mapping[str, Any]) -> Answer:
        return {"value": _found(task)()}

    return answering(first_value)
