"""A run as messages for the player: JSON text, new frames only, up to 30 a second."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import cast

from ...core import Step
from ...core.later import torch
from ...learn.data.latent_maps import LinearMap
from ...run import Run, steps_of
from ..page.component import packed
from ..protocol.player_messages import Badge, Colours, Frame, Frames, Opening, StepNumbers
from ..serving.failure import reason
from ..serving.pace import Pace, all_read, has_room, most_frames, taken_ahead
from ..words.refusal import refusal
from ..words.text import note
from .runs import LiveRun


def opening(live: LiveRun, badge: Badge = "live") -> Opening:
    """The first message of a run: its shape, labels, the numbers of every step, and what of its frames is kept."""
    run, (C, H, W) = live.run, live.frame_shape
    names = run.checkpoint.class_names
    told: Opening = {
        "run": live.run_id,
        "badge": badge,
        "note": live.note,
        "settings": live.settings,
        "shape": [run.count, C, H, W],
        "T": run.schedule.T,
        "clip": run.clip_x_0,
        "eps_matches": run.known_lines is None or run.known_lines.eps_matches,
        "add_noise": run.recipe.add_noise,
        "planar": run.checkpoint.is_planar,
        "labels": [names[i] if i >= 0 else "∅" for i in run.labels.tolist()],
        "every": live.stride,
        "every_mb": live.most_bytes // 2**20,
        "grain": live.grain,
        "asked": run.recipe.num_steps,
        "steps": [step_message(run, t, s) for t, s in zip(run.path, run.path[1:], strict=False)],
        "frames": [],
        "seconds_left": None,
        "done": False,
        "stopped": False,
        "autoplay": False,
    }
    if (latents := run.checkpoint.latents) is not None:
        told["colours"] = colours_message(latents.colours)
        told["decoder"] = "" if live.decoding is None else live.decoding.place
    return told


def colours_message(colours: LinearMap) -> Colours:
    """The map from latents to colours, as the player takes it."""
    told = note("player.latent_map_long", channels=colours.channels, source=refusal(colours.source))
    return {"weights": [list(row) for row in colours.weights], "offset": list(colours.offset), "told": told}


def step_message(run: Run, t: int, s: int) -> StepNumbers:
    """One step's numbers, with nothing that JSON cannot hold."""
    plain = {key: value if _is_finite(value) else None for key, value in run.numbers(t, s).facts().items()}
    return cast(StepNumbers, plain)


def _is_finite(value: object) -> bool:
    numbers = value if isinstance(value, tuple) else (value,)
    return all(math.isfinite(number) for number in numbers if isinstance(number, float))


def frame(k: int, x_t: torch.Tensor, eps_hat: torch.Tensor | None) -> Frame:
    """One frame: number, x_t and ε̂ as base64 float16 (ε̂ is None for x_0)."""
    return k, packed(x_t, "<f2"), None if eps_hat is None else packed(eps_hat, "<f2")


def messages(live: LiveRun, unread: Callable[[], int] = all_read) -> Iterator[str]:
    """The player's messages of a run, while it runs; ends within one step of `live.stop`.

    While too much waits unread, frames are kept and none is sent. What the last message has no room for, the player
    asks for.
    """
    run = live.run
    start: Mapping[str, object] = opening(live)
    if has_room(live.frame_bytes, unread()):
        yield json.dumps(start)
        start = {}
    num_steps = len(run.path) - 1
    pace, sent = Pace(), 0
    step: Step | None = None
    k = -1
    with closing(taken_ahead(steps_of(run), live.stop)) as steps:
        for k, step in enumerate(_kept(live, steps)):  # noqa: B007 (the last one is needed below)
            pace.step()
            if live.stop.is_set():
                break
            ready = len(live.ks) - sent
            due = ready > 0 and pace.due(ready >= most_frames(live.frame_bytes))
            if due and has_room(live.frame_bytes, unread()):
                end = reach(live, sent)
                told = {"total": end, "seconds_left": pace.seconds_left(k + 1, num_steps)}  # the rest is not missing
                yield json.dumps({**start, **since(live, sent, end), **told})
                start, sent = {}, end
                pace.sent()
    if step is not None and not live.stop.is_set() and not live.problem:
        live.finish(step)
    live.stopped = live.stop.is_set() or bool(live.problem)
    live.done = True
    room = has_room(live.frame_bytes, unread())
    last = since(live, sent, reach(live, sent) if room else sent)
    yield json.dumps({**(start if room else {}), **last, "at": k})


def _kept(live: LiveRun, steps: Iterator[Step]) -> Iterator[Step]:
    """The steps, one frame in `live.stride` kept, up to one that fails: why is in `live.problem`; the rest stays."""
    try:
        for k, step in enumerate(steps):
            if k % live.stride == 0:
                live.keep(k, step)
            yield step
    except Exception as error:
        live.problem = reason(error, "chain")


def reach(live: LiveRun, first: int) -> int:
    """One past the last frame of a message that begins with frame `first`."""
    return min(len(live.ks), first + most_frames(live.frame_bytes))


def since(live: LiveRun, first: int, end: int) -> Frames:
    """Frames first…end−1 of what the run has kept, as a message.

    `before` and `total` tell the player whether it has missed any; it then asks for them, since a page that is
    busy, hidden or not there yet gets only the latest of several messages.
    """
    frames = [
        frame(live.ks[i], live.xs[i], live.eps_hats[i] if i < len(live.eps_hats) else None) for i in range(first, end)
    ]
    whole = end == len(live.ks) and live.done
    message: Frames = {"run": live.run_id, "before": first, "total": len(live.ks), "frames": frames}
    if spans := live.spans(first, end):
        message["sigmas"] = spans
    if decoded := live.decoded_at(first, end):
        message["decoded"] = decoded
    if whole:
        message["seconds_left"], message["done"] = 0, True
        message["stopped"], message["problem"] = live.stopped, live.problem
    return message


def catch_up(live: LiveRun, first: int) -> str:
    """What a player that has only `first` frames of this run gets next."""
    first = min(max(first, 0), len(live.ks))
    start = opening(live) if first == 0 else {}
    return json.dumps({**start, **since(live, first, reach(live, first))})
