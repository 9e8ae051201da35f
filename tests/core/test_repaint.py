"""RePaint's way up and down, and what stays known on it."""

import pytest
import torch

from ddpm_playground.core import (
    ExactEps,
    Sampling,
    SeededNoise,
    inpaint,
    jumping_path,
    make_schedule,
    reverse,
    seam_error,
    timestep_path,
)
from ddpm_playground.core.phrase import Refusal

SCHEDULE = make_schedule("linear", 100)


def of_the_paper(t_T: int, jump: int, resample: int) -> list[int]:
    """The times of Lugmayr et al. (2022), appendix B, by their own bookkeeping: t_T…−1, where −1 is the picture."""
    jumps = {j: resample - 1 for j in range(0, t_T - jump, jump)}
    t, times = t_T, []
    while t >= 1:
        t -= 1
        times.append(t)
        if jumps.get(t, 0) > 0:
            jumps[t] -= 1
            for _ in range(jump):
                t += 1
                times.append(t)
    return [*times, -1]


@pytest.mark.parametrize(("S", "jump", "resample"), [(250, 10, 10), (100, 10, 3), (20, 1, 5), (12, 4, 2), (7, 7, 3)])
def test_the_way_is_that_of_the_paper(S, jump, resample) -> None:
    path = tuple(range(S, -1, -1))
    assert list(jumping_path(path, resample, jump)) == [t + 1 for t in of_the_paper(S, jump, resample)]


def test_once_is_the_path_itself_and_strides_keep_their_times() -> None:
    path = timestep_path(100, 10, "trailing")
    assert jumping_path(path, 1, 3) == path
    found = jumping_path(path, 3, 2)
    assert set(found) == set(path) and found[0] == 100 and found[-1] == 0 and len(found) > len(path)
    places = [path.index(t) for t in found]
    assert all(abs(one - two) == 1 for one, two in zip(places, places[1:], strict=False))


@pytest.mark.parametrize(("resample", "jump"), [(0, 1), (101, 1), (2, 0), (2, 11), (2.0, 1)])
def test_jumps_out_of_range_are_refused(resample, jump) -> None:
    with pytest.raises(Refusal, match="must be a whole number in"):
        jumping_path(timestep_path(100, 10), resample, jump)


def test_too_long_a_way_is_refused_with_its_length() -> None:
    with pytest.raises(Refusal, match="make 198802 steps, at most 20000"):
        jumping_path(tuple(range(1000, -1, -1)), 100, 1)


def painted(resample: int, predict: ExactEps, known: torch.Tensor, x_0: torch.Tensor) -> torch.Tensor:
    noise = SeededNoise(0, range(len(x_0)), x_0.shape[1:])
    path = jumping_path(timestep_path(100, 20, "trailing"), resample, 2)
    *_, last = inpaint(SCHEDULE, predict, x_0, known, path, noise, Sampling(clip_x_0=False))
    return last.x_s


def test_known_pixels_are_exact_and_resampling_brings_what_belongs_to_them() -> None:
    """Data of two pictures: half of the one is known, so the other half must be its own."""
    pictures = torch.stack([torch.full((1, 4, 4), 0.8), torch.full((1, 4, 4), -0.8)])
    known = torch.zeros(1, 4, 4)
    known[..., :2] = 1.0
    x_0 = pictures[:1].expand(64, 1, 4, 4)
    shares = []
    for resample in (1, 8):
        found = painted(resample, ExactEps(SCHEDULE, pictures), known, x_0)
        assert torch.equal(found[..., :2], x_0[..., :2])
        assert (found[..., 2:].abs() - 0.8).abs().max() < 1e-4
        shares.append(float((found[..., 2:] > 0).float().mean()))
    assert shares[1] > 0.95 and shares[1] >= shares[0]


def test_without_a_mask_it_is_the_chain() -> None:
    pictures = torch.randn(3, 1, 4, 4, generator=torch.Generator().manual_seed(1))
    predict, nothing = ExactEps(SCHEDULE, pictures), torch.zeros(1, 4, 4)
    path = timestep_path(100, 20, "trailing")
    draws = iter(torch.randn(100, 5, 1, 4, 4, generator=torch.Generator().manual_seed(2)))
    own = list(draws)
    both = iter([own[0], *[one for z in own[1:20] for one in (z, torch.zeros_like(z))]])
    *_, last = inpaint(SCHEDULE, predict, own[0], nothing, path, lambda: next(both), Sampling(clip_x_0=False))
    plain = iter(own[1:])
    *_, step = reverse(SCHEDULE, predict, own[0], path, lambda: next(plain), Sampling(clip_x_0=False))
    assert torch.equal(last.x_s, step.x_s)


def test_the_seam_is_what_lies_across_it() -> None:
    x = torch.zeros(1, 1, 3, 4)
    x[..., 2:] = 0.5
    known = torch.ones(1, 3, 4)
    known[..., 2:] = 0.0
    assert float(seam_error(x, known)) == 0.25
    with pytest.raises(Refusal, match="no seam"):
        seam_error(x, torch.ones(1, 3, 4))
