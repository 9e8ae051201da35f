"""Each finding about a run is provoked as people provoke it, and a run that is well has none."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from diffusers import DDIMScheduler, DDPMScheduler

import ddpm_playground as pg
from ddpm_playground.watching.run_findings import RUN_EXAMINATIONS

from .loops_of_others import SHAPES, STEPS, codes, made, network, walk

SHAPE = SHAPES["pixel"]


def stepped(scheduler: Any, timesteps: Any, x: torch.Tensor, seen: Callable[..., Any] = lambda x, t: x) -> None:
    """A loop that hands step what `seen` makes of x."""
    generator = torch.Generator().manual_seed(0)
    for t in timesteps:
        x = scheduler.step(network(x, t), t, seen(x, t), return_dict=False, **(
            {"generator": generator} if isinstance(scheduler, DDPMScheduler) else {}))[0]  # fmt: skip


def noise(size: float = 1.0) -> torch.Tensor:
    return size * torch.randn(SHAPE, generator=torch.Generator().manual_seed(0))


def nan_at(k: int) -> Callable[[torch.Tensor, int], torch.Tensor]:
    return lambda x, i: x * float("nan") if i == k else x


FAULTS: dict[str, tuple[Callable[[Any], None], Callable[[], Any], str]] = {
    "run-not-finite": (lambda s: walk(s, SHAPE, between=nan_at(1)), lambda: made("DDIMScheduler"), "call 3"),
    "run-start": (
        lambda s: stepped(s, s.timesteps, noise(), lambda x, t: (s.scale_model_input(x, t), x)[1]),
        lambda: made("EulerDiscreteScheduler"), "157.4",
    ),
    "run-unscaled": (lambda s: walk(s, SHAPE, scale=False), lambda: made("EulerDiscreteScheduler"), "3 of 4 calls"),
    "run-scaled-sample": (
        lambda s: stepped(s, s.timesteps, noise(float(s.init_noise_sigma)), s.scale_model_input),
        lambda: made("EulerDiscreteScheduler"), "4 of 4",
    ),
    "run-order": (lambda s: walk(s, SHAPE, timesteps=s.timesteps.flip(0)), lambda: made("DDIMScheduler"), "after 0"),
    "run-other-t": (
        lambda s: stepped(s, s.timesteps[[0, 2, 3]], noise()),
        lambda: made("DPMSolverMultistepScheduler"), "(2 of 3 calls)",
    ),
    "run-leads-elsewhere": (
        lambda s: stepped(s, range(980, -1, -20), noise()),
        DDPMScheduler, "from timestep 980 leads to the noise of timestep 979",
    ),
    "run-skips": (
        lambda s: walk(s, SHAPE, timesteps=s.timesteps[[0, 1, 3]]), lambda: made("PNDMScheduler"), "1 entries",
    ),
    "run-ends-early": (
        lambda s: walk(s, SHAPE, timesteps=s.timesteps[:-1]), lambda: made("DDIMScheduler"), "1 entries",
    ),
    "run-changed": (
        lambda s: walk(s, SHAPE, between=lambda x, i: x + 0.5 if i == 1 else x),
        lambda: made("DDIMScheduler"), "1 of 4",
    ),
}  # fmt: skip


def test_every_finding_is_provoked() -> None:
    assert FAULTS.keys() == RUN_EXAMINATIONS.keys()


@pytest.mark.parametrize("code", FAULTS)
def test_a_fault_is_named_with_its_numbers(code: str) -> None:
    loop, scheduler, told = FAULTS[code]
    watched = scheduler()
    with pg.watch(watched, open=None):
        loop(watched)
    found = {one.code: one for one in pg.last().own_findings}
    assert code in found and told in found[code].message, found
    assert found[code].in_language("zh-TW", str).message != found[code].message


@pytest.mark.parametrize("strength", [1, 2, 3])
def test_a_picture_that_is_noised_half_way_starts_there(strength: int) -> None:
    """img2img: the list from its middle on, x by add_noise."""
    scheduler = made("DDIMScheduler")
    t = scheduler.timesteps[strength:]
    x = scheduler.add_noise(torch.full(SHAPE, 0.8), noise(), t[:1])
    with pg.watch(scheduler, open=None):
        stepped(scheduler, t, x)
    run = pg.last()
    assert run.own_findings == [] and len(run) == STEPS - strength
    assert run.own.places == tuple(range(strength, STEPS))


@pytest.mark.parametrize("visited", [range(99, -1, -1), range(99, 59, -1)])
def test_ddpm_one_by_one_without_set_timesteps_is_well(visited: range) -> None:
    scheduler = DDPMScheduler(num_train_timesteps=100)
    with pg.watch(scheduler, open=None):
        stepped(scheduler, visited, torch.randn((1, 1, 8, 8), generator=torch.Generator().manual_seed(0)))
    assert {*codes(pg.last().own_findings)} <= {"run-ends-early"}


def test_a_cast_between_steps_is_no_change() -> None:
    scheduler = made("FlowMatchEulerDiscreteScheduler")
    with pg.watch(scheduler, open=None):
        walk(scheduler, SHAPE, between=lambda x, i: x.double().float().clone())
    assert [call.changed for call in pg.last().calls] == [False, True, True, True] and pg.last().own_findings == []


def test_the_config_is_examined_at_the_run_s_own_steps() -> None:
    scheduler = DDIMScheduler(timestep_spacing="linspace")
    scheduler.set_timesteps(10)
    with pg.watch(scheduler, open=None):
        walk(scheduler, SHAPE)
    run = pg.last()
    assert "wrong-previous-timestep" in codes(run.findings) and run.audit.mismatches == 9
    assert run.numbers.leads_to[0] == 900 - 1 and run.numbers.next_timestep[0] == 888
