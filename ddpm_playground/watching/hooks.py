"""A method of one object put behind another callable, and put back as it was found."""

import functools
import threading
from collections.abc import Callable
from types import MethodType
from typing import Any

from ..core.phrase import Refusal

# Between two watches that begin at once, one sees the other's hooks.
_HOOKING = threading.Lock()


class Hook:
    """What stands in the stead of a method: as that method is, with somebody told of each call.

    Args:
        owner: whose method it is.
        name: of the method.
        told: told of each call, (the method, args, kwargs) -> what the method returned.
    """

    def __init__(self, owner: Any, name: str, told: Callable[[Callable[..., Any], tuple, dict], Any]) -> None:
        self.method = getattr(owner, name)
        self._owner, self._name, self._told = owner, name, told
        # Pipelines ask a step's signature for what it takes.
        functools.update_wrapper(self, self.method)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The method's own answer."""
        return self._told(self.method, args, kwargs)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        """In a copy of its owner, the copy's own method: else the copy would step the original."""
        copied = memo.get(id(self._owner))
        return self if copied is None else MethodType(getattr(type(copied), self._name), copied)

    def __reduce__(self) -> tuple[Any, ...]:
        return getattr, (self._owner, self._name)


class Hooked:
    """Hooks on methods of one object, put in as instance attributes and taken out again.

    Args:
        owner: the object.
        told: name of a method → who is told of its calls; a method that the object has not is passed over.

    Raises:
        Refusal: it has hooks already.
    """

    def __init__(self, owner: Any, told: dict[str, Callable[[Callable[..., Any], tuple, dict], Any]]) -> None:
        self._owner = owner
        self._before: dict[str, Any] = {}
        self._hooks: dict[str, Hook] = {}
        with _HOOKING:
            if any(isinstance(vars(owner).get(name), Hook) for name in told):
                raise Refusal(
                    "this {name} is watched already; leave the other watch first, or watch a copy of it",
                    name=type(owner).__name__,
                )
            for name, one in told.items():
                if hasattr(owner, name):
                    self._before |= {name: vars(owner)[name]} if name in vars(owner) else {}
                    self._hooks[name] = Hook(owner, name, one)
            for name, hook in self._hooks.items():
                vars(owner)[name] = hook

    def remove(self) -> None:
        """Everything as it was found; what somebody else has put over a hook meanwhile stays."""
        with _HOOKING:
            for name, hook in self._hooks.items():
                if vars(self._owner).get(name) is not hook:
                    continue
                if name in self._before:
                    vars(self._owner)[name] = self._before[name]
                else:
                    del vars(self._owner)[name]
