"""The shipped network's chain on a CUDA card, beside the same chain on the CPU."""

from pathlib import Path

import pytest
import torch

from ddpm_playground.core import SAMPLERS
from ddpm_playground.learn.checkpoint import load_checkpoint
from ddpm_playground.learn.sampling import chain

SHIPPED = Path(__file__).parents[2] / "checkpoints" / "mnist"


@pytest.mark.gpu
@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("guidance", [1.0, 3.0])
def test_a_cuda_chain_goes_where_the_cpu_s_goes(sampler: str, guidance: float) -> None:
    settings = {"sampler": sampler, "num_steps": 50, "strength": 0.5, "spacing": "trailing", "seed": 0}
    ends = []
    for device in ("cpu", "cuda"):
        checkpoint = load_checkpoint(SHIPPED, device).on()
        steps = chain(checkpoint, range(10), torch.arange(10), guidance=guidance, **settings)  # type: ignore[arg-type]
        *_, last = steps
        ends.append(last.x_s.cpu())
    # float32 convolutions on the card may sum in TF32; a grey level is 2/255.
    assert float((ends[0] - ends[1]).abs().mean()) < 2 / 255
