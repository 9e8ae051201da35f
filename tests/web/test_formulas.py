"""formulas.js, the browser's only place for a formula, against core to 1e-6: every schedule, table and step."""

import numpy as np
import pytest
import scipy.interpolate
import torch

from ddpm_playground.core import (
    SCHEDULES,
    Prediction,
    clip,
    make_schedule,
    q,
    q_sample,
    q_step,
    rescale_zero_terminal_snr,
    schedule_params,
    step_coefficients,
    step_gaussian,
    x_0_from_eps,
)
from ddpm_playground.lab.quantities import QUANTITIES

from ..tables import schedule_tables

OTHER = {
    "linear": {"beta_start": 0.0, "beta_end": 0.3}, "scaled_linear": {"beta_start": 0.00085, "beta_end": 0.012},
    "cosine": {"s": 0.1, "max_beta": 0.5}, "sigmoid": {"start": 0.0, "end": 3.0, "tau": 0.7, "clip_min": 1e-4},
    "laplace": {"mu": 1.5, "b": 1.2, "tail": 1e-3}, "constant": {"beta": 0.04},
}  # fmt: skip
TABLES = """
const tables = scheduleTables(arg.name, arg.T, arg.params, arg.zeroSnr);
return Object.fromEntries(Object.entries(tables).map(([key, values]) => [key, [...values]]));
"""
WHY_NOT = """
try { scheduleTables(arg.name, arg.T, arg.params, arg.zeroSnr); return null; } catch (problem) {
  return problem instanceof NoSchedule ? [problem.message, problem.values] : String(problem);
}"""


def close(got: object, want: torch.Tensor) -> None:
    """Equal to 1e-6 of the value, with the same infinities and gaps."""
    numbers = np.array([float(v) for v in got])  # type: ignore[attr-defined]
    np.testing.assert_allclose(numbers, want.double().numpy().ravel(), rtol=1e-6, atol=1e-9)


def test_the_browser_has_cores_schedules(script):
    assert script("return Object.keys(SCHEDULES)") == list(SCHEDULES)


@pytest.mark.parametrize("zero_snr", [False, True])
@pytest.mark.parametrize("T", [1, 2, 7, 100, 1000, 4000])
@pytest.mark.parametrize("published", [True, False])
@pytest.mark.parametrize("name", SCHEDULES)
def test_every_table_is_cores(script, name, published, T, zero_snr):
    params = schedule_params(name) | ({} if published else OTHER[name])
    arg = {"name": name, "T": T, "params": params, "zeroSnr": zero_snr}
    schedule = make_schedule(name, T, **params)
    if zero_snr:
        try:
            schedule = rescale_zero_terminal_snr(schedule)
        except ValueError:
            # ᾱ that rests at its end makes 0/0
            assert script(WHY_NOT, arg)[0] in ("one_step", "no_signal", "bad_rescale", "bad_beta")
            return
    got = script(TABLES, arg)
    for key, want in schedule_tables(schedule).items():
        close(got[key], want)


@pytest.mark.parametrize(
    ("name", "params", "zero_snr", "key"),
    [("sigmoid", {"start": 3.0, "end": 3.0}, False, "bad_ends"), ("linear", {"beta_end": 1.5}, False, "bad_beta"),
     ("constant", {"beta": 0.0}, True, "bad_rescale"), ("constant", {"beta": 1.0}, True, "no_signal")],
)  # fmt: skip
def test_what_core_refuses_the_browser_refuses(script, name, params, zero_snr, key):
    params = schedule_params(name) | params
    with pytest.raises(ValueError, match="must|needs"):
        schedule = make_schedule(name, 10, **params)
        rescale_zero_terminal_snr(schedule)
    said = script(WHY_NOT, {"name": name, "T": 10, "params": params, "zeroSnr": zero_snr})
    assert said[0] == key


@pytest.mark.parametrize("name", SCHEDULES)
def test_one_step_cannot_end_without_signal_and_that_is_the_reason(script, name):
    arg = {"name": name, "T": 1, "params": schedule_params(name), "zeroSnr": True}
    assert script(WHY_NOT, arg) == ["one_step", {"T": 1}]
    assert script(WHY_NOT, arg | {"T": 2}) is None


@pytest.mark.parametrize("t", [0, 1, 500, 1000])
def test_one_step_forward_is_cores(script, t):
    schedule, generator = make_schedule("linear"), torch.Generator().manual_seed(t)
    x_0, eps = torch.randn(2, 1, 64, dtype=torch.float64, generator=generator)
    arg = {"x_0": x_0[0].tolist(), "eps": eps[0].tolist(), "alphaBar": float(schedule.alpha_bars[t])}
    body = """const { x_0, eps, alphaBar } = arg;
    return [...blend(new Float64Array(64), x_0, signalWeight(alphaBar), eps, noiseWeight(alphaBar))];"""
    close(script(body, arg), q_sample(schedule, x_0, t, eps))
    close([script("return noiseVariance(arg)", arg["alphaBar"])], q(schedule, x_0, t).variance)


@pytest.mark.parametrize("t", [1, 2, 500, 1000])
def test_a_single_step_of_the_walk_is_q_of_x_t_given_x_before(script, t):
    schedule, ones = make_schedule("linear"), torch.ones(1, 1, dtype=torch.float64)
    step = script(
        "return stepBetween(arg.alphaBars, arg.s, arg.t)",
        {"alphaBars": schedule.alpha_bars.tolist(), "s": t - 1, "t": t},
    )  # noqa: E501
    want = q_step(schedule, ones, t)
    close([step["alpha"] ** 0.5], want.mean)
    close([step["beta"]], want.variance)


def test_the_normal_density_is_the_normal_density(script):
    at = [-3.0, -0.5, 0.0, 2.0]
    close(
        script("return arg.map(normalDensity)", at),
        torch.distributions.Normal(0.0, 1.0).log_prob(torch.tensor(at).double()).exp(),
    )  # noqa: E501


DERIVE = """
const { x, eps, next, step, clip } = arg, of = (n) => new Float64Array(n);
const xHat0 = of(x.length), mean = of(x.length), sigmaZ = of(x.length);
xHat0From(x, eps, step, clip, xHat0);
meanFrom(x, eps, xHat0, step, clip, mean);
sigmaZFrom(next, mean, sigmaZ);
return { xHat0: [...xHat0], mean: [...mean], sigmaZ: [...sigmaZ] };
"""


@pytest.mark.parametrize("clipped", [True, False])
@pytest.mark.parametrize(("sampler", "strength"), [("ddpm", 0.0), ("ddpm", 1.0), ("ddim", 0.0), ("ddim", 0.7)])
@pytest.mark.parametrize(("t", "s"), [(1000, 980), (400, 399), (20, 0), (1, 0)])
def test_formulas_are_those_of_core(script, sampler, strength, t, s, clipped):
    generator = torch.Generator().manual_seed(t)
    x, eps, next_x = torch.randn(3, 1, 64, dtype=torch.float64, generator=generator)
    schedule = make_schedule("linear")
    c = step_coefficients(schedule, sampler, strength, t, s)
    raw = Prediction(eps, x_0_from_eps(schedule, x, t, eps))
    prediction = clip(schedule, x, t, raw) if clipped else raw
    mean, _ = step_gaussian(c, x, prediction)
    numbers = {"alpha_bar": float(schedule.alpha_bars[t]), "coef": [c.of_x_0, c.of_x_t, c.of_eps]}
    arg = {"x": x[0].tolist(), "eps": eps[0].tolist(), "next": next_x[0].tolist(), "step": numbers, "clip": clipped}
    got = script(DERIVE, arg)
    for key, want in {"xHat0": prediction.x_hat_0, "mean": mean, "sigmaZ": next_x - mean}.items():
        torch.testing.assert_close(torch.tensor(got[key], dtype=torch.float64), want[0], rtol=1e-9, atol=1e-9)


def test_without_signal_nothing_is_said_of_x_0(script):
    step = {"alpha_bar": 0, "coef": [1, 0, 0]}
    assert script("return xHat0From([1], [1], arg, true, new Float64Array(1))", step) is False


def test_without_coefficients_there_is_no_mean(script):
    step = {"alpha_bar": 0.5, "coef": None}
    assert script("return meanFrom([1], [1], [1], arg, true, new Float64Array(1))", step) is False


@pytest.mark.parametrize("seed", range(6))
def test_the_smooth_curve_is_scipys(script, seed):
    generator = np.random.default_rng(seed)
    xs = np.cumsum(generator.integers(1, 40, size=int(generator.integers(2, 10))))
    ys = generator.normal(size=len(xs)).round(int(generator.integers(0, 3)))
    want = scipy.interpolate.PchipInterpolator(xs, ys)(np.arange(xs[0], xs[-1] + 1))
    got = script("return [...monotoneCurve(arg.xs, arg.ys)]", {"xs": xs.tolist(), "ys": ys.tolist()})
    np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-12)


BEND = "return [...bent(tablesFrom(Float64Array.from(arg.betas)), arg.quantity, arg.knots, arg.offsets, arg.anchor)]"


@pytest.mark.parametrize("quantity", ["log_snr", "alpha_bar", "beta"])
@pytest.mark.parametrize("name", ["linear", "cosine", "sigmoid"])
def test_a_curve_that_was_dragged_is_what_its_offsets_say(script, name, quantity):
    schedule, knots = make_schedule(name, 200), [1, 50, 120, 200]
    offsets = {"log_snr": [0.0, -1.5, 2.0, 0.0], "alpha_bar": [0.0, 0.2, -0.3, 0.1], "beta": [0.0, 0.5, -2.0, 1.0]}[
        quantity
    ]
    got = script(
        BEND,
        {"betas": schedule.betas.tolist(), "quantity": quantity, "knots": knots, "offsets": offsets, "anchor": 120},
    )
    by = torch.from_numpy(scipy.interpolate.PchipInterpolator(knots, offsets)(np.arange(1, 201)))
    if quantity == "beta":
        moved = torch.cumprod(1 - (schedule.betas[1:] * by.exp()).clamp_max(1), 0)
    else:
        table = {"log_snr": schedule.log_snr, "alpha_bar": schedule.alpha_bars}[quantity][1:] + by
        moved = QUANTITIES[quantity].alpha_bars(table)
    moved = torch.cat([torch.ones(1, dtype=torch.float64), moved.clamp(0, 1)])
    left, right = torch.cummax(moved[:121].flip(0), 0).values.flip(0), torch.cummin(moved[120:], 0).values
    moved = torch.cat([left, right[1:]])
    close(script("return [...alphaBarsFrom(Float64Array.from(arg))]", got), moved)
    assert got[0] == 0 and all(0 <= beta <= 1 for beta in got)


def test_a_curve_that_was_not_dragged_stays(script):
    betas = make_schedule("linear").betas
    arg = {"betas": betas.tolist(), "quantity": "log_snr", "knots": [1, 500, 1000], "offsets": [0, 0, 0], "anchor": 500}
    np.testing.assert_allclose(script(BEND, arg), betas.numpy(), rtol=1e-9)
