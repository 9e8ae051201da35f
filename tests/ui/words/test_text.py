"""Both languages say the same things, each in its own words, and a request is answered in its reader's."""

import re
from pathlib import Path
from string import Formatter

import gradio as gr
import pytest
from gradio.context import LocalContext
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from ddpm_playground.core.phrase import Phrase
from ddpm_playground.lab.doctor import examine_subject
from ddpm_playground.lab.finding import Finding, found
from ddpm_playground.lab.read_schedule import subject_of_config
from ddpm_playground.lab.reading import read_text
from ddpm_playground.lab.wording import WORDING
from ddpm_playground.ui import chapters as theory
from ddpm_playground.ui.chapters.citations import REFERENCES
from ddpm_playground.ui.words.language import LANGUAGES, language_of, spoken
from ddpm_playground.ui.words.refusal import refusal, translations
from ddpm_playground.ui.words.text import label, note, table, tables, text

OTHERS = LANGUAGES[1:]
# Symbols, file formats and proper names, which are the same in every language.
SAME = {
    "audit.spacing", "effects.weight_simple", "effects.weight_p2", "forward.field", "forward.at_t",
    "forward.histogram_bars", "forward.histogram_line", "player.at_t", "schedule.t", "schedule.frame_t",
    "schedule.frame_alpha_bar",
}  # fmt: skip
SAME_KINDS = re.compile(
    r"player\.(sym|tile)_\w+|schedule\.(col_\w+|(name|choice)_(sigmoid|laplace))|lab\.(export|drag)_\w+"
    r"|lab\.(example|reference)_(edm|flow|stable)|reverse\.(sampler|spacing)_\w+|keeping\.file_\w+"
)
# Said in mainland China only; in Taiwan it is 雜訊, 預設, 影片, 資訊, 資料, 程式, 品質, 螢幕, 滑鼠 …
MAINLAND = re.compile(
    "噪聲|噪音|默認|視頻|信息|數據|程序|質量|屏幕|鼠標|軟件|硬件|網絡|文件|圖像|採樣|均值|方差|概率|分布|信號"
    "|服務器|加載|保存|鏈接|打開|反饋|步長|進度條|調度"
)
# Characters that only simplified Chinese has.
SIMPLIFIED = re.compile("[们这个图张时间过样训练绘画点击说话语务载误误检测导线权视频杂讯为从对开关还没与]")


# The words of the notes beside those used here, once.
GLOSSARY = "theory.glossary"
# What stays as it is in Chinese: names of people, models, programs and file formats, and functions.
NAMES = set(
    re.findall(
        r"\w+",
        "adam chen ddim ddimscheduler ddpm ddpmscheduler dhariwal diffusers dpm edm euler flow hang heun hoogeboom "
        "jabri lin laplace latent diffusion matching mnist nichol ning pytorch python rombach snr solver song stable "
        "unipc sdedit repaint vae liu luo kely rizzo csv gif json npz png svg end esc home cos exp log min sigmoid nat "
        "data simple mse",
    )
)
# Options of diffusers and of this page, as one types them; what has _, . or = in it is code as well.
OPTIONS = frozenset(("leading", "linspace", "trailing", "linear", "shift", "config", "float", "checkpoints"))
CODE = re.compile(
    r"\w+Scheduler|[A-Za-z0-9]*(?:[_.=][A-Za-z0-9]+)+|\{\w*\}|\$[^$]*\$|<[^>]*>|P_\{data\}|float(?:32|64)"
)
# A term of the lecture in its own language, behind the Chinese one.
TERM = re.compile(r"（[A-Za-z][A-Za-z -]*）")


def latin_words(sentence: str) -> set[str]:
    """Words of three letters and more that are neither names nor code nor a term behind its translation."""
    words = re.findall(r"[A-Za-z]{3,}", CODE.sub(" ", TERM.sub("", sentence)))
    return {word for word in words if word.lower() not in NAMES | OPTIONS}


def places(sentence: str) -> list[str]:
    """The {names} of a string, sorted."""
    return sorted(name for _, name, _, _ in Formatter().parse(sentence) if name is not None)


def is_formula(sentence: str) -> bool:
    """Whether a string has no word but those that formulas have in any language."""
    words = re.findall(r"[A-Za-z]{3,}", re.sub(r"\{\w+\}", "", sentence))
    return {word.lower() for word in words} <= {"log", "loss", "nats"}


def strings() -> list[tuple[str, str]]:
    """Every Chinese string of screen and findings, with where it stands."""
    findings = [(key, sentence) for key, pair in WORDING["zh-TW"].items() for sentence in pair]
    return [*table("zh-TW").items(), *findings, *translations("zh-TW").items()]


@pytest.mark.parametrize("language", OTHERS)
def test_every_language_has_the_same_keys_and_places(language: str) -> None:
    english, other = table("en"), table(language)
    assert english.keys() == other.keys()
    assert {k: places(v) for k, v in english.items()} == {k: places(v) for k, v in other.items()}
    assert WORDING["en"].keys() == WORDING[language].keys()
    for key, pair in WORDING["en"].items():
        assert [*map(places, pair)] == [*map(places, WORDING[language][key])], key
    for english, translated in translations(language).items():
        assert places(english) == places(translated), english


def test_nothing_is_empty_and_only_symbols_and_names_are_the_same() -> None:
    assert all(sentence.strip() for one in tables().values() for sentence in one.values())
    same = {key for key, english in table("en").items() if table("zh-TW")[key] == english}
    assert same >= SAME
    assert {key for key in same - SAME if not SAME_KINDS.fullmatch(key) and not is_formula(table("en")[key])} == set()


def test_no_word_of_another_chinese() -> None:
    for key, sentence in strings():
        assert key == GLOSSARY or not MAINLAND.findall(sentence), key
        assert not SIMPLIFIED.findall(sentence), key


def test_no_english_is_left_in_chinese() -> None:
    left = {key: words for key, sentence in table("zh-TW").items() if (words := latin_words(sentence))}
    assert left == {}
    assert latin_words("每個 t 的 loss，schedule 的兩端") == {"loss", "schedule"}
    assert latin_words("編碼器（encoder）與 KL 散度（KL divergence）：scheduler_config.json，T=100，{name}") == set()


def test_lecture_notes_and_slides_have_one_word_each() -> None:
    for key, sentence in strings():
        assert not re.search("講義|簡報|課堂|演講", sentence), key
    for key in ("ch_sampling.loose", "ch_step_kl.notes", "ch_terms.notes_name", "ch_forward_step.slip"):
        assert "筆記" in table("zh-TW")[key] and "notes" in table("en")[key].lower(), key
    assert "投影片" in table("zh-TW")["ch_forward_step.slip"] and "slide" in table("en")["ch_forward_step.slip"]
    for key in ("ch_likelihood.formula_note", "ch_closed_form.formula_note"):
        assert "課程" in table("zh-TW")[key] and "lecture" in table("en")[key], key
    assert "李宏毅" in table("zh-TW")["theory.lead"] and "Hung-yi Lee" in table("en")["theory.lead"]


def test_the_glossary_translates_the_notes_words() -> None:
    for theirs, ours in (("噪聲", "雜訊"), ("方差", "變異數"), ("均值", "平均"), ("數據", "資料")):
        assert f"{theirs} → {ours}" in table("zh-TW")[GLOSSARY]


def test_every_chapter_names_its_sources() -> None:
    names = {name for reference in REFERENCES for name in reference.chapters}
    assert names == set(theory.CHAPTERS)
    assert all(reference.credit and reference.title for reference in REFERENCES)
    assert {reference.url.partition("://")[0] for reference in REFERENCES if reference.url} == {"https"}
    assert sum("Hung-yi Lee" in reference.credit for reference in REFERENCES) >= 4


def test_chinese_sentences_have_chinese_punctuation() -> None:
    for key, sentence in strings():
        assert not re.search(r"[\u4e00-\u9fff][,;:?!]|[,;:?!][\u4e00-\u9fff]", sentence), key


@pytest.mark.parametrize(
    ("headers", "language"),
    [({}, "en"), ({"accept-language": "en-GB,en;q=0.9,zh-TW;q=0.8"}, "en"), ({"accept-language": "zh-TW"}, "zh-TW"),
     ({"accept-language": "zh-HK,zh;q=0.9,en;q=0.8"}, "zh-TW"), ({"accept-language": "ZH;q=0.9"}, "zh-TW"),
     ({"accept-language": "zha,zh"}, "en"), ({"accept-language": "de"}, "en"), ({"accept-language": "*"}, "en"),
     ({"referer": "http://a/?tab=lab&lang=zh-TW", "accept-language": "en"}, "zh-TW"),
     ({"referer": "http://a/?lang=en", "accept-language": "zh-CN"}, "en"),
     ({"referer": "http://a/?lang=fr", "accept-language": "zh-CN"}, "zh-TW"),
     ({"referer": "http://a/lang=zh-TW", "accept-language": "en"}, "en"), ({"referer": ""}, "en")],
)  # fmt: skip
def test_the_language_of_a_request(headers: dict[str, str], language: str) -> None:
    assert language_of(headers) == language
    assert language_of(Headers({name.title(): value for name, value in headers.items()})) == language


@given(st.dictionaries(st.sampled_from(["referer", "accept-language"]), st.text()))
def test_any_header_has_a_language(headers: dict[str, str]) -> None:
    assert language_of(headers) in LANGUAGES


@pytest.fixture
def asking():
    """Makes text() speak to a reader with these headers, as Gradio does while it serves a request."""

    def ask(**headers: str) -> None:
        LocalContext.request.set(gr.Request(headers={k.replace("_", "-"): v for k, v in headers.items()}))  # type: ignore[arg-type]

    yield ask
    LocalContext.request.set(None)


def test_text_is_in_the_language_of_the_request(asking) -> None:
    assert spoken() == "en" and text("reverse.start") == "Start"
    asking(accept_language="zh-HK")
    assert text("reverse.start") == "開始" and text("forward.caption_digit", label=3, digit=7) == "MNIST 數字 3，編號 7"
    asking(accept_language="zh-HK", referer="http://a/?lang=en")
    assert text("reverse.start") == "Start"


def test_labels_and_notes_name_keys_that_exist() -> None:
    assert label("reverse.start").key == "reverse.start"
    assert note("player.seconds", s=3) == {"key": "player.seconds", "values": {"s": 3}}
    for make in (text, label, note):
        with pytest.raises(KeyError):
            make("reverse.begin")


def told_in(finding: Finding, language: str) -> Finding:
    return finding.in_language(language, lambda phrase: refusal(phrase, language))


def test_a_finding_is_told_in_either_language() -> None:
    config = {
        "_class_name": "DDIMScheduler",
        "timestep_spacing": "leading",
        "steps_offset": 1,
        "set_alpha_to_one": False,
    }
    findings = examine_subject(subject_of_config(config))
    (offset,) = [one for one in findings if one.code == "steps-offset"]
    other = told_in(offset, "zh-TW")
    assert "noise of σ = 0.01" in offset.message and "σ = 0.01 的雜訊" in other.message
    assert (other.code, other.where) == (offset.code, offset.where) and "第 3.3 節" in other.reference
    for one in findings:
        assert told_in(told_in(one, "zh-TW"), "en") == one
        english, chinese = (re.findall(r"\d+", told.message) for told in (one, told_in(one, "zh-TW")))
        assert sorted(english) == sorted(chinese)
    assert offset.as_json().keys() == {"code", "severity", "where", "message", "fix", "reference", "patch"}


def test_phrases_are_told_in_either_language() -> None:
    short = found(
        "short-t-unscaled",
        "warning",
        9,
        T=9,
        total=1.0,
        snr=2.0,
        factor=3.0,
        advice=Phrase('that is above 1 here, so use the cosine schedule ("beta_schedule": "squaredcos_cap_v2")'),
    )
    assert "so use the cosine schedule" in short.fix and "所以請用餘弦排程" in told_in(short, "zh-TW").fix
    counted = Phrase("{count:,} values read as {symbol}: {conversion}", count=1000, symbol="β_t", conversion="σ")
    assert counted == "1,000 values read as β_t: σ" and refusal(counted, "zh-TW").startswith("1,000 個值當作 β_t")
    assert refusal("dragged by hand", "zh-TW") == "dragged by hand"


@pytest.mark.parametrize(
    ("given", "told"),
    [("[0.9, 0.5, 0.1]", ["從走勢看是 ᾱ_t；如果不是，請給清單一個名稱",
                          "3 個值當作 ᾱ_t 讀入：照原樣（Ho et al. 2020，第 2 節）"]),
     ("linear T=1000", ["linear，T = 1,000，依論文的定義"]),
     ('{"beta_schedule": "linear"}', ["沒有 _class_name：照 DDPMScheduler 的方式讀入"])],
)  # fmt: skip
def test_how_a_schedule_was_read_is_told_in_either_language(given: str, told: list[str]) -> None:
    read_as = read_text(given).read_as
    assert [refusal(sentence, "zh-TW") for sentence in read_as][: len(told)] == told
    assert [refusal(sentence, "en") for sentence in read_as] == [*read_as]


def test_words_within_formulas_are_words() -> None:
    """Between the braces of \\text neither subscripts nor Greek letters are set."""
    for language in LANGUAGES:
        for key, word in table(language).items():
            assert not key.startswith("tex.") or not re.search(r"[_^\\{}$\u0370-\u03ff]", word), (language, key)


def test_words_within_formulas_come_from_the_tables() -> None:
    chapters = "".join(path.read_text(encoding="utf-8") for path in Path(theory.__file__).parent.glob("*.py"))
    keys = set(re.findall(r"\\say\{+(\w+)\}", chapters)) - {"key"}  # which stands in a docstring
    assert keys == {key.removeprefix("tex.") for key in table() if key.startswith("tex.")}
    # Left in TeX: indices, numbers' kinds, and pseudo-code, which is English in the lecture too.
    said = set(re.findall(r"\\text\{+([^{}]*[A-Za-z]{2}[^{}]*)\}", chapters))
    assert said == {"data", "simple", "float32", "float64", " if ", ", else "}
