"""What the process that all workers come from has ready."""

import os


def warm_up() -> None:
    """In the process that all workers come from: import what they need, and start no thread that a fork would lose."""
    import torch

    torch.set_num_threads(1)
    os.environ["DDPM_ENGINE"] = "eager"
    from ...bridge.scheduler_classes import scheduler_classes
    from .verdicts import examine

    scheduler_classes()
    examine({"text": '{"_class_name": "DDIMScheduler"}'})
