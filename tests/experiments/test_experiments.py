"""Experiments on a small untrained network: what must hold whatever a network says."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ddpm_playground.core import Sampling, make_schedule
from ddpm_playground.core.inversion import longest_step
from ddpm_playground.core.phrase import Refusal
from ddpm_playground.experiments import (
    OwnPictures,
    Way,
    compare,
    differing,
    edit,
    inpaint,
    interpolate,
    interpolate_seeds,
    invert,
    parse_column,
    read_mask,
    read_pictures,
)
from ddpm_playground.experiments.differing import chains_of, laid_beside, picture_steps
from ddpm_playground.experiments.inpainting import checked_mask
from ddpm_playground.experiments.kept_columns import VALUE_BYTES, KeptColumns
from ddpm_playground.learn.checkpoints.checkpoint import Checkpoint, load_checkpoint
from ddpm_playground.learn.judging.samples import final_x

from ..tiny import tiny_checkpoint


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Checkpoint:
    return load_checkpoint(tiny_checkpoint(tmp_path_factory.mktemp("experiments") / "tiny"))


@pytest.fixture(scope="module")
def pictures(tiny) -> OwnPictures:
    x_0 = torch.rand(3, *tiny.image_shape, generator=torch.Generator().manual_seed(0)) * 2 - 1
    return OwnPictures(x_0, torch.tensor([3, -1, 4]), ("a", "b", "c"))


def differences(tiny: Checkpoint, *texts: str, num_images: int = 3):
    return compare([parse_column(text) for text in texts], lambda name: tiny, num_images=num_images)


def test_a_column_beside_itself_is_nought_and_ddim_with_all_noise_is_ddpm(tiny) -> None:
    same, again, ddim = differences(
        tiny, "sampler=ddpm num_steps=20 seed=1", "seed=1", "sampler=ddim strength=1 num_steps=20 seed=1"
    )
    assert same.t == again.t == list(range(20, 0, -1)) == again.first_t
    assert again.x_t_rms == same.x_t_rms == [0.0] * 20 and again.parts_at is None
    assert max(ddim.x_t_rms) < 1e-12 and max(ddim.x_hat_0_rms) < 1e-10 and ddim.x_0_rms < 1e-12
    assert same.log_snr == sorted(same.log_snr) and len(same.norm_ratio) == 20


def test_the_difference_is_what_two_chains_differ_by(tiny) -> None:
    _, other = differences(
        tiny, "num_steps=20 seed=5 clip_x_0=False label=2", "seed=5 strength=1 clip_x_0=False label=2"
    )
    labels = torch.full((3,), 2)
    ends = [final_x(tiny, labels, Sampling("ddpm", w, 20, clip_x_0=False), seed=5) for w in (0.0, 1.0)]
    assert other.x_0_rms == pytest.approx(float((ends[1] - ends[0]).double().square().mean().sqrt()), rel=1e-4)


def test_steps_of_other_numbers_are_paired_by_log_snr(tiny) -> None:
    _, few = differences(tiny, "num_steps=20", "num_steps=5")
    assert few.t == few.first_t == [20, 16, 12, 8, 4]
    _, spaced = differences(tiny, "num_steps=5", "num_steps=20")
    assert all(first in few.t for first in spaced.first_t) and spaced.first_t[:2] == [20, 20]


def test_a_step_comes_after_the_one_that_it_is_laid_beside(tiny) -> None:
    columns = [parse_column(text) for text in ("num_steps=5", "num_steps=20", "num_steps=3 sampler=ddim")]
    chains = chains_of(columns, lambda name: tiny, 3)
    seen = list(laid_beside(chains, range(3)))
    order = [(one.k, one.i) for one in seen]
    assert sorted(order) == [(k, i) for k, chain in enumerate(chains) for i in range(len(chain.path) - 1)]
    for k, chain in enumerate(chains):
        assert [i for column, i in order if column == k] == list(range(len(chain.path) - 1))
        for i, pair in enumerate(chains[0].pairs(chain)):
            before = [step for column, step in order[: order.index((k, i)) + 1] if column == 0]
            assert before[-1] == pair
    assert picture_steps(chains, 3) == 3 * len(seen)


def test_pictures_that_are_run_some_at_a_time_are_measured_alike(tiny, monkeypatch) -> None:
    texts = ("num_steps=6 seed=2", "num_steps=9 seed=2 sampler=ddim")
    together = differences(tiny, *texts, num_images=5)
    monkeypatch.setattr(differing, "BLOCK_BYTES", 2 * differing.HELD * 2 * 64)
    for one, apart in zip(together, differences(tiny, *texts, num_images=5), strict=True):
        assert apart.x_t_rms == pytest.approx(one.x_t_rms, rel=1e-14, abs=1e-30)
        assert apart.norm_ratio == pytest.approx(one.norm_ratio, rel=1e-14) and apart.t == one.t


def test_frames_are_kept_evenly_within_their_budget_and_large_pictures_coarsely(tiny) -> None:
    columns = [parse_column(text) for text in ("num_steps=20", "num_steps=5 sampler=ddim")]
    chains = chains_of(columns, lambda name: tiny, 2)
    frame = 2 * 64 * VALUE_BYTES
    kept = KeptColumns(chains, 2, 2 * 7 * frame, 100)
    for beside in laid_beside(chains, range(2)):
        kept.add(beside)
    assert [len(one.at) for one in kept.columns] == [7, 5] and kept.columns[0].at[::6] == [0, 19]
    assert kept.is_thinned and kept.kept_bytes == 12 * frame and len(kept.order) == 12
    arrays = kept.arrays()
    assert arrays["A_x_t"].shape == (7, 2, 1, 8, 8) and arrays["B_x_0"].shape == (2, 1, 8, 8)
    assert (arrays["A_difference"] == 0).all() and (arrays["B_difference"][-1] != 0).any()
    coarse = KeptColumns(chains, 2, 2 * 7 * frame, 100, is_coarse=True)
    assert coarse.grain == 2 and coarse.shape == (2, 1, 4, 4) and coarse.kept_bytes <= 2 * 7 * frame
    assert KeptColumns(chains, 2, 1, 100).columns[0].at == [0, 19]


def test_a_column_takes_the_options_of_its_scheduler(tiny) -> None:
    plain, karras = differences(
        tiny, "sampler=EulerDiscreteScheduler num_steps=5",
        "sampler=EulerDiscreteScheduler num_steps=5 options=use_karras_sigmas:true",
    )  # fmt: skip
    assert karras.settings["options"] == "use_karras_sigmas:true" and karras.x_0_rms > 0 and plain.t != karras.t
    with pytest.raises(Refusal, match="options are for a scheduler class of diffusers"):
        parse_column("sampler=ddim options=eta:0.5")


def test_another_schedule_keeps_the_network_s_t(tiny) -> None:
    own, wrong = differences(tiny, "num_steps=10", "num_steps=10 schedule=cosine")
    assert own.t == wrong.t and own.log_snr != wrong.log_snr and max(wrong.x_t_rms) > 0


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["seed=1"], "compare takes 2 to 4 columns, got 1"),
        (["seed=1"] * 5, "got 5"),
        (["seed=1", "eta=1"], "a column has no setting 'eta'; it has sampler, num_steps"),
        (["seed=1", "ddim"], "a column is made of name=value"),
        (["seed=1", "seed=1 seed=2"], "seed is set twice"),
        (["seed=1", "sampler='ddim"], "close the quotation"),
        (["seed=1", "num_steps=21"], r"num_steps must be a whole number in \[1, 20\]"),
        (["seed=1", "num_steps=x"], "num_steps must be a number"),
        (["seed=1", "schedule=cosine T=30"], r"the network knows t in \[1, 20\], a schedule of 30"),
        (["seed=1", "schedule=cosine sampler=own"], "choose ddpm or ddim for another schedule"),
        (["seed=1", "label=11"], "label must be all, none or in"),
    ],
)
def test_columns_that_cannot_be_are_refused(tiny, texts, said) -> None:
    if "own" in texts[-1]:
        tiny = replace(tiny, own=replace(tiny.own, class_name="DDIMScheduler", config={"_class_name": "DDIMScheduler"}))
    with pytest.raises(Refusal, match=said):
        differences(tiny, *texts)


def test_an_edit_changes_nothing_at_0_and_shares_its_noise_over_t(tiny, pictures) -> None:
    x_t, x_0 = edit(tiny, pictures, [0, 10, 20], seed=7)
    assert torch.equal(x_0[0], pictures.x_0) and torch.equal(x_t[0], pictures.x_0)
    again = edit(tiny, pictures, [10], seed=7)
    assert torch.equal(again[0][0], x_t[1]) and torch.equal(again[1][0], x_0[1])
    alpha_bar = tiny.schedule.alpha_bars[[10, 20]].sqrt().float()
    eps = [(x - a * pictures.x_0) / (1 - a**2).sqrt() for x, a in zip(x_t[1:], alpha_bar, strict=True)]
    torch.testing.assert_close(eps[0], eps[1], atol=1e-4, rtol=0)
    with pytest.raises(Refusal, match=r"t must be a whole number in \[0, 20\], got 21"):
        edit(tiny, pictures, [21])
    with pytest.raises(Refusal, match="at least one t"):
        edit(tiny, pictures, [])


def test_an_edit_walks_with_diffusers_samplers_too(tiny, pictures) -> None:
    for sampler in ("own", "DPMSolverMultistepScheduler"):
        t = 13
        _, x_0 = edit(tiny, pictures, [t], Sampling(sampler, num_steps=5))
        assert torch.isfinite(x_0).all() and x_0.shape == (1, 3, 1, 8, 8)


def test_painting_keeps_known_pixels_and_every_picture_stands_alone(tiny, pictures) -> None:
    known = torch.ones(1, 8, 8)
    known[:, 2:6, 3:] = 0.0
    sampling = Sampling(num_steps=10)
    found = inpaint(tiny, pictures, known, sampling, resample=3, jump=2, seed=1)
    kept = known.expand_as(pictures.x_0) > 0
    assert torch.equal(found.x_0[kept], pictures.x_0[kept]) and not torch.equal(found.x_0, pictures.x_0)
    first = replace(pictures, x_0=pictures.x_0[:1], labels=pictures.labels[:1], names=("a",))
    assert torch.equal(inpaint(tiny, first, known, sampling, resample=3, jump=2, seed=1).x_0, found.x_0[:1])
    assert found.walked == 10 + 2 * (3 - 1) * 2 * 4 and found.seam.shape == (3,)


def test_sampler_that_cannot_be_stopped_is_refused(tiny, pictures) -> None:
    with pytest.raises(Refusal, match="cannot be stopped, stepped back or shown a picture"):
        inpaint(tiny, pictures, torch.ones(1, 8, 8), Sampling("PNDMScheduler", num_steps=10))


@pytest.mark.parametrize(("value", "said"), [(1.0, "all black"), (0.0, "all white")])
def test_masks_that_ask_for_nothing_are_refused(value, said) -> None:
    with pytest.raises(Refusal, match=said):
        checked_mask(torch.full((1, 8, 8), value), "m.png")


def test_an_inversion_comes_back_with_fixed_points_and_not_without(tiny, pictures) -> None:
    plain = invert(tiny, pictures, num_steps=5)
    exact = invert(tiny, pictures, num_steps=5, fixed_points=30)
    assert float(exact.mse.max()) < 1e-6 < float(plain.mse.max()) and plain.residual is None
    assert exact.residual is not None and exact.residual < 1e-3
    assert plain.path == (20, 16, 12, 8, 4, 0) and plain.x_T.shape == pictures.x_0.shape
    with pytest.raises(Refusal, match="the path has one step for each t"):
        invert(tiny, pictures, num_steps=21)


def test_a_picture_that_is_lost_is_told_with_its_cause(tiny, pictures) -> None:
    assert invert(tiny, pictures, num_steps=20, fixed_points=30).lost is None
    path = (20, 15, 10, 5, 0)
    sigma = [float(((1 - a) / a).sqrt()) for a in tiny.schedule.alpha_bars]
    steps = [(sigma[a] - sigma[b], a, b) for a, b in zip(path, path[1:], strict=False)]
    assert longest_step(tiny.schedule, path) == pytest.approx(max(steps))
    faulty = replace(tiny, schedule=make_schedule("cosine", 20))  # √ᾱ_T is nearly 0
    lost = invert(faulty, pictures, num_steps=20).lost
    assert lost is not None and "the step t = 20 → 19 divides by √ᾱ_t = " in lost and "plain grey" in lost


def test_strips_join_their_ends(tiny, pictures) -> None:
    two = replace(pictures, x_0=pictures.x_0[:2], labels=pictures.labels[:2], names=("a", "b"))
    found = interpolate(tiny, two, Way(5, fixed_points=30), count=5)
    assert {name: tuple(x.shape) for name, x in found.x_0.items()} == dict.fromkeys(
        ("slerp", "lerp", "pixels"), (5, 1, 8, 8)
    )
    for name in ("slerp", "lerp"):
        torch.testing.assert_close(found.x_0[name][[0, -1]], two.x_0, atol=2e-3, rtol=0)
    torch.testing.assert_close(found.x_0["pixels"][2], two.x_0.mean(0))
    assert found.shares == [0.0, 0.25, 0.5, 0.75, 1.0] and found.mse is not None
    for count in (2, 16):
        with pytest.raises(Refusal, match=r"count must be a whole number in \[3, 15\]"):
            interpolate(tiny, two, count=count)
    with pytest.raises(Refusal, match="joins two pictures, got 3"):
        interpolate(tiny, pictures)


def test_a_strip_of_seeds_ends_in_their_own_pictures(tiny) -> None:
    found = interpolate_seeds(tiny, (4, 9), 2, Way(5), count=3)
    for seed, place in ((4, 0), (9, -1)):
        own = final_x(tiny, torch.tensor([2]), Sampling("ddim", 0.0, 5, clip_x_0=False), seed=seed)
        torch.testing.assert_close(found.x_0["slerp"][place], own[0], atol=1e-4, rtol=0)


def picture(path: Path, array: np.ndarray) -> str:
    Image.fromarray(array).save(path)
    return str(path)


def test_pictures_are_files_or_digits(tmp_path, tiny) -> None:
    mnist = load_checkpoint("mnist")
    found = read_pictures("3, 14", mnist)
    assert found.labels.tolist() == [0, 1] and found.x_0.shape == (2, 1, 28, 28) and found.names == ("3", "14")
    own = np.arange(64, dtype=np.uint8).reshape(8, 8) * 3
    path = picture(tmp_path / "a,b.png", own)
    found = read_pictures(path, tiny)  # a file's name may have commas
    torch.testing.assert_close(found.x_0[0, 0], torch.from_numpy(own).float() / 127.5 - 1, atol=1e-6, rtol=0)
    assert found.labels.tolist() == [-1] and "8×8" in str(found.told[0])
    large = picture(tmp_path / "wide.png", np.zeros((30, 90, 3), np.uint8))
    twice = read_pictures(f"{large},{large}", tiny)
    assert twice.x_0.shape == (2, 1, 8, 8) and len(twice.told) == 1  # told of once


@pytest.mark.parametrize(
    ("text", "said"),
    [("1000", "numbered 0 to 999, got 1000"), ("-1", "numbered 0 to 999"), ("no.png", "there is no picture no.png"),
     (",", "give 1 to 64 pictures"), (",".join("1" * 65), "give 1 to 64 pictures")],
)  # fmt: skip
def test_what_is_no_picture_is_refused(text, said) -> None:
    with pytest.raises(Refusal, match=said):
        read_pictures(text, load_checkpoint("mnist"))


def test_digits_do_not_fit_every_network(tiny, tmp_path) -> None:
    with pytest.raises(Refusal, match="the bundled digits are 1×28×28, this network's pictures 1×8×8"):
        read_pictures("3", tiny)
    (tmp_path / "broken.png").write_bytes(b"\x89PNG")
    with pytest.raises(Refusal, match=r"broken\.png"):
        read_pictures(str(tmp_path / "broken.png"), tiny)


def test_a_mask_is_white_where_it_is_to_be_painted(tiny, tmp_path) -> None:
    array = np.zeros((8, 8), np.uint8)
    array[:4] = 255
    known = read_mask(Path(picture(tmp_path / "m.png", array)), tiny)
    assert known.shape == (1, 8, 8) and not known[:, :4].any() and known[:, 4:].all()
