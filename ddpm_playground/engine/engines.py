"""Which engine runs ε_θ."""

import os
import sys
from collections.abc import Callable
from typing import Any

from diffusers import UNet2DModel

from .cuda_graph import cuda_graph_fp32_network, cuda_graph_network
from .network import EngineUnavailable, Network
from .onnx_cpu import onnx_network


def eager_network(unet: UNet2DModel, sha256: str) -> Any:
    """The network itself."""
    return unet


# An engine is one function and one line here: (network, sha256 of its weights) → the network as that engine runs it.
# A network with a method `reverse` walks the whole chain itself, as `core.reverse` would.
ENGINES: dict[str, Callable[[UNet2DModel, str], Network]] = {
    "eager": eager_network,
    "onnx": onnx_network,
    "cuda-graph": cuda_graph_network,
    "cuda-graph-fp32": cuda_graph_fp32_network,
}
# What "auto" is on a device; eager elsewhere.
FASTEST = {"cpu": "onnx", "cuda": "cuda-graph"}
# What is shown of an engine beside the device.
TITLES = {
    "eager": "PyTorch eager",
    "onnx": "ONNX Runtime",
    "cuda-graph": "CUDA graph",
    "cuda-graph-fp32": "CUDA graph in float32",
}


def pick_engine(device_type: str, name: str = "auto") -> str:
    """The engine named, or for "auto" that of the environment variable DDPM_ENGINE, else the fastest on the device.

    Raises:
        ValueError: no engine of that name.
    """
    wanted = os.environ.get("DDPM_ENGINE", "auto") if name == "auto" else name
    if wanted == "auto":
        return FASTEST.get(device_type, "eager")
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
