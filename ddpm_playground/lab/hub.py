"""Scheduler configs from the Hugging Face Hub: the only place that asks the network, and only if the user lets it."""

import os
from collections.abc import Sequence
from pathlib import Path


def network_allowed() -> bool:
    """Whether the user lets schedules be fetched from the Hub: DDPM_HUB=1."""
    return os.environ.get("DDPM_HUB", "") == "1"


def fetch_config(repo_id: str, places: Sequence[str]) -> Path:
    """A pipeline's scheduler config, fetched into the Hub's own cache.

    Args:
        repo_id: owner/name.
        places: where in the repository to look, in turn.

    Raises:
        ValueError: the network is not allowed, or there is no such config.
    """
    if not network_allowed():
        raise ValueError(f"{repo_id} is no file here; if it is a Hub id, set DDPM_HUB=1 to let the Hub be asked")
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError

    for place in places:
        try:
            return Path(hf_hub_download(repo_id, place))
        except EntryNotFoundError:
            continue
        except OSError as error:
            raise ValueError(f"{repo_id} cannot be fetched: {str(error).splitlines()[0][:160]}") from None
    raise ValueError(f"{repo_id} has no scheduler_config.json on the Hub; give another id")
