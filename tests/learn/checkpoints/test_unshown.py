"""Latent, text and video models: the sentence that refuses them says what cannot be shown and why."""

import json
from pathlib import Path
from typing import Any

import diffusers
import pytest

from ddpm_playground.core.phrase import Refusal
from ddpm_playground.learn.checkpoints.checkpoint import load_checkpoint

CONDITIONAL = "UNet2DConditionModel"
# kind → where the network lies, its class and the keys of its config that tell, the other folders; what is said; what
# must not be said
KINDS: dict[str, tuple[str, str, dict[str, Any], tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "Stable Diffusion": (
        "unet", CONDITIONAL, {"cross_attention_dim": 768, "in_channels": 4}, ("vae", "text_encoder"),
        ("latents, of which vae/", "text_encoder/ makes of a text", "cross_attention_dim = 768"), ("video",),
    ),
    "SDXL": (
        "unet", CONDITIONAL, {"cross_attention_dim": 2048}, ("vae", "text_encoder", "text_encoder_2"),
        ("latents", "text_encoder/, text_encoder_2/"), (),
    ),
    "unet/ of Stable Diffusion": (
        "unet", CONDITIONAL, {"cross_attention_dim": 768}, ("vae",), ("latents, of which vae/", "another model"), (),
    ),
    "DeepFloyd IF": (
        "unet", CONDITIONAL, {"cross_attention_dim": 1280, "encoder_hid_dim": 4096}, ("text_encoder",),
        ("text_encoder/ makes of a text",), ("latents",),
    ),
    "DiT": (
        "transformer", "DiTTransformer2DModel", {"num_embeds_ada_norm": 1000}, ("vae",),
        ("in transformer/, is a DiTTransformer2DModel", "latents, of which vae/"), ("attends",),
    ),
    "Stable Diffusion 3": (
        "transformer", "SD3Transformer2DModel", {"joint_attention_dim": 4096},
        ("vae", "text_encoder", "text_encoder_2", "text_encoder_3"), ("latents", "joint_attention_dim = 4096"), (),
    ),
    "Kandinsky 2.2": (
        "unet", CONDITIONAL, {"cross_attention_dim": 768, "encoder_hid_dim_type": "image_proj"}, ("movq",),
        ("latents, of which movq/", "a text or a picture"), (),
    ),
    "Kandinsky 2.2, prior": (
        "prior", "PriorTransformer", {"embedding_dim": 1280}, ("image_encoder", "text_encoder"),
        ("draws no picture", "image_encoder/, text_encoder/"), ("latents",),
    ),
    "Würstchen, prior": ("prior", "WuerstchenPrior", {"c_cond": 1280}, ("text_encoder",), ("draws no picture",), ()),
    "Würstchen": (
        "decoder", "WuerstchenDiffNeXt", {"c_cond": 1024}, ("vqgan", "text_encoder"), ("latents, of which vqgan/",), (),
    ),
    "a video": (
        "unet", "UNet3DConditionModel", {"cross_attention_dim": 1024}, ("vae", "text_encoder"),
        ("frames of a video", "latents"), (),
    ),
    "a class that is not known": ("transformer", "Other", {}, (), ("only a UNet2DModel",), ("latents", "attends")),
}  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
def test_it_says_what_cannot_be_shown_and_why(name: str, tmp_path: Path) -> None:
    place, class_name, keys, beside, said, unsaid = KINDS[name]
    for folder in (place, *beside):
        (tmp_path / "a" / folder).mkdir(parents=True)
    (tmp_path / "a" / place / "config.json").write_text(json.dumps({"_class_name": class_name, **keys}))
    diffusers.DDPMScheduler().save_pretrained(tmp_path / "a" / "scheduler")
    given = tmp_path / "a" / place if name.startswith("unet/") else tmp_path / "a"
    with pytest.raises(Refusal) as refused:
        load_checkpoint(given)
    told = str(refused.value)
    assert class_name in told and all(piece in told for piece in said) and "\n" not in told
    assert not any(piece in told for piece in unsaid)
