"""Options of a kind that no class expects end in a sentence, wherever they are first used."""

import pytest
import torch

from ddpm_playground.core import ExactEps, make_schedule
from ddpm_playground.lab.audit import audit
from ddpm_playground.lab.trial import trial

NAMES = [
    "DDIMScheduler",
    "DDPMScheduler",
    "PNDMScheduler",
    "DPMSolverMultistepScheduler",
    "FlowMatchEulerDiscreteScheduler",
]
ODD = [
    ("steps_offset", "1_000"), ("steps_offset", [1]), ("trained_betas", -1e308), ("trained_betas", "x"),
    ("timestep_spacing", ["leading"]), ("timestep_spacing", {}), ("beta_start", "x"), ("prediction_type", [1]),
    ("solver_order", "2"), ("shift", None), ("clip_sample_range", "x"), ("num_train_timesteps", [5]),
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_an_audit(name: str) -> None:
    for key, value in ODD:
        try:
            found = audit(name, 5, {key: value})
        except ValueError as refused:
            assert len(str(refused)) > 20
        else:
            assert found.reason or found.transitions
    with pytest.raises(ValueError, match="unknown spacing"):
        audit(name, 5, {}, ["leading"])  # type: ignore[arg-type]


@pytest.mark.parametrize("name", NAMES)
def test_a_trial(name: str) -> None:
    schedule = make_schedule("linear", 20)
    predict = ExactEps(schedule, torch.zeros(1, 1, 2, 2, dtype=torch.float64))
    for key, value in ODD:
        config = {"_class_name": name, key: value}
        try:
            done = trial(predict, schedule, schedule, config, torch.zeros(1, 1, 2, 2, dtype=torch.float64), 3)
        except ValueError as refused:
            assert len(str(refused)) > 20
        else:
            assert done.x_0.shape == (1, 1, 2, 2)
