"""What a number of steps makes of the schedule."""

from collections.abc import Iterable, Iterator

from ..audit import Transition
from ..case import Case, Walk
from ..finding import Finding, found
from ..said import said

# Song, Meng & Ermon 2021, table 1: with σ̂ (σ² = β) CIFAR-10's FID at 50 of 1000 steps is 33 against 8 with β̃, and
# 367 against 41 at 10; at all 1000 steps it is the better of the two.
FEW = 0.1


def spacing_skips_t(case: Case) -> Iterator[Finding]:
    """Sampling that starts below T: it hands the network noise of T with a t that is lower."""
    T = case.schedule.T
    short = [walk for walk in case.walks if walk.visited[0] < T]
    if short:
        severity = "warning" if case.first_zero is not None else "note"
        visited = _list(walk.visited[0] for walk in short)
        steps = _list(walk.num_steps for walk in short)
        span = (int(short[0].visited[0]), T)
        yield found(
            "spacing-skips-t", severity, span, spacing=case.spacing or said("its"), steps=steps, visited=visited, T=T
        )


def wrong_previous_timestep(case: Case) -> Iterator[Finding]:
    """A scheduler that steps to the noise of one t and visits another next."""
    for walk in case.walks:
        wrong = _mismatches(walk)
        if not wrong:
            continue
        worst = max(wrong, key=_gap)
        severity = "error" if _gap(worst) > 1 else "warning"
        other = "trailing" if case.spacing != "trailing" and case.schedule.T % walk.num_steps == 0 else "leading"
        yield found(
            "wrong-previous-timestep/trailing" if case.spacing == "trailing" else "wrong-previous-timestep",
            severity,
            (int(min(_landing(worst.used), _landing(worst.next))) + 1, int(worst.t) + 1),
            name=case.class_name,
            steps=walk.num_steps,
            spacing=case.spacing or said("its-own"),
            t=_t(worst.t),
            used=_t(_landing(worst.used)),
            next=_t(_landing(worst.next)),
            count=len(wrong),
            other=other,
            T=case.schedule.T,
        )
        return


def _mismatches(walk: Walk) -> list[Transition]:
    return [] if walk.audit is None else [one for one in walk.audit.transitions if one.mismatch]


def _landing(timestep: float | None) -> float:
    """0-based timestep of a noise level; clean data lies one below the first."""
    return -1.0 if timestep is None else timestep


def _gap(transition: Transition) -> float:
    return abs(_landing(transition.used) - _landing(transition.next))


def steps_offset(case: Case) -> Iterator[Finding]:
    """An offset that leaves the trained t, shifts them, or does nothing."""
    offset, T = case.config.get("steps_offset", 0), case.schedule.T
    if isinstance(offset, bool) or not isinstance(offset, int) or offset == 0 or not case.walks:
        return
    for walk in case.walks:
        outside = [t for t in walk.visited if not 1 <= t <= T]
        if outside:
            yield found(
                "steps-offset/outside", "error", T, offset=offset, steps=walk.num_steps, t=_t(outside[0] - 1), T=T
            )
            return
    if case.spacing != "leading":
        yield found("steps-offset/ignored", "note", None, offset=offset, spacing=case.spacing or said("this"))
        return
    lowest = min(walk.visited[-1] for walk in case.walks)
    end = said("clean-data" if case.config.get("set_alpha_to_one", True) else "nearly-clean-data")
    yield found("steps-offset", "note", (1, int(lowest)), offset=offset, lowest=_t(lowest - 1), end=end)


def cannot_run(case: Case) -> Iterator[Finding]:
    """A config that its own class refuses, and numbers of steps that no schedule of this T has."""
    if case.refusals:
        S, reason = case.refusals[0]
        yield found("cannot-run", "error", None, name=case.class_name, steps=S, reason=reason)
    beyond = [S for S in case.steps if S > case.schedule.T]
    if beyond and case.sound:
        yield found("cannot-run/steps", "note", None, T=case.schedule.T, steps=_list(beyond))


# Keys whose being left out changes the pictures.
WEIGHTY = {
    "rescale_betas_zero_snr", "timestep_spacing", "prediction_type", "trained_betas", "beta_schedule", "steps_offset",
    "use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas", "use_flow_sigmas", "variance_type", "shift",
    "thresholding", "clip_sample", "set_alpha_to_one",
}  # fmt: skip


def ignored_key(case: Case) -> Iterator[Finding]:
    """Keys that the class does not take."""
    if case.takes is None:
        return
    ignored = [key for key in case.config if key not in case.takes and not key.startswith("_")]
    active = [key for key in ignored if case.config[key] not in (None, False)]
    if active:
        severity = "warning" if WEIGHTY.intersection(active) else "note"
        yield found(
            "ignored-key", severity, None, name=case.class_name, keys=", ".join(active), others=said("common-classes")
        )


def variance_type(case: Case) -> Iterator[Finding]:
    """σ² = β of a whole stride at few steps, or a variance that the network must give."""
    kind = case.config.get("variance_type")
    few = [S for S in case.steps if S <= case.schedule.T * FEW]
    if kind in ("fixed_large", "fixed_large_log") and few:
        yield found("variance-type", "warning", None, kind=kind, steps=_list(few))
    elif kind in ("learned", "learned_range"):
        yield found("variance-type/learned", "note", None, kind=kind)


def _t(timestep: float) -> str:
    """A 0-based timestep of diffusers as the paper's t."""
    return f"{timestep + 1:g}"


def _list(numbers: Iterable[float]) -> str:
    return ", ".join(f"{number:g}" for number in numbers)
