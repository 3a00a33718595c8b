"""A page of a collection, as one peer may see it: one query by keyset, whatever the page's size and place.

What is above the reader's ceiling is left out here, in the SQL. When the reader's ceiling is below the collection's,
each rank is read by itself, so that a poll at the tip does not walk over what it may not show.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import connection

from vigil.domain.exchange.queries.access import Reach

BODY: Final = ("body",)
HEAD: Final = ("stix_id", "version", "spec_version")


@dataclass(frozen=True, slots=True)
class Versions:
    """`match[version]`: any of these. Instants are microseconds since 1970."""

    last: bool = False
    first: bool = False
    every: bool = False
    instants: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Filters of TAXII 2.1 section 3.4; an empty tuple does not filter. `after`: the greatest `added` already had."""

    limit: int
    after: int = -1
    ids: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    versions: Versions = field(default=Versions(last=True))
    spec_versions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """Rows `(added, *columns)` in the order of `added`; `more`: there are others beyond the last."""

    rows: Sequence[tuple[Any, ...]]
    more: bool


def page_of(reach: Reach, wanted: Wanted, columns: Sequence[str]) -> Page:
    """The next rows that `reach` may see and `wanted` asks for."""
    sql, parameters = _query(reach, wanted, columns)
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows = cursor.fetchall()
    return Page(rows[: wanted.limit], len(rows) > wanted.limit)


def is_there(reach: Reach, stix_id: str) -> bool:
    """Whether any version of the object is there to be seen."""
    every = Wanted(limit=1, ids=(stix_id,), versions=Versions(every=True))
    return bool(page_of(reach, every, ()).rows)


def _query(reach: Reach, wanted: Wanted, columns: Sequence[str]) -> tuple[str, list[Any]]:
    chosen = ", ".join(f"i.{name}" for name in ("added", *columns))
    where, parameters = _conditions(reach, wanted)
    tail = f"ORDER BY added LIMIT {wanted.limit + 1:d}"
    select = f"SELECT {chosen} FROM exchange_item i WHERE {where}"  # noqa: S608 - only our own words are put in
    if reach.visible >= reach.ceiling or reach.lane:
        return f"{select} {tail}", parameters
    ranks = range(reach.visible + 1)
    parts = [f"SELECT * FROM ({select} AND i.tlp = {rank:d} {tail}) r{rank:d}" for rank in ranks]  # noqa: S608
    return f"{' UNION ALL '.join(parts)} {tail}", parameters * len(ranks)


def _conditions(reach: Reach, wanted: Wanted) -> tuple[str, list[Any]]:
    parts = ["i.collection_id = %s", "i.added > %s"]
    parameters: list[Any] = [reach.pk, wanted.after]
    if reach.lane:
        parts.append("i.tlp <= %s AND i.lane = %s AND i.lane <> ''")  # the last: SQLite sees that its index serves
        parameters += [reach.visible, reach.lane]
    if wanted.ids:
        parts.append(f"i.stix_id IN ({_places(wanted.ids)})")
        parameters += wanted.ids
    if len(wanted.types) == 1:
        parts.append("i.stix_type = %s")
        parameters += wanted.types
    elif wanted.types:  # by an expression, or SQLite would read all of them by type and sort
        parts.append(f"i.stix_type || '' IN ({_places(wanted.types)})")
        parameters += wanted.types
    if wanted.spec_versions:
        parts.append(f"i.spec_version IN ({_places(wanted.spec_versions)})")
        parameters += wanted.spec_versions
    if not wanted.versions.every:
        part, more = _versions(reach, wanted.versions)
        parts.append(part)
        parameters += more
    return " AND ".join(parts), parameters


def _versions(reach: Reach, versions: Versions) -> tuple[str, list[Any]]:
    parts: list[str] = []
    parameters: list[Any] = []
    if versions.last:
        parts.append("i.newer_tlp > %s")
        parameters.append(reach.visible)
    if versions.first:
        parts.append(
            "NOT EXISTS (SELECT 1 FROM exchange_item o WHERE o.collection_id = i.collection_id"
            " AND o.stix_id = i.stix_id AND o.lane = i.lane AND o.version < i.version AND o.tlp <= %s)"
        )
        parameters.append(reach.visible)
    if versions.instants:
        parts.append(f"i.version IN ({_places(versions.instants)})")
        parameters += versions.instants
    return f"({' OR '.join(parts)})", parameters


def _places(values: Sequence[Any]) -> str:
    return ", ".join(["%s"] * len(values))
