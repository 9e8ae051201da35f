"""The player as one file: a run's frames, numbers and findings, and a page around them that asks nobody else."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.checks import one_of
from ..core.phrase import Phrase
from ..lab.finding import Finding
from ..views.theme import css_variables
from .frames import MOST_FRAMES, Frames
from .shown_run import ROWS

if TYPE_CHECKING:
    from .shown_run import ShownRun

FOLDER = Path(__file__).parent / "player"
CELL_FRAMES = 60  # of a player in a notebook, whose file grows by each
CELL_HEIGHT = 720  # px


@cache
def words() -> dict[str, dict[str, str]]:
    """language → key → what the player says."""
    return json.loads((FOLDER / "words.json").read_text(encoding="utf-8"))


def page(run: ShownRun, language: str = "en") -> str:
    """A run's player as HTML.

    Args:
        run: the run.
        language: "en" or "zh-TW".

    Raises:
        Refusal: another language.
    """
    return _page(run, language, MOST_FRAMES, run.findings, [])


def _page(run: ShownRun, language: str, most: int, findings: Sequence[Finding], left_out: Sequence[str]) -> str:
    """A run's player; more steps than `most` are thinned."""
    one_of("the language", language, words())
    frames = Frames(run)
    told = {
        **about(run, language),
        "frames": list(frames.rows(frames.chosen(most))),
        "end": frames.end(),
        "findings": shown_findings(findings, language),
        "notes": [*map(str, left_out), *shown_notes(run)],
    }
    return laid_out(told, language)


def live_page(title: str, address: str, language: str = "en") -> str:
    """The player of a run that is yet to come, which listens to an address on its own server."""
    empty = {"title": title, "state": "", "frames": [], "end": None, "findings": [], "notes": []}
    return laid_out({**empty, "words": words()[language], "rows": ROWS, "live": address}, language)


def about(run: ShownRun, language: str) -> dict[str, Any]:
    """What stands around the pictures."""
    said = words()[language]
    if run.paper_t:
        said = said | {key.removesuffix("_paper"): text for key, text in said.items() if key.endswith("_paper")}
    state = state_of(run, language)
    return {"title": run.title, "state": state, "words": said, "rows": list(run.rows), "live": None}


def state_of(run: ShownRun, language: str) -> str:
    """How far it is, or how it ended."""
    say, count = words()[language], len(run)
    if run.ended:
        return say["over"].format(count=count, ended=run.ended)
    return say["live" if run.total else "live_open"].format(count=count, total=run.total)


def shown_findings(findings: Sequence[Finding], language: str) -> list[dict[str, str]]:
    """Findings as the player reads them."""
    told = findings if language == "en" else [finding.in_language(language, str) for finding in findings]
    return [{"severity": one.severity, "title": f"{one.severity}: {one.code}", "message": one.message, "fix": one.fix}
            for one in told]  # fmt: skip


def shown_notes(run: ShownRun) -> list[str]:
    """What a reader should know, with how x is shown first."""
    return [str(run.view.told), *map(str, run.notes)]


def laid_out(told: dict[str, Any], language: str) -> str:
    """The page, its styles, its script and what it shows in one text."""
    light, _, dark = css_variables().partition(".dark")
    style = f"{light}@media (prefers-color-scheme: dark) {{ :root {dark} }}\n{_file('player.css')}"
    # A "</script>" in a name must not end the element.
    data = json.dumps(told, ensure_ascii=False, allow_nan=False).replace("<", "\\u003c")
    fills = {
        "lang": language, "title": html.escape(told["title"]), "style": style, "run": data,
        "script": _file("player.js"), "connect": "'self'" if told["live"] else "'none'",
    }  # fmt: skip
    return re.sub("@(lang|title|style|run|script|connect)@", lambda place: fills[place[1]], _file("player.html"))


@cache
def _file(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def framed(run: ShownRun, language: str = "en") -> str:
    """The player within a notebook's output: in a frame of its own, so that neither touches the other.

    It has fewer frames than a saved one, and no findings that would have to be waited for; it says so.
    """
    left_out = list(_left_out(run, len(run.kept_steps)))
    inner = html.escape(_page(run, language, CELL_FRAMES, run.findings_at_hand, left_out), quote=True)
    style = f"width:100%;height:{CELL_HEIGHT}px;border:0"
    return f'<div><iframe srcdoc="{inner}" style="{style}" title="{html.escape(run.title)}"></iframe></div>'


def _left_out(run: ShownRun, kept: int) -> Iterator[Phrase]:
    """What a cell's player is without."""
    if kept > CELL_FRAMES:
        yield Phrase(
            "a cell shows {shown} of the {kept} kept steps; run.save shows up to {most}, or all as arrays",
            shown=CELL_FRAMES, kept=kept, most=MOST_FRAMES,
        )  # fmt: skip
    if run.config_waits:
        yield Phrase("the doctor's findings about its config are not shown here: run.findings and run.save have them")
