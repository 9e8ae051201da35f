"""The settings of a reverse chain: one widget for each field of the recipe."""

import gradio as gr
from gradio.i18n import I18nData

from ...bridge.all_samplers import NAMED
from ...core import SPACINGS
from ...recipe import DEFAULT, MAX_IMAGES, MAX_SEED
from ...run import shelf
from ..page.component import canvas_component, in_browser
from ..page.fields import Number, Slider
from ..page.page import Page
from ..words.text import label
from .option_form import sampler_options

CHOSEN = in_browser("page/settings.js", "settings.options")


def say(key: str) -> I18nData:
    """A word of this form."""
    return label(f"reverse.{key}")


def chain_settings(page: Page) -> None:
    """Put the widgets where the page is being built, and register them."""
    digits = [(say("label_all"), "all"), *((str(d), str(d)) for d in range(10)), (say("label_none"), "none")]
    page.control(
        "label",
        gr.Dropdown(digits, value=DEFAULT.label, label=say("label"), info=say("label_info"), allow_custom_value=True),
    )
    page.control(
        "sampler",
        gr.Dropdown(
            [(say(f"sampler_{name}"), name) for name in NAMED],
            value=DEFAULT.sampler, label=say("sampler"), info=say("sampler_info"),
        ),
    )  # fmt: skip
    page.control(
        "num_steps",
        Slider(
            1, 1000, buttons=[], value=DEFAULT.num_steps, step=1, label=say("num_steps"), info=say("num_steps_info")
        ),
    )
    page.control("seed", Number(DEFAULT.seed, precision=0, label=say("seed"), info=say("seed_info"), maximum=MAX_SEED))
    form = canvas_component(
        "reverse/options", f"{__package__}.option_form:first_form", elem_id="reverse-options", apply_default_css=False,
        server_functions=[sampler_options],
    )  # fmt: skip
    options = page.control("options", gr.Textbox(DEFAULT.options, visible="hidden", elem_id="reverse-options-text"))
    form.chosen(None, None, options, js=CHOSEN)  # type: ignore[attr-defined]
    with gr.Accordion(say("more"), open=False):
        _more_settings(page)


def _more_settings(page: Page) -> None:
    """What most readers leave as it is."""
    page.control(
        "num_images",
        Slider(
            1,
            MAX_IMAGES,
            buttons=[],
            value=DEFAULT.num_images,
            step=1,
            label=say("num_images"),
            info=say("num_images_info"),
        ),
    )
    page.control(
        "guidance",
        Slider(0, 8, buttons=[], value=DEFAULT.guidance, step=0.1, label=say("guidance"), info=say("guidance_info")),
    )
    page.control(
        "strength",
        Slider(0, 1, buttons=[], value=DEFAULT.strength, step=0.05, label=say("strength"), info=say("strength_info")),
    )
    page.control("add_noise", gr.Checkbox(DEFAULT.add_noise, label=say("add_noise"), info=say("add_noise_info")))
    page.control("clip_x_0", gr.Checkbox(DEFAULT.clip_x_0, label=say("clip"), info=say("clip_info")))
    page.control(
        "spacing",
        gr.Radio(
            [(say(f"spacing_{name}"), name) for name in SPACINGS],
            value=DEFAULT.spacing, label=say("spacing"), info=say("spacing_info"),
        ),
    )  # fmt: skip
    page.control(
        "checkpoint",
        gr.Dropdown(
            shelf().names(), value=DEFAULT.checkpoint, label=say("checkpoint"), info=say("checkpoint_info"),
            allow_custom_value=True,
        ),
    )  # fmt: skip
