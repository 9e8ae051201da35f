"""A visitor without a browser, who speaks the page's own protocol to a page on this machine and times its answers."""

import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

PATIENCE_S = 30.0
# What no answer may hold: Python's own words, and that the program itself failed.
OWN_WORDS = (
    "Traceback",
    "[Errno",
    "maximum recursion",
    "4300 digits",
    "could not convert string",
    "invalid literal for int",
    "object is not subscriptable",
    "has no attribute",
    "64-bit range",
    "the program itself failed",
    "Internal Server Error",
)


@dataclass(frozen=True)
class Answer:
    """What came of one input.

    Attributes:
        kind: "answered", "refused" in words, or "broken": a traceback, Python's own words, no words or no answer.
        seconds: until it was there.
        said: the sentence, or the beginning of what came.
    """

    kind: str
    seconds: float
    said: str = ""


def judged(begun_s: float, status: int, text: str) -> Answer:
    """An HTTP answer as one of the three kinds."""
    seconds = time.perf_counter() - begun_s
    if status >= 500 or any(words in text for words in OWN_WORDS):
        return Answer("broken", seconds, f"HTTP {status}: {text[:300]}")
    return Answer("refused" if status >= 400 or '"problem"' in text[:4000] else "answered", seconds, text[:300])


class Visitor:
    """One browser's worth of requests.

    Args:
        address: of the page, with a slash at its end; on this machine.
    """

    def __init__(self, address: str) -> None:
        self.http = httpx.Client(base_url=address, timeout=PATIENCE_S, headers={"origin": address.rstrip("/")})
        self.http.get("")  # the cookie that its sessions belong to
        self.config = self.http.get("config").json()
        self.parts = {part["id"]: part for part in self.config["components"]}
        self.events = [event for event in self.config["dependencies"] if event["backend_fn"]]
        self.functions = [
            (part["id"], part["props"].get("elem_id"), name)
            for part in self.parts.values()
            for name in part["props"].get("server_fns") or ()
        ]

    def event(self, name: str) -> dict[str, Any]:
        """The event whose handler has that name."""
        return next(event for event in self.events if event["api_name"] == name)

    def values(self, event: Mapping[str, Any]) -> list[Any]:
        """What the page itself would send with an event: its widgets' first values."""
        return [self.parts[i]["props"].get("value") for i in event["inputs"]]

    def post(self, path: str, body: Any, **more: Any) -> Answer:
        """Any request at all."""
        begun = time.perf_counter()
        sent = {"content": body} if isinstance(body, bytes) else {"content": json.dumps(body).encode()}
        headers = {"content-type": "application/json"} | more.pop("headers", {})
        return self._asked(begun, lambda: self.http.post(path, headers=headers, **sent, **more))

    def get(self, path: str) -> Answer:
        """A page or file."""
        begun = time.perf_counter()
        return self._asked(begun, lambda: self.http.get(path))

    @staticmethod
    def _asked(begun: float, request: Any) -> Answer:
        try:
            answer = request()
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            kind = "refused" if isinstance(error, (httpx.InvalidURL, UnicodeError)) else "broken"  # never sent
            return Answer(kind, time.perf_counter() - begun, repr(error)[:200])
        return judged(begun, answer.status_code, answer.text)

    def call(self, component: Any, name: Any, asked: Any) -> Answer:
        """A component's server function, until it has answered."""
        begun = time.perf_counter()
        body = {"component_id": component, "fn_name": name, "session_hash": session(), "data": asked}
        answer = self.post("gradio_api/component_server", body)
        while answer.kind == "answered" and '"ticket"' in answer.said and time.perf_counter() - begun < PATIENCE_S:
            body["data"] = {"ticket": json.loads(answer.said)["ticket"]}
            answer = self.post("gradio_api/component_server", body)
        return Answer(answer.kind, time.perf_counter() - begun, answer.said)

    def join(self, index: Any, data: Any, sent: Any = None, query: str = "", **more: Any) -> Answer:
        """An event, until it has answered; of one that streams, until its first answer."""
        begun, name = time.perf_counter(), session()
        body = {"fn_index": index, "data": data, "session_hash": name, "event_data": sent, **more}
        joined = self.post("gradio_api/queue/join" + query, body)
        if joined.kind != "answered":
            return joined
        told = self._heard(begun, name)
        if any(one["id"] == index and one["types"]["generator"] for one in self.events):
            self._leave(name)
        return Answer(told.kind, time.perf_counter() - begun, told.said)

    def _leave(self, name: str) -> None:
        """Close the tab that began something: what a page does when it is unloaded."""
        for one in self.events:
            if any(target[1] == "unload" for target in one["targets"]):
                self.post("gradio_api/queue/join", {"fn_index": one["id"], "data": [], "session_hash": name})

    def _heard(self, begun: float, name: str) -> Answer:
        warned = ""
        try:
            with self.http.stream("GET", "gradio_api/queue/data", params={"session_hash": name}) as stream:
                for line in stream.iter_lines():
                    message = json.loads(line[5:]) if line.startswith("data:") else {}
                    kind, output = message.get("msg"), message.get("output") or {}
                    if kind == "log":
                        warned = str(message.get("log"))
                    if kind == "process_generating" or (kind == "process_completed" and message.get("success")):
                        answer = judged(begun, 200, json.dumps(output, ensure_ascii=False)[:20_000])
                        return (
                            Answer("refused", answer.seconds, warned) if warned and answer.kind != "broken" else answer
                        )
                    if kind in ("process_completed", "unexpected_error"):
                        said = str(output.get("error") or message.get("message") or "")
                        wordless = len(said) < 15 or any(words in said for words in OWN_WORDS)
                        return Answer(
                            "broken" if wordless else "refused", time.perf_counter() - begun, said or line[:300]
                        )
                    if time.perf_counter() - begun > PATIENCE_S:
                        break
        except (httpx.HTTPError, ValueError) as error:
            return Answer("broken", time.perf_counter() - begun, repr(error)[:200])
        return Answer("broken", time.perf_counter() - begun, "no answer came")


def session() -> str:
    """The name of a browser tab that nobody has used."""
    return "fuzz" + secrets.token_hex(8)


def function_index(visitor: Visitor, component: str, name: str) -> Any:
    """Where a component's server function stands among the page's functions."""
    return next(i for i, elem_id, function in visitor.functions if (elem_id, function) == (component, name))


Input = Callable[[Visitor], Answer]
