"""What goes wrong when the scheduler that diffusers builds is run."""

from collections.abc import Iterator

from ..examined_schedule import ExaminedSchedule
from ..finding import Finding, found
from ..gaussian_run import Stop
from ..other_data import OtherData
from ..sampling_record import SamplingRecord
from ..visits import visits_of
from .ends import PREDICTIONS
from .patches import (
    FLOW,
    LAMBDA_MIN,
    LEADING,
    TRAILING,
    Patch,
    defaults,
    fitting_betas,
    flow_output,
    other_classes,
    own_sigmas,
    spacings,
    unique,
)
from .said_lists import listed, paper_t

# Half of the steps where there is nothing to see: Stable Video Diffusion spends 43 % of its steps there and is well,
# zero terminal SNR with Karras σ 65 %.
IDLE_SNR, IDLE_SHARE = 1e-3, 0.5
# A tenth of the steps asked twice at one t.
REPEATED_HURTS = 0.1
# σ below this share of the training's lowest is rounding.
CLEAN = 1e-2
# How far the lowest σ may lie from that of the config's own formula, as a ratio.
SAME_SIGMA = 1.1


def not_examined(case: ExaminedSchedule) -> Iterator[Finding]:
    """A sampler that cannot be run here, so that nothing is claimed about it."""
    left_out = [record for record in case.records if record.not_examined]
    if left_out:
        steps = listed(record.num_steps for record in left_out)
        reason = left_out[0].not_examined
        yield found("not-examined", "note", None, name=case.class_name, steps=steps, reason=reason)


def works_on_other_data(other: OtherData) -> Finding:
    """All that there is to say of a class that has no noise schedule."""
    return found("not-examined/other-data", "note", None, name=other.name, reason=other.reason)


def step_fails(case: ExaminedSchedule) -> Iterator[Finding]:
    """A step that raises in float32."""
    failed = [(record, record.failed) for record in case.records if record.failed]
    if failed:
        record, stop = failed[0]
        yield found(
            "step-fails", "error", None, _cures(case), **_stop(case, record, stop, [one for one, _ in failed]),
            told=stop.told,
        )  # fmt: skip


def not_finite_step(case: ExaminedSchedule) -> Iterator[Finding]:
    """A step that returns NaN or ±∞ in float32."""
    stopped = [(record, record.not_finite) for record in case.records if record.not_finite]
    if stopped:
        record, stop = stopped[0]
        values = _stop(case, record, stop, [one for one, _ in stopped])
        yield found("not-finite-step", "error", None, _cures(case), **values)


def _stop(
    case: ExaminedSchedule, record: SamplingRecord, stop: Stop, all_of_them: list[SamplingRecord]
) -> dict[str, object]:
    return {
        "name": case.class_name,
        "steps": listed(one.num_steps for one in all_of_them),
        "S": record.num_steps,
        "step": stop.step,
        "calls": stop.calls,
        "timestep": f"{stop.timestep:g}",
    }


def _cures(case: ExaminedSchedule) -> Iterator[Patch]:
    velocity: list[Patch] = [{"prediction_type": "v_prediction"}, {"prediction_type": "v_prediction", **TRAILING}]
    zero = velocity if case.first_zero is not None and case.predicts_eps else []
    takes, table = case.takes or {}, list(own_sigmas(case))
    also: list[Patch] = [LAMBDA_MIN] if LAMBDA_MIN.keys() <= takes.keys() else []
    also += [LEADING] if "timestep_spacing" in takes else []
    both = [{**one, **other} for one in table for other in also]
    final: list[Patch] = [{"euler_at_final": True}] if "euler_at_final" in takes else []
    known = case.takes is None or "prediction_type" in case.takes
    odd = known and str(case.value("prediction_type")) not in (*PREDICTIONS, FLOW, takes.get("prediction_type"))
    kinds: list[Patch] = [{"prediction_type": kind} for kind in PREDICTIONS] if odd else []
    start: list[Patch] = [{"set_alpha_to_one": False}] if case.value("set_alpha_to_one") is True else []
    settings = (iter(zero), iter(table), iter(both), spacings(case), defaults(case), iter(also), iter(final))
    return unique(flow_output(case), iter(kinds), fitting_betas(case), *settings, iter(start), other_classes(case))


def repeated_timestep(case: ExaminedSchedule) -> Iterator[Finding]:
    """The network asked twice at one t for two σ, because t is rounded."""
    worst, again = None, 0
    for record in case.sampling:
        if record.failed or record.not_finite:
            continue
        pairs = zip(record.timesteps, record.timesteps[1:], record.sigmas, record.sigmas[1:], strict=False)
        count = sum(t == after and abs(a - b) > 1e-6 * max(a, b) for t, after, a, b in pairs)
        if count and (worst is None or count / record.num_steps > again / worst.num_steps):
            worst, again = record, count
    if worst is None:
        return
    t = next(t for t, after in zip(worst.timesteps, worst.timesteps[1:], strict=False) if t == after)
    severity = "warning" if again >= REPEATED_HURTS * worst.num_steps else "note"
    patches = unique(own_sigmas(case), spacings(case)) if severity == "warning" else ()
    key = "repeated-timestep" if severity == "warning" else "repeated-timestep/few"
    yield found(
        key, severity, None, patches,
        name=case.class_name, steps=worst.num_steps, t=paper_t(t), count=again,
    )  # fmt: skip


def idle_steps(case: ExaminedSchedule) -> Iterator[Finding]:
    """Sampling steps where x_t is as good as noise."""
    worst, most = None, 0
    for record in case.sampling:
        # The first is where sampling begins, and has nothing to show by right.
        idle = sum(sigma**-2 < IDLE_SNR if sigma > 0 else False for sigma in record.sigmas)
        if idle - 1 > IDLE_SHARE * len(record.sigmas) and (worst is None or idle / len(record.sigmas) > most / worst):
            worst, most, seen = len(record.sigmas), idle, record
    if worst is not None:
        yield found(
            "idle-steps", "warning", None, _cures(case),
            steps=seen.num_steps, count=most, calls=worst, sigma=seen.sigmas[0], threshold=IDLE_SNR,
        )  # fmt: skip


def residual_noise(case: ExaminedSchedule) -> Iterator[Finding]:
    """Noise that is left after the last step."""
    left = [(record.final_sigma, record) for record in case.sampling if record.final_sigma is not None]
    if not left or not case.sound:
        return
    lowest = float(case.schedule.snr[1]) ** -0.5
    sigma, record = max(left, key=lambda pair: pair[0])
    if sigma <= CLEAN * lowest:
        return
    if sigma <= 1.01 * lowest:
        yield found("residual-noise", "note", None, _last_step(case), steps=record.num_steps, sigma=sigma)
    else:
        cures = unique(_last_step(case), spacings(case), defaults(case), other_classes(case))
        yield found(
            "residual-noise/much", "warning", None, cures,
            steps=record.num_steps, sigma=sigma, lowest=lowest,
        )  # fmt: skip


def _last_step(case: ExaminedSchedule) -> Iterator[Patch]:
    if case.value("set_alpha_to_one") is False:
        yield {"set_alpha_to_one": True}
    if case.value("final_sigmas_type") == "sigma_min":
        yield {"final_sigmas_type": "zero"}


def double_shift(case: ExaminedSchedule) -> Iterator[Finding]:
    """σ of set_timesteps(T) that are not those of the config's own formula."""
    shifted = case.value("use_dynamic_shifting") or case.value("shift_terminal") or case.timesteps or case.sigmas
    flows = [record for record in case.sampling if record.convention == "flow"]
    if not flows or shifted or case.value("shift") in (None, 1, 1.0) or any(case.value(k) for k in _OTHER):
        return
    T = case.schedule.T
    visits = visits_of(case.runs_as, T)
    if visits is None or not visits.trained or not visits.sigmas:
        return
    formula, has = _lowest(visits.trained), _lowest(visits.sigmas)
    if formula and has and max(has / formula, formula / has) > SAME_SIGMA:
        yield found(
            "double-shift", "note", None,
            name=case.class_name, T=T, sigma=has, formula=formula, shift=float(case.value("shift")),
        )  # fmt: skip


_OTHER = ("use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas")


def _lowest(sigmas: tuple[float, ...]) -> float:
    return min((sigma for sigma in sigmas if sigma > 0), default=0.0)
