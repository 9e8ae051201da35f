"""Folders whose networks draw latents, or are told a prompt: tiny ones of diffusers' own pipelines, saved by these."""

import importlib
import inspect
import json
import shutil
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import diffusers
import torch
from diffusers import AutoencoderKL, DiTTransformer2DModel, UNet2DConditionModel, UNet2DModel, VQModel
from safetensors.torch import load_file, save_file

from .strangers import T

LEVELS = {
    "block_out_channels": (8, 16), "down_block_types": ("DownEncoderBlock2D",) * 2,
    "up_block_types": ("UpDecoderBlock2D",) * 2, "norm_num_groups": 4, "sample_size": 16,
}  # fmt: skip
SCHEDULE = {"num_train_timesteps": T, "beta_schedule": "scaled_linear", "clip_sample": False}
WORDS = ["<|startoftext|>", "<|endoftext|>", *"ab", *(f"{letter}</w>" for letter in "ab")]
ENTERED, WIDE = 12, 16  # tokens of a prompt; numbers of a token


def faint(autoencoder: Any) -> Any:
    """One whose pictures lie well within ±1, so that nothing is hidden by the pipeline's clipping."""
    with torch.no_grad():
        autoencoder.decoder.conv_out.weight *= 0.1
    return autoencoder


def kl(**keys: Any) -> AutoencoderKL:
    torch.manual_seed(1)
    return faint(AutoencoderKL(**LEVELS | {"latent_channels": 4} | keys))


def vq(**keys: Any) -> VQModel:
    torch.manual_seed(1)
    return faint(VQModel(**LEVELS | {"latent_channels": 3, "num_vq_embeddings": 16} | keys))


def unet(**keys: Any) -> UNet2DModel:
    torch.manual_seed(2)
    own = {
        "sample_size": 8, "in_channels": 3, "out_channels": 3, "block_out_channels": (8, 16), "layers_per_block": 1,
        "norm_num_groups": 4, "attention_head_dim": 8, "down_block_types": ("DownBlock2D", "AttnDownBlock2D"),
        "up_block_types": ("AttnUpBlock2D", "UpBlock2D"),
    }  # fmt: skip
    return UNet2DModel(**own | keys)


def dit(**keys: Any) -> DiTTransformer2DModel:
    """Whose last layers are no zeros, as diffusers' are not."""
    torch.manual_seed(3)
    own = {
        "num_attention_heads": 2, "attention_head_dim": 8, "in_channels": 4, "out_channels": 8, "num_layers": 2,
        "sample_size": 8, "patch_size": 2, "num_embeds_ada_norm": 5, "norm_num_groups": 4,
    }  # fmt: skip
    return DiTTransformer2DModel(**own | keys)


def prompted(**keys: Any) -> UNet2DConditionModel:
    torch.manual_seed(4)
    own = {
        "sample_size": 8, "block_out_channels": (8, 16), "layers_per_block": 1, "norm_num_groups": 4,
        "cross_attention_dim": WIDE, "attention_head_dim": 2,
        "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"),
        "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D"),
    }  # fmt: skip
    return UNet2DConditionModel(**own | keys)


PLAIN = {
    "down_block_types": ("DownBlock2D", "DownBlock2D"), "up_block_types": ("UpBlock2D", "UpBlock2D"),
    "mid_block_type": None,
}  # fmt: skip


def saved(folder: Path, index: str, scheduler: str = "DDIMScheduler", parts: Any = None, **options: Any) -> None:
    """A pipeline's folder as diffusers saves it.

    Args:
        folder: where.
        index: the pipeline's class.
        scheduler: its scheduler's class.
        parts: makes {folder's name: network}.
        options: of the scheduler.
    """
    made = parts()
    for name, part in made.items():
        part.save_pretrained(folder / name)
    the_class = getattr(diffusers, scheduler)
    known = inspect.signature(the_class).parameters
    own = the_class(**{key: value for key, value in (SCHEDULE | options).items() if key in known})
    own.save_pretrained(folder / "scheduler")
    named = {name: ["diffusers", type(part).__name__] for name, part in made.items()}
    told = {"_class_name": index, "scheduler": ["diffusers", scheduler], **named}
    (folder / "model_index.json").write_text(json.dumps(told))


def clip(folder: Path, place: str = "text_encoder", projected: bool = False, seed: int = 5) -> None:
    """A tiny CLIP text encoder beside the network, and its tokenizer of two letters."""
    import transformers

    torch.manual_seed(seed)
    config = transformers.CLIPTextConfig(
        vocab_size=len(WORDS), hidden_size=WIDE, intermediate_size=16, num_hidden_layers=2, num_attention_heads=2,
        max_position_embeddings=ENTERED, projection_dim=WIDE, bos_token_id=0, eos_token_id=1, pad_token_id=1,
    )  # fmt: skip
    the_class = transformers.CLIPTextModelWithProjection if projected else transformers.CLIPTextModel
    the_class(config).save_pretrained(folder / place)
    home = folder / place.replace("text_encoder", "tokenizer")
    home.mkdir()
    (home / "vocab.json").write_text(json.dumps({word: i for i, word in enumerate(WORDS)}))
    (home / "merges.txt").write_text("#version: 0.2\n")
    marks = {"bos_token": WORDS[0], "eos_token": WORDS[1], "unk_token": WORDS[1], "pad_token": WORDS[1]}
    told = {"tokenizer_class": "CLIPTokenizer", "model_max_length": ENTERED, **marks}
    (home / "tokenizer_config.json").write_text(json.dumps(told))


def stable(
    folder: Path, index: str = "StableDiffusionPipeline", encoders: tuple[bool, ...] = (False,), net: Any = None,
    vae: bool = True, **options: Any,
) -> None:  # fmt: skip
    """Stable Diffusion, or what is like it.

    Args:
        folder: where.
        index: the pipeline's class.
        encoders: of each, whether it has a projection.
        net: keys of the network's config.
        vae: whether there is an autoencoder.
        options: of the scheduler, its class among them.
    """
    parts = lambda: {"unet": prompted(**(net or {})), **({"vae": kl()} if vae else {})}  # noqa: E731
    saved(folder, index, parts=parts, **options)
    for i, projected in enumerate(encoders):
        clip(folder, f"text_encoder{'_2' if i else ''}", projected, 5 + i)


def published_dit(folder: Path) -> None:
    """As facebook/DiT-XL-2-256 is written: a Transformer2DModel of 2022 with all its keys, names of classes."""
    saved(folder, "DiTPipeline", parts=lambda: {"transformer": dit(), "vae": kl()})
    rewrite(folder / "transformer" / "config.json", _class_name="Transformer2DModel", _diffusers_version="0.12.0.dev0",
            cross_attention_dim=None, double_self_attention=False, num_vector_embeds=None, only_cross_attention=False,
            use_linear_projection=False)  # fmt: skip
    names = {str(i): f"{name}, of {i}" for i, name in enumerate(("tench", "goldfish", "shark", "ray", "cock"))}
    rewrite(folder / "model_index.json", id2label=names, _diffusers_version="0.12.0.dev0")


def published_ldm(folder: Path) -> None:
    """As CompVis/ldm-celebahq-256 is written: in 2022, without what has come since."""
    saved(folder, "LDMPipeline", parts=lambda: {"unet": unet(), "vqvae": vq()})
    since = {
        "unet": ("num_class_embeds", "class_embed_type", "resnet_time_scale_shift", "attn_norm_num_groups", "dropout",
                 "time_embedding_dim", "upsample_type", "downsample_type"),
        "vqvae": ("scaling_factor", "norm_type", "mid_block_add_attention", "lookup_from_codebook", "force_upcast",
                  "vq_embed_dim"),
    }  # fmt: skip
    for part, keys in since.items():
        rewrite(folder / part / "config.json", without=keys, _diffusers_version="0.1.2")
    rewrite(folder / "scheduler" / "scheduler_config.json", tensor_format="pt", timestep_values=None,
            without=("prediction_type", "timestep_spacing", "rescale_betas_zero_snr", "thresholding",
                     "steps_offset", "set_alpha_to_one"))  # fmt: skip


def published_stable(folder: Path) -> None:
    """As runwayml/stable-diffusion-v1-5 is written: PNDM, and the names, keys and counts of that time."""
    stable(folder, scheduler="PNDMScheduler", skip_prk_steps=True, steps_offset=1, set_alpha_to_one=False)
    rewrite(folder / "vae" / "config.json", _diffusers_version="0.6.0.dev0",
            without=("scaling_factor", "shift_factor", "latents_mean", "latents_std", "force_upcast", "use_quant_conv",
                     "use_post_quant_conv", "mid_block_add_attention"))  # fmt: skip
    rewrite(folder / "unet" / "config.json", _diffusers_version="0.9.0",
            without=("addition_embed_type", "encoder_hid_dim", "encoder_hid_dim_type", "transformer_layers_per_block",
                     "attention_type", "time_cond_proj_dim", "class_embed_type", "mid_block_type"))  # fmt: skip
    path = folder / "text_encoder" / "model.safetensors"
    state = {f"text_model.{name}": value for name, value in load_file(path).items()}
    state["text_model.embeddings.position_ids"] = torch.arange(ENTERED)[None]
    save_file(state, path, {"format": "pt"})
    parts = {"text_encoder": ["transformers", "CLIPTextModel"], "tokenizer": ["transformers", "CLIPTokenizer"]}
    rewrite(folder / "model_index.json", safety_checker=[None, None], feature_extractor=[None, None], **parts)


def rewrite(path: Path, without: tuple[str, ...] = (), **keys: Any) -> None:
    """A JSON file with further keys, and without some."""
    held = json.loads(path.read_text()) | keys
    path.write_text(json.dumps({key: value for key, value in held.items() if key not in without}))


@contextmanager
def latents_drawn(pipeline: Any, x_T: torch.Tensor) -> Iterator[None]:
    """Within it, what a pipeline draws is x_T."""
    module = importlib.import_module(type(pipeline).__module__)
    own, module.randn_tensor = module.randn_tensor, lambda *args, **kwargs: x_T.clone()
    try:
        yield
    finally:
        module.randn_tensor = own


def ldm(folder: Path, x_T: torch.Tensor, S: int, labels: Any) -> torch.Tensor:
    """LDMPipeline's pictures, in −1…1."""
    pipeline = diffusers.LDMPipeline(
        VQModel.from_pretrained(folder / "vqvae"), UNet2DModel.from_pretrained(folder / "unet"), scheduler_in(folder)
    )
    with latents_drawn(pipeline, x_T):
        made = pipeline(batch_size=len(x_T), num_inference_steps=S, output_type="np").images
    return 2 * torch.from_numpy(made).permute(0, 3, 1, 2) - 1


def dit_pipeline(folder: Path, x_T: torch.Tensor, S: int, labels: Any, guidance: float = 1.0) -> torch.Tensor:
    """DiTPipeline's pictures, in −1…1; guided, of networks of 1,000 classes alone."""
    pipeline = diffusers.DiTPipeline(
        DiTTransformer2DModel.from_pretrained(folder / "transformer"), AutoencoderKL.from_pretrained(folder / "vae"),
        scheduler_in(folder),
    )  # fmt: skip
    with latents_drawn(pipeline, x_T):
        made = pipeline(list(labels), guidance, num_inference_steps=S, output_type="pt").images
    return 2 * made - 1


def scheduler_in(folder: Path) -> Any:
    config = json.loads((folder / "scheduler" / "scheduler_config.json").read_text())
    return getattr(diffusers, config["_class_name"]).from_config(config)


def _text(folder: Path, place: str = "text_encoder") -> tuple[Any, Any]:
    import transformers

    named = json.loads((folder / place / "config.json").read_text())["architectures"][0]
    words = transformers.CLIPTokenizer.from_pretrained(folder / place.replace("text_encoder", "tokenizer"))
    return getattr(transformers, named).from_pretrained(folder / place), words


def stable_pipeline(folder: Path, x_T: torch.Tensor, S: int, labels: Any) -> torch.Tensor:
    """StableDiffusionPipeline's pictures of the empty prompt without guidance, in −1…1."""
    encoder, words = _text(folder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of what it amends
        pipeline = diffusers.StableDiffusionPipeline(
            AutoencoderKL.from_pretrained(folder / "vae"), encoder, words,
            UNet2DConditionModel.from_pretrained(folder / "unet"), scheduler_in(folder), None, None,
            requires_safety_checker=False,
        )  # fmt: skip
    return _asked(pipeline, x_T, S)


def xl_pipeline(folder: Path, x_T: torch.Tensor, S: int, labels: Any) -> torch.Tensor:
    """StableDiffusionXLPipeline's pictures of the empty prompt without guidance, in −1…1."""
    (one, words), (two, words_2) = _text(folder), _text(folder, "text_encoder_2")
    pipeline = diffusers.StableDiffusionXLPipeline(
        AutoencoderKL.from_pretrained(folder / "vae"), one, two, words, words_2,
        UNet2DConditionModel.from_pretrained(folder / "unet"), scheduler_in(folder), add_watermarker=False,
    )  # fmt: skip
    return _asked(pipeline, x_T, S)


def _asked(pipeline: Any, x_T: torch.Tensor, S: int) -> torch.Tensor:
    pipeline.set_progress_bar_config(disable=True)
    told = {"num_inference_steps": S, "guidance_scale": 1.0, "output_type": "pt", "latents": x_T}
    return 2 * pipeline([""] * len(x_T), **told).images - 1


@torch.no_grad()
def plain_loop(
    folder: Path, x_T: torch.Tensor, S: int, labels: Any, encoder: bool = False
) -> torch.Tensor:  # fmt: skip
    """The loop of IFPipeline without guidance: pixels, and a second half of the output that is about σ²."""
    net, scheduler = UNet2DConditionModel.from_pretrained(folder / "unet"), scheduler_in(folder)
    told = None
    if encoder:
        text, words = _text(folder)
        entered = words([""], padding="max_length", max_length=ENTERED, return_tensors="pt").input_ids
        told = text(entered)[0].expand(len(x_T), -1, -1)
    scheduler.set_timesteps(S)
    x = x_T * scheduler.init_noise_sigma
    for t in scheduler.timesteps:
        said = net(scheduler.scale_model_input(x, t), t, encoder_hidden_states=told).sample
        keeps = scheduler.config.get("variance_type") in ("learned", "learned_range")
        x = scheduler.step(said if keeps else said[:, : x.shape[1]], t, x).prev_sample
    return x


Loop = Callable[..., torch.Tensor]
LDM = {"index": "LDMPipeline", "parts": lambda: {"unet": unet(), "vqvae": vq()}}
OF_DIT: dict[str, Any] = {"index": "DiTPipeline", "parts": lambda: {"transformer": dit(), "vae": kl()}}
SIX: dict[str, Any] = {"in_channels": 3, "out_channels": 6}
IF: dict[str, Any] = {
    "index": "IFPipeline", "scheduler": "DDPMScheduler", "variance_type": "learned_range", "thresholding": True,
}  # fmt: skip
XL: dict[str, Any] = {
    "index": "StableDiffusionXLPipeline", "scheduler": "EulerDiscreteScheduler", "encoders": (False, True),
    "net": {"cross_attention_dim": 2 * WIDE, "addition_embed_type": "text_time", "addition_time_embed_dim": 4,
            "projection_class_embeddings_input_dim": WIDE + 6 * 4},
}  # fmt: skip
# kind → what makes it, the loop of its pipeline, and what `zoo.Folder` has further
LATENT_KINDS: dict[str, tuple[Callable[[Path], None], Loop, dict[str, Any]]] = {
    "latent diffusion, VQ": (partial(saved, **LDM), ldm, {}),
    "latent diffusion, VQ, as published in 2022": (published_ldm, ldm, {"steps": None}),
    "latent diffusion, VQ, DDPM": (partial(saved, scheduler="DDPMScheduler", **LDM), ldm, {}),
    "latent diffusion, Euler": (partial(saved, scheduler="EulerDiscreteScheduler", **LDM), ldm, {}),
    "DiT": (partial(saved, **OF_DIT), dit_pipeline, {"place": "transformer", "labels": (0, 4)}),
    "DiT, guided": (
        partial(saved, **OF_DIT | {"parts": lambda: {"transformer": dit(num_embeds_ada_norm=1000), "vae": kl()}}),
        partial(dit_pipeline, guidance=3.0),
        {"place": "transformer", "labels": (0, 3), "flags": ("--guidance", "3")},
    ),
    "DiT, as published in 2022": (
        published_dit, dit_pipeline, {"place": "transformer", "labels": (1, 2), "steps": None},
    ),
    "Stable Diffusion": (stable, stable_pipeline, {"needs": "transformers"}),
    "Stable Diffusion, as published in 2022": (published_stable, stable_pipeline, {"needs": "transformers"}),
    "Stable Diffusion, a scheduler that its pipeline amends": (
        partial(stable, steps_offset=0, clip_sample=True), stable_pipeline, {"needs": "transformers"},
    ),
    "Stable Diffusion XL": (partial(stable, **XL), xl_pipeline, {"needs": "transformers"}),
    "UNet2DConditionModel of pixels, told nothing": (
        partial(stable, encoders=(), vae=False, index="", net={"in_channels": 3, "out_channels": 3} | PLAIN),
        plain_loop, {},
    ),
    "DeepFloyd IF's, with CLIP": (
        partial(stable, net=SIX, vae=False, **IF), partial(plain_loop, encoder=True), {"needs": "transformers"},
    ),
}  # fmt: skip


def without(folder: Path, part: str, make: Callable[[Path], None]) -> None:
    """A folder that lacks a part."""
    make(folder)
    shutil.rmtree(folder / part)
