"""What worker processes do for the page, and how the page asks them: strangers' schedulers are run nowhere else."""

import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...run import shelf
from ...worker.zygote import named
from ..words.language import speaking, spoken
from .deeds import Deeds
from .failure import answering

Answer = dict[str, Any]
# Tasks that take many seconds let the others go first: how much nicer they are.
PATIENT = {
    "ddpm_playground.ui.lab.trial_card:run_trial": 5,
    "ddpm_playground.ui.lab.clinic_card:consult": 10,
    "ddpm_playground.ui.experiments.own_picture_card:run_deed": 5,
    "ddpm_playground.ui.experiments.branch_card:run_branches": 5,
    "ddpm_playground.ui.experiments.nearest_card:run_nearest": 5,
}


def speak(language: str, roots: Sequence[str], task: str, asked: Mapping[str, Any]) -> Any:
    """In a worker: what a function of the page answers, in the reader's language.

    Args:
        language: one of LANGUAGES.
        roots: folders of checkpoints that the server allows besides its own.
        task: the function, "module:name".
        asked: what the page sent.
    """
    import torch

    torch.set_num_threads(1)
    for root in roots:
        shelf().also_below(Path(root))
    if task in PATIENT and hasattr(os, "nice"):
        os.nice(PATIENT[task])
    with speaking(language):
        return named(task)(asked)


def _as_it_is(asker: object, answer: Answer) -> Answer:
    return answer


def in_worker(
    deeds: Deeds, task: str, sent: Callable[[object, Answer], Answer] = _as_it_is
) -> Callable[[Mapping[str, Any]], Awaitable[Answer]]:
    """A server function that answers what the function "module:name" answers, in a worker when its turn has come.

    Args:
        deeds: its line.
        task: the function.
        sent: what of its answer the page gets, by the part of the page that asked.
    """

    async def asked_for(asked: Mapping[str, Any]) -> Answer:
        given = {key: value for key, value in asked.items() if key not in ("asker", "ticket")}
        answer = await deeds.ask(asked, [spoken(), [str(root) for root in shelf().unlisted], task, given])
        return sent(asked.get("asker"), answer)

    asked_for.__name__ = task.partition(":")[2]
    return answering(asked_for)
