"""Configs in YAML and TOML, and what the settings of other programs mean as a scheduler config."""

import re
import tomllib
from collections.abc import Mapping, Set
from typing import Any

import yaml

from ..core.phrase import Phrase, Refusal

MAX_CHARACTERS = 2**18
MAX_PLACES = 200
A_SETTING = re.compile(r"""(#.*|---|["']?[A-Za-z_][\w.-]*["']?[ \t]*(:([ \t]|$)|=[ \t]*[^=\s])|\[[\w.]+\]).*""")
# YAML 1.1 takes 1e-4 for a word.
FLOAT = re.compile(r"[-+]?(\d[\d_]*\.?\d*|\.\d+)[eE][-+]?\d+")
# latent-diffusion's names → diffusers'; its "linear" is evenly spaced in √β.
LDM_SCHEDULES = {"linear": "scaled_linear", "sqrt_linear": "linear", "cosine": "squaredcos_cap_v2"}
LDM_PREDICTIONS = {"eps": "epsilon", "x0": "sample", "v": "v_prediction"}
LDM_KEYS = {"linear_start", "linear_end"}


def looks_like_settings(text: str) -> bool:
    """Whether the first line that says something is a YAML or TOML setting."""
    first = next((line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")), "")
    return bool(A_SETTING.fullmatch(first))


def parse_settings(text: str, name: str) -> Any:
    """What YAML or TOML says.

    Raises:
        ValueError: neither, with the line and column where reading stopped, or too long for settings.
    """
    if len(text) > MAX_CHARACTERS:
        raise Refusal(
            "{name} must be at most {most} KB of settings; give the part of the schedule",
            name=name,
            most=MAX_CHARACTERS >> 10,
        )
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError):
        pass
    try:
        return yaml.load(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise Refusal(
            "{name} is no YAML: it cannot be read on from line {line}, column {column}",
            name=name,
            line=line,
            column=column,
        ) from None
    except (yaml.YAMLError, RecursionError, ValueError):
        raise Refusal(
            "{name} is neither YAML nor TOML that can be read here; give the scheduler's part", name=name
        ) from None


def places_of(value: dict[str, Any], keys: Set[str]) -> list[tuple[str, dict[str, Any]]]:
    """Where within settings some of these keys stand: (dotted place, the object)."""
    found, waiting, seen = [], [("", value)], 0
    while waiting and seen < MAX_PLACES:
        place, one = waiting.pop(0)
        seen += 1
        if keys & one.keys():
            found.append((place, one))
            continue
        for key, inner in one.items():
            if isinstance(inner, dict):
                waiting.append((f"{place}.{key}" if place else str(key), inner))
    return found


class _Loader(yaml.SafeLoader):
    """YAML whose 1e-4 is a number, and whose tags of other programs are left unread."""


_Loader.add_implicit_resolver("tag:yaml.org,2002:float", FLOAT, list("-+0123456789."))
_Loader.add_multi_constructor("!", lambda loader, suffix, node: None)
_Loader.add_multi_constructor("tag:yaml.org,2002:python/", lambda loader, suffix, node: None)


def from_latent_diffusion(params: Mapping[str, Any]) -> tuple[dict[str, Any], list[Phrase]]:
    """The scheduler config that latent-diffusion's settings of a model amount to.

    Raises:
        ValueError: a schedule that diffusers has none of.
    """
    name = params.get("beta_schedule", "linear")
    if name not in LDM_SCHEDULES:
        raise Refusal(
            "unknown beta_schedule {name}; known are {known}", name=repr(str(name)[:40]), known=", ".join(LDM_SCHEDULES)
        )
    config = {
        "beta_schedule": LDM_SCHEDULES[name],
        "beta_start": params.get("linear_start", 1e-4),
        "beta_end": params.get("linear_end", 2e-2),
        "num_train_timesteps": params.get("timesteps", 1000),
        "prediction_type": LDM_PREDICTIONS.get(str(params.get("parameterization", "eps")), "epsilon"),
        "clip_sample": False,
    }
    return config, [
        Phrase(
            "read as latent-diffusion writes it: its {name} is {other} in diffusers",
            name=name,
            other=config["beta_schedule"],
        )
    ]
