"""The map of the derivation, and the digits of tables."""

from ddpm_playground.ui.chapters import CHAPTERS, PLACES
from ddpm_playground.ui.chapters.show import numbers
from ddpm_playground.ui.words.text import table


def test_every_chapter_has_a_place_of_its_own() -> None:
    assert PLACES.keys() == CHAPTERS.keys()
    assert len({(place.column, place.row) for place in PLACES.values()}) == len(PLACES)
    for language in ("en", "zh-TW"):
        names = [table(language)[f"ch_{name}.map"] for name in CHAPTERS]
        assert len(set(names)) == len(names) and max(map(len, names)) <= 20


def test_arrows_lead_on_and_every_chapter_is_on_a_way() -> None:
    for place in PLACES.values():
        for before in place.follows:
            assert PLACES[before].column < place.column
    taken = {before for place in PLACES.values() for before in place.follows}
    assert all(name in taken or place.follows for name, place in PLACES.items())


def test_a_table_has_four_digits_and_six_for_who_asks() -> None:
    rows = numbers(("a", 0.123456789), ("b", 2.0), ("c", "n"), ("d", 1.5804567e-4, "x_0"))["rows"]
    assert [(row["value"], row["full"]) for row in rows] == [
        ("0.1235", "0.123457"),
        ("2.000", "2.00000"),
        ("n", ""),
        (r"1.580\times10^{-4}", r"1.58046\times10^{-4}"),
    ]
    assert rows[3]["symbol"] == "x_0"
