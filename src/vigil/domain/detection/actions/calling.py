"""Somebody is paged for every new critical alert, a high one too while a watch is kept, and one nobody took in time.

Taking the alert makes the page done. Taking the page shows who comes, and takes no alert.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from vigil.domain.detection.actions.alerts import page_key, page_key_of
from vigil.domain.detection.models import Alert, AlertState, Level
from vigil.domain.detection.titles import title_of
from vigil.domain.directives.models import Watch, WatchState
from vigil.domain.organisations.models import Organisation
from vigil.domain.paging.actions import raise_page, resolve_pages
from vigil.domain.paging.models import Page, PageState, Urgency
from vigil.kernel.actors import Actor
from vigil.kernel.phrases import N_, Phrase, phrase

MOST_PAGES: Final = 10
_LOOKED_AT: Final = 200
_AGAIN_AFTER: Final = timedelta(minutes=15)
FUNCTION: Final = "monitoring"
MANY: Final = "alert.many"
LEVEL_WORDS: Final = {
    Level.INFORMATIONAL: N_("Informational"),
    Level.LOW: N_("Low"),
    Level.MEDIUM: N_("Medium"),
    Level.HIGH: N_("High"),
    Level.CRITICAL: N_("Critical"),
}


def page_for_alerts(*, actor: Actor, now: datetime) -> int:
    """One round; returns how many pages were raised.

    In a flood somebody is called for the gravest ten of an organisation by name, and once for all the others together.
    """
    return sum(_page_for(organisation, actor, now) for organisation in _with_waiting(now))


def _grave(now: datetime) -> QuerySet[Alert]:
    kept = Watch.objects.filter(state=WatchState.OPEN, exercise=False, starts_at__lte=now, ends_at__gt=now)
    grave = Q(level=Level.CRITICAL) | Q(level=Level.HIGH, organisation__in=kept.values("organisation"))
    return Alert.objects.filter(Q(due_at__lt=now) | grave, state=AlertState.OPEN)


def _with_waiting(now: datetime) -> list[Organisation]:
    """Those for whom there may be something to do: an alert without a page under way, or a page for many others."""
    under_way = Page.objects.exclude(dedupe_key="").exclude(state=PageState.RESOLVED).order_by()
    known = set(under_way.values_list("organisation_id", "dedupe_key"))
    owners = {owner for owner, key in known if key == _others_key(owner)}
    waiting = _grave(now).order_by().values_list("organisation_id", "pk")
    owners |= {owner for owner, pk in waiting if (owner, page_key_of(pk)) not in known}
    return list(Organisation.objects.filter(pk__in=owners).order_by("created_at")) if owners else []


def _page_for(organisation: Organisation, actor: Actor, now: datetime) -> int:
    rows = _grave(now).filter(organisation=organisation).select_related("organisation")
    waiting = list(rows.order_by("-weight", "raised_at", "pk")[:_LOOKED_AT])
    pages = _pages_of(organisation, [page_key(alert) for alert in waiting])
    under_way = sum(page.state != PageState.RESOLVED for page in pages.values())
    raised = 0
    for alert in waiting:
        if not _wants(alert, pages.get(page_key(alert)), now):
            continue
        if under_way + raised >= MOST_PAGES:
            break
        raised += _page(alert, actor, now)
    others = rows.count() - under_way - raised if under_way + raised >= MOST_PAGES else 0
    return raised + _page_for_others(organisation, others, actor, now)


def _pages_of(organisation: Organisation, keys: list[str]) -> dict[str, Page]:
    """The newest page of each."""
    rows = Page.objects.filter(organisation=organisation, dedupe_key__in=keys).order_by("raised_at")
    return {page.dedupe_key: page for page in rows}


def _page_for_others(organisation: Organisation, others: int, actor: Actor, now: datetime) -> int:
    key = _others_key(organisation.pk)
    newest = Page.objects.filter(organisation=organisation, dedupe_key=key).order_by("-raised_at").first()
    standing = newest is not None and newest.state != PageState.RESOLVED
    if others <= 0:
        return 0 if not standing else _done(organisation, key, actor, now)
    if standing or (newest is not None and now - newest.last_raised_at < _AGAIN_AFTER):
        return 0
    raise_page(
        organisation=organisation,
        kind=MANY,
        title=phrase(N_("{n} more alerts wait for somebody"), n=others),
        body=phrase(N_("There are too many to call for each. They stand in the queue: /alerts/")),
        urgency=Urgency.CRITICAL,
        function=FUNCTION,
        dedupe_key=key,
        actor=actor,
        now=now,
    )
    return 1


def _others_key(organisation: UUID) -> str:
    return f"alerts:{organisation}"


def _done(organisation: Organisation, key: str, actor: Actor, now: datetime) -> int:
    resolve_pages(organisation=organisation.pk, dedupe_key=key, actor=actor, now=now)
    return 0


def _wants(alert: Alert, page: Page | None, now: datetime) -> bool:
    if page is None:
        return True
    overdue = alert.due_at is not None and alert.due_at < now
    return overdue and page.state == PageState.RESOLVED and page.last_raised_at < (alert.due_at or now)


@transaction.atomic
def _page(alert: Alert, actor: Actor, now: datetime) -> int:
    alert = Alert.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=alert.pk)
    if alert.state != AlertState.OPEN:
        return 0
    overdue = alert.due_at is not None and alert.due_at < now
    raise_page(
        organisation=alert.organisation,
        kind="alert.overdue" if overdue else "alert.raised",
        subject=f"detection.alert:{alert.pk}",
        title=_title(alert, overdue),
        body=phrase(
            N_("Level {level}, entity {entity}, seen {count} times. Take it on its page: /alerts/{id}/"),
            level=Phrase(LEVEL_WORDS[Level(alert.level)]),
            entity=alert.entity or "—",
            count=alert.count,
            id=str(alert.pk),
        ),
        urgency=Urgency.CRITICAL if alert.level == Level.CRITICAL else Urgency.URGENT,
        function=FUNCTION,
        dedupe_key=page_key(alert),
        exercise=alert.exercise,
        actor=actor,
        now=now,
    )
    return 1


def _title(alert: Alert, overdue: bool) -> Phrase:
    what = title_of(alert)
    if overdue:
        return phrase(N_("Nobody has taken this alert in time: {title}"), title=what)
    return phrase(N_("Alert: {title}"), title=what)
