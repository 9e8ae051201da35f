"""A scheduler's options on the page: from the form to the address and the run, and the step that is measured."""

from collections.abc import Callable

from ddpm_playground.recipe import DEFAULT
from ddpm_playground.run import Run

from .visit import Visit

NAME = "DPMSolverMultistepScheduler"
QUERY = f"?sampler={NAME}&num_steps=5&num_images=1"
FORM = "#reverse-options"


def test_what_is_chosen_reaches_the_run_and_the_address_and_goes_with_its_sampler(
    visitor: Callable[..., Visit],
) -> None:
    page = visitor(QUERY).page
    page.click(f"{FORM} summary")
    page.check(f"{FORM} [data-key=use_karras_sigmas] input")
    order = page.locator(f"{FORM} [data-key=solver_order] input")
    order.fill("two")
    order.press("Tab")
    assert 'must be a whole number, got "two"' in page.inner_text(f"{FORM} .problem") and order.input_value() == "2"
    page.wait_for_function("location.search.includes('options=use_karras_sigmas%3Atrue')")
    page.wait_for_function(
        "document.querySelector('#reverse-options-text textarea')?.value === 'use_karras_sigmas:true'"
    )
    page.click("#reverse-start")
    page.wait_for_function("document.querySelector('.player .note')?.title.includes('with use_karras_sigmas=true')")
    page.wait_for_selector(".player[data-done='1']")
    run = Run(DEFAULT.with_(sampler=NAME, num_steps=5, num_images=1, options="use_karras_sigmas:true"))
    page.focus(".player input[type=range]")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    t, s = run.path[1:3]
    page.wait_for_function(f"document.querySelector('.player .tile-t dd').textContent === '{t} → {s}'")
    of_x_0, of_x_t, _ = run.numbers(t, s).coefficients or (0, 0, 0)
    shown = [float(page.inner_text(f".player .term-{key} .live")) for key in ("ofX0", "ofXt")]
    assert abs(shown[0] - of_x_0) < 1e-3 and abs(shown[1] - of_x_t) < 1e-3
    assert "x̂" in page.inner_text(".player .term-earlier") and "measured" in page.inner_text(".player .remark")
    sampler = page.get_by_label("Sampler").first
    sampler.fill("EulerAncestral")
    sampler.press("Enter")
    page.wait_for_function("!location.search.includes('options')")
    page.wait_for_selector(f"{FORM} [data-key=timestep_spacing]")
    assert page.inner_text(f"{FORM} .set") == "" and not page.locator(f"{FORM} [data-key=solver_order]").count()
