"""What goes over the wire compressed, and what must go as it is."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from ddpm_playground.ui.serving.compressed import LEAST_BYTES, Compressed

TEXT = "word " * LEAST_BYTES
GZIP = {"accept-encoding": "gzip"}


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    file = tmp_path / "run.json"
    file.write_text(TEXT)

    async def events() -> AsyncIterator[str]:
        yield f"data: {TEXT}\n\n"

    def answer(request: Request) -> Response:
        name = request.path_params["name"]
        if name == "stream":
            return StreamingResponse(events(), media_type="text/event-stream")
        if name == "page":
            return HTMLResponse(TEXT)
        return JSONResponse({"value": TEXT}) if name == "answer" else FileResponse(file)

    return TestClient(Starlette(routes=[Route("/{name}", answer)], middleware=[Middleware(Compressed)]))


@pytest.mark.parametrize("name", ["page", "answer"])
def test_the_page_and_answers_are_a_fraction_on_the_wire(client: TestClient, name: str) -> None:
    answer = client.get(f"/{name}", headers=GZIP)
    assert answer.headers["content-encoding"] == "gzip" and TEXT in answer.text
    assert int(answer.headers["content-length"]) < len(TEXT) / 10
    assert "content-encoding" not in client.get(f"/{name}", headers={"accept-encoding": "identity"}).headers


@pytest.mark.parametrize("name", ["stream", "file=run.json"])
def test_streams_and_files_go_as_they_are(client: TestClient, name: str) -> None:
    answer = client.get(f"/{name}", headers=GZIP)
    assert "content-encoding" not in answer.headers and TEXT in answer.text


def test_a_part_of_a_file_is_that_part(client: TestClient) -> None:
    answer = client.get("/anything", headers={**GZIP, "range": "bytes=0-3"})
    assert answer.status_code == 206 and answer.text == "word"
