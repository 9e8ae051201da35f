"""A run as files: arrays, films, and a page that plays by itself."""

import html
import importlib.util
import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import ddpm_playground as pg
from ddpm_playground.core.phrase import Refusal
from ddpm_playground.watching import watched_run
from ddpm_playground.watching.frames import MOST_FRAMES
from ddpm_playground.watching.player_page import CELL_FRAMES, page, words
from ddpm_playground.watching.watched_run import LONG, WatchedRun

from .loops_of_others import SHAPES, STEPS, made, network, walk


def watched(name: str, shape: tuple[int, ...]) -> WatchedRun:
    scheduler = made(name)
    with pg.watch(scheduler, open=None):
        walk(scheduler, shape)
    return pg.last()


@pytest.fixture(scope="module")
def run() -> WatchedRun:
    return watched("EulerDiscreteScheduler", SHAPES["latent"])


def told(text: str) -> dict:
    """What a player's page holds."""
    found = re.search(r'<script type="application/json" id="run">(.*?)</script>', text, re.S)
    assert found
    return json.loads(found[1])


def test_the_arrays_are_read_back_without_pickles(run: WatchedRun, tmp_path: Path) -> None:
    with np.load(run.save(tmp_path / "run.npz"), allow_pickle=False) as file:
        assert {"x_t", "x_hat_0", "eps_hat", "x_end", "kept", "timestep", "sigma", "error", "facts"} <= set(file.files)
        assert np.array_equal(file["x_t"], run.x_t) and np.array_equal(file["timestep"], run.timesteps)
        facts = json.loads(str(file["facts"]))
    assert facts["config"]["_class_name"] == "EulerDiscreteScheduler" and facts["shape"] == [1, 4, 8, 8]
    assert facts["audit"]["mismatches"] == 0 and facts["x_hat_0_from"] in facts["notes"]


@pytest.mark.parametrize("shape", [*SHAPES.values(), (1, 16, 64), (3, 5), (2, 3, 7, 9), (1, 2, 1, 1), (1, 16, 8, 8)])
def test_a_film_of_any_shape_has_a_frame_a_step_and_the_end(shape: tuple[int, ...], tmp_path: Path) -> None:
    saved = watched("FlowMatchEulerDiscreteScheduler", shape).save(tmp_path / "run.gif")
    with Image.open(saved) as film:
        assert film.n_frames == STEPS + 1
    assert len(told(page(pg.last()))["frames"]) == STEPS


def test_the_page_needs_nobody(run: WatchedRun, tmp_path: Path) -> None:
    text = run.save(tmp_path / "run.html").read_text(encoding="utf-8")
    assert "default-src 'none'" in text and "connect-src 'none'" in text
    elsewhere = re.findall(r"(?:src|href|url\()\s*=?\s*[\"']?(https?:[^\"')\s]+)", text)
    assert elsewhere == [] and "@" not in re.sub(r"@media|@keyframes", "", text.partition('id="run"')[0])
    data = told(text)
    assert [frame["numbers"]["t"] for frame in data["frames"]] == run.timesteps.tolist()
    assert data["frames"][0]["numbers"]["leads_to"] == data["frames"][0]["numbers"]["next"]
    assert data["end"]["image"].startswith("data:image/png;base64,") and data["live"] is None
    assert "Stable Diffusion 1's linear map" in data["notes"][0]


def test_the_page_speaks_both_languages_with_the_same_words(run: WatchedRun) -> None:
    assert words()["en"].keys() == words()["zh-TW"].keys()
    data = told(page(run, "zh-TW"))
    assert data["words"]["play"] == "播放" and data["state"] == f"{STEPS} 步，finished"
    assert data["findings"] and all(re.search("[一-鿿]", one["message"]) for one in data["findings"])


def test_a_cell_waits_for_no_doctor_and_says_so_and_a_file_has_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """The doctor walks a config of 1,000 steps for seconds; repr and a cell show what is at hand."""
    scheduler, x = made("DDIMScheduler"), torch.zeros(1, 1, 2, 2)
    scheduler.set_timesteps(LONG + 1)
    with pg.watch(scheduler, open=None):
        for t in scheduler.timesteps:
            x = scheduler.step(network(x, t), t, x).prev_sample
    run, asked = pg.last(), []
    doctor = watched_run.config_findings
    monkeypatch.setattr(watched_run, "config_findings", lambda of: asked.append(of) or doctor(of))
    assert repr(run).endswith("; its config is examined by .findings>")
    cell = told(html.unescape(run._repr_html_()))
    assert asked == [] and len(cell["frames"]) == CELL_FRAMES and "a cell shows 60 of the 201" in cell["notes"][0]
    assert "not shown here: run.findings and run.save have them" in cell["notes"][1]
    saved = told(page(run))
    assert asked == [run] and len(saved["findings"]) == len(run.findings) and len(saved["frames"]) == MOST_FRAMES
    assert ".findings" not in repr(run) and "not shown here" not in run._repr_html_()


def test_a_name_cannot_end_the_script(run: WatchedRun) -> None:
    class Odd:
        scheduler = made("DDIMScheduler")
        components = {"scheduler": scheduler}

    Odd.__name__ = "</script><script>alert(1)</script>@script@"
    with pg.watch(Odd(), open=None):
        walk(Odd.scheduler, SHAPES["pixel"])
    text = page(pg.last())
    assert text.count("</script>") == page(run).count("</script>") and told(text)["title"].startswith("</script>")


@pytest.mark.parametrize(("name", "match"), [("run.txt", "ending"), ("run", "ending"), ("folder.npz", "is a folder")])
def test_other_files_are_refused(run: WatchedRun, tmp_path: Path, name: str, match: str) -> None:
    (tmp_path / "folder.npz").mkdir()
    with pytest.raises(Refusal, match=match):
        run.save(tmp_path / name)
    with pytest.raises(Refusal, match="language"):
        run.save(tmp_path / "run.html", language="fr")


@pytest.mark.skipif(importlib.util.find_spec("av") is not None, reason="av is installed")
def test_a_video_without_its_package_says_what_to_install(run: WatchedRun, tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="pip install av"):
        run.save(tmp_path / "run.mp4")
    assert list(tmp_path.iterdir()) == []


def test_a_video_is_one(run: WatchedRun, tmp_path: Path) -> None:
    av = pytest.importorskip("av")
    with av.open(str(run.save(tmp_path / "run.mp4"))) as film:
        assert len(list(film.decode(video=0))) > STEPS


def test_numbers_that_are_none_are_shown_as_unknown() -> None:
    """A run of which nothing is finite, and one of another kind of x̂_0 than its shape, still make a page."""
    scheduler = made("DDIMScheduler")
    x = torch.full(SHAPES["pixel"], float("nan"))
    with pg.watch(scheduler, open=None):
        for t in scheduler.timesteps:
            x = scheduler.step(network(x, t), t, x).prev_sample
    data = told(page(pg.last()))
    assert data["frames"][0]["images"] == {"x_t": None, "x_hat_0": None, "eps_hat": None} and data["end"] is None
    assert data["frames"][0]["numbers"]["rms_x_t"] is None and data["findings"][0]["severity"] == "error"
