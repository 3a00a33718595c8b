"""What a roster is planned from: posts and their patterns, people, rules, what is already fixed. Values only.

`Problem.expanded()` turns patterns into slots; whoever has shifts of their own (a stored roster) gives the slots
instead.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from vigil.engines.roster.coverage import LEAD, ON_CALL, ON_SITE, Need, Presence, Span

MAX_PEOPLE, MAX_POSTS, MAX_DAYS, MAX_SLOTS, MAX_PER_SHIFT = 2_000, 100, 366, 20_000, 500


@dataclass(frozen=True, slots=True)
class Shift:
    """A shift of a pattern in local wall-clock time; an end at or before the start is on the next day."""

    name: str
    start: time
    end: time


@dataclass(frozen=True, slots=True)
class Pattern:
    """The shifts of a day, repeated. `handover_min`: how long before its shift the incoming crew is already there.

    With `on` and `off` (4 and 4) each shift of a day is one crew's turn: it works `on` days running, then has `off`
    days.
    """

    id: str
    shifts: tuple[Shift, ...]
    handover_min: int = 0
    on: int = 0
    off: int = 0

    @property
    def crews(self) -> int:
        """How many crews take turns; 0 where anybody may stand any day."""
        return len(self.shifts) * -(-(self.on + self.off) // self.on) if self.on else 0


@dataclass(frozen=True, slots=True)
class Staffing:
    """Who a shift needs: at least `on_site` people at the post, of them `leads` who may lead and so many of each
    skill.
    """

    on_site: int = 1
    on_call: int = 0
    backup: int = 0
    leads: int = 0
    skills: Mapping[str, int] = field(default_factory=dict)

    def count(self, kind: str) -> int:
        """How many of `kind`."""
        return {ON_SITE: self.on_site, ON_CALL: self.on_call}.get(kind, self.backup)


@dataclass(frozen=True, slots=True)
class Post:
    """A place where one or more functions are kept. `requires`: skills that everybody there must have, of any kind.

    `always`: it must be covered at every minute of the window, not only in its shifts.
    """

    id: str
    functions: tuple[str, ...] = ()
    pattern: str = "8h"
    staffing: Staffing = Staffing()
    by_shift: Mapping[str, Staffing] = field(default_factory=dict)
    requires: frozenset[str] = frozenset()
    name: str = ""
    always: bool = True

    def needs(self, shift: str) -> Staffing:
        """What the shift called `shift` needs."""
        return self.by_shift.get(shift, self.staffing)


@dataclass(frozen=True, slots=True)
class Slot:
    """One shift at one post. `span` is when people are there (hand-over included), `turn` the shift itself (what
    must be covered).

    `day`: local day on which it starts; `night`: the evening's day where it is a night shift; `crew`: whose turn it is.
    """

    id: str
    post: str
    shift: str
    span: Span
    turn: Span
    day: date
    night: date | None = None
    holiday: bool = False
    crew: int | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """A wish of a person about a span: to be spared it (`avoid`) or to stand in it. Soft, unlike leave."""

    span: Span
    avoid: bool = True
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Carried:
    """What a person already stood in earlier watches: nights, shifts on holidays, hours."""

    nights: int = 0
    holidays: int = 0
    hours: int = 0


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can stand. `joins` and `leaves` are their first and last day; `share` is their part of a fair load.

    `carried` None: new, owes nothing and is owed nothing. `before`: shifts just before the window, for rest and
    nights running.
    `crew` None in a pattern with crews: one is chosen.
    """

    id: str
    name: str = ""
    skills: frozenset[str] = frozenset()
    lead: bool = False
    posts: frozenset[str] | None = None
    joins: date | None = None
    leaves: date | None = None
    leave: tuple[Span, ...] = ()
    wishes: tuple[Wish, ...] = ()
    carried: Carried | None = None
    before: tuple[Span, ...] = ()
    share: float = 1.0
    crew: int | None = None

    @property
    def label(self) -> str:
        """Name, or identifier."""
        return self.name or self.id

    @property
    def qualities(self) -> frozenset[str]:
        """Skills, and LEAD for who may lead."""
        return self.skills | {LEAD} if self.lead else self.skills


@dataclass(frozen=True, slots=True)
class Rules:
    """The hard rules. None: does not hold. They concern the kinds in `work` (time at home on call is not a shift,
    unless named).

    `rest_h`: between two shifts; `max_nights`: running; `max_shifts_7d`, `max_hours_7d`: in any seven local days.
    """

    rest_h: float | None = 11
    max_nights: int | None = 4
    max_shifts_7d: int | None = 6
    max_hours_7d: float | None = None
    night_from: time = time(22)
    night_until: time = time(6)
    night_h: float = 3
    work: frozenset[str] = frozenset({ON_SITE})


@dataclass(frozen=True, slots=True)
class Assignment:
    """A person in a slot. In `Problem.fixed`: kept whatever else happens, and reported where it breaks a rule."""

    person: str
    slot: str
    kind: str = ON_SITE


@dataclass(frozen=True, slots=True)
class Problem:
    """Everything a roster is planned from. `spare`: places (slot, kind) in which somebody stands though nobody asks for
    them any more: they are judged there, and nobody new is put there.
    """

    window: Span
    posts: tuple[Post, ...]
    people: tuple[Person, ...]
    rules: Rules = Rules()
    patterns: Mapping[str, Pattern] = field(default_factory=dict)
    holidays: frozenset[date] = frozenset()
    fixed: tuple[Assignment, ...] = ()
    zone: str = "Asia/Ho_Chi_Minh"
    slots: tuple[Slot, ...] = ()
    name: str = ""
    spare: frozenset[tuple[str, str]] = frozenset()

    def expanded(self) -> "Problem":
        """With slots: its own, or those of the posts' patterns. Raises: Refused where something in it contradicts
        itself.
        """
        from vigil.engines.roster.patterns import slots_of
        from vigil.engines.roster.validation import check_bounds, check_growth, check_patterns, validate

        check_bounds(self)
        check_patterns(self)
        if not self.slots:
            check_growth(self)
        made = self if self.slots else replace(self, slots=slots_of(self))
        validate(made)
        return made

    @property
    def tz(self) -> ZoneInfo:
        """The zone in which its days and shifts are told."""
        return ZoneInfo(self.zone)

    def post(self, post: str) -> Post:
        """By identifier. Raises: KeyError."""
        for one in self.posts:
            if one.id == post:
                return one
        raise KeyError(post)

    def local(self, instant: datetime) -> datetime:
        """In the zone of the problem."""
        return instant.astimezone(self.tz)

    def staffing(self, slot: Slot) -> Staffing:
        """What the slot needs."""
        return self.post(slot.post).needs(slot.shift)

    def needs(self) -> list[Need]:
        """What must be covered, for `coverage`: each shift, and the whole window where a post is always kept."""
        from vigil.engines.roster.patterns import needs_of

        return needs_of(self)

    def presences(self, assignments: Iterable[Assignment]) -> list[Presence]:
        """The assignments as planned presences, for `coverage`."""
        slots = {slot.id: slot for slot in self.slots}
        people = {person.id: person for person in self.people}
        return [
            Presence(one.person, slots[one.slot].post, slots[one.slot].span, one.kind, people[one.person].qualities)
            for one in assignments
        ]
