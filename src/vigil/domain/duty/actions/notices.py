"""Whoever stands in a published roster is told of it: what is new, what is no longer theirs. Once, in one letter.

The rows say what their person was told (`told_at`, `taken_back_at`), so that nothing depends on a worker having been
alive at the right moment. A minute passes first: a lead who is still moving names does not flood anybody.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext, override

from vigil.domain.directives.models import WatchState
from vigil.domain.duty.actions.keys import make_key
from vigil.domain.duty.actions.reaching import send, way_to
from vigil.domain.duty.models import DutyRow, KeyUse
from vigil.domain.organisations.models import Person
from vigil.kernel.actors import Actor
from vigil.kernel.clock import VIETNAM

QUIET: Final = timedelta(seconds=60)
KEY_LASTS: Final = timedelta(hours=12)
_AT_ONCE: Final = 2000


@dataclass
class Notice:
    """What one person is to be told of one roster."""

    person: Person
    roster_id: UUID
    gained: list[DutyRow] = field(default_factory=list)
    lost: list[DutyRow] = field(default_factory=list)


def notices_due(now: datetime) -> list[Notice]:
    """Of published rosters, shifts that are not over: rows nobody was told of, and told rows that were taken back."""
    rows = DutyRow.objects.filter(
        roster__published_at__lte=now - QUIET, ends_at__gt=now, shift__post__provider=None
    ).exclude(roster__watch__state=WatchState.CLOSED)
    fresh = Q(superseded_at=None, told_at=None, made_at__lte=now - QUIET)
    gone = Q(superseded_at__lte=now - QUIET, told_at__isnull=False, taken_back_at=None)
    found: dict[tuple[UUID, UUID], Notice] = {}
    changed = rows.filter(fresh | gone).select_related("person__organisation", "shift__post", "roster__watch")
    for row in changed.order_by("starts_at")[:_AT_ONCE]:
        notice = found.setdefault((row.roster_id, row.person_id), Notice(row.person, row.roster_id))
        (notice.gained if row.superseded_at is None else notice.lost).append(row)
    return list(found.values())


@transaction.atomic
def notify(*, notice: Notice, base_url: str, actor: Actor, now: datetime) -> bool:
    """Queue the letter and note what it told; False when somebody was first or no way is known."""
    gained = [row for row in notice.gained if _marked(row, "told_at", now)]
    lost = [row for row in notice.lost if _marked(row, "taken_back_at", now)]
    gained, lost = _without_copies(gained, lost)
    way = way_to(notice.person)
    if not (gained or lost) or way is None:
        return False
    watch = (gained or lost)[0].roster.watch
    _, token = make_key(
        organisation=watch.organisation,
        person=notice.person,
        use=KeyUse.SHIFTS,
        actor=actor,
        now=now,
        expires_at=watch.ends_at + KEY_LASTS,
    )
    link = f"{base_url}/shift/{token}/"
    title, body = letter(notice.person, gained, lost, link)
    send(
        way=way, title=title, body=body, link=link, about=f"duty.roster:{notice.roster_id}",
        organisation=watch.organisation_id, now=now,
    )  # fmt: skip
    return True


def _marked(row: DutyRow, field_name: str, now: datetime) -> bool:
    return bool(DutyRow.objects.filter(pk=row.pk, **{field_name: None}).update(**{field_name: now}))


def _without_copies(gained: Sequence[DutyRow], lost: Sequence[DutyRow]) -> tuple[list[DutyRow], list[DutyRow]]:
    """A row that was superseded by an equal one for the same person is no news."""
    hours: dict[tuple[UUID, datetime, datetime, str], int] = defaultdict(int)
    for row in gained:
        hours[row.shift_id, row.starts_at, row.ends_at, row.kind] += 1
    equal = {key for row in lost if (key := (row.shift_id, row.starts_at, row.ends_at, row.kind)) in hours}
    return (
        [row for row in gained if (row.shift_id, row.starts_at, row.ends_at, row.kind) not in equal],
        [row for row in lost if (row.shift_id, row.starts_at, row.ends_at, row.kind) not in equal],
    )


def letter(person: Person, gained: Sequence[DutyRow], lost: Sequence[DutyRow], link: str) -> tuple[str, str]:
    """Title and text, in the person's language."""
    with override(person.language or "vi"):
        watch = (*gained, *lost)[0].roster.watch
        mark = f"[{gettext('EXERCISE')}] " if watch.exercise else ""
        parts = [gettext("{name}, the duty roster of “{watch}”:").format(name=person.name, watch=watch.title)]
        if gained:
            parts += [gettext("You stand:"), "\n".join(map(_line, gained))]
        if lost:
            parts += [gettext("No longer yours:"), "\n".join(map(_line, lost))]
        parts += [gettext("All your shifts, check-in, swaps and your calendar:"), link]
        return f"{mark}{gettext('Your duty shifts')}: {watch.title}"[:300], "\n\n".join(parts)


def _line(row: DutyRow) -> str:
    starts, ends = (f"{at.astimezone(VIETNAM):%H:%M %d/%m}" for at in (row.starts_at, row.ends_at))
    return f"- {starts} – {ends}: {row.shift.post.name} ({row.get_kind_display()})"
