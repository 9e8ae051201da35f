"""What fuzz sends to the page: bad input of every class that it takes, drawn from a seed."""

import json
import random
from collections.abc import Callable
from urllib.parse import quote

from .lab_inputs import audits, lab_fields, lab_tables, lab_texts, trials
from .nasty import CONFIGS, HOSTILE, NASTY, NUMBERS, OTHERS, TEXTS
from .upload_inputs import pictures
from .visitor import Input, Visitor, function_index


def wrong_types(rng: random.Random, visitor: Visitor) -> list[Input]:
    """Server functions with what no page would send."""
    keys = [
        "text",
        "betas",
        "config",
        "format",
        "class",
        "steps",
        "options",
        "chapter",
        "values",
        "visitor",
        "what",
        "token",
        "ticket",
        "asker",
        "run",
        "value",
        "checkpoint",
        "seed",
        "schedule",
        "lever",
        "size",
        "spacing",
    ]
    made: list[Input] = []
    for _ in range(260):
        component, _, name = rng.choice(visitor.functions)
        asked = rng.choice(NASTY) if rng.random() < 0.3 else {key: rng.choice(NASTY) for key in rng.sample(keys, 6)}
        if rng.random() < 0.1:
            component, name = rng.choice([(rng.choice(NASTY), name), (component, rng.choice(NASTY))])
        made.append(lambda v, c=component, n=name, a=asked: v.call(c, n, a))
    return made


def addresses(rng: random.Random, visitor: Visitor) -> list[Input]:
    """The page's address, as a link has it."""
    from ddpm_playground.recipe import DEFAULT

    names, restore = [*vars(DEFAULT), "lang", "unknown"], visitor.event("restore")["id"]
    links = [
        "T=1&zero_snr=true&from_forward=true&t=1&digit=3&tab=forward",
        "from_forward=true&t=0",
        "lab=" + "x" * 3000,
    ]
    for _ in range(330):
        pairs = [
            (rng.choice(names), rng.choice([*TEXTS, *map(repr, NUMBERS[:-5])])) for _ in range(rng.randrange(1, 4))
        ]
        links.append("&".join(f"{key}={quote(value[:6000], safe='', errors='replace')}" for key, value in pairs))
    return [lambda v, link=link: v.join(restore, [], query=f"?{link}") for link in links]


def joins(rng: random.Random, visitor: Visitor) -> list[Input]:
    """Events with values of another number or type."""
    made: list[Input] = []
    for _ in range(300):
        event = rng.choice(visitor.events)
        data = list(visitor.values(event))
        if data and rng.random() < 0.7:
            data[rng.randrange(len(data))] = rng.choice(NASTY)
        elif rng.random() < 0.8:
            data = rng.choice([data + [1], data[:-1], rng.choice(NASTY)])
        index = event["id"] if rng.random() < 0.9 else rng.choice(NASTY)
        more = (
            {rng.choice(["trigger_id", "event_id", "batched", "simple_format"]): rng.choice(NASTY)}
            if rng.random() < 0.1
            else {}
        )
        made.append(lambda v, i=index, d=data, m=more: v.join(i, d, None, **m))
    return made


def hand_overs(rng: random.Random, visitor: Visitor) -> list[Input]:
    """What components hand to events: Forward's picture, missing frames, exports of runs that are not there."""
    names = (
        "denoise",
        "send_missing",
        "save_gif",
        "save_npz",
        "recoloured",
        "drawn",
        "pick",
        "download",
        "keep",
        "stop",
    )
    keys = [
        "run",
        "first",
        "t",
        "shape",
        "x_t",
        "start",
        "token",
        "visitor",
        "value",
        "panel",
        "index",
        "image",
        "digit",
    ]
    made: list[Input] = []
    for _ in range(130):
        event = visitor.event(rng.choice(names))
        sent = {key: rng.choice(NASTY) for key in rng.sample(keys, 4)} if rng.random() < 0.8 else rng.choice(NASTY)
        made.append(lambda v, e=event, s=sent: v.join(e["id"], v.values(e), s))
    start = visitor.event("show_start")
    for _ in range(40):
        told = json.dumps(
            {"t": rng.choice(NASTY), "shape": rng.choice([[1, 28, 28], *NASTY]), "x_t": rng.choice(TEXTS)}
        )
        made.append(lambda v, told=told: v.join(start["id"], [told, "mnist"]))
    return made


def trainings(rng: random.Random, visitor: Visitor) -> list[Input]:
    """Train's beginnings and what is asked of a training."""
    begin, train = visitor.event("begin")["id"], function_index(visitor, "train", "do")
    whole = {
        "data": "mixture",
        "schedule": "linear",
        "learning_rate": 2e-3,
        "seed": 0,
        "t": 1,
        "then": "resume",
        "run": 1,
        "visitor": "fuzz",
    }
    made: list[Input] = []
    for k in range(120):
        asked = whole | {rng.choice([*whole, "points", "token", "what", "value"]): rng.choice(NASTY) for _ in range(2)}
        made.append((lambda v, a=asked: v.join(begin, [], a)) if k % 2 else (lambda v, a=asked: v.call(train, "do", a)))
    return made


def checkpoints(rng: random.Random, visitor: Visitor) -> list[Input]:
    """Checkpoints by every name, asked for until they are read or refused."""
    look, start = visitor.event("look"), visitor.event("stream")
    made: list[Input] = []
    for name in [*HOSTILE, *TEXTS]:
        data = visitor.values(start)
        data[0] = name
        made += [lambda v, n=name: v.join(look["id"], [n]), lambda v, d=data: v.join(start["id"], d)]
    return made


def protocol(rng: random.Random, visitor: Visitor) -> list[Input]:
    """Bodies, methods and addresses that no page sends."""
    made: list[Input] = []
    for path in (
        "gradio_api/queue/join",
        "gradio_api/component_server",
        "gradio_api/cancel",
        "gradio_api/reset",
        "nothing",
    ):
        for body in (
            b"",
            b"[",
            b"\xff",
            b"[" * 50_000,
            b"9" * 5000,
            b'"x"',
            *(json.dumps(one).encode() for one in OTHERS),
        ):
            made.append(lambda v, p=path, b=body: v.post(p, b))
    for path in (
        "gradio_api/file=/etc/passwd",
        "gradio_api/file=" + "x" * 3000,
        "gradio_api/file=..%2f..%2fetc%2fpasswd",
        "gradio_api/queue/data",
        "gradio_api/heartbeat/" + "x" * 200,
        "gradio_api/heartbeat/%00",
        "%ff",
        "theme.css",
    ):
        made.append(lambda v, p=path: v.get(p))
    return made


CLASSES: dict[str, Callable[[random.Random, Visitor], list[Input]]] = {
    "Lab text": lab_texts,
    "Lab fields": lab_fields,
    "Lab β, config, files": lab_tables,
    "audit options": audits,
    "trial": trials,
    "server functions": wrong_types,
    "address": addresses,
    "events": joins,
    "hand-over": hand_overs,
    "Train": trainings,
    "pictures": pictures,
    "checkpoints": checkpoints,
    "protocol": protocol,
}


def healthy(visitor: Visitor) -> list[Input]:
    """One of each that works, after which the page holds what it always will."""
    rng = random.Random(1)
    lab, audit = function_index(visitor, "lab", "examine"), function_index(visitor, "audit", "audit_scheduler")
    start, restore = visitor.event("stream"), visitor.event("restore")
    asked = [lambda v, c=c: v.call(lab, "examine", {"text": json.dumps(c), "steps": "5"}) for c in CONFIGS]
    return [
        *asked, lambda v: v.call(audit, "audit_scheduler", {"class": "DDIMScheduler", "steps": "5", "options": ""}),
        *trials(rng, visitor)[:3], *trainings(rng, visitor)[:6], *pictures(rng, visitor)[:6],
        *(lambda v: v.join(start["id"], v.values(start)) for _ in range(3)),
        *(lambda v: v.join(restore["id"], []) for _ in range(5)),
    ]  # fmt: skip
