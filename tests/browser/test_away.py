"""The server goes away while its page is open: each thing that is asked says so, and can be asked again."""

from .visit import Visit

AWAY = "The server does not answer"


def test_whatever_is_pressed_says_that_the_server_does_not_answer(chromium, playground):
    visit = Visit(chromium, playground, "?tab=train")
    page = visit.page
    visit.open("lab")
    page.wait_for_selector(".trial .go:enabled")
    visit.open("theory")
    visit.open("train")
    visit.context.set_offline(True)

    for tab, button in (("train", ".train .reset"), ("lab", ".trial .go"), ("lab", ".lab .examine")):
        page.click(f"#tab-{tab}-button")
        page.click(button)
        page.locator(f"#tab-{tab} .problem", has_text=AWAY).first.wait_for()
        page.wait_for_selector(f"{button}:enabled")
    page.click("#tab-theory-button")
    page.evaluate("document.querySelector('.theory .source').open = true")
    page.locator("#tab-theory .problem", has_text=AWAY).wait_for()
    page.locator(".ddpm-away", has_text=AWAY).wait_for()
    assert page.inner_text(".trial .go") == "Run it"

    visit.context.set_offline(False)
    page.wait_for_selector(".ddpm-away", state="hidden")  # Gradio loads the page anew
    errors = [text for text in visit.complaints if "of undefined" in text or "of null" in text]
    visit.complaints.clear()
    visit.close()
    assert not errors, errors
