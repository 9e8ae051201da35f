"""Who says so is told in the reader's language; names, identifiers and formulas stay."""

import re

import pytest

from ddpm_playground.core import make_schedule
from ddpm_playground.lab.doctor import examine
from ddpm_playground.lab.wording import REFERENCES, REFERENCES_TOLD

# Words that are names: people's, of programs and what they call their things.
NAMES = {"al", "bits", "diffusers", "dim", "et", "kohya", "log", "scripts", "sd", "step"}


@pytest.mark.parametrize("reference", sorted(set(REFERENCES.values())))
def test_a_reference_has_no_english_words_on_the_chinese_page(reference: str) -> None:
    told = REFERENCES_TOLD["zh-TW"](reference)
    words = set(re.findall(r"(?<![\w.])[a-z]{2,}(?![\w.])", told))
    assert not words - NAMES, told
    assert sorted(re.findall("[0-9#]+", told)) == sorted(re.findall("[0-9#]+", reference))


def test_a_finding_tells_it_so() -> None:
    finding = examine(make_schedule("linear", 100))[0]
    assert re.search("[\u4e00-\u9fff]", finding.in_language("zh-TW", str).reference)
    assert finding.in_language("en", str).reference == finding.reference
