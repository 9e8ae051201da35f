"""Scheduler configs from the Hugging Face Hub: the only place that asks the network, and only if the user lets it."""

import logging
import os
import threading
from collections.abc import Sequence
from pathlib import Path

from ..core.phrase import Refusal
from ..core.plain_words import reason_of

PATIENCE_S = 10.0  # huggingface_hub itself tries again for the better part of a minute
# Whose errors say that nobody could be asked; OSErrors do too.
OF_THE_NETWORK = ("httpx", "httpcore", "requests", "urllib3", "ssl")


def network_allowed() -> bool:
    """Whether the user lets schedules be fetched from the Hub: DDPM_HUB=1."""
    return os.environ.get("DDPM_HUB", "") == "1"


def fetch_config(repo_id: str, places: Sequence[str]) -> Path:
    """A pipeline's scheduler config, fetched into the Hub's own cache.

    Args:
        repo_id: owner/name.
        places: where in the repository to look, in turn.

    Raises:
        ValueError: the network is not allowed, the Hub cannot be reached or says no, or there is no such config.
    """
    if not network_allowed():
        raise Refusal(
            "{repo_id} is no file here; if it is a Hub id, set DDPM_HUB=1 to let the Hub be asked", repo_id=repo_id
        )
    answer: list[Path | ValueError] = []

    def ask() -> None:
        try:
            answer.append(_fetched(repo_id, places))
        except ValueError as error:
            answer.append(error)
        except Exception as error:  # libraries of the network have no base class for what they raise
            answer.append(_refusal(repo_id, error))

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(PATIENCE_S)
    if not answer:
        raise Refusal(
            "the Hub has not answered within {patience_s} s about {repo_id}; see that this machine reaches "
            "huggingface.co, or save the scheduler_config.json and give that",
            patience_s=f"{PATIENCE_S:g}",
            repo_id=repo_id,
        )
    if isinstance(answer[0], ValueError):
        raise answer[0]
    return answer[0]


def _fetched(repo_id: str, places: Sequence[str]) -> Path:
    """The first of the places that the repository has."""
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError

    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # it tells of each time that it tries again
    for place in places:
        try:
            return Path(hf_hub_download(repo_id, place))
        except LocalEntryNotFoundError:  # is an EntryNotFoundError too, but says that nobody could be asked
            raise
        except EntryNotFoundError:
            continue
    raise Refusal("{repo_id} has no scheduler_config.json on the Hub; give another id", repo_id=repo_id)


def _refusal(repo_id: str, error: Exception) -> ValueError:
    """Why the Hub gave nothing."""
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, LocalEntryNotFoundError, RepositoryNotFoundError

    if isinstance(error, GatedRepoError):
        return Refusal(
            "{repo_id} is given on the Hub to those alone who were let in; log in with hf auth login", repo_id=repo_id
        )
    if isinstance(error, RepositoryNotFoundError):
        return Refusal(
            "the Hub has no {repo_id} that this machine may read; correct the id, or log in", repo_id=repo_id
        )
    code = getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(error, HfHubHTTPError) and code is not None:
        return Refusal("the Hub refused {repo_id} with HTTP status {code}; try again later", repo_id=repo_id, code=code)
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE"):
        return Refusal("HF_HUB_OFFLINE=1 keeps the Hub from being asked for {repo_id}; unset it", repo_id=repo_id)
    local = isinstance(error, LocalEntryNotFoundError)
    if not local and not isinstance(error, OSError) and not type(error).__module__.startswith(OF_THE_NETWORK):
        return Refusal("{repo_id} cannot be fetched: {error}", repo_id=repo_id, error=reason_of(error))
    kind = "" if local else f" ({type(error).__name__})"
    return Refusal(
        "the Hub cannot be reached for {repo_id}{kind}; connect this machine to huggingface.co, or save the "
        "scheduler_config.json and give that",
        repo_id=repo_id,
        kind=kind,
    )
