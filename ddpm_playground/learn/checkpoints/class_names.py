"""What the classes of a checkpoint are called, and whether the network has one for "no class"."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from ...core.phrase import Phrase
from .checkpoint_error import CheckpointError
from .json_object import read_json_object
from .layout import INDEX, Layout

# Where the names of the classes stand: a private key, which diffusers passes over without a word; older folders have
# the plain one.
NAMES = ("_class_names", "class_names")


class Classes(NamedTuple):
    """What a network's class embeddings stand for.

    Attributes:
        names: one a class, in label order.
        has_null: whether the last embedding stands for no class; then it has one more than there are names.
        read_as: a sentence where it was assumed.
    """

    names: tuple[str, ...]
    has_null: bool
    read_as: tuple[Phrase, ...] = ()


NUMBERS = 1000  # classes that can be asked for where they are numbers and nothing says how many there are


def classes_in(scheduler_config: Mapping[str, Any], embeddings: int | None, kind: str | None = None) -> Classes:
    """What so many class embeddings stand for, as the names beside them say.

    One name fewer than embeddings: the last one stands for no class, as `train` makes it. As many names, or none: each
    is a class, as diffusers' own training scripts make them.

    Args:
        scheduler_config: scheduler_config.json.
        embeddings: the network's num_class_embeds; None where it has no such table.
        kind: its class_embed_type: None for a table, "timestep" for a number, "identity" for a vector.

    Raises:
        CheckpointError: what stands there is no such list.
    """
    told = [(key, scheduler_config[key]) for key in NAMES if scheduler_config.get(key) is not None]
    listed = next((names for _, names in told if isinstance(names, list) and names), None)
    if kind == "timestep" and embeddings is None and listed:
        embeddings = len(listed)
    counts = (0,) if embeddings is None else (0, embeddings - 1, embeddings)
    for key, names in told:
        fits = isinstance(names, list) and len(names) in counts
        if not fits or not all(isinstance(name, str) for name in names):
            raise CheckpointError(
                "{key} in scheduler_config.json must be {count} names; correct them", key=key, count=counts[-1]
            )
    names = next((names for _, names in told if names), None)
    if kind == "identity":
        told = Phrase("what it is conditioned on is a vector made elsewhere; zeros are handed in")
        return Classes((), False, (told,))
    if kind == "timestep" and embeddings is None:
        assumed = Phrase(
            "its classes are numbers and nothing says how many there are; 0 to {most} can be asked for",
            most=NUMBERS - 1,
        )
        return Classes(tuple(map(str, range(NUMBERS))), False, (assumed,))
    if embeddings is None:
        return Classes((), False)
    if names is not None:
        return Classes(tuple(names), len(names) < embeddings)
    if told and embeddings == 1:  # trained by us, without classes
        return Classes((), True)
    assumed = Phrase(
        "the network has {count} classes and nothing says that one of them stands for none, so each is taken for a "
        "class and there is no guidance; if the last stands for none, give the other {rest} names as _class_names in "
        "scheduler_config.json",
        count=embeddings,
        rest=embeddings - 1,
    )
    return Classes(tuple(map(str, range(embeddings))), False, (assumed,))


def classes_of(layout: Layout, scheduler_config: Mapping[str, Any], config: Mapping[str, Any]) -> Classes:
    """What the classes of a network are called, see `classes_in`; those of a DiT as its pipeline has them, `id2label`.

    Args:
        layout: where the parts lie.
        scheduler_config: scheduler_config.json.
        config: the network's; a DiT has an embedding more than num_embeds_ada_norm, which stands for no class.

    Raises:
        CheckpointError: names that are no such list.
    """
    if config.get("norm_type") != "ada_norm_zero" and not str(config["_class_name"]).startswith("DiT"):
        return classes_in(scheduler_config, config.get("num_class_embeds"), config.get("class_embed_type"))
    count = config["num_embeds_ada_norm"]
    index = layout.folder / INDEX
    given = read_json_object(index).get("id2label") if index.is_file() else None
    named = given if isinstance(given, dict) else {}
    names = (named.get(str(i)) for i in range(count))
    told = (name.split(",")[0].strip() if isinstance(name, str) else "" for name in names)
    return Classes(tuple(name or str(i) for i, name in enumerate(told)), True)
