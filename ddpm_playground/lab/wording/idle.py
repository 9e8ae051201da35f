"""Findings about which nothing need be done, as their own words say."""

# Key of the wording → with how many of its fixes, from the first on, nothing need be done: without a patch, with one.
IDLE: dict[str, int] = {
    "terminal-snr/trace": 1,
    "ignored-key/harmless": 2,
    "steps-offset/ignored": 1,
    "float32-loss/trace": 1,
    "wasted-steps/some": 1,
    "falling-beta": 1,
    "not-examined/other-data": 1,
    "repeated-timestep/few": 1,
    "residual-noise": 1,
    "clip-hides-divergence": 1,
    "clip-hides-divergence/table": 1,
    "spread-lost": 1,
    "double-shift": 1,
    "terminal-snr/start-trace": 1,
    "asked-steps": 1,
    "run-changed": 1,
}
