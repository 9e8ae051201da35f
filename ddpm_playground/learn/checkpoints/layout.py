"""Where the parts of a checkpoint lie, in the ways that diffusers and those who train with it leave them."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...core.phrase import Phrase
from .weight_files import STEM, weight_files

# A pipeline's network; a training's has its average beside it; that of a DiT.
RAW, AVERAGED = "unet", "unet_ema"
NETWORKS = (RAW, AVERAGED, "transformer")
SCHEDULER = "scheduler_config.json"
INDEX = "model_index.json"
TEXT = ("text_encoder", "text_encoder_2")  # what says what a prompt means
DECODERS = ("vae", "vqvae", "movq", "vqgan")  # what makes pictures of latents
MAX_LISTED_BYTES = 2**16
# The classes, as their config.json has them, whose folders are listed.
KNOWN = ('"UNet2DModel"', '"PlanarNetwork"', '"UNet2DConditionModel"', '"DiTTransformer2DModel"')


@dataclass(frozen=True)
class Layout:
    """Where the parts of one checkpoint lie.

    Attributes:
        folder: of the checkpoint.
        network: the folder with the network's config.json.
        scheduler: the scheduler's config; None where there is none.
        file: the weights, where a file was given.
    """

    folder: Path
    network: Path
    scheduler: Path | None
    file: Path | None = None

    def weights(self) -> tuple[Path, ...]:
        """The files of its weights, in order.

        Raises:
            CheckpointError: see `weight_files`.
        """
        return weight_files(self.network) if self.file is None else (self.file,)

    def read_as(self, weights: tuple[Path, ...]) -> Iterator[Phrase]:
        """A sentence each about what was chosen where there was a choice."""
        average = self.folder / AVERAGED
        if self.network == average:
            yield Phrase("the network is the averaged one, in unet_ema/")
        elif self.network == self.folder / RAW and (average / "config.json").is_file():
            yield Phrase("the network is that in unet/; the averaged one lies in unet_ema/, give that folder to see it")
        first = weights[0].name
        if len(weights) > 1:
            yield Phrase("its weights are in {count} files", count=len(weights))
        elif first != f"{STEM}.safetensors":
            yield Phrase("its weights are those in {name}", name=first)
        if self.scheduler is not None and self.folder.absolute() not in self.scheduler.parents:
            yield Phrase("its schedule is that of the folder {name} above it", name=_above(self.scheduler).name)


def network_folder(folder: Path) -> Path:
    """The folder with the network's config: unet/, unet_ema/, or the folder itself; unet/ where there is none."""
    places = [folder / name for name in NETWORKS] + [folder]
    return next((place for place in places if (place / "config.json").is_file()), folder / RAW)


def is_checkpoint(folder: Path) -> bool:
    """Whether a folder looks like one: a network's folder in it, or the config of one right there."""
    with contextlib.suppress(OSError):  # what may not be looked at is passed over
        if any((folder / name).is_dir() for name in NETWORKS):
            return True
        config = folder / "config.json"
        if config.is_file() and config.stat().st_size <= MAX_LISTED_BYTES:
            text = config.read_text(encoding="utf-8", errors="replace")
            return any(name in text for name in KNOWN)
    return False


def written_when(folder: Path) -> tuple[int, ...]:
    """When whatever a checkpoint is read from was written, in ns; nothing of what cannot be looked at."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        beside = part_folders(layout_of(folder), (*DECODERS, *TEXT))
        parts = [
            path
            for place in (network_folder(folder), *beside)
            for path in sorted(place.iterdir())
            if path.suffix in (".json", ".safetensors")
        ]
        found = [path.stat().st_mtime_ns for path in [*parts, scheduler_file(folder)] if path and path.is_file()]
    return tuple(found)


def scheduler_file(folder: Path) -> Path | None:
    """scheduler/scheduler_config.json or scheduler_config.json, of the folder or of the pipeline it is a part of."""
    for place in _pipelines(folder.absolute()):
        for path in (place / "scheduler" / SCHEDULER, place / SCHEDULER):
            if path.is_file():
                return path
    return None


def _pipelines(folder: Path) -> Iterator[Path]:
    """The folder, and those above it as long as it is a network's or a state of a training's."""
    yield folder
    while folder.name in NETWORKS or folder.name.startswith("checkpoint-"):
        folder = folder.parent
        yield folder


def layout_of(given: Path) -> Layout:
    """Where the parts of a checkpoint lie.

    Args:
        given: a pipeline's folder, a network's, or the file of its weights beside its config.json.
    """
    if given.is_file():
        return Layout(given.parent, given.parent, scheduler_file(given.parent), given)
    return Layout(given, network_folder(given), scheduler_file(given))


def pipeline_folder(layout: Layout) -> Path:
    """The folder of the pipeline that a checkpoint belongs to: that of its scheduler, else its own."""
    return layout.folder if layout.scheduler is None else _above(layout.scheduler)


def _above(scheduler: Path) -> Path:
    """The pipeline's folder that a scheduler's config belongs to."""
    return scheduler.parents[1] if scheduler.parent.name == "scheduler" else scheduler.parent


def part_folders(layout: Layout, names: Sequence[str]) -> Iterator[Path]:
    """The folders of further parts of the pipeline that the network belongs to, where they are there."""
    network = layout.network.absolute()
    places = [layout.folder, network.parent] if network.name in NETWORKS else [layout.folder]
    for name in names:
        found = next((place / name for place in places if (place / name).is_dir()), None)
        if found is not None:
            yield found


def decoder_folder(layout: Layout) -> Path | None:
    """The folder of the pipeline's decoder of latents; its network draws latents then."""
    return next(part_folders(layout, DECODERS), None)


def decoder_beside(layout: Layout) -> str | None:
    """That folder's name."""
    found = decoder_folder(layout)
    return None if found is None else found.name
