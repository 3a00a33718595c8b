"""Discovery, the API root, and the collections that are granted.

Source: TAXII 2.1 sections 4.1, 4.2, 5.1 and 5.2.
"""

from typing import Any, Final

from django.http import HttpRequest, HttpResponse

from vigil.domain.exchange.queries.access import granted
from vigil.faces.taxii.answers import MEDIA_21, STIX_21, resource
from vigil.faces.taxii.asking import access, reach

ROOT: Final = "/taxii2/vigil/"
MAX_BYTES: Final = 10_000_000


def discovery(request: HttpRequest) -> HttpResponse:
    """Where the API roots are. Their address is relative, so that it holds behind any name and proxy."""
    access(request)
    return resource({"title": "Vigil", "default": ROOT, "api_roots": [ROOT]})


def api_root(request: HttpRequest) -> HttpResponse:
    """What the one API root speaks, and how much may be sent at once."""
    access(request)
    return resource({"title": "Vigil", "versions": [MEDIA_21], "max_content_length": MAX_BYTES})


def collections(request: HttpRequest) -> HttpResponse:
    """Those that are granted to who asks; no others are named."""
    rows = [
        described(str(row.collection.uuid), row.collection, row.can_read, row.can_write)
        for row in granted(access(request).peer_id)
    ]
    return resource({"collections": rows} if rows else {})


def collection(request: HttpRequest, name: str) -> HttpResponse:
    """One of them."""
    _, mine = reach(request, name)
    return resource(described(str(mine.uuid), mine, mine.can_read, mine.can_write))


def described(uuid: str, named: Any, can_read: bool, can_write: bool) -> dict[str, Any]:
    """A collection resource (TAXII 2.1 section 5.2.1)."""
    told = {"id": uuid, "title": named.title, "alias": named.alias}
    if named.description:
        told["description"] = named.description
    return {**told, "can_read": can_read, "can_write": can_write, "media_types": [STIX_21]}
