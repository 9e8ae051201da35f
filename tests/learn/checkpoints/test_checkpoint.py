"""Checkpoint folders: what is read, what is refused with one sentence, and that a save is never half done."""

import json
from pathlib import Path

import pytest
import torch
from diffusers import DDPMScheduler, UNet2DModel
from safetensors.torch import load_file, save_file

from ddpm_playground.cli import main
from ddpm_playground.learn.checkpoints import checkpoint as checkpoint_module
from ddpm_playground.learn.checkpoints.checkpoint import (
    WEIGHTS,
    CheckpointError,
    load_checkpoint,
    save_pipeline,
    sha256_of,
)
from tests.tiny import tiny_checkpoint


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tiny_checkpoint(tmp_path / "tiny")


def edit(path: Path, **changes: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_diffusers_reads_what_we_write(folder):
    ours = load_checkpoint(folder)
    theirs = UNet2DModel.from_pretrained(folder / "unet").state_dict()
    assert all(torch.equal(theirs[name], value) for name, value in ours.unet.state_dict().items())
    assert DDPMScheduler.from_pretrained(folder / "scheduler").config["num_train_timesteps"] == ours.schedule.T
    assert ours.sha256 == sha256_of(folder / WEIGHTS)


@pytest.mark.parametrize(
    "change",
    [{"norm_num_groups": 0}, {"attention_head_dim": 0}, {"act_fn": None}, {"time_embedding_type": "x"},
     {"block_out_channels": []}, {"sample_size": "28"}, {"sample_size": -4},
     {"sample_size": 10**9}, {"sample_size": [28]}, {"in_channels": True}, {"out_channels": 3}, {"norm_eps": "small"},
     {"num_class_embeds": 0}, {"block_out_channels": [2048, 4096]}, {"_class_name": "UNet2DConditionModel"},
     {"layers_per_block": 2}],
    ids=str,
)  # fmt: skip
def test_a_hostile_or_other_architecture_is_refused(folder, change, capsys):
    edit(folder / "unet" / "config.json", **change)
    with pytest.raises(CheckpointError) as refused:
        load_checkpoint(folder)
    assert "\n" not in str(refused.value) and len(str(refused.value)) > 40
    assert main(["sample", "--checkpoint", str(folder), "--num-samples", "1", "--out", str(folder / "x.npz")]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and not (folder / "x.npz").exists()


@pytest.mark.parametrize(
    "change",
    [{"class_names": 5}, {"class_names": ["a"] * 50}, {"_class_names": 5}, {"_class_names": ["a"] * 50},
     {"_class_names": [1]}, {"_class_names": "a"}, {"class_names": {}},
     {"beta_end": 10**400}, {"beta_end": -1}, {"beta_schedule": "x"}, {"num_train_timesteps": 0},
     {"trained_betas": [2.0]}],
    ids=lambda change: f"{next(iter(change))}={str(next(iter(change.values())))[:12]}",
)  # fmt: skip
def test_a_scheduler_config_that_cannot_be_is_refused(folder, change):
    edit(folder / "scheduler" / "scheduler_config.json", **change)
    with pytest.raises(CheckpointError, match="scheduler_config"):
        load_checkpoint(folder)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000, '{"a": 1', "\ud800"], ids=lambda t: t[:8])
def test_a_config_that_is_no_json_object_is_refused(folder, text):
    (folder / "unet" / "config.json").write_text(text, errors="surrogatepass")
    with pytest.raises(CheckpointError, match="config.json"):
        load_checkpoint(folder)


def test_weights_that_are_missing_cut_short_or_not_finite_are_refused(folder):
    weights, whole = folder / WEIGHTS, (folder / WEIGHTS).read_bytes()
    for broken in (b"", whole[:100], whole[:-7], b"\x80\x04K\x01."):
        weights.write_bytes(broken)
        with pytest.raises(CheckpointError, match="broken or cut short"):
            load_checkpoint(folder)
    weights.write_bytes(whole)
    state = load_file(weights)
    state["conv_in.bias"][0] = float("nan")
    save_file(state, weights)
    with pytest.raises(CheckpointError, match="not finite .in conv_in.bias"):
        load_checkpoint(folder)
    weights.unlink()
    with pytest.raises(CheckpointError, match="only safetensors weights are read"):
        load_checkpoint(folder)
    with pytest.raises(CheckpointError, match="no checkpoint folder"):
        load_checkpoint(folder / "nowhere")


@pytest.mark.parametrize("files_written", range(6))
def test_a_save_that_is_killed_leaves_a_folder_that_can_be_read(folder, files_written, monkeypatch):
    """Whatever is written before the kill, every file is the old one or the new one, and the weights are whole."""
    before = load_checkpoint(folder)
    other = UNet2DModel.from_config(before.unet.config)
    replace, written = Path.replace, []

    def killed(path: Path, target: Path) -> Path:
        if len(written) == files_written:
            raise KeyboardInterrupt
        written.append(target)
        return replace(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint_module.Path, "replace", killed)
        try:
            save_pipeline(folder, other, DDPMScheduler(20), lambda sha256: {"README.md": sha256})
            finished = True
        except KeyboardInterrupt:
            finished = False
    after = load_checkpoint(folder)
    assert finished == (len(written) == 5)
    new = torch.equal(after.unet.conv_in.weight, other.conv_in.weight)
    old = torch.equal(after.unet.conv_in.weight, before.unet.conv_in.weight)
    assert new != old and new == finished
    save_pipeline(folder, other, DDPMScheduler(20), lambda sha256: {"README.md": sha256})
    assert (folder / "README.md").read_text() == load_checkpoint(folder).sha256
    assert not list(folder.parent.glob(".*"))
