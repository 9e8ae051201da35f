"""Algorithm 1 of Ho et al. (2020) on a real network, saved as it goes."""

import sys
from dataclasses import replace
from pathlib import Path

import torch

from ...core.checks import whole_number
from ...core.phrase import Refusal
from ...engine.launch import ALONE, Launch
from ..checkpoints.checkpoint import CheckpointError
from ..data.pictures import Pictures, load_pictures
from .folder_lock import locked
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
    launch: Launch = ALONE,
) -> None:
    """Train, saving as it goes, and write the pipeline folder `out`.

    The state to resume from, the log and the sample sheets stand beside it in `out`.training, with a lock that keeps
    other trainings out. Of several processes all train and the first one writes.

    Raises:
        ValueError: settings or data that cannot be used.
        CheckpointError: nothing to resume, or made with other settings; or `out` exists and not resume; or another
            training writes there.
    """
    _check_options(save_minutes, sheet_minutes, threads)
    if threads is not None:
        torch.set_num_threads(threads)
    place = _place(out)
    if not launch.is_main:
        launch.wait()  # for the first one's lock
        for _ in _begun(settings, place, resume=resume, compiled=compiled, device=device, launch=launch):
            pass
        return
    _check_free(place, resume)
    with locked(place.folder, out, command):
        launch.wait()
        trainer = _begun(settings, place, resume=resume, compiled=compiled, device=device, launch=launch)
        _train(trainer, place, settings, command, save_minutes, sheet_minutes)


def _train(
    trainer: Trainer, place: Place, settings: Settings, command: str, save_minutes: float, sheet_minutes: float
) -> None:
    """The steps that are left, saved and drawn as they go."""
    for sentence in trainer.pictures.told:
        print(f"{Path(settings.data).name}: {sentence}", file=sys.stderr)
    held_out = _held_out(trainer)
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


def _place(out: Path) -> Place:
    """Where to write."""
    if not out.name:
        raise Refusal("--out must name a folder to write, got {got}; try checkpoints/NAME", got=repr(str(out)))
    return Place(out)


def _check_free(place: Place, resume: bool) -> None:
    """Refuse a place where something of another run stands."""
    if not resume and (place.out.exists() or place.state.exists()):
        raise CheckpointError(
            "{out} or its training state exists; add --resume to go on, or choose another --out", out=place.out
        )


def pictures_of(settings: Settings, split: str) -> Pictures:
    """The pictures of a split, as the settings have them."""
    pictures = load_pictures(settings.data, split, settings.size)
    return pictures if settings.classes == "folders" else pictures.without_classes()


def _begun(settings: Settings, place: Place, *, resume: bool, compiled: bool, device: str, launch: Launch) -> Trainer:
    """A trainer before its first step, or where the run that is resumed was saved last."""
    chosen = launch.own_device(device)
    if chosen.type == "cuda":  # one shape throughout: cuDNN may try its ways on it
        torch.backends.cudnn.benchmark = True
    # A resumed run has its weights already, and need not find again where they came from.
    beginning = replace(settings, start_from="") if resume and place.state.exists() else settings
    trainer = Trainer(beginning, pictures_of(settings, "train"), chosen, compiled, launch)
    # A run that was stopped before its first save has nothing to go on from: it begins anew, with the same numbers.
    if resume and (place.state.exists() or place.out.exists()):
        restore(trainer, *load_state(place.state))
    return trainer


def _held_out(trainer: Trainer) -> Pictures:
    """The test pictures of the same data, of the same classes."""
    held_out = pictures_of(trainer.settings, "test")
    if held_out.images.shape[1:] != trainer.pictures.images.shape[1:]:
        raise Refusal(
            "the test pictures are (C,H,W) = {shape}, the training pictures {shape_2}; make them alike, or give --size",
            shape=tuple(held_out.images.shape[1:]),
            shape_2=tuple(trainer.pictures.images.shape[1:]),
        )
    if held_out.class_names != trainer.pictures.class_names:
        raise Refusal(
            "the test pictures have classes {class_names}, the training pictures {class_names_2}; give both the same",
            class_names=", ".join(held_out.class_names),
            class_names_2=", ".join(trainer.pictures.class_names),
        )
    return held_out
