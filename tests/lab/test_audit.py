"""The audit of foreign schedulers: what it says is measured on the scheduler, for every class of diffusers."""

import argparse
import json
import math
from typing import Any

import diffusers
import pytest
import torch

from ddpm_playground.bridge.option_text import parse_options
from ddpm_playground.bridge.scheduler_classes import is_placeholder, options_of, scheduler_classes
from ddpm_playground.commands import schedule_audit
from ddpm_playground.core import SPACINGS, make_schedule, timestep_path
from ddpm_playground.lab.audit import Audit, audit
from ddpm_playground.lab.probe import EPS, X_0, Blend, Probing, blend_of

# diffusers' schedulers warn of numpy's plans, of divisions by zero and of their own.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]

CLASSES = scheduler_classes()
# Classes for pictures with a noise level for each t, all of which have to end in a table.
MEASURED = [
    "DDIMScheduler",
    "DDIMParallelScheduler",
    "DDPMScheduler",
    "DDPMParallelScheduler",
    "CogVideoXDDIMScheduler",
    "RePaintScheduler",
    "DEISMultistepScheduler",
    "DPMSolverMultistepScheduler",
    "DPMSolverSinglestepScheduler",
    "UniPCMultistepScheduler",
    "EulerDiscreteScheduler",
    "EulerAncestralDiscreteScheduler",
    "HeunDiscreteScheduler",
    "LMSDiscreteScheduler",
    "PNDMScheduler",
    "SASolverScheduler",
    "EDMEulerScheduler",
    "FlowMatchEulerDiscreteScheduler",
    "LCMScheduler",
    "TCDScheduler",
    "DDIMInverseScheduler",
    "IPNDMScheduler",
]


def triples(found: Audit) -> list[tuple[float, float | None, float | None]]:
    return [(t.t, t.used, t.next) for t in found.transitions]


class StepsTooFar(diffusers.DDIMScheduler):
    """DDIM whose step, in its arithmetic alone, leads three timesteps below the right one."""

    def step(self, model_output: Any, timestep: Any, sample: Any, **more: Any) -> Any:
        table = self.alphas_cumprod
        self.alphas_cumprod = torch.cat([table[:3], table[:-3]])
        self.alphas_cumprod[timestep] = table[timestep]
        try:
            return super().step(model_output, timestep, sample, **more)
        finally:
            self.alphas_cumprod = table


class TooBright(diffusers.DDIMScheduler):
    """DDIM whose x_s is of no noise level at all."""

    def step(self, *given: Any, **named: Any) -> Any:
        answer: Any = super().step(*given, **named)
        answer.prev_sample = answer.prev_sample * 1.1
        return answer


class SkipsASigma(diffusers.EulerDiscreteScheduler):
    """Euler whose step leads to the σ after the next one."""

    def step(self, model_output: Any, timestep: Any, sample: Any, **more: Any) -> Any:
        sigmas, i = self.sigmas, self._step_index or 0
        self.sigmas = sigmas.clone()
        self.sigmas[i + 1] = sigmas[min(i + 2, len(sigmas) - 1)]
        try:
            return super().step(model_output, timestep, sample, **more)
        finally:
            self.sigmas = sigmas


def test_the_list_is_that_of_the_installed_diffusers() -> None:
    exported = {
        name
        for name in diffusers._import_structure["schedulers"]  # pyright: ignore[reportAttributeAccessIssue]
        if name.endswith("Scheduler") and name != "SchedulerMixin"
    }
    assert exported <= set(CLASSES) and len(exported) > 30
    assert "SchedulerMixin" not in CLASSES and not any(name.endswith("Output") for name in CLASSES)


@pytest.mark.parametrize("name", CLASSES)
def test_every_class_ends_in_a_table_or_a_reason(name: str) -> None:
    found = audit(name, 4)
    told = json.loads(json.dumps(found.as_json(), allow_nan=False))
    assert told["class"] == name and told["steps"] == 4
    if found.reason is None:
        assert len(found.transitions) >= 3 and found.transitions[-1].next is None
        assert [t.next for t in found.transitions[:-1]] == [t.t for t in found.transitions[1:]]
        assert len(found.log_snr) == len(found.timesteps)
        # At t = 1 IPNDM has no signal at all, and its first step goes to noise alone.
        assert found.mismatches == (name == "IPNDMScheduler")
    else:
        assert name not in MEASURED and name in found.reason and len(found.reason) > len(name) + 20
        assert found.transitions == () and found.worst is None


def test_a_missing_dependency_is_named() -> None:
    missing = [name for name, the_class in CLASSES.items() if is_placeholder(the_class)]
    if not missing:
        pytest.skip("every optional dependency of diffusers' schedulers is installed")
    for name in missing:
        reason = str(audit(name, 3).reason)
        assert "requires the" in reason or "placeholder" in reason


@pytest.mark.parametrize("num_steps", [5, 10])
def test_ddim_leading_steps_where_it_goes(num_steps: int) -> None:
    found = audit("DDIMScheduler", num_steps, spacing="leading")
    assert found.mismatches == 0 and found.closed_form == "DDIM, η = 0"
    assert triples(found)[0] == (1000 - 1000 // num_steps, 1000 - 2000 // num_steps, 1000 - 2000 // num_steps)
    assert triples(found)[-1] == (0, None, None)
    assert found.worst is not None and 0 <= (found.worst.error or 0) < 1e-10


def test_ddim_linspace_steps_to_timesteps_it_never_visits() -> None:
    """diffusers issues 11347 and 12633: it steps by T // S whatever the spacing."""
    found = audit("DDIMScheduler", 10, spacing="linspace")
    assert triples(found)[0] == (999, 899, 888)
    for transition in found.transitions[:-1]:
        assert transition.used in (transition.t - 100, None)
    assert found.mismatches == 9
    assert found.worst is not None and (found.worst.error or 0) > 1e-2
    assert (found.max_abs_error_to_used or 0) < 1e-10


def test_ddim_as_its_issue_has_it() -> None:
    """diffusers issue 11347: T = 100, squared cosine, S = 5."""
    options = {"num_train_timesteps": 100, "beta_schedule": "squaredcos_cap_v2"}
    found = audit("DDIMScheduler", 5, options, spacing="linspace")
    assert triples(found) == [(99, 79, 74), (74, 54, 50), (50, 30, 25), (25, 5, 0), (0, None, None)]


def test_ddim_trailing_mismatches_where_S_does_not_divide_T() -> None:
    assert audit("DDIMScheduler", 13, spacing="trailing").mismatches > 0
    assert audit("DDIMScheduler", 10, spacing="trailing").mismatches == 0


@pytest.mark.parametrize("spacing", SPACINGS)
def test_ddpm_steps_to_the_next_visit(spacing: str) -> None:
    found = audit("DDPMScheduler", 7, spacing=spacing)
    assert found.mismatches == 0 and found.closed_form == "DDPM, σ² = β̃"
    assert [t + 1 for t in found.timesteps] == list(timestep_path(1000, 7, spacing)[:-1])
    # Its variance is never below 1e-20, also on the last step where that is not from t = 0.
    assert found.worst is not None and (found.worst.error or 0) < 1e-9


def test_ddpm_with_the_large_variance() -> None:
    found = audit("DDPMScheduler", 10, {"variance_type": "fixed_large"})
    assert found.mismatches == 0 and found.closed_form == "DDPM, σ² = β"
    assert found.worst is not None and (found.worst.error or 0) < 1e-10
    assert any("variance" in note for note in found.notes)


@pytest.mark.parametrize("num_steps", [10, 100, 200])
def test_noise_that_a_step_is_meant_to_add_is_no_wrong_timestep(num_steps: int) -> None:
    assert audit("DDPMScheduler", num_steps, {"variance_type": "fixed_large"}).mismatches == 0


@pytest.mark.parametrize("options", [{}, {"set_alpha_to_one": False, "steps_offset": 1}])
def test_inversion_goes_from_each_timestep_to_the_next(options: dict[str, Any]) -> None:
    found = audit("DDIMInverseScheduler", 10, options)
    assert found.reason is None and found.mismatches == 0 and found.timesteps[0] < found.timesteps[-1]
    assert any("x of the timestep before" in note for note in found.notes)


@pytest.mark.parametrize("spacing", SPACINGS)
def test_euler_is_ddim_in_other_coordinates(spacing: str) -> None:
    found = audit("EulerDiscreteScheduler", 6, spacing=spacing)
    assert found.mismatches == 0 and found.closed_form == "DDIM, η = 0" and found.process == "variance exploding"
    assert found.worst is not None and (found.worst.error or 0) < 1e-10


@pytest.mark.parametrize("options", [{}, {"prediction_type": "v_prediction"}, {"prediction_type": "sample"}])
def test_the_audit_does_not_hang_on_what_is_predicted(options: dict[str, str]) -> None:
    found = audit("DDIMScheduler", 8, options)
    assert found.mismatches == 0 and found.worst is not None and (found.worst.error or 0) < 1e-10


def test_used_is_measured_not_assumed() -> None:
    found = audit(StepsTooFar, 10)
    assert [t.used for t in found.transitions[:-2]] == [t.next - 3 for t in found.transitions[:-2] if t.next]
    assert found.mismatches >= 8 and found.worst is not None and (found.worst.error or 0) > 1e-3
    assert audit(diffusers.DDIMScheduler, 10).mismatches == 0


@pytest.mark.parametrize("spacing", ["leading", "linspace"])
def test_a_skipped_sigma_is_caught(spacing: str) -> None:
    found = audit(SkipsASigma, 7, spacing=spacing)
    following = [t.next for t in found.transitions[1:]]
    assert found.mismatches == 6
    assert [t.used for t in found.transitions[:-2]] == pytest.approx(following[:-1], abs=1e-2)


def test_what_is_off_the_line_is_a_reason() -> None:
    found = audit(TooBright, 5)
    assert found.reason is not None and "off the line" in found.reason and not found.transitions


def test_second_calls_are_part_of_their_step() -> None:
    heun, euler = (audit(f"{name}DiscreteScheduler", 6, spacing="leading") for name in ("Heun", "Euler"))
    assert len(heun.timesteps) == 11 and triples(heun) == triples(euler)
    assert any("5 of its 11 calls" in note for note in heun.notes)


def test_a_solver_that_keeps_all_its_draws_is_followed() -> None:
    """SA-Solver carries every draw on; each must count as independent of the others."""
    found = audit("SASolverScheduler", 40)
    assert found.mismatches == 0 and not any("variance" in note for note in found.notes)
    assert found.worst is not None and (found.worst.error or 0) < 1e-10


def test_the_schedule_is_handed_over() -> None:
    schedule = make_schedule("cosine", 200)
    found = audit("DDIMScheduler", 10, schedule=schedule)
    assert found.timesteps == tuple(range(180, -1, -20)) and found.mismatches == 0
    expected = [schedule.log_snr[t + 1].item() for t in range(180, -1, -20)]
    assert found.log_snr == pytest.approx(expected, abs=1e-9)


def test_zero_terminal_snr_has_an_infinite_log_snr() -> None:
    options = {"rescale_betas_zero_snr": True, "prediction_type": "v_prediction"}
    found = audit("DDIMScheduler", 5, options, spacing="trailing")
    assert found.log_snr[0] is None and found.mismatches == 0
    refused = audit("DDIMScheduler", 5, {"rescale_betas_zero_snr": True}, spacing="trailing")
    assert refused.reason is not None and "not a number" in refused.reason


def test_a_spacing_that_a_class_does_not_take_is_said() -> None:
    found = audit("FlowMatchEulerDiscreteScheduler", 4, spacing="trailing")
    assert found.spacing is None and any("timestep_spacing" in note for note in found.notes)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("NoScheduler", 5), "DDIMScheduler"),
        (("DDIMScheduler", 5, {"clip": True}), "clip_sample"),
        (("DDIMScheduler", 5, {"beta_schedule": "steep"}), "steep"),
        (("DDIMScheduler", 5, {"num_train_timesteps": 10**12}), "100000"),
        (("DDIMScheduler", 5, {}, "even"), "trailing"),
        (("DDIMScheduler", 5, {"timestep_spacing": "even"}), "trailing"),
        (("DDIMScheduler", 5, {"timestep_spacing": "leading"}, "trailing"), "one of the two"),
        (("DDIMScheduler", 0), "whole number"),
        (("DDIMScheduler", True), "whole number"),
        (("DDIMScheduler", 10**12), "[1, 1000]"),
        (("FlowMatchEulerDiscreteScheduler", 10**12), "[1, 1000]"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(arguments: Any, told: str) -> None:
    with pytest.raises(ValueError) as refusal:
        audit(*arguments)
    assert told in str(refusal.value) and "\n" not in str(refusal.value)


def test_probing_ends_with_its_block() -> None:
    with Probing():
        assert torch.zeros(1, dtype=torch.float32).dtype == torch.float64
        assert blend_of(torch.randn(X_0.shape)) == Blend(0.0, 0.0, 1.0)
        assert blend_of(0.6 * X_0 + 0.8 * EPS + torch.randn(X_0.shape)) == Blend(0.6, 0.8, 1.0)
    assert torch.zeros(1, dtype=torch.float32).dtype == torch.float32
    generator = torch.Generator().manual_seed(1)
    assert torch.randn(1000, generator=generator).unique().numel() > 900


def test_the_level_of_a_blend() -> None:
    assert Blend(0.6, 0.48, 0.64).log_snr == pytest.approx(2 * math.log(0.75))
    assert Blend(1.0, 0.0).log_snr == math.inf and Blend(0.0, 1.0).log_snr == -math.inf


def parsed(*argv: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    schedule_audit.add_arguments(parser)
    parser.format_help()
    return parser.parse_args(argv)


def test_the_command_prints_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    schedule_audit.run(parsed("DDIMScheduler", "--spacing", "linspace", "--steps", "10", "--json"))
    told = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    differing = [t for t in told["transitions"][:-1] if t["used"] != t["next"]]
    assert told["transitions"][0] == {"t": 999, "used": 899, "next": 888}
    assert told["transitions"][-1] == {"t": 0, "used": None, "next": None}
    assert told["mismatches"] == len(differing) == 9 and told["reason"] is None
    assert told["spacing"] == "linspace" and told["max_abs_error"] > 1e-2
    assert told["max_abs_error_at"] in told["timesteps"] and len(told["log_snr"]) == 10


def test_the_command_prints_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    schedule_audit.run(parsed("DDIMScheduler", "--spacing", "linspace", "--steps", "4"))
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].split()[:4] == ["999", "749", "666", "≠"] and lines[5].split()[:3] == ["0", "data", "data"]
    assert "3 of 3" in lines[6]


def test_the_command_takes_options(capsys: pytest.CaptureFixture[str]) -> None:
    given = ("--option", "num_train_timesteps=100", "--option", "beta_schedule=scaled_linear", "--json")
    schedule_audit.run(parsed("DDIMScheduler", "--steps", "5", *given))
    assert json.loads(capsys.readouterr().out)["timesteps"] == [80, 60, 40, 20, 0]


def test_the_command_lists_the_classes(capsys: pytest.CaptureFixture[str]) -> None:
    schedule_audit.run(parsed("--list"))
    assert capsys.readouterr().out.split() == list(CLASSES)


@pytest.mark.parametrize("given", ["clip_sample", "=1", "beta_start=NaN", "beta_start=1e-4 beta_start=1e-3"])
def test_bad_options_are_refused(given: str) -> None:
    with pytest.raises(ValueError, match="option"):
        parse_options(given.split(" "))


def test_a_reason_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    schedule_audit.run(parsed("VQDiffusionScheduler", "--json"))
    told = json.loads(capsys.readouterr().out)
    assert told["transitions"] == [] and "num_vec_classes" in told["reason"] and told["max_abs_error"] is None


def test_options_have_their_defaults() -> None:
    assert options_of(diffusers.DDIMScheduler)["num_train_timesteps"] == 1000
