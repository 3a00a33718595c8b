"""What is written, through the same actions as the pages and under the same permissions."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import File, Form, PatchDict, Status
from ninja.files import UploadedFile

from vigil.domain.directives.actions.receive import receive_dispatch
from vigil.domain.directives.actions.watches import close_watch, open_watch, plan_watch
from vigil.domain.directives.models import Assignment, Directive, Recipient, RecipientState, Watch
from vigil.domain.estate.actions import save_system
from vigil.domain.estate.models import InformationSystem
from vigil.domain.flows.answers import answer, state_obligation
from vigil.domain.organisations.actions.contacts import ChannelEntry, file_contact_point
from vigil.domain.organisations.actions.people import save_person
from vigil.domain.organisations.models import ContactPoint, Home, Organisation, Person, Unit
from vigil.domain.readiness.actions import prove_watch
from vigil.domain.readiness.provers import all_open_items, provers_by_kind
from vigil.faces.api import reading, shapes
from vigil.faces.api.caller import Caller, caller_of
from vigil.faces.api.problems import not_found
from vigil.faces.api.reading import told
from vigil.kernel import clock
from vigil.kernel.errors import Conflict
from vigil.kernel.phrases import N_
from vigil.kernel.proofs import Basis

router = reading.router  # one address may be read and written


def _organisation(caller: Caller, pk: UUID, permission: str) -> Organisation:
    return caller.one(Organisation.objects.all(), pk, permission, by="")


def _within(rows: QuerySet[Any], pk: UUID | None, owner: Organisation) -> Any:
    """A unit or person of the same organisation; another's is not there."""
    if pk is None:
        return None
    found = rows.filter(organisation=owner, pk=pk).first()
    if found is None:
        raise not_found()
    return found


def _person(person: Person, given: dict[str, Any], caller: Caller) -> dict[str, Any]:
    if "unit" in given:
        person.unit = _within(Unit.objects.all(), given.pop("unit"), person.organisation)
    for name, value in given.items():
        setattr(person, name, value)
    save_person(person=person, actor=caller.actor, now=clock.now())
    return told("person", person)


@router.post("/people", response={201: shapes.PersonOut}, operation_id="create_person", summary="add a person",
             description="Needs the scope `contacts.edit`.")  # fmt: skip
def create_person(request: HttpRequest, body: shapes.PersonIn) -> Any:
    """Add a person."""
    caller, given = caller_of(request), body.dict()
    owner = _organisation(caller, given.pop("organisation"), "contacts.edit")
    return Status(201, _person(Person(organisation=owner), given, caller))


@router.patch("/people/{uuid:pk}", response=shapes.PersonOut, operation_id="update_person", summary="change a person",
              description="Needs the scope `contacts.edit`.")  # fmt: skip
def update_person(request: HttpRequest, pk: UUID, body: PatchDict[shapes.PersonFields]) -> Any:
    """Change a person."""
    caller = caller_of(request)
    found = caller.one(Person.objects.select_related("organisation"), pk, "contacts.edit")
    return _person(found, dict(body), caller)


def _contact_point(point: ContactPoint, given: dict[str, Any], caller: Caller) -> dict[str, Any]:
    if point.retired_at is not None:
        raise Conflict("contact.already_retired", N_("This contact point was already retired."))
    channels = given.pop("channels", None)
    if "person" in given:
        point.person = _within(Person.objects.filter(left_at=None), given.pop("person"), point.organisation)
    for name, value in given.items():
        setattr(point, name, value)
    if channels is None:
        entries = [ChannelEntry(channel.kind, channel.value) for channel in point.channels.all()]
    else:
        entries = [ChannelEntry(str(channel["kind"]), channel["value"]) for channel in channels]
    file_contact_point(contact_point=point, channels=entries, actor=caller.actor, now=clock.now())
    return told("contact_point", point)


@router.post("/contact-points", response={201: shapes.ContactPointOut}, operation_id="create_contact_point",
             summary="file a contact point", description="Needs the scope `contacts.edit`.")  # fmt: skip
def create_contact_point(request: HttpRequest, body: shapes.ContactPointIn) -> Any:
    """File a contact point."""
    caller, given = caller_of(request), body.dict()
    owner = _organisation(caller, given.pop("organisation"), "contacts.edit")
    return Status(201, _contact_point(ContactPoint(organisation=owner), given, caller))


@router.patch("/contact-points/{uuid:pk}", response=shapes.ContactPointOut, operation_id="update_contact_point",
              summary="change a contact point", description="Needs the scope `contacts.edit`.")  # fmt: skip
def update_contact_point(request: HttpRequest, pk: UUID, body: PatchDict[shapes.ContactPointFields]) -> Any:
    """Change a contact point; a changed channel must be tested again."""
    caller = caller_of(request)
    found = caller.one(ContactPoint.objects.select_related("organisation"), pk, "contacts.edit")
    return _contact_point(found, dict(body), caller)


def _system(system: InformationSystem, given: dict[str, Any], caller: Caller) -> dict[str, Any]:
    if "operating_unit" in given:
        unit = _within(Unit.objects.all(), given.pop("operating_unit"), system.organisation)
        system.operating_unit = unit
    if "platforms" in given:
        given["platforms"] = sorted({str(tag) for tag in given["platforms"]})
    for name, value in given.items():
        setattr(system, name, value)
    save_system(system=system, actor=caller.actor, now=clock.now())
    return told("system", system)


@router.post("/systems", response={201: shapes.SystemOut}, operation_id="create_system", summary="add a system",
             description="Needs the scope `estate.edit`.")  # fmt: skip
def create_system(request: HttpRequest, body: shapes.SystemIn) -> Any:
    """Add an information system."""
    caller, given = caller_of(request), body.dict()
    owner = _organisation(caller, given.pop("organisation"), "estate.edit")
    return Status(201, _system(InformationSystem(organisation=owner), given, caller))


@router.patch("/systems/{uuid:pk}", response=shapes.SystemOut, operation_id="update_system", summary="change a system",
              description="Needs the scope `estate.edit`.")  # fmt: skip
def update_system(request: HttpRequest, pk: UUID, body: PatchDict[shapes.SystemFields]) -> Any:
    """Change an information system."""
    caller = caller_of(request)
    found = caller.one(InformationSystem.objects.select_related("organisation"), pk, "estate.edit")
    return _system(found, dict(body), caller)


@router.post("/dispatches", response={201: shapes.DirectiveOut}, operation_id="receive_dispatch",
             summary="hand in a dispatch",
             description="The document's bytes, as they arrived. Read at once; the answer is the draft of what it "
             "says, to be confirmed by a person. Needs the scope `dispatches.import`.")  # fmt: skip
def receive(request: HttpRequest, file: File[UploadedFile], organisation: Form[UUID]) -> Any:
    """A dispatch comes in."""
    caller = caller_of(request)
    owner = _organisation(caller, organisation, "dispatches.import")
    directive = receive_dispatch(
        data=file.read(),
        filename=(file.name or "")[:255],
        organisation=owner,
        originals=settings.VIGIL_ORIGINALS,
        anchors=settings.VIGIL_TRUST_ANCHORS,
        actor=caller.actor,
        now=clock.now(),
    )
    return Status(201, told("directive", directive))


@router.post("/watches", response={201: shapes.WatchOut}, operation_id="plan_watch",
             summary="plan a watch over a confirmed directive",
             description="Needs the scope `watches.manage`.")  # fmt: skip
def plan(request: HttpRequest, body: shapes.WatchIn) -> Any:
    """Plan a watch, or open it at once."""
    caller, now = caller_of(request), clock.now()
    rows = Directive.objects.select_related("organisation")
    directive = caller.one(rows, body.directive, "watches.manage")
    as_read = (body.first_day, body.last_day) == (directive.window_start, directive.window_end)
    watch = plan_watch(
        directive=directive,
        first_day=body.first_day,
        last_day=body.last_day,
        window_origin="read" if as_read else "edited",
        actor=caller.actor,
        now=now,
    )
    if body.open:
        open_watch(watch=watch, actor=caller.actor, now=now)
    prove_watch(watch=watch, provers=provers_by_kind(), actor=caller.actor, now=now)
    return Status(201, told("watch", watch))


@router.post("/watches/{uuid:pk}/open", response=shapes.WatchOut, operation_id="open_watch",
             summary="open a planned watch", description="Needs the scope `watches.manage`.")  # fmt: skip
def open_planned(request: HttpRequest, pk: UUID) -> Any:
    """Open a planned watch."""
    caller = caller_of(request)
    watch = caller.one(Watch.objects.select_related("organisation"), pk, "watches.manage")
    open_watch(watch=watch, actor=caller.actor, now=clock.now())
    return told("watch", watch)


@router.post("/watches/{uuid:pk}/close", response=shapes.WatchOut, operation_id="close_watch",
             summary="close an open watch", description="Needs the scope `watches.manage`.")  # fmt: skip
def close(request: HttpRequest, pk: UUID, body: shapes.ClosingIn) -> Any:
    """Close an open watch."""
    caller, now = caller_of(request), clock.now()
    watch = caller.one(Watch.objects.select_related("organisation"), pk, "watches.manage")
    left = all_open_items(watch.organisation_id, now)
    close_watch(watch=watch, note=body.note, open_items=left, actor=caller.actor, now=now)
    return told("watch", watch)


def _received(caller: Caller, pk: UUID) -> Recipient:
    rows = Recipient.objects.filter(home=Home.HERE).exclude(state=RecipientState.NOT_SENT)
    rows = rows.select_related("campaign__organisation", "organisation", "watch", "directive")
    return caller.one(rows, pk, "received.answer")


@router.post("/recipients/{uuid:pk}/answer", response=shapes.RecipientOut, operation_id="answer_directive",
             summary="say of a directive that was received: read, accepted, refused",
             description="Under the name of the token's user. Needs the scope `received.answer`.")  # fmt: skip
def answer_received(request: HttpRequest, pk: UUID, body: shapes.AnswerIn) -> Any:
    """Answer a directive that was received."""
    caller = caller_of(request)
    found = _received(caller, pk)
    answer(
        recipient=found,
        kind=body.kind,
        by=caller.name,
        basis=Basis.MEASURED,
        reason=body.reason,
        actor=caller.actor,
        now=clock.now(),
    )
    return told("recipient", found)


@router.post("/recipients/{uuid:pk}/statements", response=shapes.AssignmentOut, operation_id="state_obligation",
             summary="state what is so of one obligation",
             description="Under the name of the token's user. Needs the scope `received.answer`.")  # fmt: skip
def state(request: HttpRequest, pk: UUID, body: shapes.StatementIn) -> Any:
    """State of one obligation what is so."""
    caller = caller_of(request)
    found = _received(caller, pk)
    rows = Assignment.objects.select_related("watch__organisation", "obligation")
    assignment = rows.filter(watch=found.watch_id, dropped_at=None, pk=body.assignment).first()
    if assignment is None:
        raise not_found()
    state_obligation(
        recipient=found,
        assignment=assignment,
        verdict=body.verdict,
        text=body.text,
        by=caller.name,
        actor=caller.actor,
        now=clock.now(),
    )
    return told("assignment", assignment)
