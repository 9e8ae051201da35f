"""Every sentence that the package refuses something with is told in the reader's language."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import ddpm_playground
from ddpm_playground.core import make_schedule
from ddpm_playground.lab.audit import audit
from ddpm_playground.lab.doctor import examine_subject
from ddpm_playground.lab.scheduler_classes import scheduler_classes
from ddpm_playground.lab.subject import subject_of_config
from ddpm_playground.recipe import recipe_from_query
from ddpm_playground.ui.language import LANGUAGES
from ddpm_playground.ui.refusal import PLACE, refusal, translations

PACKAGE = Path(ddpm_playground.__file__).parent
OTHERS = LANGUAGES[1:]
CHINESE = re.compile(r"[\u4e00-\u9fff]")
# What only commands raise: a terminal is spoken to in English.
COMMANDS = {
    "lab/hub.py", "learn/bound.py", "learn/card.py", "learn/classifier.py", "learn/data.py", "learn/evaluation.py",
    "learn/settings.py", "learn/trainer.py", "learn/training.py", "learn/widening.py",
}  # fmt: skip
# Errors of the program itself, and what is printed in the terminal.
NOT_READ = {"EngineUnavailable", "KeyError", "RuntimeError", "TypeError"}


def sentence(node: ast.expr) -> str | None:
    """A string or f-string as the table has it, with {0}, {1}, … in its places; None for any other expression."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if not isinstance(node, ast.JoinedStr):
        return None
    said, k = "", 0
    for part in node.values:
        if isinstance(part, ast.Constant):
            said += str(part.value)
        else:
            said, k = f"{said}{{{k}}}", k + 1
    return said


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if not name.startswith("commands/") and name not in COMMANDS:
            yield name, ast.parse(path.read_text(encoding="utf-8"))


def raised() -> Iterator[tuple[str, str]]:
    """(module, sentence) of every error whose sentence stands where it is raised, and of every note of the audit."""
    for name, tree in modules():
        for node in ast.walk(tree):
            call = node.exc if isinstance(node, ast.Raise) else node
            if not isinstance(call, ast.Call) or not call.args:
                continue
            called = ast.unparse(call.func)
            if (isinstance(node, ast.Raise) and called not in NOT_READ) or called == "notes.append":
                told = sentence(call.args[0])
                if told is not None:
                    yield name, told


def written() -> set[str]:
    """Every string of those modules, its places numbered as in the table."""
    everything = {sentence(node) for _, tree in modules() for node in ast.walk(tree) if isinstance(node, ast.expr)}
    return {re.sub(r"\{[a-z]\w*\}", "{0}", told) for told in everything if told}


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_has_its_translation_and_every_translation_its_sentence(language: str) -> None:
    table, sentences = translations(language), list(raised())
    assert len(sentences) > 150
    assert [one for one in sentences if one[1] not in table] == []
    assert table.keys() - written() == set()


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_keeps_the_places_and_is_in_its_language(language: str) -> None:
    for english, other in translations(language).items():
        assert sorted(PLACE.findall(english)) == sorted(PLACE.findall(other)), english
        words = re.findall(r"[a-z]{3,}", PLACE.sub("", english))
        assert CHINESE.search(other) or not words, english


def test_a_link_is_refused_in_both_languages() -> None:
    (far, word) = recipe_from_query({"t": "5000", "seed": "x"})[1]
    if far.startswith("seed"):
        far, word = word, far
    assert far.startswith("t must be in [0, ") and refusal(far, "en") == far
    assert refusal(far, "zh-TW").startswith("t 必須在 [0, ")
    assert refusal(word, "zh-TW") == "seed 必須是數，收到的是 'x'；已改用預設值"


def test_a_sentence_within_a_sentence_is_told_too_and_the_closest_is_taken() -> None:
    inner = "3 of its tensors are missing or of another shape, such as conv_in.weight"
    told = refusal(f"the weights do not fit the architecture in unet/config.json: {inner}", "zh-TW")
    assert told == "權重與 unet/config.json 的架構不合：它的張量中有 3 個缺少或形狀不同，例如 conv_in.weight"
    with pytest.raises(ValueError) as raised_error:
        make_schedule("linear", 0)
    assert refusal(raised_error.value, "zh-TW").startswith("T 必須是 [1, ")
    assert refusal("no sentence of ours", "zh-TW") == "no sentence of ours"


def test_a_value_is_not_taken_for_a_place() -> None:
    told = refusal("unknown sampler '{0} {name}'; choose one of ddpm, ddim", "zh-TW")
    assert told == "沒有 '{0} {name}' 這種取樣器；請從 ddpm, ddim 中選一個"


def test_what_an_audit_says_of_any_class_is_told_in_chinese() -> None:
    english = []
    for name in scheduler_classes():
        done = audit(name, 10)
        english += [said for said in (done.reason, *done.notes) if said and not CHINESE.search(refusal(said, "zh-TW"))]
    # What a missing library says is its own.
    assert [said for said in english if "requires the" not in said and "library" not in said] == []


def test_a_finding_tells_why_a_class_refuses_in_chinese() -> None:
    subject = subject_of_config({"_class_name": "DPMSolverSDEScheduler", "beta_schedule": "linear"})
    told = [one.in_language("zh-TW", lambda said: refusal(said, "zh-TW")) for one in examine_subject(subject, (2000,))]
    assert told and all(CHINESE.search(one.message) for one in told)
