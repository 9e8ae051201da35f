"""What people reported, case by case: the doctor names it, says nothing false of it, and the facts are as measured."""

from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from bench.corpus import REPORTED, Entry, Seen, entries, examine, missed
from ddpm_playground.lab.doctor import examine_subject
from ddpm_playground.lab.read_schedule import subject_of_config
from ddpm_playground.lab.reading import subject_of_text
from ddpm_playground.lab.sampling_record import SamplingRecord, record_of
from ddpm_playground.lab.visits import visits_of

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]

ROWS = {entry.file: entry for entry in entries(REPORTED)}


@cache
def seen(file: str) -> Seen:
    return examine(ROWS[file])


def record(file: str, num_steps: int, **changed: Any) -> SamplingRecord:
    subject = subject_of_config({**ROWS[file].config, **changed})
    return record_of(subject.config, num_steps)


@pytest.mark.slow
@pytest.mark.parametrize("entry", ROWS.values(), ids=list(ROWS))
def test_it_is_named_and_nothing_else_is(entry: Entry) -> None:
    assert missed(entry, seen(entry.file)) == []
    named = {code for code, _ in entry.codes}
    assert [f.message for f in seen(entry.file).findings if f.severity != "note" and f.code not in named] == []


@pytest.mark.slow
@pytest.mark.parametrize("entry", ROWS.values(), ids=list(ROWS))
def test_its_patches_hold(entry: Entry) -> None:
    found = seen(entry.file).findings
    for finding in found:
        if finding.patch is None:
            continue
        keys = {key: v for key, v in {**entry.config, **finding.patch}.items() if finding.patch.get(key, 0) is not None}
        after = examine_subject(replace(subject_of_config(keys), latent=entry.latent))
        before = {one.code for one in found}
        assert finding.code not in {one.code for one in after}
        assert {one.code for one in after if one.severity != "note"} <= before
    serious = [finding for finding in found if finding.severity != "note"]
    if entry.file != "08-alphas-cumprod-starts-at-1.json":  # a list has no keys
        assert all(finding.patch for finding in serious), [finding.fix for finding in serious if not finding.patch]


def test_dynamic_shifting_is_told_the_mu_of_its_picture() -> None:
    flow = record("01-flow-dynamic-shifting.json", 20)
    assert flow.mu == pytest.approx(1.15) and flow.mu_side == 1024
    assert flow.timesteps[0] == 1000 and flow.sigmas[0] == float("inf") and flow.final_sigma == 0
    small = record_of(ROWS["01-flow-dynamic-shifting.json"].config, 20, sample_size=256)
    assert small.mu == pytest.approx(0.5) and small.mu_side == 256


def test_continuous_time_starts_at_its_sigma() -> None:
    svd = record("02-euler-continuous-t.json", 20)
    assert svd.sigmas[0] == pytest.approx(124.9, abs=0.01) and svd.sigmas[0] ** -2 == pytest.approx(6.4e-5, rel=0.01)
    assert not svd.on_table and svd.convention == "VE"


@pytest.mark.parametrize("num_steps", [20, 100, 200])
def test_no_step_of_the_large_variance_is_wrong(num_steps: int) -> None:
    audit = record("03-ddpm-fixed-large.json", num_steps).audit
    assert audit is not None and audit.mismatches == 0


def test_alpha_bar_is_that_of_the_built_scheduler() -> None:
    own = subject_of_text(ROWS["04-snr-shift-scale.json"].text)
    other = subject_of_text(ROWS["04-snr-shift-scale-as-ddim.json"].text)
    assert float(own.schedule.alpha_bars[500]) == pytest.approx(0.09597, abs=1e-5)
    assert float(other.schedule.alpha_bars[500]) == pytest.approx(0.24236, abs=1e-5)
    (ignored,) = [one for one in seen("04-snr-shift-scale-as-ddim.json").findings if one.code == "ignored-key"]
    assert ignored.patch == {"_class_name": "CogVideoXDDIMScheduler"} and "snr_shift_scale" in ignored.message


@pytest.mark.parametrize("num_steps", [10, 20, 50])
@pytest.mark.parametrize("spacing", ["leading", "linspace", "trailing"])
def test_karras_on_a_cosine_table_stops_in_the_last_step(num_steps: int, spacing: str) -> None:
    stopped = record("05-dpm-cosine-karras.json", num_steps, timestep_spacing=spacing).failed
    assert stopped is not None and stopped.step == stopped.calls and "IndexError" in stopped.told


def test_rounding_makes_its_first_timesteps_equal() -> None:
    found = record("05-dpm-cosine-karras.json", 20)
    assert found.timesteps[:3] == (998, 998, 998) and found.sigmas[0] == pytest.approx(20291, rel=1e-3)


def test_the_inverse_solver_is_not_finite_from_its_first_step() -> None:
    for num_steps in (10, 20, 50):
        stopped = record("07-dpm-inverse.json", num_steps).not_finite
        assert stopped is not None and stopped.step == 1


def test_time_may_rise_by_design() -> None:
    mochi = record("12-invert-sigmas.json", 20)
    assert mochi.rising and mochi.run is not None and mochi.run.spread is not None


def test_karras_at_zero_snr_idles() -> None:
    sigmas = record("21-zero-snr-karras.json", 20).sigmas
    assert sigmas[0] == pytest.approx(4096, rel=1e-3) and sum(sigma**-2 < 1e-3 for sigma in sigmas) == 13


def test_the_last_sigma_is_measured() -> None:
    assert record("24-sdxl-euler.json", 20).final_sigma == 0
    assert record("26-ddim-last-step-keeps-noise.json", 20).final_sigma == pytest.approx(0.029, abs=2e-4)
    assert record("26-ddim-last-step-keeps-noise.json", 20, set_alpha_to_one=True).final_sigma == 0
    told = " ".join(one.message for one in seen("24-sdxl-euler.json").findings)
    assert "clean data" in told and "set_alpha_to_one" not in told


@pytest.mark.parametrize(
    ("changed", "num_steps", "spread"),
    [
        ({}, 20, 7.3),
        ({}, 50, 3.1),
        ({"timestep_spacing": "leading"}, 20, 0.46),
        ({"_class_name": "DDPMScheduler"}, 20, 0.53),
    ],
)
def test_what_a_little_error_becomes(changed: dict[str, Any], num_steps: int, spread: float) -> None:
    run = record("mar-ddim-cosine-unclipped.json", num_steps, **changed).run
    assert run is not None and run.spread_with_error == pytest.approx(spread, rel=0.05)
    assert run.spread is not None and run.spread < 0.51


def test_a_stride_of_ancestral_sampling_loses_spread() -> None:
    run = record_of({"_class_name": "DDPMScheduler", "timestep_spacing": "leading"}, 20).run
    assert run is not None and run.spread == pytest.approx(0.40, abs=0.02)


def test_flow_matching_shifts_twice() -> None:
    visits = visits_of(ROWS["flow-shift-twice.json"].config, 1000)
    assert visits is not None
    assert visits.sigmas[999] == pytest.approx(0.0089, abs=1e-4) and min(visits.trained) == pytest.approx(
        0.0030, abs=1e-4
    )


def test_a_missing_library_is_named_with_how_to_install_it() -> None:
    found = {one.code: one for one in seen("20-cosine-dpm.json").findings}
    if "not-examined" in found:
        assert "torchsde" in found["not-examined"].message and "pip install torchsde" in found["not-examined"].message
    else:
        run = record("20-cosine-dpm.json", 20).run
        assert run is not None and run.failed is None
