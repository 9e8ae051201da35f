"""The clinic on screen: a part of the Lab tab."""

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from ...core.phrase import Refusal
from ...learn.checkpoints.checkpoint import Checkpoint
from ...learn.clinic.consultation import Examination, examine, is_shipped, patient_of
from ...learn.clinic.diagnosis import TITLES, Diagnosis
from ...learn.clinic.pictures_shown import pictures_shown
from ...learn.clinic.ranking import Ranking, check_alike, rank
from ...learn.clinic.seen_pictures import Given, digits
from ...run import labels_of, shelf
from ...views.clinic_plots import PANELS, DrawnNetwork, clinic_figures
from ...worker.progress import tell_progress
from ..protocol.lab_messages import Card, ClinicExamined, ClinicResult, ClinicTakes
from ..serving.failure import answering
from ..words.refusal import refusal
from ..words.text import text
from .clinic_offer import DIGITS, PICTURES
from .sent_pictures import own_pictures

# What the network's calls may take, all together: less than half of the limit, as a machine is at times busy.
MOST_S = 200.0
TIMED = 4  # pictures of the call that is timed
SEED = 0


@answering
def network_takes(asked: Mapping[str, Any]) -> ClinicTakes:
    """What pictures a network takes, for those that a visitor brings; or {"problem"}."""
    checkpoint = _network(asked.get("first"))
    channels, height, width = checkpoint.image_shape
    classes = list(checkpoint.class_names)
    needs = bool(classes) and not checkpoint.has_null_class
    return {"channels": channels, "height": height, "width": width, "classes": classes, "needs_class": needs}


@answering
def consult(asked: Mapping[str, Any]) -> ClinicResult:
    """One network examined, or two over each other; or {"problem"}."""
    names = [str(asked.get("first") or ""), *filter(None, [str(asked.get("second") or "")])]
    networks = [_network(name) for name in names]
    check_alike(networks)
    given = _given(asked, networks[0])
    count = images_within(networks, min(PICTURES, len(given.pictures)))
    tell = Tell(sum(_shown(one, count) for one in networks) + _ranked(networks, count))
    patients = [patient_of(one, given, num_images=count, seed=SEED, progress=tell) for one in networks]
    examined = [examine(patient) for patient in patients]
    ranking = rank(patients[0], networks) if len(networks) > 1 else None
    said = [text("clinic.on", told=refusal(patients[0].seen.told))]
    most = min(PICTURES, len(given.pictures))
    if count < most:
        said.append(text("clinic.fewer", count=count, most=most, seconds=f"{MOST_S:g}"))
    if ranking is not None:
        said.append(_compared(names, ranking))
    told = [_told(name, one) for name, one in zip(names, examined, strict=True)]
    return {"said": said, "examined": told, "figures": _figures(names, examined)}


class Tell:
    """How many pictures have been shown, of about as many as will be."""

    def __init__(self, expected: int) -> None:
        self._done, self._expected = 0, expected

    def __call__(self, count: int) -> None:
        """So many more."""
        self._done += count
        tell_progress(self._done, max(self._done, self._expected))


def _shown(network: Checkpoint, count: int) -> int:
    return pictures_shown(network, count, shipped=not is_shipped(network))


def _ranked(networks: Sequence[Checkpoint], count: int) -> int:
    return len(networks) * count * 12 if len(networks) > 1 else 0


def _network(name: object) -> Checkpoint:
    checkpoint = shelf().load(str(name or ""))
    if checkpoint.is_planar:
        raise Refusal(
            "the network of {name} makes points in the plane; choose a checkpoint of pictures",
            name=repr(checkpoint.folder.name),
        )
    checkpoint.check_plain()
    return checkpoint


def _given(asked: Mapping[str, Any], checkpoint: Checkpoint) -> Given:
    """The pictures that were chosen."""
    own = asked.get("own")
    if own is not None:
        return own_pictures(own, checkpoint)
    only = str(asked.get("only") or "")
    if only and not (only.isdecimal() and len(only) == 1 and int(only) < DIGITS):
        raise Refusal(
            "the digits' class must be in [0, {most}], got {got}; choose one", most=DIGITS - 1, got=repr(only)
        )
    return digits(int(only) if only else None)


def images_within(networks: Sequence[Checkpoint], most: int) -> int:
    """How many held-out pictures all the networks can be examined with within MOST_S, by a call that is timed.

    Raises:
        ValueError: not even a quarter of them.
    """
    seconds = [_one_s(network) for network in networks]

    def takes(count: int) -> float:
        return sum(_shown(one, count) * s for one, s in zip(networks, seconds, strict=True))

    fewest = max(6, most // 4)
    for count in range(most, fewest - 1, -1):
        if takes(count) <= MOST_S:
            return count
    raise Refusal(
        "a picture takes {one} s here, so an examination with {count} pictures takes about {total} s; at most {most} s "
        "are given: run python -m ddpm_playground clinic in a terminal",
        one=f"{max(seconds):.2g}", count=fewest, total=f"{takes(fewest):,.0f}", most=f"{MOST_S:g}",
    )  # fmt: skip


def _one_s(checkpoint: Checkpoint) -> float:
    """Seconds that the network takes for a picture of several."""
    x = torch.zeros(TIMED, *checkpoint.image_shape, device=checkpoint.device)
    t = torch.ones(TIMED, dtype=torch.int64, device=checkpoint.device)
    predict, label = checkpoint.predictor(), labels_of("all", TIMED, checkpoint).to(checkpoint.device)
    predict(x, t, label if checkpoint.class_names else None)  # makes room for the next
    began_s = time.perf_counter()
    predict(x, t, label if checkpoint.class_names else None)
    return (time.perf_counter() - began_s) / TIMED


def _told(name: str, one: Examination) -> ClinicExamined:
    """A network's verdict, a card for each finding, and what else there is to say."""
    severities = [found.ailment.severity for found in one.diagnoses]
    worst = next((one for one in ("error", "warning") if one in severities), "none")
    pairs = ", ".join(text("clinic.pair", t=t, best=f"{best:.4g}") for t, best in one.search.t_map)
    left_out = [
        text("clinic.left_out", title=refusal(TITLES[code]), reason=refusal(reason))
        for code, reason in one.left_out.items()
    ]
    notes = [refusal(note) for note in one.notes]
    more = [text("clinic.shipped_on", told=refusal(one.shipped_told)), text("clinic.best_t", pairs=pairs), *left_out]
    return {
        "worst": worst,
        "verdict": text("clinic.found", name=name, verdict=refusal(one.verdict)),
        "cards": [_card(found) for found in (*one.diagnoses, *one.remarks)],
        "notes": notes if one.diagnoses else [*notes, text("clinic.not_well")],
        "more": more,
    }


def _card(found: Diagnosis) -> Card:
    one, title = found.ailment, refusal(found.title)
    message = text("clinic.card", title=title[0].upper() + title[1:], message=refusal(found.message))
    return Card(
        code=found.code, severity=one.severity, where=None, message=message, fix=refusal(one.fix),
        reference=refusal(one.reference), patch=None, patched=None, idle=True, steps=None,
    )  # fmt: skip


def _compared(names: Sequence[str], ranking: Ranking) -> str:
    best, other = ranking.standings
    return text(
        "clinic.first_better", best=names[best.place], other=names[other.place], more=f"{other.more:.1%}",
        z=f"{other.z:.1f}",
    )  # fmt: skip


def _figures(names: Sequence[str], examined: Sequence[Examination]) -> dict[str, Any]:
    drawn = [DrawnNetwork(name, one.curve, one.chain) for name, one in zip(names, examined, strict=True)]
    beside = next((one for one in examined if one.shipped_chain), None)  # none of the shipped network itself
    if beside is not None and all(one.shipped_chain for one in examined):
        drawn.append(DrawnNetwork(text("clinic.shipped"), beside.shipped, beside.shipped_chain))
    words = {key: text(f"clinic.{key}") for key in ("x", "linear", *(f"{panel}_y" for panel in PANELS))}
    return {key: json.loads(str(figure.to_json())) for key, figure in clinic_figures(drawn, words).items()}
