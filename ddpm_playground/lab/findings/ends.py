"""How much of the picture is left at T, and what the network must predict there."""

import math
from collections.abc import Iterator

from ...core import schedule_from_betas
from ..case import Case
from ..finding import Finding, found
from ..said import said

# Lin et al. 2023, table 1: Stable Diffusion keeps SNR(T) = 4.7e-3 and shows the grey drift; the linear schedule of
# Ho et al. with 4.0e-5 does not; EDM (σ_max = 80) stands at 1.6e-4. The line lies between the last two and the first.
SNR_HURT, SNR_NOTED = 1e-3, 1e-4
# Half precision resolves 2⁻¹¹ of a number (float16): an ε̂ of size 1 cannot be given more exactly than that.
HALF_PRECISION = 2.0**-11
USUAL_T = 1000
# Ho et al. and Stable Diffusion end at β = 0.02 and 0.012; above this, β_t was chosen for few steps.
USUAL_BETA = 0.03
RESCALE = "rescale_betas_zero_snr"
FLOW = "flow_prediction"
PREDICTIONS = ("epsilon", "sample", "v_prediction")


def terminal_snr(case: Case) -> Iterator[Finding]:
    """Signal that is left at T though sampling starts from pure noise."""
    if not case.sound or case.terminal_snr <= SNR_NOTED:
        return
    hurts = case.terminal_snr > SNR_HURT
    rescales = case.takes is None or RESCALE in case.takes
    key = "terminal-snr/trace" if not hurts else "terminal-snr" if rescales else "terminal-snr/class"
    yield found(
        key,
        "warning" if hurts else "note",
        case.schedule.T,
        name=case.class_name,
        root=math.sqrt(float(case.schedule.alpha_bars[-1])),
        snr=case.terminal_snr,
        threshold=SNR_HURT,
    )


def short_t_unscaled(case: Case) -> Iterator[Finding]:
    """β_t of about 1000 steps used with far fewer: stretched back to 1000 steps they would reach noise."""
    T, betas = case.schedule.T, case.betas
    if not case.sound or T >= USUAL_T or case.terminal_snr <= SNR_HURT or float(betas.max()) > USUAL_BETA:
        return
    factor = USUAL_T / T
    stretched = schedule_from_betas((betas * factor).clamp_max(1.0))
    if not float(stretched.snr[-1]) < 10 * SNR_HURT:
        return
    start, end = float(betas[0]) * factor, float(betas[-1]) * factor
    advice = said("use-cosine") if max(start, end) >= 1 else said("scaled-beta", start=start, end=end)
    total = float(betas.sum())
    yield found("short-t-unscaled", "warning", T, T=T, total=total, snr=case.terminal_snr, factor=factor, advice=advice)


def eps_with_zero_terminal_snr(case: Case) -> Iterator[Finding]:
    """ε-prediction where no signal is left: x̂_0 divides by √ᾱ_t = 0."""
    t = case.first_zero
    if not case.sound or t is None:
        return
    if case.predicts_eps:
        yield found("eps-with-zero-terminal-snr", "error", (t, case.schedule.T), t=t)
    elif not case.config and case.stored in ("beta", "alpha_bar"):
        yield found("eps-with-zero-terminal-snr/unknown", "warning", (t, case.schedule.T), t=t)


def clip_hides_divergence(case: Case) -> Iterator[Finding]:
    """Errors of ε̂ that x̂_0 magnifies beyond measure, and clipping that hides it."""
    clips = case.config.get("clip_sample") or case.config.get("thresholding")
    if not (case.sound and case.predicts_eps and clips and case.first_zero is None):
        return
    factor = case.terminal_snr**-0.5
    if factor * HALF_PRECISION >= 1:
        beyond = (case.schedule.snr**-0.5 * HALF_PRECISION >= 1).nonzero().flatten()
        span = (int(beyond[0]), int(beyond[-1]))
        yield found("clip-hides-divergence", "warning", span, factor=f"{factor:,.0f}")


def prediction_type(case: Case) -> Iterator[Finding]:
    """A prediction_type that the scheduler does not know, or that belongs to another family."""
    kind = case.config.get("prediction_type")
    if kind is None:
        return
    flow = bool(case.config.get("use_flow_sigmas"))
    if kind == (case.takes or {}).get("prediction_type") and kind not in PREDICTIONS:
        return  # a class of another family, with its own
    if kind not in (*PREDICTIONS, FLOW):
        allowed = ", ".join(PREDICTIONS)
        yield found("prediction-type", "error", None, kind=kind, name=case.class_name, allowed=allowed)
    elif (kind == FLOW) != flow:
        yield found("prediction-type/flow", "error", None, kind=kind, flow=str(flow).lower())
