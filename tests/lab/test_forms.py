"""The forms in which people bring a schedule: each is read for what it is, or refused with the place and the reason."""

import errno
import json
import math
import re
from pathlib import Path

import pytest

from ddpm_playground.cli import main
from ddpm_playground.core.json_text import THERE, WHY
from ddpm_playground.lab.doctor import examine_subject
from ddpm_playground.lab.input_file import TROUBLES, read_file, trouble
from ddpm_playground.lab.reading import read_subject, read_text, subject_of_text
from ddpm_playground.ui.words.refusal import refusal

CONFIG = '{\n  "_class_name": "DDIMScheduler",\n  "beta_start": 0.00085, "beta_end": 0.012%s\n}'
PYTHONS = re.compile(
    r"Errno|recursion|Exceeds the limit|could not convert|NoneType|Expecting|object is not|delimiter|codec|Traceback"
)
FLOW = [1.0, 0.6509, 0.4374, 0.2932, 0.1893, 0.1108, 0.0495, 0.00031]
CONFLICT = "<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> abc\n"


def refused(text: str, name: str = "config.json", quantity: str | None = None) -> str:
    """The sentence that a text is refused with, the same in Chinese without a word of Python's."""
    with pytest.raises(ValueError) as raised:
        subject_of_text(text, name, quantity)
    sentence = str(raised.value)
    chinese = refusal(raised.value, "zh-TW")
    assert not PYTHONS.search(sentence) and not PYTHONS.search(chinese) and chinese != sentence
    return sentence


@pytest.mark.parametrize(
    ("text", "place", "why"),
    [
        (CONFLICT, "line 1, column 1", "merge-conflict marker (<<<<<<<)"),
        ("{\n" + CONFLICT, "line 2, column 1", "merge-conflict marker"),
        (CONFIG % ",", "line 4, column 1", "a comma stands before a closing bracket"),
        (CONFIG % ", // why", "line 3, column 45", "JSON has no comments"),
        ("# why\n" + CONFIG % "", "line 1, column 1", "JSON has no comments"),
        (CONFIG % ', "clip_sample": True', "line 3, column 60", "Python's None, True and False"),
        ("{'a': 1}", "line 1, column 2", "double quotes, not in single ones"),
        ((CONFIG % "")[:40], "line 3, column 3", "no closing quote"),
        ((CONFIG % "")[:-1], "line 4, column 1", "ends before its brackets are closed"),
        (CONFIG % "" + "\nx", "line 5, column 1", "something follows its end"),
        ("{a: 1}", "line 1, column 2", "a key in double quotes"),
        ('{"a" 1}', "line 1, column 6", "a colon"),
        ('{"a": 1 "b"}', "line 1, column 9", "a comma or a closing bracket"),
        ('{"a": "\t"}', "line 1, column 8", "control character"),
        ('{"a": "\\q"}', "line 1, column 8", "backslash"),
        ("[0.9, ..., 0.1]", "line 1, column 7", "values were left out"),
        ("tensor([0.1])", "line 1, column 1", "tensor or array"),
        ("<!DOCTYPE html><html>", "line 1, column 1", "web page"),
        ("version https://git-lfs.github.com/spec/v1\nsize 9", "line 1, column 1", "Git LFS"),
        ("0.1,0.2,0.3", "line 1, column 4", "something follows"),
        ("t,beta\n1,0.1", "line 1, column 1", "a value was expected"),
    ],
)  # fmt: skip
def test_a_json_file_that_is_none_says_where_and_why(text: str, place: str, why: str) -> None:
    said = refused(text)
    assert "is no JSON" in said and place in said and why in said


def test_every_reason_that_json_gives_has_words_of_ours() -> None:
    for reason in (*WHY.values(), *(why for _, why in THERE), *TROUBLES.values()):
        assert refusal(reason, "zh-TW") != reason, reason


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (CONFIG % (', "steps_offset": 1' + "0" * 5000), "a whole number of 5,001 digits"),
        ("[1" + "0" * 5000 + "]", "a whole number of 5,001 digits"),
        (CONFIG % (', "steps_offset": 1' + "0" * 30), "steps_offset must be a number of at most 64 bits"),
        (CONFIG % (', "a": ' + "[" * 100 + "]" * 100), "nested too deep"),
        ('{"a": ' * 10_000, "nested too deep"),
        ('{"_class_name": "UNet2DConditionModel", "sample_size": 64}', "the config of UNet2DConditionModel"),
        ('{"_class_name": "DDPMPipeline", "scheduler": ["diffusers", "DDPMScheduler"]}', "index of a pipeline"),
        ('{"a": {"beta_start": 1}, "b": {"beta_end": 1}}', r"2 schedules \(a, b\)"),
        ("[[0.1], [0.2]]", "a list or object at place 1"),
        ("3", "holds no schedule"),
        ("null", "holds no schedule"),
    ],
)
def test_what_json_holds_and_is_no_schedule(text: str, message: str) -> None:
    assert re.search(message, refused(text))


@pytest.mark.parametrize(
    "text",
    [
        "{'_class_name': 'DDPMScheduler', 'beta_schedule': 'squaredcos_cap_v2', 'lambda_min_clipped': -inf, 'x': None}",
        "FrozenDict([('_class_name', 'DDPMScheduler'), ('beta_schedule', 'squaredcos_cap_v2')])",
        "FrozenDict({'_class_name': 'DDPMScheduler', 'beta_schedule': 'squaredcos_cap_v2'})",
        'DDPMScheduler {\n  "_class_name": "DDPMScheduler",\n  "beta_schedule": "squaredcos_cap_v2"\n}\n',
        "noise_scheduler = DDPMScheduler(num_train_timesteps=1000, beta_schedule='squaredcos_cap_v2')",
        "_class_name: DDPMScheduler\nbeta_schedule: squaredcos_cap_v2\nbeta_start: 1e-4\n",
        '_class_name = "DDPMScheduler"\nbeta_schedule = "squaredcos_cap_v2"\nbeta_start = 1e-4\n',
        "train:\n  lr: 1e-4\nnoise_scheduler:\n  _class_name: DDPMScheduler\n  beta_schedule: squaredcos_cap_v2\n",
        '\ufeff{"_class_name": "DDPMScheduler", "beta_schedule": "squaredcos_cap_v2",}',
    ],
)
def test_a_config_in_another_language_is_read(text: str) -> None:
    subject = read_text(text)
    assert subject.config["_class_name"] == "DDPMScheduler" and subject.schedule.name == "cosine"
    assert subject.schedule.T == 1000


def test_latent_diffusion_s_settings_are_read_as_it_means_them() -> None:
    subject = read_text("model:\n  params:\n    linear_start: 0.00085\n    linear_end: 0.0120\n    timesteps: 1000\n")
    want = subject_of_text('{"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}')
    assert subject.schedule.betas.equal(want.schedule.betas) and "model.params" in " ".join(subject.read_as)


@pytest.mark.parametrize(
    "text", ["tensor([0.9, 0.5, 0.1])", "[9.0e-01 5.0e-01\n 1.0e-01]", "x = [0.9, 0.5, 0.1]", "[0.9, 0.5, 0.1]"]
)
def test_a_list_as_python_prints_it_is_read(text: str) -> None:
    subject = subject_of_text(text.replace("x", "alphas_cumprod"))
    assert subject.stored == "alpha_bar" and subject.schedule.T == 3


def test_nothing_that_is_pasted_is_run() -> None:
    for text in (
        "__import__('os').system('true')",
        "[__import__('os')]",
        "DDIMScheduler(beta_end=open('/etc/passwd'))",
    ):
        with pytest.raises(ValueError):
            subject_of_text(text)
    with pytest.raises(ValueError, match="paste that config instead"):
        subject_of_text("pipe.scheduler = DDIMScheduler.from_config(pipe.scheduler.config)")
    with pytest.raises(ValueError, match="left out where the dots stand"):
        subject_of_text("tensor([0.9, ..., 0.1])")


def test_a_quantity_that_is_told_wins_over_a_name() -> None:
    lists = [json.dumps(value) for value in ({"sigmas": FLOW}, {"mine": FLOW}, FLOW)]
    columns = ["sigma\n" + "\n".join(map(str, FLOW)), "t,sigma\n" + "\n".join(f"{i},{u}" for i, u in enumerate(FLOW))]
    for text in (*lists, *columns):
        assert subject_of_text(text, quantity="flow_time").stored == "flow_time"
        assert subject_of_text(text, quantity="sigma").stored == "sigma"
    assert "leave it out" in refused(CONFIG % "", quantity="sigma")


@pytest.mark.parametrize(
    "values",
    [FLOW, FLOW[::-1], [1.0, 0.75, 0.5, 0.25], [1.0, 0.9375, 0.8333, 0.625], [1 - i / 1000 for i in range(1001)],
     [1 - i / 1000 for i in range(1000)], [3 * (1 - i / 28) / (1 + 2 * (1 - i / 28)) for i in range(28)]],
)  # fmt: skip
def test_flow_times_are_recognised(values: list[float]) -> None:
    assert subject_of_text(json.dumps(values)).stored == "flow_time"
    assert subject_of_text(json.dumps({"sigmas": values})).stored == "flow_time"


def cosine(T: int) -> list[float]:
    """ᾱ_0…ᾱ_T as latent codes keep it: from exactly 1."""
    squares = [math.cos((t / T + 0.008) / 1.008 * math.pi / 2) ** 2 for t in range(T + 1)]
    return [square / squares[0] for square in squares]


def test_alpha_bar_that_begins_at_1_is_no_flow_time_and_what_may_be_either_is_asked_about() -> None:
    for T in (50, 1000):
        subject = subject_of_text(json.dumps(cosine(T)))
        assert subject.stored == "alpha_bar" and subject.schedule.T == T
    assert "say which with --quantity" in refused("[1.0, 0.9937, 0.975, 0.909375, 0.725, 0.421875, 0.0]")


def test_a_thousand_values_whose_first_is_clean_are_reported_and_not_repaired() -> None:
    subject = subject_of_text(json.dumps({"alphas_cumprod": cosine(999)}))
    assert subject.schedule.T == 1000 and float(subject.schedule.betas[1]) == 0
    assert "zero-beta" in {finding.code for finding in examine_subject(subject)}
    assert "t = 1 adds no noise" in " ".join(subject.read_as)


@pytest.mark.parametrize("infinity", ["-Infinity", '"-Infinity"'])
def test_infinity_is_read_with_quotes_and_without(infinity: str) -> None:
    subject = subject_of_text(f'{{"_class_name": "DPMSolverMultistepScheduler", "lambda_min_clipped": {infinity}}}')
    assert subject.config["lambda_min_clipped"] == -math.inf
    listed = subject_of_text(f'{{"log_snr": [10, 0, {infinity}]}}')
    assert listed.schedule.T == 3 and float(listed.schedule.alpha_bars[-1]) == 0


def test_files_are_read_in_the_encoding_that_they_are_marked_with(tmp_path: Path) -> None:
    for encoding in ("utf-16", "utf-8-sig", "utf-32", "utf-8"):
        path = tmp_path / f"{encoding}.json"
        path.write_bytes((CONFIG % "").encode(encoding))
        subject = read_subject(str(path))
        assert subject.config["beta_end"] == 0.012
        assert ("with a mark at its start" in " ".join(subject.read_as)) == (encoding != "utf-8")


def test_what_the_system_refuses_is_told_in_words_of_ours(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for what in ("/proc/self/mem", "/dev/null", str(tmp_path / ("a" * 300)), str(tmp_path / "none.json"), "a\0b", " "):
        with pytest.raises(ValueError) as raised:
            read_subject(what)
        assert not PYTHONS.search(str(raised.value)) and refusal(raised.value, "zh-TW") != str(raised.value)
    assert main(["schedule", "export", "linear", "--out", "/proc/none/x.csv"]) == 1
    assert main(["schedule", "audit", "DDIMScheduler", "--option", "beta_start=" + "[" * 100_000]) == 2
    assert main(["schedule", "audit", "DDIMScheduler", "--option", "beta_start=1" + "0" * 5000]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 3 and not PYTHONS.search(err)
    assert trouble(OSError(errno.EIO, "Input/output error")) == "the system cannot read or write there"
    with pytest.raises(ValueError, match="it is a folder|neither a file"):
        read_file(tmp_path)


def test_folders_and_their_parts(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    for part in ("scheduler", "unet", "movq"):
        (pipe / part).mkdir(parents=True)
    (pipe / "scheduler" / "scheduler_config.json").write_text(CONFIG % "")
    (pipe / "model_index.json").write_text(
        '{"_class_name": "DDIMPipeline", "scheduler": ["diffusers", "DDIMScheduler"]}'
    )
    (pipe / "unet" / "config.json").write_text('{"_class_name": "UNet2DModel", "sample_size": [32, 64]}')
    for what in (pipe, pipe / "model_index.json"):
        subject = read_subject(str(what))
        assert subject.config["_class_name"] == "DDIMScheduler" and subject.sample_size == 64 and subject.latent
    with pytest.raises(ValueError, match="folder of a network; give the pipeline's folder"):
        read_subject(str(pipe / "unet"))
    with pytest.raises(ValueError, match="the config of UNet2DModel"):
        read_subject(str(pipe / "unet" / "config.json"))
    for name in ("prior_scheduler", "decoder_scheduler"):
        (tmp_path / "two" / name).mkdir(parents=True)
        (tmp_path / "two" / name / "scheduler_config.json").write_text(CONFIG % "")
    with pytest.raises(ValueError, match=r"several schedulers \(decoder_scheduler, prior_scheduler\)"):
        read_subject(str(tmp_path / "two"))
