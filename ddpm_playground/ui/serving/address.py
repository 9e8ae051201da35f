"""Where the page is served: what was asked for is had or refused, never silently another."""

import errno
import os
import socket

from ...core.phrase import Refusal
from ...core.plain_words import printable, reason_of

HOST = "127.0.0.1"


def asked_address() -> tuple[str, int | None]:
    """GRADIO_SERVER_NAME and GRADIO_SERVER_PORT; a port of None where none was asked for, so any free one will do.

    Raises:
        ValueError: a port that is none, or an address or port that is taken or not this machine's.
    """
    host = os.environ.get("GRADIO_SERVER_NAME", "").strip() or HOST
    asked = os.environ.get("GRADIO_SERVER_PORT", "").strip()
    if not asked:
        os.environ.pop("GRADIO_SERVER_PORT", None)  # set, and to nothing: gradio would fail on it
        _try(host, 0)
        return host, None
    if not (asked.isascii() and asked.isdecimal() and len(asked) < 6 and 1 <= int(asked) <= 65535):
        raise Refusal(
            "GRADIO_SERVER_PORT must be a whole number in [1, 65535], got {got}; correct it", got=printable(asked)
        )
    _try(host, int(asked))
    return host, int(asked)


def address_or_exit() -> tuple[str, int | None]:
    """The same; what cannot be had ends the process with one line and exit code 1."""
    try:
        return asked_address()
    except ValueError as error:
        raise SystemExit("ddpm_playground: " + str(error)) from None


def _try(host: str, port: int) -> None:
    """Listen there for a moment, as the server will.

    Raises:
        ValueError: it cannot be done, and why.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        told = reason_of(error)
        raise Refusal("the page cannot be served on {host}: {cause}", host=printable(host), cause=told) from None
    family, kind, protocol, _, address = found[0]
    with socket.socket(family, kind, protocol) as probe:
        if os.name == "posix":  # a server that has just ended leaves its port waiting; elsewhere this would steal it
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
            probe.listen(1)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise Refusal(
                    "port {port} on {host} is taken by another program; end that program, or choose another port "
                    "with --port or GRADIO_SERVER_PORT",
                    port=port,
                    host=host,
                ) from None
            if error.errno in (errno.EACCES, errno.EPERM):
                raise Refusal(
                    "port {port} on {host} may not be used by this user; choose one of 1024 or more with --port or "
                    "GRADIO_SERVER_PORT",
                    port=port,
                    host=host,
                ) from None
            raise Refusal(
                "the page cannot be served on {host}: {cause}", host=printable(host), cause=reason_of(error)
            ) from None
