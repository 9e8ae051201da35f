"""The variational bound of a checkpoint on pictures it has not seen, in bits per dimension."""

import sys
from dataclasses import dataclass
from pathlib import Path

import torch
from tqdm import tqdm

from ...core import (
    BoundTerm,
    EpsPredictor,
    Ledger,
    LevelPredictor,
    Prediction,
    Sampling,
    SeededNoise,
    bound_terms,
    mapped_prediction,
    stream_seed,
)
from ...core.checks import whole_number
from ...core.phrase import Refusal
from ...engine.launch import ALONE, Launch
from ..checkpoints.checkpoint import Checkpoint
from ..data.pictures import Pictures, bundled_digits, load_pictures
from ..training.algorithm_1 import by_quarter, quarter_of
from .samples import BATCH_SIZE, check_sampling, steady_predictor, whole_blocks

LEAST = 2  # pictures: one alone says nothing of how they scatter


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Pictures to measure on: which of the held-out ones (N,), all of them, the classes the network knows them by.

    Attributes:
        places: where each picture stands among the held-out ones, (N,) int64.
        pictures: the held-out pictures.
        labels: class of each of the N pictures as the checkpoint counts them, (N,) int64; −1 for a network without.
        told: which pictures these are, for the screen and the model card.
    """

    places: torch.Tensor
    pictures: Pictures
    labels: torch.Tensor
    told: str


@dataclass(frozen=True, eq=False)
class Bound:
    """What was measured, and how.

    Attributes:
        ledger: the terms.
        protocol: how, for the screen and the model card.
    """

    ledger: Ledger
    protocol: str

    def rows(self) -> dict[str, str]:
        """As lines for the screen and the model card."""
        ledger, T = self.ledger, len(self.ledger.vb)
        t = torch.arange(1, T + 1)
        later = torch.cat([torch.zeros(1, dtype=torch.float64), ledger.vb[1:]])  # all but L_0
        quarters = torch.zeros(4, dtype=torch.float64).index_add_(0, quarter_of(t, T), later)
        eps_mse, x_0_mse = (by_quarter(t, errors, T) for errors in (ledger.eps_mse, ledger.x_0_mse))
        return {
            "bound on −log₂ p(x_0)": f"{ledger.total_bpd:.4f} bits per dimension, "
            f"standard error {ledger.standard_error:.4f} over {len(ledger.prior):,} pictures",
            "prior L_T": f"{ledger.prior_bpd:.3g}",
            "decoder L_0": f"{float(ledger.vb[0]):.4f}",
            "steps L_1 + … + L_{T−1}": f"{float(later.sum()):.4f}",
            "steps by quarter of t, lowest first": _row(quarters.tolist(), ".4f"),
            "ε-MSE by quarter of t, lowest first": _row(eps_mse, ".5f"),
            "x_0-MSE by quarter of t, lowest first": _row(x_0_mse, ".5f"),
            "protocol": self.protocol,
        }


def _row(values: list[float], digits: str) -> str:
    return ", ".join(format(value, digits) for value in values)


def held_out(checkpoint: Checkpoint, data: str | Path | None = None, count: int = 200, seed: int = 0) -> HeldOut:
    """The first `count` of the held-out pictures in an order that the seed shuffles.

    Args:
        checkpoint: whose size and classes they must have.
        data: a data folder, of which the test split is taken; None for the 1,000 bundled digits.
        count: N, from 2 to as many as there are.
        seed: of the order; more pictures are the same ones and further ones.

    Raises:
        ValueError: a folder that cannot be read, pictures or classes that are not the checkpoint's, or too few of them.
    """
    pictures = bundled_digits() if data is None else load_pictures(data, "test")
    name = "the bundled digits" if data is None else f"the test set of {Path(data).resolve().name}"
    if tuple(pictures.images.shape[1:]) != checkpoint.image_shape:
        raise Refusal(
            "{name} are (C,H,W) = {shape}, the checkpoint's pictures are {image_shape}; give the --data that it was "
            "trained on",
            name=name,
            shape=tuple(pictures.images.shape[1:]),
            image_shape=checkpoint.image_shape,
        )
    known = checkpoint.class_names
    unknown = [c for c in pictures.class_names if c not in known] if known else []
    if unknown:
        raise Refusal(
            "the checkpoint knows no class {unknown}, only {known}; give the --data that it was trained on",
            unknown=", ".join(unknown[:3]),
            known=", ".join(known),
        )
    if len(pictures) < LEAST:
        raise Refusal(
            "{name} holds {got} picture; the bound needs at least {least}, to say how they scatter: give more, or "
            "another --data",
            name=name,
            got=len(pictures),
            least=LEAST,
        )
    whole_number(f"the number of images of {name}", count, LEAST, len(pictures), "change --num-images")
    generator = torch.Generator().manual_seed(stream_seed(seed, "held-out"))
    places = torch.randperm(len(pictures), generator=generator)[:count]
    if checkpoint.needs_label and not pictures.class_names:
        raise Refusal(
            "the checkpoint needs a class for each picture, and {name} have none; give them in one subfolder a class",
            name=name,
        )
    own = torch.tensor([known.index(c) if known else -1 for c in pictures.class_names] or [-1])
    return HeldOut(
        places, pictures, own[pictures.labels[places].clamp_min(0)], f"{count:,} of the {len(pictures):,} of {name}"
    )


def on_host(predict: LevelPredictor, device: torch.device) -> EpsPredictor:
    """A predictor in float32 on a device, for whoever counts in float64 on the CPU."""

    def ask(x_t: torch.Tensor, t: torch.Tensor, label: torch.Tensor | None = None) -> Prediction:
        raw = predict(x_t.float().to(device), t.to(device), None if label is None else label.to(device))
        return mapped_prediction(raw, lambda value: value.cpu().double())

    return ask


def measure_bound(
    checkpoint: Checkpoint,
    held: HeldOut,
    *,
    guidance: float = 1.0,
    w: float = 1.0,
    clip_x_0: bool = True,
    seed: int = 0,
    batch_size: int = BATCH_SIZE,
    progress: bool = False,
    launch: Launch = ALONE,
) -> Bound:
    """L_T, every L_{t−1} and L_0 of held-out pictures, given their classes (Ho et al. 2020, eq. 5 and section 3.3).

    Each picture meets one ε a t, which depends on the seed, the picture and t alone.

    Args:
        checkpoint: where the network and its schedule come from; every t of it is visited.
        held: the pictures and their classes, from `held_out`.
        guidance: W of the chain that is bounded; 1 is the conditional network alone.
        w: σ_t² = β̃^(1−w) β^w for t ≥ 2; 1 is β_t; of no account where the network says σ_t² itself.
        clip_x_0: keep x̂_0 within [−1, 1], see `core.bound_terms`.
        seed: 0…2⁶³ − 1.
        batch_size: pictures at once; changes memory and speed, no number.
        progress: show a bar on stderr.
        launch: the processes that share the pictures; each gets all numbers.

    Raises:
        ValueError: a setting out of range, or a schedule with β_t = 0.
    """
    schedule, T, N = checkpoint.schedule, checkpoint.schedule.T, len(held.places)
    check_sampling(checkpoint, held.labels, Sampling(eta_or_w=w), guidance=guidance, seed=seed, batch_size=batch_size)
    predict = on_host(steady_predictor(checkpoint, guidance), checkpoint.device)
    together = whole_blocks(checkpoint, batch_size, N, launch)
    starts = range(0, N, together)
    own = sum(min(N, start + together) - start for start in launch.own(starts))
    with tqdm(total=own * T, unit="step", file=sys.stderr, disable=not progress, desc="bound") as bar:

        def counted(term: BoundTerm) -> BoundTerm:
            bar.update(len(term.nats))
            return term

        def measured(start: int) -> Ledger:
            places = held.places[start : start + together]
            x_0 = held.pictures.x_0(places).double()
            noise = SeededNoise(stream_seed(seed, "bound"), places.tolist(), checkpoint.image_shape)
            label = held.labels[start : start + together]
            terms = bound_terms(schedule, predict, x_0, noise, label=label, w=w, clip_x_0=clip_x_0)
            return Ledger.of(schedule, x_0, map(counted, terms))

        parts = launch.spread(starts, measured)
    return Bound(Ledger.joined(parts), _protocol(checkpoint, held, guidance, w, clip_x_0, seed))


def _protocol(checkpoint: Checkpoint, held: HeldOut, guidance: float, w: float, clip_x_0: bool, seed: int) -> str:
    """How it was measured, for the screen and the model card."""
    variance = {1.0: "β_t", 0.0: "β̃_t"}.get(w, f"β̃^{1 - w:g} β^{w:g}") + ", σ_1² = β_1"
    if checkpoint.variance_type is not None:
        variance = f"what the network says ({checkpoint.variance_type})"
    given = f"the true class given, W = {guidance:g}" if checkpoint.class_names else "no classes"
    return (
        f"{held.told}, seed {seed}; {given}; every t of {checkpoint.schedule.T}, one ε a picture and t; "
        f"σ_t² = {variance}; x̂_0 {'clipped to [−1, 1]' if clip_x_0 else 'not clipped'}; "
        "discretised decoder of 256 levels (Ho et al. 2020, section 3.3)"
    )
