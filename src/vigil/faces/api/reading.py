"""What is read: a list and a single row of every resource, only of organisations that the token reaches."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from ninja import Query, Router, Schema

from vigil.domain.directives.models import (
    Assignment,
    Campaign,
    Directive,
    Dispatch,
    Drill,
    Receipt,
    Recipient,
    RecipientState,
    Watch,
)
from vigil.domain.estate.models import EdgeDevice, InformationSystem
from vigil.domain.exchange.models import Peer
from vigil.domain.journal.queries import entries_visible
from vigil.domain.organisations.models import ContactPoint, Organisation, Person
from vigil.faces.api import shapes, showing
from vigil.faces.api.caller import Caller, caller_of
from vigil.faces.api.paging import Show, Window, check, number_of, page, written
from vigil.faces.api.problems import not_found

router = Router()  # writing.py adds to it: one address may be read and written
Reach = QuerySet[Organisation]


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of thing. `rows` gives those of the organisations reached."""

    path: str
    kind: str
    permission: str
    shape: type[Schema]
    rows: Callable[[Reach], QuerySet[Any]]
    show: Show


def _of(rows: Callable[[], QuerySet[Any]], by: str = "organisation") -> Callable[[Reach], QuerySet[Any]]:
    return lambda reach: rows().filter(**{f"{by}__in": reach})


def recipients_of(reach: Reach) -> QuerySet[Recipient]:
    """Those of campaigns that one sends, and what one was sent oneself."""
    sent = Q(organisation__in=reach) & ~Q(state=RecipientState.NOT_SENT)
    rows = Recipient.objects.select_related("campaign__organisation", "campaign__directive")
    return rows.filter(Q(campaign__organisation__in=reach) | sent)


def _receipts_of(reach: Reach) -> QuerySet[Receipt]:
    return Receipt.objects.filter(Q(recipient__campaign__organisation__in=reach) | Q(recipient__organisation__in=reach))


def board_of(reach: Reach) -> QuerySet[Assignment]:
    """Every assignment of the watches of organisations reached."""
    return Assignment.objects.select_related("obligation", "watch").filter(watch__organisation__in=reach)


RESOURCES = (
    Resource(
        "organisations", "organisation", "view", shapes.OrganisationOut, _of(Organisation.objects.all, "pk"),
        showing.plainly("id", "parent", "name", "short_name", "code", "audience_codes", "home", "address"),
    ),
    Resource(
        "people", "person", "people.read", shapes.PersonOut, _of(Person.objects.all),
        showing.plainly(
            "id", "organisation", "unit", "name", "title", "mobile", "phone", "email", "language", "left_at"
        ),
    ),
    Resource(
        "contact-points", "contact_point", "view", shapes.ContactPointOut,
        _of(lambda: ContactPoint.objects.prefetch_related("channels")), showing.contact_points,
    ),
    Resource(
        "systems", "system", "view", shapes.SystemOut, _of(InformationSystem.objects.all),
        showing.plainly(
            "id", "organisation", "operating_unit", "name", "code", "level", "important", "important_reason",
            "platforms", "addresses", "notes", "retired_at",
        ),
    ),
    Resource(
        "edge-devices", "edge_device", "view", shapes.EdgeDeviceOut, _of(EdgeDevice.objects.all),
        showing.plainly("id", "organisation", "kind", "name", "address", "uplink"),
    ),
    Resource(
        "dispatches", "dispatch", "view", shapes.DispatchOut,
        _of(lambda: Dispatch.objects.defer("text", "document", "reading")), showing.dispatches,
    ),
    Resource("directives", "directive", "view", shapes.DirectiveOut, _of(Directive.objects.all), showing.directives),
    Resource(
        "watches", "watch", "view", shapes.WatchOut, _of(Watch.objects.all),
        showing.plainly(
            "id", "organisation", "directive", "title", "starts_at", "ends_at", "state", "opened_at", "closed_at",
            "closing_note", "exercise",
        ),
    ),
    Resource("assignments", "assignment", "view", shapes.AssignmentOut, board_of, showing.assignments),
    Resource(
        "campaigns", "campaign", "view", shapes.CampaignOut, _of(Campaign.objects.all),
        showing.plainly(
            "id", "organisation", "directive", "title", "starts_at", "ends_at", "answer_by_at", "exercise", "state",
            "version", "created_at", "sent_at", "ended_at",
        ),
    ),
    Resource("recipients", "recipient", "view", shapes.RecipientOut, recipients_of, showing.recipients),
    Resource(
        "receipts", "receipt", "view", shapes.ReceiptOut, _receipts_of,
        showing.plainly("id", "recipient", "directive", "kind", "basis", "at", "received_at", "by", "reason"),
    ),
    Resource(
        "drills", "drill", "view", shapes.DrillOut, _of(Drill.objects.all, "campaign__organisation"), showing.drills
    ),
    Resource("links", "link", "view", shapes.LinkOut, _of(Peer.objects.all), showing.links),
)  # fmt: skip
BY_KIND = {resource.kind: resource for resource in RESOURCES}


def shown(caller: Caller, kind: str, pk: UUID) -> dict[str, Any]:
    """One row as the API says it. Raises: NotFound."""
    resource = BY_KIND[kind]
    found = resource.rows(caller.reach(resource.permission)).filter(pk=pk).first()
    if found is None:
        raise not_found()
    return resource.show([found])[0]


def told(kind: str, row: Any) -> dict[str, Any]:
    """A row that was just written, as the API says it: also to a token that may write and not look."""
    resource = BY_KIND[kind]
    return resource.show([resource.rows(Organisation.objects.all()).get(pk=row.pk)])[0]


def _add(resource: Resource) -> None:
    name = resource.path.replace("-", "_")

    def many(request: HttpRequest, window: Query[Window]) -> Any:
        reach = caller_of(request).reach(resource.permission)
        return page(resource.rows(reach), resource.kind, resource.show, window, removed_of=reach)

    def one(request: HttpRequest, pk: UUID) -> Any:
        return shown(caller_of(request), resource.kind, pk)

    router.add_api_operation(
        f"/{resource.path}", ["GET"], many,
        response=shapes.Page[resource.shape], operation_id=f"list_{name}",  # type: ignore[name-defined]
        summary=f"{resource.path}: a page, or what changed", description=f"Needs the scope `{resource.permission}`.",
    )  # fmt: skip
    router.add_api_operation(
        f"/{resource.path}/{{uuid:pk}}", ["GET"], one, response=resource.shape, operation_id=f"get_{resource.kind}",
        summary=f"{resource.path}: one", description=f"Needs the scope `{resource.permission}`.",
    )  # fmt: skip


for _resource in RESOURCES:
    _add(_resource)


@router.get(
    "/watches/{uuid:pk}/board",
    response=shapes.Page[shapes.AssignmentOut],
    operation_id="board_of_watch",
    summary="the board of a watch",
    description="Every obligation of the watch with its verdict, basis and validity. Needs the scope `view`.",
)
def board(request: HttpRequest, pk: UUID, window: Query[Window]) -> Any:
    """The board of a watch."""
    reach = caller_of(request).reach("view")
    if not Watch.objects.filter(organisation__in=reach, pk=pk).exists():
        raise not_found()
    return page(board_of(reach).filter(watch=pk), "assignment", showing.assignments, window, removed_of=reach.none())


@router.get(
    "/journal",
    response=shapes.Page[shapes.EntryOut],
    operation_id="list_journal",
    summary="sealed entries of the journal, oldest first",
    description="Entries never change, so a page and a change are the same. Needs the scope `journal.read`.",
)
def journal(request: HttpRequest, window: Query[Window]) -> Any:
    """The journal."""
    caller = caller_of(request)
    check(window)
    reach = caller.reach("journal.read")
    rows = entries_visible(None if caller.sees_all("journal.read") else reach.values_list("pk", flat=True))
    after = 0
    if window.cursor is not None or window.changed_after is not None:
        after = number_of(window.cursor or window.changed_after or "", "c")
    found = list(rows.filter(sequence__gt=after).order_by("sequence")[: window.limit + 1])
    more, found = len(found) > window.limit, found[: window.limit]
    last = written("c", found[-1].sequence if found else after)
    changes = window.changed_after is not None
    return {
        "items": showing.entries(found),
        "removed": [],
        "more": more,
        "next_cursor": last if more or changes else None,
        "change_cursor": None if changes else last,
    }
