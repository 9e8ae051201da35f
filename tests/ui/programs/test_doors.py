"""The doors for programs, from outside: MCP by its own client, Gradio's Python client, and REST, on one page."""

import asyncio
import base64
import io
import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import numpy as np
import pytest
from gradio_client import Client, handle_file
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from PIL import Image

from ddpm_playground.api.offered import DEEDS
from ddpm_playground.cli import main
from ddpm_playground.learn.data.pictures import bundled_digits
from ddpm_playground.recipe import recipe_from_query
from tests.browser.server import served
from tests.loops import run
from tests.tiny import tiny_checkpoint

T = 1000
LINEAR = np.linspace(1e-4, 0.02, T)
SCALED = {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}
STABLE = {"_class_name": "DDIMScheduler", **SCALED}
ZERO = {**STABLE, "rescale_betas_zero_snr": True, "prediction_type": "v_prediction", "timestep_spacing": "trailing"}
LEADING = {"_class_name": "EulerDiscreteScheduler", **SCALED, "timestep_spacing": "leading"}
TINY = {"checkpoint": "tiny", "num_samples": 3, "steps": 5, "seed": 4}
# The ten questions: a deed and its arguments.
QUESTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "stable": ("check_schedule", {"config": STABLE}),
    "zero": ("check_schedule", {"config": json.dumps(ZERO)}),
    "cosine": ("show_schedule", {"config": "cosine", "at": [500]}),
    "euler": ("check_schedule", {"config": LEADING, "steps": [10]}),
    "ddim": ("audit_scheduler", {"scheduler": "DDIMScheduler", "spacing": "linspace", "steps": 10}),
    "explained": ("explain", {"t": 500, "config": "linear"}),
    "broken": ("check_schedule", {"config": "[0.01, 0.02, NaN, 0.03]", "quantity": "beta"}),
    "noised": ("noise", {"t": 250, "digit": 3, "noise_seed": 5}),
    "drawn": ("sample", TINY),
    "bounded": ("bound", {"checkpoint": "tiny", "num_images": 2, "num_ts": 4}),
    "opened": ("open_link", {"tab": "forward", "schedule": "cosine", "t": 500, "digit": 3}),
    "refused": ("explain", {"t": 1001, "config": "cosine"}),
    "of_type": ("explain", {"t": "many", "config": "cosine"}),
    "no_config": ("check_schedule", {"config": "/etc/passwd"}),
}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a page that speaks MCP and knows a tiny network besides."""
    root = tmp_path_factory.mktemp("networks")
    tiny_checkpoint(root / "tiny", size=28, T=20)
    tiny_checkpoint(root / "small", T=20)
    more = {"GRADIO_MCP_SERVER": "True", "DDPM_CHECKPOINTS": str(root), "DDPM_ENGINE": "eager"}
    with served("tests.ui.programs.served_page", TMPDIR=str(tmp_path_factory.mktemp("page")), **more) as url:
        yield url


@pytest.fixture(scope="module")
def tiny(page: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny network's folder, which is made of a seed: the same anew."""
    return tiny_checkpoint(tmp_path_factory.mktemp("same") / "tiny", size=28, T=20)


async def _asked(url: str) -> tuple[list[Any], dict[str, Any]]:
    """The tools, and the answer to every question, through one MCP session."""
    async with (
        httpx.AsyncClient(timeout=300) as http,
        streamable_http_client(f"{url}gradio_api/mcp/", http_client=http) as (reading, writing, _),
        ClientSession(reading, writing) as session,
    ):
        await session.initialize()
        tools = (await session.list_tools()).tools
        return tools, {key: await session.call_tool(name, given) for key, (name, given) in QUESTIONS.items()}


@pytest.fixture(scope="module")
def told(page: str) -> tuple[list[Any], dict[str, Any]]:
    """What MCP said."""
    return run(_asked(page), 300.0)


@pytest.fixture(scope="module")
def facts(told: tuple[list[Any], dict[str, Any]]) -> Callable[[str], dict[str, Any]]:
    """The facts of an answer, which must be JSON without NaN."""

    def of(key: str) -> dict[str, Any]:
        answer = told[1][key]
        assert not answer.isError, answer.content
        return json.loads(answer.content[0].text, parse_constant=pytest.fail)

    return of


@pytest.fixture(scope="module")
def python(page: str, tmp_path_factory: pytest.TempPathFactory) -> Client:
    """Gradio's Python client of the page."""
    return Client(page, verbose=False, download_files=str(tmp_path_factory.mktemp("downloads")))


def file_of(page: str, answer: Any, suffix: str) -> bytes:
    """The file of an MCP answer whose address ends so."""
    text = next(part.text for part in answer.content if part.type == "text" and part.text.endswith(suffix))
    got = httpx.get(text[text.index("http") :], timeout=30)
    got.raise_for_status()
    return got.content


def alpha_bars(betas: np.ndarray) -> np.ndarray:
    return np.concatenate([[1.0], np.cumprod(1 - betas)])


def test_which_of_two_configs_leaves_signal_at_T(facts) -> None:
    left = math.sqrt(alpha_bars(np.linspace(0.00085**0.5, 0.012**0.5, T) ** 2)[-1])
    stable, zero = facts("stable"), facts("zero")
    assert stable["schedule"]["sqrt_alpha_bar_T"] == pytest.approx(left, rel=1e-5) and left > 0.06
    assert zero["schedule"]["sqrt_alpha_bar_T"] == 0.0
    assert "terminal-snr" in {one["code"] for one in stable["findings"] if one["severity"] != "note"}
    assert "terminal-snr" not in {one["code"] for one in zero["findings"]}


def test_what_is_alpha_bar_500_of_cosine(facts) -> None:
    def f(t: float) -> float:
        return math.cos((t / T + 0.008) / 1.008 * math.pi / 2) ** 2

    (row,) = facts("cosine")["rows"]
    assert row["t"] == 500 and row["alpha_bar"] == pytest.approx(f(500) / f(0), rel=1e-9)


def test_does_euler_s_spacing_skip_the_last_step(facts) -> None:
    first = max(np.arange(10) * (T // 10))  # leading, without an offset: 900 of 999
    found = {one["code"]: one for one in facts("euler")["findings"]}
    assert first < T - 1 and "spacing-skips-t" in found
    assert str(T) in found["spacing-skips-t"]["message"].replace(",", "")
    assert "spacing-skips-t" not in {one["code"] for one in facts("zero")["findings"]}


def test_where_do_ddim_s_steps_lead(facts) -> None:
    visited = np.linspace(0, T - 1, 10).round()[::-1].astype(int)
    used, after = visited - T // 10, [*visited[1:], None]
    wrong = [t for t, u, n in zip(visited, used, after, strict=True) if n is not None and max(u, -1) != n]
    found = facts("ddim")
    assert found["timesteps"] == visited.tolist() and found["mismatches"] == len(wrong) > 0
    assert [one["used"] for one in found["transitions"]] == [u if u >= 0 else None for u in used.tolist()]


def test_what_happens_at_t_500_of_linear(facts) -> None:
    bars, found = alpha_bars(LINEAR), facts("explained")
    numbers, beta = found["numbers"], LINEAR[499]
    wanted = {
        "alpha_bar": bars[500], "sqrt_alpha_bar": bars[500] ** 0.5, "snr": bars[500] / (1 - bars[500]),
        "beta_tilde": (1 - bars[499]) / (1 - bars[500]) * beta, "line_4_outer": (1 - beta) ** -0.5,
        "line_4_inner": beta / (1 - bars[500]) ** 0.5, "posterior_x_0": bars[499] ** 0.5 * beta / (1 - bars[500]),
        "posterior_x_t": (1 - beta) ** 0.5 * (1 - bars[499]) / (1 - bars[500]),
    }  # fmt: skip
    for name, value in wanted.items():
        assert numbers[name] == pytest.approx(value, rel=1e-9), name
    assert found["diffusers_timestep"] == 499 and "more noise than signal" in found["in_words"]


def test_which_beta_is_broken(facts) -> None:
    found = facts("broken")["findings"]
    assert [one["where"] for one in found if one["code"] == "not-finite"] == [[3, 3]]


def test_how_does_a_three_look_at_t_250(page: str, facts, told) -> None:
    bar = alpha_bars(LINEAR)[250]
    arrays = np.load(io.BytesIO(file_of(page, told[1]["noised"], ".npz")))
    x_0 = bundled_digits().images[3].numpy() / 127.5 - 1.0
    np.testing.assert_allclose(arrays["x_0"], x_0, atol=1e-6)
    np.testing.assert_allclose(arrays["x_t"], bar**0.5 * x_0 + (1 - bar) ** 0.5 * arrays["eps"], atol=1e-5)
    assert abs(arrays["eps"].std() - 1) < 0.1 and facts("noised")["sqrt_alpha_bar"] == pytest.approx(bar**0.5)
    (picture,) = [part for part in told[1]["noised"].content if part.type == "image"]
    assert Image.open(io.BytesIO(base64.b64decode(picture.data))).size[0] > 3 * 28


def test_what_does_the_network_draw(page: str, facts, told, tiny: Path, tmp_path: Path) -> None:
    arguments = ["--num-samples", "3", "--steps", "5", "--seed", "4", "--engine", "eager", "--device", "cpu"]
    assert main(["sample", "--checkpoint", str(tiny), "--out", str(tmp_path / "own.npz"), *arguments]) == 0
    mine, its = np.load(tmp_path / "own.npz"), np.load(io.BytesIO(file_of(page, told[1]["drawn"], ".npz")))
    np.testing.assert_array_equal(its["images"], mine["images"])
    np.testing.assert_array_equal(its["labels"], mine["labels"])
    # As this folder's scheduler spaces five of twenty steps, leading.
    assert facts("drawn")["visited"] == [17, 13, 9, 5, 1, 0]
    with Image.open(io.BytesIO(file_of(page, told[1]["drawn"], ".gif"))) as film:
        assert film.n_frames == 6


def test_what_is_the_bound_of_a_network(facts) -> None:
    found = facts("bounded")
    assert found["visited"] == 4 and found["T"] == 20
    parts = found["prior_bpd"] + found["decoder_bpd"] + sum(found["quarters_bpd"])
    assert found["total_bpd"] == pytest.approx(parts, rel=1e-9)
    # Of an ε̂ that says nothing, each step costs about as much as its noise; the prior depends on no network at all:
    # digits have E x_0² of 0.8 to 0.95 per pixel, here and there.
    bar = alpha_bars(np.linspace(1e-4, 0.02, 20))[-1]
    low, high = ((bar * p - bar - math.log(1 - bar)) / 2 / math.log(2) for p in (0.75, 0.97))
    assert low < found["prior_bpd"] < high and found["error"] >= found["standard_error"]


def test_where_is_the_very_picture(page: str, facts) -> None:
    link = urlsplit(facts("opened")["link"])
    recipe, problems = recipe_from_query({key: value[0] for key, value in parse_qs(link.query).items()})
    assert f"{link.scheme}://{link.netloc}/" == page and problems == []
    assert (recipe.tab, recipe.schedule, recipe.t, recipe.digit) == ("forward", "cosine", 500, 3)
    noised = urlsplit(facts("noised")["link"])
    recipe, problems = recipe_from_query({key: value[0] for key, value in parse_qs(noised.query).items()})
    assert problems == [] and (recipe.tab, recipe.t, recipe.digit, recipe.noise_seed) == ("forward", 250, 3, 5)


def test_mcp_says_why_not(told) -> None:
    refused = {key: told[1][key] for key in ("refused", "of_type", "no_config")}
    assert all(answer.isError for answer in refused.values())
    assert refused["refused"].content[0].text == (
        "t must be a whole number in [1, 1000], got 1001; pick one in that range"
    )
    assert "root:" not in refused["no_config"].content[0].text


def test_the_tools_are_the_deeds_with_their_words(told) -> None:
    tools = {tool.name: tool for tool in told[0]}
    assert tools.keys() == DEEDS.keys()
    for name, tool in tools.items():
        assert len(tool.description) > 100 and "Example" in tool.description, name
        for argument, about in tool.inputSchema["properties"].items():
            assert len(about["description"]) > 3, (name, argument)
    assert tools["explain"].inputSchema["properties"]["t"]["type"] == "integer"
    assert tools["explain"].inputSchema["required"] == ["t"]


def test_the_python_client_s_api_reads_like_documentation(python: Client) -> None:
    info = python.view_api(return_format="dict", print_info=False)
    assert [name.lstrip("/") for name in info["named_endpoints"]] == list(DEEDS)  # the page's own events are private
    assert info["unnamed_endpoints"] == {}
    said = python.view_api(return_format="str", print_info=False)
    assert "number of sampling steps S, in [1, 1000]" in said and "-> (facts, noise_png, noise_npz)" in said
    assert all(endpoint["description"] for endpoint in info["named_endpoints"].values())


def test_files_go_both_ways(python: Client, tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text(json.dumps(STABLE))
    found = python.predict(handle_file(tmp_path / "mine.json"), [10], api_name="/check_schedule")
    assert found["schedule"]["class"] == "DDIMScheduler"
    Image.fromarray(np.full((40, 60), 200, np.uint8)).save(tmp_path / "grey.png")
    own = handle_file(tmp_path / "grey.png")
    facts, strip, arrays = python.predict(0, picture=own, size=16, api_name="/noise")
    assert facts["shape"] == [1, 16, 16] and facts["link"] is None
    with np.load(arrays) as made:
        np.testing.assert_allclose(made["x_t"], 200 / 127.5 - 1, atol=0.01)
    with Image.open(strip) as picture:
        assert picture.format == "PNG"


STRANGERS: list[tuple[str, dict[str, Any], str]] = [
    ("check_schedule", {"config": {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}}, "not uploaded here"),
    ("check_schedule", {"config": {"path": "../../../etc/passwd", "meta": {"_type": "gradio.FileData"}}}, "uploaded"),
    ("noise", {"t": 1, "picture": {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}}, "not uploaded here"),
    ("noise", {"t": 1, "picture": "file:///etc/passwd"}, "data: URL"),
    ("noise", {"t": 1, "picture": "data:image/svg+xml;base64," + base64.b64encode(b"<svg/>").decode()}, "SVG"),
    ("noise", {"t": True}, "whole number"),
    ("check_schedule", {"config": "x" * (11 << 20)}, "at most 10 MB"),
    ("check_schedule", {"config": "[" * 5000}, "nested"),
    ("check_schedule", {"config": {"solver_order": 10**9, "_class_name": "DEISMultistepScheduler"}}, ""),
    ("check_schedule", {"config": "cosine", "steps": [1000] * 9}, "up to 8"),
    ("check_schedule", {"config": "cosine", "timesteps": [1], "sigmas": [2]}, "one of the two"),
    ("show_schedule", {"config": "cosine", "at": [10**30]}, "whole number in"),
    ("show_schedule", {"config": "linear T=1e9"}, "T must be"),
    ("audit_scheduler", {"scheduler": "os.system", "steps": 3}, ""),
    ("audit_scheduler", {"scheduler": "DDIMScheduler", "steps": 10**9}, "1000"),
    ("explain", {"t": 1e400}, ""),
    ("explain", {}, "needs t"),
    ("explain", {"t": 5, "colour": "red"}, "no argument 'colour'; it has t, config"),
    ("sample", {"checkpoint": "../../../etc"}, "outside the allowed folders"),
    ("sample", {"checkpoint": "tiny", "num_samples": 10**6}, "[1, 64]"),
    ("sample", {"checkpoint": "tiny", "steps": 21}, "[1, 20]"),
    ("sample", {"checkpoint": "tiny", "eta": 0.5}, "belongs to the sampler ddim"),
    ("bound", {"checkpoint": "tiny", "num_images": 64, "num_ts": 1000}, "at most 2000"),
    ("bound", {"checkpoint": "small"}, "on the command line evaluate --bound with pictures"),
    ("open_link", {"lab": "x" * 3000}, "2000 characters"),
    ("open_link", {"tab": "<script>"}, "tab must be one of"),
]


def called(http: httpx.Client, name: str, given: dict[str, Any]) -> tuple[str, Any]:
    """REST by names: ("complete" or "error", what was said); ("refused", the sentence) where it is not let in."""
    text = json.dumps(given)
    asked = http.post(f"gradio_api/call/v2/{name}", content=text, headers={"content-type": "application/json"})
    if asked.status_code != 200:
        return "refused", asked.json()["detail"]
    answer = http.get(f"gradio_api/call/{name}/{asked.json()['event_id']}").text
    event, data = (answer.rpartition("event: ")[2]).split("\ndata: ", 1)
    return event, json.loads(data)


def test_strangers_get_a_sentence_and_the_server_lives_on(page: str) -> None:
    with httpx.Client(base_url=page, timeout=120) as http:
        for name, given, wanted in STRANGERS:
            event, said = called(http, name, given)
            sentence = said["error"] if event == "error" else said
            shown = (name, str(given)[:80], str(said)[:200])
            assert event in ("error", "refused") or (not wanted and event == "complete"), shown
            assert wanted in str(sentence), shown
            assert "Traceback" not in str(said) and "root:" not in str(said), shown
        event, (facts,) = called(http, "explain", {"t": 1, "config": "linear T=10"})
        assert event == "complete" and facts["numbers"]["beta"] == pytest.approx(1e-4)


def test_rest_takes_values_in_order_too_and_nothing_but_deeds(page: str) -> None:
    with httpx.Client(base_url=page, timeout=60) as http:
        asked = http.post("gradio_api/call/explain", json={"data": [5, "linear"]})
        assert '"t": 5' in http.get(f"gradio_api/call/explain/{asked.json()['event_id']}").text
        for path, body, status in (
            ("call/explain", {"data": [5]}, 422), ("call/explain", {"data": [5, "linear"], "session_hash": "a"}, 422),
            ("call/restore", {"data": []}, 404), ("call/v2/restore", {}, 404), ("call/v2/explain", [5], 400),
            ("run/explain", {"data": [5, "linear"]}, 404), ("call/../run/explain", {"data": []}, 404),
            ("mcp/messages/", {}, 404),
        ):  # fmt: skip
            assert http.post(f"gradio_api/{path}", json=body).status_code == status, path
        assert (
            http.post("gradio_api/mcp/", content="{", headers={"content-type": "application/json"}).status_code == 400
        )
        assert http.post("gradio_api/mcp/", json={}, headers={"origin": "http://evil.example"}).status_code == 403
        assert http.get("gradio_api/mcp/", headers={"accept": "text/event-stream"}).status_code == 405
        assert http.get("gradio_api/mcp/sse").status_code == 404
        for path in ("/etc/passwd", "../../etc/passwd", str(Path(__file__))):
            assert http.get(f"gradio_api/file={path}").status_code in (403, 404), path


def test_one_address_waits_for_its_own_answers(page: str) -> None:
    async def at_once() -> list[str]:
        async with httpx.AsyncClient(base_url=page, timeout=120) as http:

            async def one(seed: int) -> str:
                asked = await http.post("gradio_api/call/v2/noise", json={"t": 5, "noise_seed": seed})
                return (await http.get(f"gradio_api/call/noise/{asked.json()['event_id']}")).text

            return await asyncio.gather(*map(one, range(12)))

    said = run(at_once(), 300.0)
    done = [text for text in said if "event: complete" in text]
    assert len(done) >= 4 and all(
        "event: complete" in text or "4 requests of this address wait already" in text for text in said
    )
    assert len(done) < 12


def test_the_page_that_readers_open_is_no_heavier_for_them(page: str) -> None:
    first = httpx.get(page, timeout=30).text
    assert "check_schedule" not in first and "num_train_timesteps" not in first
