"""Every deed as an endpoint of the page's server: what Gradio's `gr.api` makes of a typed function."""

import inspect
from collections.abc import Callable
from typing import Any, get_type_hints

import gradio as gr
from gradio.blocks import BlockFunction
from gradio.components.api_component import Api
from gradio.data_classes import FileData
from gradio.route_utils import get_root_url
from gradio.utils import get_function_description

from ...api.offered import DEEDS, Deed
from ..serving.failure import reason
from ..serving.owners import OWNERS
from ..serving.visitors import Visitors
from .errands import Errands

# A page of its own without a picture: what stands on it is no part of the page that readers open.
PAGE, PATH = "Deeds", "deeds"


class Said(gr.Error):
    """A sentence for a program, without the quotes that Gradio puts around it."""

    def __str__(self) -> str:
        return str(self.message)


def offer(demo: gr.Blocks, visitors: Visitors) -> None:
    """Add every deed to a page that is built."""
    errands = Errands(visitors)
    with demo.route(PAGE, PATH, show_in_navbar=False):
        for name, deed in DEEDS.items():
            # Not queued by Gradio: deeds take turns of their own, together with what the page's readers ask for.
            fn = _endpoint(name, deed, errands, demo)
            gr.api(fn, api_name=name, queue=False, concurrency_limit=None)
            _describe(next(one for one in demo.fns.values() if one.fn is fn), deed)


def _endpoint(name: str, deed: Deed, errands: Errands, demo: gr.Blocks) -> Callable[..., Any]:
    """The deed with its own name, types and docstring, which answers its facts and then its files."""
    parameters = inspect.signature(deed.fn).parameters

    async def endpoint(request: gr.Request, *values: Any) -> Any:
        try:
            address = str(request.client.host if request.client else "")  # type: ignore[attr-defined]
            session = str(getattr(request, "session_hash", None) or "")
            given = dict(zip(parameters, values, strict=True))
            answer = await errands.run(name, given, address, lambda: bool(session) and OWNERS.has_gone(session))
            facts = dict(answer.facts)
            if isinstance(facts.get("link"), str):
                facts["link"] = _base(request, demo) + facts["link"]
            files = errands.kept(answer, address)
        except Exception as error:
            raise Said(reason(error, name), print_exception=False) from None
        return (facts, *files) if files else facts

    types = {key: kind for key, kind in get_type_hints(deed.fn).items() if key != "return"}
    returned = tuple[dict[str, Any], *[FileData] * len(deed.files)] if deed.files else dict[str, Any]  # type: ignore[valid-type]
    asked = inspect.Parameter("request", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=gr.Request)
    own = [parameter.replace(annotation=types[key]) for key, parameter in parameters.items()]
    endpoint.__signature__ = inspect.Signature([asked, *own], return_annotation=returned)  # type: ignore[attr-defined]
    endpoint.__annotations__ = {"request": gr.Request, **types, "return": returned}
    endpoint.__name__ = endpoint.__qualname__ = name
    endpoint.__doc__ = deed.fn.__doc__
    return endpoint


def _describe(endpoint: BlockFunction, deed: Deed) -> None:
    """What `view_api` and the schemas show beside the types: what each argument means, and what each value is."""
    told = get_function_description(deed.fn)[1]
    for name, part in zip(inspect.signature(deed.fn).parameters, endpoint.inputs, strict=True):
        assert isinstance(part, Api)
        part._api_info = _without_null(part._api_info) | {"additional_description": told[name]}
    for name, part in zip(("facts", *deed.files), endpoint.outputs, strict=True):
        assert isinstance(part, Api)
        part.label = name.replace(".", "_")


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A type that may also be null: clients say so themselves where null is the default."""
    kinds = schema.get("oneOf") or schema.get("anyOf") or []
    others = [kind for kind in kinds if kind != {"type": "null"}]
    if len(others) == len(kinds):
        return schema
    return others[0] if len(others) == 1 else {"anyOf": others}


def _base(request: gr.Request, demo: gr.Blocks) -> str:
    """The page's address as the program reached it, without a slash at its end."""
    asked = getattr(request, "request", None) or request  # MCP hands on the request itself
    return get_root_url(asked, asked.url.path, demo.app.root_path)  # type: ignore[arg-type]
