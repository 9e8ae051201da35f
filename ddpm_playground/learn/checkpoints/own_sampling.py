"""What a folder's own pipeline does to draw a picture: its scheduler, every key of its config, and how many steps."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...bridge.diffusers_config import BETA_KEYS, class_defaults
from ...bridge.driven_sampler import DrivenSampler
from ...bridge.families import Family, family_of
from ...core.phrase import Phrase
from .checkpoint_error import CheckpointError
from .json_object import read_json_object
from .layout import INDEX, Layout, pipeline_folder

UNNAMED = "DDPMScheduler"
WRITTEN_HERE = "training.json"  # what `train` and the Train tab leave beside a network, and nobody else
# Pipelines that exchange the scheduler for one of a class of their own, and how many steps each takes by itself.
PIPELINES: dict[str, tuple[str | None, int]] = {
    "DDPMPipeline": (None, 1000), "DDIMPipeline": ("DDIMScheduler", 50), "PNDMPipeline": ("PNDMScheduler", 50),
    "ScoreSdeVePipeline": (None, 2000), "ConsistencyModelPipeline": (None, 1), "KarrasVePipeline": (None, 50),
    "LDMPipeline": (None, 50), "DiTPipeline": (None, 50), "StableDiffusionPipeline": (None, 50),
    "StableDiffusionXLPipeline": (None, 50), "IFPipeline": (None, 100), "LatentConsistencyModelPipeline": (None, 4),
}  # fmt: skip
# Pipelines that put these keys right in whatever scheduler they are given, where it has them.
AMENDING = (
    "StableDiffusionPipeline", "StableDiffusionImg2ImgPipeline", "StableDiffusionInpaintPipeline",
    "StableDiffusionPAGPipeline", "StableDiffusionPipelineSafe", "AltDiffusionPipeline",
)  # fmt: skip
AMENDED: dict[str, Any] = {"steps_offset": 1, "clip_sample": False}
FEW_STEPS = 50  # what a pipeline with another scheduler than DDPM's takes by itself
# What the chain here does where nobody says otherwise (`core.Sampling`), in a scheduler's words.
HERE = {"clip_sample": True, "clip_sample_range": 1.0, "variance_type": "fixed_small", "thresholding": False}
NO_SETTING = BETA_KEYS - {"rescale_betas_zero_snr"} | {"prediction_type", "class_names"}
MAX_TOLD = 12


@dataclass(frozen=True)
class OwnSampling:
    """How a folder's own pipeline samples.

    Attributes:
        class_name: of its scheduler.
        config: keys of its scheduler_config.json.
        num_steps: S where nobody chooses.
        is_here: whether `ddpm` here does the same, for the network was trained here: its T steps, its σ², its clipping.
        pipeline: the pipeline that exchanged the scheduler for its own; empty for none.
        said: how σ² is read that the network says, which `ddpm` here reads too; None for one that says none.
        amended: keys of the config that the pipeline puts right, where they say something else.
        family: of the scheduler, where that has noise levels of its own; None for β_t.
    """

    class_name: str
    config: Mapping[str, Any]
    num_steps: int
    is_here: bool = False
    pipeline: str = ""
    said: str | None = None
    family: Family | None = None
    amended: tuple[str, ...] = ()

    def sampler(self, said: str | None = None) -> DrivenSampler:
        """Its scheduler as a sampler; `said` is how σ² is read that the network says, None for none."""
        return DrivenSampler(self.class_name, self.config, True, said)

    def settings(self) -> dict[str, Any]:
        """Keys of the config that say how to sample and have another value than the class's default."""
        usual = class_defaults(self.class_name) or {}
        unsaid = self.config.get("_use_default_values")  # diffusers takes the class's default for these
        left = NO_SETTING | set(unsaid if isinstance(unsaid, list) else ())
        keys = sorted(usual.keys() & self.config.keys() - left)
        return {key: self.config[key] for key in keys if self.config[key] != usual[key]}

    def described(self) -> str:
        """The class and its settings, as "DDIMScheduler, clip_sample = False"."""
        told = [f"{key} = {str(value)[:40]}" for key, value in self.settings().items()]
        return ", ".join([self.class_name, *told[:MAX_TOLD]])

    @property
    def is_another(self) -> bool:
        """Whether `ddpm` and the others here, as they come, draw otherwise."""
        others = self.settings()
        if others.get("variance_type") == self.said:
            others.pop("variance_type", None)
        return not self.is_here and (self.class_name != UNNAMED or bool(others))

    def read_as(self) -> Iterator[Phrase]:
        """A sentence where it is something else than what `ddpm` here does by itself."""
        if self.is_here:
            return
        if self.pipeline:
            yield Phrase(
                "{pipeline} samples with {name}, whatever scheduler lies in the folder",
                pipeline=self.pipeline,
                name=self.class_name,
            )
        if self.amended:
            told = ", ".join(f"{key} = {AMENDED[key]}" for key in self.amended)
            yield Phrase("its pipeline sets {told} in the scheduler that lies in the folder", told=told)
        if self.family is not None and not self.family.as_ddpm:
            yield Phrase("its own sampling is {own}; ddpm and the others here are not for it", own=self.described())
        elif self.is_another:
            yield Phrase("its own sampling is {own}, in {steps} steps", own=self.described(), steps=self.num_steps)


def own_sampling(layout: Layout, scheduler_config: Mapping[str, Any], T: int, said: str | None = None) -> OwnSampling:
    """How the pipeline that a checkpoint belongs to samples.

    Args:
        layout: where its parts lie.
        scheduler_config: scheduler_config.json, or what is assumed in its stead.
        T: of its schedule.
        said: how σ² is read that its network says; None for one that says none.

    Raises:
        CheckpointError: the pipeline's scheduler is of another family than the folder's.
    """
    folder = pipeline_folder(layout)
    index = _read(folder / INDEX).get("_class_name")
    name = scheduler_config.get("_class_name", UNNAMED)
    own = name if isinstance(name, str) else UNNAMED
    forced, steps = PIPELINES.get(str(index), (None, _steps_by_itself(scheduler_config, own, T)))
    here = HERE if said is None else HERE | {"variance_type": said}
    same = all(scheduler_config.get(key, value) in (None, value) for key, value in here.items())
    is_here = own == UNNAMED and same and forced is None and "step" in " ".join(_read(folder / WRITTEN_HERE))
    pipeline = str(index) if forced not in (None, own) else ""
    steps, family = T if is_here else min(steps, T), family_of(scheduler_config)
    if family is not None and pipeline:
        raise CheckpointError(
            "{pipeline} would put {forced} in the place of {own}, which asks this network for something else; name the "
            "right pipeline in model_index.json",
            pipeline=pipeline,
            forced=forced,
            own=own,
        )
    config, amended = _amended(str(index), own, scheduler_config)
    return OwnSampling(forced or own, config, steps, is_here, pipeline, said, family, amended)


def _amended(pipeline: str, name: str, config: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """A scheduler's config as its pipeline makes it, and the keys that it puts right."""
    usual = class_defaults(name) or {}
    if pipeline not in AMENDING:
        return dict(config), ()
    unsaid = config.get("_use_default_values")
    left = list(unsaid) if isinstance(unsaid, list) else []
    had = {key: usual[key] if key in left else config.get(key, usual[key]) for key in AMENDED if key in usual}
    keys = tuple(key for key, value in had.items() if value != AMENDED[key])
    changed = {key: AMENDED[key] for key in keys}
    return {**config, **changed, "_use_default_values": [key for key in left if key not in keys]}, keys


def _steps_by_itself(scheduler_config: Mapping[str, Any], name: str, T: int) -> int:
    """S of a scheduler whose pipeline is not named."""
    family = family_of(scheduler_config)
    if family is None:
        return T if name.startswith("DDPM") else FEW_STEPS
    return T if family.num_steps is None else family.num_steps


def _read(path: Path) -> dict[str, Any]:
    """A JSON object; none where there is none."""
    try:
        return read_json_object(path) if path.is_file() else {}
    except (CheckpointError, OSError):
        return {}
