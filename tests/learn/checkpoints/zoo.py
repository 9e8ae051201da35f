"""A zoo of folders as people have them, and what diffusers itself draws from each with given noise."""

import inspect
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import diffusers
import torch
from diffusers import UNet2DModel
from safetensors.torch import load_file, save_file

from .family_zoo import FOURIER, KINDS, LOOPS, ONE_BLOCK, class_named, saved_family
from .latent_zoo import LATENT_KINDS, rewrite
from .strangers import STRANGERS, WHOLE, T, network

COUNT, STEPS = 2, 5  # chains, and the steps of each
PLAIN = {"num_train_timesteps": T, "beta_schedule": "squaredcos_cap_v2"}


@dataclass(frozen=True)
class Folder:
    """One kind of folder.

    Attributes:
        make: makes it.
        given: the part of it that is given; "" for all.
        place: where diffusers finds the network.
        variant: as which variant.
        steps: S that is asked for; None for what its pipeline takes.
        flags: further ones of `sample`.
        stepping: what `reference` tells the scheduler's step in their stead.
        labels: class of each chain; None for a network without.
        size: (H,W) where the config has none.
        as_class: the scheduler class that its pipeline makes of the folder's.
        halved: whether its scheduler knows no σ² of a network, and `reference` hands it the first half alone.
        loop: (folder, x_T, S, labels) → what its own pipeline draws; None for a loop of step.
        needs: a package that is needed to draw from it, which not everybody has.
    """

    make: Callable[[Path], None]
    given: str = ""
    place: str = "unet"
    variant: str | None = None
    steps: int | None = STEPS
    flags: tuple[str, ...] = ()
    stepping: dict[str, Any] = field(default_factory=dict)
    labels: tuple[int, ...] | None = None
    size: tuple[int, int] | None = None
    as_class: str = ""
    halved: bool = False
    loop: Callable[..., torch.Tensor] | None = None
    needs: str = ""


def saved(
    folder: Path, scheduler: str = "DDPMScheduler", net: dict | None = None, index: str = "",
    names: list[str] | None = None, **options: Any,
) -> None:  # fmt: skip
    """A pipeline as diffusers saves it: a tiny network and a scheduler with these options."""
    network(**ONE_BLOCK | (net or {})).save_pretrained(folder / "unet")
    own = getattr(diffusers, scheduler)(**PLAIN | options)
    if names:
        own.register_to_config(_class_names=names)
    own.save_pretrained(folder / "scheduler")
    if index:
        parts = {"scheduler": ["diffusers", scheduler], "unet": ["diffusers", "UNet2DModel"]}
        (folder / "model_index.json").write_text(json.dumps({"_class_name": index, **parts}))


def of(scheduler: str = "DDPMScheduler", *, net: dict | None = None, index: str = "", **rest: Any) -> Folder:
    """A saved pipeline whose scheduler has further options; what `Folder` has is its own."""
    own = {key: rest.pop(key) for key in list(rest) if key in inspect.signature(Folder).parameters}
    return Folder(partial(saved, scheduler=scheduler, net=net, index=index, **rest), **own)


def sizeless(folder: Path) -> None:
    saved(folder)
    path = folder / "unet" / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"sample_size": None}))


def positive(folder: Path, **options: Any) -> None:
    """A network that says σ² itself, around 0.01 and never negative."""
    saved(folder, **options)
    path = folder / "unet" / WHOLE
    state = load_file(path)
    half = len(state["conv_out.bias"]) // 2
    state["conv_out.weight"][half:] *= 1e-3
    state["conv_out.bias"][half:] = 0.01
    save_file(state, path, {"format": "pt"})


def beside_a_config(folder: Path) -> None:
    """A file of weights beside its config.json, and a scheduler's."""
    saved(folder)
    (folder / "scheduler" / "scheduler_config.json").rename(folder / "unet" / "scheduler_config.json")


CLASSES = {"num_class_embeds": 4}
V_ZERO = {"prediction_type": "v_prediction", "rescale_betas_zero_snr": True, "timestep_spacing": "trailing"}
DPM, EULER, LMS = "DPMSolverMultistepScheduler", "EulerDiscreteScheduler", "LMSDiscreteScheduler"
LAYOUTS = {
    f"layout: {name}": Folder(make, given, place, variant)
    for name, (make, given, place, variant, _) in STRANGERS.items()
    if name not in ("a file of another name", "classes")
}
DDPMS = {
    "DDPM": of(),
    "DDPM, all its steps": of(index="DDPMPipeline", steps=None),
    "DDPM, x_0": of(prediction_type="sample"),
    "DDPM, v": of(prediction_type="v_prediction"),
    "DDPM, v, zero terminal SNR": of(**V_ZERO),
    "DDPM, linear": of(beta_schedule="linear"),
    "DDPM, scaled_linear": of(beta_schedule="scaled_linear"),
    "DDPM, sigmoid": of(beta_schedule="sigmoid"),
    "DDPM, laplace": of(beta_schedule="laplace"),
    "DDPM, trained_betas": of(trained_betas=torch.linspace(1e-3, 0.3, T).tolist()),
    "DDPM, not clipped": of(clip_sample=False),
    "DDPM, clipped at 2": of(clip_sample_range=2.0),
    "DDPM, thresholding": of(clip_sample=False, thresholding=True, sample_max_value=1.5),
    "DDPM, fixed_large": of(variance_type="fixed_large"),
    "DDPM, fixed_small_log": of(variance_type="fixed_small_log"),
    "DDPM, trailing": of(timestep_spacing="trailing"),
    "DDPM, linspace": of(timestep_spacing="linspace"),
    "DDPM, steps_offset": of(steps_offset=1),
    "DDPM, parallel": of("DDPMParallelScheduler"),
}
DDIMS = {
    "DDIM": of("DDIMScheduler", index="DDIMPipeline"),
    "DDIM, its 50 steps": of("DDIMScheduler", index="DDIMPipeline", steps=None, num_train_timesteps=60),
    "DDIM, not clipped, to ᾱ_0": of("DDIMScheduler", clip_sample=False, set_alpha_to_one=False, steps_offset=1),
    "DDIM, thresholding, v": of("DDIMScheduler", clip_sample=False, thresholding=True, prediction_type="v_prediction"),
    "DDIM, zero terminal SNR": of("DDIMScheduler", **V_ZERO),
    "DDIM, ε̂ of the clipped x̂_0, η = 0.5": of(
        "DDIMScheduler",
        flags=("--set", "use_clipped_model_output=true", "--set", "eta=0.5"),
        stepping={"use_clipped_model_output": True, "eta": 0.5},
    ),
    "DDIM's pipeline around DDPM": of(index="DDIMPipeline", as_class="DDIMScheduler"),
    "DDIM, parallel": of("DDIMParallelScheduler"),
}
OTHERS = {
    "DPM-Solver++": of(DPM),
    "DPM-Solver++, Karras, order 3": of(
        DPM, use_karras_sigmas=True, solver_order=3, beta_schedule="linear", num_train_timesteps=1000
    ),
    "DPM-Solver++, SDE": of(DPM, algorithm_type="sde-dpmsolver++", final_sigmas_type="sigma_min"),
    "DPM-Solver, singlestep": of("DPMSolverSinglestepScheduler"),
    "Euler": of(EULER),
    "Euler, Karras": of(EULER, use_karras_sigmas=True),
    "Euler, trailing, x_0": of(EULER, timestep_spacing="trailing", prediction_type="sample"),
    "Euler, v": of(EULER, prediction_type="v_prediction"),
    "Euler, churn": of(EULER, flags=("--set", "s_churn=2"), stepping={"s_churn": 2.0}),
    "Euler ancestral": of("EulerAncestralDiscreteScheduler"),
    "Heun": of("HeunDiscreteScheduler"),
    "LMS": of(LMS),
    "LMS, Karras": of(LMS, use_karras_sigmas=True),
    "KDPM2": of("KDPM2DiscreteScheduler"),
    "KDPM2 ancestral": of("KDPM2AncestralDiscreteScheduler"),
    "PNDM": of("PNDMScheduler"),
    "PNDM, without Runge–Kutta": of("PNDMScheduler", skip_prk_steps=True, steps_offset=1),
    "PNDM's pipeline": of("PNDMScheduler", index="PNDMPipeline"),
    "UniPC": of("UniPCMultistepScheduler"),
    "DEIS": of("DEISMultistepScheduler"),
    "SA-Solver": of("SASolverScheduler"),
    "TCD": of("TCDScheduler", steps=2, original_inference_steps=10),
    "LCM": of("LCMScheduler", steps=2, original_inference_steps=10),
}
NETWORKS = {
    "classes": of(net=CLASSES, labels=(0, 3)),
    "classes with a null class": of(net=CLASSES, labels=(0, 2), names=["a", "b", "c"]),
    "classes as numbers": of(net={"class_embed_type": "timestep"}, labels=(3, 7)),
    "classes as numbers, counted": of(net={"class_embed_type": "timestep", **CLASSES}, labels=(0, 3)),
    "classes as vectors": of(net={"class_embed_type": "identity"}),
    "Fourier time": of(net=FOURIER, steps_offset=1),
    "Fourier time, Euler": of(EULER, net=FOURIER, steps_offset=1, timestep_spacing="leading"),
    "learned time": of(net={"time_embedding_type": "learned", "num_train_timesteps": T}),
    "scale and shift, resnet sampling": of(
        net={"resnet_time_scale_shift": "scale_shift", "downsample_type": "resnet", "upsample_type": "resnet"}
    ),
    "centred input": of(net={"center_input_sample": True}),
    "not square, grey": of(net={"sample_size": (8, 12), "in_channels": 1, "out_channels": 1}),
    "no sample_size": Folder(sizeless, flags=("--size", "8x8"), size=(8, 8)),
    "a file beside its config": Folder(beside_a_config, f"unet/{WHOLE}"),
}
TWICE = {"out_channels": 6}  # a half of it about σ², as improved DDPM's networks have it
GREY_TWICE = {"in_channels": 1, "out_channels": 2}
RANGE = {"net": TWICE, "variance_type": "learned_range"}
LEARNED_VARIANCES = {
    "σ² as a range": of(**RANGE),
    "σ² as a range, all its steps": of(index="DDPMPipeline", steps=None, **RANGE),
    "σ² as a range, v, trailing, not clipped": of(
        prediction_type="v_prediction", timestep_spacing="trailing", clip_sample=False, **RANGE
    ),
    "σ² as a range, x_0, grey": of(net=GREY_TWICE, variance_type="learned_range", prediction_type="sample"),
    "σ² as a range, classes, thresholding": of(
        net=TWICE | CLASSES, labels=(0, 3), variance_type="learned_range", clip_sample=False, thresholding=True
    ),
    "σ² as a range, parallel": of("DDPMParallelScheduler", **RANGE),
    "σ² itself": Folder(partial(positive, net=TWICE, variance_type="learned")),
    "σ², DPM-Solver++ drops it": of(DPM, **RANGE),
    "σ², SDE-DPM-Solver++ of grey v, halved": of(
        DPM, net=GREY_TWICE, variance_type="learned_range", algorithm_type="sde-dpmsolver++",
        prediction_type="v_prediction", halved=True,
    ),
    "σ², DPM-Solver++ of two channels, unsaid, halved": of(DPM, net={"in_channels": 2, "out_channels": 4}, halved=True),
    "σ², DDIM, halved": of("DDIMScheduler", index="DDIMPipeline", net=TWICE, halved=True),
    "σ², DDIM's pipeline around DDPM, halved": of(index="DDIMPipeline", as_class="DDIMScheduler", halved=True, **RANGE),
    "σ², Euler ancestral, halved": of("EulerAncestralDiscreteScheduler", net=TWICE, halved=True),
    "σ², PNDM, halved": of("PNDMScheduler", net=TWICE, halved=True),
    "σ², DDPM with fixed_large, halved": of(net=TWICE, variance_type="fixed_large", halved=True),
}  # fmt: skip
FAMILIES = {name: Folder(partial(saved_family, **made), **told) for name, (made, told) in KINDS.items()}
LATENTS = {name: Folder(make, loop=loop, **told) for name, (make, loop, told) in LATENT_KINDS.items()}
ZOO: dict[str, Folder] = {
    **LAYOUTS, **DDPMS, **DDIMS, **OTHERS, **NETWORKS, **LEARNED_VARIANCES, **FAMILIES, **LATENTS,
}  # fmt: skip


@contextmanager
def drawing(modules: list[Any], draws: Iterator[torch.Tensor]) -> Iterator[None]:
    """Within it, diffusers' modules draw these."""
    names = ("randn_tensor", "randn_like")  # the latter is torch's
    kept = [(module, name, getattr(module, name)) for module in modules for name in names if hasattr(module, name)]
    for module, name, _ in kept:
        setattr(module, name, lambda *args, **kwargs: next(draws))
    try:
        yield
    finally:
        for module, name, own in kept:
            setattr(module, name, own)


def scheduler_of(animal: Folder, folder: Path) -> Any:
    """The scheduler as diffusers loads it, of the class that its pipeline makes of it."""
    home = folder / animal.given
    home = home.parent if home.suffix == ".safetensors" else home
    for place in (home, home / "scheduler", home.parent / "scheduler", home.parent, folder / "scheduler"):
        path = place / "scheduler_config.json"
        if path.is_file():
            config = json.loads(path.read_text())
            return class_named(animal.as_class or config["_class_name"]).from_config(config)
    T_learned = json.loads((folder / animal.place / "config.json").read_text()).get("num_train_timesteps")
    return diffusers.DDPMScheduler(T_learned or 1000)


@torch.no_grad()
def reference(animal: Folder, folder: Path, x_T: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
    """x_0 by diffusers' own network and the loop of its scheduler, (N,C,H,W)."""
    if animal.loop is not None:
        S = animal.steps or min(50, T)
        module = sys.modules[type(scheduler_of(animal, folder)).__module__]
        with drawing([module, torch], iter(z)):
            return animal.loop(folder, x_T, S, animal.labels)
    unet: Any = UNet2DModel.from_pretrained(
        folder / animal.place, variant=animal.variant, use_safetensors=True, local_files_only=True
    )
    unet = unet.float().eval()
    scheduler = scheduler_of(animal, folder)
    name = type(scheduler).__name__
    most = 1 if name.startswith("CM") else 50 if "DDIM" in name else 1000  # as their pipelines have it
    S = animal.steps or min(most, scheduler.config.num_train_timesteps)
    scheduler.set_timesteps(S)
    labels = None if animal.labels is None else torch.tensor(animal.labels)
    if unet.config.class_embed_type == "identity":
        labels = torch.zeros(COUNT, unet.time_embedding.linear_2.out_features)
    x, draws = x_T * getattr(scheduler, "init_noise_sigma", 1.0), iter(z)
    with drawing([sys.modules[type(scheduler).__module__], torch], draws):
        if loop := LOOPS.get(name):
            return loop(scheduler, lambda x, t: unet(x, t).sample, x, S)
        for t in scheduler.timesteps:
            scaled = scheduler.scale_model_input(x, t) if hasattr(scheduler, "scale_model_input") else x
            said = unet(scaled, t, class_labels=labels).sample
            said = said[:, : x.shape[1]] if animal.halved else said
            x = scheduler.step(said, t, x, **animal.stepping).prev_sample
    return x


def shape_of(animal: Folder, folder: Path) -> tuple[int, int, int]:
    """(C,H,W) of the pictures."""
    config = json.loads((folder / animal.place / "config.json").read_text())
    size = animal.size or config["sample_size"]
    return (config["in_channels"], *((size, size) if isinstance(size, int) else tuple(size)))


def other_class(folder: Path) -> None:
    saved(folder)
    rewrite(folder / "unet" / "config.json", _class_name="FluxTransformer2DModel")


def pickle_alone(folder: Path) -> None:
    saved(folder)
    (folder / "unet" / WHOLE).rename(folder / "unet" / "diffusion_pytorch_model.bin")


def exchanged(folder: Path) -> None:
    """DDIMPipeline would put a DDIM in the place of EDM's."""
    saved_family(folder, "EDMEulerScheduler", index="DDIMPipeline")


def many_orders(folder: Path) -> None:
    saved(folder, DPM)
    path = folder / "scheduler" / "scheduler_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"solver_order": 10**9}))


def beside_a_decoder(folder: Path) -> None:
    saved(folder)
    (folder / "vqvae").mkdir()


# kind → what makes it, and a piece of the sentence that refuses it.
REFUSED: dict[str, tuple[Callable[[Path], None], str]] = {
    "a pickle alone": (pickle_alone, "holds its weights only as a pickle"),
    "latents, an empty decoder beside them": (beside_a_decoder, "vqvae/config.json is missing"),
    "FluxTransformer2DModel": (other_class, "the network is a 'FluxTransformer2DModel'"),
    "DDPM, fixed_large_log": (
        partial(saved, variance_type="fixed_large_log"),
        "makes numbers that are not finite",  # diffusers takes the root of a logarithm there
    ),
    "Fourier time, asked at 0": (partial(saved, net=FOURIER), "makes numbers that are not finite"),
    "SCM": (partial(saved_family, scheduler="SCMScheduler"), "has no β_t"),
    "flow matching, shifted by the picture's size": (
        partial(saved_family, scheduler="FlowMatchEulerDiscreteScheduler", use_dynamic_shifting=True),
        "it says ValueError",
    ),
    "DDIM's pipeline around EDM": (exchanged, "in the place of EDMEulerScheduler"),
    "towards noise": (partial(saved, scheduler="DDIMInverseScheduler"), "leads from data to noise"),
    "too many orders": (many_orders, "solver_order must be"),
}
