"""The ping by which somebody outside learns that this Vigil lives, as Healthchecks-like services take it.

A GET to the address says that all is well; one to the address with `/fail` behind it says that something is not.
Silence says the rest.
"""

from urllib.parse import urlsplit, urlunsplit

import httpx

from vigil.kernel.errors import Refused, Unavailable
from vigil.kernel.phrases import N_

TIMEOUT_S = 10.0
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def checked(url: str) -> str:
    """`url` as it is used; "" for none. Raises: ValueError unless it is https, or http to this very machine."""
    if not url:
        return ""
    parts = urlsplit(url)
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)):
        raise ValueError("VIGIL_DEADMAN_URL must be https:// (http:// only to this machine)")
    return url


def send_ping(url: str, *, well: bool) -> None:
    """Raises: Refused `deadman.refused` when the address is not known there; Unavailable `deadman.unavailable`."""
    parts = urlsplit(url)
    path = parts.path if well else parts.path.rstrip("/") + "/fail"
    try:
        answer = httpx.get(urlunsplit(parts._replace(path=path)), timeout=TIMEOUT_S, follow_redirects=False)
    except httpx.HTTPError as error:
        raise Unavailable(
            "deadman.unavailable", N_("The outside address does not answer ({why})."), why=type(error).__name__
        ) from None
    if answer.status_code >= 300:
        raise Refused("deadman.refused", N_("The outside address answers with {status}."), status=answer.status_code)
