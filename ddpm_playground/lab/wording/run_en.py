"""What the findings about a run that was watched say in English."""

FINDINGS: dict[str, tuple[str, ...]] = {
    "run-not-finite": (
        "At call {call} of step (timestep {t}) {what} is no finite number for the first time, in {dtype}; all after it "
        "is lost.",
        "Run in float32 from there on; if it stays, look at the network's output at that timestep.",
    ),
    "run-start": (
        "The first x (timestep {t}) has a root mean square of {rms}, and x_t is {signal} x_0 + {noise} ε there: from "
        "{low} to {high} for pictures of variance up to 1.5.",
        "Start from noise of variance 1 times the scheduler's init_noise_sigma (here {init}), or from its add_noise at "
        "the first timestep.",
    ),
    "run-unscaled": (
        "scale_model_input was not called before {count} of {calls} calls of step (first at timestep {t}); {name} "
        "multiplies x by {factor} there, and unless that was done by hand the network saw x without.",
        "Hand the network scheduler.scale_model_input(x, t), and step the unscaled x.",
    ),
    "run-scaled-sample": (
        "{count} of {calls} calls of step (first at timestep {t}) were handed what scale_model_input returned, and not "
        "the x that it was given.",
        "Keep the scaled x for the network alone; step the unscaled one.",
    ),
    "run-order": (
        "At call {call} step was handed timestep {t} after {before}, against the order of its scheduler's list "
        "({first} … {last}).",
        "Walk scheduler.timesteps from its first entry to its last.",
    ),
    "run-other-t": (
        "At call {call} step was handed timestep {t}, while {name} stands at {own} in its list and steps from there "
        "({count} of {calls} calls).",
        "Walk scheduler.timesteps, after set_timesteps, entry by entry.",
    ),
    "run-leads-elsewhere": (
        "The step from timestep {t} leads to the noise of timestep {used}, and timestep {next} is visited next; "
        "{count} of {calls} steps land beside the one that follows.",
        "Call set_timesteps with the number of steps, and walk scheduler.timesteps.",
    ),
    "run-skips": (
        "{count} entries of the scheduler's list were left out between the calls, first after timestep {t}.",
        "Walk all of scheduler.timesteps, or ask set_timesteps for fewer steps.",
    ),
    "run-ends-early": (
        "The last step was made at timestep {t}, {left} entries before the end of the scheduler's list; noise of σ = "
        "{sigma} is left, relative to the signal.",
        "Walk scheduler.timesteps to its end, unless another network goes on from here.",
    ),
    "run-changed": (
        "x was changed between {count} of {calls} steps, first before timestep {t}.",
        "Nothing need be done where that is meant (a mask, guidance, a callback).",
    ),
}
REFERENCES: dict[str, str] = {
    "run-not-finite": "measured on this run",
    "run-start": "Ho et al. 2020, eq. 4; diffusers, SchedulerMixin.init_noise_sigma; measured on this run",
    "run-unscaled": "diffusers, SchedulerMixin.scale_model_input; Karras et al. 2022, table 1 (c_in)",
    "run-scaled-sample": "diffusers, SchedulerMixin.scale_model_input",
    "run-order": "diffusers, SchedulerMixin.timesteps",
    "run-other-t": "diffusers, SchedulerMixin.timesteps and step_index",
    "run-leads-elsewhere": "Song, Meng & Ermon 2021, section 4.2; measured on this run's scheduler",
    "run-skips": "diffusers, SchedulerMixin.timesteps",
    "run-ends-early": "measured on this run's scheduler",
    "run-changed": "measured on this run",
}
