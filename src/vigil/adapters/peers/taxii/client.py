"""A TAXII 2.1 client for one API root. Values in and out; it keeps no state of its own.

Source: TAXII 2.1 sections 3.2 (headers), 3.7 (envelope), 4.3 (status), 5.4 and 5.5 (objects).
"""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from vigil.adapters.peers.bounded import Answer, BoundedHttp
from vigil.kernel.errors import NotAllowed, NotFound, Refused, Unavailable
from vigil.kernel.phrases import N_

MEDIA: Final = "application/taxii+json;version=2.1"
LARGEST_PAGE: Final = 32_000_000
LARGEST_STATUS: Final = 4_000_000
LARGEST_BATCH: Final = 8_000_000
_WAITS_S: Final = (0.1, 0.3, 1.0, 3.0, 5.0)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a collection. `added_last`: the cursor after it, when it has objects; `more`: another one follows."""

    objects: tuple[Any, ...]
    added_last: str
    more: bool


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of a POST, by `(id, version)`: taken, refused with the reason. What is in neither is not decided."""

    taken: frozenset[tuple[str, str]] = frozenset()
    refused: dict[tuple[str, str], str] = field(default_factory=dict)


class Taxii(Protocol):
    """What the liaison needs of a TAXII server."""

    def page(self, collection: str, *, added_after: str, limit: int) -> Page:
        """Objects added after a cursor (empty: from the beginning), oldest first."""
        ...

    def post(self, collection: str, objects: Sequence[dict[str, Any]]) -> Posted:
        """Add objects, and wait for what becomes of them."""
        ...


class Client:
    """The API root at `root` (a path, `/taxii2/vigil/`) of the server `http`, by bearer token."""

    def __init__(self, http: BoundedHttp, *, root: str, token: str) -> None:
        self._http = http
        self._root = "/" + root.strip("/")
        self._token = token

    def page(self, collection: str, *, added_after: str, limit: int) -> Page:
        """One page. Raises: NotAllowed `exchange.token_refused`, NotFound `exchange.no_such_collection`,
        Refused `exchange.bad_answer`, `exchange.answer_too_large`, Unavailable."""
        params = {"limit": str(limit), **({"added_after": added_after} if added_after else {})}
        answer = self._http.ask(
            "GET",
            f"{self._root}/collections/{collection}/objects/",
            headers=self._headers(),
            params=params,
            largest=LARGEST_PAGE,
        )
        found = self._understood(answer, (200,))
        objects = found.get("objects", [])
        last = answer.headers.get("x-taxii-date-added-last", "")[:40]
        if not isinstance(objects, list) or (objects and not last):
            raise _bad(answer.status)
        return Page(tuple(objects), last, found.get("more") is True)

    def post(self, collection: str, objects: Sequence[dict[str, Any]]) -> Posted:
        """Add `objects` (at most 8 MB together). Raises: as `page`. When the answer is lost nothing is known: post
        again, the server takes each version once."""
        content = json.dumps({"objects": list(objects)}, ensure_ascii=False, separators=(",", ":")).encode()
        if len(content) > LARGEST_BATCH:
            raise Refused("exchange.batch_too_large", N_("This is too much for one request."))
        answer = self._http.ask(
            "POST",
            f"{self._root}/collections/{collection}/objects/",
            headers={**self._headers(), "Content-Type": MEDIA},
            content=content,
            largest=LARGEST_STATUS,
        )
        status = self._understood(answer, (200, 202))
        for wait_s in _WAITS_S:
            if status.get("status") != "pending":
                break
            time.sleep(wait_s)
            again = self._http.ask(
                "GET", f"{self._root}/status/{_name(status)}/", headers=self._headers(), largest=LARGEST_STATUS
            )
            status = self._understood(again, (200,))
        return _posted(status)

    def _headers(self) -> dict[str, str]:
        return {"Accept": MEDIA, "Authorization": f"Bearer {self._token}"}

    def _understood(self, answer: Answer, good: tuple[int, ...]) -> dict[str, Any]:
        if answer.status in (401, 403):
            raise NotAllowed("exchange.token_refused", N_("The peer does not take our token."))
        if answer.status == 404:
            raise NotFound("exchange.no_such_collection", N_("The peer has no such collection for us."))
        if answer.status not in good:
            raise _bad(answer.status)
        try:
            found = json.loads(answer.body)
        except (ValueError, RecursionError) as error:
            raise _bad(answer.status) from error
        if not isinstance(found, dict):
            raise _bad(answer.status)
        return found


def _bad(status: int) -> Refused:
    return Refused("exchange.bad_answer", N_("The peer's answer cannot be understood (HTTP {status})."), status=status)


def _name(status: dict[str, Any]) -> str:
    name = status.get("id")
    if not isinstance(name, str) or len(name) > 64 or not name.replace("-", "").isalnum():
        raise Unavailable("exchange.no_status", N_("The peer does not say what became of it."))
    return name


def _posted(status: dict[str, Any]) -> Posted:
    """The lists of a status. A fault of the peer's own (`exchange.broken`) is not a refusal: it is tried again."""
    taken, refused = set(), {}
    for one in _lines(status.get("successes")):
        taken.add((str(one.get("id")), str(one.get("version"))))
    for one in _lines(status.get("failures")):
        why = str(one.get("message", ""))[:1000]
        if not why.startswith("exchange.broken"):
            refused[(str(one.get("id")), str(one.get("version")))] = why
    return Posted(frozenset(taken), refused)


def _lines(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
