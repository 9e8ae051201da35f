"""docs/doctor.md is what the examinations make of it."""

from pathlib import Path

import pytest

from ddpm_playground.bridge.scheduler_classes import scheduler_classes
from ddpm_playground.lab.audit import audit
from ddpm_playground.lab.doctor import EXAMINATIONS
from ddpm_playground.lab.doctor_page import TAIL, WHEN, page
from ddpm_playground.lab.finding import SEVERITIES

DOCS = Path(__file__).parents[2] / "docs" / "doctor.md"


def test_the_page_is_made_of_the_code() -> None:
    assert WHEN.keys() == EXAMINATIONS.keys()
    assert all(set(severity.split(", ")) <= set(SEVERITIES) for severity, _ in WHEN.values())
    assert DOCS.read_text(encoding="utf-8") == page(), "python -m ddpm_playground.lab.doctor_page > docs/doctor.md"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_the_classes_without_a_table_are_those_that_the_page_names() -> None:
    classes = scheduler_classes()
    left = {name.removesuffix("Scheduler") for name in classes if audit(name, 4).reason is not None}
    assert f"{len(classes) - len(left)} of its {len(classes)} scheduler classes" in TAIL
    assert left == {name for row in TAIL.splitlines() if row.startswith("| ") for name in row.split("|")[1].split(", ")
                    for name in [name.strip()] if name[0].isupper()}  # fmt: skip
