"""From a pattern to slots: shifts in local wall-clock time over a window, with real durations on days when clocks
change.

A local time that a change of clocks skips counts as the same distance after it; one that comes twice counts the first
time. The end of a shift and the start of the next are resolved alike, so no minute is lost between them.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from vigil.engines.roster.coverage import KINDS, LEAD, ON_SITE, Hole, Need, Span, gaps, intersect, subtract
from vigil.engines.roster.problem import Pattern, Post, Problem, Rules, Shift, Slot, Staffing

_DAY = timedelta(days=1)
PATTERNS: Mapping[str, Pattern] = MappingProxyType({
    "8h": Pattern("8h", (Shift("morning", time(6), time(14)), Shift("afternoon", time(14), time(22)),
                         Shift("night", time(22), time(6)))),
    "12h": Pattern("12h", (Shift("day", time(7), time(19)), Shift("night", time(19), time(7)))),
    "4on4off": Pattern("4on4off", (Shift("day", time(7), time(19)), Shift("night", time(19), time(7))), on=4, off=4),
})  # fmt: skip


def pattern_of(problem: Problem, post: Post) -> Pattern:
    """The pattern of a post: the problem's own, or one of the known. Raises: KeyError."""
    return problem.patterns.get(post.pattern) or PATTERNS[post.pattern]


def turn(shift: Shift, day: date, zone: ZoneInfo) -> Span | None:
    """The shift that starts on `day`; None where a change of clocks leaves nothing of it."""
    last = day if shift.end > shift.start else day + _DAY
    start, end = _instant(day, shift.start, zone), _instant(last, shift.end, zone)
    return Span(start, end) if start < end else None


def _instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at.replace(fold=0), zone).astimezone(UTC)


def slots_of(problem: Problem) -> tuple[Slot, ...]:
    """Every slot of every post in the window, cut to it; a hand-over starts earlier, but not before the window."""
    made: list[Slot] = []
    zone, window = problem.tz, problem.window
    first = problem.local(window.start).date() - _DAY
    days = (problem.local(window.end).date() - first).days + 1
    for post in problem.posts:
        pattern = pattern_of(problem, post)
        for number in range(days):
            day = first + number * _DAY
            for index, shift in enumerate(pattern.shifts):
                whole = turn(shift, day, zone)
                inside = intersect([whole], [window]) if whole else []
                if inside:
                    early = timedelta(minutes=pattern.handover_min)
                    span = Span(max(inside[0].start - early, window.start), inside[0].end)
                    crew = crew_of(pattern, number - 1, index)
                    made.append(slot(problem, post.id, shift.name, span, inside[0], crew=crew))
    return tuple(sorted(made, key=lambda one: (one.span, one.post)))


def crew_of(pattern: Pattern, day: int, shift: int) -> int | None:
    """Whose turn a shift is on the day with that number (0: the window's first): blocks of `on` days, crews take
    turns at shifts.
    """
    if not pattern.on:
        return None
    blocks = -(-(pattern.on + pattern.off) // pattern.on)
    block = day // pattern.on
    width = len(pattern.shifts)
    turned = (shift + block // blocks) % width
    return block % blocks * width + turned


def slot(
    problem: Problem, post: str, shift: str, span: Span, turn: Span | None = None, *, crew: int | None = None
) -> Slot:
    """A slot with what follows from its times: identifier, day, night, holiday. For shifts that no pattern made,
    too.
    """
    turn = turn or span
    start = problem.local(turn.start)
    return Slot(
        id=f"{post}@{start:%Y-%m-%dT%H:%M}",
        post=post,
        shift=shift,
        span=span,
        turn=turn,
        day=start.date(),
        night=night_of(turn, problem.rules, problem.tz),
        holiday=_on_holiday(problem, turn),
        crew=crew,
    )


def night_of(span: Span, rules: Rules, zone: ZoneInfo) -> date | None:
    """The evening's day, where the span has at least `night_h` hours in one night; else None."""
    day = span.start.astimezone(zone).date() - _DAY
    hours = Shift("", rules.night_from, rules.night_until)
    while _instant(day, time(0), zone) < span.end:
        night = turn(hours, day, zone)
        if night and sum(one.minutes for one in intersect([night], [span])) >= min(rules.night_h * 60, night.minutes):
            return day
        day += _DAY
    return None


def _on_holiday(problem: Problem, span: Span) -> bool:
    """Whether at least half of it is on holidays."""
    days = [_whole_day(day, problem.tz) for day in problem.holidays]
    return 2 * sum(one.minutes for one in intersect(days, [span])) >= span.minutes if days else False


def _whole_day(day: date, zone: ZoneInfo) -> Span:
    return Span(_instant(day, time(0), zone), _instant(day + _DAY, time(0), zone))


def needs_of(problem: Problem) -> list[Need]:
    """See `Problem.needs`."""
    made: list[Need] = []
    for post in problem.posts:
        own = [one for one in problem.slots if one.post == post.id]
        for one in own:
            made.extend(_needs(post, post.needs(one.shift), one.turn))
        if post.always and post.staffing.on_site:
            open_spans = subtract([problem.window], [one.turn for one in own])
            made += [Need(post.id, span, post.staffing.on_site, functions=post.functions) for span in open_spans]
    return made


def _needs(post: Post, staffing: Staffing, span: Span) -> list[Need]:
    asked: list[tuple[str, str | None, int]] = [(kind, None, staffing.count(kind)) for kind in KINDS]
    asked += [(ON_SITE, LEAD, staffing.leads), *((ON_SITE, skill, n) for skill, n in staffing.skills.items())]
    return [Need(post.id, span, n, kind, quality, post.functions) for kind, quality, n in asked if n > 0]


def left_open(problem: Problem) -> list[Hole]:
    """Where no shift of a post's pattern covers the window though the post is always kept."""
    holes = []
    for post in problem.posts:
        if post.always:
            turns = [one.turn for one in problem.slots if one.post == post.id]
            holes += [Hole(span, post.staffing.on_site, post.id) for span in gaps([problem.window], turns)]
    return holes
