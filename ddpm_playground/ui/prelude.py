"""A script that runs in the page before Gradio's own.

What `launch(head=)` holds is put there by Gradio's own script, after that has chosen its language.
"""

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Prelude:
    """ASGI middleware that ends the head of every HTML page with a script.

    Gradio's scripts are modules, which wait until the page has been read; window.gradio_config stands before it.
    """

    def __init__(self, app: ASGIApp, script: str) -> None:
        self.app = app
        self.element = f"<script>{script}</script>".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve; the answer is held back until the whole page is there, if it is one."""
        held: Message | None = None
        page = b""

        async def sending(message: Message) -> None:
            nonlocal held, page
            if message["type"] == "http.response.start" and _is_page(Headers(raw=message["headers"])):
                held = message
            elif held is None:
                await send(message)
            else:
                page += message.get("body", b"")
                if not message.get("more_body", False):
                    whole = page.replace(b"</head>", self.element + b"</head>", 1)
                    held["headers"] = list(held["headers"])
                    MutableHeaders(raw=held["headers"])["content-length"] = str(len(whole))
                    await send(held)
                    await send({"type": "http.response.body", "body": whole})

        await self.app(scope, receive, sending if scope["type"] == "http" and scope["method"] == "GET" else send)


def _is_page(headers: Headers) -> bool:
    return headers.get("content-type", "").startswith("text/html") and "content-encoding" not in headers
