"""Every rule checked again, for a whole roster or for one change; written apart from the planner, so that it can
judge it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from vigil.engines.roster.board import NONE, Board
from vigil.engines.roster.model import Model
from vigil.engines.roster.plan import Unfilled, Violation
from vigil.engines.roster.problem import Assignment, Problem
from vigil.engines.roster.reasons import unfilled
from vigil.engines.roster.wording import days, kind_words, number, rule_words, shift_words
from vigil.kernel.errors import Refused
from vigil.kernel.phrases import N_, phrase


@dataclass(frozen=True, slots=True)
class MoveCheck:
    """What one change would do: rules it breaks, needs it opens, and by how many points the roster gets dearer."""

    violations: tuple[Violation, ...]
    opens: tuple[Unfilled, ...]
    points: int

    @property
    def allowed(self) -> bool:
        """Whether no hard rule is broken."""
        return not self.violations


def violations(problem: Problem | Model, assignments: Iterable[Assignment]) -> tuple[Violation, ...]:
    """Every rule that the assignments break, person by person. A Model made before saves the time of making one."""
    model = problem if isinstance(problem, Model) else Model(problem)
    tasks_of: dict[int, list[int]] = defaultdict(list)
    for p, t in pairs(model, assignments):
        tasks_of[p].append(t)
    found = [one for p in sorted(tasks_of) for one in _of_person(model, p, sorted(tasks_of[p]))]
    return (*found, *_crowded(model, tasks_of))


def check_move(
    model: Model, assignments: Iterable[Assignment], *, taken: Assignment | None = None, left: Assignment | None = None
) -> MoveCheck:
    """What it would do to take `taken` (and, of the same or another person, to leave `left`). Fast enough while
    dragging.

    Only what the change itself breaks is told, not what was broken before.
    """
    have = [pair for pair in pairs(model, assignments) if left is None or pair != _pair(model, left)]
    board = Board(model, have)
    before = board.cost().total
    dearer = 0
    if left is not None:
        p, t = _pair(model, left)
        whole = Board(model, [*have, (p, t)])
        dearer = before - whole.cost().total
        opened = {(one.slot, one.kind, one.quality): one.missing for one in unfilled(whole)}
    else:
        opened = {(one.slot, one.kind, one.quality): one.missing for one in unfilled(board)}
    broken: tuple[Violation, ...] = ()
    if taken is not None:
        p, t = _pair(model, taken)
        mine = [task for person, task in have if person == p]
        was = _of_person(model, p, sorted(mine))
        broken = tuple(one for one in _of_person(model, p, sorted([*mine, t])) if one not in was)
        if t not in mine:
            dearer += board.delta([(p, NONE, t)])
            board.change(p, NONE, t)
        if len(board.on[t]) > model.tasks[t].room:
            broken = (*broken, _full(model, t, len(board.on[t])))
    opens = tuple(one for one in unfilled(board) if one.missing > opened.get((one.slot, one.kind, one.quality), 0))
    return MoveCheck(broken, opens, dearer)


def pairs(model: Model, assignments: Iterable[Assignment]) -> list[tuple[int, int]]:
    """As indices. Raises: Refused `roster.assignment` for a person, shift or kind that is not in the problem."""
    return [_pair(model, one) for one in assignments]


def _pair(model: Model, one: Assignment) -> tuple[int, int]:
    p, t = model.person_at.get(one.person), model.task_at.get((one.slot, one.kind))
    if p is None or t is None:
        raise Refused(
            "roster.assignment",
            N_("{person} cannot be put into {slot} ({kind}): one of them is not in the problem."),
            person=one.person,
            slot=one.slot,
            kind=one.kind,
        )
    return p, t


def _of_person(model: Model, p: int, tasks: Sequence[int]) -> list[Violation]:
    found: list[Violation] = []
    for t in tasks:
        code = model.barred[t].get(p)
        if code:
            found.append(_barred(model, p, t, code))
    for i, first in enumerate(tasks):
        for second in tasks[i + 1 :]:
            if first == second or model.overlapping[first] >> second & 1:
                found.append(_twice(model, p, first, second))
            elif model.clashing[first] >> second & 1:
                found.append(_rest(model, p, first, second))
    work = [t for t in tasks if model.tasks[t].work]
    return [*found, *_nights(model, p, work), *_sevens(model, p, work)]


def _barred(model: Model, p: int, t: int, code: str) -> Violation:
    slot = model.tasks[t].slot
    wording = N_("{person}, {shift} at {post} on {day}: {rule}.")
    return Violation(
        code,
        phrase(
            wording,
            person=model.people[p].label,
            shift=shift_words(slot.shift),
            post=_post(model, t),
            day=slot.day,
            rule=rule_words(code),
        ),
        model.people[p].id,
        (slot.id,),
        slot.span.start,
    )


def _post(model: Model, t: int) -> str:
    post = model.problem.post(model.tasks[t].slot.post)
    return post.name or post.id


def _twice(model: Model, p: int, first: int, second: int) -> Violation:
    one, two = model.tasks[first].slot, model.tasks[second].slot
    if one.post == two.post:
        at = max(one.span.start, two.span.start)
        told = phrase(
            N_("{person} stands at {post} at {at} already."),
            person=model.people[p].label,
            post=_post(model, first),
            at=at,
        )
        return Violation("overlap", told, model.people[p].id, (one.id, two.id), at)
    said = phrase(
        N_("{person} would be in two places at {at}: {first} and {second}."),
        person=model.people[p].label,
        at=max(one.span.start, two.span.start),
        first=_post(model, first),
        second=_post(model, second),
    )
    return Violation("overlap", said, model.people[p].id, (one.id, two.id), max(one.span.start, two.span.start))


def _rest(model: Model, p: int, first: int, second: int) -> Violation:
    one, two = model.tasks[first], model.tasks[second]
    rest = (max(one.start, two.start) - min(one.end, two.end)) / 60
    said = phrase(
        N_("{person} has {rest} h of rest before {at}; {needed} h are needed."),
        person=model.people[p].label,
        rest=number(rest),
        at=max(one.slot.span.start, two.slot.span.start),
        needed=number(model.rest / 60),
    )
    return Violation("rest", said, model.people[p].id, (one.slot.id, two.slot.id), two.slot.span.start)


def _nights(model: Model, p: int, work: Sequence[int]) -> list[Violation]:
    most = model.rules.max_nights
    if most is None:
        return []
    slot_of = {model.tasks[t].night: model.tasks[t].slot.id for t in work if model.tasks[t].night}
    nights = sorted({*slot_of, *(one.night for one in model.earlier[p] if one.night)})
    found, run = [], list[int]()
    for night in [*nights, 10**9]:
        if run and night != run[-1] + 1:
            if len(run) > most and any(one in slot_of for one in run):
                said = phrase(
                    N_("{person} stands {count} nights running ({days}); at most {most} are allowed."),
                    person=model.people[p].label,
                    count=len(run),
                    days=days(date.fromordinal(one) for one in run),
                    most=most,
                )
                slots = tuple(slot_of[one] for one in run if one in slot_of)
                found.append(Violation("nights", said, model.people[p].id, slots, date.fromordinal(run[0])))
            run = []
        run.append(night)
    return found


def _sevens(model: Model, p: int, work: Sequence[int]) -> list[Violation]:
    """The first seven days running in which a limit is passed, per limit."""
    shifts: Counter[int] = Counter(one.day for one in model.earlier[p])
    minutes: Counter[int] = Counter()
    for one in model.earlier[p]:
        minutes[one.day] += one.end - one.start
    for t in work:
        shifts[model.tasks[t].day] += 1
        minutes[model.tasks[t].day] += model.tasks[t].minutes
    found = []
    for code, amounts, most in (
        ("shifts_7d", shifts, model.rules.max_shifts_7d),
        ("hours_7d", minutes, None if model.rules.max_hours_7d is None else model.rules.max_hours_7d * 60),
    ):
        for day in sorted(amounts):
            total = sum(amounts[day + k] for k in range(7))
            concerned = tuple(model.tasks[t].slot.id for t in work if day <= model.tasks[t].day < day + 7)
            if most is not None and total > most and concerned:
                first = date.fromordinal(day)
                found.append(_seven(model, p, code, total, most, first, concerned))
                break
    return found


def _seven(model: Model, p: int, code: str, total: int, most: float, first: date, slots: tuple[str, ...]) -> Violation:
    values = {"person": model.people[p].label, "from_day": first, "to_day": first + timedelta(days=6)}
    if code == "shifts_7d":
        said = phrase(N_("{person} stands {count} shifts from {from_day} to {to_day}; at most {most} are allowed."),
                      **values, count=total, most=int(most))  # fmt: skip
    else:
        said = phrase(N_("{person} stands {count} h from {from_day} to {to_day}; at most {most} are allowed."),
                      **values, count=number(total / 60), most=number(most / 60))  # fmt: skip
    return Violation(code, said, model.people[p].id, slots, first)


def _crowded(model: Model, tasks_of: dict[int, list[int]]) -> list[Violation]:
    on = Counter(t for tasks in tasks_of.values() for t in tasks)
    return [_full(model, t, count) for t, count in sorted(on.items()) if count > model.tasks[t].room]


def _full(model: Model, t: int, count: int) -> Violation:
    slot = model.tasks[t].slot
    said = phrase(
        N_("{count} people are {kind} at {post} at {at}; there is room for {room}."),
        count=count,
        kind=kind_words(model.tasks[t].kind),
        post=_post(model, t),
        at=slot.span.start,
        room=model.tasks[t].room,
    )
    return Violation("full", said, "", (slot.id,), slot.span.start)
