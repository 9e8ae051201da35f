"""Pictures of any folder as a network takes them: what was converted is told, and what cannot be is refused."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch.nn import functional as F

from ...core import stream_seed
from ...core.checks import whole_number
from ...core.phrase import Phrase, Refusal
from ..checkpoints.checkpoint import Checkpoint
from ..data.pictures import Pictures, bundled_digits, load_pictures, to_uint8, to_x_0

MAX_PICTURES = 10_000
# Of a folder's pictures those that are held out, or those for training.
SETS = {"test": "the test set of {name}", "train": "the train set of {name}"}
LUMA = (0.299, 0.587, 0.114)  # of red, green and blue in a grey (ITU-R BT.601), as Pillow has it


@dataclass(frozen=True, eq=False)
class Given:
    """Pictures that are at hand, all of them held out.

    Attributes:
        pictures: with their classes, or without.
        name: what they are called.
    """

    pictures: Pictures
    name: str


def digits(only: int | None = None) -> Given:
    """The bundled digits, or those of one class 0…9."""
    whole = bundled_digits()
    if only is None:
        return Given(whole, Phrase("the bundled digits"))
    there = whole.labels == only
    return Given(
        replace(whole, images=whole.images[there], labels=whole.labels[there]),
        Phrase("the bundled digits {digit}", digit=only),
    )


@dataclass(frozen=True, eq=False)
class SeenPictures:
    """Pictures as a network is shown them.

    Attributes:
        x_0: (N,C,H,W) float32 in [−1, 1].
        labels: the class that the network knows each by, (N,) int64; −1 for none.
        places: which of the folder's pictures these are, (N,) int64.
        told: where they are from.
        notes: a sentence each about what was converted.
        of: all that there were, where that is known.
    """

    x_0: torch.Tensor
    labels: torch.Tensor
    places: torch.Tensor
    told: str
    notes: tuple[Phrase, ...] = ()
    of: Given | None = None

    def __len__(self) -> int:
        return len(self.x_0)

    def part(self, start: int, stop: int | None = None) -> "SeenPictures":
        """Some of them."""
        cut = slice(start, stop)
        places = self.places[cut]
        told = self.told if self.of is None else counted(len(places), self.of)
        return replace(self, x_0=self.x_0[cut], labels=self.labels[cut], places=places, told=told)

    @property
    def labelled(self) -> bool:
        """Whether each has a class."""
        return bool((self.labels >= 0).all())


def seen_pictures(
    checkpoint: Checkpoint, data: str | Path | Given | None, count: int, seed: int, split: str = "test"
) -> SeenPictures:
    """Up to `count` pictures of a folder, in an order that the seed shuffles, as the checkpoint's network takes them.

    Args:
        checkpoint: whose size, colours and classes they get.
        data: a data folder, see `load_pictures`, or pictures that are at hand; None for the 1,000 bundled digits, which
            are all held out.
        count: at most this many, at least 2.
        seed: of the order; more pictures are the same ones and further ones.
        split: "test" for the held-out ones, or "train".

    Raises:
        ValueError: a folder that cannot be read, fewer than 2 pictures, or classes that cannot be told to the network.
    """
    whole_number("the number of pictures", count, 2, MAX_PICTURES)
    given = digits() if data is None else data if isinstance(data, Given) else _in_folder(Path(data), split)
    pictures, name = given.pictures, given.name
    if len(pictures) < 2:
        raise Refusal(
            "{name} holds {got} picture; at least 2 are needed, better 64: give more, or a folder with a test set",
            name=name, got=len(pictures),
        )  # fmt: skip
    generator = torch.Generator().manual_seed(stream_seed(seed, "held-out"))
    places = torch.randperm(len(pictures), generator=generator)[:count]
    x_0, notes = fitted(to_x_0(pictures.images[places]), checkpoint.image_shape, name)
    own, told = classes_for(checkpoint, pictures, name)
    labels = torch.tensor([*own, -1])[pictures.labels[places]]  # the last for −1, pictures without a class
    return SeenPictures(x_0, labels, places, counted(len(places), given), (*notes, *told), given)


def counted(count: int, of: Given) -> Phrase:
    """How many of all."""
    return Phrase("{count:,} of the {all:,} of {name}", count=count, all=len(of.pictures), name=of.name)


def _in_folder(folder: Path, split: str) -> Given:
    return Given(load_pictures(folder, split), Phrase(SETS[split], name=folder.resolve().name))


def fitted(x_0: torch.Tensor, shape: Sequence[int], name: str) -> tuple[torch.Tensor, list[Phrase]]:
    """Pictures (N,C,H,W) in another size and other colours, with a sentence on each conversion."""
    notes = []
    C, H, W = shape
    if x_0.shape[1] != C:
        if x_0.shape[1] == 1:
            x_0 = x_0.expand(-1, C, -1, -1).contiguous()
            notes.append(Phrase("{name}: grey, and the network takes {C} channels: each is the grey", name=name, C=C))
        elif C == 1 and x_0.shape[1] == 3:
            x_0 = (x_0 * torch.tensor(LUMA).view(1, 3, 1, 1)).sum(1, keepdim=True)
            notes.append(Phrase("{name}: in colour, and the network takes grey: taken as greys", name=name))
        else:
            raise Refusal(
                "{name} has {got} channels and the network takes {wanted}, which nothing converts; give pictures of "
                "{wanted} channels",
                name=name, got=x_0.shape[1], wanted=C,
            )  # fmt: skip
    if tuple(x_0.shape[2:]) != (H, W):
        before = f"{x_0.shape[2]}×{x_0.shape[3]}"
        x_0 = F.interpolate(x_0, (H, W), mode="bilinear", antialias=True, align_corners=False).clamp(-1.0, 1.0)
        notes.append(
            Phrase(
                "{name}: {before}, and the network takes {size}: resized. If it was trained on pictures cut or resized "
                "otherwise, its errors here are those of other data",
                name=name, before=before, size=f"{H}×{W}",
            )
        )  # fmt: skip
    return (to_x_0(to_uint8(x_0)) if notes else x_0), notes  # L_0 is of pixels: one of 256 levels each


def classes_for(checkpoint: Checkpoint, pictures: Pictures, name: str) -> tuple[list[int], list[Phrase]]:
    """The network's class for each class of the pictures, −1 for none, and what was assumed about it.

    Raises:
        ValueError: the network needs a class, and these pictures' cannot be told to it.
    """
    known, theirs = checkpoint.class_names, pictures.class_names
    if not known:
        return [-1] * len(theirs), []
    if not theirs and not checkpoint.has_null_class:
        raise Refusal(
            "{name} has no classes, and the network needs one for each picture: {known}; say which they are, or give "
            "pictures in one folder for each of its classes",
            name=name, known=_first(known),
        )  # fmt: skip
    if all(c in known for c in theirs):
        return [known.index(c) for c in theirs], []
    if len(theirs) == len(known):
        return list(range(len(known))), [
            Phrase(
                "{name}: its classes have other names than the network's ({theirs}, … and {known}, …): taken in order",
                name=name, theirs=theirs[0], known=known[0],
            )
        ]  # fmt: skip
    if checkpoint.has_null_class:
        return [-1] * len(theirs), [
            Phrase(
                "{name}: {count} classes, and the network has {most}: it is told no class",
                name=name, count=len(theirs), most=len(known),
            )
        ]  # fmt: skip
    raise Refusal(
        "{name} has {count} classes ({theirs}), the network has {most} ({known}) and none that stands for no class; "
        "give pictures in one folder for each of its classes",
        name=name, count=len(theirs), theirs=_first(theirs), most=len(known), known=_first(known),
    )  # fmt: skip


def _first(names: Sequence[str]) -> str:
    """The first three, and whether there are more."""
    return ", ".join([*names[:3], *(["…"] if len(names) > 3 else [])])
