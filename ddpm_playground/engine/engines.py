"""Which engine runs ε_θ."""

import os
import sys
from collections.abc import Callable
from typing import Any

from diffusers import UNet2DModel

from .network import EngineUnavailable, Network
from .onnx_cpu import onnx_network


def eager_network(unet: UNet2DModel, sha256: str) -> Any:
    """The network itself."""
    return unet


# An engine is one function and one line here: (network, sha256 of its weights) → the network as that engine runs it.
ENGINES: dict[str, Callable[[UNet2DModel, str], Network]] = {"eager": eager_network, "onnx": onnx_network}
# What is shown of an engine beside the device.
TITLES = {"eager": "PyTorch eager", "onnx": "ONNX Runtime"}


def pick_engine(device_type: str, name: str = "auto") -> str:
    """The engine named, or for "auto" that of the environment variable DDPM_ENGINE, else the fastest on the device.

    Raises:
        ValueError: no engine of that name.
    """
    wanted = os.environ.get("DDPM_ENGINE", "auto") if name == "auto" else name
    if wanted == "auto":
        return "onnx" if device_type == "cpu" else "eager"
    if wanted not in ENGINES:
        raise ValueError(f"engine must be auto or one of {', '.join(ENGINES)}, got {wanted!r}; pick one of these")
    return wanted


def network_on(unet: UNet2DModel, sha256: str, name: str = "auto") -> tuple[str, Network]:
    """Name and network of the engine; eager, with one line on stderr, where the one wanted cannot be had."""
    wanted = pick_engine(next(unet.parameters()).device.type, name)
    try:
        return wanted, ENGINES[wanted](unet, sha256)
    except EngineUnavailable as reason:
        print(f"ddpm_playground: {TITLES[wanted]} cannot be used, PyTorch runs the network: {reason}", file=sys.stderr)
        return "eager", eager_network(unet, sha256)
