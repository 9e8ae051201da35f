"""The only file I/O for trained weights: diffusers pipeline folders (safetensors only)."""

import glob
import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import torch
from diffusers import DDPMScheduler, UNet2DModel
from safetensors import SafetensorError
from safetensors.torch import load_file

from ..core import Schedule, Step, reverse
from ..engine.device import describe_device
from ..engine.engines import TITLES, network_on, pick_engine
from ..engine.network import Network
from ..lab.diffusers_config import schedule_from_config
from .checkpoint_error import CheckpointError
from .network import NetworkEps
from .planar_network import PlanarNetwork
from .training_state import settle

WEIGHTS = Path("unet") / "diffusion_pytorch_model.safetensors"
PICKLE_SUFFIXES = {".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt"}
MAX_COUNT = 4096
TRIED_PIXELS = 128 * 128
# An architecture is one line here: the class that unet/config.json names → the class that is built of that config.
# Those of PICTURES can be read anywhere, the others where points in the plane are welcome.
ARCHITECTURES: dict[str, Any] = {"UNet2DModel": UNet2DModel, "PlanarNetwork": PlanarNetwork}
PICTURES = ("UNet2DModel",)
MAX_CONFIG_BYTES = 10 * 2**20


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A loaded pipeline folder.

    Attributes:
        unet: the network, in evaluation mode, channels-last; a PlanarNetwork, called alike, where `is_planar`.
        schedule: the schedule it was trained with.
        scheduler_config: the folder's scheduler_config.json as read.
        class_names: one name per class, in label order; empty if unconditional.
        sha256: of the weights file.
        engine: the engine that runs the network, a key of engine.ENGINES.
        network: what that engine calls; None for `unet` itself.
    """

    folder: Path
    unet: UNet2DModel
    schedule: Schedule
    scheduler_config: dict[str, Any]
    class_names: tuple[str, ...]
    sha256: str
    engine: str = "eager"
    network: Network | None = None

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(C,H,W) of one picture."""
        size = self.unet.config["sample_size"]
        height, width = (size, size) if isinstance(size, int) else size
        return self.unet.config["in_channels"], height, width

    @property
    def is_planar(self) -> bool:
        """Whether it makes points in the plane and no pictures; these are not bounded by ±1."""
        return isinstance(self.unet, PlanarNetwork)

    @property
    def prediction_type(self) -> str:
        """What the network says: epsilon, v_prediction or sample."""
        return self.scheduler_config.get("prediction_type", "epsilon")

    def predictor(self, guidance: float = 1.0) -> NetworkEps:
        """The network as an ε-predictor."""
        network = cast(Network, self.unet) if self.network is None else self.network
        return NetworkEps(self.schedule, network, self.prediction_type, guidance)

    @property
    def reverse(self) -> Callable[..., Iterator[Step]]:
        """`core.reverse`, or where the engine has its own way to walk that chain, the engine's."""
        return getattr(self.network, "reverse", reverse)

    def on(self, engine: str = "auto") -> "Checkpoint":
        """The same checkpoint with its network run by an engine, see `network_on`; "auto" is the fastest."""
        name, network = network_on(self.unet, self.sha256, self.engine_for(engine))
        return replace(self, engine=name, network=network)

    def engine_for(self, engine: str = "auto") -> str:
        """The engine that `on` will try, see `pick_engine`; a network of the plane is too small to gain by any."""
        return "eager" if self.is_planar else pick_engine(next(self.unet.parameters()).device.type, engine)

    def described(self) -> str:
        """Device and engine, for the screen and the model card."""
        return f"{describe_device(next(self.unet.parameters()).device)}, {TITLES[self.engine]}"


def sha256_of(path: Path) -> str:
    """Hex digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise CheckpointError(f"{path.parent.name}/{path.name} is missing in the checkpoint; copy the whole folder")
    if path.stat().st_size > MAX_CONFIG_BYTES:
        raise CheckpointError(f"{path.name} is larger than 10 MB; a config is a few lines of JSON")
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{path.name} is not JSON: {error}; copy it again") from None
    if not isinstance(config, dict):
        raise CheckpointError(f"{path.name} must hold one JSON object, got {type(config).__name__}; copy it again")
    return config


def _check_config(config: dict[str, Any]) -> None:
    """Refuse pictures that our samplers cannot make.

    Raises:
        CheckpointError: no size, another number of channels out than in, or classes that are no count.
    """
    size = config.get("sample_size")
    sides = size if isinstance(size, list) else [size, size]
    counts = {
        "sample_size": sides, "in_channels": [config.get("in_channels", 3)],
        "out_channels": [config.get("out_channels", 3)],
        "num_class_embeds": [1 if config.get("num_class_embeds") is None else config["num_class_embeds"]],
    }  # fmt: skip
    for name, values in counts.items():
        if len(values) not in (1, 2) or not all(type(v) is int and 1 <= v <= MAX_COUNT for v in values):
            raise CheckpointError(f"{name} in unet/config.json must be whole numbers in [1, {MAX_COUNT}]; correct it")
    if len(sides) != 2 or counts["in_channels"] != counts["out_channels"]:
        raise CheckpointError("unet/config.json must have one size and as many channels out as in; correct it")


def _try(unet: UNet2DModel) -> None:
    """One call on a blank picture, so that a config which cannot run is found out now."""
    size = unet.config["sample_size"]
    height, width = (size, size) if isinstance(size, int) else size
    if height * width > TRIED_PIXELS:
        return
    label = None if unet.config["num_class_embeds"] is None else torch.zeros(1, dtype=torch.int64)
    blank = torch.zeros(1, unet.config["in_channels"], height, width)
    with torch.no_grad():
        shape = unet.eval()(blank, 0, class_labels=label).sample.shape
    if tuple(shape[2:]) != (height, width):
        raise ValueError(f"it makes {tuple(shape[2:])} of {(height, width)}")


def load_checkpoint(
    folder: str | Path, device: torch.device | str = "cpu", architectures: tuple[str, ...] = PICTURES
) -> Checkpoint:
    """A diffusers pipeline folder whose network is a UNet2DModel, or another of ARCHITECTURES.

    Args:
        folder: holds unet/config.json, unet/diffusion_pytorch_model.safetensors, scheduler/scheduler_config.json.
        device: where the network shall run.
        architectures: keys of ARCHITECTURES that are welcome.

    Raises:
        CheckpointError: missing, truncated, of another architecture, or with pickled weights.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise CheckpointError(f"no checkpoint folder {folder}; give a folder with unet/ and scheduler/ in it")
    pickles = sorted(p.name for p in folder.rglob("*") if p.suffix.lower() in PICKLE_SUFFIXES)
    if pickles:
        raise CheckpointError(
            f"{folder.name} holds pickled weights ({', '.join(pickles[:3])}), which can run code when read; "
            "convert them to safetensors and remove them"
        )
    config = _read_json(folder / "unet" / "config.json")
    name = config.get("_class_name")
    if name not in architectures:
        raise CheckpointError(f"the network is a {name!r}; only {' or '.join(architectures)} can be read here")
    architecture = ARCHITECTURES[name]
    scheduler_config = _read_json(folder / "scheduler" / "scheduler_config.json")
    weights = folder / WEIGHTS
    if not weights.is_file():
        raise CheckpointError(f"{WEIGHTS} is missing in {folder.name}; only safetensors weights are read")
    try:
        state = load_file(weights)
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{WEIGHTS.name} is broken or cut short: {error}; copy it again") from None
    _check_config(config)
    try:
        with torch.device("meta"):  # names and shapes alone: a hostile config costs no memory
            shapes = {name: value.shape for name, value in architecture.from_config(config).state_dict().items()}
        differing = sorted(n for n in shapes.keys() | state.keys() if n not in state or shapes.get(n) != state[n].shape)
        if differing:
            raise ValueError(f"{len(differing)} of its tensors are missing or of another shape, such as {differing[0]}")
        unet = cast(UNet2DModel, architecture.from_config(config))
        unet.load_state_dict(state)
        _try(unet)
    except Exception as error:  # whatever a hostile config makes diffusers raise
        reason = " ".join(str(error).split())[:200]
        raise CheckpointError(f"the weights do not fit the architecture in unet/config.json: {reason}") from None
    broken = next((name for name, value in state.items() if not bool(torch.isfinite(value).all())), None)
    if broken:
        raise CheckpointError(f"{WEIGHTS.name} holds numbers that are not finite (in {broken}); copy it again")
    try:
        schedule = schedule_from_config(scheduler_config)
    except ValueError as error:
        raise CheckpointError(f"scheduler_config.json cannot be used: {error}") from None
    unet.eval().requires_grad_(False).to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    classes = config.get("num_class_embeds")
    names = scheduler_config.get("class_names") or [str(i) for i in range((classes or 1) - 1)]
    if not isinstance(names, list) or len(names) != (classes or 1) - 1 or not all(isinstance(n, str) for n in names):
        raise CheckpointError(f"class_names in scheduler_config.json must be {(classes or 1) - 1} names; correct them")
    return Checkpoint(folder, unet, schedule, scheduler_config, tuple(names), sha256_of(weights))


def save_pipeline(
    folder: Path, unet: UNet2DModel | PlanarNetwork, scheduler: DDPMScheduler, extra: Callable[[str], dict[str, str]]
) -> str:
    """Write a diffusers pipeline folder, file by file, each of them the old one or the new one, never a part.

    Where the network is no UNet2DModel there is no model_index.json, since diffusers could not run it.

    The weights come last: a reader meets old weights beside a new card at worst, and both are whole.

    Args:
        folder: where it shall stand.
        unet: the network to save.
        scheduler: its scheduler.
        extra: sha256 of the weights → further files, name → text.

    Returns:
        sha256 of the weights file.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    for stale in folder.parent.glob(f".{glob.escape(folder.name)}-*.writing"):
        shutil.rmtree(stale, ignore_errors=True)  # of a run that was killed while it saved
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-", suffix=".writing") as temporary:
        new = Path(temporary) / "new"
        unet.save_pretrained(new / "unet", safe_serialization=True)
        scheduler.save_pretrained(new / "scheduler")
        if isinstance(unet, UNet2DModel):  # a pipeline that diffusers can run
            index = {
                "_class_name": "DDPMPipeline",
                "_diffusers_version": unet.config.get("_diffusers_version"),
                "scheduler": ["diffusers", "DDPMScheduler"],
                "unet": ["diffusers", "UNet2DModel"],
            }
            (new / "model_index.json").write_text(json.dumps(index, indent=2) + "\n")
        digest = sha256_of(new / WEIGHTS)
        for name, text in extra(digest).items():
            (new / name).write_text(text, encoding="utf-8")
        files = sorted((p.relative_to(new) for p in new.rglob("*") if p.is_file()), key=lambda name: name == WEIGHTS)
        for name in files:
            settle(new / name)
        if folder.exists():
            for name in files:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (new / name).replace(folder / name)
        else:
            new.chmod(0o755)
            new.rename(folder)
    return digest
