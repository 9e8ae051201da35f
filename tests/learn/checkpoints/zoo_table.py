"""The zoo as the table of docs/checkpoints.md: `python -m tests.learn.checkpoints.zoo_table` measures and writes it."""

import re
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import torch

from ddpm_playground.bridge.all_samplers import OWN
from ddpm_playground.cli import main
from ddpm_playground.core import Sampling
from ddpm_playground.learn.checkpoints.checkpoint import PICTURES, TOLD, load_checkpoint
from ddpm_playground.learn.checkpoints.picture_size import parse_size
from ddpm_playground.learn.judging.samples import chain
from tests.learn.checkpoints.zoo import COUNT, REFUSED, ZOO, Folder, reference, shape_of

DRAWS = 64
DOCUMENT = Path(__file__).parents[3] / "docs" / "checkpoints.md"
ROW = re.compile(r"^\| (.+?) \| (yes|no: .+?) \| (.*?) \| (.*?) \|$", re.M)
HEAD = "| kind | drawn from | equal to diffusers to | seconds a step |\n|---|---|---|---|\n"


def drawn(animal: Folder, home: Path) -> tuple[torch.Tensor, torch.Tensor]:
    """x_0 of diffusers and ours, from the same noise."""
    animal.make(home / "a")
    shape = (COUNT, *shape_of(animal, home / "a"))
    generator = torch.Generator().manual_seed(1)
    x_T, z = torch.randn(shape, generator=generator), torch.randn(DRAWS, *shape, generator=generator)
    np.savez(home / "noises.npz", x_T=x_T.numpy(), z=z.numpy())
    wanted = reference(animal, home / "a", x_T, z)
    flags = [*animal.flags, *(() if animal.steps is None else ("--steps", str(animal.steps)))]
    found = []
    for i, label in enumerate(animal.labels or (None,)):
        chosen = [] if label is None else ["--label", str(label)]
        given = ["--checkpoint", str(home / "a" / animal.given), "--noises", str(home / "noises.npz"), "--float"]
        assert main(["sample", *given, "--out", str(home / "x.npz"), *flags, *chosen]) == 0
        x_0 = torch.from_numpy(np.load(home / "x.npz")["x_0"])
        found.append(x_0 if label is None else x_0[i : i + 1])
    return wanted, torch.cat(found)


def rows_of(text: str) -> dict[str, tuple[str, str, str]]:
    """kind → what the table says of it."""
    return {kind: (loads, equal, seconds) for kind, loads, equal, seconds in ROW.findall(text)}


def seconds_a_step(animal: Folder, folder: Path) -> float:
    """Of one picture here."""
    checkpoint = load_checkpoint(
        folder / animal.given, architectures=(*PICTURES, *TOLD), size=parse_size("8x8") if animal.size else None
    )
    label = torch.tensor([-1 if animal.labels is None else animal.labels[0]])
    started = time.perf_counter()
    steps = list(chain(checkpoint, range(1), label, Sampling(OWN, num_steps=animal.steps)))
    return (time.perf_counter() - started) / len(steps)


def row(name: str) -> str:
    """One kind, measured."""
    with tempfile.TemporaryDirectory() as place:
        home = Path(place)
        wanted, found = drawn(ZOO[name], home)
        error = float((found - wanted).abs().max() / wanted.abs().max())
        seconds = seconds_a_step(ZOO[name], home / "a")
    # The next power of ten above three times what was measured, since other machines round otherwise.
    bound = 10.0 ** np.ceil(np.log10(max(3 * error, 1e-6)))
    return f"| {name} | yes | {bound:.0e} | {seconds:.3f} |\n"


def table() -> str:
    """All of it."""
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    return (
        HEAD
        + "".join(map(row, ZOO))
        + "".join(f"| {name} | no: “{piece}” |  |  |\n" for name, (_, piece) in REFUSED.items())
    )


if __name__ == "__main__":
    text = DOCUMENT.read_text(encoding="utf-8")
    before, _, rest = text.partition("<!-- zoo -->\n")
    DOCUMENT.write_text(f"{before}<!-- zoo -->\n{table()}<!-- end of zoo -->{rest.partition('<!-- end of zoo -->')[2]}")
    sys.exit(0)
