"""Changing a roster by hand: each change checks every rule again, and says what it breaks before it is made."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction

from vigil.domain.duty.actions.planning import grown, locked, name_leads, stands_from
from vigil.domain.duty.actions.telling import tell
from vigil.domain.duty.models import DutyRow, DutyShift, Kind, Member, Origin, Roster
from vigil.domain.duty.problems import assignment_of, planned_by_us, problem_of, rows_of, to_the_end
from vigil.domain.duty.queries import broken_in
from vigil.domain.organisations.models import Person
from vigil.engines.roster import Assignment, Judged, Model, Violation, judged
from vigil.engines.roster.wording import KIND_WORDS
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict, Refused
from vigil.kernel.phrases import N_, Phrase, phrase

MOST_CANDIDATES: Final = 15
MOST_LOOKED_AT: Final = 60
NEVER: Final = frozenset({"overlap", "leave", "dates"})
"""What no reason overrides: nobody is in two places, and leave is withdrawn first."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a change would do: rules that it breaks (and which of them no reason overrides), needs that it opens."""

    breaks: tuple[Violation, ...]
    opens: tuple[Phrase, ...]
    points: int

    @property
    def forbidden(self) -> tuple[Violation, ...]:
        """Those that no reason overrides."""
        return tuple(one for one in self.breaks if one.code in NEVER)


@dataclass(frozen=True, slots=True)
class Change:
    """Rows that go and places that are taken, together: a move is one of each, an exchange two."""

    leave: tuple[DutyRow, ...] = ()
    take: tuple[tuple[DutyShift, Person, str], ...] = ()

    @property
    def shifts(self) -> set[DutyShift]:
        """All that it touches."""
        return {*(row.shift for row in self.leave), *(shift for shift, _, _ in self.take)}


class Judge:
    """A roster as it stands, ready to say what changes would do; made once for many questions."""

    def __init__(self, roster: Roster) -> None:
        self._model = Model(problem_of(roster))
        self._known = {person.id for person in self._model.people}
        rows = [assignment_of(row) for row in to_the_end(planned_by_us(rows_of(roster)))]
        self._before = _once([one for one in rows if one.person in self._known])
        self._was = judged(self._model, self._before)

    @property
    def hours(self) -> dict[str, float]:
        """How many hours each person stands, by identifier."""
        return {one.person: one.hours for one in self._was.fairness}

    def outlook(self, change: Change) -> Outlook:
        """What the change would do.

        Raises: Refused `roster.no_member` for who does not stand duty here, `roster.no_place` for a kind that the post
        does not ask for, `roster.providers` for a provider's shift.
        """
        if any(shift.post.provider_id is not None for shift in change.shifts):
            raise Refused("roster.providers", N_("The provider changes this with a new answer."))
        gone = {assignment_of(row) for row in change.leave}
        after = [one for one in self._before if one not in gone]
        for shift, person, kind in change.take:
            if str(person.pk) not in self._known:
                raise Refused("roster.no_member", N_("{name} does not stand duty here."), name=person.name)
            if (str(shift.pk), kind) not in self._model.task_at:
                raise Refused(
                    "roster.no_place",
                    N_("{post} asks for nobody who stands so ({kind}); change the post first."),
                    post=shift.post.name,
                    kind=phrase(KIND_WORDS[kind]),
                )
            after.append(Assignment(str(person.pk), str(shift.pk), kind))
        seen = judged(self._model, _once(after))
        had = {(one.code, one.person, one.slots) for one in self._was.violations}
        broken = [one for one in broken_in(seen) if (one.code, one.person, one.slots) not in had]
        if len(set(after)) < len(after):
            name = next(person.name for _, person, _ in change.take)
            broken.append(Violation("overlap", phrase(N_("{person} stands there already."), person=name), ""))
        return Outlook(tuple(broken), _opened(self._was, seen), seen.cost.total - self._was.cost.total)


def outlook(roster: Roster, change: Change) -> Outlook:
    """Look at one change without making it; see `Judge`."""
    return Judge(roster).outlook(change)


def _once(assignments: Sequence[Assignment]) -> list[Assignment]:
    return list(dict.fromkeys(assignments))


def _opened(was: Judged, now: Judged) -> tuple[Phrase, ...]:
    missed = {(one.slot, one.kind, one.quality): one.missing for one in was.unfilled}
    return tuple(one.why for one in now.unfilled if one.missing > missed.get((one.slot, one.kind, one.quality), 0))


@transaction.atomic
def make(
    *,
    roster: Roster,
    change: Change,
    version: int | None,
    actor: Actor,
    now: datetime,
    reason: str = "",
    origin: str = Origin.HAND,
) -> list[DutyRow]:
    """Make a change. Rules that it breaks need a reason (then it is an override); some no reason overrides.

    Who leaves a shift that runs has stood until now: that part stays, with the check-ins in it. Who stood in a shift
    that is over can be entered afterwards, with a reason; the row says when it was made.

    Raises: Refused `roster.rules` (facts: `breaks`, sentences), `roster.never`, `roster.no_member`, `roster.no_place`,
    `roster.no_reason`, `roster.providers`;
    Conflict `roster.changed`, `roster.superseded`, `roster.over`, `watch.closed`.
    """
    roster = locked(roster, version)
    _still_there(roster, change, now)
    if not reason.strip() and any(shift.ends_at <= now for shift, _, _ in change.take):
        raise Refused("roster.no_reason", N_("This shift is over: say how you know who stood."))
    seen = outlook(roster, change)
    if seen.forbidden:
        raise Refused("roster.never", N_("Not possible: {why}"), why=_joined([one.phrase for one in seen.forbidden]))
    if seen.breaks and not reason.strip():
        why = _joined([one.phrase for one in seen.breaks])
        raise Refused("roster.rules", N_("Against the rules, and no reason is given: {why}"), why=why)
    origin = Origin.OVERRIDE if seen.breaks else origin
    DutyRow.objects.filter(pk__in=[row.pk for row in change.leave]).update(superseded_at=now)
    staying = {(shift.pk, person.pk) for shift, person, _ in change.take}
    stood = [_stood(row, now) for row in change.leave if (row.shift_id, row.person_id) not in staying]
    made = [
        DutyRow.objects.create(
            roster=roster,
            shift=shift,
            person=person,
            kind=kind,
            origin=origin,
            kept=True,
            starts_at=_back_since(shift, person, now) or stands_from(shift, kind, now),
            ends_at=shift.ends_at,
            why=phrase(N_("by {name}"), name=actor.name).to_json(),
            reason=reason.strip()[:500],
            made_at=now,
        )
        for shift, person, kind in change.take
    ]
    for row, following in zip(change.leave, made, strict=False):
        DutyRow.objects.filter(pk=row.pk).update(superseded_by=following)
    name_leads(roster)
    grown(roster)
    tell(
        roster,
        "roster_changed",
        organisation=roster.watch.organisation_id,
        actor=actor,
        now=now,
        why=reason.strip(),
        personal={"left": [row.person.name for row in change.leave], "took": [one[1].name for one in change.take]},
        facts={
            "origin": str(origin),
            "broken": sorted({one.code for one in seen.breaks}),
            "version": roster.version,
            "rows": [str(row.pk) for row in [*made, *filter(None, stood)]],
            "superseded": [str(row.pk) for row in change.leave],
        },
    )
    return made


def _stood(row: DutyRow, now: datetime) -> DutyRow | None:
    """The part of a superseded row that is over; None when it had not begun."""
    if row.starts_at >= now:
        return None
    return DutyRow.objects.create(
        roster=row.roster, shift=row.shift, person=row.person, kind=row.kind, starts_at=row.starts_at, ends_at=now,
        origin=row.origin, kept=True, why=row.why, reason=row.reason, made_at=now, reminded_at=row.reminded_at,
    )  # fmt: skip


def _back_since(shift: DutyShift, person: Person, now: datetime) -> datetime | None:
    """For somebody who left this very shift and comes back: since when they stood. One row goes on as one row."""
    earlier = shift.rows.filter(superseded_at=None, person=person, ends_at__lte=now, ends_at__lt=shift.ends_at).first()
    if earlier is None:
        return None
    DutyRow.objects.filter(pk=earlier.pk).update(superseded_at=now)
    return earlier.starts_at


def _still_there(roster: Roster, change: Change, now: datetime) -> None:
    for row in change.leave:
        current = DutyRow.objects.filter(pk=row.pk, roster=roster, superseded_at=None).exists()
        if not current:
            raise Conflict("roster.superseded", N_("This row of the roster was changed meanwhile."))
        if row.ends_at <= now:
            raise Conflict("roster.over", N_("This shift is over; what was cannot be moved."))
    for shift, _, _ in change.take:
        if shift.roster_id != roster.pk or shift.dropped_at is not None:
            raise Conflict("roster.superseded", N_("This row of the roster was changed meanwhile."))
        if shift.ends_at <= now and change.leave:
            raise Conflict("roster.over", N_("This shift is over; what was cannot be moved."))


def _joined(sentences: Sequence[Phrase]) -> Phrase:
    told = sentences[0]
    for more in sentences[1:3]:
        told = phrase(N_("{first} {second}"), first=told, second=more)
    return told


@transaction.atomic
def relieve(
    *, row: DutyRow, person: Person, version: int | None, actor: Actor, now: datetime, reason: str
) -> tuple[DutyRow, DutyRow]:
    """Within a shift: `row`'s person goes now, `person` stands for the rest. Both halves stay on record.

    Raises: Refused `roster.no_reason`, `roster.never`, `roster.no_member`; Conflict as `make`, `roster.not_on_now`.
    """
    roster = locked(row.roster, version)
    if not reason.strip():
        raise Refused("roster.no_reason", N_("Say why."))
    if not row.starts_at < now < row.ends_at:
        raise Conflict("roster.not_on_now", N_("Only who stands now can be relieved now."))
    change = Change(leave=(row,), take=((row.shift, person, row.kind),))
    _still_there(roster, change, now)
    seen = outlook(roster, change)
    if seen.forbidden:
        raise Refused("roster.never", N_("Not possible: {why}"), why=_joined([one.phrase for one in seen.forbidden]))
    DutyRow.objects.filter(pk=row.pk).update(superseded_at=now)
    first = _stood(row, now)
    assert first is not None  # noqa: S101 - the row is on now, see above
    rest = DutyRow.objects.create(
        roster=roster,
        shift=row.shift,
        person=person,
        kind=row.kind,
        starts_at=_back_since(row.shift, person, now) or now,
        ends_at=row.ends_at,
        origin=Origin.OVERRIDE if seen.breaks else Origin.HAND,
        kept=True,
        made_at=now,
        reason=reason.strip()[:500],
    )
    DutyRow.objects.filter(pk=row.pk).update(superseded_by=rest)
    name_leads(roster)
    grown(roster)
    tell(
        roster,
        "relieved",
        organisation=roster.watch.organisation_id,
        actor=actor,
        now=now,
        why=reason.strip(),
        personal={"went": row.person.name, "came": person.name},
        facts={
            "rows": [str(first.pk), str(rest.pk)],
            "broken": sorted({one.code for one in seen.breaks}),
            "version": roster.version,
        },
    )
    return first, rest


def who_could_stand(
    judge: Judge, shift: DutyShift, *, instead_of: DutyRow | None = None, kind: str = Kind.ON_SITE
) -> tuple[list[tuple[Member, Outlook]], int]:
    """Who could take a place, whom no rule keeps out first; and how many more there are.

    Whoever stands least is looked at first, and no more of them than a person would read through.
    """
    if shift.post.provider_id is not None:
        return [], 0
    members = Member.objects.filter(
        organisation=shift.post.organisation_id, retired_at=None, person__left_at=None
    ).exclude(person__in=shift.rows.filter(superseded_at=None, ends_at__gte=shift.ends_at).values("person"))
    hours = judge.hours
    ordered = sorted(
        members.select_related("person"), key=lambda one: (hours.get(str(one.person_id), 0.0), one.person.name)
    )
    found: list[tuple[Member, Outlook]] = []
    looked = 0
    for member in ordered[:MOST_LOOKED_AT]:
        looked += 1
        place = (shift, member.person, instead_of.kind if instead_of else kind)
        seen = judge.outlook(Change((instead_of,) if instead_of else (), (place,)))
        if not seen.forbidden:
            found.append((member, seen))
        if sum(not one.breaks for _, one in found) >= MOST_CANDIDATES:
            break
    found.sort(key=lambda pair: (len(pair[1].breaks), pair[1].points, pair[0].person.name))
    return found[:MOST_CANDIDATES], len(ordered) - looked + max(0, len(found) - MOST_CANDIDATES)
