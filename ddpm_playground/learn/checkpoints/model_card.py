"""The model card of a checkpoint: README.md from facts."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from textwrap import wrap
from typing import Any

from ...core.phrase import Refusal
from ...core.writing import written

SCORES, BOUND = "## Scores", "## Variational bound"
HEADER = ("---", "license: apache-2.0", "library_name: diffusers")
WIDTH = 112
CLASSES = "The last class embedding is the null class, for classifier-free guidance."
MADE = "Made by DDPM Playground from the data below and a seed; no weights from elsewhere."
SYMBOLS = {"eps": "ε", "x0": "x_0", "v": "v"}  # --predict → what the network says
NOT_SCORED = ("Not scored yet: `python -m ddpm_playground evaluate --checkpoint DIR --data DIR --write-card`.",)
THE_READER = (
    "The reader is the project's own small network (`ddpm_playground/data/digits_classifier.safetensors`); its",
    "Fréchet distances compare neither with those in Inception features nor with those of other numbers of",
    "pictures.",
)
LIMITS = (
    "A teaching model: small, trained for a short time on one machine, good for nothing but pictures like those of",
    "its data set.",
)


def _lineage(facts: Mapping[str, Any] | None) -> list[str]:
    """How weights came about, and those that they started from, newest first, as far as it is known."""
    told = []
    while facts and "command" in facts:
        told.append(
            f"`{facts['command']}` (commit {facts['commit']}, seed {facts['settings']['seed']}, "
            f"{facts['step']:,} × {facts['settings']['batch_size']}, {facts['hours']} hours on "
            f"{facts['machine']}, held-out ε-loss {facts['held_out_loss']})"
        )
        facts = facts.get("start_from")
    return told


def _has_classes(facts: Mapping[str, Any]) -> bool:
    """Whether the network knows classes; before there was a choice, it did."""
    return bool(facts.get("class_names", True))


def _symbol(settings: Mapping[str, Any]) -> str:
    return SYMBOLS[settings.get("predict", "eps")]


def _what_it_is(facts: Mapping[str, Any]) -> str:
    """A paragraph on the network."""
    settings = facts["settings"]
    kind = "A class-conditional" if _has_classes(facts) else "An unconditional"
    variance = " and of σ² (Nichol & Dhariwal 2021)" if settings.get("variance", "fixed") == "learned" else ""
    return " ".join((
        f"{kind} {_symbol(settings)}-predictor (Ho et al. 2020, algorithm 1){variance}: `UNet2DModel` with averaged "
        "weights, and its `DDPMScheduler`.", *[CLASSES] * _has_classes(facts), MADE,
    ))  # fmt: skip


def _objective(settings: Mapping[str, Any]) -> str:
    """What the gradient went down."""
    if settings.get("variance", "fixed") == "fixed":
        return "L_simple (Ho et al. 2020, eq. 14)"
    if settings["objective"] == "vlb":
        return "L_vlb, t not resampled (Nichol & Dhariwal 2021)"
    return f"L_simple + {settings['vlb_weight']:g} L_vlb (Nichol & Dhariwal 2021, eq. 16)"


def _weight(gamma: float, most: float) -> str:
    """What the errors of algorithm 1 counted for."""
    factors = [f"min(SNR(t), {gamma:g})/SNR(t) (Hang et al. 2023)"] if gamma else []
    factors += [f"max(1, 1/SNR(t)), at most {most:g} (Salimans & Ho 2022)"] if most else []
    return " · ".join(factors) or "1 (algorithm 1)"


def _target(most: int, teachers: int, symbol: str) -> str:
    """What the network was to say."""
    if teachers:
        return (
            f"ε of a stack of {teachers} teacher{'s' * (teachers > 1)} and of the means of the other pictures of the "
            "class, see `StackedTarget` (Wolpert 1992)"
        )
    return (
        f"E[ε | x_t] over up to {most:,} pictures of the class (Xu et al. 2023)" if most else f"{symbol} (algorithm 1)"
    )


def model_card(
    name: str,
    facts: Mapping[str, Any],
    scores: Mapping[str, Any] | None = None,
    bound: Mapping[str, Any] | None = None,
) -> str:
    """README.md text of a checkpoint folder.

    Args:
        name: the checkpoint's name.
        facts: what training wrote to training.json; with "sha256" of the weights where that is known.
        scores: what evaluation measured of samples, name → text, or None if it has not.
        bound: what evaluation measured of held-out pictures, likewise.
    """
    return "\n".join(
        [
            *HEADER,
            f"tags: [ddpm, unconditional-image-generation{', class-conditional' * _has_classes(facts)}]",
            "---",
            f"# {name}",
            "",
            *wrap(_what_it_is(facts), WIDTH),
            "",
            "```bash",
            f"python -m ddpm_playground sample --checkpoint checkpoints/{name} --num-samples 10 --out samples.npz",
            "```",
            "",
            "## Training",
            "",
            *_table(_training_rows(facts)),
            "",
            SCORES,
            "",
            *(NOT_SCORED if scores is None else [*_table(scores), "", *THE_READER]),
            *([] if bound is None else ["", BOUND, "", *_table(bound)]),
            "",
            "## Limits",
            "",
            *LIMITS,
            "",
        ]
    )


def _training_rows(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What the card tells of the training."""
    settings = facts["settings"]
    rows = {
        "command": f"`{facts['command']}`",
        "commit": facts["commit"],
        "data": facts["data"],
        "seed": settings["seed"],
        "steps × batch": f"{facts['step']:,} × {settings['batch_size']}",
        "schedule": f"{settings['schedule']}, T = {settings['T']}",
        "weight of an error at t": _weight(settings.get("min_snr", 0.0), settings.get("truncated_snr", 0.0)),
        f"target of {_symbol(settings)}_θ": _target(
            settings.get("stable_target", 0), len(settings.get("teachers", ())), _symbol(settings)
        ),
        **({"lowered": _objective(settings)} if settings.get("variance", "fixed") == "learned" else {}),
        "hours": facts["hours"],
        "machine": facts["machine"],
        "torch": facts["torch"],
        "parameters": f"{facts['parameters']:,}",
        f"held-out {_symbol(settings)}-loss": facts["held_out_loss"],
        f"held-out {_symbol(settings)}-loss by quarter of t, lowest first": ", ".join(
            map(str, facts["held_out_loss_by_quarter"])
        ),
    }
    if "start_from" in facts:
        rows["started from the weights with sha256"] = f"`{facts['start_from']['sha256']}`"
        lineage = _lineage(facts["start_from"])
        if lineage:
            rows["which came from"] = ", which started from what came from ".join(lineage)
    if "sha256" in facts:
        rows["sha256 of the weights"] = f"`{facts['sha256']}`"
    return rows


def _table(rows: Mapping[str, Any]) -> list[str]:
    cells = [(key, str(value).replace("|", "\\|")) for key, value in rows.items()]
    return ["| | |", "|---|---|", *(f"| {key} | {value} |" for key, value in cells)]


def read_facts(folder: Path) -> dict[str, Any]:
    """What training wrote beside the weights.

    Raises:
        ValueError: no training.json, or one that lacks what a card says.
    """
    path = folder / "training.json"
    if not path.is_file():
        raise Refusal("{name} has no training.json, so no facts for a card; leave --write-card out", name=folder.name)
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        model_card(folder.name, facts, None)
    except (UnicodeDecodeError, json.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise Refusal(
            "{path} lacks facts for a card ({error}); leave --write-card out", path=path, error=repr(error)
        ) from None
    return facts


def kept_rows(folder: Path, heading: str, sha256: str) -> dict[str, str] | None:
    """The table that stands under a heading of the folder's card; None if none does, or if it is of other weights."""
    path = folder / "README.md"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    if sha256 not in text:
        return None
    section = text.partition(f"\n{heading}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (.+?) \| (.*) \|$", section, re.M)
    return {key: value.replace("\\|", "|") for key, value in rows} or None


def write_card(
    folder: Path,
    facts: Mapping[str, Any],
    sha256: str,
    *,
    scores: Mapping[str, Any] | None = None,
    bound: Mapping[str, Any] | None = None,
) -> None:
    """Rewrite the checkpoint's README.md, all of it or none.

    Args:
        folder: the pipeline folder.
        facts: from `read_facts`.
        sha256: of the weights that were scored.
        scores: name → text; None to keep those that the card has of these weights.
        bound: likewise.
    """
    scores = kept_rows(folder, SCORES, sha256) if scores is None else scores
    bound = kept_rows(folder, BOUND, sha256) if bound is None else bound
    text = model_card(folder.resolve().name, {**facts, "sha256": sha256}, scores, bound)
    with written(folder / "README.md") as temporary:
        temporary.write_text(text, encoding="utf-8")
