"""What the findings say: language → key → (what was found, what to do); and who says so."""

from . import en, training_en, training_zh_tw, zh_tw
from .idle import IDLE
from .references import REFERENCES

WORDING = {
    "en": {**en.FINDINGS, **training_en.FINDINGS},
    "zh-TW": {**zh_tw.FINDINGS, **training_zh_tw.FINDINGS},
}

__all__ = ["IDLE", "REFERENCES", "WORDING"]
