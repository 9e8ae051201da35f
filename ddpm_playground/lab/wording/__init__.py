"""What the findings say: language → key → (what was found, what to do); and who says so."""

from . import en, zh_tw
from .references import REFERENCES

WORDING = {"en": en.FINDINGS, "zh-TW": zh_tw.FINDINGS}
PHRASES = {"en": en.PHRASES, "zh-TW": zh_tw.PHRASES}

__all__ = ["PHRASES", "REFERENCES", "WORDING"]
