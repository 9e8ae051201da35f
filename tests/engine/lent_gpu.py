"""A Space that lends a GPU, but for the GPU: `python -m tests.engine.lent_gpu` says in JSON what `spaces` was asked.

The package `spaces` itself decorates, asks for time, forks the worker and pipes its values; what would touch a device
is left out: the calls to the lender, and those that give the worker its card.
"""

import json
import os
import sys
import types
from typing import Any

os.environ |= {"SPACES_ZERO_GPU": "true", "SPACES_ZERO_DEVICE_API_URL": "http://127.0.0.1:1", "DDPM_ENGINE": "eager"}

import gradio  # noqa: E402, F401, I001
import torch  # noqa: E402

# The device's own part, in place before the package looks for it: no card is pretended, given or freed.
device = types.ModuleType("spaces.zero.torch")
for name in ("patch", "unpatch", "init", "move", "enter_mode"):
    setattr(device, name, lambda *_, **__: None)
device.size = device.pack = lambda: 0  # type: ignore[attr-defined]
device.is_in_bad_fork = lambda: False  # type: ignore[attr-defined]
sys.modules[device.__name__] = device

import spaces.zero  # noqa: E402
from spaces.zero import client, decorator  # noqa: E402
from spaces.zero.api import ScheduleResponse  # noqa: E402

asked: list[dict[str, Any]] = []
reports: list[int] = []


def schedule(task_id: int, request: object, duration: Any, gpu_size: object) -> ScheduleResponse:
    """Lend the card that there is not, and note for how long."""
    asked.append({"task": task_id, "seconds": duration.seconds})
    return ScheduleResponse(idle=False, nvidiaIndex=0, nvidiaUUID="none", allowToken="none")


client.schedule = schedule  # type: ignore[assignment]
client.allow = client.release = lambda *_, **__: None
client.startup_report = lambda: reports.append(len(decorator.decorated_cache))

from ddpm_playground.core import Sampling  # noqa: E402
from ddpm_playground.learn.judging.samples import sample  # noqa: E402
from ddpm_playground.recipe import DEFAULT  # noqa: E402
from ddpm_playground.run import Run, sampled_steps, shelf, steps_of  # noqa: E402


def main(network: str) -> None:
    """Decorated before launch; a chain and samples as without a Space; the time asked for before and after."""
    spaces.zero.startup()
    recipe = DEFAULT.with_(checkpoint=network, num_images=2, num_steps=6)
    plain = list(Run(recipe))
    lent = list(steps_of(Run(recipe)))
    chosen, labels = Sampling("ddim", 0.0, 6), [0, 1]
    images = sample(shelf().load(network), torch.tensor(labels), chosen, seed=3)
    drawn = list(sampled_steps(network, labels, chosen, 1.0, 3))[-1].x_s
    last = (drawn * 127.5 + 127.5).round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1)
    equal = [torch.equal(a.x_s, b.x_s) for a, b in zip(plain, lent, strict=True)]
    same = bool((last.numpy() == images).all())
    print(
        json.dumps({"decorated": reports, "seconds": [one["seconds"] for one in asked], "equal": equal, "same": same})
    )


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(sys.argv[1])
