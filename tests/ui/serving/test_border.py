"""What comes in is checked once, and what goes out can be sent."""

import gc
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest

from ddpm_playground.ui.serving import streams
from ddpm_playground.ui.serving.border import Refused, _check_value, check_join, read_body
from ddpm_playground.ui.serving.failure import answering
from ddpm_playground.ui.serving.files import FILES
from tests.loops import run


@pytest.mark.parametrize("text", [r'"\ud800"', r'{"a": ["\uDFFF"]}'])
def test_halves_of_characters_are_refused(text: str) -> None:
    raw = f'{{"session_hash": "a", "data": {text}}}'.encode()
    with pytest.raises(Refused, match="no Unicode text"):
        read_body(raw, "application/json")
    assert read_body(rb'{"session_hash": "a", "data": "\ud83d\ude00"}', "application/json")["data"] == "😀"


@pytest.mark.parametrize("said", ["\ud800", {"a": [10**30]}, {"\udfff": 1}])
def test_an_answer_that_cannot_be_sent_is_a_sentence(said: object) -> None:
    async def later(asked: dict) -> dict:
        return {"said": said}

    assert len(answering(lambda asked: {"said": said})({})["problem"]) > 20
    assert len(run(answering(later)({}))["problem"]) > 20
    whole = {"a": float("nan"), "b": np.zeros(2), "c": "ᾱ"}
    assert answering(lambda asked: whole)({}) is whole


def test_only_pictures_that_were_uploaded_here_are_taken(tmp_path) -> None:
    button = gr.UploadButton(file_types=["image"], render=False)
    (FILES.root / "a.png").write_bytes(b"x")
    (FILES.root / "a.txt").write_bytes(b"x")
    (FILES.root / "b.png").symlink_to("/etc/passwd")
    (tmp_path / "a.png").write_bytes(b"x")
    _check_value(button, {"path": str(FILES.root / "a.png")})
    inside = (
        FILES.root / "a.txt",
        FILES.root / "none.png",
        FILES.root / "b.png",
        FILES.root / ".." / "x.png",
        FILES.root,
    )
    for path in (tmp_path / "a.png", *inside, "/etc/passwd", "", "a\0.png", "x" * 5000, "\udcff"):
        with pytest.raises(Refused, match="must be a picture that was uploaded"):
            _check_value(button, {"path": str(path)})


def test_an_event_that_comes_with_something_comes_with_it() -> None:
    fn = SimpleNamespace(fn=len, inputs=[], collects_event_data=True)
    demo = SimpleNamespace(fns={0: fn}, _queue=SimpleNamespace(pending_event_ids_session={}))
    body = {"fn_index": 0, "data": [], "session_hash": "a"}
    check_join(body | {"event_data": {}}, demo)  # type: ignore[arg-type]
    for sent in (None, [], "x", 1):
        with pytest.raises(Refused):
            check_join(body | {"event_data": sent}, demo)  # type: ignore[arg-type]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # of what others left
def test_what_fails_in_a_stream_is_told_once(caplog) -> None:
    """An exception that nobody fetched would be printed when it is collected."""

    class Failing:
        def __next__(self) -> str:
            raise ValueError("no such checkpoint")

        def __iter__(self) -> "Failing":
            return self

    turn = SimpleNamespace(begun=False, given_up=SimpleNamespace(set=lambda: None), leave=lambda: None)

    async def heard() -> None:
        with pytest.raises(ValueError, match="no such checkpoint"):
            async for _ in streams.in_thread(Failing(), turn, "visitor"):  # type: ignore[arg-type]
                pass
        gc.collect()

    run(heard())
    gc.collect()
    assert "never retrieved" not in caplog.text
