"""What scripts do where the server does not answer."""

import pytest

WORDS = 'globalThis.window = { text: {}, ddpm: { text: { en: { "app.unreachable": "away" } }, language: "en" } };'


@pytest.mark.parametrize(
    "answer", ["Promise.reject(new Error())", "Promise.resolve(undefined)", "Promise.resolve(null)"]
)
@pytest.mark.parametrize("how", ["ask(() => {answer}, {{ line }})", "askInTurn(() => {answer}, {{}}, {{ line }})"])
def test_a_question_that_is_not_answered_ends_in_a_sentence(script, answer, how) -> None:
    body = f"""{WORDS}
    const line = {{ textContent: "", isConnected: true }};
    return {how.format(answer=answer)}.then((got) => [got, line.textContent]);"""
    assert script(body) == [{"problem": "away"}, "away"]


def test_a_server_that_goes_between_two_turns_is_said_too(script) -> None:
    body = f"""{WORDS}
    const line = {{ textContent: "", isConnected: true }}, answers = [{{ ticket: 1, place: 2 }}, undefined];
    const call = () => Promise.resolve(answers.shift());
    return askInTurn(call, {{}}, {{ line }}).then((got) => [got, line.textContent]);"""
    assert script(body) == [{"problem": "away"}, "away"]


def test_a_server_that_takes_a_question_and_never_answers_is_not_waited_for_for_ever(script) -> None:
    body = f"""{WORDS}
    const {{ setTimeout: real }} = globalThis;
    globalThis.setTimeout = (deed, ms) => real(deed, ms / 1e4);
    return ask(() => new Promise(() => {{}})).finally(() => {{ globalThis.setTimeout = real; }});"""
    assert script(body) == {"problem": "away"}


def test_every_request_tells_whether_the_server_is_there(script) -> None:
    body = """
    const answers = { "/fails": () => Promise.reject(new TypeError()), "/works": () => Promise.resolve(1),
      "/left": () => Promise.reject(new DOMException("", "AbortError")) };
    globalThis.location = { origin: "http://here" };
    globalThis.document = { baseURI: "http://here/" };
    globalThis.window = { fetch: (asked) => (answers[asked] || answers["/fails"])() };
    const told = [], element = { isConnected: true };
    followReach();
    onReach(element, (is) => told.push(is));
    return arg.reduce((before, asked) => before.then(() => window.fetch(asked).catch(() => {})), Promise.resolve())
      .then(() => [told, isServerThere()]);"""
    asked = ["/works", "/left", "http://elsewhere/fails", "/fails", "/fails", "/left", "/works", "/works"]
    assert script(body, asked) == [[False, False, True], True]
