"""Why a network of another class cannot be shown: what it draws, and what it is asked with, as its folder says."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ...core.phrase import Phrase
from .checkpoint_error import CheckpointError
from .json_object import read_json_object
from .layout import Layout

ELSEWHERE = ("prior", "decoder")  # where other pipelines have their network
FRAMES = ("3D", "Motion", "SpatioTemporal", "Video")  # in the names of classes that draw videos
PARTLY = ("Prior",)  # in the names of those that draw what another network makes a picture of
# Keys of a config that say how wide what another model makes of a text or a picture is, which the network attends to.
ATTENDED = (
    "cross_attention_dim", "joint_attention_dim", "caption_channels", "encoder_hid_dim", "text_embed_dim",
    "cross_attention_input_dim", "text_dim", "c_cond", "embedding_dim",
)  # fmt: skip
# What a UNet2DConditionModel may be told here, by the key that says so; None is nothing.
TELLABLE: dict[str, tuple[str | None, ...]] = {
    "class_embed_type": (None, "timestep", "identity"), "addition_embed_type": (None, "text", "text_time"),
    "encoder_hid_dim_type": (None, "text_proj"),
}  # fmt: skip
MAKERS = ("text_encoder", "image_encoder")
MANY = 3


def refuse_other_place(layout: Layout) -> None:
    """Refuse a pipeline whose network lies where those of pixels do not.

    Raises:
        CheckpointError: it does.
    """
    if layout.file is not None or (layout.network / "config.json").is_file():
        return
    for place in ELSEWHERE:
        if (layout.folder / place / "config.json").is_file():
            config = read_json_object(layout.folder / place / "config.json")
            raise CheckpointError(
                "the network, in {place}/, is a {name}; {why}",
                place=place,
                name=str(config.get("_class_name"))[:60],
                why=why_unshown(layout, config) or _UNKNOWN,
            )


_UNKNOWN = Phrase("only a UNet2DModel can be read here")


def why_unshown(layout: Layout, config: Mapping[str, Any]) -> Phrase | None:
    """What of a network of another class cannot be shown and why, and what can be done; None where nothing is known."""
    reasons = list(_reasons(layout, config))
    if not reasons:
        return None
    why = reasons[0]
    for more in reasons[1:]:
        why = Phrase("{one}, and {two}", one=why, two=more)
    return Phrase(
        "{why}, and networks of this class cannot be run here; draw with its own pipeline, and read its schedule in "
        "the Lab",
        why=why,
    )


def _reasons(layout: Layout, config: Mapping[str, Any]) -> Iterator[Phrase]:
    name = str(config.get("_class_name"))
    if any(part in name for part in FRAMES):
        yield Phrase("it draws the frames of a video together")
    if any(part in name for part in PARTLY):
        yield Phrase("it draws no picture, but what another network makes one of")
    wide = next(((key, config[key]) for key in ATTENDED if config.get(key)), None)
    makers = _makers(layout.folder)
    if wide is not None and makers:
        yield Phrase(
            "it attends to what {makers} makes of a text or a picture ({key} = {value})",
            makers=makers, key=wide[0], value=str(wide[1])[:40],
        )  # fmt: skip
    elif wide is not None:
        yield Phrase(
            "it attends to what another model makes of a text or a picture ({key} = {value})",
            key=wide[0], value=str(wide[1])[:40],
        )  # fmt: skip


def check_told(config: Mapping[str, Any]) -> None:
    """Refuse a network that is told what no empty prompt is.

    Raises:
        CheckpointError: by which key.
    """
    if config.get("_class_name") != "UNet2DConditionModel":
        return
    for key, known in TELLABLE.items():
        if (value := config.get(key)) not in known:
            raise CheckpointError(
                "the network is told what is made elsewhere of a picture or of another network's ({key} = {value}), "
                "and no empty prompt stands for that; draw with its own pipeline, and read its schedule in the Lab",
                key=key,
                value=str(value)[:40],
            )


def attended_key(config: Mapping[str, Any]) -> tuple[str, Any]:
    """The key of a config that says how wide it is what the network attends to, and what it says."""
    return next(((key, config[key]) for key in ATTENDED if config.get(key)), (ATTENDED[0], "not said"))


def _makers(folder: Path) -> str:
    """The folders of what makes something of a text or a picture."""
    try:
        found = sorted(
            path.name for path in folder.iterdir() if path.name.startswith(("text_encoder", "image_encoder"))
        )
    except OSError:
        return ""
    return ", ".join(f"{one}/" for one in found[:MANY])
