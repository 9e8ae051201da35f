"""What a list of numbers over t can be, and its ᾱ_t: every one is another name for log SNR(t)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from ..core import Schedule
from ..core.schedule import MAX_T, betas_from_alpha_bars
from .said import Said, said


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
        said("as-it-stands"),
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


def guess_quantity(values: Sequence[float]) -> str:
    """What a list without a name most likely is: log SNR, σ or ᾱ by its course, else β."""
    table = torch.tensor(values, dtype=torch.float64)
    steps = table.diff()
    one_way = len(table) > 1 and bool((steps > 0).all() or (steps < 0).all())
    if one_way and table.min() < 0 < table.max():
        return "log_snr"
    if one_way and table.min() >= 0 and table.max() > 2:
        return "sigma"
    if one_way and bool((steps < 0).all()) and table.min() >= 0 and 0.5 < table.max() <= 1:
        return "alpha_bar"
    return "beta"


def schedule_of_values(quantity: str, values: Sequence[float], name: str) -> tuple[Schedule, list[Said]]:
    """A schedule from a list, unchecked: whatever is wrong with the numbers stays in it for the doctor to find.

    A list that runs from noise to data is turned round, and a value of clean data at its start is t = 0.

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
        raise ValueError(f"a schedule has 1 to {MAX_T:,} values, got {len(values):,}; give one for each t")
    table = torch.tensor(values, dtype=torch.float64)
    done = [said("values", count=len(values), symbol=kind.symbol, conversion=kind.conversion)]
    if kind.rises is not None and len(table) > 1 and (table[0] < table[-1]) != kind.rises:
        table = table.flip(0)
        done.append(said("turned-round"))
    if len(table) > 1 and table[0] == kind.clean and quantity != "beta":
        table = table[1:]
        done.append(said("clean-at-0"))
    if quantity == "beta":
        betas = table
    else:
        alpha_bars = kind.alpha_bars(table)
        betas = betas_from_alpha_bars(
            torch.cat([torch.ones(1, dtype=torch.float64), alpha_bars]), float("inf"), float("-inf")
        )
    return unchecked(betas, name), done


def unchecked(betas: torch.Tensor, name: str) -> Schedule:
    """A Schedule of β_1…β_T as they are, right or wrong."""
    return Schedule(torch.cat([torch.zeros(1, dtype=torch.float64), betas.double()]), name)
