"""A visitor without a browser, who speaks the page's own protocol and may say what no page would."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from ddpm_playground.recipe import DEFAULT
from ddpm_playground.ui.reverse.tab import FIELDS


class Client:
    """One browser tab's worth of requests.

    Args:
        address: of the page, with a slash at its end.
        session: its name.
        with_cookie: whether it fetches the page first, as a browser does, and keeps its cookie.
    """

    def __init__(self, address: str, session: str, with_cookie: bool = True) -> None:
        self.http = httpx.Client(base_url=address, timeout=60.0)
        self.session = session
        self.hearers: list[Heard] = []
        self.listener: threading.Thread | None = None
        self.gone = threading.Event()
        self.under_way = 0
        self.config = self.http.get("config").json()
        if with_cookie:
            self.http.get("")
        else:
            self.http.cookies.clear()
        self.parts = {part["id"]: part for part in self.config["components"]}

    def component(self, elem_id: str) -> int:
        """Number of the component of that id."""
        return next(i for i, part in self.parts.items() if part["props"].get("elem_id") == elem_id)

    def event(self, elem_id: str, name: str) -> dict[str, Any]:
        """The event that a component fires."""
        target = [self.component(elem_id), name]
        return next(d for d in self.config["dependencies"] if target in d["targets"] and d["backend_fn"])

    def join(self, event: dict[str, Any], data: list[Any], sent: Any = None, **more: Any) -> httpx.Response:
        """Ask for an event."""
        body = {"fn_index": event["id"], "data": data, "session_hash": self.session, "event_data": sent, **more}
        answer = self.http.post("gradio_api/queue/join", json=body)
        self.under_way += answer.status_code == 200
        return answer

    def call(self, elem_id: str, name: str, data: Any, **more: Any) -> httpx.Response:
        """Call a component's server function."""
        body = {"component_id": self.component(elem_id), "fn_name": name, "session_hash": self.session, "data": data}
        return self.http.post("gradio_api/component_server", json=body | more)

    def ask(self, elem_id: str, name: str, data: dict[str, Any]) -> dict[str, Any]:
        """Call a server function until it has answered."""
        answer = self.call(elem_id, name, data | {"asker": self.session}).json()
        while isinstance(answer, dict) and "ticket" in answer:
            answer = self.call(elem_id, name, {"ticket": answer["ticket"], "asker": self.session}).json()
        return answer

    def start(self, **settings: Any) -> httpx.Response:
        """Press Start in Reverse."""
        recipe = DEFAULT.with_(**settings)
        data = [*(getattr(recipe, field) for field in FIELDS), ""]
        return self.join(self.event("reverse-start", "click"), data)

    @contextmanager
    def listening(self) -> Iterator["Heard"]:
        """The messages of this session from now on, as they come."""
        heard = Heard()
        self.hearers.append(heard)
        if self.listener is None:
            self.listener = threading.Thread(target=self._listen, daemon=True)
            self.listener.start()
        try:
            yield heard
        finally:
            self.hearers.remove(heard)

    def close(self) -> None:
        """Leave the page."""
        self.gone.set()
        self.http.close()

    def _listen(self) -> None:
        """As a page does: a stream is opened while something is under way, and again for what comes later."""
        where = {"session_hash": self.session}
        while not self.gone.is_set():
            if self.under_way <= 0:  # Gradio forgets a session whose stream was opened before it has asked anything
                time.sleep(0.02)
                continue
            try:
                with self.http.stream("GET", "gradio_api/queue/data", params=where, timeout=15.0) as answer:
                    for line in answer.iter_lines():
                        if line.startswith("data:") and not (message := json.loads(line[5:])).get("session_not_found"):
                            self.under_way -= message["msg"] == "process_completed"
                            for heard in list(self.hearers):
                                heard.messages.append(message)
                        if self.gone.is_set():
                            return
            except (httpx.HTTPError, RuntimeError):  # a closed client says RuntimeError
                continue
            time.sleep(0.05)


class Heard:
    """The messages that have come."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    @property
    def values(self) -> list[dict[str, Any]]:
        """What the player and Train were told: the JSON in the messages' data."""
        found = []
        for message in self.messages:
            output = message.get("output") or {}
            for value in output.get("data") or []:
                if isinstance(value, str) and value.startswith("{"):
                    found.append(json.loads(value))
                if isinstance(value, list) and value and isinstance(value[0], list):  # a difference to the last one
                    found += [json.loads(one[2]) for one in value if isinstance(one[2], str) and one[2][:1] == "{"]
        return found

    @property
    def paths(self) -> list[str]:
        """The files that were made; the end of a chain before may come among them, and is none."""
        made = [message["output"]["data"][0] for message in self.messages if message.get("success")]
        return [one["path"] for one in made if isinstance(one, dict)]

    @property
    def errors(self) -> list[str]:
        """The sentences of events that failed."""
        return [
            str((message.get("output") or {}).get("error"))
            for message in self.messages
            if message.get("msg") == "process_completed" and not message.get("success")
        ]

    def until(self, holds: Any, patience_s: float = 30.0) -> Any:
        """Wait until `holds(self)` is true; what it says."""
        end = time.monotonic() + patience_s
        while not (found := holds(self)):
            assert time.monotonic() < end, f"not within {patience_s:g} s; heard {self.messages[-3:]}"
            time.sleep(0.05)
        return found
