"""What is done with an alert: taken, given, given back, noted, closed with a verdict, reopened.

Each step locks the alert's row first, so that of two who take it at once one is told who the other is.
"""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext, override

from vigil.domain.accounts.models import User
from vigil.domain.accounts.permissions import permitted
from vigil.domain.detection.deadlines import due_at
from vigil.domain.detection.models import Alert, AlertNote, AlertState, AlertVerdict
from vigil.domain.detection.titles import title_of
from vigil.domain.journal.actions import record
from vigil.domain.organisations.models import Person
from vigil.domain.outbox.actions import queue
from vigil.domain.paging.actions import resolve_pages
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict, Refused
from vigil.kernel.phrases import N_, phrase

MOST_LETTERS: Final = 10_000


@transaction.atomic
def take(*, alert: Alert, by: User, actor: Actor, now: datetime) -> Alert:
    """`by` looks after it from now on; the page that asked for somebody is done. Taken by them already: nothing.

    Raises: Conflict `alert.taken` (naming who was first), `alert.closed`.
    """
    alert = locked(alert)
    if alert.state == AlertState.TAKEN:
        if alert.taken_by_id == by.pk:
            return alert
        raise Conflict("alert.taken", N_("{name} has taken this alert already."), name=alert.taken_name)
    _hold(alert, by, by.display_name, now)
    _told(alert, "taken", actor, now)
    _tell(alert, "detection.alert_taken", actor, now)
    return alert


@transaction.atomic
def give(*, alert: Alert, to: User | Person, actor: Actor, now: datetime, text: str = "") -> Alert:
    """Somebody else of the organisation is to look after it; told by mail where an address is known.

    Raises: Conflict `alert.closed`; Refused `alert.foreign_holder`.
    """
    alert = locked(alert)
    user = to if isinstance(to, User) else to.users.filter(is_active=True).first()
    if isinstance(to, Person):
        fits = to.organisation_id == alert.organisation_id and to.left_at is None
    else:
        fits = permitted(to, "alerts.handle", alert.organisation)
    if not fits:
        raise Refused("alert.foreign_holder", N_("This person cannot look after alerts of this organisation."))
    name = to.display_name if isinstance(to, User) else to.name
    _hold(alert, user, name, now)
    _told(alert, "given", actor, now, f"→ {name}" + (f": {text.strip()}" if text.strip() else ""))
    _tell(alert, "detection.alert_given", actor, now, personal={"to": name})
    person = to if isinstance(to, Person) else to.person
    if person is not None and person.email and actor.id != str(user.pk if user else ""):
        _mail(alert, person, actor, now)
    return alert


@transaction.atomic
def give_back(*, alert: Alert, actor: Actor, now: datetime, text: str = "") -> Alert:
    """Nobody looks after it any more: it waits again, with a deadline that begins now.

    Raises: Conflict `alert.not_taken`, `alert.closed`.
    """
    alert = locked(alert)
    if alert.state != AlertState.TAKEN:
        raise Conflict("alert.not_taken", N_("Nobody has taken this alert."))
    _wait(alert, now)
    _told(alert, "returned", actor, now, text)
    _tell(alert, "detection.alert_returned", actor, now)
    return alert


@transaction.atomic
def note(*, alert: Alert, text: str, actor: Actor, now: datetime) -> AlertNote:
    """Write something down beside it, at any time. Raises: Refused `alert.empty_note`."""
    if not text.strip():
        raise Refused("alert.empty_note", N_("Write something."))
    made = _told(alert, "note", actor, now, text)
    _tell(alert, "detection.alert_noted", actor, now)
    return made


@transaction.atomic
def close(*, alert: Alert, verdict: str, text: str = "", actor: Actor, now: datetime) -> Alert:
    """It needs nobody any more: what it was, and why. Who closes one that waits has thereby taken it.

    Raises: Conflict `alert.closed`; Refused `alert.no_verdict`.
    """
    alert = locked(alert)
    shut(alert, verdict, text, actor, now)
    _tell(alert, "detection.alert_closed", actor, now, verdict=verdict)
    return alert


@transaction.atomic
def reopen(*, alert: Alert, text: str, actor: Actor, now: datetime) -> Alert:
    """It needs somebody after all.

    Raises: Conflict `alert.not_closed`, `alert.again_open`; Refused `alert.no_reason`.
    """
    if not text.strip():
        raise Refused("alert.no_reason", N_("Say why."))
    alert = Alert.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=alert.pk)
    if alert.state != AlertState.CLOSED:
        raise Conflict("alert.not_closed", N_("This alert is not closed."))
    alert.closed_at, alert.closed_name, alert.verdict, alert.closing_note = None, "", "", ""
    try:
        with transaction.atomic():
            _wait(alert, now)
    except IntegrityError as error:
        raise Conflict(
            "alert.again_open", N_("The same was raised again meanwhile; look at the newer alert instead.")
        ) from error
    _told(alert, "reopened", actor, now, text)
    _tell(alert, "detection.alert_reopened", actor, now, why=" ".join(text.split())[:500])
    return alert


def locked(alert: Alert) -> Alert:
    """The alert as it stands now, held until the transaction ends. Raises: Conflict `alert.closed`."""
    alert = Alert.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=alert.pk)
    if alert.state == AlertState.CLOSED:
        raise Conflict("alert.closed", N_("This alert is closed already, by {name}."), name=alert.closed_name)
    return alert


def shut(alert: Alert, verdict: str, text: str, actor: Actor, now: datetime) -> None:
    """Close a locked alert without an entry of its own (many share one). Raises: Refused `alert.no_verdict`."""
    if verdict not in AlertVerdict.values:
        raise Refused("alert.no_verdict", N_("Say what it was."))
    end(alert, verdict, text.replace("\0", "").strip()[:MOST_LETTERS], actor.name, now)
    _told(alert, f"closed:{verdict}", actor, now, text)
    resolve_pages(organisation=alert.organisation_id, dedupe_key=page_key(alert), actor=actor, now=now)


def end(alert: Alert, verdict: str, text: str, name: str, now: datetime) -> None:
    """The row itself: closed, with who did it; one that waited counts as taken by the same."""
    if alert.taken_at is None:
        alert.taken_at, alert.taken_name = now, name
    alert.state, alert.closed_at, alert.closed_name = AlertState.CLOSED, now, name
    alert.verdict, alert.closing_note = verdict, text
    alert.save(update_fields=["state", "taken_at", "taken_name", "closed_at", "closed_name", "verdict", "closing_note"])


def hold_many(alert: Alert, by: User, actor: Actor, now: datetime) -> None:
    """Take a locked alert that waits, without an entry of its own."""
    _hold(alert, by, by.display_name, now)
    _told(alert, "taken", actor, now)


def page_key(alert: Alert) -> str:
    """By which the alert's page is known."""
    return page_key_of(alert.pk)


def page_key_of(alert: UUID) -> str:
    """The same, by the alert's key."""
    return f"alert:{alert}"


def _hold(alert: Alert, user: User | None, name: str, now: datetime) -> None:
    alert.state, alert.taken_at, alert.taken_by, alert.taken_name = AlertState.TAKEN, now, user, name
    alert.save(update_fields=["state", "taken_at", "taken_by", "taken_name"])
    actor = user.as_actor() if user else Actor("worker", "sentinel", "sentinel")
    resolve_pages(organisation=alert.organisation_id, dedupe_key=page_key(alert), actor=actor, now=now)


def _wait(alert: Alert, now: datetime) -> None:
    alert.state, alert.taken_at, alert.taken_by, alert.taken_name = AlertState.OPEN, None, None, ""
    alert.due_at = due_at(alert.organisation_id, alert.level, now)
    alert.save()


def _told(alert: Alert, what: str, actor: Actor, now: datetime, text: str = "") -> AlertNote:
    words = text.replace("\0", "").strip()[:MOST_LETTERS]
    return AlertNote.objects.create(alert=alert, at=now, by=actor.name[:200], what=what, text=words)


def _mail(alert: Alert, person: Person, actor: Actor, now: datetime) -> None:
    with override(person.language):
        title = phrase(N_("{name} gave you an alert: {title}"), name=actor.name, title=title_of(alert)).said(gettext)
        body = f"{title}\n\n{alert.entity}\n{settings.VIGIL_BASE_URL}/alerts/{alert.pk}/\n"
    queue(
        address=person.email, title=" ".join(title.split()), body=body, now=now,
        about=f"detection.alert:{alert.pk}", organisation=alert.organisation_id,
    )  # fmt: skip


def _tell(
    alert: Alert,
    action: str,
    actor: Actor,
    now: datetime,
    *,
    why: str = "",
    personal: dict[str, Any] | None = None,
    **facts: Any,
) -> None:
    record(
        actor=actor,
        now=now,
        action=action,
        subject=f"detection.alert:{alert.pk}",
        organisation=alert.organisation_id,
        why=why,
        facts={"key": alert.key, "level": alert.level, **facts},
        personal=personal,
    )
