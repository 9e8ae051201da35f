"""Networks of latents and of a prompt: what is missing, broken or hostile is refused, and how latents are shown."""

import importlib.util
import json
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from ddpm_playground.cli import main
from ddpm_playground.core import Sampling
from ddpm_playground.core.phrase import Phrase, Refusal
from ddpm_playground.learn.checkpoints.autoencoder import SD_CHANNELS, Autoencoder
from ddpm_playground.learn.checkpoints.checkpoint import PICTURES, TOLD, Checkpoint, load_checkpoint
from ddpm_playground.learn.checkpoints.store import Shelf
from ddpm_playground.learn.data.latent_maps import fitted_to_pictures, principal, published
from ddpm_playground.learn.judging.samples import final_x
from tests.learn.checkpoints.latent_zoo import LDM, OF_DIT, PLAIN, kl, prompted, rewrite, saved

WELCOME = (*PICTURES, *TOLD)
HUGE = 10**12
ldm, dit = partial(saved, **LDM), partial(saved, **OF_DIT)


def loaded(folder: Path, **told: Any) -> Checkpoint:
    return load_checkpoint(folder, architectures=WELCOME, **told)


def stable(folder: Path, **net: Any) -> None:
    """Stable Diffusion without its encoder."""
    saved(folder, "StableDiffusionPipeline", parts=lambda: {"unet": prompted(**net), "vae": kl()})


def no_encoder(folder: Path) -> None:
    stable(folder)


def encoder_alone(folder: Path) -> None:
    """The config of an encoder, which is enough to be refused where the package that runs it is not there."""
    stable(folder)
    (folder / "text_encoder").mkdir()
    (folder / "text_encoder" / "config.json").write_text(json.dumps({"architectures": ["CLIPTextModel"]}))


def other_encoder(folder: Path) -> None:
    stable(folder)
    (folder / "text_encoder").mkdir()
    (folder / "text_encoder" / "config.json").write_text(json.dumps({"architectures": ["GemmaModel"]}))


def hostile_encoder(folder: Path) -> None:
    encoder_alone(folder)
    rewrite(folder / "text_encoder" / "config.json", vocab_size=HUGE)


def told_elsewhere(folder: Path) -> None:
    saved(folder, "", parts=lambda: {"unet": prompted(addition_embed_type="image", encoder_hid_dim=8)})


def nan_in_vae(folder: Path) -> None:
    dit(folder)
    path = folder / "vae" / "diffusion_pytorch_model.safetensors"
    state = load_file(path)
    state["decoder.conv_in.bias"][0] = float("nan")
    save_file(state, path, {"format": "pt"})


def cut_vae(folder: Path) -> None:
    dit(folder)
    path = folder / "vae" / "diffusion_pytorch_model.safetensors"
    path.write_bytes(path.read_bytes()[:500])


def pickled_vae(folder: Path) -> None:
    dit(folder)
    (folder / "vae" / "diffusion_pytorch_model.safetensors").rename(folder / "vae" / "diffusion_pytorch_model.bin")


def no_vae(folder: Path) -> None:
    dit(folder)
    shutil.rmtree(folder / "vae")


def changed(part: str, made: Any, folder: Path, **keys: Any) -> None:
    made(folder)
    rewrite(folder / part / "config.json", **keys)


def of(part: str, made: Any = dit, **keys: Any) -> Any:
    """A folder in whose part these keys are other."""
    return partial(changed, part, made, **keys)


BAD: dict[str, tuple[Any, str]] = {
    "no vae/": (no_vae, "vae/ is missing in the checkpoint, which makes pictures of what the network draws"),
    "NaN in vae/": (nan_in_vae, "vae/ cannot be used: .*not finite"),
    "vae/ cut short": (cut_vae, "vae/ cannot be used: .*broken or cut short"),
    "vae/ as a pickle": (pickled_vae, "vae/ cannot be used: vae holds its weights only as a pickle .*AutoModel"),
    "vae/ of other channels": (of("vae", latent_channels=16), "latents of 4 channels, vae/ makes pictures of 16"),
    "vae/ of another class": (of("vae", _class_name="AutoencoderDC"), "vae/, which makes .* is a 'AutoencoderDC'"),
    "vae/ of no scale": (of("vae", scaling_factor=0), "scaling_factor of vae/ must be a number and not 0, got 0"),
    "vae/ of no text": (of("vae", scaling_factor="x"), "scaling_factor of vae/ must be a number"),
    "a huge vae/": (of("vae", block_out_channels=[HUGE]), "block_out_channels in config.json must be"),
    "a deep vae/": (of("vae", block_out_channels=[8] * 11), "vae/ needs about .* GiB of memory"),
    "a vae/ of other widths": (of("vae", block_out_channels=[8, 8]), "vae/ cannot be used: the weights do not fit"),
    "a vae/ of a huge codebook": (of("vqvae", ldm, num_vq_embeddings=HUGE), "num_vq_embeddings in config.json must be"),
    "a DiT of half patches": (of("transformer", patch_size=3), "a DiT draws squares of whole patches"),
    "a DiT of no patches": (of("transformer", patch_size=0), "patch_size in config.json must be"),
    "a DiT of many tokens": (of("transformer", sample_size=4096), "sample_size = 4096×4096 needs about .* GiB"),
    "a DiT of many layers": (of("transformer", num_layers=HUGE), "num_layers in config.json must be"),
    "a DiT of another norm": (of("transformer", norm_type="ada_norm_single"), "the weights do not fit"),
    "PixArt": (
        of("transformer", _class_name="Transformer2DModel", norm_type="ada_norm_single", caption_channels=4096),
        "attends to what another model makes .*caption_channels = 4096.*cannot be run here",
    ),
    "no text_encoder/": (no_encoder, "attends to what a text encoder makes of a prompt .cross_attention_dim = 16."),
    "another text_encoder/": (other_encoder, "text_encoder/, which says what a prompt means, is a 'GemmaModel'"),
    "a huge text_encoder/": (hostile_encoder, "text_encoder/ cannot be used: vocab_size in config.json must be"),
    "told a picture": (told_elsewhere, "addition_embed_type = image.*no empty prompt stands for that"),
    "a huge prompt": (of("unet", no_encoder, cross_attention_dim=HUGE), "cross_attention_dim in config.json must be"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_folder_is_refused_in_a_sentence(name: str, tmp_path: Path) -> None:
    make, piece = BAD[name]
    make(tmp_path / "a")
    with pytest.raises(Refusal, match=piece) as refused:
        loaded(tmp_path / "a")
    assert 30 < len(str(refused.value)) < 600 and "\n" not in str(refused.value)


def test_without_the_package_that_runs_encoders_the_sentence_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder_alone(tmp_path / "a")
    monkeypatch.setattr("ddpm_playground.learn.checkpoints.empty_prompt.find_spec", lambda name: None)
    with pytest.raises(Refusal, match=r"text_encoder/ makes of a prompt .* transformers: pip install '.*\[text\]'"):
        loaded(tmp_path / "a")


def test_an_encoder_that_is_broken_is_named(tmp_path: Path) -> None:
    if importlib.util.find_spec("transformers") is None:
        pytest.skip("needs transformers")
    encoder_alone(tmp_path / "a")
    with pytest.raises(Refusal, match="tokenizer/ is missing"):
        loaded(tmp_path / "a")
    (tmp_path / "a" / "tokenizer").mkdir()
    with pytest.raises(Refusal, match="text_encoder/ cannot be used: model.safetensors is missing"):
        loaded(tmp_path / "a")


@pytest.mark.parametrize(("make", "piece"), [(ldm, "draws latents"), (dit, "draws latents"), (stable, "draws latents")])
def test_what_works_on_pictures_says_who_can_show_it(make: Any, piece: str, tmp_path: Path) -> None:
    make(tmp_path / "a")
    with pytest.raises(Refusal, match=f"{piece}.*the Reverse tab and sample show them"):
        load_checkpoint(tmp_path / "a")
    if make is not stable:
        with pytest.raises(Refusal, match="only Reverse and sample can show"):
            Shelf([tmp_path]).load("a").check_plain()


def test_sample_writes_the_pictures_and_their_latents(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ldm(tmp_path / "a")
    out = tmp_path / "x.npz"
    given = ["--checkpoint", str(tmp_path / "a"), "--num-samples", "3", "--steps", "3", "--float", "--out", str(out)]
    assert main(["sample", *given]) == 0
    assert "vqvae/ makes pictures of 16×16" in capsys.readouterr().err
    with np.load(out) as made:
        assert made["images"].shape == (3, 16, 16, 3) and made["latents"].shape == (3, 3, 8, 8)
        vq = diffusers.VQModel.from_pretrained(tmp_path / "a" / "vqvae")
        with torch.no_grad():
            wanted = vq.decode(torch.from_numpy(made["latents"]) / vq.config.scaling_factor).sample
        torch.testing.assert_close(torch.from_numpy(made["x_0"]), wanted)
        assert (made["images"] == ((wanted.clamp(-1, 1) + 1) * 127.5).round().permute(0, 2, 3, 1).numpy()).all()


def test_latents_are_never_clipped_by_the_samplers_here_and_do_not_depend_on_their_companions(tmp_path: Path) -> None:
    dit(tmp_path / "a", beta_start=0.001)
    checkpoint, sampling = loaded(tmp_path / "a"), Sampling("ddpm", num_steps=4)
    labels = torch.tensor([0, 1, -1])
    free = final_x(checkpoint, labels, sampling, seed=3)
    assert float(free.abs().max()) > 1.0 and checkpoint.sampler_for(sampling)[1].clip_x_0 is False
    assert free[1:2].equal(final_x(checkpoint, labels, sampling, seed=3, batch_size=1)[1:2])
    assert checkpoint.latents is not None
    decoded = checkpoint.latents.pictures(free)
    assert decoded[1:2].equal(checkpoint.latents.pictures(free[1:2]))


def test_a_dit_has_a_class_for_none_and_the_names_of_its_pipeline(tmp_path: Path) -> None:
    dit(tmp_path / "a")
    rewrite(tmp_path / "a" / "model_index.json", id2label={"0": "tench, Tinca tinca", "4": 7})
    checkpoint = loaded(tmp_path / "a")
    assert checkpoint.class_names == ("tench", "1", "2", "3", "4") and checkpoint.has_null_class
    predict = checkpoint.predictor(2.0)
    x, t = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(0)), torch.tensor([5])
    said = [checkpoint.unet(x, t, class_labels=torch.tensor([label])).sample for label in (3, 5)]
    guided = said[1][:, :4] + 2.0 * (said[0][:, :4] - said[1][:, :4])
    torch.testing.assert_close(predict.answer(x, t, torch.tensor([3])), torch.cat([guided, said[0][:, 4:]], 1))
    torch.testing.assert_close(predict.answer(x, t, torch.tensor([-1])), said[1])


def test_channels_that_nothing_decodes_are_shown_by_their_principal_axes(tmp_path: Path) -> None:
    saved(tmp_path / "a", "", parts=lambda: {"unet": prompted(in_channels=8, out_channels=8, **PLAIN)})
    checkpoint = loaded(tmp_path / "a")
    assert checkpoint.latents is not None and checkpoint.latents.autoencoder is None
    assert checkpoint.latents.colours.channels == 8 and any("principal axes" in one for one in checkpoint.read_as)
    pictures = checkpoint.latents.pictures(torch.zeros(2, 8, 4, 4))
    assert pictures.shape == (2, 3, 4, 4)


def test_a_linear_decoder_is_found_again(one_thread: None) -> None:
    generator = torch.Generator().manual_seed(0)
    z, weights = torch.randn(2, 5, 8, 8, generator=generator), torch.randn(5, 3, generator=generator) / 20
    pictures = torch.einsum("nchw,cr->nrhw", z, weights) + 0.1
    found, explained = fitted_to_pictures(z, pictures.repeat_interleave(4, 2).repeat_interleave(4, 3))
    torch.testing.assert_close(torch.tensor(found.weights), weights, atol=1e-5, rtol=1e-4)
    assert explained > 0.999 and found.offset == pytest.approx((0.1,) * 3, abs=1e-5)
    torch.testing.assert_close(found.colours(z), pictures, atol=1e-5, rtol=1e-4)


def test_principal_axes_are_uncorrelated_and_fall() -> None:
    generator = torch.Generator().manual_seed(0)
    mixed = torch.randn(3, 6, generator=generator)
    z = torch.einsum("nchw,cd->ndhw", torch.randn(4, 3, 9, 9, generator=generator), mixed)
    found = principal(z, Phrase("these"))
    shown = found.colours(z).movedim(1, -1).reshape(-1, 3)
    spread = torch.cov(shown.T)
    torch.testing.assert_close(spread, spread.diag().diag(), atol=1e-4, rtol=0)
    assert spread[0, 0] > spread[1, 1] > spread[2, 2]
    weights = torch.tensor(found.weights)
    torch.testing.assert_close(weights.T @ weights, torch.eye(3) / 4, atol=1e-5, rtol=0)
    assert principal(z[:, :2], Phrase("these")).colours(z[:, :2])[:, 2].abs().max() < 1e-6


@pytest.mark.parametrize(("factor", "name"), [(0.18215, "Stable Diffusion 1"), (0.13025, "Stable Diffusion XL")])
def test_stable_diffusions_maps_are_those_that_were_published(factor: float, name: str) -> None:
    class Told:
        config = {"scaling_factor": factor, "block_out_channels": SD_CHANNELS, "latent_channels": 4}

    assert Autoencoder("vae", Told(), (3, 512, 512)).colours(torch.Tensor) == published(name)
