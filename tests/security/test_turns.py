"""Heavy deeds take turns, each visitor one at a time."""

import asyncio
from threading import Event

import pytest

from ddpm_playground.ui.serving import owners as owners_module
from ddpm_playground.ui.serving.owners import Owners
from ddpm_playground.ui.serving.streams import in_thread, turn_of
from ddpm_playground.ui.serving.turns import Turns

from ..loops import run


def test_first_come_first_served_and_each_is_told_its_place():
    turns = Turns("chain", at_once=2, most_waiting=3)
    line = [turns.enter(f"v{i}") for i in range(5)]
    assert [turn.place for turn in line] == [0, 0, 1, 2, 3]
    with pytest.raises(ValueError, match="3 visitors wait for this already"):
        turns.enter("v5")
    line[3].leave()  # one who waits has gone
    line[0].leave()
    assert [turn.place for turn in line[1:3]] == [0, 0] and line[4].place == 1
    assert turns.any_waits()
    for turn in line:
        turn.leave()
    assert len(turns) == 0 and not turns.any_waits()


def test_a_visitor_who_asks_anew_gives_up_what_was_asked_before():
    turns = Turns("chain", at_once=1, most_waiting=2)
    running, waiting = turns.enter("a"), turns.enter("b")
    assert running.place == 0 and waiting.place == 1
    again = turns.enter("b")
    assert waiting.given_up.is_set() and len(turns) == 2 and again.place == 1
    anew = turns.enter("a")
    assert running.given_up.is_set() and anew.place == 2  # behind b, and until it has ended it holds its place
    running.leave()
    assert again.place == 0 and anew.place == 1
    assert len({running.token, waiting.token, again.token, anew.token}) == 4


def test_a_visitor_who_has_gone_gives_up_its_turn(monkeypatch):
    monkeypatch.setattr(owners_module, "GONE_S", -1.0)
    owners, turns = Owners(), Turns("chain", at_once=1, most_waiting=9)
    owners.asked("b")
    assert owners.has_gone("b") and not owners.has_gone("never seen")
    owners.opened("b")
    assert not owners.has_gone("b")
    owners.closed("b")
    holder, turn = turns.enter("a"), turns.enter("b")
    assert holder.place == 0

    async def wait() -> list[int]:
        return [place async for place in turn_of(turn, "b", owners)]

    assert run(wait()) == [] and turn.given_up.is_set()


def test_work_ends_with_its_reader_and_its_turn_is_left_when_it_is_over():
    turns, ended = Turns("chain", at_once=1, most_waiting=9), []
    turn = turns.enter("a")

    def work():
        try:
            while not turn.given_up.is_set():
                yield "message"
        finally:
            ended.append(len(turns))

    async def read() -> None:
        stream = in_thread(work(), turn, "a", Owners())
        async for _ in stream:
            break
        await stream.aclose()
        while len(turns):
            await asyncio.sleep(0.01)

    run(read())
    assert ended == [1]  # the turn was still held while the work ended


def test_who_has_closed_without_a_word_is_forgotten_and_who_is_there_is_not(monkeypatch):
    monkeypatch.setattr(owners_module, "SWEEP_S", -1.0)
    monkeypatch.setattr(owners_module, "CLOSED_S", -1.0)
    monkeypatch.setattr(Owners, "_arm", lambda self: None)  # sweeps come when this test says so
    owners, closed = Owners(), []
    names = ("left", "reads", "open")

    class Kept:
        def forget_closed(self, is_closed):
            closed.append([name for name in names if is_closed(name)])

    owners.leaving.add(kept := Kept())
    for name in names:
        owners.asked(name)
    owners.opened("reads")
    owners.opened("beat open")
    owners.sweep()
    owners.closed("reads")
    owners.sweep()
    assert closed == [["left"], ["left", "reads"]] and list(owners.leaving) == [kept]


def test_who_was_the_last_to_leave_is_forgotten_though_nobody_asks_for_anything_more(monkeypatch):
    monkeypatch.setattr(owners_module, "CLOSED_S", -0.9)  # the alarm rings a tenth of a second after the last word
    owners, forgotten = Owners(), Event()

    class Kept:
        def forget_closed(self, is_closed):
            if is_closed("last"):
                forgotten.set()

    owners.leaving.add(kept := Kept())
    owners.asked("last")
    assert forgotten.wait(10) and list(owners.leaving) == [kept]
