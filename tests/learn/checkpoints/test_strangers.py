"""Folders that others saved are read as diffusers reads them; pickles are never opened and never in the way."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from diffusers import DDPMPipeline, DDPMScheduler, UNet2DModel
from safetensors.torch import load_file, save_file

from ddpm_playground.cli import main
from ddpm_playground.core import Sampling, SeededNoise, make_schedule
from ddpm_playground.learn.checkpoints.checkpoint import CheckpointError, load_checkpoint
from ddpm_playground.learn.checkpoints.store import Shelf
from ddpm_playground.learn.checkpoints.weight_files import converting
from ddpm_playground.learn.judging.samples import chain, sample
from ddpm_playground.ui.reverse.loading import stage_html
from ddpm_playground.ui.words.refusal import refusal
from tests.learn.checkpoints.strangers import (
    STEM,
    STRANGERS,
    WHOLE,
    T,
    flat,
    network,
    no_scheduler,
    parts,
    pickle_at,
    pipeline,
    training,
)

MADE_BY_HAND = "a file of another name"  # diffusers reads no such file


@pytest.fixture(autouse=True)
def nothing_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A pickle that is opened makes a folder in the current one."""
    monkeypatch.chdir(tmp_path)
    yield
    assert not (tmp_path / "opened").exists()


def run_in(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    """Run a command as a shell does, with this Python."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    given = os.environ | {"PATH": path}
    return subprocess.run(command, shell=True, cwd=folder, env=given, capture_output=True, text=True)


@pytest.mark.parametrize("name", STRANGERS)
def test_it_says_what_it_says_in_diffusers(name: str, tmp_path: Path) -> None:
    make, given, place, variant, told = STRANGERS[name]
    make(tmp_path / "a")
    ours = load_checkpoint(tmp_path / "a" / given)
    if name == MADE_BY_HAND:
        (tmp_path / "a" / place / "model.safetensors").rename(tmp_path / "a" / place / WHOLE)
    theirs = UNet2DModel.from_pretrained(
        tmp_path / "a" / place, variant=variant, use_safetensors=True, local_files_only=True, torch_dtype=torch.float32
    ).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    state = ours.unet.state_dict()
    assert state.keys() == theirs.state_dict().keys()
    assert all(torch.equal(state[key], value) for key, value in theirs.state_dict().items())
    x_t = torch.randn(2, *ours.image_shape, generator=torch.Generator().manual_seed(0))
    labels = None if ours.unet.config["num_class_embeds"] is None else torch.tensor([0, 1])
    for t in (0, 7, 29):
        with torch.no_grad():
            said, wanted = (unet(x_t, t, class_labels=labels).sample for unet in (ours.unet, theirs))
        assert said.dtype == torch.float32 and torch.equal(said, wanted)
    assert len(ours.read_as) == len(told)
    for sentence, piece in zip(ours.read_as, told, strict=True):
        assert piece in sentence and refusal(sentence, "zh-TW") != sentence
    assert ours.schedule.T == T or any("is assumed" in sentence for sentence in ours.read_as)


def test_the_schedule_that_is_assumed_is_that_of_ddpm(tmp_path: Path) -> None:
    flat(tmp_path / "a")
    checkpoint = load_checkpoint(tmp_path / "a")
    assert checkpoint.schedule.betas.equal(make_schedule("linear", 1000).betas)
    assert checkpoint.prediction_type == "epsilon"


@pytest.mark.parametrize(
    ("names", "known", "has_null"),
    [(None, ("0", "1", "2", "3"), False), (list("abcd"), tuple("abcd"), False), (list("abc"), tuple("abc"), True)],
)
def test_the_last_class_stands_for_none_only_where_the_names_say_so(
    names: list[str] | None, known: tuple[str, ...], has_null: bool, tmp_path: Path
) -> None:
    scheduler = DDPMScheduler(T)
    scheduler.register_to_config(_class_names=names)
    unet = network(num_class_embeds=4)
    DDPMPipeline(unet, scheduler).save_pretrained(tmp_path / "a")
    checkpoint = load_checkpoint(tmp_path / "a")
    assert (checkpoint.class_names, checkpoint.has_null_class) == (known, has_null)
    assert len(checkpoint.read_as) == (names is None)
    # The last class, W = 1: what diffusers' own network says of it, where it is a class.
    x_t, t = torch.randn(2, *checkpoint.image_shape, generator=torch.Generator().manual_seed(0)), torch.tensor([9, 9])
    last = torch.tensor([len(known) - 1] * 2)
    with torch.no_grad():
        wanted = unet.eval()(x_t, t - 1, class_labels=last).sample
    torch.testing.assert_close(checkpoint.predictor(2.0 if not has_null else 1.0)(x_t, t, last).eps_hat, wanted)
    drawn = Sampling(num_steps=1)
    if has_null:
        assert sample(checkpoint, torch.tensor([-1, 2]), drawn, guidance=2.0).shape[0] == 2
        return
    assert sample(checkpoint, torch.tensor([3]), drawn).shape[0] == 1
    with pytest.raises(ValueError, match="leave it at 1, got 2"):
        sample(checkpoint, torch.tensor([3]), drawn, guidance=2.0)
    with pytest.raises(ValueError, match=r"labels must be in \[0, 3\], got -1 to -1"):
        sample(checkpoint, torch.tensor([-1]), drawn)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, []),
        ({"variance_type": "fixed_small_log"}, ["DDPMScheduler, variance_type = fixed_small_log, in 30 steps"]),
        ({"clip_sample": False, "clip_sample_range": 3.0}, ["clip_sample = False, clip_sample_range = 3.0, in 30"]),
        ({"clip_sample_range": 2.0, "thresholding": True}, ["clip_sample_range = 2.0, thresholding = True, in 30"]),
    ],
)
def test_what_its_scheduler_does_otherwise_is_told(given: dict[str, object], told: list[str], tmp_path: Path) -> None:
    DDPMPipeline(network(), DDPMScheduler(T, **given)).save_pretrained(tmp_path / "a")  # type: ignore[arg-type]
    read_as = load_checkpoint(tmp_path / "a").read_as
    assert len(read_as) == len(told)
    for sentence, piece in zip(read_as, told, strict=True):
        assert piece in sentence and refusal(sentence, "zh-TW") != sentence


def test_without_clipping_a_step_is_that_of_diffusers_own_scheduler(tmp_path: Path) -> None:
    DDPMPipeline(network(), DDPMScheduler(T, clip_sample=False)).save_pretrained(tmp_path / "a")
    checkpoint = load_checkpoint(tmp_path / "a")
    own = DDPMScheduler.from_pretrained(tmp_path / "a" / "scheduler")
    x = SeededNoise(3, range(2), checkpoint.image_shape, torch.device("cpu"))()
    step = next(chain(checkpoint, range(2), torch.tensor([-1, -1]), Sampling(clip_x_0=False), seed=3))
    with torch.no_grad():
        said = checkpoint.unet(x, T - 1).sample
    wanted = own.step(said, T - 1, x).pred_original_sample
    assert wanted.abs().max() > 1.5
    torch.testing.assert_close(step.x_hat_0, wanted, rtol=1e-3, atol=1e-3)


def test_a_network_that_is_none_of_ddpm_s_gets_no_schedule(tmp_path: Path) -> None:
    network(time_embedding_type="fourier").save_pretrained(tmp_path / "a")
    with pytest.raises(CheckpointError, match="none of DDPM's for which one could be assumed"):
        load_checkpoint(tmp_path / "a")


def test_a_pipeline_without_its_scheduler_gets_none_either(tmp_path: Path) -> None:
    no_scheduler(tmp_path / "a")
    (tmp_path / "a" / "model_index.json").write_text("{}")
    with pytest.raises(CheckpointError, match="scheduler/scheduler_config.json is missing"):
        load_checkpoint(tmp_path / "a")


@pytest.mark.parametrize("decoder", ["vae", "vqvae"])
@pytest.mark.parametrize("given", ["", "unet"])
def test_latents_are_never_shown_as_pictures(decoder: str, given: str, tmp_path: Path) -> None:
    pipeline(tmp_path / "a")
    (tmp_path / "a" / decoder).mkdir()
    with pytest.raises(CheckpointError, match=f"latents, of which {decoder}/ makes pictures"):
        load_checkpoint(tmp_path / "a" / given)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("pickle", "saved"),
    [(f"{STEM}.bin", {"safe_serialization": False}), (f"{STEM}.fp16.bin", {"variant": "fp16"}),
     ("the model's $HOME.pt", {})],
)  # fmt: skip
def test_of_a_pickle_alone_the_command_makes_what_can_be_read(pickle: str, saved: dict, tmp_path: Path) -> None:
    unet = network().half() if "fp16" in pickle else network()
    unet.save_pretrained(tmp_path / "a" / "unet")
    (tmp_path / "a" / "unet" / WHOLE).unlink()
    torch.save(unet.state_dict(), tmp_path / "a" / "unet" / pickle)
    pickle_at(tmp_path / "a" / "unet" / "optimizer.bin")
    with pytest.raises(CheckpointError, match="only as a pickle .* is never opened here") as refused:
        load_checkpoint(tmp_path / "a")
    told = str(refused.value)
    assert "optimizer" not in told and refusal(refused.value, "zh-TW") != told
    command = told[told.index("python -c") :]
    assert command in refusal(refused.value, "zh-TW")
    run_in(tmp_path / "a" / "unet", command).check_returncode()
    state = load_checkpoint(tmp_path / "a").unet.state_dict()
    assert all(torch.equal(state[name], value.float()) for name, value in unet.state_dict().items())


@pytest.mark.slow
def test_of_a_pickle_in_parts_it_does_so_too(tmp_path: Path) -> None:
    network().save_pretrained(tmp_path / "a", safe_serialization=False, max_shard_size="40KB")
    names = sorted(path.name for path in (tmp_path / "a").glob("*.bin"))
    assert len(names) > 1 and {converting(name) for name in names} == {converting(f"{STEM}.bin")}
    with pytest.raises(CheckpointError, match="only as a pickle") as refused:
        load_checkpoint(tmp_path / "a")
    run_in(tmp_path / "a", str(refused.value).partition("beside it: ")[2]).check_returncode()
    assert load_checkpoint(tmp_path / "a").unet.conv_in.weight.equal(network().conv_in.weight)


@pytest.mark.slow
def test_a_hostile_pickle_runs_nothing_in_the_command_either(tmp_path: Path) -> None:
    flat(tmp_path / "a")
    (tmp_path / "a" / WHOLE).unlink()
    pickle_at(tmp_path / "a" / "model.ckpt")
    with pytest.raises(CheckpointError, match="only as a pickle") as refused:
        load_checkpoint(tmp_path / "a")
    command = str(refused.value).partition("beside it: ")[2]
    ran = run_in(tmp_path / "a", command)
    assert ran.returncode and "weights_only" in ran.stderr
    assert not (tmp_path / "a" / "opened").exists() and not (tmp_path / "a" / WHOLE).exists()


def test_another_class_is_refused_before_its_pickle_is_spoken_of(tmp_path: Path) -> None:
    flat(tmp_path / "a")
    config = json.loads((tmp_path / "a" / "config.json").read_text()) | {"_class_name": "FluxTransformer2DModel"}
    (tmp_path / "a" / "config.json").write_text(json.dumps(config))
    (tmp_path / "a" / WHOLE).rename(tmp_path / "a" / f"{STEM}.bin")
    with pytest.raises(CheckpointError, match="the network is a 'FluxTransformer2DModel'"):
        load_checkpoint(tmp_path / "a")


def test_parts_that_are_missing_or_elsewhere_are_refused_and_a_whole_file_stands_in(tmp_path: Path) -> None:
    parts(tmp_path / "a")
    unet = tmp_path / "a" / "unet"
    index = unet / f"{WHOLE}.index.json"
    held = json.loads(index.read_text())
    first = sorted(unet.glob(f"{STEM}-00001*"))[0]
    state = {name: value for path in unet.glob("*.safetensors") for name, value in load_file(path).items()}
    outside = tmp_path / first.name
    first.rename(outside)
    with pytest.raises(CheckpointError, match=f"1 of the .* parts of the weights are missing, such as {first.name}"):
        load_checkpoint(tmp_path / "a")
    for named in (f"../../{first.name}", str(outside), 5, "x.bin"):
        index.write_text(json.dumps(held | {"weight_map": dict.fromkeys(held["weight_map"], named)}))
        with pytest.raises(CheckpointError, match="must map each tensor to a .safetensors file beside it"):
            load_checkpoint(tmp_path / "a")
    for text in ("{}", "[]", '{"weight_map": {}}', '{"weight_map": 5}'):
        index.write_text(text)
        with pytest.raises(CheckpointError, match=re.escape(index.name)):
            load_checkpoint(tmp_path / "a")
    save_file(state, unet / WHOLE)
    assert load_checkpoint(tmp_path / "a").unet.conv_in.weight.equal(state["conv_in.weight"])


def test_of_several_files_none_is_guessed(tmp_path: Path) -> None:
    flat(tmp_path / "a")
    state = load_file(tmp_path / "a" / WHOLE)
    (tmp_path / "a" / WHOLE).unlink()
    for name in ("last.safetensors", "best.safetensors"):
        save_file(state, tmp_path / "a" / name)
    with pytest.raises(CheckpointError, match="several files of weights .best.safetensors, last.safetensors."):
        load_checkpoint(tmp_path / "a")
    assert load_checkpoint(tmp_path / "a" / "last.safetensors").unet.conv_in.weight.equal(state["conv_in.weight"])


def test_all_of_them_are_listed_and_what_was_assumed_is_on_the_screen(tmp_path: Path) -> None:
    flat(tmp_path / "shelf" / "flat")
    no_scheduler(tmp_path / "shelf" / "bare")
    training(tmp_path / "shelf" / "run")
    (tmp_path / "shelf" / "other").mkdir()
    (tmp_path / "shelf" / "other" / "config.json").write_text('{"_class_name": "AutoencoderKL"}')
    shelf = Shelf([tmp_path / "shelf"])
    assert shelf.names() == ["bare", "flat", "run"] and shelf.complaints() == []
    assert shelf.load("run/checkpoint-500").schedule.T == T
    assert "is assumed" in " ".join(shelf.load("flat").read_as)
    assert "the linear schedule of DDPM is assumed, T = 1000" in stage_html(shelf.state("flat"))
    assert Shelf([tmp_path / "shelf" / "run"]).names() == ["checkpoint-500"]


def test_a_scheduler_that_is_put_beside_it_is_read_at_the_next_press(tmp_path: Path) -> None:
    flat(tmp_path / "shelf" / "flat")
    shelf = Shelf([tmp_path / "shelf"])
    assert shelf.load("flat").schedule.T == 1000
    pipeline(tmp_path / "other")
    (tmp_path / "other" / "scheduler" / "scheduler_config.json").rename(
        tmp_path / "shelf" / "flat" / "scheduler_config.json"
    )
    assert shelf.load("flat").schedule.T == T


def test_a_command_says_what_it_assumes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flat(tmp_path / "a")
    given = ["sample", "--checkpoint", str(tmp_path / "a"), "--num-samples", "1", "--steps", "2", "--engine", "eager"]
    assert main([*given, "--out", str(tmp_path / "x.npz")]) == 0
    out, err = capsys.readouterr()
    assert out == "" and "a: no scheduler_config.json lies with the network: the linear schedule of DDPM" in err
