"""The noise predictor told another t, and the graphs that show its inputs and the two models."""

import pytest
import torch

from ddpm_playground.lecture.wrong_t import mse, mse_by_told, noised, said
from ddpm_playground.run import shelf
from ddpm_playground.ui.chapters import CHAPTERS
from ddpm_playground.ui.chapters.chapter import words
from ddpm_playground.ui.chapters.graphs import noise_predictor, vae_and_ddpm
from ddpm_playground.ui.words.text import table


def test_the_network_is_told_that_t() -> None:
    x_t, eps, label = noised(7, 250)
    with torch.no_grad():
        wanted = shelf().load("mnist").unet(x_t, 699, class_labels=torch.tensor([label])).sample
    torch.testing.assert_close(said(7, 250, 700), wanted, atol=1e-4, rtol=0)
    alpha_bar = float(shelf().load("mnist").schedule.alpha_bars[250])
    x_0 = (x_t - (1 - alpha_bar) ** 0.5 * eps) / alpha_bar**0.5
    assert float(x_0.min()) == pytest.approx(-1, abs=1e-4) and float(x_0.max()) == pytest.approx(1, abs=1e-4)
    assert mse(eps, torch.zeros_like(eps)) == pytest.approx(float((eps**2).mean()))


def test_the_right_t_has_nearly_the_least_error() -> None:
    for t in (100, 250, 600):
        told, errors = mse_by_told(7, t)
        assert t in told.tolist() and bool((told.diff() > 0).all())
        right = float(errors[told == t])
        assert right < 1.3 * float(errors.min()) and float(errors[told == 1000]) > 1.5 * right
        assert right == pytest.approx(mse(noised(7, t).eps, said(7, t, t)), rel=1e-3)


def test_chapter_1_shows_both_inputs() -> None:
    for told, word in ((700, "told_wrong"), (250, "input_2")):
        blocks = CHAPTERS["training"].shown(CHAPTERS["training"].read({"told": told})).blocks
        graph = next(block for block in blocks if block["kind"] == "diagram")["graphs"][0]
        assert [node["text"] for node in graph["nodes"]][:2] == ["x_{250}", str(told)]
        assert {"key": f"ch_graphs.{word}", "values": {}} in [label["text"] for label in graph["labels"]]
        assert any("MSE" in line for block in blocks if block["kind"] == "formula" for line in block["lines"])


@pytest.mark.parametrize("name", ["decoder", "lower_bound", "ddpm_bound"])
def test_vae_and_ddpm_stand_at_the_head(name: str) -> None:
    head = CHAPTERS[name].shown(CHAPTERS[name].read({})).blocks[0]
    assert head["kind"] == "diagram" and [graph["name"] for graph in head["graphs"]] == ["VAE", "DDPM"]
    lit = {("VAE", "DDPM")[i] for i, graph in enumerate(head["graphs"]) if any(a["lit"] for a in graph["arrows"])}
    assert lit == ({"DDPM"} if name == "ddpm_bound" else {"VAE"})


def test_arrows_join_nodes_that_there_are_and_words_exist() -> None:
    say = words("graphs")
    graphs = [*vae_and_ddpm(say, ("decoder",))["graphs"], noise_predictor(say, 250, 700)]
    for graph in graphs:
        for arrow in graph["arrows"]:
            assert arrow["start"] != arrow["end"] and max(arrow["start"], arrow["end"]) < len(graph["nodes"])
        for thing in (*graph["nodes"], *graph["labels"]):
            assert 0 < thing["x"] < 360 and 0 < thing["y"] < 180
            assert isinstance(thing["text"], str) or thing["text"]["key"] in table()
    # Nothing to learn in the diffusion process, whose arrows are the only dashed ones.
    assert [sum(not arrow["learned"] for arrow in graph["arrows"]) for graph in graphs] == [0, 3, 0]


def test_chapter_9_gives_a_reason_for_every_line() -> None:
    blocks = CHAPTERS["terms"].shown(CHAPTERS["terms"].read({"num_chains": 2, "num_steps": 4})).blocks
    rows = next(block for block in blocks if block["kind"] == "derivation")["rows"]
    assert len(rows) == 7 and len({row["why"]["key"] for row in rows}) == 7
    assert all(table(language)[row["why"]["key"]] for row in rows for language in ("en", "zh-TW"))


def test_chapters_3_and_6_write_out_the_integral_and_the_product() -> None:
    for name, wanted in (
        ("likelihood", r"\int_x P_{\text{data}}"),
        ("ddpm_bound", r"p(x_T)\,p_\theta(x_{T-1}\mid x_T)\cdots"),
    ):
        blocks = CHAPTERS[name].shown(CHAPTERS[name].read({})).blocks
        text = "".join(line for block in blocks if block["kind"] == "formula" for line in block["lines"])
        assert wanted in text
