"""Pages of a list: by key, or by what changed since. Cursors are opaque to those who hold them."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any, Literal
from uuid import UUID

from django.db.models import Model, Q, QuerySet
from ninja import Field, Schema

from vigil.domain.changes.models import Change
from vigil.domain.changes.queries import up_to_date
from vigil.domain.organisations.models import Organisation
from vigil.kernel.errors import Refused
from vigil.kernel.phrases import N_


class Window(Schema):
    """Which part of a list."""

    limit: int = Field(100, ge=1, le=500, description="At most so many rows.")
    cursor: str | None = Field(None, max_length=100, description="`next_cursor` of the page before.")
    changed_after: str | None = Field(
        None,
        max_length=100,
        description="Only what changed since: `change_cursor` of a first page or `next_cursor` of the changes before. "
        "`start`: everything, as changes.",
    )


def written(kind: Literal["k", "c"], value: object) -> str:
    """A cursor."""
    return base64.urlsafe_b64encode(f"{kind}:{value}".encode()).decode().rstrip("=")


def place_of(cursor: str, kind: Literal["k", "c"]) -> str:
    """What a cursor holds. Raises: Refused `api.cursor`."""
    if kind == "c" and cursor == "start":
        return "0"
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError, ValueError) as error:
        raise _bad() from error
    found, _, value = text.partition(":")
    if found != kind:
        raise _bad()
    return value


def number_of(cursor: str, kind: Literal["k", "c"]) -> int:
    """The number that a cursor holds. Raises: Refused `api.cursor`."""
    value = place_of(cursor, kind)
    if not (value.isascii() and value.isdigit() and len(value) <= 18):
        raise _bad()
    return int(value)


def _bad() -> Refused:
    return Refused("api.cursor", N_("This cursor was not given by this list."))


def check(window: Window) -> None:
    """Raises: Refused `api.cursor` when both kinds are given."""
    if window.cursor is not None and window.changed_after is not None:
        raise Refused("api.cursor", N_("Give cursor or changed_after, not both."))


Show = Callable[[Sequence[Any]], list[dict[str, Any]]]


def page(
    rows: QuerySet[Any], kind: str, show: Show, window: Window, *, removed_of: QuerySet[Organisation]
) -> dict[str, Any]:
    """One page of `rows` (already only those that the caller may see; each once)."""
    check(window)
    if window.changed_after is not None:
        return _changes(rows, kind, show, window, removed_of)
    change_cursor = None
    if window.cursor is None:
        change_cursor = written("c", up_to_date())  # before the rows are read: nothing falls between the two
    else:
        try:
            rows = rows.filter(pk__gt=UUID(place_of(window.cursor, "k")))
        except ValueError as error:
            raise _bad() from error
    found: list[Model] = list(rows.order_by("pk")[: window.limit + 1])
    more = len(found) > window.limit
    found = found[: window.limit]
    return {
        "items": show(found),
        "removed": [],
        "more": more,
        "next_cursor": written("k", found[-1].pk) if more else None,
        "change_cursor": change_cursor,
    }


def _changes(
    rows: QuerySet[Any], kind: str, show: Show, window: Window, removed_of: QuerySet[Organisation]
) -> dict[str, Any]:
    after, last = number_of(window.changed_after or "", "c"), up_to_date()
    changes = list(
        Change.objects.filter(kind=kind, sequence__gt=after, sequence__lte=last)
        .filter(
            Q(removed=False, key__in=rows.order_by().values("pk"))
            | Q(removed=True, organisation_id__in=removed_of.order_by().values("pk"))
        )
        .order_by("sequence")[: window.limit + 1]
    )
    more = len(changes) > window.limit
    changes = changes[: window.limit]
    there = {row.pk: row for row in rows.filter(pk__in=[change.key for change in changes])}
    return {
        "items": show([there[change.key] for change in changes if change.key in there]),
        "removed": [change.key for change in changes if change.removed],
        "more": more,
        "next_cursor": written("c", changes[-1].sequence if more else max(after, last)),
        "change_cursor": None,
    }
