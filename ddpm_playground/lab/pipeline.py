"""A pipeline's folder: where its scheduler config stands, and what the rest says of its pictures."""

from pathlib import Path
from typing import Any

from ..core.json_text import parse_json
from ..core.phrase import Refusal
from .input_file import is_folder, is_there, read_file

CONFIG_PLACES = ("scheduler/scheduler_config.json", "scheduler_config.json")
AUTOENCODERS = ("vae", "vqvae", "movq", "vqgan")
NETWORKS = ("unet", "transformer", "prior")


def config_in_folder(folder: Path) -> Path:
    """The scheduler config of a pipeline's or scheduler's folder.

    Raises:
        ValueError: none there, or more than one.
    """
    for place in CONFIG_PLACES:
        if is_there(folder / place):
            return folder / place
    others = sorted(path for path in _matching(folder, "*scheduler*/scheduler_config.json"))
    if len(others) == 1:
        return others[0]
    if others:
        names = ", ".join(path.parent.name for path in others[:6])
        raise Refusal(
            "{folder} has several schedulers ({names}); give the folder of one of them", folder=folder, names=names
        )
    if (folder.name in NETWORKS or is_there(folder / "config.json")) and is_there(folder.parent / CONFIG_PLACES[0]):
        raise Refusal("{folder} is the folder of a network; give the pipeline's folder above it", folder=folder)
    raise Refusal("{folder} has no scheduler_config.json; give a diffusers pipeline or scheduler folder", folder=folder)


def _matching(folder: Path, pattern: str) -> list[Path]:
    try:
        return list(folder.glob(pattern))
    except OSError:
        return []


def picture_facts(folder: Path) -> tuple[int | None, bool]:
    """The network's picture size, and whether an autoencoder stands before it."""
    latent = any(is_folder(folder / name) for name in AUTOENCODERS)
    for name in NETWORKS:
        config = folder / name / "config.json"
        if is_there(config):
            try:
                given = _size(parse_json(read_file(config)[0], config.name)[0])
            except ValueError:
                given = None
            return given, latent
    return None, latent


def _size(config: Any) -> int | None:
    given = config.get("sample_size") if isinstance(config, dict) else None
    sizes = given if isinstance(given, list) else [given]
    return max((size for size in sizes if type(size) is int and size > 0), default=None)
