"""Changes of a config that may cure a finding; the doctor tries them."""

from collections.abc import Iterator, Mapping
from typing import Any

from ...bridge.diffusers_config import class_defaults
from ...core import SPACINGS
from ..examined_schedule import OTHER_SIGMAS, ExaminedSchedule

Patch = Mapping[str, Any]
TRAILING, LEADING = {"timestep_spacing": "trailing"}, {"timestep_spacing": "leading"}
FLOW = "flow_prediction"
# What most β_t are given for.
USUAL_T = 1000
# Of several classes, the best known first.
COMMON = (
    "DDIMScheduler", "EulerDiscreteScheduler", "DPMSolverMultistepScheduler", "UniPCMultistepScheduler",
    "DDPMScheduler",
)  # fmt: skip
# diffusers' own advice for the cosine schedule: λ = ½ log SNR is kept from there on (DPMSolverMultistepScheduler).
LAMBDA_MIN = {"lambda_min_clipped": -5.1}
# What says what the network was trained on: no setting of a sampler.
OF_TRAINING = {
    "num_train_timesteps", "beta_schedule", "beta_start", "beta_end", "trained_betas", "rescale_betas_zero_snr",
    "prediction_type", "sigma_data", "shift", "flow_shift", "use_flow_sigmas", "snr_shift_scale",
}  # fmt: skip


def spacings(case: ExaminedSchedule) -> Iterator[Patch]:
    """Each other spacing, the one that visits T first."""
    if case.takes is not None and "timestep_spacing" in case.takes:
        for spacing in ("trailing", *(name for name in SPACINGS if name != "trailing")):
            if spacing != case.spacing:
                yield {"timestep_spacing": spacing}


def flow_output(case: ExaminedSchedule) -> Iterator[Patch]:
    """A velocity as the network's output, where a class for β_t runs a flow and takes the output for another."""
    takes = case.takes or {}
    if case.value("use_flow_sigmas") and "prediction_type" in takes and case.value("prediction_type") != FLOW:
        yield {"prediction_type": FLOW}


def own_sigmas(case: ExaminedSchedule) -> Iterator[Patch]:
    """The training table's σ in the stead of others that are asked for."""
    asked = [key for key in OTHER_SIGMAS if key != "use_flow_sigmas" and case.value(key)]
    if asked:
        yield dict.fromkeys(asked, False)


def defaults(case: ExaminedSchedule) -> Iterator[Patch]:
    """Each key that is not its class's default, set back to it: first alone, then all settings of the sampler."""
    takes = case.takes or {}
    changed = {key: takes[key] for key in case.keys if key in takes and case.config.get(key) != takes[key]}
    changed = {key: value for key, value in changed.items() if key not in OF_TRAINING}
    for key, value in changed.items():
        yield {key: value}
    if len(changed) > 1:
        yield changed


def fitting_betas(case: ExaminedSchedule) -> Iterator[Patch]:
    """T as many as the trained β_t; β_t of about 1000 steps scaled to T, the cosine schedule."""
    T = case.schedule.T
    if case.config.get("trained_betas") is not None:
        if case.value("num_train_timesteps") not in (None, T):
            yield {"num_train_timesteps": T}
        return
    ends = [case.value(key) for key in ("beta_start", "beta_end")]
    if all(isinstance(end, float) for end in ends) and T != USUAL_T:
        start, end = (end * USUAL_T / T for end in ends)
        if end < 1:
            yield {"beta_start": start, "beta_end": end}


def other_classes(case: ExaminedSchedule) -> Iterator[Patch]:
    """Other classes that take all keys of the config."""
    given = {key for key in case.keys if not key.startswith("_")}
    for name in COMMON:
        takes = class_defaults(name)
        if takes is not None and name != case.class_name and given <= takes.keys():
            yield {"_class_name": name}


def same_but(class_name: str, case: ExaminedSchedule, patch: Patch) -> Patch:
    """A patch that also changes the class, unless it is that already."""
    return patch if case.class_name == class_name else {"_class_name": class_name, **patch}


def unique(*several: Iterator[Patch]) -> Iterator[Patch]:
    """All of them, each once."""
    seen: list[Patch] = []
    for patches in several:
        for patch in patches:
            if patch not in seen:
                seen.append(patch)
                yield patch
