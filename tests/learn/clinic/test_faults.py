"""Networks that were trained wrongly in a named way are named so, and one that was trained rightly is not."""

from dataclasses import replace
from functools import cache

import pytest
import torch

from ddpm_playground.learn.clinic import consultation
from ddpm_playground.learn.clinic.consultation import Examination, examine
from ddpm_playground.learn.clinic.diagnosis import TITLES
from ddpm_playground.learn.clinic.patient import Patient
from ddpm_playground.learn.clinic.ranking import rank
from ddpm_playground.learn.clinic.raw_weights import BothWeights
from tests.learn.clinic.small_networks import RIGHT, WRONG, SmallNetwork, Training, checkpoint_of, tinted, trained

pytestmark = pytest.mark.usefixtures("one_thread")
FAULTS = (*WRONG, "not-converged", "ema-not-warmed-up")
OF_A_READING = {code for code in TITLES if code not in ("not-converged", "ema-not-warmed-up", "memorised")}


@cache
def healthy() -> SmallNetwork:
    return trained(SmallNetwork(), replace(RIGHT, steps=1200, rate=3e-3))[0]


@cache
def examined(fault: str) -> Examination:
    """A network with that fault, examined with pictures that it has not seen; "" for none."""
    with pytest.MonkeyPatch.context() as patch:
        if fault == "ema-not-warmed-up":
            raw, average = trained(SmallNetwork(), replace(RIGHT, steps=400, rate=3e-3, ema_decay=0.999))
            both = BothWeights(checkpoint_of(average), checkpoint_of(raw), "both")
            patch.setattr(consultation, "both_weights", lambda checkpoint: both)
            unet = average
        elif fault == "not-converged":
            unet = trained(SmallNetwork(), replace(RIGHT, steps=40))[0]
        else:
            unet = trained(healthy(), WRONG[fault])[0] if fault else healthy()
        patch.setattr(consultation, "shipped_curve", lambda patient, own: ((None,) * len(own), (), "not asked"))
        known = tinted(0, WRONG[fault].count if fault in WRONG else 64)
        return examine(Patient(checkpoint_of(unet), tinted(600, 664), 0, spare=tinted(700, 900), train=known))


def codes(fault: str) -> list[str]:
    return [one.code for one in examined(fault).diagnoses]


@pytest.mark.slow
def test_a_network_that_was_trained_rightly_is_accused_of_nothing() -> None:
    found = examined("")
    assert found.diagnoses == ()
    assert found.verdict == f"nothing of the {len(TITLES) - 1} things looked for"
    assert list(found.left_out) == ["ema-not-warmed-up"]
    assert all(abs(best - t) <= 4 for t, best in found.search.t_map)


@pytest.mark.slow
def test_faults_are_named_and_no_other_is_named_first() -> None:
    named = [fault for fault in FAULTS if fault in codes(fault)]
    first = [fault for fault in FAULTS if codes(fault)[:1] == [fault]]
    assert len(named) >= len(FAULTS) - 1, sorted(set(FAULTS) - set(named))
    assert len(first) >= len(FAULTS) - 1, {fault: codes(fault) for fault in FAULTS}
    wrongly = {fault: set(codes(fault)) & OF_A_READING - {fault} for fault in FAULTS}
    assert sum(map(bool, wrongly.values())) <= 1, wrongly


@pytest.mark.slow
def test_a_finding_says_its_numbers() -> None:
    (found, *_) = examined("data-range").diagnoses
    assert found.numbers["assumption"] == "pictures in [0, 1]" and found.z is not None and found.z > 20
    assert found.numbers["after"] < found.numbers["before"] / 10 and "z = " in found.message
    (found, *_) = examined("other-schedule").diagnoses
    assert "linear with β scaled by 1000/T" in found.numbers["assumption"]
    assert dict(examined("other-schedule").search.t_map)[67] < 50  # where the linear one has this log SNR
    (found, *_) = examined("labels-shifted").diagnoses
    assert found.numbers["assumption"] == "class c called c +1, going round"


@pytest.mark.slow
def test_the_error_without_a_fault_is_as_low_as_before() -> None:
    """Under what was found, a network does about as well as the one that it began as."""
    for fault in ("channels-swapped", "t-scaled"):
        one = examined(fault)
        who = torch.arange(64)
        judged = one.patient.curve.judged
        after = one.patient.errors(one.search.assumption, who, one.patient.curve.log_snr).mean(0)
        before = torch.tensor([level.eps_mse.value for level in examined("").curve])
        assert float((after / before)[judged].log().mean().exp()) < 1.6


@pytest.mark.slow
def test_snapshots_of_one_training_are_ranked_as_they_came() -> None:
    snapshots = [SmallNetwork()]
    for steps in (20, 40, 80, 160):
        snapshots.append(trained(SmallNetwork(), replace(RIGHT, steps=steps))[0])
    checkpoints = [checkpoint_of(one) for one in (*snapshots, healthy())]
    found = rank(Patient(checkpoints[0], tinted(600, 632)), checkpoints)
    assert [one.place for one in found.standings] == [5, 4, 3, 2, 1, 0]
    assert all(one.z > 5 for one in found.standings[1:])


def test_wrong_trainings_differ_from_the_right_one_in_one_thing() -> None:
    for how in WRONG.values():
        names = vars(RIGHT).keys() - {"steps"}
        differing = [name for name in names if getattr(how, name) is not getattr(RIGHT, name)]
        assert len(differing) == 1 and isinstance(how, Training)
