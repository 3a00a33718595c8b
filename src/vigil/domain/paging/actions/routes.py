"""A person's routes: adding, ordering, pausing, removing; and the test page that shows that one works."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from vigil.domain.journal.actions import record
from vigil.domain.organisations.models import Person
from vigil.domain.paging.actions.raising import begin_test
from vigil.domain.paging.channels import channel_named, implied_routes, normalised
from vigil.domain.paging.models import Page, Route
from vigil.domain.paging.plans import plan_to_reach
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict, Refused
from vigil.kernel.phrases import N_, phrase

MOST_ROUTES = 10
MOST_TESTS = 10
TESTS_WITHIN = timedelta(hours=1)


@transaction.atomic
def add_route(*, person: Person, channel: str, address: str, actor: Actor, now: datetime) -> Route:
    """A further way to reach `person`, tried after the others.

    Raises: Refused `paging.no_channel`, `paging.bad_number`, `paging.bad_address`, `paging.too_many_routes`;
    Conflict `paging.route_there`.
    """
    found = channel_named(channel)
    value = normalised(found, address)
    rows = Route.objects.filter(person=person)
    if rows.count() >= MOST_ROUTES:
        raise Refused("paging.too_many_routes", N_("A person has at most {most} routes."), most=MOST_ROUTES)
    if rows.filter(channel=channel, address=value).exists():
        raise Conflict("paging.route_there", N_("This route is there already."))
    last = rows.aggregate(last=Max("position"))["last"]
    route = Route.objects.create(
        person=person, channel=channel, address=value, position=0 if last is None else last + 1
    )
    _tell("paging.route_added", route, actor, now)
    return route


@transaction.atomic
def keep_implied_routes(*, person: Person, actor: Actor, now: datetime) -> int:
    """Write down the ways that the person's own numbers imply, so that they can be ordered and tested."""
    if Route.objects.filter(person=person).exists():
        return 0
    found = implied_routes(person)
    for channel, address in found:
        add_route(person=person, channel=channel, address=address, actor=actor, now=now)
    return len(found)


@transaction.atomic
def pause_route(*, route: Route, paused: bool, actor: Actor, now: datetime) -> None:
    """Leave a route out for now, or take it up again."""
    if Route.objects.filter(pk=route.pk, paused_at__isnull=paused).update(paused_at=now if paused else None):
        _tell("paging.route_paused" if paused else "paging.route_resumed", route, actor, now)


@transaction.atomic
def remove_route(*, route: Route, actor: Actor, now: datetime) -> None:
    """It is no way to that person any more; what went by it stays in the pages' stories."""
    _tell("paging.route_removed", route, actor, now)
    route.delete()


@transaction.atomic
def order_routes(*, person: Person, order: Sequence[UUID], actor: Actor, now: datetime) -> None:
    """Which is tried first. Routes that `order` does not name come after those it does, as they stood."""
    rows = list(Route.objects.filter(person=person))
    place = {key: n for n, key in enumerate(order)}
    wanted = sorted(rows, key=lambda row: (place.get(row.pk, len(place)), row.position))
    if wanted == rows:
        return
    for position, row in enumerate(wanted):
        Route.objects.filter(pk=row.pk).update(position=position)
    record(
        actor=actor,
        now=now,
        action="paging.routes_ordered",
        subject=f"organisations.person:{person.pk}",
        organisation=person.organisation_id,
        facts={"channels": [row.channel for row in wanted]},
    )


@transaction.atomic
def send_test_page(*, route: Route, actor: Actor, now: datetime) -> Page:
    """Send a test page by this route alone; answered by its link or its code, the route counts as shown to work.

    Raises: Refused `paging.no_channel`; Conflict `paging.too_many_tests`.
    """
    channel_named(route.channel)
    recent = Page.objects.filter(
        is_test=True, raised_at__gt=now - TESTS_WITHIN, subject__startswith="paging.route:", route__person=route.person
    )
    if recent.count() >= MOST_TESTS:
        raise Conflict("paging.too_many_tests", N_("Enough test pages for now; wait an hour."))
    return begin_test(
        route=route,
        title=phrase(N_("Test page for {name}"), name=route.person.name),
        body=phrase(N_("Nothing has happened. Take this page to show that it reaches you this way.")),
        plan=plan_to_reach(route.person_id),
        actor=actor,
        now=now,
    )


def _tell(action: str, route: Route, actor: Actor, now: datetime) -> None:
    record(
        actor=actor,
        now=now,
        action=action,
        subject=f"paging.route:{route.pk}",
        organisation=route.person.organisation_id,
        facts={"channel": route.channel},
        personal={"person": route.person.name, "address": route.address},
    )
