"""Taking from a Trainer all that is needed to go on, and giving it back to another, which then goes on bit by bit."""

from dataclasses import asdict
from typing import Any

import torch

from ..checkpoints.checkpoint_error import CheckpointError
from .settings import Settings
from .trainer import Trainer
from .training_state import State

OPTIMIZER_STATE = ("step", "exp_avg", "exp_avg_sq", "momentum_buffer")  # AdamW's and Muon's own names
FACTS = ("settings", "step", "seconds", "ema_step", "pictures")
MAY_DIFFER = ("steps", "decay", "data", "start_from")  # settings that a run may go on with another value of


def state_of(trainer: Trainer) -> State:
    """All that is needed to go on: tensors by name, and facts."""
    tensors: dict[str, torch.Tensor] = {}
    stepped = _stepped_by(trainer)
    for (name, parameter), average in zip(trainer.unet.named_parameters(), trainer.averages.weights, strict=True):
        tensors[f"net.{name}"], tensors[f"ema.{name}"] = parameter, average
        for key, value in stepped[parameter].state.get(parameter, {}).items():
            tensors[f"{key}.{name}"] = value
    if trainer.importance:
        tensors |= trainer.importance.tensors()
    facts = {
        "settings": asdict(trainer.settings),
        "step": trainer.step,
        "seconds": trainer.seconds,
        "ema_step": trainer.averages.ema.optimization_step,
        "origin": trainer.origin,
        "pictures": _pictures(trainer),
    }
    return tensors, facts


def restore(trainer: Trainer, tensors: dict[str, torch.Tensor], facts: dict[str, Any]) -> None:
    """Let a trainer go on where `state_of` was taken.

    Raises:
        CheckpointError: the state is broken, or of a run with other settings (the number of steps may differ)
            or other pictures.
    """
    _check_facts(trainer, facts)
    for name, parameter in trainer.unet.named_parameters():
        for key in (f"net.{name}", f"ema.{name}"):
            if key not in tensors or tensors[key].shape != parameter.shape:
                raise CheckpointError(
                    "the training state has no {key} of shape {shape}", key=key, shape=tuple(parameter.shape)
                )
    remembered = trainer.importance.tensors() if trainer.importance else {}
    for key, value in remembered.items():  # a state of before there were any begins them anew
        if key in tensors and tensors[key].shape != value.shape:
            raise CheckpointError("the training state has no {key} of shape {shape}", key=key, shape=tuple(value.shape))
        value.copy_(tensors.get(key, value))
    stepped = _stepped_by(trainer)
    for (name, parameter), average in zip(trainer.unet.named_parameters(), trainer.averages.weights, strict=True):
        with torch.no_grad():
            parameter.copy_(tensors[f"net.{name}"])
            average.copy_(tensors[f"ema.{name}"])
        known = {key: tensors[f"{key}.{name}"] for key in OPTIMIZER_STATE if f"{key}.{name}" in tensors}
        if known:
            stepped[parameter].state[parameter] = {
                key: value.to(trainer.device) if key == "step" else torch.empty_like(parameter).copy_(value)
                for key, value in known.items()
            }
    trainer.origin = facts.get("origin")
    trainer.averages.ema.optimization_step = facts["ema_step"]
    trainer.go_to(facts["step"], facts["seconds"])


def _check_facts(trainer: Trainer, facts: dict[str, Any]) -> None:
    lacking = set(FACTS) - facts.keys()
    if lacking:
        raise CheckpointError(
            "the training state lacks {lacking}; remove it and start anew", lacking=", ".join(sorted(lacking))
        )
    if facts["pictures"] != _pictures(trainer):
        raise CheckpointError(
            "the training state is of other pictures ({state} → {trainer}); give the same --data, or start anew",
            state=facts["pictures"],
            trainer=_pictures(trainer),
        )
    mine, theirs = asdict(trainer.settings), dict(facts["settings"])
    theirs = asdict(Settings()) | {k: tuple(v) if isinstance(v, list) else v for k, v in theirs.items()}
    differing = [k for k in mine if k not in MAY_DIFFER and mine[k] != theirs.get(k)]
    if differing:
        told = ", ".join(f"{k} {theirs.get(k)} → {mine[k]}" for k in differing)
        raise CheckpointError("the training state has other settings ({told}); use the same, or start anew", told=told)


def _stepped_by(trainer: Trainer) -> dict[torch.nn.Parameter, torch.optim.Optimizer]:
    """Which optimiser steps each parameter."""
    return {p: each for each in trainer.optimizers for group in each.param_groups for p in group["params"]}


def _pictures(trainer: Trainer) -> dict[str, Any]:
    """Which pictures are trained on: the sha256 of their bytes, and their classes."""
    return {"sha256": trainer.pictures.sha256, "class_names": list(trainer.pictures.class_names)}
