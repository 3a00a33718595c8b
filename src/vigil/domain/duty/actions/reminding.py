"""Before a shift: whoever stands in it is told, in their language, with a link to their own shifts."""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils.translation import gettext, override

from vigil.domain.duty.actions.keys import make_key
from vigil.domain.duty.actions.reaching import send, way_to
from vigil.domain.duty.models import DutyRow, KeyUse
from vigil.domain.duty.queries import in_force
from vigil.kernel.actors import Actor
from vigil.kernel.clock import VIETNAM

AHEAD: Final = timedelta(hours=2)
KEY_LASTS: Final = timedelta(hours=12)


def to_remind(now: datetime, at_most: int = 100) -> list[DutyRow]:
    """Rows that begin soon and of which nobody was told yet."""
    rows = in_force().filter(reminded_at=None, starts_at__gt=now, starts_at__lte=now + AHEAD)
    return list(
        rows.select_related("shift__post__organisation", "person", "roster__watch").order_by("starts_at")[:at_most]
    )


@transaction.atomic
def remind(*, row: DutyRow, base_url: str, actor: Actor, now: datetime) -> bool:
    """Queue the reminder, once. False when somebody did before, or when no way to them is known."""
    if not DutyRow.objects.filter(pk=row.pk, reminded_at=None).update(reminded_at=now):
        return False
    way = way_to(row.person)
    if way is None:
        return False
    post = row.shift.post
    _, token = make_key(
        organisation=post.organisation, person=row.person, use=KeyUse.SHIFTS, actor=actor, now=now,
        expires_at=row.ends_at + KEY_LASTS,
    )  # fmt: skip
    link = f"{base_url}/shift/{token}/"
    title, body = reminder(row, link)
    send(
        way=way, title=title, body=body, link=link, about=f"duty.dutyrow:{row.pk}", organisation=post.organisation_id,
        now=now,
    )  # fmt: skip
    return True


def reminder(row: DutyRow, link: str) -> tuple[str, str]:
    """Title and text, in the person's language."""
    with override(row.person.language or "vi"):
        starts, ends = (f"{at.astimezone(VIETNAM):%H:%M %d/%m}" for at in (row.starts_at, row.ends_at))
        mark = f"[{gettext('EXERCISE')}] " if row.roster.watch.exercise else ""
        title = mark + gettext("Your shift at {post} begins at {start}").format(post=row.shift.post.name, start=starts)
        body = "\n\n".join(
            [
                gettext("{name}, you stand ({kind}) at {post} from {start} to {end}.").format(
                    name=row.person.name, kind=row.get_kind_display(), post=row.shift.post.name, start=starts, end=ends
                ),
                gettext("Check in, see who hands over to you, sign the hand-over:"),
                link,
                gettext(
                    "The link is yours alone; it shows a telephone, not a place. On site, enter the code on the screen."
                ),
            ]
        )
    return title[:300], body
