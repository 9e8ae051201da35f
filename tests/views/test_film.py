"""GIFs of runs: small enough, t on every frame, x_t beside x̂_0; read back by Pillow."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageSequence

from ddpm_playground.views.film import END_MS, MAX_GIF_BYTES, Film, columns_of, write_gif
from ddpm_playground.views.run_title import run_title, told_class


def film(count: int, steps: int, shape: tuple[int, ...] = (1, 28, 28), **more: object) -> Film:
    """Flat pictures under falling noise, which is what compresses worst; x̂_0 is white throughout."""
    generator = torch.Generator().manual_seed(0)
    ts = list(range(steps, -1, -1))
    noise = torch.randn(count, *shape, generator=generator)
    xs = [(noise.roll(t, -1) * t / steps + 1 - t / steps).half() for t in ts]
    return Film(ts, xs, lambda i: None if i == 0 else torch.ones(count, *shape), **more)  # type: ignore[arg-type]


def read(path: Path) -> list[np.ndarray]:
    with Image.open(path) as gif:
        return [np.asarray(frame.convert("L"), np.int16) for frame in ImageSequence.Iterator(gif)]


def test_a_thousand_steps_of_sixteen_pictures_stay_within_three_megabytes(tmp_path):
    count = write_gif(tmp_path / "run.gif", film(16, 1000))
    assert (tmp_path / "run.gif").stat().st_size <= MAX_GIF_BYTES == 3_000_000
    frames = read(tmp_path / "run.gif")
    assert len(frames) == count >= 48
    with Image.open(tmp_path / "run.gif") as gif:
        assert gif.info["loop"] == 0 and b"x\xcc\x82_0" in gif.info["comment"]
        gif.seek(count - 1)
        assert gif.info["duration"] == END_MS


@pytest.mark.parametrize(("count", "shape"), [(100, (1, 28, 28)), (16, (3, 64, 64)), (1, (3, 512, 512))])
def test_many_and_large_pictures_stay_within_it_too(tmp_path, count, shape):
    frames = write_gif(tmp_path / "run.gif", film(count, 30, shape))
    assert (tmp_path / "run.gif").stat().st_size <= MAX_GIF_BYTES
    assert len(read(tmp_path / "run.gif")) == frames >= 2


def test_each_frame_has_x_t_at_the_left_x_hat_0_at_the_right_and_its_t_beneath(tmp_path):
    write_gif(tmp_path / "run.gif", film(1, 12))
    frames = read(tmp_path / "run.gif")
    assert len(frames) == 13
    height, width = frames[0].shape
    left, right = np.s_[40 : height - 45, 20 : width // 2 - 20], np.s_[40 : height - 45, width // 2 + 20 : width - 20]
    assert frames[3][left].std() > 30 and frames[3][right].mean() > 245
    assert frames[-1][left].mean() > 245  # x_0 is white here
    foot = [frame[height - 32 : height - 8, : width // 2] for frame in frames]
    for before, after in zip(foot, foot[1:], strict=False):
        assert before.min() < 100 and np.abs(before - after).max() > 100, "another t is another text"
    assert frames[0][right].min() < 235, "where there is no x̂_0, a stroke says so"


def test_a_run_that_ended_early_says_so_on_its_last_frame_alone(tmp_path):
    write_gif(tmp_path / "whole.gif", film(1, 8))
    write_gif(tmp_path / "part.gif", film(1, 8, ending="stopped"))
    differ = [
        bool(np.abs(a - b).max() > 60)
        for a, b in zip(read(tmp_path / "whole.gif"), read(tmp_path / "part.gif"), strict=True)
    ]
    assert differ == [False] * 8 + [True]


@pytest.mark.slow
def test_what_made_the_run_stands_on_every_frame_and_in_the_file(tmp_path):
    title = run_title("mnist", "7", "ddpm", 200, 1.5, 3)
    assert title == "mnist · class 7 · ddpm, S = 200 · W = 1.5 · seed 3"
    write_gif(tmp_path / "run.gif", film(1, 8, title=title))
    frames, plain = read(tmp_path / "run.gif"), tmp_path / "plain.gif"
    write_gif(plain, film(1, 8))
    above = frames[0].shape[0] - read(plain)[0].shape[0]
    assert above >= 20 and all(frame[:above].min() < 100 for frame in frames)
    assert title.encode() in (tmp_path / "run.gif").read_bytes()
    write_gif(tmp_path / "long.gif", film(16, 8, title=30 * title))
    assert read(tmp_path / "long.gif")[0].shape == read(tmp_path / "long.gif")[-1].shape


@pytest.mark.parametrize(
    ("names", "label", "said"),
    [
        ((), "all", "moons · ddim"),
        (("a", "b"), "none", "moons · no class · ddim"),
        (("a", "b"), "1", "moons · class b"),
    ],
)
def test_a_title_says_the_class_that_the_network_is_told(names, label, said):
    title = run_title("moons", told_class(names, label), "ddim", 50, 2.0, 0)
    assert title.startswith(said) and ("W = 2" in title) == (label == "1" and bool(names))


@pytest.mark.parametrize(("count", "times"), [(1, 18), (16, 3), (64, 2)])
def test_small_pictures_are_enlarged_as_far_as_the_size_allows(tmp_path, count, times):
    write_gif(tmp_path / "run.gif", film(count, 60))
    assert (tmp_path / "run.gif").stat().st_size <= MAX_GIF_BYTES
    width = read(tmp_path / "run.gif")[0].shape[1]
    assert width >= 2 * times * 28 * columns_of(count)


def test_no_frames_are_refused(tmp_path):
    with pytest.raises(ValueError, match="no run"):
        write_gif(tmp_path / "empty.gif", Film([], [], lambda i: None))
