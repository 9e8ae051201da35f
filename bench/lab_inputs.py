"""Bad input of the Lab: what is pasted, dragged, audited and tried."""

import base64
import json
import random
import struct
from typing import Any

from .nasty import CONFIGS, HOSTILE, KEYS, NASTY, a_config, a_text
from .visitor import Input, Visitor, function_index


def lab_texts(rng: random.Random, visitor: Visitor) -> list[Input]:
    """Pasted configs, lists, tables and what is none of them."""
    lab = function_index(visitor, "lab", "examine")
    texts = [a_text(rng) for _ in range(360)]
    return [lambda v, text=text: v.call(lab, "examine", {"text": text, "steps": "5"}) for text in texts]


def lab_fields(rng: random.Random, visitor: Visitor) -> list[Input]:
    """The fields beside it."""
    lab = function_index(visitor, "lab", "examine")
    asked = [
        {"text": "linear T=20", rng.choice(["steps", "size", "text", "more"]): rng.choice(NASTY)} for _ in range(90)
    ]
    return [lambda v, one=one: v.call(lab, "examine", one) for one in asked]


def lab_tables(rng: random.Random, visitor: Visitor) -> list[Input]:
    """Dragged β and configs back from the browser, and files of them."""
    lab, made = function_index(visitor, "lab", "examine"), []
    whole = base64.b64encode(struct.pack("<11d", *(k / 100 for k in range(11)))).decode()
    broken = base64.b64encode(struct.pack("<4d", 0.0, float("nan"), 1e308, -2.0)).decode()
    for k in range(200):
        asked = {
            "betas": whole,
            "config": a_config(rng) if k % 2 else {},
            "steps": "5",
            "format": rng.choice([".json", ".py"]),
        }
        if k % 3:
            asked[rng.choice(["betas", "config", "format", "steps", "size"])] = rng.choice([*NASTY, broken, whole[:-3]])
        name = rng.choice(["examine_edited", "export"])
        made.append(lambda v, name=name, asked=asked: v.call(lab, name, asked))
    return made


def audits(rng: random.Random, visitor: Visitor) -> list[Input]:
    """Options of the audit."""
    audit, made = function_index(visitor, "audit", "audit_scheduler"), []
    for k in range(200):
        name = rng.choice(CONFIGS)["_class_name"]
        value = json.dumps(rng.choice(NASTY)).replace(" ", "")
        asked: dict[str, Any] = {"class": name, "steps": "5", "options": f"{rng.choice(KEYS)}={value}", "spacing": ""}
        if k % 4 == 0:
            asked[rng.choice(["class", "steps", "options", "spacing"])] = rng.choice(NASTY)
        made.append(lambda v, asked=asked: v.call(audit, "audit_scheduler", asked))
    return made


def trials(rng: random.Random, visitor: Visitor) -> list[Input]:
    """The trial's checkpoint, seed and schedule."""
    trial, made = function_index(visitor, "trial", "run_trial"), []
    whole = base64.b64encode(struct.pack("<6d", *(k / 10 for k in range(6)))).decode()
    for _ in range(60):
        asked = {"betas": whole, "config": {}, "steps": "2", "seed": 0, "checkpoint": "mnist"}
        for key in rng.sample(["betas", "config", "steps", "seed", "checkpoint"], rng.choice((1, 2))):
            asked[key] = a_config(rng) if key == "config" else rng.choice([*NASTY, *HOSTILE])
        made.append(lambda v, asked=asked: v.call(trial, "run_trial", asked))
    return made
