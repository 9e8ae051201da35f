"""Reverse: the chain of algorithm 2, live."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing
from dataclasses import fields
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import gradio as gr

from ...bridge.option_text import as_set
from ...recipe import DEFAULT, Recipe
from ...run import Run
from ...views.film import write_gif
from ...views.run_files import write_npz
from ..page.component import canvas_component, in_browser
from ..page.handover import HandOver, read_hand_over
from ..page.page import HOT, LATEX, Page, clicked, show_warning
from ..page.story import story_line
from ..protocol.player_messages import Gone, Waiting
from ..serving.failure import on_screen
from ..serving.pace import has_room
from ..serving.streams import in_turn, unread_by
from ..serving.turns import Turn
from ..words.refusal import refusal
from ..words.text import label, note, text
from .chain_settings import chain_settings
from .fitting import fit_settings
from .loading import loading_line, wake
from .runs import LiveRun, Runs
from .stream import catch_up, messages

FIELDS = (
    "checkpoint", "label", "guidance", "sampler", "options", "num_steps", "spacing", "strength", "add_noise",
    "clip_x_0", "seed", "num_images",
)  # fmt: skip
# The address can make a bundled digit's x_t again.
REPEATABLE = "remember('from_forward', Boolean(v && JSON.parse(v).repeatable))"
REMEMBER = in_browser("page/settings.js", REPEATABLE, "v")
# Resolves once this tab has been seen for a while.
ARRIVE = in_browser("reverse/session.js", "arrived()")
CURRENT_RUN = in_browser("reverse/session.js", "currentRun()")
# Of the recorded run: how many frames come with the player, and how many at a time after that.
FIRST_FRAMES, NEXT_FRAMES = 2, 6
STATUS_LINE = '<p class="ddpm-note" role="status">${value}</p>'


@cache
def _recording() -> dict[str, Any]:
    """The recorded run that plays until the first live one, as one message of the player."""
    return json.loads((files("ddpm_playground") / "data" / "recorded_run.json").read_text(encoding="utf-8"))


def recorded_start() -> str:
    """The recorded run's first frames, which are enough to move; it asks for those that are missing."""
    whole = _recording()
    return json.dumps({**whole, "frames": whole["frames"][:FIRST_FRAMES], "total": len(whole["frames"])})


def recorded_since(first: int) -> str:
    """The next frames of the recorded run."""
    whole = _recording()
    frames, total = whole["frames"], len(whole["frames"])
    first = min(max(first, 0), total)
    start = {**whole, "autoplay": False} if first == 0 else {"run": whole["run"]}
    return json.dumps({**start, "before": first, "total": total, "frames": frames[first : first + NEXT_FRAMES]})


def recipe_of(values: tuple[object, ...]) -> Recipe:
    """The recipe that the widgets of this tab show."""
    return DEFAULT.with_(**dict(zip(FIELDS, values, strict=True)))


def _gif(path: Path, live: LiveRun) -> None:
    write_gif(path, live.film())


def _npz(path: Path, live: LiveRun) -> None:
    facts = {field.name: getattr(live.run.recipe, field.name) for field in fields(Recipe) if field.name in FIELDS}
    facts |= {"complete": live.done and not live.stopped, "ended_because": live.problem}
    facts |= {"numbers": [live.run.numbers(t, s).facts() for t, s in zip(live.ts, live.ts[1:], strict=False)]}
    facts |= {"sigmas": spans} if (spans := live.spans(0, len(live.ks))) else {}
    planar = live.run.checkpoint.is_planar
    if live.grain > 1:
        facts |= {"grain": live.grain}
    if live.run.checkpoint.latents is not None:
        facts |= {"images": "decoded" if live.has_decoded else "through a linear map"}
    write_npz(
        path, live.ts, live.xs, live.eps_hats, live.run.labels, live.run.schedule.alpha_bars, facts, planar,
        live.whole, live.pictures,
    )  # fmt: skip


class Chains:
    """What this tab's visitors ask for: their runs, and the line in which these wait.

    Args:
        page: theirs.
    """

    def __init__(self, page: Page) -> None:
        self.runs, self.exports = Runs(), page.exports
        page.visitors.keep("runs", self.runs.owned)
        self.turns = page.visitors.line("chain", at_once=2, most_waiting=200)

    def _chain(self, turn: Turn, owner: str, values: tuple[object, ...], unread: Callable[[], int]) -> Iterator[str]:
        """The player's messages of a new run of this owner, which ends when its turn is given up."""
        *settings, start_text = values
        recipe = recipe_of(tuple(settings))
        handed = read_hand_over(str(start_text or ""))
        run = Run(recipe, handed.start if handed else None)
        told_by = note(
            "reverse.note_live_set" if recipe.options else "reverse.note_live",
            options=as_set(recipe.options),
            sampler=note(f"reverse.sampler_{recipe.sampler}"),
            steps=len(run.path) - 1,
            schedule=run.schedule.name,
            T=run.schedule.T,
            device=refusal(run.checkpoint.described()),
        )
        yield from messages(self.runs.begin(owner, run, told_by, turn), unread)

    @on_screen
    async def stream(self, request: gr.Request, *values: object) -> AsyncIterator[str]:
        """Start: yields the player's messages while the chain waits for its turn, and while it runs."""
        owner = str(request.session_hash)
        recipe_of(values[:-1])  # what cannot run need not wait
        turn = self.turns.enter(owner)
        unread = unread_by(request)
        work = lambda turn: self._chain(turn, owner, values, unread)  # noqa: E731
        waiting = lambda place: json.dumps(Waiting(run=turn.token, place=place))  # noqa: E731
        async with aclosing(in_turn(work, turn, owner, waiting)) as sent:
            async for message in sent:
                yield message

    async def stream_from_here(self, request: gr.Request, *values: object) -> AsyncIterator[str]:
        """Start, if there is a picture to start from."""
        if values[-1]:
            async with aclosing(self.stream(request, *values)) as sent:
                async for message in sent:
                    yield message

    async def stream_on_arrival(self, request: gr.Request, *values: object) -> AsyncIterator[str]:
        """Start by itself once the recorded run has been seen, unless the reader was quicker.

        A picture to start from means that `stream_from_here` is about to run.
        """
        if not values[-1] and not self.runs.has(str(request.session_hash)):
            async with aclosing(self.stream(request, *values)) as sent:
                async for message in sent:
                    yield message

    @on_screen
    def send_missing(self, event: gr.EventData, request: gr.Request) -> str | dict:
        """The player has missed messages of its run: those frames again.

        Nothing if the run is no longer this tab's, or as long as too much waits unread; the player asks again. Whoever
        asks for more of the recorded run though a live one is there has missed the live one: it got only the newest of
        several messages, and that was of the other run.
        """
        try:
            run_id, first = str(event.run), int(event.first)
        except (AttributeError, TypeError, ValueError, OverflowError):
            return gr.skip()
        owner, of_recorded = str(request.session_hash), run_id == _recording()["run"]
        live = self.runs.find(owner, None if of_recorded else run_id)
        if of_recorded:
            if live is None or not live.ks:
                return recorded_since(first)
            first = 0
        if live is None:
            return json.dumps(Gone(run=run_id, gone=True))
        return catch_up(live, first) if has_room(live.frame_bytes, unread_by(request)()) else gr.skip()

    @on_screen
    def stop(self, request: gr.Request, run_id: object) -> None:
        """Stop this tab's run of that name after the step it is in, or while it waits."""
        owner = str(request.session_hash)
        self.runs.stop(owner, str(run_id))
        self.turns.give_up(lambda turn: turn.visitor == owner and turn.token == run_id)

    async def _saved(self, request: gr.Request, suffix: str, write: Callable[[Path, LiveRun], None]) -> str:
        """A file of this tab's last run, written when its turn has come; returns its path."""
        owner = str(request.session_hash)
        live = self.runs.of(owner)
        if live.stopped or not live.done:
            gr.Info(text("reverse.saved_part", t=live.ts[-1]), duration=8)
        return await self.exports.new(
            owner, f"ddpm_run_{live.run.recipe.seed}.{suffix}", lambda path: write(path, live)
        )

    @on_screen
    async def save_gif(self, request: gr.Request) -> str:
        """The last run, x_t beside x̂_0, as an animated GIF of at most 3 MB; returns its path."""
        return await self._saved(request, "gif", _gif)

    @on_screen
    async def save_npz(self, request: gr.Request) -> str:
        """The last run as numpy arrays; returns the file's path."""
        return await self._saved(request, "npz", _npz)


def start_line(run: Run, handed: HandOver | None) -> str:
    """One line that says where the chain starts."""
    if handed is None or run.start is None:
        return text("reverse.from_noise")
    t, own_t = handed.start.t, run.start.t
    alpha_bar = float(run.schedule.alpha_bars[own_t]) if handed.start.alpha_bar is None else handed.start.alpha_bar
    return text(
        "reverse.from_here" if t == own_t else "reverse.from_here_mapped",
        t=t, own_t=own_t, alpha_bar=f"{alpha_bar:.3g}", name=run.schedule.name, T=run.schedule.T,
    )  # fmt: skip


def no_start() -> str:
    """Start from noise again."""
    return ""


def build(page: Page) -> None:
    """Player at the left, settings at the right."""
    chains = Chains(page)
    story_line("reverse")
    with gr.Row(equal_height=False, elem_classes="ddpm-hero"):
        with gr.Column(scale=7, min_width=320):
            player = canvas_component("reverse/player", f"{__name__}:recorded_start", elem_id="player")
            with gr.Row(elem_classes="ddpm-bar"):
                origin = gr.Markdown(label("reverse.from_noise"), elem_classes="ddpm-note", latex_delimiters=LATEX)
                from_noise = gr.Button(
                    label("reverse.forget_start"), size="sm", min_width=160, visible=False, elem_id="reverse-from-noise"
                )
                gif = gr.Button(label("reverse.gif"), elem_id="reverse-gif", min_width=120)
                npz = gr.Button(label("reverse.npz"), elem_id="reverse-npz", min_width=120)
        with gr.Column(scale=2, min_width=250, elem_classes=["ddpm-settings", "ddpm-beside"]):
            with gr.Row(elem_classes="ddpm-bar"):
                start_button = gr.Button(
                    label("reverse.start"), variant="primary", elem_id="reverse-start", min_width=90
                )
                stop_button = gr.Button(label("reverse.stop"), elem_id="reverse-stop", min_width=70)
            line = gr.HTML(label("reverse.engine_reading"), elem_id="reverse-engine", html_template=STATUS_LINE)
            time_line = gr.HTML(label("reverse.step_unknown"), elem_id="reverse-step", html_template=STATUS_LINE)
            chain_settings(page)
    clock = loading_line(page.controls, line, time_line)
    fit_settings(page.controls)
    gif_file = gr.DownloadButton(elem_id="gif-file", elem_classes="ddpm-offstage")
    npz_file = gr.DownloadButton(elem_id="npz-file", elem_classes="ddpm-offstage")

    inputs = [*(page.controls[name] for name in FIELDS), page.start]
    # Those who wait do so in a line of their own, not in Gradio's queue, and hold no thread meanwhile.
    running = HOT | {"concurrency_limit": None, "concurrency_id": "chain", "trigger_mode": "multiple"}
    ran = start_button.click(chains.stream, inputs, player, **running)
    ran.then(wake, None, clock, **HOT)  # a step's time is known by now
    mine = gr.Textbox(visible="hidden", elem_id="reverse-run")
    stop_button.click(chains.stop, mine, None, js=CURRENT_RUN, **HOT)
    player.missing(chains.send_missing, None, player, **HOT)
    saving: dict[str, Any] = {"api_visibility": "private", "concurrency_limit": None, "concurrency_id": "export"}
    gif.click(chains.save_gif, None, gif_file, **saving).success(None, None, None, js=clicked("gif-file"))
    npz.click(chains.save_npz, None, npz_file, **saving).success(None, None, None, js=clicked("npz-file"))
    # "Denoise from here" fills page.start; the chain then starts by itself.
    shown = page.start.change(
        show_start, [page.start, page.controls["checkpoint"]],
        [origin, from_noise, page.tabs, page.controls["label"], page.start], **HOT,
    )  # fmt: skip
    page.start.change(None, page.start, None, js=REMEMBER)
    shown.then(chains.stream_from_here, inputs, player, **running).then(wake, None, clock, **HOT)
    from_noise.click(no_start, None, page.start, **HOT)
    page.arrivals.append((ARRIVE, chains.stream_on_arrival, inputs, [player], running))


@on_screen
def show_start(value: str, name: str) -> tuple[str | dict, dict, gr.Tabs | dict, str | dict, str | dict]:
    """What was handed over, or that nothing was.

    Returns:
        The line that says where the chain starts, the button that forgets it, this tab in front if something was
        just handed over, the class that suits it, and the hidden box: emptied if the checkpoint cannot take it.
    """
    try:
        handed = read_hand_over(value)
        run = Run(DEFAULT.with_(checkpoint=name), handed.start if handed else None)
    except ValueError as error:
        show_warning(error)
        return gr.skip(), gr.update(visible=False), gr.skip(), gr.skip(), ""
    front: gr.Tabs | dict = gr.skip()
    label: str | dict = gr.skip()
    if handed is not None and handed.label is not None:
        front, label = gr.Tabs(selected="reverse"), handed.label
    return start_line(run, handed), gr.update(visible=handed is not None), front, label, gr.skip()
