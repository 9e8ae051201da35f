"""Which files of a network's folder hold its weights: safetensors, whole, in parts or as a variant; never a pickle."""

import re
import shlex
from pathlib import Path

from .checkpoint_error import CheckpointError
from .json_object import read_json_object

STEM = "diffusion_pytorch_model"
# What diffusers calls weights, and the index of weights in parts; a variant stands before or behind "safetensors".
WHOLE = r"{stem}(?:\.([\w-]+))?\.safetensors"
INDEX = r"{stem}(?:\.([\w-]+))?\.safetensors\.index(?:\.([\w-]+))?\.json"
PART = re.compile(r".*-\d{5}-of-\d{5}(\.[\w-]+)?\.safetensors")
# Where the plain ones are not there: averaged weights are made to draw with, and fewer digits come last.
VARIANTS = ("", "ema", "fp32", "fp16", "bf16")
MAX_PARTS = 1000
PICKLE_SUFFIXES = {".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt"}
# What a training keeps besides its network.
NO_NETWORK = re.compile(r"(optimizer|scheduler|scaler|random_states|rng_state|training_args|sampler)\w*\.\w+")
# In a process of its own; diffusers and PyTorch read tensors alone there (weights_only), and run no code of the file.
CONVERT_DIFFUSERS = (
    "from diffusers import AutoModel as U; U.from_pretrained('.', variant={variant}, use_safetensors=False)"
    ".save_pretrained('.', safe_serialization=True)"
)
CONVERT_STATE = (
    "import sys, torch; from safetensors.torch import save_file; save_file({{k: v.clone() for k, v in "
    "torch.load(sys.argv[1], weights_only=True, map_location='cpu').items()}}, '{stem}.safetensors')"
)


def weight_files(network: Path, stem: str = STEM) -> tuple[Path, ...]:
    """The files that hold the weights of the network in this folder: one, or the parts that an index names.

    Args:
        network: holds config.json and the weights.
        stem: how the names of the files begin.

    Raises:
        CheckpointError: none are there, none that may be opened, a part is missing, or it cannot be told which.
    """
    files = sorted(path for path in network.iterdir() if path.is_file())
    choices = _choices(files, stem)
    if not choices:
        others = [path for path in files if path.suffix == ".safetensors" and not PART.fullmatch(path.name)]
        if len(others) == 1:
            return (others[0],)
        if others:
            raise CheckpointError(
                "{name} holds several files of weights ({files}); keep one, or call it {wanted}",
                name=network.absolute().name,
                files=", ".join(path.name for path in others[:3]),
                wanted=f"{stem}.safetensors",
            )
        raise _no_weights(network, files, stem)
    variant = next((one for one in VARIANTS if one in choices), min(choices))
    return _taken(choices[variant])


def _choices(files: list[Path], stem: str) -> dict[str, list[Path]]:
    """Variant → the index of its parts, if there is one, and its whole file, if there is one."""
    found: dict[str, list[Path]] = {}
    for pattern in (INDEX, WHOLE):  # diffusers looks for an index first
        for path in files:
            if named := re.fullmatch(pattern.replace("{stem}", stem), path.name):
                found.setdefault(next((group for group in named.groups() if group), ""), []).append(path)
    return found


def _taken(choice: list[Path]) -> tuple[Path, ...]:
    """The parts where there is an index that has them all, else the whole file."""
    whole = [path for path in choice if path.suffix == ".safetensors"]
    index = next((path for path in choice if path not in whole), None)
    if index is None:
        return (whole[0],)
    try:
        return _parts(index)
    except CheckpointError:
        if not whole:
            raise
        return (whole[0],)


def _parts(index: Path) -> tuple[Path, ...]:
    """The files that an index names, all of which are there, in the index's own folder."""
    held = read_json_object(index).get("weight_map")
    names = list(held.values()) if isinstance(held, dict) else []
    plain = all(isinstance(one, str) and Path(one).name == one and one.endswith(".safetensors") for one in names)
    if not names or not plain or len(set(names)) > MAX_PARTS:
        raise CheckpointError(
            "{name} must map each tensor to a .safetensors file beside it, at most {most} of them; copy it again",
            name=index.name,
            most=MAX_PARTS,
        )
    parts = [index.parent / name for name in sorted(set(names))]
    missing = [part.name for part in parts if not part.is_file()]
    if missing:
        raise CheckpointError(
            "{count} of the {parts} parts of the weights are missing, such as {such_as}; copy the whole folder",
            count=len(missing),
            parts=len(parts),
            such_as=missing[0],
        )
    return tuple(parts)


def _no_weights(network: Path, files: list[Path], stem: str) -> CheckpointError:
    """Why there is nothing to be read, and where there are pickles, what makes safetensors of them."""
    pickles = [path.name for path in files if path.suffix.lower() in PICKLE_SUFFIXES]
    pickles = [name for name in pickles if not NO_NETWORK.fullmatch(name)]
    if not pickles:
        return CheckpointError(
            "{weights} is missing in {name}; only safetensors weights are read",
            weights=f"{stem}.safetensors",
            name=network.absolute().name,
        )
    return CheckpointError(
        "{name} holds its weights only as a pickle ({pickles}), which could run code and is never opened here; if you "
        "trust it, run this in that folder, which writes safetensors beside it: {command}",
        name=network.absolute().name,
        pickles=", ".join(pickles[:3]),
        command=converting(sorted(pickles, key=lambda name: not name.startswith(STEM))[0], stem),
    )


def converting(pickle: str, stem: str = STEM) -> str:
    """A command that makes safetensors of a pickle, in a process of its own, in the folder of both."""
    named = re.fullmatch(rf"{STEM}(?:\.([\w-]+?))?(?:-\d{{5}}-of-\d{{5}})?(?:\.([\w-]+))?\.bin", pickle)
    if named:
        variant = next((group for group in named.groups() if group), None)
        return f'python -c "{CONVERT_DIFFUSERS.format(variant=repr(variant))}"'
    return f'python -c "{CONVERT_STATE.format(stem=stem)}" {shlex.quote(pickle)}'
