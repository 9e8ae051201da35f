"""What belongs to visitors: who has what, under which name, for how long, and what becomes of it when it goes."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")
Key = tuple[str, str]


def _nothing(_: object) -> None:
    """What goes needs no word."""


def _never(_: object) -> bool:
    return False


def _one(_: object) -> int:
    return 1


class Owned(Generic[T]):
    """Things of one kind, each its owner's, known by a token: a secret, or the owner's own name for it.

    What costs too much together is let go: first what has ended, then what was looked at longest ago, never the newest.
    All of it may be called from any thread; `on_leave` is called outside the lock.

    Args:
        on_leave: what is done to a thing that goes, whatever for; it may be called for a thing that has ended.
        most: what all may cost together; None is no limit.
        cost: what one thing costs.
        ended: whether a thing has ended.
        one_each: whether an owner's new thing takes the place of the one before.
    """

    def __init__(
        self,
        on_leave: Callable[[T], object] = _nothing,
        most: int | None = None,
        cost: Callable[[T], int] = _one,
        ended: Callable[[T], bool] = _never,
        one_each: bool = True,
    ) -> None:
        self.on_leave, self.most, self.cost, self.ended, self.one_each = on_leave, most, cost, ended, one_each
        self._things: OrderedDict[Key, T] = OrderedDict()  # the one looked at last is the last
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """How many there are."""
        with self._lock:
            return len(self._things)

    def __contains__(self, owner: str) -> bool:
        """Whether this owner has anything."""
        with self._lock:
            return any(whose == owner for whose, _ in self._things)

    def begin(self, owner: str, token: str, thing: T, given_up: threading.Event | None = None) -> T:
        """A new thing of this owner; what it takes the place of, and what is over the limit, goes.

        Args:
            owner: whose it is.
            token: what it is known by; one of the same token goes.
            thing: what is kept.
            given_up: set when its owner has asked anew: what was long in the making then goes itself, and takes the
                place of nothing.

        Returns:
            The thing.
        """
        with self._lock:
            gone = [thing] if given_up and given_up.is_set() else self._put((owner, token), thing)
        self._left(gone)
        return thing

    def find_or_begin(self, owner: str, token: str, make: Callable[[], T]) -> T:
        """This owner's thing of that token; made where there is none, once however many ask."""
        with self._lock:
            gone: list[T] = []
            if (owner, token) not in self._things:
                gone = self._put((owner, token), make())
            self._things.move_to_end((owner, token))
            thing = self._things[owner, token]
        self._left(gone)
        return thing

    def _put(self, key: Key, thing: T) -> list[T]:
        """Keep a thing; returns those that go for it."""
        earlier = [other for other in self._things if other == key or (self.one_each and other[0] == key[0])]
        gone = [self._things.pop(other) for other in earlier]
        self._things[key] = thing
        return gone + self._over_the_limit(key)

    def _over_the_limit(self, newest: Key) -> list[T]:
        if self.most is None:
            return []
        gone, costs = [], sum(map(self.cost, self._things.values()))
        for only_ended in (True, False):
            for key, thing in list(self._things.items()):
                if costs <= self.most:
                    return gone
                if key != newest and self.ended(thing) >= only_ended:
                    costs -= self.cost(thing)
                    gone.append(self._things.pop(key))
        return gone

    def find(self, owner: str, token: str | None = None, seen: bool = True) -> T | None:
        """This owner's thing of that token, or of any, then the one looked at last; None where there is none.

        Args:
            owner: whose it is.
            token: what it is known by.
            seen: whether this counts as looking at it.
        """
        with self._lock:
            keys = (key for key in reversed(self._things) if key[0] == owner and token in (None, key[1]))
            key = next(keys, None)
            if key is None:
                return None
            if seen:
                self._things.move_to_end(key)
            return self._things[key]

    def known_by(self, token: str) -> T | None:
        """The thing of that token, whosever it is: of secrets, which their owner alone has."""
        with self._lock:
            return next((thing for (_, known), thing in self._things.items() if known == token), None)

    def forget(self, owner: str) -> None:
        """This owner has left: all that is his goes. Does nothing where there is nothing."""
        self._forget(lambda whose, _: whose == owner)

    def forget_token(self, token: str) -> None:
        """The thing of that token goes, whosever it is."""
        self._forget(lambda _, known: known == token)

    def forget_closed(self, is_closed: Callable[[str], bool]) -> None:
        """What belongs to owners who have gone without a word goes."""
        with self._lock:
            owners = {owner for owner, _ in self._things}
        closed = set(filter(is_closed, owners))
        self._forget(lambda owner, _: owner in closed)

    def forget_all(self) -> None:
        """Everything goes: the process ends."""
        self._forget(lambda *_: True)

    def _forget(self, goes: Callable[[str, str], bool]) -> None:
        with self._lock:
            gone = [self._things.pop(key) for key in list(self._things) if goes(*key)]
        self._left(gone)

    def _left(self, gone: list[T]) -> None:
        for thing in gone:
            self.on_leave(thing)
