"""`clinic`: whether networks are well, from their errors on pictures that they have not seen."""

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from ..core.checks import whole_number
from ..engine.device import pick_device
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
HEAD = "     t  log SNR    ε-error ± s.e.   x̂_0-error   L_t−1 bits/dim  Var/calibrated  brightness  linear   shipped"


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
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout instead of lines")


def run(arguments: argparse.Namespace) -> int:
    """Measure, print; 1 if something was found, else 0."""
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
        _print(arguments, patients[0], examined, ranking)
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
    told = [_as_json(arguments, i, one) for i, one in enumerate(examined)]
    return {
        "pictures": {"held_out": patient.seen.told, "count": len(patient.seen), "seed": patient.seed,
                     "train": None if patient.train is None else patient.train.told},
        "examined": told,
        "ranking": None if ranking is None else _ranking_json(arguments, ranking),
        "command": arguments.command_line,
    }  # fmt: skip


def _as_json(arguments: argparse.Namespace, i: int, one: "Examination") -> dict[str, Any]:
    checkpoint = one.patient.checkpoint
    levels = [
        level.as_json() | {"shipped_eps_mse": shipped} for level, shipped in zip(one.curve, one.shipped, strict=True)
    ]
    return {
        "checkpoint": str(arguments.checkpoint[i]), "sha256": checkpoint.sha256, "T": checkpoint.schedule.T,
        "prediction_type": checkpoint.prediction_type, "notes": list(one.notes), "verdict": one.verdict,
        "findings": [found.as_json() for found in one.diagnoses], "looked_for": list(one.looked_for),
        "left_out": dict(one.left_out), "levels": levels, "shipped_on": one.shipped_told,
        "best_t": [{"t": t, "best": best} for t, best in one.search.t_map],
        "chain": [norm.as_json() for norm in one.chain],
    }  # fmt: skip


def _ranking_json(arguments: argparse.Namespace, ranking: "Ranking") -> dict[str, Any]:
    standings = [
        {"checkpoint": str(arguments.checkpoint[one.place]), "score": one.score, "more": min(one.more, 1e9),
         "z": max(-1e6, min(1e6, one.z)), "eps_mse": [each.as_json() for each in one.by_level]}
        for one in ranking.standings
    ]  # fmt: skip
    return {"log_snr": list(ranking.log_snr), "standings": standings}


def _print(
    arguments: argparse.Namespace, patient: "Patient", examined: "list[Examination]", ranking: "Ranking | None"
) -> None:
    print(f"pictures: {patient.seen.told}, seed {patient.seed}")
    for path, one in zip(arguments.checkpoint, examined, strict=False):
        _print_one(str(path), one)
    if ranking is not None:
        _print_ranking(arguments, ranking)


def _print_one(name: str, one: "Examination") -> None:
    print(f"\n== {name}")
    for note in one.notes:
        print(f"  {note}")
    print(HEAD)
    for level, shipped in zip(one.curve, one.shipped, strict=True):
        bound = "        –" if level.bound_bpd is None else f"{level.bound_bpd.value:9.3g}"
        ratio = level.variance / level.calibrated if level.calibrated > 0 else float("nan")
        told = "     –" if shipped is None else f"{shipped:8.3g}"
        print(
            f"{level.t:6} {level.log_snr:8.2f} {level.eps_mse.value:10.3g} ± {level.eps_mse.standard_error:<8.2g}"
            f" {level.x_0_mse.value:10.3g} {bound:>14} {ratio:15.2f} {level.brightness.value:11.4f}"
            f" {level.linear_eps_mse.value:7.3g} {told:>9}"
        )
    print("  linear: the best linear filter on the same pictures and noises")
    print(f"  shipped: the shipped network at the same log SNR on {one.shipped_told}")
    print("  does best when told, for t: " + ", ".join(f"{t} → {best:.4g}" for t, best in one.search.t_map))
    middle = one.chain[:: max(1, len(one.chain) // 5)]
    norms = ", ".join(f"t = {n.t}: {n.ratio:.3f}" for n in middle) or "no steps between"
    print(f"  ‖x_t‖ along its own chain beside q(x_t) (ddpm, {len(one.chain) + 1} steps): {norms}")
    for found in one.diagnoses:
        print(f"✗ {found.title} ({found.code})\n  {found.message}")
    if not one.diagnoses:
        print(f"· {one.verdict}")
    for code, reason in one.left_out.items():
        print(f"  not looked for: {code}: {reason}")


def _print_ranking(arguments: argparse.Namespace, ranking: "Ranking") -> None:
    print("\n== the same pictures, noises and noise levels, the best first")
    for number, one in enumerate(ranking.standings, 1):
        behind = "" if number == 1 else f"  {one.more:+.1%} of the best, z = {one.z:.1f}"
        print(f"{number:3}. {one.score:.5g}  {arguments.checkpoint[one.place]}{behind}")
    if len(ranking.standings) == EXAMINED:
        pair = {one.place: one.by_level for one in ranking.standings}
        print("  log SNR   ε-error of the first / of the second")
        for k, log_snr in enumerate(ranking.log_snr):
            print(f"{log_snr:9.2f}   {pair[0][k].value:.4g} / {pair[1][k].value:.4g}")
