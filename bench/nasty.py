"""Bad values, configs, checkpoints and command lines, drawn from a seed: the stuff that fuzz is made of."""

import json
import random
import shutil
from pathlib import Path
from typing import Any

from ddpm_playground.learn.checkpoints.shipped import SHIPPED


def _nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


TEXTS = [
    "",
    " ",
    "\0",
    "\ud800",
    "x" * 3000,
    "9" * 5000,
    "-" + "9" * 400,
    "nan",
    "inf",
    "-inf",
    "1e999",
    "1e-400",
    "0x10",
    "½",
    "٣",
    "1,5",
    "1_000",
    "../../etc/passwd",
    "/etc/passwd",
    "~/x",
    "a/../../..",
    "<img src=x onerror=alert(1)>",
    "{0}",
    "%s%n",
    "\u202e",
    "null",
    "[",
    "{",
    "[" * 20_000,
    '{"a":' * 2000,
    "owner/name",
    "DDIMScheduler",
    "linear",
    "mnist",
    "é\u0301",
    "\n",
    "linear T=1e12",
    "cosine s=nan",
    "DDIMScheduler()",
    "true",
    "0",
    "-1",
    "1e18",
    ",".join(["0.1"] * 30_000),
]
NUMBERS = [
    0,
    -1,
    1,
    2,
    3,
    0.5,
    1e308,
    -1e308,
    1e-320,
    10**6,
    10**8,
    10**9,
    10**18,
    2**63,
    10**30,
    10**400,
    1000,
    1001,
    4096,
]
OTHERS = [
    None,
    True,
    False,
    [],
    [1],
    [[1]],
    {},
    {"a": 1},
    float("nan"),
    float("inf"),
    _nested(60),
    [0.1] * 5000,
    ["x"],
    "",
]
NASTY: list[Any] = [*TEXTS, *NUMBERS, *OTHERS]

CONFIGS: list[dict[str, Any]] = [
    {"_class_name": name, "beta_schedule": "linear", "num_train_timesteps": 50}
    for name in (
        "DDIMScheduler",
        "DDPMScheduler",
        "DPMSolverMultistepScheduler",
        "UniPCMultistepScheduler",
        "DEISMultistepScheduler",
        "SASolverScheduler",
        "LCMScheduler",
        "PNDMScheduler",
        "HeunDiscreteScheduler",
    )
] + [
    {"_class_name": "FlowMatchEulerDiscreteScheduler", "shift": 3.0, "num_train_timesteps": 50},
    {"_class_name": "EDMEulerScheduler", "sigma_min": 0.002, "sigma_max": 80.0},
]
KEYS = [
    "solver_order",
    "predictor_order",
    "corrector_order",
    "num_train_timesteps",
    "beta_start",
    "beta_end",
    "beta_schedule",
    "trained_betas",
    "steps_offset",
    "prediction_type",
    "timestep_spacing",
    "rescale_betas_zero_snr",
    "clip_sample_range",
    "shift",
    "sigma_min",
    "sigma_max",
    "rho",
    "_class_name",
    "lambda_min_clipped",
    "original_inference_steps",
    "unknown",
    "use_karras_sigmas",
    "disable_corrector",
    "algorithm_type",
    "flow_shift",
    "variance_type",
    "class_names",
]


def a_config(rng: random.Random) -> dict[str, Any]:
    return rng.choice(CONFIGS) | {rng.choice(KEYS): rng.choice(NASTY) for _ in range(rng.choice((1, 1, 2)))}


def _table(rng: random.Random) -> str:
    cells = [rng.choice(["0.1", "0.2", "1e-4", "x", "", "nan", "9" * 30, "-3"]) for _ in range(rng.randrange(1, 20))]
    return rng.choice(["", "t,beta\n", "alphas_cumprod\n", "sigma;snr\n"]) + rng.choice("\n,;\t").join(cells)


def _mutated(rng: random.Random, text: str) -> str:
    for _ in range(rng.randrange(1, 4)):
        place = rng.randrange(len(text) + 1)
        text = (
            text[:place] + rng.choice(['"', "{", "]", "\\", "9" * 40, "\0", ",", ""]) + text[place + rng.randrange(3) :]
        )
    return text


def a_text(rng: random.Random) -> str:
    return rng.choice([
        lambda: json.dumps(a_config(rng)), lambda: json.dumps(a_config(rng)), lambda: str(rng.choice(TEXTS)),
        lambda: _mutated(rng, json.dumps(rng.choice(CONFIGS))), lambda: _table(rng),
    ])()  # fmt: skip


# name → what is wrong with the folder
HOSTILE: dict[str, dict[str, Any]] = {
    "deep": {"layers_per_block": 100_000},
    "large": {"sample_size": 4096},
    "wide": {"block_out_channels": [10**9, 8, 8]},
    "heads": {"attention_head_dim": 10**9},
    "negative": {"layers_per_block": -3},
    "text": {"sample_size": "28"},
    "padding": {"downsample_padding": 10**6},
    "levels": {"block_out_channels": [8] * 500},
    "flat": {"sample_size": [1, 10**5]},
    "classes": {"num_class_embeds": 10**9},
    "steps": {},
    "order": {},
    "loop": {},
    "empty": {},
    "json": {},
}


def make_checkpoints(folder: Path) -> None:
    """Folders of checkpoints that cost too much, lead nowhere, or are none."""
    for name, changes in HOSTILE.items():
        target = folder / name
        shutil.copytree(SHIPPED / "mnist", target)
        config = target / "unet" / "config.json"
        config.write_text(json.dumps(json.loads(config.read_text()) | changes))
    for name, changes in {"steps": {"num_train_timesteps": 10**9}, "order": {"trained_betas": [10**400]}}.items():
        config = folder / name / "scheduler" / "scheduler_config.json"
        config.write_text(json.dumps(json.loads(config.read_text()) | changes))
    shutil.rmtree(folder / "loop")
    (folder / "loop").symlink_to(folder / "loop")
    shutil.rmtree(folder / "empty" / "unet")
    (folder / "json" / "unet" / "config.json").write_text("[" * 100_000)


def command_lines(rng: random.Random, folder: Path) -> list[list[str]]:
    """Arguments of the command line."""
    texts = [text for text in TEXTS if len(text) < 10_000]
    flags = {
        "sample": ["--checkpoint", "--out", "--label", "--num-samples", "--steps", "--guidance", "--seed", "--engine"],
        "train": ["--data", "--out", "--learning-rate", "--steps", "--batch-size", "--schedule", "--channels", "--T"],
        "evaluate": ["--checkpoint", "--num-samples", "--steps", "--sampler", "--seed", "--data"],
    }
    made = []
    for _ in range(70):
        action = rng.choice(["show", "check", "export", "audit"])
        argv = ["schedule", action, rng.choice([*texts, "linear", "DDIMScheduler"])]
        argv += {
            "show": ["--T", rng.choice(texts)],
            "check": ["--steps", rng.choice(texts)],
            "export": ["--out", rng.choice(texts)],
            "audit": ["--steps", "5", "--option", f"{rng.choice(KEYS)}={json.dumps(rng.choice(NASTY))[:9000]}"],
        }[action]
        made.append(argv)
    for _ in range(70):
        command = rng.choice(list(flags))
        whole = {"--checkpoint": str(folder / "none"), "--out": str(folder / "out"), "--data": str(folder / "none")}
        if command == "evaluate":
            del whole["--out"]
        if command != "train":
            del whole["--data"]
        else:
            del whole["--checkpoint"]
        whole[rng.choice(flags[command])] = rng.choice(texts)
        made.append([command, *(word for pair in whole.items() for word in pair)])
    return [argv for argv in made if len(argv) > 1]
