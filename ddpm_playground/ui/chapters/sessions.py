"""What chapters keep for a visitor, from one answer to the next."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ..serving.owned import Owned
from .chapter import Chapter

MOST = 8  # of all visitors together; a network with its optimizer each


class Sessions:
    """What the chapters go on with: for each visitor one a chapter and choice; of all of them those used last.

    Args:
        most: how many are kept.
    """

    def __init__(self, most: int = MOST) -> None:
        self.owned: Owned[tuple[Any, threading.Lock]] = Owned(most=most, one_each=False)

    def __len__(self) -> int:
        """How many are kept."""
        return len(self.owned)

    @contextmanager
    def held(self, owner: str, chapter: Chapter, values: Mapping[str, Any]) -> Iterator[Any]:
        """What a chapter keeps for this owner, made where there is nothing, for one holder at a time.

        Args:
            owner: whose it is.
            chapter: None is yielded for one that keeps nothing.
            values: of its controls.
        """
        keeps = chapter.keeps
        if keeps is None:
            yield None
            return
        value = values[keeps.control]
        name = f"{chapter.name} {value}"
        kept, own = self.owned.find_or_begin(owner, name, lambda: (keeps.make(value), threading.Lock()))
        with own:
            yield kept
