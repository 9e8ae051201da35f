"""Graphs of models as JSON for the browser: nodes, arrows between them, and words beside them, on a 360 × 180 sheet.

A text is a symbol such as "x_t" as it stands, or a chapter's words. What is not lit is drawn faint.
"""

from collections.abc import Callable, Collection
from typing import Any

from ..protocol.chapter_blocks import DiagramBlock
from ..protocol.parts import Note
from .places import fill

Say = Callable[..., Note]
Text = str | Note


def node(x: float, y: float, text: Text, symbol: str = "", lit: bool = True, box: bool = False) -> dict[str, Any]:
    """A circle, or a box, with a text in it.

    Args:
        x: of its middle, 0…360.
        y: of its middle, 0…180.
        text: what stands in it.
        symbol: a key of views.theme.SYMBOLS, whose colour it has; "" for ink.
        lit: whether it is part of what is being told.
        box: a wide box instead of a circle.
    """
    return {"x": x, "y": y, "text": text, "symbol": symbol, "lit": lit, "box": box}


def arrow(start: int, end: int, bend: float = 0.0, lit: bool = True, learned: bool = True) -> dict[str, Any]:
    """From one node to another, by their places in the list.

    Args:
        start: the node that it leaves.
        end: the node that it reaches.
        bend: how far its middle is drawn aside, to the left of its way.
        lit: whether it is part of what is being told.
        learned: dashed where there is nothing to learn.
    """
    return {"start": start, "end": end, "bend": bend, "lit": lit, "learned": learned}


def beside(x: float, y: float, text: Text, lit: bool = True) -> dict[str, Any]:
    """Words on the sheet, their middle at (x, y)."""
    return {"x": x, "y": y, "text": text, "lit": lit}


def graph(
    name: str, nodes: list[dict[str, Any]], arrows: list[dict[str, Any]], labels: list[dict[str, Any]]
) -> dict[str, Any]:
    """One sheet with its name above it; "" for none."""
    return {"name": name, "nodes": nodes, "arrows": arrows, "labels": labels}


def diagram(*graphs: dict[str, Any], title: Note, note: Note | None = None) -> DiagramBlock:
    """Graphs side by side."""
    return {"kind": "diagram", "graphs": list(graphs), "title": title, "note": note}


def vae_and_ddpm(say: Say, lit: Collection[str]) -> DiagramBlock:
    """The VAE beside the DDPM: encoder ↔ diffusion process, z ↔ x_1 … x_T, decoder ↔ denoising.

    Args:
        say: words of "graphs" texts.
        lit: which of "encoder", "decoder", "diffusion", "denoising" the chapter is about.
    """
    on = {part: part in lit for part in ("encoder", "decoder", "diffusion", "denoising")}
    vae, ddpm = on["encoder"] or on["decoder"], on["diffusion"] or on["denoising"]
    left = graph(
        "VAE",
        [node(45, 90, "x", "x_0", vae), node(315, 90, "z", "sigma_z", vae)],
        [arrow(0, 1, 34, on["encoder"]), arrow(1, 0, 34, on["decoder"])],
        [
            beside(180, 27, say("encoder"), on["encoder"]), beside(180, 46, "q(z|x)", on["encoder"]),
            beside(180, 145, "p_θ(x|z)", on["decoder"]), beside(180, 164, say("decoder"), on["decoder"]),
            beside(315, 128, "p(z)", vae),
        ],
    )  # fmt: skip
    places = [(30, "x_0", "x_0"), (130, "x_1", "x_t"), (230, "…", ""), (330, "x_T", "eps")]
    right = graph(
        "DDPM",
        [node(x, 90, name, symbol, ddpm) for x, name, symbol in places],
        [arrow(i, i + 1, 22, on["diffusion"], learned=False) for i in range(3)]
        + [arrow(i + 1, i, 22, on["denoising"]) for i in range(3)],
        [
            beside(180, 27, say("diffusion"), on["diffusion"]), beside(180, 46, "q(x_t|x_{t−1})", on["diffusion"]),
            beside(180, 145, "p_θ(x_{t−1}|x_t)", on["denoising"]), beside(180, 164, say("denoising"), on["denoising"]),
            beside(330, 128, "p(x_T)", ddpm),
        ],
    )  # fmt: skip
    return diagram(left, right, title=say("title"), note=say("note"))


def noise_predictor(say: Say, t: int, told: int) -> dict[str, Any]:
    """ε_θ with its two inputs, x_t and the t that it is told."""
    wrong = told != t
    return graph(
        "",
        [node(75, 45, fill(r"x_<t>", t=t), "x_t"), node(75, 130, f"{told}", "" if wrong else "x_t"),
         node(210, 88, "ε_θ", "eps", box=True), node(325, 88, "ε̂", "eps")],
        [arrow(0, 2), arrow(1, 2), arrow(2, 3)],
        [
            beside(75, 14, say("input_1")), beside(75, 170, say("told_wrong" if wrong else "input_2")),
            beside(210, 52, say("predictor")), beside(325, 52, say("output")),
        ],
    )  # fmt: skip
