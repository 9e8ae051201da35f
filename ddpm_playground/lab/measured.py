"""The record of how a config samples; `sampling_record` makes it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .audit import Audit
from .gaussian_run import GaussianRun, Stop

# process of probe.PROCESSES → how the field calls it
CONVENTIONS = {"variance preserving": "VP", "variance exploding": "VE", "flow": "flow"}


@dataclass(frozen=True, eq=False)
class Asked:
    """Timesteps or sigmas that were asked for by number.

    Attributes:
        kind: "timesteps" or "sigmas".
        values: as they were asked for.
        outcome: "used": the scheduler has just these; "changed": it has others; "ignored": its set_timesteps takes
            no such argument, so a pipeline refuses them, and the record is of its own.
    """

    kind: str
    values: tuple[float, ...]
    outcome: str


@dataclass(frozen=True, eq=False)
class SamplingRecord:
    """How a config samples in S steps.

    Attributes:
        class_name: the scheduler's class.
        num_steps: S.
        timesteps: what the network is asked at, in diffusers' own 0-based timesteps, as float32 has them: they may
            be fractional, rise, or repeat.
        log_snr: log SNR in nats of x_t at each of them; ±∞ where there is no noise or no signal.
        process: how x_t is made, a key of probe.PROCESSES; None where that is not known.
        init_noise_sigma: standard deviation of the noise that a pipeline starts from.
        final_sigma: noise over signal after the last step, measured in float64; None where it was not.
        on_table: whether the levels are those of the training table at these t.
        audit: where each step leads, in float64; None where that was not measured.
        run: the walk on Gaussian data in float32; None where it was not run.
        refused: why the class cannot be built or set to S steps with this config, in its words; empty if it can.
        not_examined: why nothing was run though the config is not at fault; empty where it was.
        mu: what set_timesteps was told, where the config shifts by the size of the picture.
        mu_side: side in pixels of the picture that μ is for; None where there is no μ.
        asked: the timesteps or sigmas that were asked for, if any were.
        notes: what a reader should know.
    """

    class_name: str
    num_steps: int
    timesteps: tuple[float, ...] = ()
    log_snr: tuple[float, ...] = ()
    process: str | None = None
    init_noise_sigma: float = 1.0
    final_sigma: float | None = None
    on_table: bool = False
    audit: Audit | None = None
    run: GaussianRun | None = None
    refused: str = ""
    not_examined: str = ""
    mu: float | None = None
    mu_side: int | None = None
    asked: Asked | None = None
    notes: tuple[str, ...] = ()

    @property
    def convention(self) -> str | None:
        """ "VP", "VE" or "flow"."""
        return CONVENTIONS.get(self.process or "")

    @property
    def sigmas(self) -> tuple[float, ...]:
        """σ = noise over signal = 1/√SNR at each timestep; ∞ where there is no signal."""
        return tuple(math.exp(min(-0.5 * level, 709.0)) if level > -math.inf else math.inf for level in self.log_snr)

    @property
    def alpha_bars(self) -> tuple[float, ...]:
        """ᾱ = SNR/(1 + SNR) at each timestep, whatever the convention."""
        return tuple(1.0 / (1.0 + math.exp(-level)) if level > -700 else 0.0 for level in self.log_snr)

    @property
    def rising(self) -> bool:
        """Whether it goes from data to noise, as inversion does."""
        return len(self.log_snr) > 1 and self.log_snr[0] > self.log_snr[-1]

    @property
    def failed(self) -> Stop | None:
        """Where a step raises in float32."""
        return self.run.failed if self.run else None

    @property
    def not_finite(self) -> Stop | None:
        """Where a step gives NaN or ±∞ in float32."""
        return self.run.not_finite if self.run else None

    def as_json(self) -> dict[str, Any]:
        """In JSON's types, ±∞ as None."""

        def finite(values: Sequence[float]) -> list[float | None]:
            return [value if math.isfinite(value) else None for value in values]

        run = self.run
        return {
            "class": self.class_name,
            "steps": self.num_steps,
            "timesteps": list(self.timesteps),
            "log_snr": finite(self.log_snr),
            "sigmas": finite(self.sigmas),
            "convention": self.convention,
            "init_noise_sigma": self.init_noise_sigma if math.isfinite(self.init_noise_sigma) else None,
            "final_sigma": self.final_sigma,
            "fails_at": run.failed.step if run and run.failed else None,
            "not_finite_at": run.not_finite.step if run and run.not_finite else None,
            "spread": run.spread if run else None,
            "spread_with_error": run.spread_with_error if run else None,
            "refused": self.refused or None,
            "not_examined": self.not_examined or None,
            "mu": self.mu,
            "asked": {"kind": self.asked.kind, "outcome": self.asked.outcome} if self.asked else None,
        }
