"""What every chapter shows: formulas that a pocket calculator confirms, digits that are known, figures of plotly."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import plotly.graph_objects as go
import pytest

from ddpm_playground.ui.chapters import CHAPTERS
from ddpm_playground.ui.chapters.arithmetic import estimated, known, signed, worked
from ddpm_playground.ui.chapters.chapter import Chapter, Keeps, Shown, Steps
from ddpm_playground.ui.chapters.magnitude import estimated_power_of_ten
from tests.ui.chapters.calculator import BARE_SIGN, checks, python_of

# Settings of each chapter's levers besides where they start.
SETTINGS: dict[str, list[dict[str, Any]]] = {
    "training": [{}, {"k": 3}],
    "sampling": [{}, {"k": 201}, {"k": 30, "z": "without"}],
    "likelihood": [{}, {"theta": "fitted_one"}, {"mean": -2.9, "width": 0.1, "apart": 5.0}],
    "decoder": [{}, {"sigma": 0.05, "z": 2.4}, {"sigma": 1.0, "z": 0.7}, {"x": "real", "sigma": 0.4}],
    "lower_bound": [{}, {"q": "posterior"}, {"mean": 2.99, "width": 0.1, "x": -4.0}, {"mean": 0.9, "width": 0.47}],
    "ddpm_bound": [{}, {"x_0": -0.25}, {"x_0": -0.3, "T": 2, "beta_1": 0.2}, {"predictor": "network", "x_0": 2.0}],
    "forward_step": [{}, {"t": 1}, {"t": 12, "betas": [0.001] * 12}],
    "closed_form": [{}, {"t": 2}, {"t": 1000, "k": 1000}, {"t": 7, "k": 3, "num_samples": 50}],
    "terms": [{}, {"num_steps": 4, "step": 2, "num_chains": 2}],
    "posterior": [{}, {"t": 2, "x_0": -0.93, "x_t": -2.17}, {"t": 1000}, {"t": 31, "x_0": -1.0, "x_t": 3.0}],
    "step_kl": [{}, {"t": 2}, {"t": 1000, "share": 0.37}, {"t": 90, "share": 0.0, "sigma": "beta_tilde"}],
    "mean_forms": [{}, {"t": 1}, {"t": 1000, "hop": "stride"}, {"t": 90, "seed": 2, "digit": 8, "hop": "stride"}],
    "ledger": [{}, {"num_ts": 8, "num_images": 2, "sigma": "beta_tilde"}],
}
ALL = [(name, i) for name, settings in SETTINGS.items() for i in range(len(settings))]
# How many sums each chapter works out at its start.
SUMS = {"sampling": 1, "likelihood": 2, "decoder": 2, "lower_bound": 1, "ddpm_bound": 1, "forward_step": 1,
        "closed_form": 1, "terms": 1, "posterior": 2, "step_kl": 3, "mean_forms": 4, "ledger": 1}  # fmt: skip


@cache
def blocks_of(name: str, i: int) -> Sequence[Mapping[str, Any]]:
    chapter = CHAPTERS[name]
    return chapter.shown(chapter.read(SETTINGS[name][i])).blocks


def lines_of(name: str, i: int) -> list[list[str]]:
    return [block["lines"] for block in blocks_of(name, i) if block["kind"] == "formula"]


def test_only_a_chapter_that_keeps_something_gets_it() -> None:
    heard: list[tuple[object, ...]] = []

    def compute(*given: object) -> Shown:
        heard.append(given)
        return Shown([], 0, {})

    for keeps in (None, Keeps("k", lambda k: [k])):
        Chapter("any", (), compute, (), keeps=keeps).shown({"k": 1}, "kept")
    assert heard == [({"k": 1},), ({"k": 1}, "kept")]
    Chapter("any", (), compute, (), keeps=Keeps("k", lambda k: [k])).shown({"k": 1})
    assert heard[-1] == ({"k": 1}, [1])
    assert [name for name, chapter in CHAPTERS.items() if chapter.keeps] == ["training"]


def test_every_chapter_has_settings() -> None:
    assert SETTINGS.keys() == CHAPTERS.keys()


@pytest.mark.slow
@pytest.mark.parametrize(("name", "i"), ALL)
def test_a_calculator_finds_every_result(name: str, i: int) -> None:
    found = [one for lines in lines_of(name, i) for one in checks(lines)]
    for expression, result, value, last_digit in found:
        shown = float(result.strip("()"))
        assert abs(value - shown) <= 1.0001 * last_digit, f"{expression} is {value}, not {result}"
    if i == 0:
        assert len(found) >= SUMS.get(name, 0), found


@pytest.mark.parametrize(("name", "i"), ALL)
def test_negative_numbers_stand_in_parentheses(name: str, i: int) -> None:
    for line in (line for lines in lines_of(name, i) for line in lines):
        assert not BARE_SIGN.search(line), line


@pytest.mark.parametrize(("name", "i"), ALL)
def test_errors_have_two_digits_and_their_numbers_end_where_they_do(name: str, i: int) -> None:
    text = json.dumps([block for block in blocks_of(name, i) if block["kind"] in ("formula", "numbers")])
    for value, error in re.findall(r"(-?[\d.]+)\\\\pm([\d.]+)", text):
        assert len(value.partition(".")[2]) == len(error.partition(".")[2]), (value, error)
        assert len(error.replace(".", "").lstrip("0")) in (2, 3) or "." not in error, (value, error)


@pytest.mark.parametrize(("name", "i"), ALL)
def test_plotly_takes_every_figure(name: str, i: int) -> None:
    for block in blocks_of(name, i):
        if block["kind"] == "plot":
            figure = go.Figure(json.loads(json.dumps(block["figure"], allow_nan=False)))
            assert len(figure.data) == len(block["figure"]["data"]) > 0  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "longest"), [("training", 18), ("sampling", 30)])
def test_where_a_run_stops_there_is_no_picture_that_is_not_yet(name: str, longest: int) -> None:
    chapter = CHAPTERS[name]
    steps = next(control for control in chapter.controls if control.kind == "steps")
    assert isinstance(steps, Steps)
    stops = [k for k in range(steps.run_by, longest) if k % steps.run_by == steps.lands]
    assert len(stops) > 1
    kept = chapter.keeps.make("scratch") if chapter.keeps else None
    for k in stops:
        shown = chapter.shown(chapter.read({"k": k}), kept).blocks
        pictures = next(block["items"] for block in shown if block["kind"] == "pictures")
        assert all(item["data"] for item in pictures), k


def test_what_is_not_yet_is_no_picture() -> None:
    for name in ("training", "sampling"):
        items = CHAPTERS[name].shown(CHAPTERS[name].read({"k": 0})).blocks[1]["items"]
        assert all(item["data"] is None and item["note"]["key"].endswith("not_yet") for item in items)


def test_the_calculator_calculates() -> None:
    lines = [
        r"1-\alpha=1-\frac{0.3964}{0.4013}=0.01206",
        r"a=0.0097\cdot\xO{0.6000}+0.9901\cdot\xT{(-0.4000)}",
        "=-0.3902",
    ]
    (low, _, wrong, last), (_, shown, right, _) = checks(lines)
    assert low == "1-((0.3964)/(0.4013))" and abs(wrong - 0.01206) > 10 * last
    assert shown == "-0.3902" and right == pytest.approx(-0.39022)
    assert python_of(r"\tfrac{784}{2}\Big(\tfrac{2.0\times10^{-4}}{0.1}-1-\ln\tfrac{2}{3}\Big)") is not None
    assert python_of(r"-\tfrac{784}{2}\log(2\pi\cdot0.25^2)") == "-((784)/(2))*log(2*pi*0.25**2)"
    assert python_of(r"\sqrt{\bar\alpha_{3}}") is None and python_of(r"6.6\pm1.7") is None
    assert BARE_SIGN.search(r"0.99\cdot\xT{-0.4}") and not BARE_SIGN.search(r"10^{-4}\cdot\xT{(-0.4)}")


def test_digits_are_added_until_the_result_is_found_again() -> None:
    assert worked(lambda a, b: 1 - a / b, 0.396418, 0.401256) == ["0.39642", "0.40126", "0.01206"]
    assert worked(lambda a, b: a + b, 1.0, 2.0) == ["1.000", "2.000", "3.000"]
    assert signed("-1.5") == "(-1.5)" and signed("1.5") == "1.5"


@pytest.mark.parametrize(
    ("value", "error", "shown"),
    [(49.7260, 5.12925, r"49.7\pm5.1"), (-1110.39, 9.4, r"-1110.4\pm9.4"), (0.0073885, 0.0054, r"0.0074\pm0.0054"),
     (3.27498e-4, 1.1e-4, r"(3.3\pm1.1)\times10^{-4}"), (1160.12, 13.2, r"1160\pm13"), (0.0, 0.5, r"0.00\pm0.50"),
     (2.5, 0.0, "2.500"), (-724.4611854, 8.4e-5, "-724.461"), (2.5, math.nan, "2.500")],
)  # fmt: skip
def test_an_estimate_ends_where_its_error_does(value: float, error: float, shown: str) -> None:
    assert estimated(value, error) == shown


def test_a_number_is_rounded_to_what_is_known() -> None:
    assert known(14.5077, 3.9) == 14.5 and known(1234.5, 130.0) == 1230 and known(0.0571811, 0.0123) == 0.057
    assert estimated_power_of_ten(math.log(6.578e156), 0.258) == r"(6.6\pm1.7)\times10^{156}"
    assert estimated_power_of_ten(-math.inf, 0.5) == "0"


def shown_number(row: Mapping[str, Any]) -> float:
    return float(python_of(row["value"]) or "nan")


@pytest.mark.parametrize("i", range(len(SETTINGS["ddpm_bound"])))
def test_the_terms_of_a_sum_add_up_to_the_total_that_is_shown(i: int) -> None:
    """Of chapter 6's ledger: what lies between −H and the bound, and L_T, the L_{t−1} and L_0."""
    (block,) = [block for block in blocks_of("ddpm_bound", i) if block["kind"] == "numbers"]
    rows = block["rows"]
    (place,) = [n for n, row in enumerate(rows) if row["tex"].startswith("=")]
    for terms, total in ((rows[:place], rows[place]), (rows[-4:-1], rows[-1])):
        come_to = abs(sum(map(shown_number, terms)))
        last = 10.0 ** -len(total["value"].partition(".")[2])
        assert abs(come_to - abs(shown_number(total))) <= 0.5 * last * (1 + 1e-6)


def test_a_training_step_s_change_is_found_from_the_losses_shown() -> None:
    chapter = CHAPTERS["training"]
    for block in chapter.shown(chapter.read({"k": 6})).blocks:
        if block["kind"] == "numbers":
            values = {row["tex"]: row["value"] for row in block["rows"]}
        elif block["kind"] == "formula":
            after = re.search(r"L\(\\theta'\)=(.*)$", "\n".join(block["lines"]))
    assert after
    change = values[r"L(\theta')-L(\theta)"]
    before, places = values[r"L(\theta)"], len(change.partition(".")[2])
    assert f"{float(after[1]) - float(before):.{places}f}" == change
