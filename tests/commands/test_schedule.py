"""`schedule show|check|export` from the command line: one JSON object, honest exit codes, the papers' numbers."""

import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml

from ddpm_playground.cli import main
from ddpm_playground.lab.doctor import EXAMINATIONS


def strict(text: str) -> dict:
    """Exactly one JSON object, without NaN and Infinity."""

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    return json.loads(text, parse_constant=refuse)


def show(capsys, *argv: str) -> dict:
    assert main(["schedule", "show", *argv, "--json"]) == 0
    return strict(capsys.readouterr().out)


def check(capsys, *argv: str) -> tuple[int, dict]:
    code = main(["schedule", "check", *argv, "--json"])
    out = capsys.readouterr().out
    return code, strict(out) if out else {}


def test_show_has_every_table(capsys) -> None:
    shown = show(capsys, "linear", "--T", "20")
    assert shown["T"] == 20 and len(shown["betas"]) == 20 and len(shown["alpha_bars"]) == 21 and len(shown["snr"]) == 20
    assert shown["alpha_bars"][0] == 1 and shown["terminal_snr"] == shown["snr"][-1]
    assert shown["sqrt_alpha_bar_T"] == pytest.approx(shown["alpha_bars"][-1] ** 0.5)


def test_the_terminal_numbers_of_lin_et_al(capsys, tmp_path: Path) -> None:
    """Lin et al. 2023, "Common Diffusion Noise Schedules and Sample Steps are Flawed", table 1: SNR(T) and √ᾱ_T."""
    stable = tmp_path / "stable.json"
    stable.write_text('{"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}')
    for what, snr, root in [
        ("linear", 4.035993e-05, 0.006353),
        ("cosine", 2.428735e-09, 4.928220e-05),
        (str(stable), 0.004682, 0.068265),
    ]:
        shown = show(capsys, what)
        assert shown["terminal_snr"] == pytest.approx(snr, rel=1e-3)
        assert shown["sqrt_alpha_bar_T"] == pytest.approx(root, rel=1e-3)


def test_the_prior_term_of_ho_et_al(capsys) -> None:
    """Ho et al. 2020, section 4: L_T = D_KL(q(x_T|x_0) ‖ N(0, I)) ≈ 1e-5 bits per dimension."""
    assert show(capsys, "linear")["prior_kl_bits_per_dim"] == pytest.approx(1e-5, rel=0.5)
    whole = show(capsys, "linear", "--data-power", "1")["prior_kl_bits_per_dim"]
    assert whole == pytest.approx(4 * show(capsys, "linear", "--data-power", "0.25")["prior_kl_bits_per_dim"], rel=1e-3)


def test_what_is_not_finite_is_null(capsys, tmp_path: Path) -> None:
    file = tmp_path / "broken.json"
    file.write_text('{"betas": [0.0, NaN]}')
    shown = show(capsys, str(file))
    assert shown["betas"] == [0.0, None] and shown["snr"] == [None, None] and shown["prior_kl_bits_per_dim"] is None


def test_exit_codes(capsys, tmp_path: Path) -> None:
    code, verdict = check(capsys, "linear")
    assert code == 0 and verdict["schedule"]["T"] == 1000
    assert all(f["severity"] != "error" for f in verdict["findings"])

    broken = tmp_path / "broken.json"
    broken.write_text('{"_class_name": "DDPMScheduler", "rescale_betas_zero_snr": true}')
    code, verdict = check(capsys, str(broken))
    assert code == 1
    assert {"code", "severity", "message", "fix", "reference"} <= verdict["findings"][0].keys()
    assert verdict["findings"][0]["code"] == "eps-with-zero-terminal-snr"

    broken.write_text('{"trained_betas": [0.1, 7, 0.2]}')
    assert check(capsys, str(broken))[0] == 1
    broken.write_text("{")
    assert main(["schedule", "check", str(broken), "--json"]) == 2
    out, err = capsys.readouterr()
    assert not out and "no JSON" in err and err.count("\n") == 1


def test_a_class_of_other_data_is_a_note_and_no_failure(capsys, tmp_path: Path) -> None:
    tokens = tmp_path / "tokens.json"
    tokens.write_text('{"_class_name": "VQDiffusionScheduler", "num_vec_classes": 4097, "num_train_timesteps": 100}')
    code, verdict = check(capsys, str(tokens))
    (note,) = verdict["findings"]
    assert code == 0 and verdict["schedule"] is None and (note["code"], note["severity"]) == ("not-examined", "note")
    assert "VQDiffusionScheduler" in note["message"] and "add_noise" in note["message"]
    assert main(["schedule", "check", str(tokens)]) == 0
    assert "not-examined" in capsys.readouterr().out
    code, log = sarif(capsys, str(tokens), "linear")
    (result,) = [one for one in log["runs"][0]["results"] if one["ruleId"] == "not-examined"]
    assert code == 0 and result["level"] == "note"
    code, verdict = check(capsys, str(tokens), "linear")
    assert code == 0 and [bool(one["schedule"]) for one in verdict["checked"]] == [False, True]
    # One that lacks what its class needs is at fault itself.
    tokens.write_text('{"_class_name": "VQDiffusionScheduler"}')
    assert main(["schedule", "check", str(tokens)]) == 2
    assert "lacks a key" in capsys.readouterr().err


def test_what_the_source_does_not_say_can_be_said(capsys, tmp_path: Path) -> None:
    config = tmp_path / "scheduler_config.json"
    config.write_text('{"_class_name": "DDIMScheduler", "rescale_betas_zero_snr": true}')
    codes = {f["code"]: f["severity"] for f in check(capsys, str(config))[1]["findings"]}
    assert codes["eps-with-zero-terminal-snr"] == "error" and codes["spacing-skips-t"] == "warning"
    _, verdict = check(capsys, str(config), "--prediction-type", "v_prediction", "--spacing", "trailing")
    assert not {"eps-with-zero-terminal-snr", "spacing-skips-t"} & {f["code"] for f in verdict["findings"]}
    _, verdict = check(capsys, "cosine", "--sample-size", "512")
    assert "resolution-shift" in {f["code"] for f in verdict["findings"]}


def test_the_text_for_people(capsys) -> None:
    assert main(["schedule", "check", "linear", "--T", "50"]) == 0
    out = capsys.readouterr().out
    assert "! warning: short-t-unscaled" in out and '"beta_end": 0.4' in out
    assert main(["schedule", "show", "linear"]) == 0
    assert "terminal_snr" in capsys.readouterr().out


@pytest.mark.parametrize("suffix", ["json", "csv", "py"])
def test_export_and_back(capsys, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"out.{suffix}"
    assert main(["schedule", "export", "cosine", "--set", "s=0.02", "--out", str(out)]) == 0
    assert list(tmp_path.iterdir()) == [out] and str(out) in capsys.readouterr().out
    if suffix != "py":
        assert show(capsys, str(out))["betas"] == show(capsys, "cosine", "--set", "s=0.02")["betas"]


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["show", "nothing"], "unknown schedule 'nothing'"),
        (["show", "linear", "--T", "1000000000000"], r"T must be a whole number in \[1, 100000\]"),
        (["show", "linear", "--set", "beta_end=much"], "--set needs NAME=NUMBER"),
        (["show", "linear", "--set", "beta_ende=1"], "no parameter 'beta_ende'"),
        (["show", "linear", "--data-power", "-1"], "data_power must be a number of at least 0"),
        (["check", "linear", "--steps", "0"], "from 1 up, got 0"),
        (["check", "linear", "--sample-size", "0"], "--sample-size must be at least 1"),
        (["export", "linear", "--out", "x.txt"], "--out must end in"),
    ],
)
def test_bad_input_gives_one_line_and_exit_code_2(capsys, argv, message) -> None:
    assert main(["schedule", *argv]) == 2
    out, err = capsys.readouterr()
    assert not out and re.search(message, err) and err.count("\n") == 1


def test_several_are_checked_and_one_that_cannot_be_read_fails_alone(capsys, tmp_path: Path) -> None:
    bad, good = tmp_path / "bad.json", tmp_path / "good.json"
    bad.write_text('{\n  "beta_start": 0.1,\n}')
    good.write_text('{"_class_name": "DDPMScheduler"}')
    assert main(["schedule", "check", "linear", str(bad), str(good)]) == 1
    out = capsys.readouterr().out
    assert out.count("== ") == 3 and "✗ unreadable: bad.json is no JSON: at line 3, column 1" in out
    assert out.splitlines()[-1].startswith("3 checked: 0 errors, ") and out.endswith("1 unreadable\n")
    code, told = check(capsys, "linear", str(bad), str(good))
    assert code == 1 and [one["what"] for one in told["checked"]] == ["linear", str(bad), str(good)]
    assert "line 3" in told["checked"][1]["problem"] and told["checked"][2]["schedule"]["class"] == "DDPMScheduler"
    assert check(capsys, "linear", str(good))[0] == 0
    code, one = check(capsys, str(good))
    assert code == 0 and one == {key: told["checked"][2][key] for key in ("schedule", "findings")}


def sarif(capsys, *argv: str) -> tuple[int, dict]:
    code = main(["schedule", "check", *argv, "--format", "sarif"])
    return code, strict(capsys.readouterr().out)


def test_sarif_has_a_rule_for_each_kind_and_a_place_for_each_finding(capsys, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "my pipe" / "scheduler"
    folder.mkdir(parents=True)
    (folder / "scheduler_config.json").write_text(
        '{\n "_class_name": "DDPMScheduler",\n "rescale_betas_zero_snr": true,\n "prediction_type": "epsilon"\n}'
    )
    (tmp_path / "bad.json").write_text('{\n  "beta_start": 0.1,\n}')
    code, log = sarif(capsys, "linear", "my pipe", "bad.json")
    assert code == 1 and log["version"] == "2.1.0" and len(log["runs"]) == 1
    rules = log["runs"][0]["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [*EXAMINATIONS, "unreadable"]
    assert all(rule["shortDescription"]["text"] and rule["help"]["text"] for rule in rules)
    assert all(rule.get("helpUri", "https://").startswith("https://") for rule in rules)
    results = log["runs"][0]["results"]
    for result in results:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"] and result["message"]["text"]
        assert result["level"] in ("error", "warning", "note")
    (zero,) = [one for one in results if one["ruleId"] == "eps-with-zero-terminal-snr"]
    assert zero["level"] == "error" and zero["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "my%20pipe/scheduler/scheduler_config.json", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 4},
    }
    assert results[-1]["ruleId"] == "unreadable" and results[-1]["level"] == "error"
    assert results[-1]["locations"][0]["physicalLocation"]["region"] == {"startLine": 3, "startColumn": 1}
    assert results[0]["locations"] == [{"logicalLocations": [{"name": "linear", "kind": "object"}]}]
    assert sarif(capsys, "linear")[0] == 0


def test_the_hook_for_pre_commit_runs_a_command_that_is_installed() -> None:
    root = Path(__file__).parents[2]
    (hook,) = yaml.safe_load((root / ".pre-commit-hooks.yaml").read_text())
    program, *argv = hook["entry"].split()
    assert program in tomllib.loads((root / "pyproject.toml").read_text())["project"]["scripts"]
    assert argv == ["schedule", "check"] and hook["language"] == "python"
    assert re.search(hook["files"], "model/scheduler/scheduler_config.json")
    assert not re.search(hook["files"], "model/unet/config.json")
