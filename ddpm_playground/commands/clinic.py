"""`clinic`: whether networks are well, from their errors on pictures that they have not seen."""

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from ..core.checks import whole_number
from ..core.phrase import PhrasedError
from ..engine.device import pick_device
from ..ui.words.language import LANGUAGES
from .clinic_lines import print_all
from .paths import CHECKPOINT_HELP, given_path

if TYPE_CHECKING:
    from ..learn.checkpoints.checkpoint import Checkpoint
    from ..learn.clinic.consultation import Examination
    from ..learn.clinic.patient import Patient
    from ..learn.clinic.ranking import Ranking

DESCRIPTION = (
    "Examine a network on held-out pictures: its errors by noise level, and which named mistake explains them. Two are "
    "examined and laid over each other, three and more only ranked. Exit code 0 where nothing was found, 1 with a "
    "finding, 2 where something cannot be read."
)
MOST_CHECKPOINTS, EXAMINED = 50, 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which networks, and with which pictures."""
    parser.description = DESCRIPTION
    parser.add_argument("checkpoint", type=given_path, nargs="+", metavar="CHECKPOINT", help=CHECKPOINT_HELP)
    parser.add_argument(
        "--data", type=given_path, help="held-out pictures, its test split; default the 1,000 bundled digits"
    )
    parser.add_argument(
        "--train-data", type=given_path, help="what it was trained on; default the train split of --data, if it has one"
    )
    parser.add_argument("--num-images", type=int, default=64, help="held-out pictures at most, default 64")
    parser.add_argument("--seed", type=int, default=0, help="of pictures and noises, default 0")
    parser.add_argument("--size", metavar="N|HxW", help="of the pictures; default what the network's config says")
    parser.add_argument("--device", default="auto", help="auto, cuda, mps or cpu")
    parser.add_argument("--language", choices=LANGUAGES, default=LANGUAGES[0], help="of what is told, default en")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout instead of lines")


def run(arguments: argparse.Namespace) -> int:
    """Measure, print; 1 if something was found, else 0."""
    from ..ui.words.language import speaking
    from ..ui.words.refusal import refusal

    with speaking(arguments.language):
        try:
            return _run(arguments)
        except PhrasedError as error:
            if arguments.language == LANGUAGES[0]:
                raise
            told = refusal(error)
            raise (ValueError(told) if isinstance(error, ValueError) else RuntimeError(told)) from None


def _run(arguments: argparse.Namespace) -> int:
    from tqdm import tqdm

    from ..learn.clinic.consultation import examine, patient_of
    from ..learn.clinic.ranking import check_alike, rank

    whole_number("--num-images", arguments.num_images, 6, 5000)
    whole_number("--seed", arguments.seed, 0, 2**63 - 1)
    if len(arguments.checkpoint) > MOST_CHECKPOINTS:
        raise ValueError(f"at most {MOST_CHECKPOINTS} checkpoints at once, got {len(arguments.checkpoint)}; give fewer")
    checkpoints = _checkpoints(arguments)
    check_alike(checkpoints)
    with tqdm(unit="picture", file=sys.stderr, desc="shown", mininterval=1.0) as bar:
        patients = [
            patient_of(
                one,
                arguments.data,
                arguments.train_data,
                num_images=arguments.num_images,
                seed=arguments.seed,
                progress=bar.update,
            )  # fmt: skip
            for one in checkpoints[:EXAMINED]
        ]
        ranking = rank(patients[0], checkpoints) if len(checkpoints) > 1 else None
        examined = [examine(patient) for patient in patients] if len(checkpoints) <= EXAMINED else []
    if arguments.json:
        print(json.dumps(report(arguments, patients[0], examined, ranking), ensure_ascii=False, allow_nan=False))
    else:
        print_all(arguments.checkpoint, patients[0], examined, ranking)
    return 1 if any(one.diagnoses for one in examined) else 0


def _checkpoints(arguments: argparse.Namespace) -> "list[Checkpoint]":
    from ..learn.checkpoints.checkpoint import load_checkpoint
    from ..learn.checkpoints.picture_size import parse_size

    device, size = pick_device(arguments.device), None if arguments.size is None else parse_size(arguments.size)
    return [load_checkpoint(path, device, size=size) for path in arguments.checkpoint]


def report(
    arguments: argparse.Namespace, patient: "Patient", examined: "list[Examination]", ranking: "Ranking | None"
) -> dict[str, Any]:
    """Everything, as docs/clinic.md describes it."""
    from ..ui.words.refusal import refusal

    told = [_as_json(arguments, i, one) for i, one in enumerate(examined)]
    return {
        "pictures": {"held_out": refusal(patient.seen.told), "count": len(patient.seen), "seed": patient.seed,
                     "train": None if patient.train is None else refusal(patient.train.told)},
        "examined": told,
        "ranking": None if ranking is None else _ranking_json(arguments, ranking),
        "command": arguments.command_line,
    }  # fmt: skip


def _as_json(arguments: argparse.Namespace, i: int, one: "Examination") -> dict[str, Any]:
    from ..ui.words.refusal import refusal

    checkpoint = one.patient.checkpoint
    levels = [
        level.as_json() | {"shipped_eps_mse": shipped and shipped.eps_mse.value}
        for level, shipped in zip(one.curve, one.shipped, strict=True)
    ]
    return {
        "checkpoint": str(arguments.checkpoint[i]), "sha256": checkpoint.sha256, "T": checkpoint.schedule.T,
        "prediction_type": checkpoint.prediction_type, "notes": [refusal(note) for note in one.notes],
        "verdict": refusal(one.verdict), "findings": [found.in_language(refusal) for found in one.diagnoses],
        "remarks": [found.in_language(refusal) for found in one.remarks], "looked_for": list(one.looked_for),
        "left_out": {code: refusal(reason) for code, reason in one.left_out.items()}, "levels": levels,
        "shipped_on": refusal(one.shipped_told), "best_t": [{"t": t, "best": best} for t, best in one.search.t_map],
        "chain": [norm.as_json() for norm in one.chain],
    }  # fmt: skip


def _ranking_json(arguments: argparse.Namespace, ranking: "Ranking") -> dict[str, Any]:
    standings = [
        {"checkpoint": str(arguments.checkpoint[one.place]), "score": one.score, "more": min(one.more, 1e9),
         "z": max(-1e6, min(1e6, one.z)), "eps_mse": [each.as_json() for each in one.by_level]}
        for one in ranking.standings
    ]  # fmt: skip
    return {"log_snr": list(ranking.log_snr), "standings": standings}
