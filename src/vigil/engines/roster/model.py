"""A problem as numbers: tasks (a slot and a kind), who may take which, which two cannot go together, what is fair.

Everything that plans or checks works on this; it is built once per problem. A set of tasks is an int with one bit each.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from vigil.engines.roster.cost import Price, Weights, shipped_weights
from vigil.engines.roster.coverage import KINDS, LEAD, ON_SITE, Span
from vigil.engines.roster.patterns import PATTERNS, night_of, pattern_of
from vigil.engines.roster.problem import Person, Problem, Slot

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)
_FAR = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Want:
    """At least `n` people (with `quality`, of those who have it) in a task; `weight` points for each one missing."""

    quality: str | None
    n: int
    weight: int


@dataclass(frozen=True, slots=True)
class Task:
    """A slot and a kind: `room` people at most. Times in minutes since 1970, days as ordinals."""

    index: int
    slot: Slot
    kind: str
    room: int
    wants: tuple[Want, ...]
    start: int
    end: int
    day: int
    night: int
    holiday: bool
    work: bool
    load: int

    @property
    def minutes(self) -> int:
        """How long one is there."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Earlier:
    """A shift before the window, as a person's rest and nights see it."""

    start: int
    end: int
    day: int
    night: int


class Model:
    """See the module. Index p is a person's place in `problem.people`, t a task's in `tasks`."""

    def __init__(self, problem: Problem, weights: Weights | None = None) -> None:
        self.problem = problem.expanded()
        self.weights = weights or shipped_weights()
        self.people = self.problem.people
        self.rules = self.problem.rules
        self.rest = round((self.rules.rest_h or 0) * 60)
        self.tasks = self._tasks()
        self.task_at = {(task.slot.id, task.kind): task.index for task in self.tasks}
        self.person_at = {person.id: p for p, person in enumerate(self.people)}
        self.crews = self._crews()
        self.barred: list[dict[int, str]] = [{} for _ in self.tasks]
        self.earlier = [self._earlier(person) for person in self.people]
        self._bar()
        self.eligible = [[p for p in range(len(self.people)) if p not in barred] for barred in self.barred]
        self.overlapping, self.clashing = self._clashes()
        self.qualities = [person.qualities for person in self.people]
        self.fixed = frozenset(
            (self.person_at[one.person], self.task_at[one.slot, one.kind]) for one in self.problem.fixed
        )
        self._wish()
        self._share()

    def _tasks(self) -> tuple[Task, ...]:
        made: list[Task] = []
        fixed = Counter((one.slot, one.kind) for one in self.problem.fixed)
        posts = {post.id: post for post in self.problem.posts}
        for slot in sorted(self.problem.slots, key=lambda one: (one.span, one.post, one.id)):
            staffing = posts[slot.post].needs(slot.shift)
            for kind in KINDS:
                room = max(staffing.count(kind), fixed[slot.id, kind])
                if not room and (slot.id, kind) not in self.problem.spare:
                    continue
                asked: list[tuple[str | None, int]] = [(None, staffing.count(kind))]
                if kind == ON_SITE:
                    asked += [(LEAD, staffing.leads), *staffing.skills.items()]
                wants = tuple(Want(q, n, self.weights.missing(kind, q)) for q, n in asked if n > 0)
                work = kind in self.rules.work
                start, end = minutes_since(slot.span)
                made.append(
                    Task(len(made), slot, kind, room, wants, start, end, slot.day.toordinal(),
                         slot.night.toordinal() if slot.night and work else 0, slot.holiday and work, work,
                         end - start if work else round((end - start) * self.weights.at_home))
                )  # fmt: skip
        return tuple(made)

    def _crews(self) -> list[int | None]:
        """Each person's crew; who has none is put into one in turn, those who may lead first."""
        if all(slot.crew is None for slot in self.problem.slots):
            return [None] * len(self.people)
        count = 1 + max(slot.crew or 0 for slot in self.problem.slots)
        known = {*PATTERNS, *self.problem.patterns}
        of_posts = [pattern_of(self.problem, post).crews for post in self.problem.posts if post.pattern in known]
        count = max(count, *of_posts)
        crews: list[int | None] = [None if one.crew is None else one.crew % count for one in self.people]
        size = Counter(crew for crew in crews if crew is not None)
        order = sorted(range(len(crews)), key=lambda p: (not self.people[p].lead, -len(self.people[p].skills), p))
        for p in order:
            if crews[p] is None:
                chosen = min(range(count), key=lambda crew: (size[crew], crew))
                crews[p] = chosen
                size[chosen] += 1
        return crews

    def _earlier(self, person: Person) -> tuple[Earlier, ...]:
        zone = self.problem.tz
        made = []
        for span in person.before:
            night = night_of(span, self.rules, zone)
            day = span.start.astimezone(zone).date()
            made.append(Earlier(*minutes_since(span), day.toordinal(), night.toordinal() if night else 0))
        return tuple(sorted(made, key=lambda one: one.start))

    def _bar(self) -> None:
        """Who may not take a task whatever else they do: every rule that says so, and the first."""
        posts = {post.id: post for post in self.problem.posts}
        self.bars: list[dict[int, tuple[str, ...]]] = [{} for _ in self.tasks]
        for p, person in enumerate(self.people):
            first = self._midnight(person.joins) if person.joins else None
            last = self._midnight(min(person.leaves, date.max - _DAY) + _DAY) if person.leaves else None
            leave = [minutes_since(span) for span in person.leave]
            for task in self.tasks:
                post, crew, codes = posts[task.slot.post], task.slot.crew, []
                if person.posts is not None and post.id not in person.posts:
                    codes.append("post")
                if not post.requires <= person.skills:
                    codes.append("skill")
                if (first is not None and task.start < first) or (last is not None and task.end > last):
                    codes.append("dates")
                if any(start < task.end and task.start < end for start, end in leave):
                    codes.append("leave")
                if crew is not None and self.crews[p] not in (None, crew):
                    codes.append("crew")
                if any(_close(one.start, one.end, task.start, task.end, 0) for one in self.earlier[p]):
                    codes.append("overlap")
                elif task.work and any(
                    _close(one.start, one.end, task.start, task.end, self.rest) for one in self.earlier[p]
                ):
                    codes.append("rest")
                if codes:
                    self.bars[task.index][p] = tuple(codes)
                    self.barred[task.index][p] = codes[0]

    def _midnight(self, day: date) -> int:
        """Its first instant; a day far from the window, also one of year 9999, is as good as any far from it."""
        zone, window = self.problem.tz, self.problem.window
        first, last = (edge.astimezone(zone).date() for edge in (window.start, window.end))
        day = min(max(day, first - _FAR), last + _FAR)
        at = datetime(day.year, day.month, day.day, tzinfo=self.problem.tz)
        return (at.astimezone(UTC) - _EPOCH) // _MINUTE

    def _clashes(self) -> tuple[list[int], list[int]]:
        """Per task the tasks it overlaps, and those it cannot go with because of rest (or overlap)."""
        overlapping, clashing = [0] * len(self.tasks), [0] * len(self.tasks)
        starts = [task.start for task in self.tasks]
        for one in self.tasks:
            until = bisect_left(starts, one.end + max(self.rest, 0))
            for other in self.tasks[one.index + 1 : until]:
                rest = self.rest if one.work and other.work else 0
                if not _close(one.start, one.end, other.start, other.end, rest):
                    continue
                clashing[one.index] |= 1 << other.index
                clashing[other.index] |= 1 << one.index
                if one.start < other.end and other.start < one.end:
                    overlapping[one.index] |= 1 << other.index
                    overlapping[other.index] |= 1 << one.index
        return overlapping, clashing

    def _wish(self) -> None:
        """`avoid[p]`: task -> points; `prefer[p]`: (points, tasks) for each wish to stand in a span."""
        self.avoid: list[dict[int, int]] = [{} for _ in self.people]
        self.prefer: list[list[tuple[int, frozenset[int]]]] = [[] for _ in self.people]
        for p, person in enumerate(self.people):
            for wish in person.wishes:
                start, end = minutes_since(wish.span)
                met = [task.index for task in self.tasks if task.start < end and start < task.end]
                points = wish.weight * self.weights.wish
                if wish.avoid:
                    for t in met:
                        self.avoid[p][t] = self.avoid[p].get(t, 0) + points
                else:
                    self.prefer[p].append((points, frozenset(t for t in met if p not in self.barred[t])))

    def _share(self) -> None:
        """Fair shares: each place is divided over everybody who may stand then, then moved by what is carried over.

        Also a place that only some may take (a lead's): what they must stand there they are spared elsewhere.
        """
        count = len(self.people)
        self.fair = {name: [0.0] * count for name in ("nights", "holidays", "hours")}
        for task in self.tasks:
            self._divide(task, float(task.room), self.eligible[task.index])
        self._carry()
        lengths = Counter(task.minutes for task in self.tasks if task.work)
        self.step = lengths.most_common(1)[0][0] if lengths else 480
        weight = self.weights.fair
        self.price_nights = [Price.of(fair, weight["nights"]) for fair in self.fair["nights"]]
        self.price_holidays = [Price.of(fair, weight["holidays"]) for fair in self.fair["holidays"]]
        self.price_hours = [Price.of(fair * 60 / self.step, weight["hours"], self.step) for fair in self.fair["hours"]]

    def _divide(self, task: Task, places: float, able: Sequence[int]) -> None:
        whole = sum(self.people[p].share for p in able)
        for p in able:
            part = places * self.people[p].share / whole
            self.fair["nights"][p] += part if task.night else 0
            self.fair["holidays"][p] += part if task.holiday else 0
            self.fair["hours"][p] += part * task.load / 60

    def _carry(self) -> None:
        known = [p for p, person in enumerate(self.people) if person.carried is not None]
        for name, fair in self.fair.items():
            asked = sum(fair)
            amounts = {p: float(getattr(self.people[p].carried, name)) for p in known}
            whole = sum(self.people[p].share for p in known)
            mean = sum(amounts.values()) / whole if whole else 0.0
            most = self.weights.carried[name]
            for p, amount in amounts.items():
                ahead = amount - mean * self.people[p].share
                fair[p] = max(0.0, fair[p] - max(-most, min(most, ahead)))
            given = sum(fair)
            fair[:] = [part * asked / given for part in fair] if given else fair

    def wanted(self) -> int:
        """Points if nobody stood anywhere."""
        return sum(want.n * want.weight for task in self.tasks for want in task.wants)


def minutes_since(span: Span) -> tuple[int, int]:
    """Start and end in minutes since 1970, a part of a minute counted as one."""
    return (span.start - _EPOCH) // _MINUTE, -((_EPOCH - span.end) // _MINUTE)


def _close(start: int, end: int, other_start: int, other_end: int, rest: int) -> bool:
    return start < other_end + rest and other_start < end + rest


def bits(mask: int) -> Sequence[int]:
    """The tasks of a set."""
    found = []
    while mask:
        low = mask & -mask
        found.append(low.bit_length() - 1)
        mask ^= low
    return found
