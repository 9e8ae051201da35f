"""What a list of numbers over t can be, and its ᾱ_t: every one is another name for log SNR(t)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from ..core import Schedule
from ..core.phrase import Phrase, Refusal
from ..core.schedule import MAX_T, betas_from_alpha_bars


def _from_beta(betas: torch.Tensor) -> torch.Tensor:
    return torch.cumprod(1.0 - betas, 0)


def _from_alpha_bar(alpha_bars: torch.Tensor) -> torch.Tensor:
    return alpha_bars


def _from_sigma(sigmas: torch.Tensor) -> torch.Tensor:
    return torch.where(sigmas >= 0, 1.0 / (1.0 + sigmas**2), torch.nan)


def _from_log_snr(log_snr: torch.Tensor) -> torch.Tensor:
    return torch.sigmoid(log_snr)


def _from_flow_time(times: torch.Tensor) -> torch.Tensor:
    signal = (1.0 - times) ** 2
    return torch.where((times >= 0) & (times <= 1), signal / (signal + times**2), torch.nan)


@dataclass(frozen=True)
class Quantity:
    """One way to write a schedule down.

    Attributes:
        symbol: how it is written.
        conversion: the formula of ᾱ_t, with its source.
        alpha_bars: values at 1…T → ᾱ_1…ᾱ_T, float64 (T,); NaN where a value means nothing.
        names: what columns and keys of this quantity are called, lower case.
        rises: whether it grows from data to noise; None if it may do either.
        clean: its value at t = 0, where there is no noise.
    """

    symbol: str
    conversion: str
    alpha_bars: Callable[[torch.Tensor], torch.Tensor]
    names: tuple[str, ...]
    rises: bool | None
    clean: float


QUANTITIES: dict[str, Quantity] = {
    "beta": Quantity(
        "β_t",
        "ᾱ_t = Π (1 − β_t) (Ho et al. 2020, section 2)",
        _from_beta,
        ("beta", "betas", "trained_betas", "β"),
        None,
        0.0,
    ),
    "alpha_bar": Quantity(
        "ᾱ_t",
        Phrase("as it stands (Ho et al. 2020, section 2)"),
        _from_alpha_bar,
        ("alpha_bar", "alpha_bars", "alphas_cumprod", "alpha_cumprod", "alphabar", "ᾱ"),
        False,
        1.0,
    ),
    "sigma": Quantity(
        "σ_t",
        "ᾱ_t = 1 / (1 + σ_t²), of x_t = x_0 + σ_t ε (Karras et al. 2022, table 1)",
        _from_sigma,
        ("sigma", "sigmas", "σ"),
        True,
        0.0,
    ),
    "log_snr": Quantity(
        "log SNR(t)",
        "ᾱ_t = sigmoid(log SNR(t)) (Kingma et al. 2021, eq. 3)",
        _from_log_snr,
        ("log_snr", "logsnr", "log_snrs", "logsnrs"),
        False,
        float("inf"),
    ),
    "flow_time": Quantity(
        "flow time",
        "ᾱ_t = (1 − u)² / ((1 − u)² + u²), of x = (1 − u) x_0 + u ε (Esser et al. 2024, section 2)",
        _from_flow_time,
        ("flow_time", "flow_sigma", "flow_sigmas"),
        True,
        0.0,
    ),
}  # fmt: skip


def quantity_named(name: str) -> str | None:
    """The key of QUANTITIES that a column or key of this name holds, or None."""
    wanted = name.strip().lower().replace(" ", "_").replace("-", "_")
    return next((key for key, quantity in QUANTITIES.items() if wanted in quantity.names), None)


def schedule_of_values(quantity: str, values: Sequence[float], name: str) -> tuple[Schedule, list[Phrase]]:
    """A schedule from a list, unchecked: whatever is wrong with the numbers stays in it for the doctor to find.

    A list that runs from noise to data is turned round, and a value of clean data at its start is t = 0, but for a
    list of a round number of values of ᾱ_t or log SNR: that is t = 1…T, and its t = 1 adds no noise.

    Args:
        quantity: key of QUANTITIES.
        values: at t = 1…T, or 0…T, or backwards.
        name: for titles.

    Returns:
        The schedule, and sentences about what was done.

    Raises:
        ValueError: no values, or more than 100,000.
    """
    kind = QUANTITIES[quantity]
    if not 1 <= len(values) <= MAX_T:
        raise Refusal(
            "a schedule has 1 to {most} values, got {got}; give one for each t",
            most=f"{MAX_T:,}",
            got=f"{len(values):,}",
        )
    table = torch.tensor(values, dtype=torch.float64)
    done = [
        Phrase(
            "{count:,} values read as {symbol}: {conversion}",
            count=len(values),
            symbol=kind.symbol,
            conversion=kind.conversion,
        )
    ]
    if kind.rises is not None and len(table) > 1 and (table[0] < table[-1]) != kind.rises:
        table = table.flip(0)
        done.append(Phrase("they ran from noise to data and were turned round"))
    if len(table) > 1 and table[0] == kind.clean and quantity != "beta":
        if kind.rises or _roundness(len(table)) <= _roundness(len(table) - 1):
            table = table[1:]
            done.append(Phrase("the value of clean data became t = 0"))
        else:
            done.append(
                Phrase(
                    "{count:,} values are t = 1…{count:,}: the first is that of clean data, so t = 1 adds no noise",
                    count=len(table),
                )
            )
    if quantity == "beta":
        betas = table
    else:
        alpha_bars = kind.alpha_bars(table)
        betas = betas_from_alpha_bars(
            torch.cat([torch.ones(1, dtype=torch.float64), alpha_bars]), float("inf"), float("-inf")
        )
    return unchecked(betas, name), done


def _roundness(count: int) -> int:
    """How likely a number is to be somebody's T: 1000, 50 and 64 are, 1001 and 51 are not."""
    tens = next((k for k in (1000, 100, 50, 10) if count % k == 0), 1)
    return max(tens, 50 if count >= 8 and count & (count - 1) == 0 else 1)


def unchecked(betas: torch.Tensor, name: str) -> Schedule:
    """A Schedule of β_1…β_T as they are, right or wrong."""
    return Schedule(torch.cat([torch.zeros(1, dtype=torch.float64), betas.double()]), name)
