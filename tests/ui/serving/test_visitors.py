"""What belongs to visitors: found by its owner alone, let go in the right order, and gone with its visitor."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from ddpm_playground.ui.serving.files import TRAINED, Files
from ddpm_playground.ui.serving.owned import Owned
from ddpm_playground.ui.serving.owners import Owners, asked_by, asking
from ddpm_playground.ui.serving.visitors import Visitors


def test_a_new_thing_takes_the_place_of_its_owners_earlier_one() -> None:
    gone: list[str] = []
    owned: Owned[str] = Owned(on_leave=gone.append)
    assert owned.begin("ada", "1", "first") == "first" and owned.begin("bob", "2", "other") == "other"
    owned.begin("ada", "3", "second")
    assert gone == ["first"] and len(owned) == 2 and "ada" in owned and "eve" not in owned
    assert owned.find("ada", "1") is None and owned.find("bob", "3") is None and owned.find("eve") is None
    assert owned.find("ada", "3") == owned.find("ada") == owned.known_by("3") == "second"
    assert owned.known_by("1") is None
    owned.forget_token("1")
    owned.forget("eve")
    assert gone == ["first"]
    owned.forget_token("2")
    owned.forget("ada")
    owned.forget("ada")
    assert gone == ["first", "other", "second"] and len(owned) == 0


def test_what_was_long_in_the_making_does_not_take_the_place_of_what_was_asked_for_since() -> None:
    gone: list[str] = []
    owned: Owned[str] = Owned(on_leave=gone.append)
    given_up = threading.Event()
    owned.begin("one", "newer", "b", threading.Event())
    given_up.set()
    owned.begin("one", "older", "a", given_up)
    assert gone == ["a"] and owned.find("one") == "b"


def test_an_owner_may_have_one_of_each_name_and_the_same_name_is_replaced() -> None:
    gone: list[str] = []
    owned: Owned[str] = Owned(on_leave=gone.append, one_each=False)
    for token, thing in (("x", "a"), ("y", "b"), ("x", "c")):
        owned.begin("ada", token, thing)
    assert gone == ["a"] and owned.find("ada", "y") == "b" and owned.find("ada", "x") == "c"
    assert owned.find("ada", "y") == owned.find("ada")  # the one looked at last


def test_what_costs_too_much_goes_ended_first_then_longest_unseen_never_the_newest() -> None:
    gone: list[str] = []
    ended = {"b"}
    owned: Owned[str] = Owned(gone.append, most=3, cost=len, ended=ended.__contains__)
    for name in "abc":
        owned.begin(name, "", name)
    owned.find("a")
    owned.begin("d", "", "d")
    assert gone == ["b"]
    owned.find("c", seen=False)  # which does not count
    owned.begin("e", "", "e")
    assert gone == ["b", "c"]
    owned.begin("f", "", "f" * 9)
    assert gone == ["b", "c", "a", "d", "e"] and owned.find("f") == "f" * 9
    owned.begin("g", "", "g")
    assert gone[-1] == "f" * 9 and len(owned) == 1


def test_however_many_ask_at_once_one_is_made() -> None:
    made: list[object] = []
    together = threading.Barrier(8)
    owned: Owned[object] = Owned(one_each=False)

    def ask(_: int) -> object:
        together.wait(timeout=60)
        return owned.find_or_begin("ada", "x", lambda: made.append(object()) or made[-1])

    with ThreadPoolExecutor(8) as threads:
        found = set(threads.map(ask, range(8)))
    assert found == set(made) and len(made) == 1


def test_what_is_done_at_leaving_may_ask_the_registry() -> None:
    """A thing that waits for its own thread to end must not hold up the others."""
    counts: list[int] = []
    owned: Owned[str] = Owned(on_leave=lambda _: counts.append(len(owned)))
    owned.begin("ada", "1", "a")
    owned.begin("ada", "2", "b")
    owned.forget_all()
    assert counts == [1, 0]


@pytest.fixture
def visitors(tmp_path) -> Visitors:
    return Visitors(Owners(), Files(tmp_path))


def held(visitors: Visitors) -> tuple[list[str], list[str]]:
    """Two kinds of things of ada and bob, with a place in a line and a file each; what leaves is listed by kind."""
    runs: list[str] = []
    chapters: list[str] = []
    kinds = (visitors.keep("runs", Owned(runs.append)), visitors.keep("chapters", Owned(chapters.append)))
    line = visitors.line("chain", at_once=1, most_waiting=5)
    for name in ("ada", "bob"):
        for owned in kinds:
            owned.begin(name, "", name)
        line.enter(name)
        with visitors.files.new(name, "run.gif") as path:
            path.write_text(name)
    return runs, chapters


def test_who_leaves_leaves_nothing(visitors: Visitors) -> None:
    runs, chapters = held(visitors)
    with visitors.files.new(TRAINED + "ada", "kept") as saved:
        saved.write_text("a network")
    visitors.leave("ada")
    assert runs == chapters == ["ada"] and len(visitors.lines["chain"]) == 1
    assert visitors.files.used_by("ada") == 0 < visitors.files.used_by("bob")
    assert saved.exists()  # as long as a reload may want it
    visitors.leave("ada")
    assert runs == ["ada"]


def test_who_has_closed_without_a_word_is_forgotten(visitors: Visitors) -> None:
    runs, chapters = held(visitors)
    visitors.forget_closed(lambda session: session == "bob")
    assert runs == chapters == ["bob"] and visitors.files.used_by("bob") == 0 < visitors.files.used_by("ada")


def test_the_sweep_asks_every_page_there_is(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setattr("ddpm_playground.ui.serving.owners.SWEEP_S", -1.0)
    owners = Owners()
    visitors = Visitors(owners, Files(tmp_path))
    runs, _ = held(visitors)
    monkeypatch.setattr(owners, "is_closed", lambda session: session == "ada")
    owners.sweep()
    assert runs == ["ada"]


def test_with_a_page_goes_what_it_held(tmp_path) -> None:
    owners = Owners()
    visitors = Visitors(owners, Files(tmp_path))
    runs, _ = held(visitors)
    del visitors
    assert sorted(runs) == ["ada", "bob"] and len(owners.leaving) == 0


def test_a_server_function_knows_who_asks() -> None:
    assert asking() == ""
    with asked_by("ada"):
        assert asking() == "ada"
        with ThreadPoolExecutor(1) as other:
            assert other.submit(asking).result() == ""  # a thread that was not told
    assert asking() == ""
