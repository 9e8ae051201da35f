"""Folders that are broken or hostile are refused in a sentence, before anything of their size is built."""

import json
from pathlib import Path

import pytest
from diffusers import UNet2DModel
from safetensors.torch import load_file, save_file

from ddpm_playground.core import Sampling
from ddpm_playground.core.phrase import Refusal
from ddpm_playground.learn.checkpoints.checkpoint import load_checkpoint
from ddpm_playground.learn.checkpoints.store import Shelf
from tests.learn.checkpoints.strangers import WHOLE, flat, pipeline

LARGE = 10**12


def with_keys(path: Path, **changes: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


LISTS = ("block_out_channels", "layers_per_block", "in_channels", "sample_size", "num_class_embeds")
NUMBERS = ("attention_head_dim", "norm_num_groups", "num_train_timesteps")
CHANGES = [(key, LARGE) for key in (*LISTS, *NUMBERS)] + [(key, [LARGE] * n) for key in LISTS for n in (1, 10_000)]


@pytest.mark.parametrize(("key", "value"), CHANGES, ids=lambda one: str(one)[:30])
def test_a_config_of_any_size_builds_nothing(
    key: str, value: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flat(tmp_path / "a")
    with_keys(tmp_path / "a" / "config.json", **{key: value})
    monkeypatch.setattr(UNet2DModel, "from_config", lambda *args: pytest.fail("it is being built"))
    with pytest.raises(Refusal) as refused:
        load_checkpoint(tmp_path / "a")
    assert 30 < len(str(refused.value)) < 600 and "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "change",
    [{"num_train_timesteps": LARGE}, {"trained_betas": [0.1] * 200_000}, {"beta_end": LARGE}],
    ids=lambda one: str(one)[:30],
)
def test_a_scheduler_s_config_of_any_size_builds_nothing(change: dict[str, object], tmp_path: Path) -> None:
    pipeline(tmp_path / "a")
    with_keys(tmp_path / "a" / "scheduler" / "scheduler_config.json", **change)
    with pytest.raises(Refusal, match="scheduler_config.json cannot be used"):
        load_checkpoint(tmp_path / "a")


def test_sides_that_cannot_be_halved_are_told_with_those_that_can(tmp_path: Path) -> None:
    pipeline(tmp_path / "a")
    with pytest.raises(Refusal, match="pictures of 8×9 do not go through its 2 levels .* divisible by 2 with --size"):
        load_checkpoint(tmp_path / "a", size=(8, 9))
    assert load_checkpoint(tmp_path / "a", size=(8, 10)).image_shape == (3, 8, 10)


@pytest.mark.parametrize("name", ["../../etc", "os", "DDPMScheduler.__init__", "SchedulerMixin", "NoSuchScheduler", ""])
def test_a_class_that_is_none_of_diffusers_schedulers_is_never_run(name: str, tmp_path: Path) -> None:
    pipeline(tmp_path / "a")
    with_keys(tmp_path / "a" / "scheduler" / "scheduler_config.json", _class_name=name)
    checkpoint = load_checkpoint(tmp_path / "a")
    sampler, told = checkpoint.sampler_for(Sampling("own"))
    with pytest.raises(Refusal, match="has no scheduler class"):
        sampler.path(checkpoint.schedule, told)


def test_a_folder_that_leads_out_of_the_shelf_is_refused_however_it_does_so(tmp_path: Path) -> None:
    flat(tmp_path / "secret")
    root = tmp_path / "shelf"
    flat(root / "own")
    (root / "link").symlink_to(tmp_path / "secret")
    (root / "loop").symlink_to(root / "loop")
    shelf = Shelf([root])
    for name in ("../secret", "own/../../secret", "link", str(tmp_path / "secret"), "loop", "own/../loop"):
        with pytest.raises(Refusal) as refused:
            shelf.load(name)
        assert len(str(refused.value)) > 30
    flat(tmp_path / "other" / "own")
    with pytest.raises(Refusal, match="'link' lies outside the allowed folders"):
        Shelf([tmp_path / "other", root]).folder("link")
    with pytest.raises(Refusal, match="there is no checkpoint 'none'"):
        Shelf([tmp_path / "other", root]).folder("none")
    assert shelf.load("own").image_shape == (3, 8, 8)


def test_weights_cut_short_or_not_finite_say_so_in_every_layout(tmp_path: Path) -> None:
    flat(tmp_path / "a")
    weights = tmp_path / "a" / WHOLE
    whole = weights.read_bytes()
    for part in (whole[:-9], whole[:40], (2**62).to_bytes(8, "little") + whole[8:]):
        weights.write_bytes(part)
        with pytest.raises(Refusal, match="broken or cut short"):
            load_checkpoint(tmp_path / "a")
    weights.write_bytes(whole)
    state = load_file(weights)
    state["conv_in.bias"][0] = float("inf")
    save_file(state, weights)
    with pytest.raises(Refusal, match="not finite .in conv_in.bias"):
        load_checkpoint(tmp_path / "a")
