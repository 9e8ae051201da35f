"""Every folder of the zoo is drawn from as diffusers itself draws from it, with the same noise."""

from pathlib import Path

import numpy as np
import pytest
import torch

from ddpm_playground.cli import main
from tests.learn.checkpoints.zoo import COUNT, ZOO, Folder, reference, shape_of

DRAWS = 64
pytestmark = [
    pytest.mark.slow, pytest.mark.usefixtures("one_thread"),
    pytest.mark.filterwarnings("ignore:__array:DeprecationWarning"),  # of diffusers' own tables
]  # fmt: skip


def drawn(animal: Folder, home: Path) -> tuple[torch.Tensor, torch.Tensor]:
    """x_0 of diffusers and ours."""
    animal.make(home / "a")
    shape = (COUNT, *shape_of(animal, home / "a"))
    generator = torch.Generator().manual_seed(1)
    x_T, z = torch.randn(shape, generator=generator), torch.randn(DRAWS, *shape, generator=generator)
    np.savez(home / "noises.npz", x_T=x_T.numpy(), z=z.numpy())
    wanted = reference(animal, home / "a", x_T, z)
    flags = [*animal.flags, *(() if animal.steps is None else ("--steps", str(animal.steps)))]
    rows = []
    for i, label in enumerate(animal.labels or (None,)):
        label = [] if label is None else ["--label", str(label)]
        given = ["--checkpoint", str(home / "a" / animal.given), "--noises", str(home / "noises.npz"), "--float"]
        assert main(["sample", *given, "--out", str(home / "x.npz"), *flags, *label]) == 0
        found = torch.from_numpy(np.load(home / "x.npz")["x_0"])
        rows.append(found if animal.labels is None else found[i : i + 1])
    return wanted, torch.cat(rows)


@pytest.mark.parametrize("name", ZOO)
def test_it_draws_what_diffusers_draws(name: str, tmp_path: Path) -> None:
    wanted, found = drawn(ZOO[name], tmp_path)
    assert found.dtype == torch.float32 and found.shape == wanted.shape and bool(torch.isfinite(wanted).all())
    assert float((found - wanted).abs().max() / wanted.abs().max()) < 1e-4
