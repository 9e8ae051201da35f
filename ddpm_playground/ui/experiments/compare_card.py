"""A/B on screen: what the card of comparisons starts from."""

import json

from ...bridge.all_samplers import ALL_SAMPLERS, NAMED
from ...core import SCHEDULES, SPACINGS
from ...recipe import DEFAULT
from ...run import shelf
from ..words.text import text

# Comparisons that show something at once: what they are called → their columns.
EXAMPLES: dict[str, tuple[str, ...]] = {
    "same": ("sampler=ddpm num_steps=200 seed=1", "sampler=ddim strength=1 num_steps=200 seed=1"),
    "steps": ("sampler=ddim num_steps=20 seed=1", "sampler=ddim num_steps=200 seed=1"),
    "noise": ("sampler=ddpm num_steps=50 seed=1", "sampler=ddim num_steps=50 seed=1"),
    "guidance": ("num_steps=50 seed=1 guidance=1", "num_steps=50 seed=1 guidance=4"),
    "variance": ("num_steps=50 seed=1 strength=0", "num_steps=50 seed=1 strength=1"),
    "schedule": ("sampler=ddim num_steps=50 seed=1", "sampler=ddim num_steps=50 seed=1 schedule=cosine"),
}


def compare_value() -> str:
    """What compare.js starts from."""
    value = {
        "examples": EXAMPLES,
        "samplers": [(name, sampler.title) for name, sampler in ALL_SAMPLERS.items()],
        "classes": [(name, text(f"reverse.sampler_{name}")) for name in NAMED if name not in ALL_SAMPLERS],
        "checkpoints": shelf().names(),
        "schedules": list(SCHEDULES),
        "spacings": [DEFAULT.spacing, *(name for name in SPACINGS if name != DEFAULT.spacing)],
    }
    return json.dumps(value)
