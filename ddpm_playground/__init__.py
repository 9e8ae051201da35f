"""DDPM Playground: denoising diffusion probabilistic models one can see, touch and check.

In anybody's code, after `import ddpm_playground as pg`: `pg.watch` shows a pipeline while it runs and `pg.last` has
the run afterwards; `pg.schedule`, `pg.check`, `pg.forward` and `pg.reverse` are for notebooks. Each is imported when
first used.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .watching.checked import check as check
    from .watching.noised import forward as forward
    from .watching.reversed import reverse as reverse
    from .watching.shown_schedule import schedule as schedule
    from .watching.watch import last as last
    from .watching.watch import watch as watch

__version__ = "0.1.0"

# Nothing leaves the machine unless somebody asks for it. Several libraries report their use to their makers, some as
# soon as they are imported, and native code does so past every Python socket; docs/security.md has what each was seen
# to do. This stands here because whatever starts the package, page, command, library or worker, imports it first.
SILENT = {
    "ORT_DISABLE_TELEMETRY": "1",  # onnxruntime looks its maker's host up at import
    "GRADIO_ANALYTICS_ENABLED": "False",  # gradio: version check, launch report, address look-up
    # Of every event it also keeps statistics, computed anew from the last 10,000 whenever one ends.
    "GRADIO_ANALYTICS_MAX_EVENTS": "1",
    "GRADIO_ANALYTICS_CACHE_FREQUENCY": "1000000000",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
}
for _name, _value in SILENT.items():
    os.environ.setdefault(_name, _value)

# attribute → the module of `watching` that has it
_LAZY = {
    "watch": "watch",
    "last": "watch",
    "schedule": "shown_schedule",
    "check": "checked",
    "forward": "noised",
    "reverse": "reversed",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f".watching.{_LAZY[name]}", __name__), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})
