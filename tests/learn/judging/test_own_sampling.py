"""What `sample` takes for a folder's own sampling, which schedulers can stand in for it, and noise from a file."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import DDIMScheduler, DDPMScheduler

from ddpm_playground.bridge.all_samplers import OWN, sampler_named
from ddpm_playground.bridge.borrowed_sampler import BORROWED
from ddpm_playground.bridge.driven_sampler import DrivenSampler
from ddpm_playground.bridge.found_samplers import FOUND_SAMPLERS
from ddpm_playground.bridge.scheduler_classes import exported, is_placeholder, options_of, scheduler_classes
from ddpm_playground.cli import main
from ddpm_playground.core import Sampling, make_schedule
from ddpm_playground.lab.audit import audit
from ddpm_playground.learn.checkpoints.checkpoint import load_checkpoint
from ddpm_playground.learn.judging.samples import chain, final_x, sample
from tests.learn.checkpoints.strangers import network
from tests.tiny import tiny_checkpoint

T = 20
pytestmark = pytest.mark.usefixtures("one_thread")
ONE_BLOCK = {
    "block_out_channels": (8,), "down_block_types": ("DownBlock2D",), "up_block_types": ("UpBlock2D",),
    "add_attention": False,
}  # fmt: skip


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """DDIM with settings of its own around a network that says v."""
    folder = tmp_path_factory.mktemp("own") / "stranger"
    network(**ONE_BLOCK).save_pretrained(folder / "unet")
    DDIMScheduler(T, prediction_type="v_prediction", steps_offset=1).save_pretrained(folder / "scheduler")
    return folder


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tiny_checkpoint(tmp_path_factory.mktemp("own") / "ours", T=T)
    (folder / "training.json").write_text(json.dumps({"step": 5}))
    return folder


def none(count: int) -> torch.Tensor:
    return torch.full((count,), -1)


def drawn(folder: Path, out: Path, *flags: str) -> np.lib.npyio.NpzFile:
    given = ["--num-samples", "2", "--engine", "eager", *flags]
    assert main(["sample", "--checkpoint", str(folder), "--out", str(out), *given]) == 0
    return np.load(out)


def test_a_network_that_was_trained_here_is_drawn_as_ever_whatever_spacing_diffusers_wrote(
    ours: Path, tmp_path: Path
) -> None:
    """Its own sampling is ddpm with trailing steps, bit by bit, on whatever engine."""
    for flags in ([], ["--steps", "5"], ["--seed", "3"]):
        own = drawn(ours, tmp_path / "own.npz", *flags)["images"]
        named = drawn(ours, tmp_path / "named.npz", "--sampler", "ddpm", "--spacing", "trailing", *flags)["images"]
        assert (own == named).all()
    checkpoint = load_checkpoint(ours)
    assert checkpoint.own.is_here and checkpoint.own.num_steps == T and checkpoint.read_as == ()


@pytest.mark.parametrize("key", ["clip_sample", "variance_type", "thresholding"])
def test_a_scheduler_that_was_changed_since_is_followed(key: str, tmp_path: Path) -> None:
    folder = tiny_checkpoint(tmp_path / "a", T=T)
    (folder / "training.json").write_text(json.dumps({"step": 5}))
    path = folder / "scheduler" / "scheduler_config.json"
    value = {"clip_sample": False, "variance_type": "fixed_large", "thresholding": True}[key]
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))
    checkpoint = load_checkpoint(folder)
    assert not checkpoint.own.is_here and f"{key} = {value}" in checkpoint.own.described()
    assert isinstance(checkpoint.sampler_for(Sampling(OWN))[0], DrivenSampler)


def test_a_flag_of_ours_is_ours_and_any_other_leaves_its_own(stranger: Path, tmp_path: Path) -> None:
    own = drawn(stranger, tmp_path / "own.npz", "--steps", "4", "--float")["x_0"]
    assert (drawn(stranger, tmp_path / "a.npz", "--steps", "4", "--float", "--sampler", OWN)["x_0"] == own).all()
    ddpm = drawn(stranger, tmp_path / "a.npz", "--steps", "4", "--float", "--sampler", "ddpm", "--sigma-w", "1")["x_0"]
    assert (drawn(stranger, tmp_path / "a.npz", "--steps", "4", "--float", "--sigma-w", "1")["x_0"] == ddpm).all()
    assert (ddpm != own).any()
    spaced = drawn(stranger, tmp_path / "a.npz", "--steps", "4", "--sampler", OWN, "--spacing", "trailing", "--float")
    assert (spaced["x_0"] != own).any()


def test_ddim_of_diffusers_and_ours_differ_by_the_epsilon_of_the_clipped_x_0(stranger: Path) -> None:
    checkpoint = load_checkpoint(stranger)
    ours = final_x(checkpoint, none(2), Sampling("ddim", num_steps=10, spacing="leading"))
    said, clipped = (
        final_x(
            checkpoint, none(2),
            Sampling("DDIMScheduler", num_steps=10, options=(("use_clipped_model_output", on), ("steps_offset", 0))),
        )
        for on in (False, True)
    )  # fmt: skip
    torch.testing.assert_close(clipped, ours, rtol=1e-4, atol=1e-4)
    assert (said - ours).abs().max() > 1e-2


def test_every_class_in_the_source_is_found_without_importing_it() -> None:
    assert {"DDPMScheduler", "SASolverScheduler", "DPMSolverSDEScheduler", "RePaintScheduler"} <= set(FOUND_SAMPLERS)
    assert len(FOUND_SAMPLERS) >= 35 and set(BORROWED) <= set(FOUND_SAMPLERS)
    for name in FOUND_SAMPLERS:
        found = exported(name)
        assert found is not None
        assert is_placeholder(found) or name in BORROWED or {"beta_schedule", "trained_betas"} <= {*options_of(found)}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_what_the_audit_walks_is_offered_and_what_is_not_says_why_in_a_sentence() -> None:
    """But for what leads to noise; a class whose library is missing is offered, since it may be there tomorrow."""
    walked = {name for name in scheduler_classes() if not audit(name, 10).reason}
    assert len(walked) >= 34
    assert {name for name in walked - set(FOUND_SAMPLERS) if "Inverse" not in name} == set()
    schedule = make_schedule("linear", 50)
    for name in scheduler_classes().keys() - set(FOUND_SAMPLERS) - {"KarrasVeScheduler"}:
        with pytest.raises(ValueError, match=name) as why:
            sampler_named(name).path(schedule, Sampling(name, num_steps=4))
        assert "program itself" not in str(why.value)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:__array:DeprecationWarning")
@pytest.mark.parametrize("name", FOUND_SAMPLERS)
def test_every_class_draws_or_says_why_not(name: str, stranger: Path) -> None:
    checkpoint = load_checkpoint(stranger)
    known = options_of(exported(name)) if not is_placeholder(exported(name)) else {}
    options = (("original_inference_steps", 10),) if "original_inference_steps" in known else ()
    sampling = Sampling(name, num_steps=4, options=options)
    try:
        sampler, told = checkpoint.sampler_for(sampling)
        path = sampler.path(checkpoint.schedule, told)
    except ValueError as error:
        assert name in ("DPMSolverSDEScheduler", "RePaintScheduler") and name in str(error)
        return
    steps = list(chain(checkpoint, range(2), none(2), sampling))
    assert path == (*(step.t for step in steps), 0) and steps[0].t >= T - T // 4
    assert all(bool(torch.isfinite(step.x_s).all()) for step in steps)
    all_at_once, alone = sample(checkpoint, none(6), sampling), sample(checkpoint, none(1), sampling)
    np.testing.assert_array_equal(alone, all_at_once[:1])


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--sampler", "SCMScheduler"], "has a noise schedule of its own"),
        (["--sampler", "VQDiffusionScheduler"], "needs num_vec_classes, which belongs to other data"),
        (["--sampler", "ScoreSdeVeScheduler"], "has no step that a loop could call"),
        (["--sampler", "DDIMInverseScheduler"], "leads from data to noise"),
        (["--sampler", "RePaintScheduler"], "takes a network that says ε, this one says v_prediction"),
        (["--sampler", "NoScheduler"], "unknown sampler 'NoScheduler'; choose one of ddpm, ddim"),
        (["--sampler", "DPMSolverMultistepScheduler", "--set", "order=3"], "no option 'order'; it has "),
        (["--sampler", "DPMSolverMultistepScheduler", "--set", "solver_order=1000000000"], "solver_order must be"),
        (["--sampler", "DPMSolverMultistepScheduler", "--set", "solver_type=x"], "x is not implemented"),
        (["--sampler", "EulerDiscreteScheduler", "--set", "use_karras_sigmas=yes"], "must be true or false"),
        (["--sampler", "TCDScheduler", "--steps", "4"], "original_steps"),
        (["--sampler", "ddim", "--set", "eta=1"], "--set is for a scheduler class"),
        (["--sampler", "DDIMScheduler", "--no-clip"], "--set clip_sample=false"),
        (["--set", "timestep_spacing=sideways"], "sideways"),
        (["--size", "8by8"], "a size must be N or HEIGHTxWIDTH"),
        (["--size", "0"], "sample_size"),
        (["--size", "99999"], "sample_size"),
    ],
)
def test_what_cannot_run_is_a_sentence(
    stranger: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], flags: list[str], words: str
) -> None:
    out = tmp_path / "x.npz"
    assert main(["sample", "--checkpoint", str(stranger), "--out", str(out), "--engine", "eager", *flags]) == 2
    told = capsys.readouterr().err.splitlines()[-1]
    assert words in told and "Traceback" not in told and not out.exists()


def test_options_are_those_of_diffusers(stranger: Path) -> None:
    checkpoint = load_checkpoint(stranger)
    plain, karras = (
        final_x(checkpoint, none(1), Sampling("EulerDiscreteScheduler", num_steps=4, options=options))
        for options in ((), (("use_karras_sigmas", True),))
    )
    assert (plain != karras).any()


def test_a_chain_begins_at_a_t_that_it_visits(stranger: Path) -> None:
    checkpoint = load_checkpoint(stranger)
    sampler, told = checkpoint.sampler_for(Sampling(OWN, num_steps=4))
    path = sampler.path(checkpoint.schedule, told)
    assert sampler.path(checkpoint.schedule, told, path[1]) == path[1:]
    with pytest.raises(ValueError, match=f"such as .*{path[1]}.*, got {path[1] - 1}"):
        sampler.path(checkpoint.schedule, told, path[1] - 1)


def noises(path: Path, **arrays: object) -> Path:
    np.savez(path, **arrays)  # type: ignore[arg-type]
    return path


GOOD = np.zeros((2, 3, 8, 8), np.float32)


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"z": GOOD[None]}, "has no x_T; it has z"),
        ({"x_T": GOOD[0]}, r"x_T in n.npz must be 4 axes of real numbers, got \(3, 8, 8\) of float32"),
        ({"x_T": GOOD.astype(complex)}, "of complex128"),
        ({"x_T": GOOD.astype(object)}, "its arrays are pickled"),
        ({"x_T": np.full_like(GOOD, np.nan)}, "not finite"),
        ({"x_T": GOOD[:, :1]}, r"x_T in n.npz must have the shape \(2, 3, 8, 8\)"),
        ({"x_T": GOOD}, "z in n.npz .*"),
        ({"x_T": GOOD, "z": np.zeros((2, 2, 3, 8, 8))}, "holds 2 draws, and this chain makes 4"),
        ({"x_T": GOOD, "z": np.zeros((9, 1, 3, 8, 8))}, r"z in n.npz must have the shape \(S, 2, 3, 8, 8\)"),
    ],
)
def test_noise_that_does_not_fit_is_refused(
    stranger: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], arrays: dict, words: str
) -> None:
    path, out = noises(tmp_path / "n.npz", **arrays), tmp_path / "x.npz"
    given = ["--noises", str(path), "--sampler", "DDPMScheduler", "--steps", "4"]
    assert main(["sample", "--checkpoint", str(stranger), "--out", str(out), *given]) == 2
    told = capsys.readouterr().err.splitlines()[-1]
    assert told.startswith("ddpm_playground: ") and re.search(words, told) and not out.exists()


def test_one_array_is_no_noise(stranger: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.save(tmp_path / "n.npy", GOOD)
    given = ["--checkpoint", str(stranger), "--out", str(tmp_path / "x.npz"), "--noises", str(tmp_path / "n.npy")]
    assert main(["sample", *given]) == 2
    assert "n.npy is one array; give an .npz" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut short", b"\x93NUMPY\x01\x00", b"\x80\x04K\x01."])
def test_a_file_that_is_none_is_refused(
    content: bytes, stranger: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "n.npz").write_bytes(content)
    given = ["--checkpoint", str(stranger), "--out", str(tmp_path / "x.npz"), "--noises", str(tmp_path / "n.npz")]
    assert main(["sample", *given]) == 2
    assert "cannot be read as noise" in capsys.readouterr().err


def test_without_draws_x_T_is_enough_and_ours_take_noise_too(stranger: Path, tmp_path: Path) -> None:
    x_T = np.random.default_rng(0).standard_normal(GOOD.shape)
    path = noises(tmp_path / "n.npz", x_T=x_T)
    given = ["--noises", str(path), "--steps", "4", "--float"]
    own = drawn(stranger, tmp_path / "a.npz", *given)
    assert own["x_0"].shape == GOOD.shape and own["images"].shape == (2, 8, 8, 3)
    one_by_one = drawn(stranger, tmp_path / "b.npz", *given, "--batch-size", "1")["x_0"]
    np.testing.assert_allclose(one_by_one, own["x_0"], rtol=1e-3, atol=1e-3)
    with_z = noises(tmp_path / "z.npz", x_T=x_T, z=np.ones((3, *GOOD.shape)))
    ddpm = drawn(stranger, tmp_path / "c.npz", "--noises", str(with_z), "--steps", "4", "--sampler", "ddpm", "--float")
    assert np.isfinite(ddpm["x_0"]).all()


def test_its_pipeline_says_how_many_steps(tmp_path: Path) -> None:
    network(**ONE_BLOCK).save_pretrained(tmp_path / "unet")
    DDPMScheduler(200).save_pretrained(tmp_path / "scheduler")
    for index, steps, name in (
        ("DDPMPipeline", 200, "DDPMScheduler"), ("DDIMPipeline", 50, "DDIMScheduler"),
        ("PNDMPipeline", 50, "PNDMScheduler"), (5, 200, "DDPMScheduler"),
    ):  # fmt: skip
        (tmp_path / "model_index.json").write_text(json.dumps({"_class_name": index}))
        own = load_checkpoint(tmp_path).own
        assert (own.num_steps, own.class_name) == (steps, name)
