"""One served page for the tests of this folder, and visitors for it."""

from collections.abc import Callable, Iterator
from itertools import count

import pytest

from ..browser.server import served
from .client import Client

NUMBERS = count()


@pytest.fixture(scope="session")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the page of tests.security.page, whose temporary files lie apart from everybody else's."""
    with served("tests.security.page", TMPDIR=str(tmp_path_factory.mktemp("page"))) as url:
        yield url


@pytest.fixture
def visitor(page: str) -> Iterator[Callable[..., Client]]:
    """Makes visitors of that page; their connections are closed at the end."""
    made: list[Client] = []

    def make(session: str = "", with_cookie: bool = True) -> Client:
        made.append(Client(page, session or f"visitor{next(NUMBERS)}", with_cookie))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def state(page: str) -> Callable[[], dict]:
    """What the server holds now."""
    import httpx

    return lambda: httpx.get(page + "state", timeout=30).json()
