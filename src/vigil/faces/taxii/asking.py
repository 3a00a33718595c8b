"""What a request says about itself: who asks (a token), what it can read (Accept), what it sends (Content-Type).

A token comes as `Authorization: Bearer`, or as the password of Basic for clients that speak nothing else.
"""

import base64
import binascii
from functools import lru_cache
from uuid import UUID

from django.http import HttpRequest

from vigil.domain.exchange.queries.access import Access, Reach, access_of, uuid_of_alias
from vigil.faces.taxii.answers import MEDIA, MEDIA_21, refuse
from vigil.kernel import clock

_LONGEST_HEADER = 2000


def access(request: HttpRequest) -> Access:
    """Who asks. Answers 401 and 406 (TAXII 2.1 sections 1.6.8 and 1.6.9)."""
    found = access_of(_token(request), clock.now())
    if found is None:
        raise _unknown()
    accepts_taxii(request)
    return found


def reach(request: HttpRequest, name: str) -> tuple[Access, Reach]:
    """Who asks, and the collection (by id or alias) as they have it. Answers 401, 404 and 406."""
    token, now = _token(request), clock.now()
    try:
        uuid: UUID | None = UUID(name)
    except ValueError:
        uuid = None
    found = access_of(token, now, uuid)
    if found is not None and uuid is None:
        uuid = uuid_of_alias(found.peer_id, name)
        found = access_of(token, now, uuid) if uuid is not None else found
    if found is None:
        raise _unknown()
    accepts_taxii(request)
    if found.reach is None:
        raise refuse(404, "Not found", "There is no such collection, or it is not yours to see.")
    return found, found.reach


def _unknown() -> Exception:
    return refuse(
        401,
        "Who is asking?",
        "A token is needed, as Bearer or as the password of Basic; this one is missing, expired or revoked.",
        WWW_Authenticate='Bearer realm="vigil", Basic realm="vigil", charset="UTF-8"',
    )


def _token(request: HttpRequest) -> str:
    given: str = request.META.get("HTTP_AUTHORIZATION", "")
    scheme, _, rest = given.partition(" ")
    if len(given) > _LONGEST_HEADER:
        return ""
    match scheme.lower():
        case "bearer" | "token":  # taxii2-client writes the latter
            return rest.strip()
        case "basic":
            try:
                pair = base64.b64decode(rest.strip(), validate=True).decode("utf-8")
            except (binascii.Error, UnicodeDecodeError):
                return ""
            return pair.partition(":")[2]
        case _:
            return ""


def accepts_taxii(request: HttpRequest) -> None:
    """Answers 406 unless the client can read TAXII 2.1."""
    if not _accepts(request.META.get("HTTP_ACCEPT", "*/*")[:_LONGEST_HEADER]):
        raise refuse(406, "Not acceptable", f"This server speaks {MEDIA_21}.")


def sends_taxii(request: HttpRequest) -> None:
    """Answers 415 unless what is sent is TAXII 2.1."""
    if not _is_taxii(request.META.get("CONTENT_TYPE", "")[:_LONGEST_HEADER]):
        raise refuse(415, "Unsupported media type", f"This server reads {MEDIA_21}.")


@lru_cache(maxsize=256)
def _accepts(header: str) -> bool:
    return any(_readable(part) for part in header.split(","))


def _readable(part: str) -> bool:
    media, parameters = _media(part)
    weight = parameters.pop("q", "1")
    if not weight.strip("0."):
        return False
    return media in ("*/*", "application/*") or (media == MEDIA and parameters.get("version", "2.1") == "2.1")


@lru_cache(maxsize=256)
def _is_taxii(header: str) -> bool:
    media, parameters = _media(header)
    return media == MEDIA and parameters.get("version", "2.1") == "2.1"


def _media(text: str) -> tuple[str, dict[str, str]]:
    media, *rest = text.split(";")
    pairs = (part.partition("=") for part in rest)
    return media.strip().lower(), {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs}
