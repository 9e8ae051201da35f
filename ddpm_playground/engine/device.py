"""Which device there is, and what it does well."""

import os
import platform

import torch

from ..core.phrase import Phrase, Refusal


def pick_device(name: str = "auto") -> torch.device:
    """CUDA, else MPS, else CPU; or the one named.

    Raises:
        ValueError: a device that this machine does not have.
    """
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return torch.device(next(kind for kind, found in there.items() if found))
    if not there.get(name, False):
        raise Refusal(
            "device must be auto or one of {known}, got {got}",
            known=", ".join((k for k, v in there.items() if v)),
            got=repr(name),
        )
    return torch.device(name)


def device_of(network: torch.nn.Module) -> torch.device:
    """Where a network's weights are."""
    return next(network.parameters()).device


def has_fast_bf16(device: torch.device) -> bool:
    """Whether bf16 autocast pays on this device: any recent CUDA card, or a CPU with bf16 instructions."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device)[0] >= 8
    return device.type == "cpu" and "avx512_bf16" in _cpu_flags()


def has_fast_fp16(device: torch.device) -> bool:
    """Whether float16 pays on this device: any CUDA card since Volta (2017)."""
    return device.type == "cuda" and torch.cuda.get_device_capability(device)[0] >= 7


def _cpu_flags() -> set[str]:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return next((set(line.split(":", 1)[1].split()) for line in file if line.startswith("flags")), set())
    except OSError:
        return set()


def _cpu_name() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            found = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "")
    except OSError:
        found = ""
    return found or platform.processor() or platform.machine()


def describe_device(device: torch.device) -> Phrase:
    """One line for the screen and the model card."""
    if device.type == "cuda":
        return Phrase("{name} (CUDA)", name=torch.cuda.get_device_name(device))
    name = "Apple GPU (MPS)" if device.type == "mps" else _cpu_name()
    return Phrase("{name}, {used} of {all} cores", name=name, used=torch.get_num_threads(), all=os.cpu_count())
