"""The roster as a table: for each post a line a shift, a column a day; in each cell who stands and what is missing."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from vigil.domain.duty.models import DutyRow, DutyShift, Post
from vigil.engines.roster import Plan, Unfilled
from vigil.kernel.clock import VIETNAM


@dataclass(frozen=True, slots=True)
class Cell:
    """One shift on one day."""

    shift: DutyShift
    rows: tuple[DutyRow, ...]
    missing: tuple[Unfilled, ...]
    is_over: bool
    is_now: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One shift of the day over all days; None where the pattern has none on that day."""

    name: str
    hours: str
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True)
class PostGrid:
    """One post."""

    post: Post
    days: tuple[date, ...]
    lines: tuple[Line, ...]


def grid_of(shifts: Iterable[DutyShift], rows: Iterable[DutyRow], plan: Plan | None, now: datetime) -> list[PostGrid]:
    """Own posts first, then those that a provider keeps; shifts of the day in the order of their hours."""
    standing: dict[UUID, list[DutyRow]] = defaultdict(list)
    for row in rows:
        standing[row.shift_id].append(row)
    missing: dict[str, list[Unfilled]] = defaultdict(list)
    for one in plan.unfilled if plan else ():
        missing[one.slot].append(one)
    by_post: dict[UUID, list[DutyShift]] = defaultdict(list)
    for shift in shifts:
        by_post[shift.post_id].append(shift)
    posts = sorted(
        (own[0].post for own in by_post.values()), key=lambda post: (post.provider_id is not None, post.name)
    )
    return [_post(post, by_post[post.pk], standing, missing, now) for post in posts]


def _post(
    post: Post,
    shifts: Sequence[DutyShift],
    standing: Mapping[UUID, list[DutyRow]],
    missing: Mapping[str, list[Unfilled]],
    now: datetime,
) -> PostGrid:
    days = sorted({day_of(shift) for shift in shifts})
    lines: dict[tuple[str, str], dict[date, Cell]] = defaultdict(dict)
    for shift in shifts:
        rows = sorted(
            standing.get(shift.pk, []), key=lambda row: (row.kind != "on_site", row.kind, not row.leads, row.starts_at)
        )
        cell = Cell(
            shift,
            tuple(rows),
            tuple(missing.get(str(shift.pk), ())),
            shift.ends_at <= now,
            shift.turn_starts_at <= now < shift.ends_at,
        )
        lines[_whole(shift, shifts), shift.name][day_of(shift)] = cell
    made = [Line(name, hours, tuple(cells.get(day) for day in days)) for (hours, name), cells in sorted(lines.items())]
    return PostGrid(post, tuple(days), tuple(made))


def day_of(shift: DutyShift) -> date:
    """The local day on which the shift starts."""
    return shift.turn_starts_at.astimezone(VIETNAM).date()


def _starts(shift: DutyShift) -> str:
    return f"{shift.turn_starts_at.astimezone(VIETNAM):%H:%M}"


def _whole(shift: DutyShift, shifts: Sequence[DutyShift]) -> str:
    """The hours of the shift; one whose end the window cuts stands in the line of its whole namesakes."""
    own = [one for one in shifts if one.name == shift.name and _starts(one) == _starts(shift)]
    shown = max(own, key=lambda one: one.ends_at - one.turn_starts_at) if shift.name else shift
    return f"{shown.turn_starts_at.astimezone(VIETNAM):%H:%M}–{shown.ends_at.astimezone(VIETNAM):%H:%M}"
