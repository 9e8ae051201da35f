"""Networks that would cost too much are refused before anything is built or read; published ones pass."""

import json
import threading
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from ddpm_playground.learn.checkpoints import checkpoint as checkpoint_module
from ddpm_playground.learn.checkpoints import store as shelf_module
from ddpm_playground.learn.checkpoints.checkpoint import WEIGHTS, CheckpointError, load_checkpoint
from ddpm_playground.learn.checkpoints.store import Shelf
from ddpm_playground.learn.networks import cost
from ddpm_playground.learn.networks.cost import MAX_BYTES_A_PICTURE, bytes_a_picture, check_network
from ddpm_playground.ui.words.refusal import refusal
from tests.tiny import tiny_checkpoint

# As published on the Hub: sample_size, block_out_channels, layers_per_block, attention_head_dim, down_block_types.
PUBLISHED = {
    "ddpm-cifar10-32": (32, (128, 256, 256, 256), 2, None, ["DownBlock2D", "AttnDownBlock2D"] + ["DownBlock2D"] * 2),
    "ddpm-celebahq-256": (256, (128, 128, 256, 256, 512, 512), 2, None,
                          ["DownBlock2D"] * 4 + ["AttnDownBlock2D", "DownBlock2D"]),
    "ncsnpp-ffhq-1024": (1024, (16, 32, 64, 128, 256, 512, 512, 512), 1, None,
                         ["SkipDownBlock2D"] * 7 + ["AttnSkipDownBlock2D"]),
    "train_unconditional at 512": (512, (128, 128, 256, 256, 512, 512), 2, 8,
                                   ["DownBlock2D"] * 4 + ["AttnDownBlock2D", "DownBlock2D"]),
    "diffusers_consistency_imagenet64": (64, (192, 384, 576, 768), 3, 64,
                                         ["ResnetDownsampleBlock2D"] + ["AttnDownBlock2D"] * 3),
    "ldm-celebahq-256": (64, (224, 448, 672, 896), 2, 32, ["DownBlock2D"] + ["AttnDownBlock2D"] * 3),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tiny_checkpoint(tmp_path / "tiny")


def edit(path: Path, **changes: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_networks_pass(name: str) -> None:
    size, channels, layers, head, downs = PUBLISHED[name]
    check_network(
        {"sample_size": size, "in_channels": 3, "out_channels": 3, "block_out_channels": list(channels),
         "layers_per_block": layers, "attention_head_dim": head, "down_block_types": downs, "norm_num_groups": 32,
         "downsample_padding": 1, "num_train_timesteps": None, "num_class_embeds": None}
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"layers_per_block": 100_000}, "layers_per_block in config.json must be .* at most 256, got 100000"),
        ({"layers_per_block": 200}, "layers_per_block = 200 on 2 levels makes 400 residual blocks, at most 256"),
        ({"layers_per_block": -1}, "layers_per_block"), ({"layers_per_block": "2"}, "layers_per_block"),
        ({"sample_size": 4096}, "sample_size = 4096×4096 needs about .* GiB"),
        ({"sample_size": [8, 4096]}, None),
        ({"block_out_channels": [8] * 100}, "must list 1 to 12 widths"),
        ({"block_out_channels": [10**9, 8]}, "block_out_channels .* at most 8,192, got 1000000000"),
        ({"block_out_channels": 8}, "widths"), ({"block_out_channels": [10**30, 8]}, "a far larger one"),
        ({"attention_head_dim": 10**9}, "attention_head_dim"), ({"norm_num_groups": 10**9}, "norm_num_groups"),
        ({"downsample_padding": 10**6}, "downsample_padding"), ({"num_train_timesteps": 10**9}, "num_train_timesteps"),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_it_is_refused_before_anything_is_built_or_read(folder: Path, change: dict, told: str | None, monkeypatch):
    edit(folder / "unet" / "config.json", **change)
    if told is None:  # wide and flat is no fault
        assert load_checkpoint(folder).image_shape == (1, 8, 4096)
        return

    def never(*given: object, **named: object) -> None:
        pytest.fail("built or read")

    monkeypatch.setattr(checkpoint_module.UNet2DModel, "from_config", never)
    monkeypatch.setattr(cost, "load_file", never)
    with pytest.raises(CheckpointError, match=told) as refused:
        load_checkpoint(folder)
    assert refusal(refused.value, "zh-TW") != str(refused.value)


def test_attention_over_many_pixels_is_counted() -> None:
    plain = {"sample_size": 256, "block_out_channels": [32, 32], "layers_per_block": 1, "add_attention": False}
    attending = plain | {"down_block_types": ["AttnDownBlock2D", "DownBlock2D"], "add_attention": True}
    assert bytes_a_picture(plain) < MAX_BYTES_A_PICTURE < bytes_a_picture(attending)


@pytest.mark.parametrize("dtype", [torch.int32, torch.int8, torch.bool, torch.complex64])
def test_weights_that_are_no_real_numbers_are_refused(folder: Path, dtype: torch.dtype) -> None:
    state = load_file(folder / WEIGHTS)
    state["conv_in.bias"] = state["conv_in.bias"].to(dtype)
    save_file(state, folder / WEIGHTS)
    with pytest.raises(CheckpointError, match="numbers in conv_in.bias; weights must be float32"):
        load_checkpoint(folder)


def test_weights_in_half_precision_are_read(folder: Path) -> None:
    save_file({name: value.half() for name, value in load_file(folder / WEIGHTS).items()}, folder / WEIGHTS)
    assert next(load_checkpoint(folder).unet.parameters()).dtype == torch.float32


@pytest.mark.parametrize(
    "name", ["x" * 3000, "x" * 300, "a\0b", "\ud800", "\udcff/x", "", " ", "a/" * 190, "loop", "loop/x", "tiny/loop"]
)
def test_any_name_is_answered_in_words_and_at_once(folder: Path, name: str) -> None:
    (folder.parent / "loop").symlink_to("loop")
    (folder / "loop").symlink_to(folder / "loop")
    shelf = Shelf([folder.parent])
    state = shelf.begin(name)
    assert state.stage == "refused" and 20 < len(state.reason) < 500
    assert "Errno" not in state.reason and "codec" not in state.reason
    assert refusal(state.reason, "zh-TW") != state.reason
    with pytest.raises(ValueError):
        shelf.load(name)


def test_links_that_lead_back_to_themselves_within_a_checkpoint(folder: Path) -> None:
    (folder / WEIGHTS).unlink()
    (folder / WEIGHTS).symlink_to(folder / WEIGHTS)
    shelf = Shelf([folder.parent])
    shelf.names()
    assert shelf.begin("tiny").stage in ("reading", "refused")
    with pytest.raises(ValueError, match="missing"):
        shelf.load("tiny")


def test_others_are_read_while_one_takes_its_time(folder: Path, monkeypatch) -> None:
    tiny_checkpoint(folder.parent / "slow")
    go, begun, load = threading.Event(), threading.Event(), checkpoint_module.load_checkpoint

    def slow(path: Path, *rest):
        if path.name == "slow":
            begun.set()
            go.wait(60)
        return load(path, *rest)

    monkeypatch.setattr(checkpoint_module, "load_checkpoint", slow)
    shelf = Shelf([folder.parent])
    shelf.begin("slow")
    assert begun.wait(60)
    other = threading.Thread(target=shelf.load, args=("tiny",), daemon=True)
    other.start()
    other.join(60)
    assert not other.is_alive() and shelf.state("tiny").stage == "ready" and shelf.state("slow").stage == "reading"
    go.set()
    assert shelf.load("slow") is shelf.load("slow")


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("boom"), OSError(5, "Input/output error")])
def test_a_failure_of_the_machine_is_told_and_the_next_press_tries_again(folder: Path, monkeypatch, error) -> None:
    shelf = Shelf([folder.parent])
    with monkeypatch.context() as patch:
        patch.setattr(shelf_module.Shelf, "_read", lambda self, key: (_ for _ in ()).throw(error))
        with pytest.raises(type(error)):
            shelf.load("tiny")
    state = shelf.state("tiny")
    assert state.stage == "refused" and state.reason and "Errno" not in state.reason
    shelf.load("tiny")
    assert shelf.state("tiny").stage == "ready"
