"""What a training run depends on."""

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Settings:
    """Everything a training run depends on; two runs with equal settings are the same run.

    min_snr and truncated_snr are γ and `most` of `algorithm_1.loss_weight`; 0 is algorithm 1's own loss.
    stable_target is how many pictures of a class `StableTarget` looks at; 0 for the drawn ε, algorithm 1's own target.
    """

    data: str = ""
    start_from: str = ""
    seed: int = 0
    steps: int = 20_000
    batch_size: int = 32
    optimizer: str = "adamw"
    learning_rate: float = 1e-3
    warm_up: int = 200
    decay: float = 0.4
    weight_decay: float = 1e-2
    clip_norm: float = 1.0
    ema_decay: float = 0.999
    label_dropout: float = 0.1
    T: int = 1000
    schedule: str = "linear"
    channels: tuple[int, ...] = (16, 48, 96)
    layers: int = 1
    attention_levels: int = 0
    t_sampling: str = "stratified"
    min_snr: float = 0.0
    truncated_snr: float = 0.0
    stable_target: int = 0
    precision: str = "auto"

    def __post_init__(self) -> None:
        checks = {
            "steps": (1, 100_000_000), "batch_size": (1, 65_536), "learning_rate": (0.0, 10.0),
            "warm_up": (0, 1_000_000), "decay": (0.0, 1.0), "weight_decay": (0.0, 10.0), "clip_norm": (0.0, 1e9),
            "ema_decay": (0.0, 1.0), "label_dropout": (0.0, 1.0), "seed": (0, 2**63 - 1), "layers": (1, 8),
            "attention_levels": (0, len(self.channels)), "min_snr": (0.0, 1e6),
            "truncated_snr": (0.0, 1e6), "stable_target": (0, 1_000_000),
        }  # fmt: skip
        for name, (low, high) in checks.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"{name} must be in [{low:g}, {high:g}], got {value}; pick one in that range")
        if not self.channels or len(self.channels) > 8 or any(c % 8 or not 8 <= c <= 2048 for c in self.channels):
            raise ValueError(
                f"channels must be multiples of 8, got {self.channels}; give 1 to 8 of them in [8, 2048]"
            )
        choices = {
            "t_sampling": ("uniform", "stratified"),
            "precision": ("auto", "fp32", "bf16"),
            "optimizer": ("adamw", "muon"),
        }
        for name, allowed in choices.items():
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} must be one of {', '.join(allowed)}, got {getattr(self, name)!r}")


def learning_rate_at(settings: Settings, step: int) -> float:
    """Linear warm-up, then constant, then linear to 0 over the last `decay` share of the steps."""
    warm = min(1.0, (step + 1) / max(1, settings.warm_up))
    falling = max(1.0, settings.decay * settings.steps)
    return settings.learning_rate * min(warm, 1.0, (settings.steps - step) / falling)


SETTING_FIELDS = {field.name: field for field in fields(Settings)}
