"""What the commands say of folders that are given to them: a scheduler's settings, too few pictures, other channels."""

import json
from pathlib import Path

import pytest

from ddpm_playground.commands.schedule_audit import class_and_options
from ddpm_playground.learn.checkpoints.channels import check_channels
from ddpm_playground.run import _shape_text
from ddpm_playground.ui.words.refusal import refusal

CONFIG = {"_class_name": "DDIMScheduler", "num_train_timesteps": 200, "timestep_spacing": "linspace", "foreign": 1}


@pytest.mark.parametrize("place", ["scheduler/scheduler_config.json", "scheduler_config.json", "a.json"])
def test_an_audit_takes_what_a_check_reads(tmp_path: Path, place: str) -> None:
    path = tmp_path / "p" / place
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(CONFIG))
    given = path if place == "a.json" else tmp_path / "p"
    assert class_and_options("DDIMScheduler") == ("DDIMScheduler", {})
    name, options = class_and_options(str(given))
    assert name == "DDIMScheduler" and options.pop("num_train_timesteps") == 200
    assert options.pop("timestep_spacing") == "linspace" and "foreign" not in options


def test_a_file_without_a_class_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("[0.1, 0.2, 0.3]")
    with pytest.raises(ValueError, match="names no scheduler class"):
        class_and_options(str(tmp_path / "a.json"))


def test_channels_that_do_not_fit_are_told_with_both_numbers() -> None:
    with pytest.raises(ValueError, match="got 1 in and 3 out"):
        check_channels({"sample_size": 8, "in_channels": 1, "out_channels": 3})
    with pytest.raises(ValueError, match=r"a list of two, got \[8\]"):
        check_channels({"sample_size": [8]})
    said = [str(_shape_text((C, 8, 9))) for C in (1, 2, 3)]
    assert said == ["8×9 grey, 1 channel", "8×9, 2 channels", "8×9 colour, 3 channels"]
    assert refusal(_shape_text((1, 8, 8)), "zh-TW") == "8×8 灰階，1 個通道"
