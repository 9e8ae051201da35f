"""The deed that bounds a network's likelihood."""

import math
from typing import TYPE_CHECKING

from ..core.checks import whole_number
from ..core.phrase import Refusal
from ..recipe import MAX_SEED
from .answers import Answer

if TYPE_CHECKING:
    from ..learn.checkpoints.checkpoint import Checkpoint

MOST_ASKED = 2000  # pictures that the network is shown in all
MOST_IMAGES = 64


def bound(
    checkpoint: str = "mnist", num_images: int = 8, num_ts: int = 30, seed: int = 0, guidance: float = 1.0
) -> Answer:
    """Estimate the variational bound of a network on held-out digits, in bits per dimension, with its error.

    `evaluate --bound` of the command line visits every t and takes minutes; this visits some and fills in those
    between, as the Theory tab's chapter on the bound does. Example: bound("mnist", num_images=8, num_ts=30).

    Args:
        checkpoint: name of a network, as mnist
        num_images: how many of the 1,000 bundled digits, in [2, 64]
        num_ts: how many t are visited, at least 3; num_images times num_ts may be 2000
        seed: of the choice of digits and of every ε
        guidance: W in [0, 20]; 1 is the network alone

    Returns:
        {"checkpoint", "sha256", "total_bpd", "error", "standard_error", "prior_bpd", "decoder_bpd", "quarters_bpd",
        "visited", "T", "num_images", "protocol", "command"}; error has what the t left out may change in it, command
        computes every t
    """
    from ..core import Sampling, SeededNoise, stream_seed
    from ..learn.judging.checkpoint_bound import held_out, on_host
    from ..learn.judging.samples import check_sampling
    from ..lecture.partial_ledger import estimated_bound, spread_ts
    from ..run import shelf

    whole_number("num_images", num_images, 2, MOST_IMAGES)
    whole_number("seed", seed, 0, MAX_SEED)
    if num_images * num_ts > MOST_ASKED:
        raise Refusal(
            "num_images times num_ts must be at most {most}, got {got}; lower one of them, or use the command line",
            most=MOST_ASKED, got=num_images * num_ts,
        )  # fmt: skip
    network = shelf().load(checkpoint)
    network.check_plain()
    _of_digits(checkpoint, network)
    schedule = network.schedule
    ts = spread_ts(schedule.T, num_ts)
    held = held_out(network, None, num_images, seed)
    check_sampling(network, held.labels, Sampling(eta_or_w=1.0), guidance=guidance, seed=seed, batch_size=num_images)
    x_0 = held.pictures.x_0(held.places).double()
    draws = SeededNoise(stream_seed(seed, "bound"), held.places.tolist(), network.image_shape)
    predict = on_host(network.predictor(guidance), network.device)
    found = estimated_bound(schedule, predict, x_0, draws, ts, held.labels)
    command = (
        f"python -m ddpm_playground evaluate --checkpoint {checkpoint} --bound --num-images {num_images} --seed {seed}"
    )
    facts = {
        "checkpoint": checkpoint, "sha256": network.sha256, "total_bpd": found.ledger.total_bpd, "error": found.error,
        "standard_error": found.ledger.standard_error, "prior_bpd": found.ledger.prior_bpd,
        "decoder_bpd": float(found.ledger.vb[0]), "quarters_bpd": found.quarters.tolist(), "visited": len(ts),
        "T": schedule.T, "num_images": num_images, "guidance": guidance,
        "protocol": f"{held.told}, seed {seed}; {len(ts)} t of {schedule.T}, those between filled in; σ_t² = β_t; "
        "x̂_0 clipped to [−1, 1]; discretised decoder of 256 levels (Ho et al. 2020, section 3.3)",
        "command": command,
    }  # fmt: skip
    return Answer({name: _plain(value) for name, value in facts.items()})


def _of_digits(name: str, network: "Checkpoint") -> None:
    """Refuse a network of other pictures than these digits: here there are no others to hold out."""
    from ..learn.data.pictures import bundled_digits

    digits = bundled_digits()
    known = network.class_names
    if tuple(digits.images.shape[1:]) == network.image_shape and (not known or set(digits.class_names) <= set(known)):
        return
    raise Refusal(
        "bound knows held-out pictures of digits alone, grey and 28×28, and {checkpoint} draws others; ask for another "
        "checkpoint, or on the command line evaluate --bound with pictures of its kind",
        checkpoint=repr(name),
    )


def _plain(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value
