"""Algorithm 1 of Ho et al. (2020) on a real network, saved as it goes."""

from dataclasses import replace
from pathlib import Path

import torch

from ...core.checks import whole_number
from ...core.phrase import Refusal
from ...engine.device import pick_device
from ..checkpoints.checkpoint import CheckpointError
from ..data.pictures import Pictures, load_pictures
from .observers import NowAndThen, Observer, Progress
from .resuming import restore
from .saving import Place, Saver, SheetDrawer
from .settings import Settings
from .trainer import Trainer
from .training_state import load_state

MAX_THREADS = 1024


def train(
    settings: Settings,
    out: Path,
    *,
    resume: bool = False,
    compiled: bool = False,
    device: str = "auto",
    save_minutes: float = 5.0,
    sheet_minutes: float = 20.0,
    threads: int | None = None,
    command: str = "",
) -> None:
    """Train, saving as it goes, and write the pipeline folder `out`.

    The state to resume from, the log and the sample sheets stand beside it in `out`.training.

    Raises:
        ValueError: settings or data that cannot be used.
        CheckpointError: nothing to resume, or made with other settings; or `out` exists and not resume.
    """
    _check_options(save_minutes, sheet_minutes, threads)
    place = _free_place(out, resume)
    if threads is not None:
        torch.set_num_threads(threads)
    trainer = _begun(settings, place, resume=resume, compiled=compiled, device=device)
    held_out = _held_out(trainer)
    place.folder.mkdir(parents=True, exist_ok=True)
    progress = Progress(trainer)
    save = Saver(trainer, held_out, place, settings, command, progress.held_out)
    draw = SheetDrawer(trainer, place)
    observers: tuple[Observer, ...] = (
        progress, NowAndThen(save_minutes, progress, save), NowAndThen(sheet_minutes, progress, draw)
    )  # fmt: skip
    with progress.bar:
        for step in trainer:
            for observe in observers:
                observe(step)
        save()
        draw()


def _check_options(save_minutes: float, sheet_minutes: float, threads: int | None) -> None:
    for flag, minutes in (("--save-minutes", save_minutes), ("--sheet-minutes", sheet_minutes)):
        if not minutes >= 0.0:
            raise Refusal("{flag} must be 0 or more, got {got}; give minutes", flag=flag, got=minutes)
    if threads is not None:
        whole_number("--threads", threads, 1, MAX_THREADS, "leave it out for all cores")


def _free_place(out: Path, resume: bool) -> Place:
    """Where to write, if nothing of another run stands there."""
    if not out.name:
        raise Refusal("--out must name a folder to write, got {got}; try checkpoints/NAME", got=repr(str(out)))
    place = Place(out)
    if not resume and (out.exists() or place.state.exists()):
        raise CheckpointError(
            "{out} or its training state exists; add --resume to go on, or choose another --out", out=out
        )
    return place


def _begun(settings: Settings, place: Place, *, resume: bool, compiled: bool, device: str) -> Trainer:
    """A trainer before its first step, or where the run that is resumed was saved last."""
    chosen = pick_device(device)
    if chosen.type == "cuda":  # one shape throughout: cuDNN may try its ways on it
        torch.backends.cudnn.benchmark = True
    # A resumed run has its weights already, and need not find again where they came from.
    beginning = replace(settings, start_from="") if resume and place.state.exists() else settings
    trainer = Trainer(beginning, load_pictures(settings.data), chosen, compiled)
    # A run that was stopped before its first save has nothing to go on from: it begins anew, with the same numbers.
    if resume and (place.state.exists() or place.out.exists()):
        restore(trainer, *load_state(place.state))
    return trainer


def _held_out(trainer: Trainer) -> Pictures:
    """The test pictures of the same data, of the same classes."""
    held_out = load_pictures(trainer.settings.data, "test")
    if held_out.class_names != trainer.pictures.class_names:
        raise Refusal(
            "the test pictures have classes {class_names}, the training pictures {class_names_2}; give both the same",
            class_names=", ".join(held_out.class_names),
            class_names_2=", ".join(trainer.pictures.class_names),
        )
    return held_out
