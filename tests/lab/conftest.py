"""The corpus, config by config."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is asked about one config of the corpus follows one another, while what was measured of it is remembered."""
    places = [i for i, item in enumerate(items) if item.path.name == "test_corpus.py"]
    names = [items[i].name.partition("[")[2] for i in places]
    of_corpus = [items[i] for i in sorted(places, key=lambda i: names.index(items[i].name.partition("[")[2]))]
    for place, item in zip(places, of_corpus, strict=True):
        items[place] = item
