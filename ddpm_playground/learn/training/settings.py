"""What a training run depends on."""

from dataclasses import dataclass, field, fields
from typing import Any

from ...core.checks import number, one_of, whole_number
from ...core.phrase import Refusal


def setting(default: Any, what: str) -> Any:
    """A field of Settings that says what it is, for --help."""
    return field(default=default, metadata={"what": what})


# --predict → diffusers' prediction_type
PREDICTIONS = {"eps": "epsilon", "x0": "sample", "v": "v_prediction"}


@dataclass(frozen=True)
class Settings:
    """Everything a training run depends on; two runs with equal settings are the same run.

    min_snr and truncated_snr are γ and `most` of `algorithm_1.loss_weight`; 0 is algorithm 1's own loss.
    stable_target is how many pictures of a class `StableTarget` looks at; 0 for the drawn ε, algorithm 1's own target.
    teachers are the checkpoints of a `StackedTarget`; none for the drawn ε.
    predict, variance, objective and vlb_weight are what `Objective` reads.
    """

    data: str = setting("", "a folder of IDX .gz files, or of pictures with one subfolder per class")
    start_from: str = setting("", "checkpoint whose weights to begin with, as wide as this or narrower")
    seed: int = setting(0, "what every random number comes from")
    steps: int = setting(20_000, "gradient steps")
    batch_size: int = setting(32, "pictures a step")
    optimizer: str = setting("adamw", "adamw or muon; muon learns more from a picture")
    learning_rate: float = setting(1e-3, "learning rate after the warm-up")
    warm_up: int = setting(200, "steps in which the learning rate rises")
    decay: float = setting(0.4, "last share of the steps, in which it falls to 0")
    weight_decay: float = setting(1e-2, "share of a weight taken off per step, times the learning rate")
    clip_norm: float = setting(1.0, "longest gradient")
    ema_decay: float = setting(0.999, "share of the averaged weights kept per step")
    label_dropout: float = setting(0.1, "share of pictures shown without their class, for guidance")
    T: int = setting(1000, "steps of the diffusion")
    schedule: str = setting("linear", "noise schedule")
    channels: tuple[int, ...] = setting((16, 48, 96), "width of each resolution, finest first")
    layers: int = setting(1, "residual blocks per resolution")
    attention_levels: int = setting(0, "how many of the coarsest resolutions attend, beside the middle")
    t_sampling: str = setting(
        "stratified", "uniform, or stratified: spread evenly over a batch; vlb draws t by importance, likewise"
    )
    min_snr: float = setting(0.0, "γ: errors count min(SNR, γ)/SNR; 0 leaves it out")
    truncated_snr: float = setting(0.0, "errors count 1/SNR, at least 1 and at most this; 0 leaves it out")
    stable_target: int = setting(
        0, "mean ε over this many pictures of a class in place of the drawn ε; 0 leaves it out"
    )
    teachers: tuple[str, ...] = setting(
        (),
        "checkpoints whose x̂_0, averaged with the means of other pictures, stands for the drawn ε; none leaves it out",
    )
    precision: str = setting("auto", "fp32, bf16, or auto: bf16 where the machine is fast at it")
    predict: str = setting("eps", "what the network says: eps, x0 or v")
    variance: str = setting("fixed", "σ²: fixed, or learned beside the mean (Nichol & Dhariwal 2021)")
    objective: str = setting(
        "hybrid", "what a learned σ² is trained by: hybrid, L_simple + λ L_vlb, or vlb, L_vlb alone"
    )
    vlb_weight: float = setting(1e-3, "λ of hybrid")
    classes: str = setting(
        "folders", "folders: each subfolder's pictures are a class; none: all alike, as DDPMPipeline draws them"
    )
    size: int = setting(0, "side that pictures are scaled to and cut at their centre; 0 takes them as they are")

    def __post_init__(self) -> None:
        checks = {
            "steps": (1, 100_000_000), "batch_size": (1, 65_536), "learning_rate": (0.0, 10.0),
            "warm_up": (0, 1_000_000), "decay": (0.0, 1.0), "weight_decay": (0.0, 10.0), "clip_norm": (0.0, 1e9),
            "ema_decay": (0.0, 1.0), "label_dropout": (0.0, 1.0), "seed": (0, 2**63 - 1), "layers": (1, 8),
            "attention_levels": (0, len(self.channels)), "min_snr": (0.0, 1e6),
            "truncated_snr": (0.0, 1e6), "stable_target": (0, 1_000_000), "vlb_weight": (0.0, 1e3), "size": (0, 4096),
        }  # fmt: skip
        for name, (low, high) in checks.items():
            check = whole_number if isinstance(high, int) else number
            check(name, getattr(self, name), low, high)
        for name in ("learning_rate", "clip_norm"):
            if getattr(self, name) == 0:
                raise Refusal("{name} must be above 0, got 0: nothing would be learned; raise it", name=name)
        if self.teachers and self.stable_target:
            raise Refusal("--teachers and --stable-target are two targets for one network; give one of them")
        if not self.channels or len(self.channels) > 8 or any(c % 8 or not 8 <= c <= 2048 for c in self.channels):
            raise Refusal(
                "channels must be multiples of 8, got {got}; give 1 to 8 of them in [8, 2048]", got=self.channels
            )
        choices = {
            "t_sampling": ("uniform", "stratified"),
            "precision": ("auto", "fp32", "bf16"),
            "optimizer": ("adamw", "muon"),
            "predict": tuple(PREDICTIONS),
            "variance": ("fixed", "learned"),
            "objective": ("hybrid", "vlb"),
            "classes": ("folders", "none"),
        }
        for name, allowed in choices.items():
            one_of(name, getattr(self, name), allowed)
        if self.objective == "vlb" and (self.variance == "fixed" or self.min_snr or self.truncated_snr):
            raise Refusal(
                "--objective vlb is the bound with a learned variance and weights of its own; give --variance learned, "
                "and leave --min-snr and --truncated-snr out"
            )


def learning_rate_at(settings: Settings, step: int) -> float:
    """Linear warm-up, then constant, then linear to 0 over the last `decay` share of the steps."""
    warm = min(1.0, (step + 1) / max(1, settings.warm_up))
    falling = max(1.0, settings.decay * settings.steps)
    return settings.learning_rate * min(warm, 1.0, (settings.steps - step) / falling)


SETTING_FIELDS = {each.name: each for each in fields(Settings)}
