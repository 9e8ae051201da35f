"""The trial on screen: a part of the Lab tab."""

import json
import time
from collections.abc import Mapping
from typing import Any

import torch

from ...core import Schedule, SeededNoise
from ...core.phrase import Refusal
from ...lab.doctor import EXAMINATIONS
from ...lab.reading import read_text
from ...lab.reveal import SHOWING, SIGNS, Revealed, revealed, signs
from ...lab.trained_otherwise import TrainedTime, trained_time
from ...lab.trial import Trial, trial
from ...learn.data.pictures import tile, to_uint8
from ...recipe import DEFAULT
from ...run import labels_of, shelf
from ...views.run_files import png_url
from ...worker.progress import tell_progress
from ..protocol.lab_messages import TrialOffer, TrialRow
from ..serving.failure import answering
from ..words.refusal import refusal
from ..words.text import text
from .form import config_in, schedule_in, steps_in

PICTURES, MOST_STEPS = 10, 50
# What the network's calls may take, both rows together: half of a trial's limit, as a machine is at times busy.
MOST_S = 150.0
CHANGEABLE = {key for keys in SHOWING.values() for key in keys}


@answering
def run_trial(asked: dict[str, Any]) -> dict[str, Any]:
    """{"rows": [{"image", "told"} of the schedule asked for, then of the network's own], "said": what of the findings
    can be seen, "offer": {"change", "told"} or None: settings that would show the rest}; or {"problem"}."""
    change = asked.get("change") or {}
    if not isinstance(change, dict) or not change.keys() <= CHANGEABLE:
        raise Refusal("the page asks with an object of names and values; reload the page")
    schedule, config = schedule_in(asked), config_in(asked)
    config = {**config, **change} if config else config
    recipe = DEFAULT.with_(seed=asked.get("seed", DEFAULT.seed))
    checkpoint = shelf().load(str(asked.get("checkpoint")))
    if checkpoint.is_planar:
        raise Refusal(
            "the network of {name} makes points in the plane; choose a checkpoint of pictures in Reverse",
            name=repr(checkpoint.folder.name),
        )
    checkpoint.check_plain()
    S = min(max(steps_in(asked)), MOST_STEPS)
    trained = str(asked.get("trained") or "").strip()
    time = trained_time(read_text(trained)) if trained else None
    count = pictures_within(checkpoint, S)
    draw = Draw(checkpoint, S, recipe.seed, count)
    own = draw(checkpoint.schedule, {}, None)
    run = draw(schedule, config, time)
    if not isinstance(own, Trial):
        raise own
    codes = [str(code) for code in asked.get("codes") or [] if str(code) in SIGNS or str(code) in EXAMINATIONS]
    if "timestep_spacing" in change:
        codes = [code for code in codes if code != "spacing-skips-t"]
    seen = signs(run if isinstance(run, Trial) else None, own)
    fewer = [] if count == PICTURES else [text("trial.fewer", count=count, most=PICTURES, seconds=f"{MOST_S:g}")]
    told = _told(revealed(codes, seen, config), run, schedule.T)
    return {"rows": [_row(run, S), _row(own, S)], **told, "said": fewer + told["said"]}


def pictures_within(checkpoint: Any, num_steps: int) -> int:
    """How many pictures can be drawn under both schedules within MOST_S, PICTURES at most, by a call that is timed.

    Raises:
        ValueError: not even one.
    """
    x, t = torch.zeros(1, *checkpoint.image_shape, device=checkpoint.device), torch.ones(1, dtype=torch.int64)
    predict, label = checkpoint.predictor(), labels_of("all", 1, checkpoint)
    predict(x, t, label)  # makes room for the next
    began_s = time.perf_counter()
    predict(x, t, label)
    one_s = time.perf_counter() - began_s
    count = int(MOST_S / max(2 * num_steps * one_s, 1e-9))
    if count < 1:
        raise Refusal(
            "a step of one picture takes {one} s here, so {num_steps} steps under two schedules take about {total} s; "
            "at most {most} s are given: ask for fewer steps",
            one=f"{one_s:.2g}",
            num_steps=num_steps,
            total=f"{2 * num_steps * one_s:,.0f}",
            most=f"{MOST_S:g}",
        )
    return min(count, PICTURES)


class Draw:
    """The same noises under any schedule."""

    def __init__(self, checkpoint: Any, num_steps: int, seed: int, count: int = PICTURES) -> None:
        device = checkpoint.device
        self._x_T = SeededNoise(seed, range(count), checkpoint.image_shape, device)()
        self._label = labels_of("all", count, checkpoint).to(device)
        self._checkpoint, self._num_steps, self._seed = checkpoint, num_steps, seed
        self._drawn = 0

    def _step_done(self) -> None:
        self._drawn += 1
        tell_progress(self._drawn, 2 * self._num_steps)

    def __call__(self, schedule: Schedule, config: Mapping[str, Any], time: TrainedTime | None) -> Trial | ValueError:
        """The pictures, or why there are none."""
        S, own = min(self._num_steps, schedule.T), self._checkpoint.schedule
        try:
            return trial(
                self._checkpoint.predictor(), own, schedule, config, self._x_T, S,
                label=self._label, seed=self._seed, trained=time,
                prediction_type=self._checkpoint.prediction_type, told=self._step_done,
            )  # fmt: skip
        except ValueError as error:
            return error


def _row(run: Trial | ValueError, num_steps: int) -> TrialRow:
    if not isinstance(run, Trial):
        return {"image": "", "told": refusal(run)}
    x_0 = torch.nan_to_num(run.x_0.cpu(), nan=-1.0).clamp(-1.0, 1.0)
    told = {"name": run.class_name, "S": num_steps, "mean": f"{float(x_0.mean()):.3f}"}
    sentence = text("trial.told" if run.finite else "trial.told_broken", **told)
    return {"image": png_url(tile(to_uint8(x_0), len(x_0))), "told": sentence}


def _told(found: Revealed, run: Trial | ValueError, T: int) -> dict[str, Any]:
    """What of the findings can be seen, why the rest cannot, and what would show it."""
    between = text("trial.between")
    said = [text("trial.shown", codes=between.join(found.shown))] if found.shown else []
    if found.hidden:
        first = f"{max(run.visited) + 1:g}" if isinstance(run, Trial) and run.visited else "–"
        said.append(text("trial.hidden", codes=between.join(found.hidden)))
        if "timestep_spacing" in found.change:
            said.append(text("trial.never_at_T", t=first, T=T))
        if found.change.keys() & {"clip_sample", "thresholding"}:
            said.append(text("trial.clipped"))
    if found.silent:
        said.append(text("trial.silent", codes=between.join(found.silent)))
    keys = ", ".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in found.change.items())
    offer: TrialOffer | None = (
        {"change": dict(found.change), "told": text("trial.offer", keys=keys)} if found.change else None
    )
    return {"said": said or [text("trial.healthy")], "offer": offer}
