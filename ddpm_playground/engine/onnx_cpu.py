"""ε_θ through ONNX Runtime on the CPU: the same numbers, with less time spent around the arithmetic."""

import contextlib
import copy
import hashlib
import io
import json
import os
import shutil
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import torch

from ..core.phrase import Phrase
from ..core.plain_words import reason_of
from ..core.writing import sweep, written
from .cache import LIMIT, cache_folder, make_room, most_bytes
from .device import device_of
from .network import EngineUnavailable, examples

if TYPE_CHECKING:
    from diffusers import UNet2DModel

OPSET = 18
# How far its output may lie from eager float32's, as a share of the largest value of ε̂: what large pictures add up in
# another order differs by more than small ones, and by more the larger the values are.
ONNX_AGREEMENT = 3e-5
# With so many pictures for each thread, every thread runs the network on pictures of its own, at most so many at a
# time: then none waits for another within the network.
APART = 8
# Every file of that kind in the cache is ours; those of a living process stay.
LEFT_BEHIND = "*.writing"
# torch notes in one place for the whole process that it exports: two at once would break each other off.
_EXPORTING = threading.Lock()


class _Plain(torch.nn.Module):
    """The network as a function of tensors alone."""

    def __init__(self, unet: "UNet2DModel") -> None:
        super().__init__()
        self.unet = unet

    def forward(self, x: torch.Tensor, t: torch.Tensor, *labels: torch.Tensor) -> torch.Tensor:
        if self.unet.config.get("time_embedding_type") == "fourier":
            t = t.float()  # ONNX has no logarithm of whole numbers
        return self.unet(x, t, class_labels=labels[0] if labels else None, return_dict=False)[0]


class OnnxNetwork:
    """A UNet2DModel's forward in ONNX Runtime, called as the UNet2DModel is.

    A picture's bits do not depend on how many others are asked for in the same call.

    Args:
        unet: what was exported; names the classes and the shape.
        model: the exported graph, as bytes.
        threads: CPU threads; None for as many as torch uses.
    """

    batch_invariant = True

    def __init__(self, unet: "UNet2DModel", model: bytes, threads: int | None = None) -> None:
        import onnxruntime

        def session(count: int) -> onnxruntime.InferenceSession:
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = count
            options.log_severity_level = 3
            return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

        self.config = unet.config
        self.threads = threads or torch.get_num_threads()
        self.session = session(self.threads)
        self.alone = session(1) if self.threads > 1 else self.session
        self.workers = ThreadPoolExecutor(self.threads, "onnx")

    def __call__(self, x: torch.Tensor, t: torch.Tensor, class_labels: torch.Tensor | None = None) -> SimpleNamespace:
        """x (B,C,H,W) float32, t (B,) int64, labels (B,) int64 or None → an object whose `sample` is (B,C,H,W)."""
        given = {"x": x.contiguous().numpy(), "t": t.numpy()}
        if class_labels is not None:
            given["label"] = class_labels.numpy()
        if len(x) < APART * self.threads:
            return SimpleNamespace(sample=torch.from_numpy(self.session.run(None, given)[0]))
        turns = -(-len(x) // (APART * self.threads))
        sample = np.empty((len(x), self.config["out_channels"], *x.shape[2:]), given["x"].dtype)
        size = -(-len(x) // (turns * self.threads))

        def fill(start: int) -> None:
            some = {name: values[start : start + size] for name, values in given.items()}
            sample[start : start + size] = self.alone.run(None, some)[0]

        list(self.workers.map(fill, range(0, len(x), size)))
        return SimpleNamespace(sample=torch.from_numpy(sample))


def onnx_network(unet: "UNet2DModel", sha256: str) -> OnnxNetwork:
    """The network in ONNX Runtime; exported once and kept in the cache folder.

    Args:
        unet: a float32 network on the CPU.
        sha256: of its weights; names it in the cache.

    Raises:
        EngineUnavailable: no ONNX Runtime, an architecture that cannot be exported, or other numbers than eager's.
    """
    try:
        import onnxruntime
    except ImportError:
        raise EngineUnavailable("the package onnxruntime is not installed") from None
    if device_of(unet).type != "cpu":
        raise EngineUnavailable("ONNX Runtime is used on the CPU only")
    facts = json.dumps([dict(unet.config), torch.__version__, onnxruntime.__version__, OPSET], default=str)
    name = f"{sha256[:32]}-{hashlib.sha256(facts.encode()).hexdigest()[:16]}.onnx"
    folder = cache_folder()
    kept = folder / name if folder else None
    if folder:
        sweep(folder, LEFT_BEHIND)
    reason: Phrase | None = None
    for source in (_read, _exported):
        model = source(unet, kept)
        if model is None:
            continue
        try:
            network = OnnxNetwork(unet, model)
            difference = disagreement(unet, network)
        except EngineUnavailable:
            raise
        except Exception as error:  # whatever the runtime raises, eager still works
            told = " ".join(str(error).split())[:200]
            reason = Phrase("ONNX Runtime refuses the network: {error}", error=told)
            continue
        if difference <= ONNX_AGREEMENT:
            return network
        reason = Phrase(
            "what it says differs from PyTorch's by {difference} of the largest value of ε̂, more than {most}",
            difference=f"{difference:.1e}",
            most=f"{ONNX_AGREEMENT:g}",
        )
    assert reason is not None  # the second source has always something
    raise EngineUnavailable(reason)


def _read(unet: "UNet2DModel", kept: Path | None) -> bytes | None:
    try:
        model = kept.read_bytes() if kept else None
    except OSError:
        return None
    if kept is not None:
        with contextlib.suppress(OSError):
            os.utime(kept)  # the one used longest ago is the first to go
    return model


def _exported(unet: "UNet2DModel", kept: Path | None) -> bytes:
    """Export, and keep the result where that can be done; one line says where it cannot."""
    model = export(unet)
    if kept is None:
        return model
    try:
        if kept.is_dir():  # nobody else makes such a name
            shutil.rmtree(kept)
        if not make_room(kept, len(model), "*.onnx"):
            print(
                f"ddpm_playground: the network as ONNX Runtime has it ({len(model) / 2**20:,.1f} MiB) is larger than "
                f"{LIMIT} allows ({most_bytes() // 2**20:,} MiB); it will be exported anew at the next start",
                file=sys.stderr,
            )
            return model
        with written(kept) as temporary:
            temporary.write_bytes(model)
    except OSError as error:
        print(
            f"ddpm_playground: the network as ONNX Runtime has it ({len(model) / 2**20:,.1f} MiB) is not kept in "
            f"{kept.parent} and will be exported anew at the next start: {reason_of(error, with_path=True)}",
            file=sys.stderr,
        )
    return model


def export(unet: "UNet2DModel") -> bytes:
    """The network as an ONNX graph with a free batch size.

    Raises:
        EngineUnavailable: torch cannot export it.
    """
    plain, (x, t, label) = _Plain(copy.deepcopy(unet)).eval(), examples(unet.config, 2)
    inputs = {"x": x, "t": t} | ({} if label is None else {"label": label})
    file = io.BytesIO()
    try:
        with _EXPORTING, warnings.catch_warnings(), torch.no_grad():
            # The tracer warns of itself, and of sizes that are the same for every input of ours. The newer exporter
            # yields the same graph in fifteen times the time.
            warnings.simplefilter("ignore")
            torch.onnx.export(
                plain,
                tuple(inputs.values()),
                file,  # type: ignore[arg-type]
                input_names=list(inputs),
                output_names=["sample"],
                dynamic_axes={name: {0: "batch"} for name in (*inputs, "sample")},
                opset_version=OPSET,
                dynamo=False,
            )
    except Exception as error:  # the exporter has no base class for what it raises
        raise EngineUnavailable(
            "torch cannot export the network: {error}", error=" ".join(str(error).split())[:200]
        ) from None
    return file.getvalue()


def disagreement(unet: "UNet2DModel", network: OnnxNetwork) -> float:
    """Largest difference from eager float32, as a share of the largest value it has; on another batch size.

    Raises:
        EngineUnavailable: there is nothing to compare: one of them says what is not finite.
    """
    x, t, label = examples(unet.config, 3)
    with torch.no_grad():
        plain, said = unet(x, t, class_labels=label).sample, network(x, t, label).sample
    for title, values in (("PyTorch", plain), ("ONNX Runtime", said)):
        if not bool(torch.isfinite(values).all()):
            raise EngineUnavailable(
                "in {title} the network's answers at t = {t} are not finite, so that the two cannot be held to each "
                "other",
                title=title,
                t=", ".join(str(one + 1) for one in t.tolist()),
            )
    largest = float(plain.abs().max())
    return float((plain - said).abs().max()) / (largest or 1.0)
