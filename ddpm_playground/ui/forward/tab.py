"""Forward: one picture noised to any t in one step, in the browser; here picture and noise are made."""

from __future__ import annotations

import base64
import io
import json
import time
from functools import cache
from pathlib import Path
from typing import NamedTuple

import gradio as gr
import numpy as np
from gradio.i18n import I18nData
from PIL import Image

from ...core import SeededNoise
from ...core.later import torch
from ...core.phrase import Refusal
from ...core.plain_words import NO_NUMBER, reason_of
from ...learn.data.pictures import bundled_digits, tile
from ...recipe import DEFAULT, MAX_SCREEN_T, MAX_SEED, RANGES
from ...run import Start
from ...views.picture import COLOURS, read_picture
from ..page.betas import schedule_betas
from ..page.component import canvas_component, packed, unpacked
from ..page.fields import Number, Slider
from ..page.handover import HandOver
from ..page.page import HOT, Page
from ..page.story import story_line
from ..protocol.page_messages import Digits, ForwardPicture
from ..serving.failure import on_screen
from ..serving.files import FILES
from ..serving.web import scope_of
from ..words.refusal import refusal
from ..words.text import label, text

ATLAS_COLUMNS = 40
DRAWN_SHAPE = (1, 28, 28)
REST = '<div class="forward-rest"></div>'  # where forward.js puts the lower half of the stage
SIZES = (28, 32, 64, 128, 256)
LARGEST = RANGES["size"][1]


class Own(NamedTuple):
    """A picture of the user's own, as the session remembers it; the digit shown when it was chosen.

    `data` is a path in Gradio's upload folder ("file") or the drawing as base64 float32 ("drawn").
    """

    kind: str
    data: str
    colour: str
    digit: int


class Wish(NamedTuple):
    """The recipe fields that say which picture and which noise."""

    digit: int
    noise_seed: int
    size: int


def wish_of(digit: object, noise_seed: object, size: object) -> Wish:
    """The three settings, checked.

    Raises:
        ValueError: one of them is out of range.
    """
    recipe = DEFAULT.with_(digit=digit, noise_seed=noise_seed, size=_whole("size", size))
    return Wish(recipe.digit, recipe.noise_seed, recipe.size)


def _whole(name: str, value: object) -> int:
    """A number of a box that one may also type into."""
    try:
        return int(str(value)[:20])
    except ValueError:
        raise Refusal(
            "{name} must be a whole number, got {got}; type digits only", name=name, got=repr(str(value)[:40])
        ) from None


def drawing(packed_floats: object) -> torch.Tensor:
    """x_0 of a drawing, (1,28,28), clipped to [−1, 1].

    Raises:
        ValueError: not 784 finite numbers.
    """
    try:
        return unpacked(packed_floats, DRAWN_SHAPE).clamp(-1.0, 1.0)
    except ValueError as error:
        raise Refusal(text("forward.bad_drawing", count=int(np.prod(DRAWN_SHAPE)), got=refusal(error))) from None


def picture_of(own: Own | None, wish: Wish) -> tuple[torch.Tensor, str]:
    """x_0 (C,H,W) and its caption: the user's own picture if there is one, else the digit.

    Raises:
        ValueError: the own picture cannot be read (any more).
    """
    if own is None:
        digits = bundled_digits()
        caption = text("forward.caption_digit", label=int(digits.labels[wish.digit]), digit=wish.digit)
        return digits.x_0(slice(wish.digit, wish.digit + 1))[0], caption
    if own.kind == "drawn":
        return drawing(own.data), text("forward.caption_drawn")
    if not Path(own.data).is_file():
        raise Refusal(text("forward.gone"))
    name = Path(own.data).name
    return read_picture(own.data, wish.size, own.colour), text("forward.caption_file", name=name, size=wish.size)


def message(own: Own | None, wish: Wish) -> str:
    """Value of the stage: x_0, and ε ~ N(0, I) of its shape from the noise seed."""
    x_0, caption = picture_of(own, wish)
    eps = SeededNoise(wish.noise_seed, [0], x_0.shape)()[0]
    value: ForwardPicture = {
        "run": time.monotonic_ns(),  # no two messages are equal, so none is taken for an old one
        "shape": list(x_0.shape),
        "x_0": packed(x_0),
        "eps": packed(eps),
        "seed": wish.noise_seed % 2**32,
        "caption": caption,
        # The class that suits it, for Reverse; ∅ for pictures that we know nothing of.
        "label": bundled_digits().class_names[int(bundled_digits().labels[wish.digit])] if own is None else "none",
    }
    return json.dumps(value)


@on_screen
def show(*values: object) -> tuple[str, Own | None]:
    """Digit, seed or size has changed: another digit takes the place of an own picture, a seed or size does not."""
    *settings, own = values
    wish = wish_of(*settings)
    kept = own if isinstance(own, Own) and own.digit == wish.digit else None
    return message(kept, wish), kept


def mark(digit: object) -> dict:
    """Update of the strip of digits: the one that is chosen."""
    return gr.update(digit=digit)


@on_screen
def pick(event: gr.EventData, *settings: object) -> tuple[int, str, None]:
    """A digit of the strip was chosen: it takes the place of an own picture, even if it is the digit as before."""
    wish = wish_of(getattr(event, "digit", None), *settings[1:])
    return wish.digit, message(None, wish), None


@on_screen
def drawn(event: gr.EventData, *settings: object) -> tuple[str, Own]:
    """The drawing becomes x_0."""
    wish = wish_of(*settings)
    own = Own("drawn", packed(drawing(getattr(event, "x_0", ""))), "grey", wish.digit)
    return message(own, wish), own


@on_screen
def uploaded(path: str | None, colour: str, *settings: object) -> tuple[str | dict, Own | dict]:
    """The uploaded picture becomes x_0; one that cannot be read is told of, and the old one stays."""
    if path is None:
        return gr.skip(), gr.skip()
    wish = wish_of(*settings)
    own = Own("file", path, colour, wish.digit)
    return message(own, wish), own


def received(request: gr.Request, path: str | None, colour: str, *settings: object) -> tuple[str | dict, Own | dict]:
    """A picture has just been uploaded: it goes when its visitor leaves."""
    if path is not None:
        FILES.give(str(request.session_hash), Path(path))
    return uploaded(path, colour, *settings)


def recoloured(own: Own | None, colour: str, *settings: object) -> tuple[str | dict, Own | dict]:
    """The uploaded picture again, in colour or grey; nothing to do for digits and drawings."""
    if own is None or own.kind != "file":
        return gr.skip(), gr.skip()
    return uploaded(own.data, colour, *settings)


@on_screen
def denoise(event: gr.EventData) -> str | dict:
    """What the Reverse tab starts from: JSON {"t", "shape", "x_t"}, with "run", so that each press counts."""
    try:
        t, shape = int(event.t), tuple(int(n) for n in event.shape)
        if len(shape) != 3 or shape[0] not in (1, 3) or not all(1 <= n <= LARGEST for n in shape[1:]):
            raise Refusal("shape {shape}", shape=shape)
        if not 0 <= t <= MAX_SCREEN_T:
            raise Refusal("t = {t}", t=t)
        x_t, alpha_bar = unpacked(event.x_t, shape), float(event.alpha_bar)
        if not 0.0 <= alpha_bar <= 1.0:
            raise Refusal("ᾱ = {alpha_bar}", alpha_bar=alpha_bar)
        label, repeatable = str(event.label)[:40], event.repeatable is True
    except (AttributeError, TypeError, ValueError, OverflowError) as error:
        told = NO_NUMBER if isinstance(error, (AttributeError, TypeError)) else reason_of(error)
        raise Refusal(text("forward.bad_x_t", reason=refusal(told))) from None
    if t == 0:
        gr.Info(text("forward.t_is_zero"), duration=8)
        return gr.skip()
    return HandOver(Start(t, x_t, alpha_bar), repeatable, label).text()


@cache
def digits_value() -> str:
    """All bundled digits as one PNG, and their labels in the same order."""
    digits, file = bundled_digits(), io.BytesIO()
    Image.fromarray(tile(digits.images, ATLAS_COLUMNS)).save(file, "PNG", optimize=True)
    atlas = base64.b64encode(file.getvalue()).decode("ascii")
    return json.dumps(Digits(atlas=atlas, labels="".join(map(str, digits.labels.tolist()))))


def build(page: Page) -> None:
    """The pictures and their film on top, below them what x_0 and ε are made of, then the sum and its plots."""

    def say(key: str) -> I18nData:
        return label(f"forward.{key}")

    story_line("forward")
    stage = canvas_component("forward/forward", elem_id="forward-stage", server_functions=[schedule_betas])
    own = gr.State(None)

    with gr.Row(equal_height=False):
        with gr.Column(scale=5, min_width=320, elem_classes="ddpm-settings"):
            strip = canvas_component(
                "forward/digits", f"{__name__}:digits_value", digit=DEFAULT.digit, elem_id="forward-digits"
            )
            digit = Slider(
                *RANGES["digit"], value=DEFAULT.digit, step=1, buttons=[], label=say("digit"), info=say("digit_info"),
                elem_id="forward-digit",
            )  # fmt: skip
            random_digit = gr.Button(say("random_digit"), elem_id="forward-random-digit")
        with gr.Column(scale=3, min_width=280, elem_classes="ddpm-settings"):
            pad = canvas_component("forward/pad", elem_id="forward-pad")
        with gr.Column(scale=3, min_width=280, elem_classes="ddpm-settings"):
            gr.Markdown(say("upload_info"), elem_classes="ddpm-note")
            upload = gr.UploadButton(
                say("upload"),  # type: ignore[arg-type]
                type="filepath", file_types=["image"], elem_id="forward-upload",
            )  # fmt: skip
            size = gr.Dropdown(
                list(SIZES), value=DEFAULT.size, label=say("size"), info=say("size_info"), allow_custom_value=True,
                elem_id="forward-size",
            )  # fmt: skip
            colour = gr.Radio(
                [(say(f"colour_{name}"), name) for name in COLOURS], value=COLOURS[0], label=say("colour"),
                info=say("colour_info"), elem_id="forward-colour",
            )  # fmt: skip
            noise_seed = Number(
                DEFAULT.noise_seed, precision=0, minimum=0, maximum=MAX_SEED, label=say("noise_seed"),
                info=say("noise_seed_info"), elem_id="forward-seed",
            )  # fmt: skip
            new_noise = gr.Button(say("new_noise"), elem_id="forward-new-noise")

    gr.HTML(html_template=REST, elem_id="forward-rest", elem_classes=["ddpm-canvas", scope_of("forward/forward")])
    for name, widget in zip(Wish._fields, (digit, noise_seed, size), strict=True):
        page.control(name, widget)
    settings = [digit, noise_seed, size]
    page.refresh(show, Wish._fields, [stage, own], states=[own])
    page.refresh(mark, ["digit"], [strip])
    strip.pick(pick, settings, [digit, stage, own], **HOT)
    pad.drawn(drawn, settings, [stage, own], **HOT)
    upload.upload(received, [upload, colour, *settings], [stage, own], **HOT)
    colour.input(recoloured, [own, colour, *settings], [stage, own], **HOT)
    stage.denoise(denoise, None, page.start, **HOT)
    random_digit.click(None, None, digit, js="() => Math.floor(Math.random() * 1000)")
    new_noise.click(None, None, noise_seed, js="() => Math.floor(Math.random() * 1e9)")
