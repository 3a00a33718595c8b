"""HTTP towards a peer: TLS verified, no redirect followed, every answer bounded in size and in time.

reached, answered in bounds       Answer
not reached, too slow, 5xx, 429   Unavailable exchange.unreachable, exchange.busy
anything else that cannot be      Refused exchange.not_tls, exchange.redirected, exchange.answer_too_large
"""

import ipaddress
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final
from urllib.parse import urlsplit

import httpx

from vigil.kernel.errors import Refused, Unavailable
from vigil.kernel.phrases import N_

CONNECT_S: Final = 5.0
READ_S: Final = 20.0
WHOLE_S: Final = 120.0
LARGEST_ANSWER: Final = 64_000_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `elapsed_s`: until the last byte. Header names are in small letters."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    elapsed_s: float = 0.0


def safe_url(url: str) -> str:
    """`url` without a trailing slash. Raises: Refused `exchange.bad_url`; `exchange.not_tls` for plain HTTP to another
    machine."""
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    if (
        parts.scheme not in {"http", "https"}
        or not host
        or parts.username
        or parts.query
        or parts.fragment
        or port == 0
    ):
        raise Refused("exchange.bad_url", N_("This is not the address of a Vigil: {url}"), url=url[:200])
    if parts.scheme == "http" and not _is_here(host):
        raise Refused("exchange.not_tls", N_("Another machine is called over TLS only (https://)."))
    return url.strip().rstrip("/")


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class BoundedHttp:
    """One peer's server. `ca`: a file of certificates to trust instead of the system's."""

    def __init__(self, url: str, *, ca: Path | None = None, whole_s: float = WHOLE_S) -> None:
        self.url = safe_url(url)
        self._whole_s = whole_s
        context = ssl.create_default_context(cafile=str(ca) if ca is not None else None)
        self._client = httpx.Client(
            verify=context,
            follow_redirects=False,
            timeout=httpx.Timeout(READ_S, connect=CONNECT_S),
            trust_env=not _is_here(urlsplit(self.url).hostname or ""),
            headers={"User-Agent": "Vigil"},
        )

    def __enter__(self) -> "BoundedHttp":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let the connections go."""
        self._client.close()

    def ask(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        content: bytes | None = None,
        largest: int = LARGEST_ANSWER,
    ) -> Answer:
        """One request. Raises: Unavailable, Refused as the module says; never an error of the library."""
        began = time.monotonic()
        asked = {"Accept-Encoding": "identity", **(headers or {})}  # nothing to inflate: the bound is of what is read
        try:
            with self._client.stream(
                method, self.url + path, headers=asked, params=params, content=content
            ) as response:
                body = self._read(response, began, largest)
                found = {name.lower(): value for name, value in response.headers.items()}
                status = response.status_code
        except httpx.HTTPError as error:
            raise Unavailable(
                "exchange.unreachable", N_("The peer does not answer ({kind})."), kind=type(error).__name__
            ) from error
        if 300 <= status < 400:
            raise Refused("exchange.redirected", N_("The peer sends us elsewhere; that is not followed."))
        if status == 429 or status >= 500:
            raise Unavailable(
                "exchange.busy",
                N_("The peer cannot answer now (HTTP {status})."),
                status=status,
                retry_after_s=_seconds(found.get("retry-after", "")),
            )
        return Answer(status, body, found, time.monotonic() - began)

    def _read(self, response: httpx.Response, began: float, largest: int) -> bytes:
        parts, size = [], 0
        for part in response.iter_raw():
            size += len(part)
            if size > largest:
                raise Refused(
                    "exchange.answer_too_large", N_("The peer's answer is larger than {most} bytes."), most=largest
                )
            if time.monotonic() - began > self._whole_s:
                raise Unavailable("exchange.unreachable", N_("The peer does not answer ({kind})."), kind="too slow")
            parts.append(part)
        return b"".join(parts)


def _seconds(text: str) -> int:
    return min(3600, int(text)) if text.isascii() and text.isdigit() and len(text) < 6 else 0
