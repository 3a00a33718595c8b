"""Reading a collection: objects, one object, its versions, and the manifest.

Bodies go out as the bytes that were stored: an envelope is put together, never parsed and written again.
Source: TAXII 2.1 sections 3.7 (envelope), 5.3 (manifest), 5.4, 5.6, 5.7 (delete) and 5.8.
"""

from typing import Any, Final

from django.http import HttpRequest, HttpResponse

from vigil.domain.exchange.instants import write_instant, write_version
from vigil.domain.exchange.queries.access import Reach
from vigil.domain.exchange.queries.pages import BODY, HEAD, Page, Versions, Wanted, is_there, page_of
from vigil.faces.taxii.answers import raw, refuse, resource
from vigil.faces.taxii.asking import reach
from vigil.faces.taxii.filters import next_of, wanted

_ALL: Final = ("id", "type", "version", "spec_version")
_ONE: Final = ("version", "spec_version")
_SPEC: Final = ("spec_version",)


def objects(request: HttpRequest, name: str) -> HttpResponse:
    """An envelope of objects, oldest addition first."""
    mine = _readable(request, name)
    asked = wanted(request, _ALL)
    return _envelope(page_of(mine, asked, BODY), asked)


def one_object(request: HttpRequest, name: str, stix_id: str) -> HttpResponse:
    """An envelope of one object's versions; the latest alone unless asked otherwise."""
    mine = _readable(request, name)
    asked = wanted(request, _ONE, ids=(stix_id,))
    page = page_of(mine, asked, BODY)
    if not page.rows:
        _must_be_there(mine, stix_id)
    return _envelope(page, asked)


def delete_object(request: HttpRequest, name: str, stix_id: str) -> HttpResponse:
    """403 for who may see the object: what was published or posted is a record, newer versions supersede it."""
    _, mine = reach(request, name)
    if mine.can_read and mine.can_write:
        wanted(request, _ONE, ids=(stix_id,))
        _must_be_there(mine, stix_id)
    raise refuse(403, "Not allowed", "What was published or posted stays; a newer version supersedes it.")


def manifest(request: HttpRequest, name: str) -> HttpResponse:
    """What there is, without the objects themselves."""
    mine = _readable(request, name)
    asked = wanted(request, _ALL)
    page = page_of(mine, asked, HEAD)
    rows = [
        {
            "id": stix_id,
            "date_added": write_instant(added),
            "version": write_version(version),
            "media_type": f"application/stix+json;version={spec}",
        }
        for added, stix_id, version, spec in page.rows
    ]
    return _listed("objects", rows, page, asked)


def versions(request: HttpRequest, name: str, stix_id: str) -> HttpResponse:
    """The versions that there are of one object."""
    mine = _readable(request, name)
    asked = wanted(request, _SPEC, ids=(stix_id,))
    every = Wanted(asked.limit, asked.after, asked.ids, (), Versions(every=True), asked.spec_versions)
    page = page_of(mine, every, HEAD)
    if not page.rows:
        _must_be_there(mine, stix_id)
    return _listed("versions", [write_version(row[2]) for row in page.rows], page, asked)


def _readable(request: HttpRequest, name: str) -> Reach:
    _, mine = reach(request, name)
    if not mine.can_read:
        raise refuse(403, "Not allowed", "This collection may be written by you, not read.")
    return mine


def _must_be_there(mine: Reach, stix_id: str) -> None:
    if not is_there(mine, stix_id):
        raise refuse(404, "Not found", "There is no such object in this collection, or it is not yours to see.")


def _envelope(page: Page, asked: Wanted) -> HttpResponse:
    if not page.rows:
        return _dated(raw(b"{}"), page, asked)
    bodies = b",".join([row[1] for row in page.rows])
    beginning = b'{"more":true,"next":"%s"' % next_of(page.rows[-1][0]).encode() if page.more else b'{"more":false'
    return _dated(raw(b'%s,"objects":[%s]}' % (beginning, bodies)), page, asked)


def _listed(name: str, rows: list[Any], page: Page, asked: Wanted) -> HttpResponse:
    """Nothing is an empty object (sections 5.3.1 and 5.8.1)."""
    going_on = {"next": next_of(page.rows[-1][0])} if page.more else {}
    return _dated(resource({"more": page.more, **going_on, name: rows} if rows else {}), page, asked)


def _dated(response: HttpResponse, page: Page, asked: Wanted) -> HttpResponse:
    """Source: TAXII 2.1 section 3.2: the first and last addition on this page, on every answer of 200.

    On an empty one both say from where was asked, so that who goes on from there misses nothing.
    """
    first, last = (page.rows[0][0], page.rows[-1][0]) if page.rows else [max(asked.after, 0)] * 2
    response["X-TAXII-Date-Added-First"] = write_instant(first)
    response["X-TAXII-Date-Added-Last"] = write_instant(last)
    return response
