"""Reads of duty: who is on now and next, whose shifts are whose, how a roster stands."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from vigil.domain.directives.models import Watch, WatchState
from vigil.domain.duty.actions.presence import rows_with_dues
from vigil.domain.duty.coverage import planned_coverage
from vigil.domain.duty.models import CheckIn, DutyRow, DutyShift, Function, Kind, Place, Roster
from vigil.domain.duty.problems import assignment_of, planned_by_us, problem_of, rows_of, to_the_end
from vigil.engines.roster import Assignment, Hole, Judged, Plan, Problem, Violation, evaluated


@dataclass(frozen=True, slots=True)
class Standing:
    """Somebody in a shift, now or next: their last check-in, when the next is due, whether it is late."""

    row: DutyRow
    last: CheckIn | None = None
    due_at: datetime | None = None
    late: bool = False

    @property
    def place(self) -> str:
        """What the last check-in says of the place; empty: none came."""
        return self.last.place if self.last else ""


@dataclass(frozen=True, slots=True)
class FunctionNow:
    """A function, who keeps it now, who comes next and when."""

    function: str
    now: tuple[Standing, ...] = ()
    next: tuple[DutyRow, ...] = ()
    next_at: datetime | None = None

    @property
    def label(self) -> str:
        """In words."""
        return str(Function(self.function).label)

    @property
    def kept(self) -> bool:
        """Whether somebody on site has checked in and is not late."""
        return any(one.row.kind == Kind.ON_SITE and one.last is not None and not one.late for one in self.now)


@dataclass(frozen=True, slots=True)
class Now:
    """Who is on at an instant: each row once, and by function."""

    rows: tuple[Standing, ...] = ()
    next: tuple[DutyRow, ...] = ()
    functions: tuple[FunctionNow, ...] = field(default=())


def in_force(organisations: Iterable[UUID] | None = None) -> QuerySet[DutyRow]:
    """Rows of published rosters of watches that are not closed."""
    rows = DutyRow.objects.filter(superseded_at=None, shift__dropped_at=None, roster__published_at__isnull=False)
    rows = rows.exclude(roster__watch__state=WatchState.CLOSED)
    if organisations is not None:
        rows = rows.filter(roster__watch__organisation__in=list(organisations))
    return rows.select_related("person", "shift__post", "roster__watch")


def on_now(rows: QuerySet[DutyRow], at: datetime) -> Now:
    """Who of `rows` (see `in_force`) is on at `at`, and who is next."""
    current = list(rows.filter(starts_at__lte=at, ends_at__gt=at).order_by("kind", "-leads", "person__name"))
    standing = [_standing(*one, at) for one in rows_with_dues(current)]
    coming = list(rows.filter(starts_at__gt=at).order_by("starts_at", "-leads", "person__name")[:60])
    first: dict[UUID, datetime] = {}
    for row in coming:
        first.setdefault(row.shift.post_id, row.starts_at)
    following = [row for row in coming if row.starts_at == first[row.shift.post_id]]
    return Now(tuple(standing), tuple(following), tuple(_by_function(standing, following)))


def _standing(row: DutyRow, due: datetime | None, checks: Sequence[CheckIn], at: datetime) -> Standing:
    if row.kind != Kind.ON_SITE:
        return Standing(row)
    return Standing(row, checks[-1] if checks else None, due, due is not None and due < at)


def _by_function(standing: Sequence[Standing], following: Sequence[DutyRow]) -> Iterable[FunctionNow]:
    for function in Function.values:
        here = tuple(one for one in standing if function in one.row.shift.post.functions)
        after = [row for row in following if function in row.shift.post.functions and row.kind == Kind.ON_SITE]
        soonest = min((row.starts_at for row in after), default=None)
        yield FunctionNow(function, here, tuple(row for row in after if row.starts_at == soonest), soonest)


def shifts_ending(since: datetime, until: datetime) -> list[DutyShift]:
    """Shifts of our own posts that end from `since` to `until`, with somebody in them and no hand-over yet."""
    rows = in_force().filter(kind=Kind.ON_SITE, shift__ends_at__gt=since, shift__ends_at__lte=until)
    rows = rows.filter(shift__post__provider=None, shift__handed_over=None)
    return list(DutyShift.objects.filter(pk__in=rows.values("shift")).select_related("post"))


def rows_of_person(person: UUID, now: datetime) -> QuerySet[DutyRow]:
    """A person's shifts that are not over, the next first."""
    return in_force().filter(person=person, ends_at__gt=now).order_by("starts_at")


def standing_plan(roster: Roster) -> Plan | None:
    """The roster as the engine sees it now: holes, rules broken, cost, fairness. None without shifts of our own.

    Who is a member no longer is left out of the rules, and shows in the rows all the same.
    """
    problem = problem_of(roster)
    return evaluated(problem, _standing_in(problem, roster)) if problem.slots else None


def function_holes(roster: Roster, at: datetime) -> list[Hole]:
    """Where a function is kept by nobody, from `at` on: the same holes by which the proof of 1.a goes."""
    return [hole for hole in planned_coverage(roster).functions if hole.span.end > at]


def _standing_in(problem: Problem, roster: Roster) -> list[Assignment]:
    known = {person.id for person in problem.people}
    rows = to_the_end(planned_by_us(rows_of(roster)))
    given = [assignment_of(row) for row in rows if str(row.person_id) in known]
    return list(dict.fromkeys(given))


def broken_in(plan: Plan | Judged) -> list[Violation]:
    """The rules that a roster breaks. More people than needed are no fault: a post asks for at least so many."""
    return [one for one in plan.violations if one.code != "full"]


def watch_on_duty(organisation: UUID, now: datetime) -> Watch | None:
    """The organisation's watch whose roster counts at `now`: published, and the one that began last."""
    watches = Watch.objects.filter(
        organisation=organisation, roster__published_at__isnull=False, starts_at__lte=now, ends_at__gt=now
    )
    return watches.exclude(state=WatchState.CLOSED).order_by("-starts_at").first()


def proven_place(check: CheckIn | None) -> bool:
    """Whether a check-in proves that somebody was on site."""
    return check is not None and check.place == Place.PROVEN
