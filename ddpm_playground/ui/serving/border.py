"""What a request must look like before Gradio sees it: one place that checks every argument that comes from outside."""

import json
import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components.api_component import Api
from gradio.utils import get_function_params
from gradio_client.utils import is_valid_file

from ...core.phrase import Refusal
from ...core.plain_words import NO_TEXT
from .files import FILES, GONE, is_upload, uploaded

MAX_BODY = 24 * 2**20  # the largest that the page sends is a picture of 512×512 in colour as base64 float32
MAX_TEXT = 8 * 2**20
MAX_NUMBER = 2**53  # beyond it a browser keeps no whole number exactly
MOST_WAITING = 64  # events of one session that wait or whose answers wait unread
SESSION = re.compile(r"[A-Za-z0-9_-]{1,64}")


def _is_text(component: Any, value: Any) -> bool:
    return value is None or (isinstance(value, str) and len(value) <= MAX_TEXT)


def _is_number(component: Any, value: Any) -> bool:
    """A number, an empty box, or what was typed: the recipe judges which numbers."""
    if isinstance(value, str):
        return len(value) <= 40
    if isinstance(value, bool):
        return False
    return value is None or (isinstance(value, (int, float)) and abs(value) <= MAX_NUMBER)


def _is_choice(component: Any, value: Any) -> bool:
    if isinstance(value, (list, dict)):
        return False
    allowed = [choice[1] for choice in component.choices or ()]
    free = getattr(component, "allow_custom_value", False)
    return value is None or value in allowed or (free and (_is_text(None, value) or _is_number(None, value)))


def _is_file(component: Any, value: Any) -> bool:
    """One that was uploaded to this page, by its name of a kind that the component takes."""
    if value is None:
        return True
    if not isinstance(value, dict) or not isinstance(value.get("path"), str) or len(value) > 12:
        return False
    try:
        path = Path(value["path"])
        there = path.resolve().is_relative_to(FILES.root.resolve()) and path.is_file()
    except (OSError, ValueError, RuntimeError):
        return False
    return there and (not component.file_types or is_valid_file(str(path), component.file_types))


def _is_forged(value: Any) -> bool:
    """Whether this names a file that was not uploaded here; all else the deed judges."""
    return is_upload(value) and uploaded(value) is None


# The first class that a component is an instance of says what may come for it; its sentence says what is allowed.
ALLOWED: dict[type, tuple[Callable[[Any, Any], bool], str]] = {
    gr.State: (lambda component, value: True, "anything, for it is not read"),
    gr.Timer: (lambda component, value: not isinstance(value, (list, dict)), "a number"),
    gr.Checkbox: (lambda component, value: value is None or isinstance(value, bool), "true or false"),
    gr.Dropdown: (_is_choice, "one of its choices"),
    gr.Radio: (_is_choice, "one of its choices"),
    gr.Slider: (_is_number, "a number"),
    gr.Number: (_is_number, "a number"),
    gr.Textbox: (_is_text, "a text"),
    gr.HTML: (_is_text, "a text"),
    Api: (lambda component, value: not _is_forged(value), "a value, or a file that was uploaded here"),
    gr.UploadButton: (_is_file, "a picture that was uploaded"),
}


class Refused(Refusal):
    """A request that is not let in.

    Attributes:
        status: of the HTTP answer.
    """

    def __init__(self, template: str, status: int = 422, /, **values: object) -> None:
        super().__init__(template, **values)
        self.status = status


def read_json(raw: bytes, content_type: str) -> Any:
    """The JSON that a request carries.

    Raises:
        Refused: another type, no JSON, or nested too deeply.
    """
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise Refused("requests carry application/json, got {got}; reload the page", 415, got=repr(content_type[:60]))
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise Refused("the request is not JSON, or nested too deeply; reload the page", 400) from None
    try:  # JSON can write halves of characters, which no answer that quotes them can hold
        if b"\\ud" in raw.lower():
            json.dumps(body, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise Refused(NO_TEXT, 400) from None
    return body


def read_body(raw: bytes, content_type: str) -> dict[str, Any]:
    """The JSON object that a request of the page carries, with the session that it is of.

    Raises:
        Refused: what `read_json` raises, no object, or no session.
    """
    body = read_json(raw, content_type)
    if not isinstance(body, dict):
        raise Refused("the request must be a JSON object; reload the page", 400)
    session = body.get("session_hash")
    if not isinstance(session, str) or not SESSION.fullmatch(session):
        raise Refused("session_hash must be up to 64 letters, digits, - and _; reload the page", 400)
    return body


def check_join(body: Mapping[str, Any], demo: gr.Blocks) -> None:
    """An event that wants to be queued.

    Raises:
        Refused: no such event, or arguments of another number or type than it takes.
    """
    index = body.get("fn_index")
    fn = demo.fns.get(index) if _is_whole(index) else None  # type: ignore[arg-type]
    if fn is None or fn.fn is None:
        raise Refused("there is no event {index}; reload the page", 404, index=repr(str(index)[:20]))
    data, wanted = body.get("data"), list(fn.inputs)
    if not isinstance(data, list) or len(data) != len(wanted):
        got = len(data) if isinstance(data, list) else type(data).__name__
        raise Refused(
            "this event takes a list of {num_wanted} values, got {got}; reload the page",
            num_wanted=len(wanted),
            got=got,
        )
    for component, value in zip(wanted, data, strict=True):
        _check_value(component, value)
    kinds: dict[str, type] = {"trigger_id": int, "event_id": str}
    if fn.collects_event_data:
        kinds["event_data"] = dict
        if body.get("event_data") is None:
            raise Refused("this event comes with an object that says what was done; reload the page")
    for key, kind in kinds.items():
        value = body.get(key)
        if value is not None and (not isinstance(value, kind) or isinstance(value, bool)):
            raise Refused(
                "{key} must be {kind} or nothing, got {got}; reload the page",
                key=key,
                kind=kind.__name__,
                got=_shown(value),
            )
    if body.get("batched") or body.get("simple_format"):
        raise Refused("events of this page come one at a time; reload the page")
    waiting = demo._queue.pending_event_ids_session.get(str(body["session_hash"]), ())
    if len(waiting) >= MOST_WAITING:
        raise Refused(
            "{num_waiting} requests of this page wait already; reload the page", 429, num_waiting=len(waiting)
        )


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _check_value(component: Any, value: Any) -> None:
    for kind, (allows, words) in ALLOWED.items():
        if isinstance(component, kind):
            if not allows(component, value):
                name = getattr(component, "elem_id", None) or type(component).__name__
                raise Refused(
                    "{name} must be {words}, got {got}; reload the page", name=name, words=words, got=_shown(value)
                )
            return


def _shown(value: Any) -> str:
    """What came, short enough for a sentence."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return repr(value)[:40] if isinstance(value, (str, int, float, bool)) else f"a {type(value).__name__}"


def check_deed(body: Any, name: str, by_name: bool, demo: gr.Blocks) -> None:
    """A call of a deed by its name.

    Args:
        body: {"data": [values in order]}, or the arguments by their names.
        name: of the deed.
        by_name: whether these come by their names.
        demo: the page.

    Raises:
        Refused: no such deed, or other arguments than it has.
    """
    fn = next((fn for fn in demo.fns.values() if fn.api_name == name and fn.api_visibility == "public"), None)
    if fn is None or fn.fn is None:
        raise Refused("there is no deed {name} here", 404, name=name[:40])
    if not isinstance(body, dict):
        raise Refused("a deed is asked for with a JSON object", 400)
    data = body.get("data")
    if any(map(_is_forged, body.values() if by_name else data if isinstance(data, list) else ())):
        raise Refused(GONE)
    parameters = get_function_params(fn.fn)
    known = [parameter for parameter, *_ in parameters]
    if by_name:
        if odd := [key for key in body if key not in known]:
            raise Refused(
                "{deed} has no argument {name}; it has {known}",
                deed=name,
                name=repr(odd[0][:40]),
                known=", ".join(known),
            )
        for parameter, has_default, *_ in parameters:
            if not has_default and parameter not in body:
                raise Refused("{deed} needs {name}; give it", deed=name, name=parameter)
        return
    if set(body) - {"data"} or not isinstance(data, list) or len(data) != len(known):
        raise Refused(
            "{deed} takes {num} values in data, in this order: {known}; or give them by name to call/v2/{deed}",
            deed=name, num=len(known), known=", ".join(known),
        )  # fmt: skip


def check_call(body: Mapping[str, Any], demo: gr.Blocks) -> None:
    """A call of a component's server function.

    Raises:
        Refused: no such component or function, or an argument that is no object.
    """
    index, name = body.get("component_id"), body.get("fn_name")
    block = demo.blocks.get(index) if _is_whole(index) else None  # type: ignore[arg-type]
    known = isinstance(name, str) and getattr(getattr(block, name, None), "_is_server_fn", False)
    if not known:
        raise Refused("there is no such function; reload the page", 404)
    if not isinstance(body.get("data"), dict):
        raise Refused(
            "{name} takes an object of names and values, got {got}; reload the page",
            name=name,
            got=_shown(body.get("data")),
        )


def check_cancel(body: Mapping[str, Any], demo: gr.Blocks) -> None:
    """A request to end an event.

    Raises:
        Refused: names of another type.
    """
    if not isinstance(body.get("event_id"), str) or not _is_whole(body.get("fn_index", 0)):
        raise Refused("event_id must be a text and fn_index a whole number; reload the page")


# What may be posted, by the end of its address; all else is not part of this page.
POSTS: dict[str, Callable[[Mapping[str, Any], gr.Blocks], None]] = {
    "/queue/join": check_join,
    "/component_server": check_call,
    "/cancel": check_cancel,
}
