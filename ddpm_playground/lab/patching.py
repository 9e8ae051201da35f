"""A config with some of its keys changed."""

from collections.abc import Mapping
from typing import Any


def with_keys(keys: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """The keys with those of a patch put in; a value of None in the patch leaves its key out."""
    return {key: value for key, value in {**keys, **patch}.items() if key not in patch or value is not None}
