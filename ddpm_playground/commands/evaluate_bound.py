"""`evaluate --bound`: the variational bound of a checkpoint on held-out pictures, term by term."""

import argparse
import json
import math
from typing import TYPE_CHECKING, Any

from ..api.schedule_report import plain
from ..engine.launch import ALONE, Launch
from .given_checkpoint import read_checkpoint

if TYPE_CHECKING:
    from ..learn.checkpoints.checkpoint import Checkpoint


def run(arguments: argparse.Namespace, launch: Launch = ALONE) -> None:
    """Measure, print and, if asked, write it into the card, whose scores of samples stay."""
    from ..learn.checkpoints.model_card import read_facts, write_card
    from ..learn.judging.checkpoint_bound import held_out, measure_bound

    checkpoint = read_checkpoint(arguments, launch)
    facts = read_facts(checkpoint.folder) if arguments.write_card else {}
    held = held_out(checkpoint, arguments.data, arguments.num_images, arguments.seed)
    settings = {"guidance": arguments.guidance, "w": 1.0, "clip_x_0": True, "seed": arguments.seed}
    bound = measure_bound(checkpoint, held, batch_size=arguments.batch_size, progress=True, launch=launch, **settings)
    if not launch.is_main:
        return
    ledger, rows = bound.ledger, bound.rows() | {"command": f"`{arguments.command_line}`"}
    if arguments.write_card:
        write_card(checkpoint.folder, facts, checkpoint.sha256, bound=rows)
    if not arguments.json:
        width = max(map(len, rows))
        print("\n".join(f"{name:<{width}}  {value}" for name, value in rows.items()))
        return
    result: dict[str, Any] = {
        "checkpoint": checkpoint.folder.resolve().name, "sha256": checkpoint.sha256,
        "total_bpd": _finite(ledger.total_bpd), "standard_error": _finite(ledger.standard_error),
        "prior_bpd": _finite(ledger.prior_bpd), "vb": plain(ledger.vb), "eps_mse": plain(ledger.eps_mse),
        "x_0_mse": plain(ledger.x_0_mse), "num_images": arguments.num_images, "pictures": held.told,
        "conditional": bool(checkpoint.class_names), **settings, **_variance(checkpoint), "protocol": bound.protocol,
        "command": arguments.command_line, "machine": checkpoint.described(),
    }  # fmt: skip
    print(json.dumps(result, indent=2, ensure_ascii=False, allow_nan=False))


def _variance(checkpoint: "Checkpoint") -> dict[str, Any]:
    """Whose σ_t² it was, where that is not w's."""
    own = checkpoint.variance_type
    return {} if own is None else {"w": None, "variance_type": own}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
