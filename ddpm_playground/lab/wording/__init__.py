"""What the findings say: language → key → (what was found, what to do); and who says so."""

from collections.abc import Callable

from . import en, references_zh_tw, run_en, run_zh_tw, training_en, training_zh_tw, zh_tw
from .idle import IDLE
from .references import REFERENCES as OF_CONFIGS

WORDING = {
    "en": {**en.FINDINGS, **training_en.FINDINGS, **run_en.FINDINGS},
    "zh-TW": {**zh_tw.FINDINGS, **training_zh_tw.FINDINGS, **run_zh_tw.FINDINGS},
}
REFERENCES: dict[str, str] = {**OF_CONFIGS, **run_en.REFERENCES}

# How a reference is said in a language that has words of its own for "section" and "table".
REFERENCES_TOLD: dict[str, Callable[[str], str]] = {"zh-TW": references_zh_tw.told}

__all__ = ["IDLE", "REFERENCES", "REFERENCES_TOLD", "WORDING"]
