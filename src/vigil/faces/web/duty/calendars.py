"""Duty as iCalendar (RFC 5545): one event a row, the same identifier as long as the row stands."""

from datetime import datetime, timedelta

import icalendar
from django.utils.translation import gettext, override

from vigil.domain.duty.models import DutyKey, DutyRow
from vigil.domain.duty.queries import in_force

_PAST = timedelta(days=31)
_MOST = 5000


def feed(key: DutyKey, now: datetime) -> bytes:
    """The rows in force that the key opens: a person's, or all of the organisation's, from a month ago on."""
    rows = in_force([key.organisation_id]).filter(ends_at__gt=now - _PAST)
    if key.person is not None:
        rows = in_force().filter(person=key.person, ends_at__gt=now - _PAST)
    language = key.person.language if key.person else "vi"
    with override(language):
        calendar = icalendar.Calendar()
        calendar.add("prodid", "-//Vigil//Duty//VI")
        calendar.add("version", "2.0")
        calendar.add("calscale", "GREGORIAN")
        calendar.add("method", "PUBLISH")
        name = key.person.name if key.person else key.organisation.name
        calendar.add("x-wr-calname", gettext("Duty: {name}").format(name=name))
        calendar.add("refresh-interval", timedelta(minutes=15), parameters={"value": "DURATION"})
        for row in rows.order_by("starts_at")[:_MOST]:
            calendar.add_component(_event(row, named=key.person is None))
        return bytes(calendar.to_ical())


def _event(row: DutyRow, *, named: bool) -> icalendar.Event:
    event, post = icalendar.Event(), row.shift.post
    mark = f"[{gettext('EXERCISE')}] " if row.roster.watch.exercise else ""
    what = gettext("Duty ({kind}) at {post}").format(kind=row.get_kind_display(), post=post.name)
    event.add("uid", f"{row.pk}@vigil")
    event.add("dtstamp", row.made_at)
    event.add("dtstart", row.starts_at)
    event.add("dtend", row.ends_at)
    event.add("summary", f"{mark}{row.person.name}: {what}" if named else f"{mark}{what}")
    if post.place:
        event.add("location", post.place)
    event.add("transp", "OPAQUE")
    return event
