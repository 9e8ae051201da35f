"""The doctor on other people's configs: nothing false of the healthy ones, every fault of the others by its name."""

from functools import cache

import pytest

from bench.corpus import CORPUS, HEALTHY, STRANGERS, Entry, entries, examine, false_alarms, missed
from bench.doctor import broken_by
from bench.gaussian import run

pytestmark = [
    pytest.mark.slow,
    # diffusers' own, within its schedulers
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),
]

SHORT = 100  # steps of a run that a test has time for
WELL, ILL = list(entries(HEALTHY)), list(entries(STRANGERS))
seen = cache(examine)


def name_of(entry: Entry) -> str:
    return entry.file.removesuffix(".json")


@pytest.mark.parametrize("entry", WELL, ids=name_of)
def test_nothing_false_of_a_healthy_config(entry: Entry) -> None:
    assert false_alarms(entry, seen(entry)) == []


@pytest.mark.parametrize("entry", ILL, ids=name_of)
def test_a_reported_fault_is_named(entry: Entry) -> None:
    assert missed(entry, seen(entry)) == []


@pytest.mark.parametrize("entry", [*WELL, *ILL], ids=name_of)
def test_every_fix_holds(entry: Entry) -> None:
    found = seen(entry)
    # What is true of many healthy ones, their terminal SNR, is examined again with the faulty ones.
    again = not entry.healthy and max(entry.steps) <= SHORT
    broken = {one.code: broken_by(entry, found, one, again=again) for one in found.findings if one.patch is not None}
    assert broken == dict.fromkeys(broken, [])


@pytest.mark.parametrize("entry", [entry for entry in WELL if entry.measured], ids=name_of)
def test_a_healthy_config_runs_as_the_table_says(entry: Entry) -> None:
    ended = run(entry.config, min(entry.own_steps, SHORT), entry.call, distilled=entry.distilled)
    if "torchsde" in ended.raised:
        assert entry.file == "stableaudio.json"
    else:
        assert ended.right, ended


def test_the_run_itself_can_fail() -> None:
    zero = {"_class_name": "DDIMScheduler", "rescale_betas_zero_snr": True, "timestep_spacing": "trailing"}
    assert not run(zero | {"clip_sample": False}, 10).finite
    karras = {"use_karras_sigmas": True}
    crash = run({"_class_name": "DPMSolverMultistepScheduler", "beta_schedule": "squaredcos_cap_v2"} | karras, 10)
    assert crash.raised.startswith("IndexError at step 10")
    cosine = {"_class_name": "DDIMScheduler", "beta_schedule": "squaredcos_cap_v2", "timestep_spacing": "trailing"}
    # With 1 % of error in ε̂ it ends at 7.3 of 0.5.
    assert run(cosine | {"clip_sample": False}, 20, error=0.01).spread > 5
    assert run(cosine | {"clip_sample": False}, 20).right


def test_the_tables_and_the_folders_hold_the_same() -> None:
    for kind, rows in ((HEALTHY, WELL), (STRANGERS, ILL)):
        files = [entry.file for entry in rows]
        assert sorted(files) == sorted(path.name for path in (CORPUS / kind).iterdir())
        assert len(set(files)) == len(files)
    assert len(WELL) >= 100 and len(ILL) >= 50
