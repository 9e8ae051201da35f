"""What the doctor says of the config of a run's scheduler."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..bridge.scheduler_classes import scheduler_classes
from ..lab.doctor import examine_read
from ..lab.finding import Finding, found
from ..lab.read_schedule import ReadSchedule, subject_of_config

if TYPE_CHECKING:
    from .watched_run import WatchedRun


def config_of(scheduler: Any) -> dict[str, Any]:
    """A scheduler's config as its scheduler_config.json would have it; empty where it has none.

    A class of one's own goes by the nearest class of diffusers that it descends from.
    """
    config = getattr(scheduler, "config", None)
    if not isinstance(config, Mapping):
        return {}
    known = scheduler_classes()
    name = next((one.__name__ for one in type(scheduler).__mro__ if known.get(one.__name__) is one), None)
    kept = {key: _plain(value) for key, value in config.items() if not key.startswith("_use_default")}
    return {**kept, "_class_name": name or type(scheduler).__name__}


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else value


def subject_of_run(config: Mapping[str, Any], sample_size: int | None, latent: bool | None) -> ReadSchedule:
    """A config read as the doctor reads it, with what is known of its pictures."""
    return replace(subject_of_config(config), sample_size=sample_size, latent=bool(latent))


def config_findings(run: WatchedRun) -> list[Finding]:
    """The doctor's findings at this run's number of steps; a note where it cannot read the config."""
    if not run.config:
        return []
    steps = _asked(run)
    try:
        _, findings = examine_read(
            lambda: subject_of_run(run.config, run.subject.sample_size, run.subject.latent), (steps,)
        )
    except Exception as error:  # a config that no doctor has seen must not take the run's numbers with it
        reason = f"{type(error).__name__}: {error}"
        return [found("not-examined", "note", None, name=run.class_name, steps=str(steps), reason=reason[:300])]
    return findings


def _asked(run: WatchedRun) -> int:
    """How many steps its set_timesteps was asked for."""
    twin = run.own.scheduler
    asked = getattr(twin, "num_inference_steps", None)
    return asked if isinstance(asked, int) and asked > 0 else max(1, len(set(run.own.own_list)) or len(run))
