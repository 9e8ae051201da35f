"""Every sentence that the package refuses something with is told in the reader's language."""

import ast
import json
import pickle
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

import ddpm_playground
from ddpm_playground.bridge.scheduler_classes import scheduler_classes
from ddpm_playground.core import make_schedule
from ddpm_playground.core.checks import ONE_OF_THESE, PICK
from ddpm_playground.core.phrase import Refusal, phrase_from
from ddpm_playground.core.sampler import step_coefficients
from ddpm_playground.lab.audit import audit
from ddpm_playground.lab.doctor import examine_subject
from ddpm_playground.lab.read_schedule import subject_of_config
from ddpm_playground.learn.checkpoints.checkpoint_error import CheckpointError
from ddpm_playground.recipe import recipe_from_query
from ddpm_playground.ui.words.language import LANGUAGES
from ddpm_playground.ui.words.refusal import refusal, translations

PACKAGE = Path(ddpm_playground.__file__).parent
OTHERS = LANGUAGES[1:]
PLACE = re.compile(r"\{\w*(:[^}]*)?\}")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
# What only commands raise: a terminal is spoken to in English.
COMMANDS = {
    "engine/launch.py", "learn/checkpoints/model_card.py", "learn/training/folder_lock.py",
    "learn/judging/checkpoint_bound.py", "learn/judging/classifier.py", "learn/judging/evaluation.py",
    "learn/judging/sample_file.py",
    "learn/networks/widening.py", "learn/training/loop.py", "learn/training/observers.py", "learn/training/resuming.py",
    "learn/training/settings.py", "learn/training/trainer.py",
}  # fmt: skip
# Errors of the program itself, and what is printed in the terminal.
CHECKS = {
    "number": 4,
    "whole_number": 4,
    "one_of": 3,
    "look_up": 2,
    "unknown": 2,
    "no_longer": 3,
}  # arguments before the advice
NOT_READ = {"AttributeError", "KeyError", "RuntimeError", "SystemExit", "TypeError"}
PHRASED = re.compile(
    r"Phrase|phrased|[A-Za-z_.]*(Refusal|Refused|Error|Unauditable|Unavailable|Misbuilt|NoJSON|NoPython|Failed|Gone)"
)


def template(node: ast.expr) -> str | None:
    """A string that stands in the source; None for any other expression."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def places(sentence: str) -> list[str]:
    """Its {places} with how they are filled, sorted."""
    return sorted(f"{name}:{spec}!{kind}" for _, name, spec, kind in Formatter().parse(sentence) if name is not None)


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if not name.startswith("commands/") and name not in COMMANDS:
            yield name, ast.parse(path.read_text(encoding="utf-8"))


def phrased() -> Iterator[tuple[str, ast.Call]]:
    """(module, call) of every error that is raised or made, and of every phrase."""
    for name, tree in modules():
        for node in ast.walk(tree):
            call = node.exc if isinstance(node, ast.Raise) else node
            if isinstance(call, ast.Call) and call.args:
                called = ast.unparse(call.func)
                raised_here = isinstance(node, ast.Raise) and "." not in called
                if called not in NOT_READ and (raised_here or PHRASED.fullmatch(called) or called == "notes.append"):
                    yield name, call


def templates() -> set[tuple[str, str]]:
    """(module, template) of every one of these that stands where it is used."""
    return {(name, told) for name, call in phrased() if (told := template(call.args[0])) is not None}


def advice() -> set[tuple[str, str]]:
    """(module, what the reader should do) of every check of core.checks that has its own; of the checks themselves."""
    found = {("core/checks.py", words) for words in (PICK, ONE_OF_THESE)}
    for name, tree in modules():
        for node in ast.walk(tree):
            if (
                name != "core/checks.py"
                and isinstance(node, ast.Call)
                and ast.unparse(node.func) in CHECKS
                and len(node.args) > CHECKS[ast.unparse(node.func)]
            ):
                told = template(node.args[-1])
                assert told is not None, (name, node.lineno)
                found.add((name, told))
    return found


def written() -> set[str]:
    """Every string of those modules."""
    return {
        told
        for _, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.expr)
        if (told := template(node))
    }


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_has_its_translation_and_every_translation_its_sentence(language: str) -> None:
    table, sentences = translations(language), templates() | advice()
    assert len(sentences) > 300
    assert sorted(one for one in sentences if one[1] not in table) == []
    assert table.keys() - written() == set()


def test_a_sentence_with_places_is_a_template() -> None:
    """An f-string would be told in English alone: nothing could be looked up."""
    made = [(name, call.lineno) for name, call in phrased() if isinstance(call.args[0], (ast.JoinedStr, ast.BinOp))]
    assert made == []


def test_every_place_is_filled_where_the_sentence_is_raised() -> None:
    """Of a template without values the braces are its own."""
    for name, call in phrased():
        told, given = template(call.args[0]), sorted(str(one.arg) for one in call.keywords)
        if told is not None and given:
            wanted = {str(place) for _, place, _, _ in Formatter().parse(told) if place is not None}
            assert sorted(wanted) == given, (name, call.lineno)
        elif told is not None:
            assert not re.search(r"\{\w*\}", told), (name, call.lineno)


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_keeps_the_places_and_is_in_its_language(language: str) -> None:
    for english, other in translations(language).items():
        assert set(places(english)) == set(places(other)), english
        words = re.findall(r"[a-z]{3,}", PLACE.sub("", english))
        assert CHINESE.search(other) or not words, english


def test_a_link_is_refused_in_both_languages() -> None:
    (far, word) = recipe_from_query({"t": "5000", "seed": "x"})[1]
    if far.startswith("seed"):
        far, word = word, far
    assert far.startswith("t must be a whole number in [0, ") and refusal(far, "en") == far
    assert refusal(far, "zh-TW").startswith("t 必須是 [0, ")
    assert refusal(word, "zh-TW") == "seed 必須是數，收到的是 'x'；已改用預設值"


def test_a_sentence_within_a_sentence_is_told_too() -> None:
    inner = Refusal(
        "{count} of its tensors are missing or of another shape, such as {such_as}", count=3, such_as="conv_in.weight"
    )
    error = CheckpointError("the weights do not fit the architecture in config.json: {reason}", reason=inner)
    assert str(error) == f"the weights do not fit the architecture in config.json: {inner}"
    told = refusal(error, "zh-TW")
    assert told == "權重與 config.json 的架構不合：它的張量中有 3 個缺少或形狀不同，例如 conv_in.weight"
    with pytest.raises(ValueError) as raised_error:
        make_schedule("linear", 0)
    assert refusal(raised_error.value, "zh-TW").startswith("T 必須是 [1, ")
    assert refusal("no sentence of ours", "zh-TW") == "no sentence of ours"


def test_a_value_is_not_taken_for_a_place() -> None:
    with pytest.raises(ValueError) as raised_error:
        step_coefficients(make_schedule("linear", 10), "{0} {name}", 1.0, 2, 1)
    told = refusal(raised_error.value, "zh-TW")
    assert told.startswith("沒有 '{0} {name}' 這種取樣器；請從 ddpm, ddim") and told.endswith("中選一個")


def test_a_sentence_keeps_its_values_across_processes() -> None:
    inner = Refusal("t must be in [0, {T}], got {got}; raise T or lower t", T=1000, got=repr("0"))
    outer = CheckpointError("scheduler_config.json cannot be used: {error}", error=inner)
    for back in (pickle.loads(pickle.dumps(outer)).phrase, phrase_from(json.loads(json.dumps(outer.phrase.as_json())))):
        assert back == str(outer) and refusal(back, "zh-TW") == refusal(outer, "zh-TW") != back
        assert back.values["error"].values == {"T": 1000, "got": "'0'"}
    assert type(pickle.loads(pickle.dumps(outer))) is CheckpointError


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
