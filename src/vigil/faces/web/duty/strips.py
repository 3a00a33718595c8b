"""Coverage drawn as SVG without style: a strip a function over the window, the present as a line, and in it where
nobody keeps the function (holes) and where fewer do than the post asks, or no lead does (thin).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from vigil.domain.directives.models import Watch
from vigil.domain.duty.models import Function
from vigil.engines.roster import Plan, Span, subtract, union
from vigil.kernel.clock import VIETNAM

WIDTH, HEIGHT = 1000.0, 18


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle: where it begins and how wide it is, in thousandths of the window, and what it says on hovering."""

    x: str
    width: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Strip:
    """A function's strip. `kept`: somebody is planned to keep it at all. `thin` leaves out what is a hole already."""

    function: str
    label: str
    kept: bool
    holes: tuple[Bar, ...]
    thin: tuple[Bar, ...]

    @property
    def minutes(self) -> int:
        """Minutes in which nobody keeps it."""
        return _minutes(self.holes)

    @property
    def thin_minutes(self) -> int:
        """Minutes in which somebody keeps it, but fewer than asked or without a lead."""
        return _minutes(self.thin)


@dataclass(frozen=True, slots=True)
class Strips:
    """All strips over one window; `days` are midnights, `now` where the present is (empty outside)."""

    strips: tuple[Strip, ...]
    days: tuple[tuple[str, datetime], ...]
    now: str


def strips_of(watch: Watch, plan: Plan | None, now: datetime) -> Strips:
    """The planned coverage of a watch, drawn."""
    lasts = (watch.ends_at - watch.starts_at).total_seconds()

    def at(instant: datetime) -> float:
        return max(0.0, min(WIDTH, (instant - watch.starts_at).total_seconds() / lasts * WIDTH))

    def bar(span: Span) -> Bar:
        x, end = at(span.start), at(span.end)
        return Bar(f"{x:.2f}", f"{max(end - x, 1.5):.2f}", span.start, span.end)

    kept = {name for post in plan.problem.posts for name in post.functions} if plan else set()
    strips = tuple(
        Strip(
            name,
            str(Function(name).label),
            name in kept,
            tuple(bar(span) for span in _holes(plan, name)),
            tuple(bar(span) for span in _thin(plan, name)),
        )
        for name in Function.values
    )
    days = tuple((f"{at(day):.2f}", day) for day in _midnights(watch))
    return Strips(strips, days, f"{at(now):.2f}" if watch.starts_at <= now < watch.ends_at else "")


def _minutes(bars: Sequence[Bar]) -> int:
    return int(sum((bar.end - bar.start).total_seconds() for bar in bars) // 60)


def _holes(plan: Plan | None, function: str) -> list[Span]:
    return union(hole.span for hole in plan.functions if hole.function == function) if plan else []


def _thin(plan: Plan | None, function: str) -> list[Span]:
    if plan is None:
        return []
    posts = {post.id for post in plan.problem.posts if function in post.functions}
    short = union(hole.span for hole in plan.posts if hole.post in posts)
    return subtract(short, _holes(plan, function))


def _midnights(watch: Watch) -> list[datetime]:
    first = datetime.combine(watch.first_day, datetime.min.time(), VIETNAM)
    return [first + timedelta(days=n) for n in range(watch.day_count)]
