"""Which names the page answers for, and which other pages may ask it for something."""

import ipaddress
import os
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from ...core.phrase import Phrase


def host_name(netloc: str) -> str:
    """The name in "name:port", in lower case, without the brackets of an IPv6 address."""
    try:
        return (urlsplit(f"//{netloc}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    """Whether a name is an IP address as it stands: no foreign name server can make it mean another machine."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


@dataclass(frozen=True)
class Hosts:
    """The names that this server answers for.

    Attributes:
        names: in lower case; one that begins with a dot stands for all below it; "*" for every name.
    """

    names: frozenset[str]

    @classmethod
    def of_environment(cls, more: Iterable[str] = ()) -> "Hosts":
        """This machine's names, what DDPM_HOSTS lists, and those that a Space, a share link or a proxy gives it."""
        given = os.environ.get("DDPM_HOSTS", "").replace(",", " ").split()
        machine = socket.gethostname().lower()
        names = {"localhost", ".localhost", machine, f"{machine}.local", *map(str.lower, (*given, *more))}
        names |= {host_name(os.environ.get(key, "")) for key in ("SPACE_HOST", "GRADIO_SERVER_NAME")}
        names.add(urlsplit(os.environ.get("GRADIO_ROOT_PATH", "")).hostname or "")
        if os.environ.get("GRADIO_SHARE", "").lower() in ("1", "true"):
            names.add(".gradio.live")
        return cls(frozenset(names - {""}))

    def knows(self, name: str) -> bool:
        """Whether the server answers for a name; an IP address is its own proof."""
        parents = {name[i:] for i, letter in enumerate(name) if letter == "."}
        return "*" in self.names or name in self.names or bool(parents & self.names) or _is_address(name)

    def refuses(self, headers: Headers, navigates: bool) -> Phrase | None:
        """Why a request is not answered, or None.

        Against pages elsewhere that send requests here (CSRF) and names elsewhere that are made to point here (DNS
        rebinding).

        Args:
            headers: of the request.
            navigates: whether it asks for a page to be shown, which a link anywhere may do.
        """
        host = headers.get("host", "")
        if host and not self.knows(host_name(host)):
            return Phrase(
                "this server does not answer for the host {host}; name it in DDPM_HOSTS if it is its own",
                host=repr(host[:80]),
            )
        origin = headers.get("origin")
        if origin is not None and not self._is_own(origin, {host, headers.get("x-forwarded-host", host)}):
            return Phrase(
                "a page at {origin} may not ask this server; name its host in DDPM_HOSTS if it is its own",
                origin=repr(origin[:80]),
            )
        if not navigates and headers.get("sec-fetch-site", "none") not in ("same-origin", "none") and origin is None:
            return Phrase("a page of another site may not ask this server; open this page itself")
        return None

    def _is_own(self, origin: str, hosts: set[str]) -> bool:
        try:
            netloc = urlsplit(origin).netloc
        except ValueError:
            return False
        name = host_name(netloc)
        # A name that was put on the list by hand may ask from any port; addresses and localhost only as themselves.
        listed = set(os.environ.get("DDPM_HOSTS", "").lower().replace(",", " ").split())
        return bool(netloc) and (netloc in hosts or name in listed or "*" in listed)
