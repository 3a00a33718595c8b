"""The duty table of a plan: which posts keep what, and who stands when; from the roster, once it is published."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, time
from typing import Final
from uuid import UUID

from vigil.adapters.documents.writing import Annex, Item, Level
from vigil.domain.directives.models import Watch
from vigil.domain.duty.models import DutyRow, DutyShift, Function, Kind, Post, Roster
from vigil.domain.duty.problems import rows_of, shifts_of
from vigil.kernel.clock import VIETNAM

MOST_POSTS: Final = 60
MOST_SHIFTS: Final = 600
_FUNCTIONS: Final = {
    Function.MONITORING: "giám sát",
    Function.SUPPORT: "hỗ trợ",
    Function.RESPONSE: "ứng cứu",
    Function.REMEDIATION: "khắc phục",
}
_KINDS: Final = {Kind.ON_SITE: "", Kind.ON_CALL: "trực từ xa", Kind.BACKUP: "dự phòng"}


def function_words(functions: Sequence[str]) -> str:
    """In the order of the obligation: "giám sát, hỗ trợ, ứng cứu và khắc phục"."""
    words = [said for name, said in _FUNCTIONS.items() if name in functions]
    return " và ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def published_roster(watch: Watch) -> Roster | None:
    """The roster that counts; a draft is nobody's order yet."""
    return Roster.objects.filter(watch=watch, published_at__isnull=False).select_related("watch").first()


def posts_kept(roster: Roster, annex: str) -> tuple[Item, ...]:
    """A clause for each post, and one that points to the table."""
    posts = list({shift.post_id: shift.post for shift in shifts_of(roster)}.values())
    posts.sort(key=lambda post: (post.provider_id is not None, post.name))
    told = [Item(Level.CLAUSE, f"{_post(post)}.") for post in posts[:MOST_POSTS]]
    if len(posts) > MOST_POSTS:
        told.append(Item(Level.CLAUSE, f"Và {len(posts) - MOST_POSTS} điểm trực khác."))
    return (*told, Item(Level.CLAUSE, f"Người trực theo từng ca: tại {annex} kèm theo."))


def _post(post: Post) -> str:
    at = "; ".join(filter(None, (post.place, f"điện thoại {post.phone}" if post.phone else "")))
    crew = f", ít nhất {post.on_site} người tại chỗ mỗi ca" if post.on_site else ""
    return f"{post.name}{f' ({at})' if at else ''}: {function_words(post.functions)}{crew}"


def duty_table(roster: Roster) -> Annex:
    """A line a shift: when, at which post, who leads, who else stands, the post's number or else the lead's."""
    standing: dict[UUID, list[DutyRow]] = defaultdict(list)
    for row in rows_of(roster):
        standing[row.shift_id].append(row)
    shifts = shifts_of(roster)
    lines = [_line(shift, standing[shift.pk]) for shift in shifts[:MOST_SHIFTS]]
    if len(shifts) > MOST_SHIFTS:
        lines.append((f"Và {len(shifts) - MOST_SHIFTS} ca khác", "—", "—", "—", "—"))
    return Annex(
        "Lịch trực",
        ("Thời gian", "Điểm trực", "Trưởng ca", "Người trực", "Điện thoại"),
        tuple(lines) or (("Chưa có ca trực nào", "—", "—", "—", "—"),),
    )


def _line(shift: DutyShift, rows: Sequence[DutyRow]) -> tuple[str, ...]:
    leads = [row for row in rows if row.leads]
    others = sorted((row for row in rows if not row.leads), key=lambda row: list(_KINDS).index(Kind(row.kind)))
    number = shift.post.phone or next((row.person.mobile or row.person.phone for row in (*leads, *others)), "")
    return (
        f"{_hours(shift.turn_starts_at, shift.ends_at)} {shift.turn_starts_at.astimezone(VIETNAM):%d/%m/%Y}",
        shift.post.name,
        "; ".join(_who(row, shift) for row in leads) or "—",
        "; ".join(_who(row, shift) for row in others) or ("—" if leads else "chưa có người"),
        number or "—",
    )


def _hours(starts_at: datetime, ends_at: datetime) -> str:
    """ "06:00-14:00"; midnight at the end is 24:00."""
    start, end = (at.astimezone(VIETNAM) for at in (starts_at, ends_at))
    return f"{start:%H:%M}-{'24:00' if end.time() == time.min else f'{end:%H:%M}'}"


def _who(row: DutyRow, shift: DutyShift) -> str:
    """The name; with how they stand when it is not on site, and with the hours when they are not the whole shift."""
    whole = row.starts_at <= shift.turn_starts_at and row.ends_at >= shift.ends_at
    remark = ", ".join(filter(None, (_KINDS[Kind(row.kind)], "" if whole else _hours(row.starts_at, row.ends_at))))
    return f"{row.person.name} ({remark})" if remark else row.person.name
