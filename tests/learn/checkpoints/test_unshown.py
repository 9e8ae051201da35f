"""Networks of other classes: the sentence that refuses them says what cannot be run and why."""

import json
from pathlib import Path
from typing import Any

import diffusers
import pytest

from ddpm_playground.core.phrase import Refusal
from ddpm_playground.learn.checkpoints.checkpoint import PICTURES, TOLD, load_checkpoint

CONDITIONAL = "UNet2DConditionModel"
# kind → where the network lies, its class and the keys of its config that tell, the other folders; what is said; what
# must not be said
KINDS: dict[str, tuple[str, str, dict[str, Any], tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "Stable Diffusion 3": (
        "transformer", "SD3Transformer2DModel", {"joint_attention_dim": 4096},
        ("vae", "text_encoder", "text_encoder_2", "text_encoder_3"),
        ("networks of this class cannot be run", "joint_attention_dim = 4096"), ("latents",),
    ),
    "Kandinsky 2.2": (
        "unet", CONDITIONAL, {"cross_attention_dim": 768, "encoder_hid_dim_type": "image_proj"}, ("movq",),
        ("made elsewhere of a picture", "encoder_hid_dim_type = image_proj"), ("Reverse",),
    ),
    "Kandinsky 2.2, prior": (
        "prior", "PriorTransformer", {"embedding_dim": 1280}, ("image_encoder", "text_encoder"),
        ("draws no picture", "image_encoder/, text_encoder/"), ("latents",),
    ),
    "Würstchen, prior": ("prior", "WuerstchenPrior", {"c_cond": 1280}, ("text_encoder",), ("draws no picture",), ()),
    "Würstchen": (
        "decoder", "WuerstchenDiffNeXt", {"c_cond": 1024}, ("vqgan", "text_encoder"), ("c_cond = 1024",), (),
    ),
    "a video": (
        "unet", "UNet3DConditionModel", {"cross_attention_dim": 1024}, ("vae", "text_encoder"),
        ("frames of a video", "cross_attention_dim"), (),
    ),
    "a class that is not known": ("transformer", "Other", {}, (), ("only UNet2DModel",), ("latents", "attends")),
}  # fmt: skip


@pytest.mark.parametrize("welcome", [False, True])
@pytest.mark.parametrize("name", KINDS)
def test_it_says_what_cannot_be_shown_and_why(name: str, welcome: bool, tmp_path: Path) -> None:
    place, class_name, keys, beside, said, unsaid = KINDS[name]
    for folder in (place, *beside):
        (tmp_path / "a" / folder).mkdir(parents=True)
    (tmp_path / "a" / place / "config.json").write_text(json.dumps({"_class_name": class_name, **keys}))
    diffusers.DDPMScheduler().save_pretrained(tmp_path / "a" / "scheduler")
    with pytest.raises(Refusal) as refused:
        load_checkpoint(tmp_path / "a", architectures=(*PICTURES, *TOLD) if welcome else PICTURES)
    told = str(refused.value)
    assert class_name in told or "made elsewhere" in told
    assert all(piece in told for piece in said) and "\n" not in told
    assert not any(piece in told for piece in unsaid)
