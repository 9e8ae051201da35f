"""What a network that attends to a text is told of the empty one, by the encoders of its own folder."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

from ...core.phrase import Phrase
from ..networks.cost import read_weights, refused_number
from .checkpoint_error import CheckpointError, part_error
from .json_object import read_json_object
from .layout import Layout, part_folders
from .unshown import attended_key
from .weight_files import weight_files

PACKAGE, EXTRA = "transformers", "ddpm-playground[text]"
# The classes of encoders that are run, and the tokenizer of each.
ENCODERS = {
    "CLIPTextModel": "CLIPTokenizer", "CLIPTextModelWithProjection": "CLIPTokenizer", "T5EncoderModel": "T5Tokenizer",
}  # fmt: skip
PARTS = (("text_encoder", "tokenizer"), ("text_encoder_2", "tokenizer_2"))
STEM = "model"  # of the files of an encoder's weights
COUNTING = "position_ids"  # what encoders of before 2023 have beside their weights: 0, 1, 2, …
T5_TOKENS = 77  # as IFPipeline has it
MAX_TOKENS = 4096
MOST = {
    "hidden_size": 65_536, "d_model": 65_536, "d_ff": 2**20, "d_kv": 65_536, "intermediate_size": 2**20,
    "num_hidden_layers": 256, "num_layers": 256, "num_decoder_layers": 256, "num_attention_heads": 4096,
    "num_heads": 4096, "vocab_size": 2**22, "max_position_embeddings": 65_536, "projection_dim": 65_536,
    "relative_attention_num_buckets": 65_536,
}  # fmt: skip


@dataclass(frozen=True)
class Prompt:
    """What is told at every call, see `ToldNetwork.tell`, and sentences about it."""

    told: dict[str, torch.Tensor]
    read_as: tuple[Phrase, ...] = ()


def attends(config: Mapping[str, Any]) -> bool:
    """Whether a network attends to what is made of a prompt."""
    if config["_class_name"] != "UNet2DConditionModel":
        return False
    blocks = [config.get("mid_block_type", "UNetMidBlock2DCrossAttn")]
    for key in ("down_block_types", "up_block_types"):
        blocks += config.get(key) or ["CrossAttnDownBlock2D"]
    crossing = any("CrossAttn" in str(block) for block in blocks) and config.get("cross_attention_dim", 1280)
    return bool(crossing) or config.get("addition_embed_type") is not None


def empty_prompt(layout: Layout, config: Mapping[str, Any], size: tuple[int, int]) -> Prompt:
    """What the network is told of the empty prompt, as its own pipeline tells it without guidance.

    Args:
        layout: where the parts lie.
        config: the network's.
        size: (H,W) of a picture.

    Raises:
        CheckpointError: an encoder, a tokenizer or the package that runs them is missing; or one cannot be used.
    """
    told: dict[str, torch.Tensor] = {}
    if width := config.get("time_cond_proj_dim"):  # sines and cosines of guidance − 1 = 0
        half = width // 2
        told["timestep_cond"] = torch.cat([torch.zeros(1, half), torch.ones(1, half), torch.zeros(1, width % 2)], 1)
    if not attends(config):
        return Prompt(told)
    encoders = tuple(_encoders(layout, config))
    told |= _xl(encoders, size) if config.get("addition_embed_type") == "text_time" else _plain(encoders[0])
    _check_width(told["encoder_hidden_states"], config, encoders)
    said = Phrase(
        "it is told the empty prompt, as {places} says it; there is no guidance, which compares two prompts",
        places=", ".join(f"{one.place}/" for one in encoders),
    )
    return Prompt(told, (said,))


@dataclass(frozen=True)
class Encoder:
    """An encoder of text, and its tokenizer.

    Attributes:
        place: its folder's name.
        model: of the package transformers.
        tokenizer: likewise.
    """

    place: str
    model: Any
    tokenizer: Any

    @torch.no_grad()
    def __call__(self) -> Any:
        """What the encoder says of the empty prompt, with all its hidden states."""
        config = self.model.config
        most = getattr(config, "max_position_embeddings", None)
        length = T5_TOKENS if most is None else min(most, MAX_TOKENS, self.tokenizer.model_max_length)
        tokens = self.tokenizer("", padding="max_length", max_length=length, truncation=True, return_tensors="pt")
        masked = most is None or getattr(config, "use_attention_mask", False)
        mask = tokens.attention_mask if masked else None
        return self.model(tokens.input_ids, attention_mask=mask, output_hidden_states=True)


def _plain(encoder: Encoder) -> dict[str, torch.Tensor]:
    """As StableDiffusionPipeline and IFPipeline tell it: the last hidden state."""
    return {"encoder_hidden_states": encoder()[0].float()}


def _xl(encoders: tuple[Encoder, ...], size: tuple[int, int]) -> dict[str, torch.Tensor]:
    """As StableDiffusionXLPipeline tells it: the last but one hidden state of each, what the last one pools, sizes."""
    said = [encoder() for encoder in encoders]
    hidden = torch.cat([one.hidden_states[-2].float() for one in said], -1)
    sizes = torch.tensor([[*size, 0, 0, *size]], dtype=torch.float32)
    pooled = getattr(said[-1], "text_embeds", None)
    if pooled is None:
        raise CheckpointError(
            "the network is told what a CLIPTextModelWithProjection pools of a prompt (addition_embed_type = "
            "text_time), and {place}/ is none; copy the whole folder",
            place=encoders[-1].place,
        )
    return {
        "encoder_hidden_states": hidden, "added_cond_kwargs.text_embeds": pooled.float(),
        "added_cond_kwargs.time_ids": sizes,
    }  # fmt: skip


def _check_width(hidden: torch.Tensor, config: Mapping[str, Any], encoders: tuple[Encoder, ...]) -> None:
    wanted = config.get("encoder_hid_dim") or config.get("cross_attention_dim", 1280)
    widths = wanted if isinstance(wanted, list | tuple) else [wanted]
    if hidden.shape[-1] not in widths:
        raise CheckpointError(
            "{places} says {got} numbers of a word, and the network attends to {wanted}: they do not belong together; "
            "copy the whole folder of one",
            places=", ".join(f"{one.place}/" for one in encoders),
            got=hidden.shape[-1],
            wanted=" or ".join(map(str, widths[:4])),
        )


def _encoders(layout: Layout, config: Mapping[str, Any]) -> Iterator[Encoder]:
    """The encoders that lie beside the network, each read."""
    found = list(part_folders(layout, [name for name, _ in PARTS]))
    key, value = attended_key(config)
    if not found:
        raise CheckpointError(
            "the network attends to what a text encoder makes of a prompt ({key} = {value}), and there is none beside "
            "it; copy text_encoder/ and tokenizer/ of its pipeline there",
            key=key,
            value=str(value)[:40],
        )
    kinds = [_class_of(folder) for folder in found]
    if find_spec(PACKAGE) is None:
        raise CheckpointError(
            "the network attends to what {place}/ makes of a prompt ({key} = {value}), which needs the package "
            "{package}: pip install '{extra}'",
            place=found[0].name, key=key, value=str(value)[:40], package=PACKAGE, extra=EXTRA,
        )  # fmt: skip
    for folder, kind in zip(found, kinds, strict=True):
        yield _read(folder, kind)


def _class_of(folder: Path) -> str:
    """The class of an encoder, one of ENCODERS, whose numbers can be had.

    Raises:
        CheckpointError: another one, or a number that makes no sense.
    """
    config = read_json_object(folder / "config.json")
    named = config.get("architectures")
    name = named[0] if isinstance(named, list) and named else None
    if name not in ENCODERS:
        raise CheckpointError(
            "{place}/, which says what a prompt means, is a {name}; only {known} can be run here",
            place=folder.name, name=repr(name)[:60], known=", ".join(ENCODERS),
        )  # fmt: skip
    for key, most in MOST.items():
        value = config.get(key)
        if value is not None and not (type(value) is int and 0 <= value <= most):
            raise part_error(folder.name, refused_number(key, most, value))
    return name


def _read(folder: Path, kind: str) -> Encoder:
    """An encoder and its tokenizer, without any code of theirs, and without a look elsewhere.

    Raises:
        CheckpointError: weights that are missing, broken or do not fit, or a tokenizer that cannot be read.
    """
    transformers = import_module(PACKAGE)
    tokenizer = folder.with_name(dict(PARTS)[folder.name])
    if not tokenizer.is_dir():
        raise CheckpointError("{name}/ is missing in the checkpoint; copy the whole folder", name=tokenizer.name)
    transformers.utils.logging.disable_progress_bar()
    try:
        state = read_weights(*weight_files(folder, STEM), counting=COUNTING)
        the_class = getattr(transformers, kind)
        config = the_class.config_class.from_dict(read_json_object(folder / "config.json"))
        model = _model(the_class, config, {name: value.float() for name, value in state.items()})
        words = getattr(transformers, ENCODERS[kind]).from_pretrained(
            str(tokenizer), local_files_only=True, trust_remote_code=False
        )
        found = Encoder(folder.name, model, words)
        found()
    except CheckpointError as error:
        raise part_error(folder.name, error) from None
    except Exception as error:  # whatever a hostile config or a broken tokenizer makes transformers raise
        raise part_error(folder.name, " ".join(str(error).split())[:200]) from None
    return found


def _model(the_class: Any, config: Any, state: dict[str, torch.Tensor]) -> Any:
    with torch.device("meta"):  # how many numbers it has: a hostile config costs no memory
        wanted = sum(value.numel() for value in the_class(config).parameters())
    got = sum(value.numel() for value in state.values())
    if wanted > 1.01 * got + 1e5:
        raise CheckpointError(
            "its config.json wants {wanted} weights, and there are {got}", wanted=f"{wanted:,}", got=f"{got:,}"
        )
    model, told = the_class.from_pretrained(None, config=config, state_dict=state, output_loading_info=True)
    missing = sorted(map(str, (*told["missing_keys"], *told["mismatched_keys"])))
    if missing:
        raise CheckpointError(
            "{count} of its tensors are missing or of another shape, such as {such_as}",
            count=len(missing), such_as=missing[0][:80],
        )  # fmt: skip
    return model.eval().requires_grad_(False).float()
