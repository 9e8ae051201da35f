"""Libraries that take seconds to import, imported when something of them is first used: the page is built without them.

What uses torch in functions alone writes `from .later import torch` and `from __future__ import annotations`, and can
then be imported, for its tables and names, in a process that never needs torch. Python's own lock of a module lets one
thread import it while the others wait.
"""

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any


class Later:
    """A module as it is from the first use on.

    Args:
        name: what to import.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._module: ModuleType | None = None

    def __getattr__(self, attribute: str) -> Any:
        """Of the module, which is imported now if it is not there yet."""
        module = self._module
        if module is None:
            self._module = module = import_module(self._name)
        return getattr(module, attribute)


if TYPE_CHECKING:
    import torch as torch
else:
    torch = Later("torch")
