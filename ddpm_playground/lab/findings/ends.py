"""How much of the picture is left at T, and what the network must predict there."""

import math
from collections.abc import Iterable, Iterator

from ...bridge.diffusers_config import class_defaults
from ...core import schedule_from_betas
from ...core.phrase import Phrase
from ..examined_schedule import OTHER_SIGMAS, ExaminedSchedule
from ..finding import Finding, found
from .patches import FLOW, USUAL_T, Patch

# Lin et al. 2023, table 1: Stable Diffusion keeps SNR(T) = 4.7e-3 and shows the grey drift; the linear schedule of
# Ho et al. with 4.0e-5 does not; EDM (σ_max = 80) stands at 1.6e-4. The line lies between the last two and the first.
SNR_HURT, SNR_NOTED = 1e-3, 1e-4
# Ho et al. and Stable Diffusion end at β = 0.02 and 0.012; above this, β_t was chosen for few steps.
USUAL_BETA = 0.03
RESCALE = "rescale_betas_zero_snr"
PREDICTIONS = ("epsilon", "sample", "v_prediction")
# How other code bases call what diffusers has its own name for.
MEANT = {
    "eps": "epsilon", "noise": "epsilon", "pred_noise": "epsilon", "ε": "epsilon",
    "v": "v_prediction", "velocity": "v_prediction", "v-prediction": "v_prediction", "pred_v": "v_prediction",
    "v_pred": "v_prediction",
    "x0": "sample", "x_0": "sample", "x_start": "sample", "xstart": "sample", "pred_x0": "sample", "data": "sample",
}  # fmt: skip


def terminal_snr(case: ExaminedSchedule) -> Iterator[Finding]:
    """Signal that is left at T though sampling starts from pure noise.

    Judged on the training table; where the class takes its σ from elsewhere (σ_max, Karras, EDM, flow), at the first
    σ that is visited. A spacing that begins below T is another matter (spacing-skips-t).
    """
    if not case.sound or (case.records and not case.sampling and all(one.rising for one in case.records)):
        return
    root, snr, start = math.sqrt(float(case.schedule.alpha_bars[-1])), case.terminal_snr, _first_sigma(case)
    if start is not None:
        root, snr = 1.0 / math.sqrt(1.0 + start * start), start**-2 if start > 0 else math.inf
    if snr <= SNR_NOTED:
        return
    hurts = snr > SNR_HURT
    rescales = case.takes is None or RESCALE in case.takes
    key = "terminal-snr/trace" if not hurts else "terminal-snr" if rescales else "terminal-snr/class"
    if start is not None:
        key = "terminal-snr/start" if hurts else "terminal-snr/start-trace"
    patches: Iterable[Patch] = _to_zero_snr(case) if hurts and case.config and case.stored == "beta" else ()
    low, high = case.value("sigma_min"), case.value("sigma_max")
    if hurts and low is not None and high is not None and high < low:
        patches = [{"sigma_min": high, "sigma_max": low}]
    yield found(
        key,
        "warning" if hurts else "note",
        case.schedule.T,
        patches,
        name=case.class_name,
        root=root,
        snr=snr,
        threshold=SNR_HURT,
        sigma=start or 0.0,
    )


def _first_sigma(case: ExaminedSchedule) -> float | None:
    """The highest σ that sampling starts at, where it is not of the training table; None where it is."""
    starts = [record.sigmas[0] for record in case.sampling]
    if not starts:
        return None
    start, last = max(starts), case.terminal_snr**-0.5 if case.terminal_snr > 0 else math.inf
    chosen = case.stored == "sigma" or case.value("sigma_max") is not None
    return start if chosen or start > 1.01 * last else None


def _to_zero_snr(case: ExaminedSchedule) -> Iterator[Patch]:
    zero = {RESCALE: True, "prediction_type": "v_prediction", "timestep_spacing": "trailing"}
    others = {key: False for key in OTHER_SIGMAS if case.value(key)}
    if case.takes is None or RESCALE in case.takes:
        yield zero
        if others:
            yield {**zero, **others}
    for name in ("DDIMScheduler", "EulerDiscreteScheduler"):
        if case.class_name != name:
            takes = class_defaults(name) or {}
            dropped = {key: None for key in case.keys if key not in takes and not key.startswith("_")}
            yield {"_class_name": name, **zero, **dropped}


def short_t_unscaled(case: ExaminedSchedule) -> Iterator[Finding]:
    """β_t of about 1000 steps used with far fewer: stretched back to 1000 steps they would reach noise."""
    T, betas = case.schedule.T, case.betas
    if not case.sound or T >= USUAL_T or case.terminal_snr <= SNR_HURT or float(betas.max()) > USUAL_BETA:
        return
    factor = USUAL_T / T
    stretched = schedule_from_betas((betas * factor).clamp_max(1.0))
    if not float(stretched.snr[-1]) < 10 * SNR_HURT:
        return
    start, end = float(betas[0]) * factor, float(betas[-1]) * factor
    advice = (
        Phrase('that is above 1 here, so use the cosine schedule ("beta_schedule": "squaredcos_cap_v2")')
        if max(start, end) >= 1
        else f'"beta_start": {start:.4g}, "beta_end": {end:.4g}'
    )
    patches: list[Patch] = []
    if case.config and case.config.get("trained_betas") is None and "beta_end" in case.config:
        patches = [{"beta_start": round(start, 12), "beta_end": round(end, 12)}] if max(start, end) < 1 else []
        patches.append({"beta_schedule": "squaredcos_cap_v2"})
    elif case.config:
        patches = [{"beta_schedule": "squaredcos_cap_v2", "trained_betas": None}]
    total = float(betas.sum())
    yield found(
        "short-t-unscaled", "warning", T, patches,
        T=T, total=total, snr=case.terminal_snr, factor=factor, advice=advice,
    )  # fmt: skip


def eps_with_zero_terminal_snr(case: ExaminedSchedule) -> Iterator[Finding]:
    """ε-prediction where no signal is left: x̂_0 divides by √ᾱ_t = 0."""
    t = case.first_zero
    if not case.sound or t is None:
        return
    if case.predicts_eps:
        velocity = {"prediction_type": "v_prediction"}
        patches = [velocity, {**velocity, "timestep_spacing": "trailing"}, {RESCALE: False}]
        yield found("eps-with-zero-terminal-snr", "error", (t, case.schedule.T), patches, t=t)
    elif not case.config and case.stored in ("beta", "alpha_bar"):
        yield found("eps-with-zero-terminal-snr/unknown", "warning", (t, case.schedule.T), t=t)


def prediction_type(case: ExaminedSchedule) -> Iterator[Finding]:
    """A prediction_type that the scheduler does not know, or that belongs to another family."""
    kind = case.value("prediction_type")
    if kind is None:
        return
    flow = bool(case.value("use_flow_sigmas"))
    if kind == (case.takes or {}).get("prediction_type") and kind not in PREDICTIONS:
        return  # a class of another family, with its own
    if kind not in (*PREDICTIONS, FLOW):
        allowed = ", ".join(PREDICTIONS)
        meant = MEANT.get(str(kind).lower())
        patches = [{"prediction_type": one} for one in ([meant] if meant else PREDICTIONS)]
        yield found("prediction-type", "error", None, patches, kind=kind, name=case.class_name, allowed=allowed)
    elif (kind == FLOW) != flow:
        both = {"prediction_type": FLOW, "use_flow_sigmas": True}
        neither = {"prediction_type": "epsilon" if kind == FLOW else kind, "use_flow_sigmas": False}
        takes_flow = case.takes is None or "use_flow_sigmas" in case.takes
        patches = ([both] if takes_flow else []) + [neither if takes_flow else {"prediction_type": "epsilon"}]
        yield found("prediction-type/flow", "error", None, patches, kind=kind, flow=str(flow).lower())
