"""The served page against visitors who mean no good, do not listen, or are simply many."""

import base64
import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import pytest

from ddpm_playground.ui.serving import owners
from ddpm_playground.ui.train.levers import LEVERS
from ddpm_playground.ui.train.tab import ASKED

from .client import Client
from .page import FAILS_AFTER, FAILURES

JSON = {"content-type": "application/json"}
BEGIN = {
    "data": "mixture", "schedule": "linear", "learning_rate": 2e-3, "seed": 0, "t": 1, "then": "resume", "run": 1,
    "own": "",
    **{name: lever.first for name, lever in LEVERS.items()},
}  # fmt: skip
assert set(ASKED) <= {*BEGIN, "points"}


def until(holds, patience_s: float = 30.0) -> None:
    end = time.monotonic() + patience_s
    while not holds():
        assert time.monotonic() < end, f"not within {patience_s:g} s"
        time.sleep(0.1)


def betas(T: int = 10) -> str:
    return base64.b64encode(np.linspace(0, 0.1, T + 1).astype("<f8").tobytes()).decode()


# --- other pages, and what is no request of this page
@pytest.mark.parametrize("path", ["queue/join", "component_server", "upload", "cancel"])
def test_a_page_elsewhere_can_start_nothing(page, path):
    for headers in ({"origin": "http://evil.example"}, {"origin": "null"}, {"host": "evil.example"},
                    {"sec-fetch-site": "cross-site"}):  # fmt: skip
        answer = httpx.post(f"{page}gradio_api/{path}", content=b"{}", headers=JSON | headers)
        assert answer.status_code == 403 and answer.json()["detail"], (path, headers)
    assert httpx.get(page, headers={"host": "evil.example"}).status_code == 403
    assert httpx.get(page, headers={"origin": page.rstrip("/")}).status_code == 200


def test_a_simple_request_that_needs_no_leave_of_the_browser_is_not_taken(visitor):
    client = visitor()
    body = json.dumps({"component_id": client.component("lab"), "fn_name": "examine", "session_hash": "a", "data": {}})
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        headers = {"content-type": kind}
        assert client.http.post("gradio_api/component_server", content=body, headers=headers).status_code == 415


@pytest.mark.parametrize(
    "path", ["run/stream", "api/predict", "call/stream", "proxy=http://127.0.0.1/", "stream/x", "process_recording",
             "deep_link", "../nothing", "reset"]
)  # fmt: skip
def test_what_this_page_does_not_use_is_shut(page, path):
    assert httpx.post(f"{page}gradio_api/{path}", json={"data": [], "session_hash": "a"}).status_code in (404, 405)


# --- arguments of the wrong number and type
WRONG = [None, True, -1, 1e308, "x" * 50, [], [[]], {}, {"a": 1}]


def test_no_event_takes_what_it_does_not_expect(visitor):
    client = visitor()
    for event in client.config["dependencies"]:
        if not event["backend_fn"]:
            continue
        count = len(event["inputs"])
        for data in ([None] * (count + 1), {"a": 1}, "text", None):
            assert client.join(event, data).status_code == 422
        for sent in ([1], "text", 5):
            assert client.join(event, [None] * count, sent).status_code in (200, 422, 429)
    for index in (-1, 10**6, "0", None, 1.5, [1], 10**30):
        assert client.join({"id": index}, []).status_code == 404
    for session in ("", "a b", "../x", "x" * 65, 5, None):
        body = {"fn_index": 0, "data": [], "session_hash": session}
        assert client.http.post("gradio_api/queue/join", json=body).status_code == 400
    for raw in (b"", b"[", b"[1]", b"[" * 100_000, b"\xff", b'"x"', b"1" * 5000):
        assert client.http.post("gradio_api/queue/join", content=raw, headers=JSON).status_code == 400


def test_every_server_function_answers_whatever_it_is_asked(visitor, page):
    client = visitor()
    names = {
        "lab": ["examine", "examine_edited", "export"], "trial": ["run_trial"],
        "audit": ["audit_scheduler", "class_names"], "effects": ["effects"],
        "theory": ["compute", "drawer"], "train": ["do"], "experiments-compare": ["stop_columns"],
        "experiments-branch": ["run_branches"], "experiments-own_picture": ["run_deed"],
        "experiments-nearest": ["run_nearest"],
    }  # fmt: skip
    keys = {
        "text", "steps", "size", "betas", "config", "format", "seed", "checkpoint", "class", "options", "spacing",
        "chapter", "values", "visitor", "token", "what", "value", "ticket", "asker", "give_up",
        "columns", "num_images", "deed", "pictures", "mask", "label", "count",
    }  # fmt: skip
    for component, functions in names.items():
        for name in functions:
            for wrong in WRONG:
                answer = client.call(component, name, wrong)
                assert answer.status_code in (200, 422), (name, wrong, answer.text)
            for wrong in ([], {"a": []}, 5, None, "\0" * 9):
                answer = client.call(component, name, dict.fromkeys(keys, wrong))
                assert answer.status_code == 200 and isinstance(answer.json(), dict), (name, wrong, answer.text)
    for name in ("nothing", "__init__", "postprocess", "", 5, None, ["examine"]):
        assert client.call("lab", name, {}).status_code == 404
    assert client.call("lab", "examine", {}, component_id=10**9).status_code == 404
    assert httpx.get(page).status_code == 200


# --- whose session, run and training
def test_a_run_is_read_stopped_and_replaced_by_its_owner_alone(visitor, state):
    owner, other = visitor("owned1"), visitor("other1")
    with owner.listening() as heard:
        owner.start(num_steps=1000)
        run = heard.until(lambda h: h.values)[0]["run"]
        assert "owned1" not in run and len(run) >= 20
        stopping = other.event("reverse-stop", "click")
        other.join(stopping, [run])  # knows the run's name, but is another session
        thief = visitor("thief1")
        thief.session = "owned1"  # knows the session's name, but has another cookie
        assert thief.join(stopping, [run]).status_code == 403
        assert thief.start(num_steps=5).status_code == 403
        assert thief.http.get("gradio_api/queue/data", params={"session_hash": "owned1"}).status_code == 403
        assert thief.http.get("gradio_api/heartbeat/owned1").status_code == 403
        cancel = {"session_hash": "owned1", "fn_index": stopping["id"], "event_id": "x"}
        assert thief.http.post("gradio_api/cancel", json=cancel).status_code == 403
        bare = visitor("owned1", with_cookie=False)
        assert bare.start(num_steps=5).status_code == 403
        owner.join(stopping, ["guessed"])
        seen = len(heard.values)
        heard.until(lambda h: len(h.values) > seen + 3)
        assert not any(value.get("done") for value in heard.values)
        owner.join(stopping, [run])
        assert heard.until(lambda h: [v for v in h.values if v.get("done")])[0]["stopped"]
    until(lambda: state()["chains"] == 0)


def test_a_training_is_ended_by_whoever_has_its_token(visitor, state):
    client = visitor()
    begin = client.event("train", "begin")
    with client.listening() as heard:
        client.join(begin, [], BEGIN | {"visitor": "me"})
        token = heard.until(lambda h: [v for v in h.values if v.get("step", 0) > 3])[0]["token"]
        assert len(token) >= 20 and client.session not in token
        assert "problem" in client.call("train", "do", {"token": "me", "what": "pause"}).json()
        assert client.call("train", "do", {"token": "me", "what": "end"}).json() == {}
        assert state()["trainings"] == 1
        assert client.call("train", "do", {"token": token, "what": "end"}).json() == {}
        until(lambda: state()["trainings"] == 0)


def test_what_a_chapter_keeps_is_its_visitors_own_whatever_is_sent_and_goes_with_the_visitor(visitor, state):
    clients = [visitor("reader1"), visitor("reader2")]

    def losses(client: Client, k: int) -> str:
        asked = {"chapter": "training", "values": {"k": k}, "visitor": "the same"}
        return json.dumps(client.call("theory", "compute", asked).json()["blocks"][0])

    first = losses(clients[0], 11)
    losses(clients[1], 5)
    assert losses(clients[0], 11) == first and [state()["chapters"].count(c.session) for c in clients] == [1, 1]
    with clients[0].http.stream("GET", f"gradio_api/heartbeat/{clients[0].session}") as beat:
        next(beat.iter_lines())
    until(lambda: clients[0].session not in state()["chapters"])
    assert clients[1].session in state()["chapters"]


def test_who_never_listens_blocks_nobody_and_the_seventh_waits_and_is_told(visitor, state):
    deaf = [visitor(with_cookie=False) for _ in range(6)]
    for client in deaf:
        assert client.join(client.event("train", "begin"), [], BEGIN | {"visitor": "x"}).status_code == 200
    until(lambda: state()["trainings"] == 6)
    seventh = visitor()
    with seventh.listening() as heard:
        seventh.join(seventh.event("train", "begin"), [], BEGIN | {"visitor": "x"})
        assert heard.until(lambda h: h.values)[0] | {"token": ""} == {
            "visitor": "x", "run": 1, "token": "", "state": "waiting", "step": 0, "place": 1,
        }  # fmt: skip
        heard.until(lambda h: [v for v in h.values if v.get("step", 0) > 3], owners.GONE_S + 15)
    seventh.close()
    until(lambda: state()["trainings"] == state()["turns"] == 0, 2 * owners.GONE_S + 15)


# --- files
@pytest.mark.parametrize("name", ["x/../..", "../../../../etc", "/etc", "a" * 500, "\0", "..\\..", "~"])
def test_nothing_a_visitor_sends_becomes_part_of_a_path(visitor, state, name):
    client = visitor()
    before = set(Path(state()["root"]).parent.iterdir())
    with client.listening() as heard:
        client.join(client.event("train", "begin"), [], BEGIN | {"visitor": name, "then": "single_step"})
        value = heard.until(lambda h: [v for v in h.values if v.get("step", 0) >= 1])[0]
        for event in ("download", "keep"):
            data = [50] if event == "keep" else []
            client.join(client.event("train", event), data, {"visitor": name, "token": name})
        heard.until(lambda h: len(h.errors) >= 2)
        client.join(client.event("train", "download"), [], {"token": value["token"], "visitor": name})
        made = heard.until(lambda h: [m for m in h.messages if "trained-mixture-1-steps" in json.dumps(m)])
    path = made[0]["output"]["data"][0]["path"]
    assert Path(path).is_relative_to(state()["root"]) and Path(path).suffix == ".zip"
    assert set(Path(state()["root"]).parent.iterdir()) == before
    assert all(part.isascii() and ".." not in part for part in state()["files"])


def test_a_file_is_made_only_of_a_run_and_goes_with_its_visitor(visitor, state):
    client, before = visitor(), state()["files"]
    with client.listening() as heard:
        client.join(client.event("reverse-gif", "click"), [])
        heard.until(lambda h: h.errors)
        assert "press Start first" in heard.errors[0] and state()["files"] == before
    with client.listening() as heard:
        client.start(num_steps=5)
        heard.until(lambda h: any(v.get("done") for v in h.values))
    with client.listening() as heard:
        client.join(client.event("reverse-npz", "click"), [])
        (path,) = heard.until(lambda h: h.paths)
    assert [p for p in state()["files"] if p.endswith(".npz")] == [str(Path(path).relative_to(state()["root"]))]
    with client.http.stream("GET", f"gradio_api/heartbeat/{client.session}") as beat:
        next(beat.iter_lines())
    until(lambda: not [p for p in state()["files"] if p.endswith(".npz")])


# --- failures
@pytest.mark.parametrize(("seed", "words"), [(9001, "lost its weights"), (9002, "memory is not enough"),
                                             (9003, "graphics card's memory"), (9004, "disk is full")])  # fmt: skip
def test_a_chain_that_fails_says_at_which_step_and_why_and_keeps_its_frames(visitor, seed, words):
    client = visitor()
    with client.listening() as heard:
        client.start(num_steps=8, seed=seed)
        last = heard.until(lambda h: [v for v in h.values if v.get("done")])[0]
        frames = len({k for v in heard.values for k, *_ in v.get("frames") or []})
    assert words in last["problem"] and last["stopped"] and last["total"] == FAILS_AFTER == frames
    with client.listening() as heard:  # and the next one runs
        client.start(num_steps=8, seed=1)
        others = heard.until(lambda h: [v for v in h.values if v.get("done") and v["run"] != last["run"]])
        assert others[0]["problem"] == ""


@pytest.mark.parametrize("seed", FAILURES)
def test_a_training_or_a_file_that_fails_says_so(visitor, seed):
    client = visitor()
    with client.listening() as heard:
        client.join(client.event("train", "begin"), [], BEGIN | {"seed": seed, "visitor": "x"})
        assert heard.until(lambda h: [v for v in h.values if v.get("state") == "failed"])[0]["problem"]
    client = visitor()
    with client.listening() as heard:
        client.start(num_steps=3, seed=seed - 9000)
        heard.until(lambda h: [v for v in h.values if v.get("done")])
    with client.listening() as heard:
        client.join(client.event("reverse-gif", "click"), [])
        assert "None" not in heard.until(lambda h: h.errors)[0]


def test_a_chapter_and_an_address_that_fail_say_so(visitor, page):
    client = visitor()
    for t, words in ((1000, "the program itself failed"), (999, "the memory is not enough")):
        answer = client.call("theory", "compute", {"chapter": "closed_form", "values": {"t": t}}).json()
        assert words in answer["problem"]
    load = next(d for d in client.config["dependencies"] if d["targets"][0][1] == "load" and len(d["outputs"]) > 20)
    for seed in FAILURES:
        query = f"?from_forward=true&t=300&noise_seed={seed}&digit=3"
        with client.listening() as heard:
            body = {"fn_index": load["id"], "data": [], "session_hash": client.session}
            client.http.post(f"gradio_api/queue/join{query}", json=body)
            client.under_way += 1
            done = heard.until(lambda h: [m for m in h.messages if m["msg"] == "process_completed"])[0]
            assert done["success"] and 3 in done["output"]["data"]
            assert any("could not be used" in m.get("log", "") for m in heard.messages)


# --- many at once
def test_a_hundred_waiting_chains_and_forty_trials_leave_the_page_answering(visitor, state):
    crowd = [visitor(with_cookie=False) for _ in range(3)]
    for i in range(102):
        crowd[0].session = f"crowd{i}"
        assert crowd[0].start(num_steps=1000).status_code == 200
    press = {"betas": betas(), "config": {}, "steps": "10", "checkpoint": "mnist", "seed": 0}
    with ThreadPoolExecutor(40) as threads:
        presses = [threads.submit(crowd[1].call, "trial", "run_trial", press | {"asker": f"a{i}"}) for i in range(40)]
        client = visitor()
        digit = client.component("forward-digit")
        of_digit = [d for d in client.config["dependencies"] if [digit, "change"] in d["targets"]]
        film = next(d for d in of_digit if len(d["inputs"]) == 2)
        for value in (1, 2, 3):
            with client.listening() as heard:
                assert client.join(film, [value, 0]).status_code == 200
                done = heard.until(lambda h: [m for m in h.messages if m["msg"] == "process_completed"])[0]
                assert done["success"]
        assert client.ask("lab", "examine", {"text": "cosine"})["name"] == "cosine"
        asked = {"chapter": "posterior", "values": {}, "visitor": "v"}
        assert "blocks" in client.call("theory", "compute", asked).json()
        for one in presses:
            answer = one.result().json()
            assert {"place", "ticket"} <= set(answer) or "rows" in answer or answer.get("problem"), answer
    waiting = visitor()
    with waiting.listening() as heard:
        waiting.start(num_steps=3)
        assert heard.until(lambda h: h.values)[0]["place"] >= 10
        waiting.start(num_steps=3)  # pressed again: one place, not two
        places = heard.until(lambda h: [v for v in h.values if "place" in v and v["run"] != h.values[0]["run"]])
        assert places[0]["place"] <= 103
    until(lambda: state()["chains"] == 0, 3 * owners.GONE_S + 60)
