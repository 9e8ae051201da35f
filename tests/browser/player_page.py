"""A page with nothing but the player, fed by a chain whose ε is exact for the bundled digits.

`python -m tests.browser.player_page` serves it.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass

import gradio as gr
import torch

from ddpm_playground.core import (
    ExactEps,
    Schedule,
    SeededNoise,
    Step,
    line_4_factors,
    make_schedule,
    reverse,
    step_coefficients,
    timestep_path,
)
from ddpm_playground.learn.data.pictures import bundled_digits
from ddpm_playground.ui.page.component import canvas_component, packed
from ddpm_playground.ui.page.prelude import web_middleware
from ddpm_playground.ui.words.text import table
from ddpm_playground.views.theme import css_variables


@dataclass(frozen=True)
class Chain:
    """What the synthetic run is made of."""

    num_images: int = 4
    num_steps: int = 50
    sampler: str = "ddpm"
    strength: float = 0.0
    spacing: str = "trailing"
    T: int = 1000
    clip: bool = True
    shape: tuple[int, int, int] = (1, 28, 28)

    @property
    def schedule(self) -> Schedule:
        return make_schedule("linear", self.T)

    def steps(self) -> list[Step]:
        """The chain, run to its end."""
        C, H, W = self.shape
        digits = bundled_digits().x_0(slice(0, 200))
        if (H, W) != (28, 28):
            digits = torch.nn.functional.interpolate(digits, (H, W), mode="bilinear")
        tint = torch.tensor([1.0, 0.55, -0.2])[:C].view(C, 1, 1) if C == 3 else 1.0
        means = (digits.expand(-1, C, H, W) + 1.0) * (torch.as_tensor(tint) + 1.0) / 2.0 - 1.0
        noise = SeededNoise(7, range(self.num_images), self.shape)
        path = timestep_path(self.T, self.num_steps, self.spacing)
        predict = ExactEps(self.schedule, means)
        chain = reverse(
            self.schedule,
            predict,
            noise(),
            path,
            noise,
            sampler=self.sampler,
            strength=self.strength,
            clip_x_0=self.clip,
        )
        return list(chain)

    def numbers(self, t: int, s: int) -> dict[str, object]:
        """The numbers of one step, as the player wants them."""
        c = step_coefficients(self.schedule, self.sampler, self.strength, t, s)
        return {
            "t": t, "s": s, "alpha_bar": float(self.schedule.alpha_bars[t]), "snr": float(self.schedule.snr[t]),
            "sigma": c.variance**0.5, "coef": [c.of_x_0, c.of_x_t, c.of_eps],
            "line4": list(line_4_factors(self.schedule, t, s)) if self.sampler == "ddpm" else None,
        }  # fmt: skip


def opening(chain: Chain, steps: list[Step], run: str, **more: object) -> dict[str, object]:
    """The first message, without frames."""
    first = {
        "run": run, "badge": "live", "note": "exact ε of 200 digits, 2 CPU cores", "shape": [chain.num_images, *chain.shape],  # noqa: E501
        "clip": chain.clip, "add_noise": True, "labels": [], "T": chain.T, "frames": [],
        "steps": [chain.numbers(step.t, step.s) for step in steps], "seconds_left": None, "done": False,
        "stopped": False, "autoplay": False,
    }  # fmt: skip
    return first | more


def frames(steps: list[Step], stride: int = 1) -> list[list[object]]:
    """Every frame of the chain; the last is x_0, without ε̂."""
    kept = [[k, packed(s.x_t, "<f2"), packed(s.eps_hat, "<f2")] for k, s in enumerate(steps) if k % stride == 0]
    return [*kept, [len(steps), packed(steps[-1].x_s, "<f2"), None]]


def live(chain: Chain, steps: list[Step], run: str, pause_s: float, **more: object) -> Iterator[str]:
    """The chain as a live run: one message a frame."""
    yield json.dumps(opening(chain, steps, run, **more))
    for k, frame in enumerate(frames(steps)):
        time.sleep(pause_s)
        left = pause_s * (len(steps) - k)
        yield json.dumps({"run": run, "frames": [frame], "seconds_left": left, "done": k == len(steps)})


def recorded(chain: Chain, steps: list[Step], run: str, stride: int = 1, **more: object) -> str:
    """The chain as one recorded message that plays by itself."""
    whole = {"badge": "recorded", "frames": frames(steps, stride), "done": True, "autoplay": True}
    return json.dumps(opening(chain, steps, run, **(whole | more)))


def build(chain: Chain, pause_s: float = 0.01, slow_s: float = 0.3, **more: object) -> gr.Blocks:
    """A page with the player and three buttons: a live run, a slow one and a recorded one."""
    steps = chain.steps()
    runs = iter(range(1, 1000))

    def start() -> Iterator[str]:
        yield from live(chain, steps, f"live-{next(runs)}", pause_s, **more)

    def crawl() -> Iterator[str]:
        yield from live(chain, steps, f"slow-{next(runs)}", slow_s, **more)

    def replay() -> str:
        return recorded(chain, steps, f"recorded-{next(runs)}", **({"every": 7, "every_mb": 32} | more))

    with gr.Blocks(fill_width=True) as demo:
        with gr.Row():
            go = gr.Button("live", elem_id="live")
            slow = gr.Button("slow", elem_id="slow")
            again = gr.Button("recorded", elem_id="recorded")
        player = canvas_component("reverse/player", elem_id="player")
        quiet = {"show_progress": "hidden", "api_visibility": "private"}
        go.click(start, None, player, **quiet)
        slow.click(crawl, None, player, **quiet)
        again.click(replay, None, player, **quiet)
    return demo


def launch(demo: gr.Blocks, wait: bool = False) -> str:
    """Serve on this machine; returns the address, after the end if `wait`."""
    _, url, _ = demo.launch(
        prevent_thread_lock=not wait, quiet=True, run_history=False, footer_links=[], css=css_variables(),
        server_name="127.0.0.1", ssr_mode=False, i18n=gr.I18n(en=table("en")),
        app_kwargs={"middleware": web_middleware({})},
    )  # fmt: skip
    return url


if __name__ == "__main__":
    launch(build(Chain()), wait=True)
