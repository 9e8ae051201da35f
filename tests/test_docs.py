"""The documents name what exists: files, commands, flags, symbols."""

import contextlib
import importlib
import io
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from ddpm_playground.cli import main
from ddpm_playground.core import SCHEDULES
from ddpm_playground.learn.checkpoints.shipped import SHIPPED
from ddpm_playground.ui.protocol import player_messages
from ddpm_playground.views.theme import SYMBOLS

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *SHIPPED.glob("*/README.md")])


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text(encoding="utf-8"))
    missing = [t for t in targets if not t.startswith("http") and not (document.parent / t).exists()]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_and_their_flags_exist(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for command, rest in re.findall(r"python -m ddpm_playground ([a-z-]+)((?: [^\n`|]*)?)", text):
        words = [command, *rest.split()[: command == "schedule"]]  # schedule's first word is an action of its own
        said = help_of(*words)
        for flag in re.findall(r"--[a-z][a-z0-9-]*", rest):
            assert flag in said, (command, flag)


@cache
def help_of(*words: str) -> str:
    """What a command says of itself."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), pytest.raises(SystemExit) as left:
        main([*words, "--help"])
    assert left.value.code in (None, 0), words
    return said.getvalue()


def test_a_command_that_is_none_has_no_help() -> None:
    with pytest.raises(AssertionError):
        help_of("no-such-command")


def test_every_symbol_is_where_the_notation_says() -> None:
    rows = re.findall(
        r"^\| ([^|]+) \| `(\w+)` \| [^|]* \| `([\w.]+)` \|", (ROOT / "docs/notation.md").read_text(), re.M
    )
    assert len(rows) > 25
    for symbol, name, module in rows:
        source = Path(importlib.import_module(module).__file__ or "").read_text(encoding="utf-8")
        assert re.search(rf"\b{name}\b", source), (symbol, name, module)
    glyphs = {"x_0": "x_0", "eps": "ε", "x_t": "x_t", "x_hat_0": "x̂_0", "mean": None, "sigma_z": "σ_t"}
    assert glyphs.keys() == SYMBOLS.keys()
    assert {glyph for glyph in glyphs.values() if glyph} <= {symbol for symbol, _, _ in rows}


def test_every_schedule_is_compared_with_diffusers() -> None:
    text = (ROOT / "docs/schedules.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in text for name in SCHEDULES)


def test_every_field_of_the_player_s_messages_is_told() -> None:
    told = set(re.findall(r"`(\w+)`", (ROOT / "docs/protocol.md").read_text(encoding="utf-8")))
    records = [
        one for one in vars(player_messages).values() if getattr(one, "__module__", "") == player_messages.__name__
    ]
    assert len(records) >= 7
    assert {f"{one.__name__}.{name}" for one in records for name in one.__annotations__.keys() - told} == set()


@pytest.mark.slow
def test_the_readme_s_python_runs() -> None:
    found = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)
    assert len(found) == 2
    code = "\n".join(found)
    subprocess.run([sys.executable, "-W", "error::UserWarning", "-c", code], cwd=ROOT, check=True, capture_output=True)


def test_the_space_has_its_front_matter() -> None:
    front = (ROOT / "README.md").read_text(encoding="utf-8").split("---")[1]
    facts = dict(line.split(": ", 1) for line in front.strip().splitlines())
    assert facts["sdk"] == "gradio" and (ROOT / facts["app_file"]).is_file()
    assert facts["license"] == "apache-2.0" and len(facts["short_description"]) <= 60


def test_the_words_of_the_makefile_are_told_and_contributing_stays_short() -> None:
    told = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    words = re.findall(r"^(\w+): ##", (ROOT / "Makefile").read_text(), re.M)
    assert words == ["run", "fast", "test", "check", "bench", "wheel"] == re.findall(r"^\| `make (\w+)`", told, re.M)
    assert len(told.split()) <= 1500
