"""What the Lab's cards and curves are drawn from."""

import json

import pytest

from ddpm_playground.ui.lab.verdicts import examine

DDIM = {"_class_name": "DDIMScheduler", "beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}


def verdict(config: dict, **asked: str) -> dict:
    said = examine({"text": json.dumps(config), "steps": "10 20 50", "size": "", **asked})
    assert "problem" not in said, said
    return json.loads(json.dumps(said, allow_nan=False))


def test_a_card_carries_the_whole_patched_config() -> None:
    cards = {card["code"]: card for card in verdict(DDIM | {"clip_sample": False})["findings"]}
    fix = cards["terminal-snr"]
    assert fix["patch"]["rescale_betas_zero_snr"] is True
    assert fix["patched"] == DDIM | {"clip_sample": False} | fix["patch"]
    assert cards["wasted-steps"]["patched"] is None if "wasted-steps" in cards else True


def test_a_config_that_can_be_copied_is_without_its_finding_when_it_is_pasted_back() -> None:
    zero = {"rescale_betas_zero_snr": True, "prediction_type": "epsilon", "timestep_spacing": "leading"}
    cards = verdict(DDIM | zero)["findings"]
    tried = [card for card in cards if card["patched"] and not card["idle"]]
    assert tried and len(tried) < len(cards)
    for card in tried:
        assert card["code"] not in [one["code"] for one in verdict(card["patched"])["findings"]]


def test_a_key_that_a_patch_leaves_out_is_not_in_the_copied_config() -> None:
    config = DDIM | {"snr_shift_scale": 3.0}
    (ignored,) = [card for card in verdict(config)["findings"] if card["code"] == "ignored-key"]
    assert ignored["patched"]["_class_name"] == "CogVideoXDDIMScheduler" and not ignored["idle"]
    (harmless,) = [c for c in verdict(DDIM | {"skip_prk_steps": True})["findings"] if c["code"] == "ignored-key"]
    assert "skip_prk_steps" not in harmless["patched"] and harmless["idle"]


def test_a_misspelt_key_is_not_told_as_harmless() -> None:
    config = {"_class_name": "DDPMScheduler", "beta_schedul": "squaredcos_cap_v2"}
    (misspelt,) = [card for card in verdict(config)["findings"] if card["code"] == "ignored-key"]
    assert misspelt["severity"] == "warning" and not misspelt["idle"] and "beta_schedule" in str(misspelt["message"])


def test_the_curve_of_sampling_is_what_the_built_scheduler_visits() -> None:
    sampling = verdict(DDIM)["sampling"]
    assert sampling["steps"] == 50 and sampling["t"][:2] == [981, 961] and len(sampling["log_snr"]) == 50
    karras = verdict({"_class_name": "EDMEulerScheduler"})["sampling"]
    assert karras["t"][0] == 1000 and karras["log_snr"][0] == pytest.approx(-8.76, abs=0.01)
    assert verdict({"_class_name": "SCMScheduler", "num_train_timesteps": 1000})["sampling"] is None
    zero = DDIM | {"rescale_betas_zero_snr": True, "prediction_type": "v_prediction", "timestep_spacing": "trailing"}
    assert verdict(zero)["sampling"]["log_snr"][0] is None
