"""What runs networks is slow to import, so the page does without it at first; here it comes, once, in one thread."""

import importlib
import threading

# In this order, whoever needs which: two threads that import parts of each other's would see half of a module.
HEAVY = (
    "learn.checkpoints.checkpoint",
    "engine.engines",
    "learn.training.live",
    "learn.training.live_tasks",
    "bridge.diffusers_samplers",
)
IMPORTING = (
    threading.RLock()
)  # for whoever imports what a page is built without; no module takes it while it is imported
_done = threading.Event()


def import_once() -> None:
    """Return when all of it is imported; the first caller does it, the others wait.

    Raises:
        ImportError: a library is missing or broken; the next caller tries again.
    """
    if _done.is_set():
        return
    with IMPORTING:
        if not _done.is_set():
            for name in HEAVY:
                importlib.import_module(f"ddpm_playground.{name}")
            _done.set()
