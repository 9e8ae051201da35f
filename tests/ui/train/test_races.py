"""A race is on Train's settings, and says how it stands; what it cannot run on is refused."""

import base64
import json
from typing import Any

import pytest

from ddpm_playground.learn.training import one_clock
from ddpm_playground.learn.training.predicted import PREDICTED
from ddpm_playground.learn.training.racing import EXACT
from ddpm_playground.ui.train.races import PATHS, STEPS, race_message, races_of, settings_of
from ddpm_playground.ui.words.text import table


def test_settings_are_those_of_the_address() -> None:
    assert settings_of("data:moons,n:10,rate:0.01") == {"data": "moons", "n": 10, "rate": "0.01"}
    assert settings_of("") == {}
    assert PATHS == one_clock.PATHS and STEPS.first in STEPS.stops


@pytest.mark.parametrize("name", [*PREDICTED, EXACT])
@pytest.mark.parametrize("language", ["en", "zh-TW"])
def test_every_predictor_has_a_name(name: str, language: str) -> None:
    assert f"train.says_{name}" in table(language)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"text": "data:digits", "steps": 200}, "the data must be one of"),
        ({"text": "data:drawn", "steps": 200}, "the data must be one of"),
        ({"text": "n:7000", "steps": 200}, "n must be a whole number"),
        ({"text": "T:x", "steps": 200}, "T must be a whole number"),
        ({"text": "schedule:none", "steps": 200}, "the schedule"),
        ({"text": "", "steps": 10**9}, "steps must be a whole number"),
        ({"text": "x" * 9999, "steps": 200}, "at most 400 characters"),
        ({"text": 7, "steps": 200}, "at most 400 characters"),
        ({"text": ""}, "steps must be a whole number"),
    ],
)
def test_what_cannot_be_raced_is_refused(asked: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        races_of(asked)


@pytest.mark.slow
def test_how_a_race_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(one_clock, "SAMPLES", 50)
    name, stood = races_of({"text": "data:moons,n:10,T:25,batch:8,width:8,schedule:linear", "steps": 200})
    first, second = (json.loads(json.dumps(race_message(name, next(stood)))) for _ in range(2))
    assert (name, first["rows"], first["done"], first["of"]) == ("moons", [], 0, 800)
    (row,) = second["rows"]
    assert row["name"] == EXACT and len(row["eps_error"]) == len(second["log_snr"])
    assert len(row["energy"]) == len(second["steps"]) and max(second["steps"]) <= 25
    assert len(base64.b64decode(row["ode"])) == (max(second["steps"]) + 1) * PATHS * 2 * 4
    assert second["identity"] <= 1e-6
