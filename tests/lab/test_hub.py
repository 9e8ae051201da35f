"""The Hub: asked only if let, and whatever it does is told as what it is, soon."""

import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from huggingface_hub import errors

from ddpm_playground.lab import hub
from ddpm_playground.lab.hub import fetch_config
from ddpm_playground.ui.words.refusal import refusal

PLACES = ("scheduler/scheduler_config.json", "scheduler_config.json")


class Response:
    """As much of an answer as the library's errors want."""

    def __init__(self, status_code: int = 404) -> None:
        self.status_code, self.headers, self.request = status_code, {}, None


@pytest.fixture
def answering(monkeypatch):
    """The Hub's client raises what it is told to, place by place, or returns."""

    def set_up(*answers: object) -> list[str]:
        monkeypatch.setenv("DDPM_HUB", "1")
        monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
        asked: list[str] = []

        def download(repo_id: str, place: str, **_: object) -> str:
            asked.append(place)
            answer = answers[len(asked) - 1]
            if isinstance(answer, BaseException):
                raise answer
            return str(answer)

        monkeypatch.setattr("huggingface_hub.hf_hub_download", download)
        return asked

    return set_up


def test_it_is_not_asked_unless_it_is_let(monkeypatch) -> None:
    monkeypatch.delenv("DDPM_HUB", raising=False)
    monkeypatch.setattr("huggingface_hub.hf_hub_download", lambda *_: pytest.fail("asked"))
    with pytest.raises(ValueError, match="set DDPM_HUB=1"):
        fetch_config("owner/name", PLACES)


def test_each_place_is_tried(answering) -> None:
    asked = answering(errors.RemoteEntryNotFoundError("no", response=Response()), "/a/b.json")
    assert fetch_config("owner/name", PLACES) == Path("/a/b.json") and asked == list(PLACES)
    answering(*[errors.RemoteEntryNotFoundError("no", response=Response())] * 2)
    with pytest.raises(ValueError, match="owner/name has no scheduler_config.json on the Hub"):
        fetch_config("owner/name", PLACES)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (errors.LocalEntryNotFoundError("An error happened while trying to locate the file"), "cannot be reached for"),
        (ConnectionRefusedError(111, "Connection refused"), r"cannot be reached for owner/name \(ConnectionRefused"),
        (httpx.ConnectError("no"), r"cannot be reached for owner/name \(ConnectError"),
        (TypeError("a bug"), "owner/name cannot be fetched: the program itself failed"),
        (errors.RepositoryNotFoundError("404", response=Response()), "the Hub has no owner/name"),
        (errors.GatedRepoError("403", response=Response(403)), "to those alone who were let in"),
        (errors.HfHubHTTPError("503", response=Response(503)), "HTTP status 503"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_the_hub_does_is_told_as_what_it_is(answering, error: Exception, told: str) -> None:
    asked = answering(error)
    with pytest.raises(ValueError, match=told) as refused:
        fetch_config("owner/name", PLACES)
    assert len(asked) == 1 and "scheduler_config.json on the Hub" not in str(refused.value)
    assert refusal(refused.value, "zh-TW") != str(refused.value)


def test_silence_ends(answering, monkeypatch) -> None:
    answering()
    release = threading.Event()
    monkeypatch.setattr("huggingface_hub.hf_hub_download", lambda *_, **__: release.wait(60))
    monkeypatch.setattr(hub, "PATIENCE_S", 0.05)
    with pytest.raises(ValueError, match="has not answered within 0.05 s about owner/name"):
        fetch_config("owner/name", PLACES)
    release.set()


class Hub(http.server.BaseHTTPRequestHandler):
    """A Hub of one repository, on this machine."""

    CONFIG = json.dumps({"_class_name": "DDIMScheduler", "num_train_timesteps": 77}).encode()

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        there = self.path.endswith("/resolve/main/scheduler_config.json")
        self.send_response(200 if there else 404)
        self.send_header("X-Repo-Commit", "0" * 40)
        self.send_header("ETag", '"1"')
        self.send_header("X-Error-Code", "" if there else "EntryNotFound")
        self.send_header("Content-Length", str(len(self.CONFIG) if there else 0))
        self.end_headers()
        if there and self.command == "GET":
            self.wfile.write(self.CONFIG)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def local_hub() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.slow
def test_a_config_is_read_from_a_hub_and_one_that_is_not_there_is_told(local_hub: str, tmp_path: Path) -> None:
    surroundings = {k: v for k, v in os.environ.items() if k != "HF_HUB_OFFLINE"}
    surroundings |= {"DDPM_HUB": "1", "HF_HOME": str(tmp_path), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "ddpm_playground", "schedule", "show", "owner/name"]
    done = subprocess.run(command, env=surroundings | {"HF_ENDPOINT": local_hub}, capture_output=True, text=True)
    assert done.returncode == 0 and "T = 77" in done.stdout, done.stderr
    nobody = surroundings | {"HF_ENDPOINT": "http://127.0.0.1:1", "HF_HOME": str(tmp_path / "other")}
    done = subprocess.run(command, env=nobody, capture_output=True, text=True)
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert "the Hub cannot be reached" in done.stderr or "the Hub has not answered" in done.stderr
