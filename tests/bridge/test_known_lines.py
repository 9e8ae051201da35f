"""A formula is shown of a scheduler's chain where its every step is that line, and nowhere else."""

import pytest

from ddpm_playground.bridge.driven_sampler import DrivenSampler
from ddpm_playground.bridge.known_lines import known_lines
from ddpm_playground.core import SAMPLERS, Sampling, make_schedule

SCHEDULE = make_schedule("linear", 100)


def lines(name: str, steps: int = 10, **config: object):
    return known_lines(DrivenSampler(name, config, True), SCHEDULE, Sampling("own", num_steps=steps))


@pytest.mark.parametrize(
    ("name", "config", "rule", "number", "matches"),
    [("DDIMScheduler", {"clip_sample": False}, "ddim", 0.0, True), ("DDIMScheduler", {}, "ddim", 0.0, False),
     ("DDPMScheduler", {}, "ddpm", 0.0, True), ("DDPMScheduler", {"clip_sample": False}, "ddpm", 0.0, True),
     ("DDPMScheduler", {"variance_type": "fixed_large"}, "ddpm", 1.0, True)],
)  # fmt: skip
def test_plain_ddim_and_ddpm_have_their_lines(name, config, rule, number, matches) -> None:
    found = lines(name, num_train_timesteps=100, **config)
    assert len(found.numbers) == 10 and found.eps_matches == matches
    for (t, s), row in found.numbers.items():
        want = SAMPLERS[rule](SCHEDULE, t, s, number)
        assert row.coefficients == tuple(want[:3]) and row.sigma == want.variance**0.5
        assert (row.line_4 is not None) == (rule == "ddpm")


@pytest.mark.parametrize(
    ("name", "config"),
    [("DPMSolverMultistepScheduler", {}), ("EulerDiscreteScheduler", {}), ("HeunDiscreteScheduler", {}),
     ("DDIMScheduler", {"timestep_spacing": "linspace"})],
)  # fmt: skip
def test_another_step_or_another_s_is_measured_alone(name, config) -> None:
    assert all(row.measured for row in lines(name, num_train_timesteps=100, **config).numbers.values())


def test_a_chain_that_ends_at_alpha_bar_1_has_no_line_at_its_last_step() -> None:
    found = lines("DDIMScheduler", num_train_timesteps=100, clip_sample=False, set_alpha_to_one=False).numbers
    assert len(found) == 9 and all(s > 0 for _, s in found)
