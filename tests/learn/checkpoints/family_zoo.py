"""Folders whose schedulers have noise levels of their own, and the loops of diffusers' pipelines for them."""

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import diffusers
import torch

from ddpm_playground.bridge.family_sampler import LEFT_BEHIND

from .strangers import T, network

Unet = Callable[..., torch.Tensor]  # (x, t) → what the network says
ONE_BLOCK = {
    "block_out_channels": (8,), "down_block_types": ("DownBlock2D",), "up_block_types": ("UpBlock2D",),
    "add_attention": False,
}  # fmt: skip
FOURIER = {"time_embedding_type": "fourier"}


def class_named(name: str) -> Any:
    """A scheduler class of diffusers, also one that it exports no more."""
    return getattr(importlib.import_module(LEFT_BEHIND[name]) if name in LEFT_BEHIND else diffusers, name)


def saved_family(folder: Path, scheduler: str, net: dict[str, Any] | None = None, index: str = "", **keys: Any) -> None:
    """A tiny network and a scheduler without β_t."""
    network(**ONE_BLOCK | (net or {})).save_pretrained(folder / "unet")
    class_named(scheduler)(**keys).save_pretrained(folder / "scheduler")
    if index:
        (folder / "model_index.json").write_text(f'{{"_class_name": "{index}"}}')


def sde_ve(scheduler: Any, unet: Unet, x: torch.Tensor, S: int) -> torch.Tensor:
    """ScoreSdeVePipeline's loop; its pictures, in [0, 1], brought to [−1, 1]."""
    scheduler.set_sigmas(S)
    mean = x
    for i, t in enumerate(scheduler.timesteps):
        sigma = scheduler.sigmas[i] * torch.ones(len(x))
        for _ in range(scheduler.config.correct_steps):
            x = scheduler.step_correct(unet(x, sigma), x).prev_sample
        output = scheduler.step_pred(unet(x, sigma), t, x)
        x, mean = output.prev_sample, output.prev_sample_mean
    return 2 * mean - 1


def sde_vp(scheduler: Any, unet: Unet, x: torch.Tensor, S: int) -> torch.Tensor:
    """The loop of score_sde_pytorch with the scheduler's step_pred."""
    mean = x
    for t in scheduler.timesteps:
        x, mean = scheduler.step_pred(unet(x, 999 * t), x, t * torch.ones(len(x)))
    return mean


def karras_ve(scheduler: Any, unet: Unet, x: torch.Tensor, S: int) -> torch.Tensor:
    """KarrasVePipeline's loop."""
    for t in scheduler.timesteps:
        sigma, sigma_prev = scheduler.schedule[t], scheduler.schedule[t - 1] if t > 0 else 0
        x_hat, sigma_hat = scheduler.add_noise_to_input(x, sigma)
        output = (sigma_hat / 2) * unet((x_hat + 1) / 2, sigma_hat / 2)
        step = scheduler.step(output, sigma_hat, sigma_prev, x_hat)
        if sigma_prev != 0:
            output = (sigma_prev / 2) * unet((step.prev_sample + 1) / 2, sigma_prev / 2)
            step = scheduler.step_correct(output, sigma_hat, sigma_prev, x_hat, step.prev_sample, step["derivative"])
        x = step.prev_sample
    return x


def wuerstchen(scheduler: Any, unet: Unet, x: torch.Tensor, S: int) -> torch.Tensor:
    """WuerstchenPriorPipeline's loop."""
    for t in scheduler.timesteps[:-1]:
        ratio = t.expand(len(x))
        x = scheduler.step(model_output=unet(x, ratio), timestep=ratio, sample=x).prev_sample
    return x


def unclip(scheduler: Any, unet: Unet, x: torch.Tensor, S: int) -> torch.Tensor:
    """UnCLIPPipeline's loop, which says where each step leads."""
    for i, t in enumerate(scheduler.timesteps):
        after = scheduler.timesteps[i + 1] if i + 1 < S else None
        x = scheduler.step(unet(x, t), t, x, prev_timestep=after).prev_sample
    return x


# scheduler class → the loop of its pipeline, where that is no loop of step
LOOPS = {
    "ScoreSdeVeScheduler": sde_ve, "ScoreSdeVpScheduler": sde_vp, "KarrasVeScheduler": karras_ve,
    "DDPMWuerstchenScheduler": wuerstchen, "UnCLIPScheduler": unclip,
}  # fmt: skip
EDM, EDM_DPM, FLOW = "EDMEulerScheduler", "EDMDPMSolverMultistepScheduler", "FlowMatchEulerDiscreteScheduler"
CM, VE = "CMStochasticIterativeScheduler", "ScoreSdeVeScheduler"
FLOW_SIGMAS = {"use_flow_sigmas": True, "prediction_type": "flow_prediction", "num_train_timesteps": T}
SMALL = {"sigma_max": 1.0, "num_train_timesteps": 20}  # so that a network that knows nothing stays within pictures
# kind → how it is saved, and what `zoo.Folder` has further
KINDS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "EDM": ({"scheduler": EDM}, {}),
    "EDM, v, exponential, to σ_min": (
        {"scheduler": EDM, "prediction_type": "v_prediction", "sigma_schedule": "exponential",
         "final_sigmas_type": "sigma_min"}, {},
    ),
    "EDM, churn, σ_data = 1, its steps": (
        {"scheduler": EDM, "sigma_data": 1.0, "num_train_timesteps": T},
        {"steps": None, "flags": ("--set", "s_churn=40"), "stepping": {"s_churn": 40.0}},
    ),
    "EDM, DPM-Solver++": ({"scheduler": EDM_DPM}, {}),
    "EDM, DPM-Solver++, SDE": ({"scheduler": EDM_DPM, "algorithm_type": "sde-dpmsolver++", "rho": 5.0}, {}),
    "EDM, classes": ({"scheduler": EDM, "net": {"num_class_embeds": 4}}, {"labels": (0, 3)}),
    "consistency model": ({"scheduler": CM, "index": "ConsistencyModelPipeline"}, {"steps": None}),
    "consistency model, 4 steps, classes": (
        {"scheduler": CM, "net": {"num_class_embeds": 4}}, {"steps": 4, "labels": (0, 3)}
    ),
    "consistency model, not clipped": ({"scheduler": CM, "clip_denoised": False, "sigma_max": 10.0}, {"steps": 3}),
    "flow matching": ({"scheduler": FLOW}, {}),
    "flow matching, shift 3, Karras": ({"scheduler": FLOW, "shift": 3.0, "use_karras_sigmas": True}, {}),
    "flow matching, stochastic, its steps": (
        {"scheduler": FLOW, "stochastic_sampling": True, "num_train_timesteps": T}, {"steps": None}
    ),
    "flow matching, Heun": ({"scheduler": "FlowMatchHeunDiscreteScheduler", "shift": 2.0}, {}),
    "flow σ, UniPC": ({"scheduler": "UniPCMultistepScheduler", **FLOW_SIGMAS}, {}),
    "flow σ, DPM-Solver++": ({"scheduler": "DPMSolverMultistepScheduler", **FLOW_SIGMAS, "flow_shift": 3.0}, {}),
    "VE SDE": ({"scheduler": VE, "net": FOURIER, **SMALL}, {}),
    "VE SDE, its pipeline's steps": (
        {"scheduler": VE, "net": FOURIER, "index": "ScoreSdeVePipeline", **SMALL}, {"steps": None}
    ),
    "VE SDE, 2 corrections, σ to 1348": ({"scheduler": VE, "net": FOURIER, "correct_steps": 2}, {}),
    "VP SDE": ({"scheduler": "ScoreSdeVpScheduler"}, {}),
    "Karras' VE": ({"scheduler": "KarrasVeScheduler", "sigma_max": 1.0}, {}),
    "IPNDM": ({"scheduler": "IPNDMScheduler"}, {}),
    "Würstchen's scheduler": ({"scheduler": "DDPMWuerstchenScheduler"}, {}),
    "unCLIP's scheduler": ({"scheduler": "UnCLIPScheduler"}, {}),
    "unCLIP's scheduler, x_0, its steps": (
        {"scheduler": "UnCLIPScheduler", "prediction_type": "sample", "num_train_timesteps": T}, {"steps": None}
    ),
    "unCLIP's scheduler, σ² as a range": (
        {"scheduler": "UnCLIPScheduler", "net": {"out_channels": 6}, "variance_type": "learned_range"}, {}
    ),
}  # fmt: skip
