"""What sampling makes of the spread of the data, measured by the scheduler's own walk on Gaussian data."""

from collections.abc import Iterator

from ..examined_schedule import ExaminedSchedule
from ..finding import Finding, found
from ..gaussian_run import DATA_STD, ERROR
from ..sampling_record import SamplingRecord, record_of
from .patches import LAMBDA_MIN, LEADING, TRAILING, Patch, flow_output, same_but, spacings, unique
from .said_lists import listed

# A walk whose end has more than four times the data's spread, because of 1 % of error in the network's output. DDIM on
# the cosine schedule, trailing, without clipping ends at 15 times (20 steps) and 6 times (50); leading, and ancestral
# DDPM in any spacing, at 1.1 times at most (2.6 at 10 steps).
DIVERGED = 4.0
# Below this share of the data's spread it is told; first-order solvers lose as much at fewer than 20 steps by nature.
LOST, FEWEST = 0.85, 20
# Half precision resolves 2⁻¹¹ of a number (float16): an ε̂ of size 1 cannot be given more exactly than that.
HALF_PRECISION = 2.0**-11
# Latents of Stable Diffusion's kind have variance 1 and reach ±4.
LATENT_RANGE = 4.0
UNCLIPPED = {"clip_sample": False, "thresholding": False}


def diverges(record: SamplingRecord) -> bool:
    """Whether a little error in the network's output spreads the end far beyond the data."""
    run = record.run
    if run is None or run.spread is None or run.spread_with_error is None:
        return False
    # Without the error put in, rounding is one too.
    return max(run.spread, run.spread_with_error) > DIVERGED * DATA_STD


def _spread(record: SamplingRecord) -> float:
    return record.run.spread_with_error or 0.0 if record.run else 0.0


def clips(case: ExaminedSchedule) -> bool:
    """Whether x̂_0 is clipped at each step."""
    return bool(case.value("clip_sample") or case.value("thresholding"))


def unclipped_divergence(case: ExaminedSchedule) -> Iterator[Finding]:
    """Errors of the network that the steps magnify until the pictures are lost."""
    lost = [record for record in case.sampling if diverges(record)]
    if not lost or clips(case):
        return
    worst = max(lost, key=_spread)
    yield found(
        "unclipped-divergence", "error", None, _calmer(case),
        name=case.class_name,
        steps=listed(record.num_steps for record in lost),
        S=worst.num_steps,
        spread=f"{_spread(worst):.1f}",
        exact=f"{worst.run.spread if worst.run and worst.run.spread else 0:.2f}",
        data=DATA_STD,
        error=f"{ERROR:.0%}",
    )  # fmt: skip


def _calmer(case: ExaminedSchedule) -> Iterator[Patch]:
    takes = case.takes or {}
    clipped: list[Patch] = [] if case.latent or "clip_sample" not in takes else [{"clip_sample": True}]
    floor: list[Patch] = [LAMBDA_MIN] if LAMBDA_MIN.keys() <= takes.keys() else []
    later: list[Patch] = [LEADING] if "timestep_spacing" in takes and case.spacing != "leading" else []
    ancestral = [same_but("DDPMScheduler", case, {"clip_sample": bool(case.value("clip_sample"))})]
    velocity: list[Patch] = [{"prediction_type": "v_prediction"}, {"prediction_type": "v_prediction", **TRAILING}]
    settings = (iter(clipped), iter(floor), iter(later), spacings(case))
    return unique(flow_output(case), *settings, iter(ancestral), iter(velocity))


def clip_hides_divergence(case: ExaminedSchedule) -> Iterator[Finding]:
    """Errors of ε̂ that x̂_0 magnifies beyond measure, and clipping that hides it."""
    if not (case.sound and case.predicts_eps and clips(case) and case.first_zero is None):
        return
    hidden = []
    for record in case.sampling:
        # Only a start at next to no signal can diverge: where there is none, the walk need not be made.
        if record.sigmas[0] * ERROR > 1 and diverges(_unclipped(case, record)):
            hidden.append(record)
    factor = case.terminal_snr**-0.5
    if not hidden and factor * HALF_PRECISION < 1:
        return
    beyond = (case.schedule.snr**-0.5 * HALF_PRECISION >= 1).nonzero().flatten()
    span = (int(beyond[0]), int(beyond[-1])) if len(beyond) else (case.schedule.T, case.schedule.T)
    if not hidden:
        yield found("clip-hides-divergence/table", "note", span, factor=f"{factor:,.0f}")
        return
    worst = max(hidden, key=lambda record: _spread(_unclipped(case, record)))
    values = {
        "factor": f"{factor:,.0f}",
        "S": worst.num_steps,
        "unclipped": f"{_spread(_unclipped(case, worst)):.1f}",
        "clipped": f"{_spread(worst):.2f}",
        "data": DATA_STD,
    }
    hurts = not LOST * DATA_STD <= _spread(worst) <= DATA_STD / LOST and worst.num_steps >= FEWEST
    if hurts:
        yield found("clip-hides-divergence/hurts", "warning", span, _calmer(case), **values)
    else:
        yield found("clip-hides-divergence", "note", span, **values)


def _unclipped(case: ExaminedSchedule, record: SamplingRecord) -> SamplingRecord:
    off = {key: value for key, value in UNCLIPPED.items() if case.takes is None or key in case.takes}
    return record_of({**case.runs_as, **off}, record.num_steps, sample_size=case.sample_size, latent=case.latent)


def spread_lost(case: ExaminedSchedule) -> Iterator[Finding]:
    """Pictures paler than the data although the network is exact: what the steps themselves lose."""
    low = []
    for record in case.sampling:
        spread = record.run.spread if record.run else None
        if spread is not None and record.num_steps >= FEWEST and spread < LOST * DATA_STD:
            low.append((spread, record.num_steps))
    if low:
        spread, S = min(low)
        yield found("spread-lost", "note", None, name=case.class_name, S=S, spread=f"{spread:.2f}", data=DATA_STD)


def clip_on_latents(case: ExaminedSchedule) -> Iterator[Finding]:
    """Clipping to the range of pixels, of latents that have a wider one."""
    if not case.latent or not clips(case):
        return
    reach = case.value("clip_sample_range")
    reach = float(reach) if isinstance(reach, (int, float)) and not isinstance(reach, bool) else 1.0
    if case.value("thresholding") or reach < LATENT_RANGE:
        off = {key: False for key in UNCLIPPED if case.value(key)}
        yield found("clip-on-latents", "warning", None, [off], keys=", ".join(off), reach=reach)
