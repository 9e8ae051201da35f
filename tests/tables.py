"""What the browser computes of a schedule, computed here."""

import torch

from ddpm_playground.core import Schedule


def schedule_tables(schedule: Schedule) -> dict[str, torch.Tensor]:
    """Every number of a schedule, each table float64, (T+1,), in the order of the readout.

    β_t, β̃_t and α_t belong to the step t − 1 → t, so they are NaN at t = 0; SNR(0) is ∞. log SNR is in nats.
    """
    steps = {"beta": schedule.betas, "beta_tilde": schedule.beta_tildes, "alpha": schedule.alphas}
    undefined = torch.full((1,), torch.nan, dtype=torch.float64)
    return {key: torch.cat([undefined, table[1:]]) for key, table in steps.items()} | {
        "alpha_bar": schedule.alpha_bars,
        "sqrt_alpha_bar": schedule.alpha_bars.sqrt(),
        "sqrt_one_minus_alpha_bar": (1.0 - schedule.alpha_bars).sqrt(),
        "snr": schedule.snr,
        "log_snr": schedule.log_snr,
    }
