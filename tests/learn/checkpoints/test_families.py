"""Networks whose schedulers have noise levels of their own: what is shown, and what is refused because it would lie."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import diffusers
import numpy as np
import pytest
import torch
from diffusers import UNet2DModel
from diffusers.pipelines.deprecated.score_sde_ve.pipeline_score_sde_ve import ScoreSdeVePipeline
from diffusers.pipelines.deprecated.stochastic_karras_ve.pipeline_stochastic_karras_ve import KarrasVePipeline

from ddpm_playground.cli import main
from ddpm_playground.core import Sampling
from ddpm_playground.core.phrase import Refusal
from ddpm_playground.lab.read_schedule import subject_of_config
from ddpm_playground.learn.checkpoints.checkpoint import load_checkpoint
from ddpm_playground.learn.judging.checkpoint_bound import HeldOut, measure_bound
from ddpm_playground.learn.judging.samples import chain, final_x
from ddpm_playground.learn.training.trainer import Trainer
from tests.learn.checkpoints.family_zoo import CM, EDM, EDM_DPM, FLOW, FOURIER, SMALL, VE, class_named, saved_family

pytestmark = pytest.mark.usefixtures("one_thread")
LABELS = torch.tensor([-1, -1])
NET = {"net": FOURIER}


def loaded(tmp_path: Path, scheduler: str, **keys: Any) -> Any:
    saved_family(tmp_path / "a", scheduler, **keys)
    return load_checkpoint(tmp_path / "a")


@pytest.mark.parametrize(("name", "keys"), [(EDM, {}), (EDM, {"sigma_schedule": "exponential", "sigma_max": 20.0}),
                                            (CM, {}), (FLOW, {"shift": 3.0}), ("IPNDMScheduler", {})])  # fmt: skip
def test_its_schedule_is_the_one_that_the_lab_reads(name: str, keys: dict[str, Any], tmp_path: Path) -> None:
    checkpoint = loaded(tmp_path, name, **keys)
    read = subject_of_config(checkpoint.scheduler_config).schedule
    assert checkpoint.schedule.T == read.T
    # FlowMatchEulerDiscreteScheduler shifts once more in set_timesteps, which is seen where there is next to no noise.
    assert torch.allclose(
        checkpoint.schedule.alpha_bars, read.alpha_bars, rtol=1e-2 if name == FLOW else 1e-4, atol=1e-4
    )


def test_of_a_network_that_is_never_asked_at_0_nothing_is_said_about_it(tmp_path: Path) -> None:
    """A Fourier embedding takes the logarithm of 0 there; the VE SDE asks at its own σ alone."""
    assert "finite" not in " ".join(loaded(tmp_path, VE, **NET, **SMALL).read_as)


@pytest.mark.parametrize(
    ("name", "keys", "sigma_of"),
    [(EDM, {}, lambda t, T: math.exp(4 * t)), (CM, {}, lambda t, T: math.exp(t / 250)),
     (VE, {**NET, **SMALL}, lambda t, T: 2 * t), (FLOW, {}, lambda t, T: (t / T) / max(1 - t / T, 1e-12))],
)  # fmt: skip
def test_what_is_shown_is_x_scaled_to_variance_1_and_the_blend_of_x_0_and_epsilon(
    name: str, keys: dict[str, Any], sigma_of: Callable[[float, int], float], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    checkpoint, asked = loaded(tmp_path, name, **keys), []
    forward = UNet2DModel.forward
    monkeypatch.setattr(
        UNet2DModel, "forward", lambda self, x, t, *a, **k: (asked.append(float(t[0])), forward(self, x, t, *a, **k))[1]
    )
    steps = list(chain(checkpoint, range(2), LABELS, Sampling("own", num_steps=4)))
    asked = asked[1::2] if name == VE else asked  # each is corrected first
    assert len(steps) == len(asked) == 4 and steps[-1].s == 0
    for step, t in zip(steps, asked, strict=True):
        sigma = sigma_of(t, checkpoint.schedule.T)
        alpha_bar = 1 / (1 + sigma**2)
        blend = alpha_bar**0.5 * step.x_hat_0 + (1 - alpha_bar) ** 0.5 * step.eps_hat
        assert torch.allclose(step.x_t, blend, atol=1e-3, rtol=1e-3)
        told = float(checkpoint.schedule.alpha_bars[step.t])
        assert math.isclose(math.sqrt(told), math.sqrt(alpha_bar), abs_tol=0.02)
    for before, after in zip(steps, steps[1:], strict=False):
        assert before.s == after.t
        if name != VE:  # which is corrected in between
            assert torch.allclose(before.x_s, after.x_t, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("name", [EDM, CM, FLOW, "ScoreSdeVpScheduler", "IPNDMScheduler", "KarrasVeScheduler"])
def test_what_is_not_for_such_a_network_is_refused_in_a_sentence(name: str, tmp_path: Path) -> None:
    checkpoint = loaded(tmp_path, name)
    for sampler in ("ddpm", "ddim", "EulerDiscreteScheduler", "DDPMScheduler"):
        with pytest.raises(Refusal, match="would ask this network at the t of a DDPM.*choose one of own, "):
            final_x(checkpoint, LABELS, Sampling(sampler, num_steps=2))
    with pytest.raises(Refusal, match="only its own sampling holds"):
        checkpoint.predictor()(torch.zeros(1, 3, 8, 8), torch.tensor([1]))
    assert checkpoint.engine_for() == "eager"
    with pytest.raises(Refusal, match="only the engine eager can"):
        checkpoint.engine_for("onnx")


def test_the_bound_and_a_training_from_it_are_refused(tmp_path: Path) -> None:
    held = HeldOut(torch.arange(2), cast(Any, None), LABELS, "two")
    with pytest.raises(Refusal, match="would ask this network at the t of a DDPM"):
        measure_bound(loaded(tmp_path, EDM), held)
    with pytest.raises(Refusal, match="only its own sampling holds"):
        Trainer._start_from(cast(Any, None), str(tmp_path / "a"))


@pytest.mark.parametrize(("name", "keys"), [(EDM, {}), (FLOW, {}), ("ScoreSdeVpScheduler", {}), (VE, {**NET, **SMALL})])
def test_a_chain_may_begin_at_a_level_that_it_visits(name: str, keys: dict[str, Any], tmp_path: Path) -> None:
    checkpoint = loaded(tmp_path, name, **keys)
    sampler, told = checkpoint.sampler_for(Sampling("own", num_steps=3))
    whole = list(chain(checkpoint, range(2), LABELS, Sampling("own", num_steps=3)))
    rest = sampler.steps(
        checkpoint.schedule, checkpoint.predictor(), whole[0].x_s, lambda: torch.zeros(2, 3, 8, 8), told,
        reverse=checkpoint.reverse, start_t=whole[1].t,
    )  # fmt: skip
    steps = list(rest)
    assert [step.t for step in steps] == [step.t for step in whole[1:]]
    if name in (EDM, FLOW):  # which draw nothing
        assert torch.allclose(steps[-1].x_s, whole[-1].x_s, atol=1e-4)


@pytest.mark.parametrize(("name", "other"), [(EDM, EDM_DPM), (EDM_DPM, EDM), (FLOW, "FlowMatchHeunDiscreteScheduler")])
def test_another_scheduler_of_the_family_may_take_its_place(name: str, other: str, tmp_path: Path) -> None:
    checkpoint = loaded(tmp_path, name)
    x_0 = final_x(checkpoint, LABELS, Sampling(other, num_steps=3))
    assert bool(torch.isfinite(x_0).all())
    assert not torch.equal(x_0, final_x(checkpoint, LABELS, Sampling("own", num_steps=3)))


def test_unclip_s_network_is_one_of_ddpm_s_so_that_all_samplers_hold(tmp_path: Path) -> None:
    checkpoint = loaded(tmp_path, "UnCLIPScheduler", num_train_timesteps=30)
    config = {"beta_schedule": "squaredcos_cap_v2", "num_train_timesteps": 30}
    assert torch.allclose(
        checkpoint.schedule.alpha_bars.double(), subject_of_config(config).schedule.alpha_bars, atol=1e-6
    )
    for sampler in ("ddpm", "ddim", "EulerDiscreteScheduler"):
        assert bool(torch.isfinite(final_x(checkpoint, LABELS, Sampling(sampler, num_steps=3))).all())


def test_a_picture_does_not_depend_on_its_companions_though_the_pipeline_s_corrections_do(tmp_path: Path) -> None:
    checkpoint = loaded(tmp_path, VE, **NET, **SMALL)
    both = final_x(checkpoint, LABELS, Sampling("own", num_steps=4))
    assert torch.equal(both[:1], final_x(checkpoint, LABELS[:1], Sampling("own", num_steps=4)))


@pytest.mark.parametrize(("name", "net", "keys", "S"), [
    (VE, FOURIER, SMALL, 5), ("KarrasVeScheduler", {}, {"sigma_max": 1.0}, 4), (CM, {}, {}, 3),
])  # fmt: skip
def test_the_pixels_are_those_of_diffusers_own_pipeline(
    name: str, net: dict[str, Any], keys: dict[str, Any], S: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved_family(tmp_path / "a", name, net, **keys)
    unet = UNet2DModel.from_pretrained(tmp_path / "a" / "unet").eval()
    kind = {VE: ScoreSdeVePipeline, CM: diffusers.ConsistencyModelPipeline}.get(name, KarrasVePipeline)
    pipe: Any = kind(unet=unet, scheduler=class_named(name).from_pretrained(tmp_path / "a" / "scheduler"))
    pipe.set_progress_bar_config(disable=True)
    generator = torch.Generator().manual_seed(3)
    x_T, z = torch.randn(2, 3, 8, 8, generator=generator), torch.randn(12, 2, 3, 8, 8, generator=generator)
    draws = iter([x_T, *z])
    for module in {type(pipe).__module__, type(pipe.scheduler).__module__}:
        monkeypatch.setattr(f"{module}.randn_tensor", lambda *args, **kwargs: next(draws))
    wanted = pipe(batch_size=2, num_inference_steps=S, output_type="np").images
    monkeypatch.undo()
    np.savez(tmp_path / "noises.npz", x_T=x_T.numpy(), z=z.numpy())
    given = ["--checkpoint", str(tmp_path / "a"), "--noises", str(tmp_path / "noises.npz"), "--steps", str(S)]
    assert main(["sample", *given, "--out", str(tmp_path / "x.npz")]) == 0
    found = np.load(tmp_path / "x.npz")["images"]
    assert int(np.abs(found.astype(int) - np.round(wanted * 255).astype(int)).max()) <= 1
    assert len(np.unique(found)) > 20
    assert isinstance(found, np.ndarray) and found.shape == (2, 8, 8, 3)


WRONG = [
    (EDM, {"sigma_min": 0.0}, "cannot be used"),
    (EDM, {"num_train_timesteps": 10**12}, "num_train_timesteps"),
    (EDM, {"sigma_schedule": "other"}, "cannot be used"),
    (CM, {"num_train_timesteps": 1}, "noise levels"),
    (VE, {"sigma_min": -1.0}, "cannot be used"),
    ("KarrasVeScheduler", {"sigma_max": 0.0}, "cannot be used"),
    ("ScoreSdeVpScheduler", {"beta_max": "many"}, "cannot be used"),
]


@pytest.mark.parametrize(("name", "keys", "piece"), WRONG)
def test_wrong_levels_are_refused_in_a_sentence(name: str, keys: dict[str, Any], piece: str, tmp_path: Path) -> None:
    saved_family(tmp_path / "a", name)
    path = tmp_path / "a" / "scheduler" / "scheduler_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | keys))
    with pytest.raises(Refusal, match=piece) as refused:
        load_checkpoint(tmp_path / "a")
    assert "\n" not in str(refused.value)
