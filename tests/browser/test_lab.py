"""The Lab tab in a real Chromium: a broken config is pasted, its fix followed, a point dragged, files come out."""

import json
import re
from collections.abc import Callable, Iterator

import pytest
import torch
from playwright.sync_api import Browser

from ddpm_playground.core import make_schedule
from ddpm_playground.lab.reading import subject_of_text

from .visit import NEXT_FRAME, Visit

READY = """() => {
  const gds = [...document.querySelectorAll(".lab .gd")];
  return gds.length === 3 && gds.every((gd) => gd.data && gd.querySelector(".scatterlayer path.js-line"));
}"""
OWN = """() => {
  const { x, y } = document.querySelector(".lab [data-plot=alpha_bar] .gd").data.at(-1);
  return [[...x], [...y]];
}"""
MEANS = """() => [...document.querySelectorAll(".trial img")].map((img) => {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: img.naturalWidth, height: img.naturalHeight });
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.drawImage(img, 0, 0);
  const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
  return data.filter((_, i) => i % 4 === 0).reduce((sum, v) => sum + v, 0) / (data.length / 4);
})"""
LEVELS = """() => [...document.querySelectorAll(".effects .row")].map((row) =>
  [...row.querySelectorAll(".snr")].map((node) => node.textContent.replace("−", "-")))"""
ASKED = re.compile("component_server")
BROKEN = {"_class_name": "DDIMScheduler", "rescale_betas_zero_snr": True}


@pytest.fixture
def open_lab(chromium: Browser, playground: str) -> Iterator[Callable[..., Visit]]:
    """Opens the Lab tab with more settings in its address, and waits for its verdict and plots."""
    visits: list[Visit] = []

    def open_lab(query: str = "", **context: object) -> Visit:
        visits.append(Visit(chromium, playground, f"?tab=lab{query}", **context))
        visits[-1].page.wait_for_selector(".lab .cards li")
        visits[-1].wait(READY)
        return visits[-1]

    yield open_lab
    for visit in visits:
        visit.close()


def codes(visit: Visit) -> dict[str, str]:
    """code → severity of the cards on screen."""
    heads = visit.page.locator(".lab .cards h3").all_inner_texts()
    return {code: severity.lower() for severity, code in (head.split() for head in heads)}


def examined(visit: Visit, text: str) -> dict[str, str]:
    """The cards for a text that is pasted."""
    visit.page.fill(".lab textarea", text)
    with visit.page.expect_response(ASKED):
        visit.page.click(".lab .examine")
    visit.wait("() => !document.querySelector('.lab').hasAttribute('aria-busy')")
    return codes(visit)


def dragged(visit: Visit, k: int, by: float) -> int:
    """Drag handle k by pixels; returns how often the server was asked before the finger was lifted."""
    handle = visit.page.locator(".lab .handles button:not([hidden])").nth(k)
    handle.scroll_into_view_if_needed()
    visit.settled()
    box = handle.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    asked = visit.asked
    visit.page.mouse.move(x, y)
    visit.page.mouse.down()
    visit.page.mouse.move(x, y + by, steps=12)
    asked = visit.asked - asked
    with visit.page.expect_response(ASKED):
        visit.page.mouse.up()
    visit.wait("() => !document.querySelector('.lab').hasAttribute('aria-busy')")
    visit.wait("() => !document.querySelector('.lab').classList.contains('dragging')")
    return asked


def test_a_broken_config_is_pasted_and_its_fix_followed(open_lab):
    visit = open_lab()
    assert "error" not in codes(visit).values()
    found = examined(visit, json.dumps(BROKEN))
    assert found["eps-with-zero-terminal-snr"] == "error" and found["spacing-skips-t"] == "warning"
    visit.page.locator(".lab .cards li", has_text="eps-with-zero").get_by_text("Show t").click()
    assert visit.page.locator(".lab .where").first.is_visible()
    fixed = BROKEN | {"prediction_type": "v_prediction", "timestep_spacing": "trailing"}
    assert not set(examined(visit, json.dumps(fixed)).values()) - {"note"}
    visit.wait_for_address("lab=", "trailing")
    visit.reload()
    visit.page.wait_for_selector(".lab .cards li")
    assert json.loads(visit.page.input_value(".lab textarea")) == fixed


def test_the_first_view_leads_with_its_verdict(open_lab):
    visit = open_lab()
    verdict = visit.page.locator(".lab .verdict")
    assert re.fullmatch(r"1 warning(, \d+ notes?)?", verdict.inner_text())
    assert "warning" in (verdict.get_attribute("class") or "") and "scaled_linear" in visit.page.inner_text(".lab h2")
    box, form = verdict.bounding_box(), visit.page.locator(".lab .intake").bounding_box()
    assert box is not None and form is not None and box["y"] < form["y"]
    assert float(verdict.evaluate("node => parseFloat(getComputedStyle(node).fontSize)")) >= 24
    examined(visit, "cosine")
    assert visit.page.inner_text(".lab .verdict").startswith("Nothing wrong found")
    for card in visit.page.locator(".lab .cards li").all():
        if "Nothing need be done" in card.inner_text():
            assert card.locator(".copy").count() == 0


def test_what_it_was_trained_with_is_in_the_link(open_lab):
    visit = open_lab("&lab=linear&lab_trained=cosine")
    assert codes(visit)["trained-otherwise"] == "error"
    assert visit.page.locator(".lab .more[open]").count() == 1
    visit.page.fill(".lab .trained", "")
    assert "trained-otherwise" not in examined(visit, "linear T=50")
    visit.wait_for_address("lab=linear")
    visit.until(lambda: "lab_trained" not in visit.page.url)


def test_timesteps_that_are_asked_for_are_examined(open_lab):
    visit = open_lab("&lab=FlowMatchEulerDiscreteScheduler&lab_sigmas=1, 0.5")
    assert codes(visit)["asked-steps"] in ("warning", "note")
    visit.page.fill(".lab .sigmas", "many")
    examined(visit, "FlowMatchEulerDiscreteScheduler")
    assert "sigmas must be a list of numbers" in visit.page.inner_text(".lab .problem")


def test_what_is_no_schedule_is_said_and_the_last_one_stays(open_lab):
    visit = open_lab("&lab=cosine")
    heading = visit.page.inner_text(".lab h2")
    assert "cosine" in heading
    for text, message in [
        ("{", "no JSON"), ("/etc/passwd", "no column"), ("linaer", "unknown schedule 'linaer'"),
        ("linear T=1e12", "T must be a whole number in [1, 100000]"), ("owner/name", "DDPM_HUB=1"),
        ('<img src=x onerror="alert(1)">', "img"),
    ]:  # fmt: skip
        examined(visit, text)
        assert message in visit.page.inner_text(".lab .problem"), text
        assert visit.page.inner_text(".lab h2") == heading
    visit.page.fill(".lab .steps", "many")
    examined(visit, "linear")
    assert "sampling steps must be" in visit.page.inner_text(".lab .problem")


def test_a_point_is_dragged_and_the_verdict_follows(open_lab):
    visit = open_lab("&lab=linear")
    before, untouched = visit.page.evaluate(OWN), codes(visit)
    assert dragged(visit, 8, -60) == 0
    visit.wait("() => document.querySelector('.lab h2').textContent.includes('edited')")
    assert codes(visit)["terminal-snr"] == "warning" and "terminal-snr" not in untouched
    after = visit.page.evaluate(OWN)
    assert after[1][-1] > 100 * before[1][-1] and after[1] == sorted(after[1], reverse=True)
    with visit.page.expect_download() as download:
        visit.page.click(".lab [data-format='.json']")
    exported = subject_of_text(download.value.path().read_text()).schedule
    assert float(exported.alpha_bars[-1]) == pytest.approx(after[1][-1], rel=1e-6)

    visit.page.locator(".lab .handles button").nth(4).focus()
    visit.page.keyboard.press("PageDown")
    visit.wait(
        "([y]) => document.querySelector('.lab [data-plot=alpha_bar] .gd').data.at(-1).y[500] !== y", [after[1][500]]
    )
    visit.page.wait_for_timeout(800)
    visit.page.click(".lab .undo")
    visit.wait(
        "([y]) => document.querySelector('.lab [data-plot=alpha_bar] .gd').data.at(-1).y[500] === y", [after[1][500]]
    )
    visit.page.click(".lab .reset")
    visit.wait("() => !document.querySelector('.lab h2').textContent.includes('edited')")
    visit.wait(READY)
    assert visit.page.evaluate(OWN) == before and visit.page.is_disabled(".lab .undo")


@pytest.mark.parametrize(
    ("suffix", "name"),
    [(".csv", "schedule.csv"), (".py", "scheduler.py"), ("svg", "log_snr.svg"), ("png", "log_snr.png")],
)
def test_files_come_out(open_lab, suffix, name):
    visit = open_lab("&lab=sigmoid T=50")
    with visit.page.expect_download() as download:
        visit.page.click(f".lab .exports [data-format='{suffix}']")
    assert download.value.suggested_filename == name
    content = download.value.path().read_bytes()
    if suffix == ".csv":
        assert torch.equal(subject_of_text(content.decode()).schedule.betas, make_schedule("sigmoid", 50).betas)
    else:
        assert {".py": b"DDPMScheduler", "svg": b"<svg", "png": b"PNG"}[suffix] in content[:200]


def test_a_file_is_opened_and_a_huge_one_is_not(open_lab, tmp_path):
    visit = open_lab()
    (tmp_path / "mine.csv").write_text("sigma\n80\n10\n1\n0.1\n")
    with visit.page.expect_response(ASKED):
        visit.page.set_input_files(".lab .file", tmp_path / "mine.csv")
    visit.wait("() => document.querySelector('.lab .read').textContent.includes('turned round')")
    with (tmp_path / "huge.json").open("wb") as file:
        file.truncate(11 * 2**20)
    visit.page.set_input_files(".lab .file", tmp_path / "huge.json")
    visit.wait("() => document.querySelector('.lab .problem').textContent.includes('at most 10 MB')")


def test_a_phone_holds_it(open_lab):
    visit = open_lab("&lab=linear T=100", viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    assert codes(visit)["short-t-unscaled"] == "warning"
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_trial_shows_what_the_doctor_said(open_lab):
    visit = open_lab()
    examined(visit, json.dumps(BROKEN | {"timestep_spacing": "trailing", "clip_sample": False}))
    visit.page.click(".trial .go")
    visit.page.wait_for_selector(".trial img")
    told = visit.page.locator(".trial figcaption").all_inner_texts()
    assert "not finite" in told[0] and "mean brightness" in told[1]
    assert "eps-with-zero-terminal-snr" in visit.page.inner_text(".trial .because")
    means = visit.page.evaluate(MEANS)
    assert means[0] == 0 and 10 < means[1] < 120


def test_a_trial_that_hides_a_fault_offers_what_shows_it(open_lab):
    visit = open_lab(f"&lab_steps=5&lab={json.dumps(BROKEN)}")
    visit.page.click(".trial .go")
    visit.page.wait_for_selector(".trial .offer:not([hidden])")
    assert "Not to be seen" in visit.page.inner_text(".trial .because")
    assert "trailing" in visit.page.inner_text(".trial .offer")
    visit.page.click(".trial .offer")
    visit.wait("() => document.querySelector('.trial figcaption').textContent.includes('not finite')")
    assert "Seen in the upper row" in visit.page.inner_text(".trial .because")
    assert visit.page.locator(".trial .offer").is_hidden()


def test_one_picture_under_four_schedules(open_lab):
    visit = open_lab("&lab=laplace")
    visit.wait("() => document.querySelectorAll('.effects .gd .main-svg').length >= 2")
    assert visit.page.locator(".effects .row").count() == 4
    before = visit.asked
    visit.page.select_option(".effects .align", "log_snr")
    visit.page.evaluate(NEXT_FRAME)
    columns = visit.page.evaluate(LEVELS)
    for level in columns[0]:
        others = [float(row[columns[0].index(level)]) for row in columns[1:] if row[columns[0].index(level)]]
        assert all(abs(float(level) - other) < 0.8 for other in others if level)
    visit.slide(".effects .limit", 10)
    assert "t = 10" in visit.page.inner_text(".effects .gone")
    assert visit.page.locator(".effects .frame.gone").count() > 20
    assert visit.asked == before


def test_the_audit_finds_linspace(open_lab):
    visit = open_lab()
    visit.page.locator(".audit").scroll_into_view_if_needed()
    visit.page.wait_for_selector(".audit .said.wrong")
    assert visit.page.locator(".audit tr.wrong").count() == 9
    visit.page.select_option(".audit .spacing", "leading")
    visit.page.click(".audit button")
    visit.page.wait_for_selector(".audit .said.right")
    assert visit.page.locator(".audit tr.wrong").count() == 0
    visit.page.fill(".audit .options", "colour=red")
    visit.page.click(".audit button")
    visit.wait("() => document.querySelector('.audit .problem').textContent.includes(\"no option 'colour'\")")


def test_what_is_old_goes_out_no_more_and_leads_no_more(open_lab):
    visit = open_lab()
    page = visit.page
    page.fill(".lab textarea", "{ no JSON")
    assert (
        page.locator(".lab .exports button:enabled").count() == page.locator(".lab .cards .copy:enabled").count() == 0
    )
    page.click(".lab .examine")
    page.wait_for_selector(".lab .problem:not(:empty)")
    assert page.inner_text(".lab .verdict") == "Not read"
    assert page.locator(".lab .exports button:enabled").count() == 0
    examined(visit, "cosine")
    assert page.locator(".lab .exports button:disabled").count() == 0
