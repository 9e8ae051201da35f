"""Reading schedules: every form gives the numbers that it stands for, and what is none is refused with its reason."""

import json
import math
import time
from pathlib import Path

import pytest
import torch

from ddpm_playground.core import make_schedule
from ddpm_playground.lab.export import config_json, table_csv
from ddpm_playground.lab.hub import fetch_config
from ddpm_playground.lab.peers import PEERS, peer_schedule
from ddpm_playground.lab.quantities import QUANTITIES
from ddpm_playground.lab.read_schedule import subject_of_config
from ddpm_playground.lab.reading import MAX_BYTES, read_subject, subject_of_text
from ddpm_playground.ui.words.refusal import refusal

LINEAR = make_schedule("linear", 50, beta_end=0.3)
COLUMNS = {
    "betas": LINEAR.betas[1:],
    "alphas_cumprod": LINEAR.alpha_bars[1:],
    "sigmas": ((1 - LINEAR.alpha_bars) / LINEAR.alpha_bars).sqrt()[1:],
    "log_snr": LINEAR.log_snr[1:],
}


def same(subject) -> None:
    torch.testing.assert_close(subject.schedule.alpha_bars, LINEAR.alpha_bars, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", COLUMNS)
def test_a_named_list_is_read_as_its_name_says(name: str) -> None:
    values = COLUMNS[name].tolist()
    same(subject_of_text(json.dumps({name: values})))
    same(
        subject_of_text("\n".join([f"t;{name}", *(f"{t};{str(v).replace('.', ',')}" for t, v in enumerate(values, 1))]))
    )
    subject = subject_of_text("\n".join([name, *map(repr, values)]))
    same(subject)
    assert any(quantity.symbol in " ".join(subject.read_as) for quantity in QUANTITIES.values())


@pytest.mark.parametrize("name", ["alphas_cumprod", "sigmas", "log_snr"])
def test_a_list_that_runs_from_noise_to_data_is_turned_round(name: str) -> None:
    values = COLUMNS[name].tolist()[::-1]
    subject = subject_of_text(json.dumps({name: values}))
    same(subject)
    assert "turned round" in " ".join(subject.read_as)


@pytest.mark.parametrize("name", COLUMNS)
def test_a_bare_list_is_told_apart_by_its_course(name: str) -> None:
    subject = subject_of_text(json.dumps(COLUMNS[name].tolist()))
    if name == "sigmas" and max(COLUMNS[name]) <= 2:
        pytest.fail("the example must reach σ > 2")
    same(subject)
    assert "by its course" in " ".join(subject.read_as)


def test_k_diffusion_s_sigmas_end_in_clean_data() -> None:
    subject = subject_of_text("[14.6, 5.0, 1.0, 0.1, 0.0]")
    assert subject.schedule.T == 4
    torch.testing.assert_close(subject.schedule.alpha_bars[-1], torch.tensor(1 / (1 + 14.6**2), dtype=torch.float64))


def test_what_is_broken_stays_broken() -> None:
    assert math.isnan(float(subject_of_text('{"betas": [0.1, NaN, null]}').schedule.betas[2]))
    assert subject_of_text('{"betas": [0.1, -2, 3]}').schedule.betas[1:].tolist() == [0.1, -2, 3]
    assert math.isnan(float(subject_of_text('{"sigmas": [0.1, -2, 3]}').schedule.alpha_bars[2]))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("{", "no JSON: .* line 1, column 2"),
        ("[" * 100_000, "no JSON that can be read"),
        ('{"a": 1}', "holds no schedule; give"),
        ('{"_class_name": "DDPMScheduler", "num_train_timesteps": 1000000000000}', "whole number in \\[1, 100000\\]"),
        (
            '{"_class_name": "DDPMScheduler", "num_train_timesteps": "many"}',
            "whole number in \\[1, 100000\\], got 'many'",
        ),
        ('{"_class_name": "DDPMScheduler", "beta_start": "low"}', "beta_start must be a number in .0, 1., got 'low'"),
        ('{"_class_name": 5}', "_class_name must be the name"),
        ('{"beta_schedule": "mine"}', "unknown beta_schedule 'mine'; known are linear"),
        ('{"trained_betas": "0.1"}', "trained_betas must be a list of numbers"),
        ('{"beta_end": 1' + "0" * 400 + "}", "beta_end must be a number .*, got a whole number of 401 digits"),
        ('{"trained_betas": [1' + "0" * 400 + "]}", "trained_betas must be a number"),
        ('{"trained_betas": []}', "1 to 100000 numbers, got 0"),
        ('{"scheduler": ["diffusers", "DDPMScheduler"]}', "index of a pipeline"),
        ("[0.1, true]", "must list numbers, got 'True' at place 2"),
        ('[0.1, "0.2"]', "must list numbers, got '0.2' at place 2"),
        ("[]", "1 to 100,000 values, got 0"),
        ("[1" + "0" * 400 + "]", "too large for float64"),
        ("a,b\n1,2", "no column that is known, got a, b"),
        ("1,2\n3,4", "2 columns without names"),
        ("beta\n0.1\nx", "'x' where row 2 needs a number"),
        ("t,beta\n1,0.1\n2", "nothing where row 2 needs a number"),
    ],
)
def test_what_is_no_schedule_is_refused_with_its_reason(text: str, message: str) -> None:
    began = time.monotonic()
    with pytest.raises(ValueError, match=message):
        subject_of_text(text)
    assert len(text) < 10**6 and time.monotonic() > began


def test_size_is_checked_before_reading(tmp_path: Path) -> None:
    huge = tmp_path / "huge.json"
    with huge.open("wb") as file:
        file.truncate(2**30)
    with pytest.raises(ValueError, match="at most 10 MB, got 1,024 MB"):
        read_subject(str(huge))
    with pytest.raises(ValueError, match="at most 10 MB"):
        subject_of_text(" " * (MAX_BYTES + 1))


def test_files_and_folders(tmp_path: Path) -> None:
    (tmp_path / "pipe" / "scheduler").mkdir(parents=True)
    (tmp_path / "pipe" / "scheduler" / "scheduler_config.json").write_text(config_json(LINEAR))
    (tmp_path / "pipe" / "unet").mkdir()
    (tmp_path / "pipe" / "unet" / "config.json").write_text('{"sample_size": 32}')
    subject = read_subject(str(tmp_path / "pipe"))
    same(subject)
    assert subject.sample_size == 32 and not subject.latent
    (tmp_path / "pipe" / "vae").mkdir()
    assert read_subject(str(tmp_path / "pipe")).latent
    (tmp_path / "list.csv").write_text(table_csv(LINEAR))
    same(read_subject(str(tmp_path / "list.csv")))
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00\x01")
    for what, message in [
        (tmp_path / "binary.json", "no text in UTF-8"),
        (tmp_path / "missing.json", "there is no file or folder"),
        (tmp_path, "has no scheduler_config.json"),
    ]:
        with pytest.raises(ValueError, match=message):
            read_subject(str(what))
    with pytest.raises(ValueError, match="unknown schedule 'linaer'; choose one of linear"):
        read_subject("linaer")
    with pytest.raises(ValueError, match="belong to a schedule's name"):
        read_subject(str(tmp_path / "list.csv"), T=10)


def test_the_hub_is_asked_only_if_allowed(monkeypatch, tmp_path: Path) -> None:
    import huggingface_hub
    from huggingface_hub.errors import EntryNotFoundError

    asked = []

    def download(repo_id: str, place: str) -> str:
        asked.append(place)
        if place.startswith("scheduler/"):
            raise EntryNotFoundError("no such file")
        (tmp_path / "scheduler_config.json").write_text(config_json(LINEAR))
        return str(tmp_path / "scheduler_config.json")

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    for name in ("DDPM_HUB", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ValueError, match="set DDPM_HUB=1"):
        read_subject("owner/name")
    assert not asked
    monkeypatch.setenv("DDPM_HUB", "1")
    same(read_subject("owner/name"))
    assert asked == ["scheduler/scheduler_config.json", "scheduler_config.json"]

    def broken(repo_id: str, place: str) -> str:
        raise OSError("no network\nat all")

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", broken)
    with pytest.raises(ValueError, match="the Hub cannot be reached for owner/name"):
        fetch_config("owner/name", ["scheduler_config.json"])


@pytest.mark.parametrize(
    ("name", "klass", "keys"),
    [
        ("karras", "EDMEulerScheduler", {}),
        ("exponential", "EDMEulerScheduler", {"sigma_schedule": "exponential"}),
        ("flow", "FlowMatchEulerDiscreteScheduler", {"shift": 3.0}),
    ],
)
def test_peers_schedules_are_those_of_diffusers(name: str, klass: str, keys: dict) -> None:
    import diffusers

    scheduler = getattr(diffusers, klass)(num_train_timesteps=100, **keys)
    if name == "flow":
        values = scheduler.sigmas[:100]
    else:
        scheduler.set_timesteps(100)
        values = scheduler.sigmas[:100]
    want = QUANTITIES[PEERS[name].quantity].alpha_bars(values.double().flip(0))
    params = {"shift": 3.0} if name == "flow" else {}
    torch.testing.assert_close(peer_schedule(name, 100, **params)[0].alpha_bars[1:], want, rtol=2e-4, atol=1e-6)


def test_beta_sigmas_are_those_of_diffusers() -> None:
    import diffusers

    scheduler = diffusers.EulerDiscreteScheduler(use_beta_sigmas=True)
    scheduler.set_timesteps(40)
    sigmas = scheduler.sigmas[:-1].double()
    schedule, _ = peer_schedule("beta", 40, sigma_min=float(sigmas[-1]), sigma_max=float(sigmas[0]))
    want = QUANTITIES["sigma"].alpha_bars(sigmas.flip(0))
    torch.testing.assert_close(schedule.alpha_bars[1:], want, rtol=1e-3, atol=1e-6)


def test_parameters_of_peers_are_checked() -> None:
    for params, message in [
        ({"rho": 0.0}, "rho must be a number in"),
        ({"sigma": 1.0}, "no parameter 'sigma'"),
        ({"sigma_min": 90.0}, "sigma_min must be below"),
    ]:
        with pytest.raises(ValueError, match=message):
            peer_schedule("karras", 10, **params)


@pytest.mark.parametrize(
    ("name", "piece"),
    [("DDIMScheduler", "a library that is not installed"), ("MyScheduler", "no scheduler of the diffusers")],
)
def test_a_class_without_its_library_is_not_said_to_be_unknown(
    name: str, piece: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ddpm_playground.lab.read_schedule.class_defaults", lambda _: None)
    subject = subject_of_config({"_class_name": name, "beta_schedule": "linear"})
    told = next(sentence for sentence in subject.read_as if name in sentence)
    assert piece in told and refusal(told, "zh-TW") != told
