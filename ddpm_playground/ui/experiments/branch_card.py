"""Branches on screen: one chain, stopped at several t, gone on with several times; and when it is decided."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch

from ...core import Sampling, Step, timestep_path
from ...core.checks import one_of
from ...core.phrase import Refusal
from ...experiments.branching import Agreement, Trunk, branches, decided_at, wilson
from ...learn.checkpoints.checkpoint import Checkpoint
from ...learn.data.pictures import to_uint8
from ...learn.judging.classifier import IMAGE_SHAPE, digits_classifier
from ..serving.failure import answering
from ..words.text import text
from .asking import (
    MAX_SEED,
    SAMPLERS,
    checkpoint_in,
    label_in,
    number_in,
    picture_bytes,
    sampling_in,
    telling,
    whole_in,
)
from .own_picture_files import Saved, chain_settings, result_of

FORKS, MOST_STEPS = 6, 200  # at how many t branches go off
OWN = (None, "", "own")  # what a lever says that leaves it as it is
THEN = ("then", "then_sampler", "then_steps", "then_guidance")
MOST_CHAINS, BUDGET = 64, 128  # chains, and branches of all chains together at each t


def branch_value() -> str:
    """What branch.js starts from."""
    return json.dumps({"most_steps": MOST_STEPS})


@answering
def run_branches(asked: Mapping[str, Any]) -> dict[str, Any]:
    """{"trunk": pictures, "forks": [{"t", "pictures", "same", "share"}], "shape", "told", "kept": a Result}; or
    {"problem"}."""
    checkpoint = checkpoint_in(asked)
    sampling, count = sampling_in(asked, checkpoint), whole_in(asked, "count", 4, 16)
    steps = whole_in(asked, "num_steps", 2, min(MOST_STEPS, checkpoint.schedule.T))
    chains = whole_in(asked, "chains", 1, MOST_CHAINS)
    if chains * count > BUDGET:
        raise Refusal(
            "{chains} chains with {count} branches each are {all}, at most {most} are drawn at each t; lower one of "
            "them",
            chains=chains, count=count, all=chains * count, most=BUDGET,
        )  # fmt: skip
    labels = torch.full((chains,), label_in(asked, checkpoint))
    guidance, seed = number_in(asked, "guidance", 0.0, 20.0), whole_in(asked, "seed", 0, MAX_SEED)
    trunk = Trunk.of(checkpoint, labels, sampling, guidance, seed)
    places = places_in(asked, trunk)
    other = turn_in(asked, checkpoint, trunk)
    onward = timestep_path(
        checkpoint.schedule.T, (other.sampling or trunk.sampling).steps_of(checkpoint.schedule.T), sampling.spacing
    )
    below = [1 + sum(u < trunk.path[place] for u in onward[:-1]) for place in places]
    tell = telling(chains * (steps + count * sum(below)))
    seen = []
    for step in trunk.steps():
        seen.append(step)
        tell(chains)
    end = seen[-1].x_s.float().cpu()
    own = read_digit(checkpoint, end)
    forks, found, leaves, read = [], [], [], []
    for place in places:
        t, x_t = trunk.path[place], seen[place].x_t
        x_0 = branches(
            trunk, x_t, t, count, sampling=other.sampling, labels=other.labels, guidance=other.guidance, progress=tell
        )
        leaves.append(x_0)
        digits = read_digit(checkpoint, x_0.flatten(0, 1))
        forks.append({
            "t": t, "x_t": picture_bytes(x_t[:1].cpu()), "x_hat_0": picture_bytes(seen[place].x_hat_0[:1].cpu()),
            "pictures": picture_bytes(x_0[:, 0]), "same": None, "agree": None, "digits": None,
        })  # fmt: skip
        if digits is not None and own is not None:
            read.append(digits.view(count, chains))
            same = digits.view(count, chains) == own
            share = float(same.float().mean())
            found.append(
                Agreement(t, int(same.sum()), same.numel(), share, *wilson(share, chains if chains > 1 else count))
            )
            shown = digits.view(count, chains)[:, 0].tolist()
            forks[-1] |= {"same": same[:, 0].tolist(), "agree": int(same.sum()), "digits": shown}
    saved = _saved(asked, trunk, other, [trunk.path[place] for place in places], [seen[p] for p in places], leaves)
    saved.arrays["end"] = end
    if read:
        saved.arrays["digits"] = torch.stack(read)
    shown = [saved.arrays["x_t"][:, 0], saved.arrays["x_hat_0"][:, 0], saved.arrays["x_0"][:, :, 0]]
    return {
        "kept": result_of(saved, shown, asked, checkpoint.image_shape),
        "end": picture_bytes(end[:1]), "chains": chains, "digit": None if own is None else int(own[0]), "forks": forks,
        "shape": list(checkpoint.image_shape), "told": _told(found, own, other.is_another),
        "decided": None if other.is_another or (decided := decided_at(found)) is None else decided[0],
    }  # fmt: skip


def places_in(asked: Mapping[str, Any], trunk: Trunk) -> list[int]:
    """At which steps of the chain branches go off: the one nearest to "at", or six from its start to its end."""
    last = len(trunk.path) - 2
    if asked.get("at") in OWN:
        return sorted({round(k * last / (FORKS - 1)) for k in range(FORKS)})
    t = whole_in(asked, "at", 1, trunk.checkpoint.schedule.T)
    return [min(range(last + 1), key=lambda place: abs(trunk.path[place] - t))]


@dataclass(frozen=True)
class Turn:
    """How branches go on; None each for as their chain does.

    Attributes:
        sampling: ddpm or ddim.
        labels: a class for each chain, (N,).
        guidance: W.
    """

    sampling: Sampling | None
    labels: torch.Tensor | None
    guidance: float | None

    @property
    def is_another(self) -> bool:
        """Whether anything but the noises is another."""
        return any(one is not None for one in (self.sampling, self.labels, self.guidance))


def turn_in(asked: Mapping[str, Any], checkpoint: Checkpoint, trunk: Trunk) -> Turn:
    """What "then", "then_sampler", "then_steps" and "then_guidance" ask for.

    Raises:
        ValueError: a class, sampler, S or W that the network cannot have.
    """
    given = {name: value for name in THEN if (value := asked.get(name)) not in OWN}
    labels = sampling = None
    T = checkpoint.schedule.T
    if "then" in given:
        labels = torch.full((len(trunk.labels),), label_in({"label": given["then"]}, checkpoint))
    if given.keys() & {"then_sampler", "then_steps"}:
        name = one_of("then_sampler", given.get("then_sampler", trunk.sampling.sampler), SAMPLERS)
        steps = whole_in(given, "then_steps", 2, min(MOST_STEPS, T)) if "then_steps" in given else None
        weight = trunk.sampling.eta_or_w if name == trunk.sampling.sampler else 0.0
        steps = steps or trunk.sampling.num_steps
        sampling = replace(trunk.sampling, sampler=name, eta_or_w=weight, num_steps=steps)
    return Turn(sampling, labels, number_in(given, "then_guidance", 0.0, 20.0) if "then_guidance" in given else None)


def read_digit(checkpoint: Checkpoint, x_0: torch.Tensor) -> torch.Tensor | None:
    """What the bundled classifier reads, (N,); None where the pictures are no 28×28 grey ones."""
    if checkpoint.image_shape != IMAGE_SHAPE:
        return None
    return digits_classifier()[0].read(to_uint8(torch.nan_to_num(x_0, nan=-1.0)))


def _saved(
    asked: Mapping[str, Any], trunk: Trunk, other: Turn, ts: list[int], steps: list[Step], leaves: list[torch.Tensor]
) -> Saved:
    """What files are made of: x_t and x̂_0 (K,N,C,H,W), x_0 (K,B,N,C,H,W) of B branches of N chains."""
    arrays = {
        "t": torch.tensor(ts), "labels": trunk.labels, "x_0": torch.stack(leaves),
        "x_t": torch.stack([step.x_t.float().cpu() for step in steps]),
        "x_hat_0": torch.stack([step.x_hat_0.float().cpu() for step in steps]),
    }  # fmt: skip
    settings = chain_settings(trunk.sampling) | {
        "chains": len(trunk.labels), "label": int(trunk.labels[0]), "guidance": trunk.guidance, "seed": trunk.seed,
        "count": int(asked["count"]), "ts": ts, "then_sampling": repr(other.sampling),
        "then_guidance": other.guidance, "then": None if other.labels is None else int(other.labels[0]),
    }  # fmt: skip
    return Saved("branches", settings, arrays, ["x_t", "x_0 predicted", "branches"], [f"t = {t}" for t in ts])


def _told(found: list[Agreement], own: torch.Tensor | None, is_changed: bool) -> list[str]:
    if own is None or not found:
        return [text("branch.unread")]
    if is_changed:
        return [text("branch.changed", digit=int(own[0]))]
    if len(found) == 1:
        (one,) = found
        told = {"t": one.t, "agree": one.agree, "count": one.count}
        return [
            text("branch.one_t_chains", **told) if len(own) > 1 else text("branch.one_t", digit=int(own[0]), **told)
        ]
    decided = decided_at(found)
    if decided is None:
        return [text("branch.never", digit=int(own[0]))] if len(own) == 1 else [text("branch.never_chains")]
    t, early, late = decided
    told = {"t": t, "count": found[0].count, "digit": int(own[0])}
    if len(own) > 1:
        return [text("branch.decided_chains", t=t, early=early, late=late, count=found[0].count, chains=len(own))]
    if early == late:
        return [text("branch.decided_plainly", **told)]
    return [text("branch.decided", early=early, late=late, **told)]
