"""Which engine runs ε_θ."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..core.phrase import Phrase, Refusal
from .cuda_graph import cuda_graph_fp32_network, cuda_graph_network
from .device import device_of
from .network import EngineUnavailable, Network
from .onnx_cpu import onnx_network

if TYPE_CHECKING:
    from diffusers import UNet2DModel


def eager_network(unet: "UNet2DModel", sha256: str) -> Any:
    """The network itself."""
    return unet


@dataclass(frozen=True)
class Engine:
    """A way to run ε_θ, a row of `ENGINES`.

    Attributes:
        make: (network, sha256 of its weights) → the network as the engine runs it. One with a method `reverse` walks
            the whole chain itself, as `core.reverse` would.
        title: what is shown of it beside the device.
        fastest_on: the type of device that "auto" takes it on, "cpu" or "cuda"; "" for none.
    """

    make: Callable[["UNet2DModel", str], Network]
    title: str
    fastest_on: str = ""


# An engine is one function and one row here.
ENGINES: dict[str, Engine] = {
    "eager": Engine(eager_network, "PyTorch eager"),
    "onnx": Engine(onnx_network, "ONNX Runtime", "cpu"),
    "cuda-graph": Engine(cuda_graph_network, "CUDA graph", "cuda"),
    "cuda-graph-fp32": Engine(cuda_graph_fp32_network, "CUDA graph in float32"),
}


def pick_engine(device_type: str, name: str = "auto") -> str:
    """The engine named, or for "auto" that of the environment variable DDPM_ENGINE, else the fastest on the device.

    Raises:
        ValueError: no engine of that name.
    """
    wanted = os.environ.get("DDPM_ENGINE", "auto") if name == "auto" else name
    if wanted == "auto":
        return next((key for key, engine in ENGINES.items() if engine.fastest_on == device_type), "eager")
    if wanted not in ENGINES:
        raise Refusal(
            "engine must be auto or one of {known}, got {got}; pick one of these",
            known=", ".join(ENGINES),
            got=repr(wanted),
        )
    return wanted


@dataclass(frozen=True)
class Running:
    """What runs a network.

    Attributes:
        engine: a key of ENGINES.
        network: as that engine runs it.
        fallback: why it is not the engine that was wanted; None where it is.
    """

    engine: str
    network: Network
    fallback: Phrase | None = None


def running_on(unet: "UNet2DModel", sha256: str, name: str = "auto") -> Running:
    """The network in the engine; in eager PyTorch, with the reason, where the one wanted cannot be had."""
    wanted = pick_engine(device_of(unet).type, name)
    try:
        return Running(wanted, ENGINES[wanted].make(unet, sha256))
    except EngineUnavailable as reason:
        title = ENGINES[wanted].title
        print(f"ddpm_playground: {title} cannot be used, PyTorch runs the network: {reason}", file=sys.stderr)
        return Running("eager", eager_network(unet, sha256), reason.phrase)


def network_on(unet: "UNet2DModel", sha256: str, name: str = "auto") -> tuple[str, Network]:
    """Name and network of the engine, see `running_on`; one line on stderr where it is eager for want of another."""
    running = running_on(unet, sha256, name)
    return running.engine, running.network
