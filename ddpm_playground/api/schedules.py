"""Deeds on schedules: what is wrong with one, its numbers, and what happens at one t."""

import math
from typing import TYPE_CHECKING, Any

from ..core.checks import one_of, whole_number
from ..core.phrase import Refusal
from .answers import Answer, Config
from .given_schedule import read_config

if TYPE_CHECKING:
    from ..core import Schedule
    from ..lab.read_schedule import ReadSchedule

SPACINGS = ("leading", "linspace", "trailing")
MOST_STEPS, MOST_NUMBERS, MOST_TOGETHER = 1000, 8, 2500
MOST_SIDE = 100_000
MOST_ROWS = 1000


def check_schedule(
    config: Config,
    steps: list[int] | None = None,
    sample_size: int | None = None,
    prediction_type: str | None = None,
    spacing: str | None = None,
    trained_with: Config | None = None,
    timesteps: list[float] | None = None,
    sigmas: list[float] | None = None,
    quantity: str | None = None,
) -> Answer:
    """Say what is wrong with a noise schedule or a diffusers scheduler config, where, how badly, and what cures it.

    The same as `schedule check --json` of the command line: signal left at T, zero terminal SNR with ε-prediction,
    steps that lead to a timestep that is never visited, a spacing that skips the last t, and some forty more.
    Example: check_schedule("cosine"), or check_schedule({"_class_name": "DDIMScheduler", "beta_start": 0.00085}).

    Args:
        config: a name as "cosine" or "linear T=100", the text of a config or of a list, the object itself, or an upload
        steps: numbers of sampling steps to examine, up to 8 in [1, 1000], together at most 2500; default 10, 20, 50
        sample_size: side of the pictures in pixels
        prediction_type: what the network predicts: epsilon, v_prediction or sample
        spacing: how sampling steps are spaced: leading, linspace or trailing
        trained_with: what the network was trained with, given as config is: are the t those?
        timesteps: sample at these, as a pipeline's timesteps; instead of steps
        sigmas: sample at these, as a pipeline's sigmas; instead of timesteps
        quantity: what a list of numbers holds, as beta, alpha_bar, sigma or log_snr; by default read off its course

    Returns:
        {"schedule": {"name", "T", "class", "read_as", "terminal_snr", "sqrt_alpha_bar_T", "prior_kl_bits_per_dim"},
        "findings": [{"code", "severity", "where", "message", "fix", "reference", "patch"}]}
    """
    from ..lab.doctor import STEPS, examine_read
    from .schedule_report import report, with_besides

    if sample_size is not None:
        whole_number("sample_size", sample_size, 1, MOST_SIDE)
    if spacing is not None:
        one_of("spacing", spacing, SPACINGS)
    asked = checked_steps(steps) if steps else STEPS
    lists = checked_lists(timesteps, sigmas)

    def read() -> "ReadSchedule":
        from dataclasses import replace

        subject = with_besides(read_config(config, quantity), prediction_type, spacing, sample_size)
        return subject if trained_with is None else replace(subject, trained=read_config(trained_with))

    subject, findings = examine_read(read, asked, **lists)
    return Answer(report(subject, findings))


def checked_steps(steps: list[int]) -> list[int]:
    """Numbers of sampling steps that one question may ask for.

    Raises:
        ValueError: too many of them, or one out of range.
    """
    if len(steps) > MOST_NUMBERS or not all(1 <= one <= MOST_STEPS for one in steps):
        raise Refusal(
            "sampling steps must be up to 8 whole numbers in [1, 1000], got {got}; correct them", got=str(steps)[:40]
        )
    if sum(steps) > MOST_TOGETHER:
        raise Refusal(
            "sampling steps may be {most} together, got {got}; ask for fewer, or on the command line",
            most=MOST_TOGETHER, got=sum(steps),
        )  # fmt: skip
    return steps


def checked_lists(timesteps: list[float] | None, sigmas: list[float] | None) -> dict[str, tuple[float, ...] | None]:
    """Timesteps or σ that are asked for by number, at most one of the two; None for none.

    Raises:
        ValueError: both.
    """
    if timesteps and sigmas:
        raise Refusal("got timesteps and sigmas both; give one of the two")
    whole = [int(one) if one.is_integer() else one for one in timesteps or ()]
    return {"timesteps": tuple(whole) or None, "sigmas": tuple(sigmas or ()) or None}


def show_schedule(
    config: Config,
    at: list[int] | None = None,
    tables: bool = False,
    data_power: float = 0.25,
    quantity: str | None = None,
) -> Answer:
    """Give the numbers of a noise schedule: β_t, ᾱ_t, SNR(t) and log SNR at some t, and what is left at T.

    With tables it says all that `schedule show --json` of the command line has. t is the paper's; diffusers' is t − 1.
    Example: show_schedule("cosine", at=[500]).

    Args:
        config: a name as "cosine" or "linear T=100", the text of a config or of a list, the object itself, or an upload
        at: the t that are wanted, each in [0, T], at most 1000; default ten evenly spaced ones and 1
        tables: whether all β_1…β_T, ᾱ_0…ᾱ_T and SNR(1)…SNR(T) come too
        data_power: mean of x_0² of the data that meets the schedule, for prior_kl_bits_per_dim
        quantity: what a list of numbers holds, as beta, alpha_bar, sigma or log_snr; by default read off its course

    Returns:
        {"name", "T", "read_as", "rows": [{"t", "beta", "alpha_bar", "snr", "log_snr"}], "terminal_snr",
        "sqrt_alpha_bar_T", "prior_kl_bits_per_dim"}, and "betas", "alpha_bars", "snr" with tables; null is not finite
    """
    from .schedule_report import plain, terminal_facts
    from .schedule_report import tables as whole_tables

    subject = read_config(config, quantity)
    schedule = subject.schedule
    wanted = at or sorted({1, *(round(schedule.T * k / 10) for k in range(1, 11))} - {0})
    for t in wanted:
        whole_number("t", t, 0, schedule.T)
    named = {
        "beta": schedule.betas, "alpha_bar": schedule.alpha_bars, "snr": schedule.snr, "log_snr": schedule.log_snr
    }  # fmt: skip
    columns = {name: plain(values[wanted]) for name, values in named.items()}
    rows = [{"t": t, **{name: column[i] for name, column in columns.items()}} for i, t in enumerate(wanted)]
    facts: dict[str, Any] = {"name": schedule.name, "T": schedule.T, "read_as": list(subject.read_as), "rows": rows}
    return Answer(facts | terminal_facts(schedule, data_power) | (whole_tables(schedule) if tables else {}))


def explain(t: int, config: Config = "linear") -> Answer:
    """Explain what happens at one t of a noise schedule: how x_t is made, undone and weighed there, with its numbers.

    t is the paper's, 1 to T; the network of diffusers is asked with t − 1. Example: explain(500, "cosine").

    Args:
        t: the timestep, in [1, T]
        config: a name as "cosine" or "linear T=100", the text of a config or of a list, the object itself, or an upload

    Returns:
        {"name", "T", "t", "diffusers_timestep", "read_as", "numbers": {"beta", "alpha", "alpha_bar", "sqrt_alpha_bar",
        "sqrt_one_minus_alpha_bar", "snr", "log_snr", "beta_tilde", "posterior_x_0", "posterior_x_t", "line_4_outer",
        "line_4_inner"}, "lines": [{"what", "equation", "with_numbers", "reference"}], "in_words"}
    """
    subject = read_config(config)
    schedule = subject.schedule
    whole_number("t", t, 1, schedule.T)
    numbers = numbers_at(schedule, t)
    return Answer(
        {
            "name": schedule.name, "T": schedule.T, "t": t, "diffusers_timestep": t - 1,
            "read_as": list(subject.read_as), "numbers": numbers, "lines": lines_at(numbers, t),
            "in_words": in_words(numbers, t, schedule.T),
        }
    )  # fmt: skip


def numbers_at(schedule: "Schedule", t: int) -> dict[str, float | None]:
    """Every number of one t as float64 has it; None for what is not finite or not defined."""
    from ..core import line_4_factors, posterior_coefficients

    def known(make: Any) -> tuple[float, ...]:
        try:
            return tuple(float(one) for one in make())
        except (ValueError, ZeroDivisionError):
            return (math.nan, math.nan)

    alpha_bar = float(schedule.alpha_bars[t])
    of_x_0, of_x_t = known(lambda: posterior_coefficients(schedule, t, t - 1)[:2])
    outer, inner = known(lambda: line_4_factors(schedule, t, t - 1))
    told = {
        "beta": float(schedule.betas[t]), "alpha": float(schedule.alphas[t]), "alpha_bar": alpha_bar,
        "sqrt_alpha_bar": math.sqrt(alpha_bar) if alpha_bar >= 0 else math.nan,
        "sqrt_one_minus_alpha_bar": math.sqrt(1 - alpha_bar) if alpha_bar <= 1 else math.nan,
        "snr": float(schedule.snr[t]), "log_snr": float(schedule.log_snr[t]),
        "beta_tilde": float(schedule.beta_tildes[t]),
        "posterior_x_0": of_x_0, "posterior_x_t": of_x_t, "line_4_outer": outer, "line_4_inner": inner,
    }  # fmt: skip
    return {name: value if math.isfinite(value) else None for name, value in told.items()}


# what happens, its equation, the equation with the places of its numbers, and who says so
LINES = (
    ("forward, in one step", "x_t = √ᾱ_t x_0 + √(1−ᾱ_t) ε",
     "x_{t} = {sqrt_alpha_bar} x_0 + {sqrt_one_minus_alpha_bar} ε", "Ho et al. 2020, eq. 4"),
    ("forward, from the step before", "q(x_t|x_{t−1}) = N(√(1−β_t) x_{t−1}, β_t I)", "variance {beta}",
     "Ho et al. 2020, eq. 2"),
    ("posterior", "q(x_{t−1}|x_t, x_0) = N(c_0 x_0 + c_t x_t, β̃_t I)",
     "mean {posterior_x_0} x_0 + {posterior_x_t} x_{t}, variance {beta_tilde}", "Ho et al. 2020, eq. 6 and 7"),
    ("reverse, with the network's ε̂", "x_{t−1} = 1/√α_t (x_t − β_t/√(1−ᾱ_t) ε̂) + σ_t z",
     "x_{before} = {line_4_outer} (x_{t} − {line_4_inner} ε̂) + σ_t z", "Ho et al. 2020, algorithm 2, line 4"),
)  # fmt: skip


def lines_at(numbers: dict[str, float | None], t: int) -> list[dict[str, str]]:
    """The equations of one t with its numbers in them, to six digits."""
    said = {name: "not defined" if value is None else f"{value:.6g}" for name, value in numbers.items()}
    return [
        {"what": what, "equation": equation, "with_numbers": filled.format(t=t, before=t - 1, **said), "reference": who}
        for what, equation, filled, who in LINES
    ]


def in_words(numbers: dict[str, float | None], t: int, T: int) -> str:
    """The same in one sentence; no more than the numbers say."""
    snr, alpha_bar = numbers["snr"], numbers["alpha_bar"]
    if alpha_bar is None:
        return f"At t = {t} of {T} the schedule has no finite ᾱ_t."
    share = f"{100 * alpha_bar:.4g} % of the variance of data with variance 1 is left, the rest is noise"
    if snr is None:
        return f"At t = {t} of {T}, {share}."
    than = "more signal than noise" if snr > 1 else "more noise than signal" if snr < 1 else "as much signal as noise"
    return f"At t = {t} of {T}, {share}: {than}, SNR {snr:.4g}."
