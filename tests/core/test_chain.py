"""The walks: what each step says of itself, and the oracle of Gaussian data."""

import itertools
import math

import pytest
import torch

from ddpm_playground.core import (
    SAMPLERS,
    SCHEDULES,
    ExactEps,
    Schedule,
    SeededNoise,
    Step,
    Trajectory,
    forward,
    make_schedule,
    q,
    reverse,
    schedule_from_betas,
    stream_seed,
    timestep_path,
)

SHAPES = [(3,), (1, 4, 4), (3, 2, 5)]
MU, VAR = 0.4, 0.25


def walk(
    schedule: Schedule, seed: int = 0, shape: tuple[int, ...] = (1, 4, 4), indices: range = range(3), **options
) -> list[Step]:
    """A chain of four steps on random data points."""
    data = torch.rand(5, *shape, generator=torch.Generator().manual_seed(9)) * 2 - 1
    noise = SeededNoise(seed, indices, shape)
    return list(reverse(schedule, ExactEps(schedule, data), noise(), timestep_path(schedule.T, 4), noise, **options))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_contract(sampler: str, name: str, shape: tuple[int, ...]) -> None:
    schedule = make_schedule(name, 20)
    for strength in (0.0, 1.0):
        steps = walk(schedule, 3, shape, sampler=sampler, strength=strength)
        assert steps[-1].s == 0 and steps[-1].z is None and steps[-1].variance == 0
        for step, following in itertools.pairwise(steps):
            assert step.s == following.t and following.x_t is step.x_s
        for step in steps:
            assert step.x_s.shape == step.x_t.shape == step.eps_hat.shape == step.mean.shape == (3, *shape)
            assert bool(torch.isfinite(step.x_s).all()) and float(step.x_hat_0.abs().max()) <= 1
            if step.z is not None:
                torch.testing.assert_close(step.x_s, step.mean + step.variance.sqrt() * step.z)
        again = walk(schedule, 3, shape, sampler=sampler, strength=strength)
        assert all(torch.equal(a.x_s, b.x_s) for a, b in zip(steps, again, strict=True))
        assert not torch.equal(steps[0].x_t, walk(schedule, 4, shape, sampler=sampler)[0].x_t)


def test_trajectory_holds_the_steps_in_order() -> None:
    steps = walk(make_schedule("cosine", 20))
    trajectory = Trajectory.of(steps)
    assert trajectory.path == timestep_path(20, 4)
    assert trajectory.xs.shape == (5, 3, 1, 4, 4) and trajectory.eps_hats.shape == (4, 3, 1, 4, 4)
    for i, step in enumerate(steps):
        assert torch.equal(trajectory.xs[i], step.x_t) and torch.equal(trajectory.xs[i + 1], step.x_s)
        assert torch.equal(trajectory.x_hats_0[i], step.x_hat_0)


def test_samplers_with_one_seed_share_their_noises() -> None:
    schedule = make_schedule("linear", 20)
    runs = [walk(schedule, sampler=s, add_noise=a) for s in SAMPLERS for a in (True, False)]
    for other in runs[1:]:
        assert torch.equal(runs[0][0].x_t, other[0].x_t)
        for a, b in zip(runs[0][:-1], other[:-1], strict=True):
            assert a.z is not None and b.z is not None and torch.equal(a.z, b.z)


def test_without_noise_x_s_is_the_mean() -> None:
    assert all(torch.equal(step.x_s, step.mean) for step in walk(make_schedule("linear", 20), add_noise=False))


def test_a_picture_does_not_depend_on_how_many_there_are() -> None:
    schedule = make_schedule("linear", 20)
    alone, among = walk(schedule, indices=range(2, 3)), walk(schedule, indices=range(5))
    torch.testing.assert_close(alone[-1].x_s[0], among[-1].x_s[2])
    assert torch.equal(alone[0].x_t[0], among[0].x_t[2])


def test_the_global_generator_is_left_alone() -> None:
    before = torch.random.get_rng_state()
    walk(make_schedule("linear", 20))
    list(forward(make_schedule("linear", 20), torch.zeros(3, 2), 20, SeededNoise(0, range(3), (2,))))
    assert torch.equal(before, torch.random.get_rng_state())


def test_streams_of_a_seed_are_distinct_and_fit_a_generator() -> None:
    streams = [(0,), (0, 0), (0, 1), (1, 0), (0, "epoch", 0), (0, "step", 0), (2**63 - 1, 5)]
    seeds = [stream_seed(seed, *stream) for seed, *stream in streams]
    assert len(set(seeds)) == len(seeds) and all(0 <= seed < 2**63 for seed in seeds)


class Chosen:
    """Noise that is 1 at one draw and 0 at all others."""

    def __init__(self, when: int | None, like: torch.Tensor) -> None:
        self.when, self.like, self.count = when, like, -1

    def __call__(self) -> torch.Tensor:
        self.count += 1
        return torch.full_like(self.like, float(self.count == self.when))


def responses(schedule: Schedule, path: tuple[int, ...], sampler: str, strength: float) -> tuple[float, float]:
    """Mean and variance of the chain's x_0 when x_T ~ N(0, 1), from its answers to unit inputs.

    With Gaussian data the exact chain is linear: x_0 = c + a x_T + Σ b_k z_k.
    """
    exact = ExactEps(schedule, torch.full((1, 1), MU, dtype=torch.float64), torch.full((1,), VAR, dtype=torch.float64))
    # Row 0 has no input at all; each other row has one input that is 1 and no other.
    rows = iter(torch.eye(len(path), dtype=torch.float64)[1:, :, None])
    steps = reverse(
        schedule, exact, next(rows), path, lambda: next(rows), sampler=sampler, strength=strength, clip_x_0=False
    )
    c, *ends = list(steps)[-1].x_s[:, 0].tolist()
    assert not list(rows)
    return c, sum((end - c) ** 2 for end in ends)


def recursion(alpha_bars: list[float], path: tuple[int, ...], sampler: str, strength: float) -> tuple[float, float]:
    """The same mean and variance by a scalar recursion in plain floats."""
    mean, variance = 0.0, 1.0
    for t, s in itertools.pairwise(path):
        a, b = alpha_bars[t], alpha_bars[s]
        gain = math.sqrt(a) * VAR / (a * VAR + 1 - a)
        # x̂_0 = h + gain x_t
        h = MU * (1 - gain * math.sqrt(a))
        beta = 1 - a / b
        tilde = (1 - b) / (1 - a) * beta
        if sampler == "ddpm":
            sigma2 = tilde ** (1 - strength) * beta**strength if s else 0.0
            of_x_0, of_x_t = math.sqrt(b) * beta / (1 - a), math.sqrt(a / b) * (1 - b) / (1 - a)
        else:
            sigma2 = strength**2 * tilde
            of_eps = math.sqrt(1 - b - sigma2)
            of_x_0, of_x_t = math.sqrt(b) - of_eps * math.sqrt(a / (1 - a)), of_eps / math.sqrt(1 - a)
        slope = of_x_0 * gain + of_x_t
        mean, variance = of_x_0 * h + slope * mean, slope**2 * variance + sigma2
    return mean, variance


@pytest.mark.parametrize("name", ["linear", "cosine"])
@pytest.mark.parametrize("sampler,strength", list(itertools.product(SAMPLERS, [0.0, 0.5, 1.0])))
def test_gaussian_data_oracle(sampler: str, strength: float, name: str) -> None:
    schedule = make_schedule(name, 40)
    for path in (timestep_path(40, 40), timestep_path(40, 7, "trailing"), timestep_path(40, 9, "leading")):
        mean, variance = responses(schedule, path, sampler, strength)
        expected_mean, expected_variance = recursion(schedule.alpha_bars.tolist(), path, sampler, strength)
        assert mean == pytest.approx(expected_mean, abs=1e-10)
        assert variance == pytest.approx(expected_variance, abs=1e-10)


@pytest.mark.parametrize("sampler,strength", [("ddim", 0.0), ("ddim", 1.0), ("ddpm", 0.0)])
def test_more_steps_come_nearer_to_the_data_at_first_order(sampler: str, strength: float) -> None:
    """The error of the variance falls as 1/S: halved when the steps are doubled."""
    schedule = make_schedule("linear")
    errors = []
    for num_steps in (125, 250, 500, 1000):
        path = timestep_path(1000, num_steps, "trailing")
        mean, variance = recursion(schedule.alpha_bars.tolist(), path, sampler, strength)
        errors.append(abs(variance - VAR))
        assert mean == pytest.approx(MU, abs=0.01)
    orders = [math.log2(a / b) for a, b in itertools.pairwise(errors)]
    assert errors[-1] < 5e-3 and all(0.7 < order < 1.3 for order in orders), (errors, orders)


def test_forward_walk_composes_to_q() -> None:
    schedule = schedule_from_betas([0.1, 0.5, 0.01, 0.9])
    x_0, zero = torch.tensor([[0.7]], dtype=torch.float64), torch.zeros(1, 1, dtype=torch.float64)
    for t in range(1, 5):
        walked = list(forward(schedule, x_0, t, Chosen(None, zero)))
        assert len(walked) == t
        torch.testing.assert_close(walked[-1], q(schedule, x_0, t).mean)
        ends = [list(forward(schedule, zero, t, Chosen(k, zero)))[-1] for k in range(t)]
        torch.testing.assert_close(torch.stack(ends).square().sum(0), q(schedule, x_0, t).variance)
    assert list(forward(schedule, x_0, 0, Chosen(None, zero))) == []
    with pytest.raises(ValueError, match=r"t must be in \[1, 4\], got 5"):
        list(forward(schedule, x_0, 5, Chosen(None, zero)))


@pytest.mark.parametrize("path", [(), (3,), (3, 3, 0), (1, 2, 0), (0, 3)])
def test_a_path_that_does_not_fall_is_refused(path: tuple[int, ...]) -> None:
    schedule, x = make_schedule("linear", 10), torch.zeros(1, 1)
    with pytest.raises(ValueError, match="a path must fall from t to 0, got .*; use timestep_path"):
        next(reverse(schedule, ExactEps(schedule, x), x, path, Chosen(None, x)))


@pytest.mark.parametrize(
    "path,fragment",
    [((11, 0), r"t must be in \[0, 10\], got 11"), ((3, -1), "must fall from"), ((9, 5), "must fall from")],
)
def test_a_path_beyond_the_schedule_is_refused(path: tuple[int, ...], fragment: str) -> None:
    schedule, x = make_schedule("linear", 10), torch.zeros(1, 1)
    with pytest.raises(ValueError, match=fragment):
        next(reverse(schedule, ExactEps(schedule, x), x, path, Chosen(None, x)))


@pytest.mark.gpu
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_cuda_walks_as_the_cpu_does(sampler: str) -> None:
    schedule = make_schedule("linear", 50)
    data = torch.rand(5, 1, 4, 4, generator=torch.Generator().manual_seed(9)) * 2 - 1
    ends = []
    for device in ("cpu", "cuda"):
        noise = SeededNoise(0, range(3), (1, 4, 4), device)
        exact = ExactEps(schedule, data.to(device))
        steps = list(reverse(schedule, exact, noise(), timestep_path(50, 10), noise, sampler=sampler, strength=0.5))
        ends.append(Trajectory.of(steps).xs.cpu())
    torch.testing.assert_close(ends[0], ends[1], atol=1e-4, rtol=1e-4)
