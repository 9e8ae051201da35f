"""Any failure says so: an exception becomes a sentence on screen and one line in the log, whatever it is."""

import inspect
import sys
from collections.abc import Callable, Mapping
from contextlib import aclosing
from functools import wraps
from typing import Any

import gradio as gr
import orjson

from ...core.phrase import Refusal
from ...core.plain_words import NO_TEXT, TOO_LARGE, reason_of
from ..page.page import as_gr_error
from ..words.refusal import refusal


def reason(error: BaseException, deed: str) -> str:
    """Why a deed failed, in the reader's language; what is no refusal gets one line in the log."""
    if not isinstance(error, ValueError):
        words = " ".join(str(error).split())[:300]
        print(f"ddpm_playground: {deed} failed: {type(error).__name__}: {words}", file=sys.stderr)
    return refusal(reason_of(error))


def as_message(error: BaseException, deed: str) -> gr.Error:
    """An exception as what Gradio shows of it."""
    return error if isinstance(error, gr.Error) else as_gr_error(ValueError(reason(error, deed)))


def on_screen(fn: Callable) -> Callable:
    """An event's handler, plain, async or a generator of either kind, of which every failure is shown."""
    deed = fn.__name__
    if inspect.isasyncgenfunction(fn):

        @wraps(fn)
        async def streaming(*args: Any) -> Any:
            try:
                async with aclosing(fn(*args)) as found:  # closed with this, not when it is collected
                    async for one in found:
                        yield one
            except Exception as error:
                raise as_message(error, deed) from None

        return streaming
    if inspect.iscoroutinefunction(fn):

        @wraps(fn)
        async def waiting(*args: Any) -> Any:
            try:
                return await fn(*args)
            except Exception as error:
                raise as_message(error, deed) from None

        return waiting

    @wraps(fn)
    def shown(*args: Any) -> Any:
        try:
            return fn(*args)
        except Exception as error:
            raise as_message(error, deed) from None

    return shown


def answering(fn: Callable) -> Callable:
    """A component's server function, of which every failure is answered as {"problem": a sentence}."""
    deed = fn.__name__

    def problem(error: BaseException) -> dict[str, Any]:
        return {"problem": reason(error, deed)}

    def checked(asked: object) -> Mapping[str, Any]:
        if not isinstance(asked, Mapping):
            raise Refusal("a function of this page takes an object of names and values; reload the page")
        return asked

    if inspect.iscoroutinefunction(fn):

        @wraps(fn)
        async def waiting(asked: Any) -> Any:
            try:
                return _sendable(await fn(checked(asked)))
            except Exception as error:
                return problem(error)

        return waiting

    @wraps(fn)
    def answered(asked: Any) -> Any:
        try:
            return _sendable(fn(checked(asked)))
        except Exception as error:
            return problem(error)

    return answered


def _sendable(answer: Any) -> Any:
    """An answer as it is.

    Raises:
        ValueError: Gradio cannot send it: halves of characters or whole numbers beyond 64 bits, quoted from what came.
    """
    try:
        orjson.dumps(answer, default=str, option=orjson.OPT_SERIALIZE_NUMPY)
    except TypeError as error:
        raise Refusal(NO_TEXT if "UTF-8" in str(error) else TOO_LARGE) from None
    return answer
