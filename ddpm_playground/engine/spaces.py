"""The GPU that a Hugging Face Space lends for the length of a call."""

import importlib
import importlib.util
import os
from collections.abc import Callable
from types import ModuleType
from typing import Any

SECONDS = 120


def shared_gpu() -> ModuleType | None:
    """The `spaces` package where it is installed and the Space shares a GPU, else None."""
    if os.environ.get("SPACES_ZERO_GPU", "").lower() not in ("1", "true") or not importlib.util.find_spec("spaces"):
        return None
    return importlib.import_module("spaces")


def with_shared_gpu(fn: Callable[..., Any]) -> Callable[..., Any]:
    """`fn` run where the shared GPU is, or `fn` itself where there is none."""
    spaces = shared_gpu()
    return fn if spaces is None else spaces.GPU(duration=SECONDS)(fn)
