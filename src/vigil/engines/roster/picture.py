"""A plan as a picture (SVG): a line per post and person with holes in red, and bars of fairness.

No script and no style: presentation attributes only, so that it prints and may stand in a page with a strict policy.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from xml.sax.saxutils import escape

from vigil.engines.roster.coverage import ON_SITE, Hole, Span
from vigil.engines.roster.plan import Plan, Standing
from vigil.engines.roster.problem import Post, Slot
from vigil.engines.roster.wording import FUNCTION_WORDS
from vigil.kernel.phrases import N_, Phrase, as_written

Translate = Callable[[str], str]
_WIDTH, _LEFT, _ROW, _TOP = 1200, 190, 18, 54
_INK, _PALE, _LINE, _RED = "#1f2937", "#6b7280", "#d1d5db", "#d63939"
_DAY_FILL, _NIGHT_FILL, _CALL_FILL, _HOLIDAY = "#7fb3e6", "#3b5b92", "#cfe3cf", "#fff3d6"


def svg(plan: Plan, translate: Translate = as_written) -> str:
    """The whole picture, its words in the language of `translate`."""
    return _Picture(plan, translate).drawn()


class _Picture:
    def __init__(self, plan: Plan, translate: Translate) -> None:
        self.plan, self.problem, self.say = plan, plan.problem, translate
        self.parts: list[str] = []
        self.y = _TOP
        self.names = {person.id: person.label for person in self.problem.people}
        self.minutes = self.problem.window.minutes
        self.slots = {slot.id: slot for slot in self.problem.slots}

    def drawn(self) -> str:
        """See `svg`."""
        for function, posts in self._functions():
            self._section(function, posts)
        self._fairness()
        height = self.y + 20
        title = self.problem.name or self.say(N_("Roster"))
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" '
            f'height="{height}" '
            f'font-family="sans-serif" font-size="12" role="img"><title>{escape(title)}</title>'
            f'<rect x="0" y="0" width="{_WIDTH}" height="{height}" fill="#ffffff"/>'
            + self._text(12, 22, title, size=16, weight="bold")
            + self._legend()
            + "".join(self.parts)
            + "</svg>\n"
        )

    def _functions(self) -> list[tuple[str, list[Post]]]:
        """Posts under their functions; a post of several stands under the first."""
        found: dict[str, list[Post]] = defaultdict(list)
        for post in self.problem.posts:
            found[
                ", ".join(self.say(FUNCTION_WORDS.get(function, function)) for function in post.functions)
                or post.name
                or post.id
            ].append(post)
        return list(found.items())

    # -- the timeline --------------------------------------------------------------------------------------------------

    def _section(self, function: str, posts: list[Post]) -> None:
        self._put(self._text(12, self.y + 13, function, size=14, weight="bold"))
        self.y += 20
        head = self.y
        self.y += 16
        for post in posts:
            self._post(post)
        self._grid(head, self.y)
        self.y += 16

    def _post(self, post: Post) -> None:
        placed = [one for one in self.plan.placed if self.slots[one.slot].post == post.id]
        lines = self._lines((self.slots[one.slot], one.person, one.kind) for one in placed)
        holes = [hole for hole in self.plan.posts if hole.post == post.id]
        self._put(self._text(12, self.y + 13, post.name or post.id))
        for hole in holes:
            self._hole(hole)
        self.y += _ROW
        for line in lines:
            for slot, person, kind in line:
                self._shift(slot, person, kind)
            self.y += _ROW
        self.y += 4

    @staticmethod
    def _lines(shifts: Iterable[tuple[Slot, str, str]]) -> list[list[tuple[Slot, str, str]]]:
        """Shifts on as few lines as keep them apart; on site first. Overlapping hand-overs may touch the next turn."""
        lines: list[list[tuple[Slot, str, str]]] = []
        for shift in sorted(shifts, key=lambda one: (one[2] != ON_SITE, one[2], one[0].turn, one[1])):
            for line in lines:
                if line[-1][2] == shift[2] and line[-1][0].turn.end <= shift[0].turn.start:
                    line.append(shift)
                    break
            else:
                lines.append([shift])
        return lines

    def _x(self, at: datetime) -> float:
        since = (at - self.problem.window.start) / timedelta(minutes=1)
        return round(_LEFT + (_WIDTH - _LEFT - 12) * max(0.0, min(1.0, since / self.minutes)), 1)

    def _shift(self, slot: Slot, person: str, kind: str) -> None:
        x, end = self._x(slot.turn.start), self._x(slot.turn.end)
        fill = _CALL_FILL if kind != ON_SITE else _NIGHT_FILL if slot.night else _DAY_FILL
        ink = "#ffffff" if fill == _NIGHT_FILL else _INK
        name = self.names[person]
        room = int((end - x - 4) / 6)
        short = name if len(name) <= room else name[: max(room - 1, 0)] + "…" if room > 1 else ""
        self._put(
            f"<g><title>{escape(self._told(name, slot.span))}</title>"
            f'<rect x="{x}" y="{self.y + 1}" width="{max(end - x - 1, 0.5):.1f}" height="{_ROW - 3}" rx="2" '
            f'fill="{fill}"/>' + (self._text(x + 3, self.y + 12, short, fill=ink, size=10) if short else "") + "</g>"
        )

    def _told(self, name: str, span: Span) -> str:
        return f"{name}: {self.problem.local(span.start):%H:%M %d/%m} - {self.problem.local(span.end):%H:%M %d/%m}"

    def _hole(self, hole: Hole) -> None:
        x, end = self._x(hole.span.start), self._x(hole.span.end)
        words = self.say(hole.quality) if hole.quality else ""
        said = Phrase(N_("{missing} missing {what}"), {"missing": hole.missing, "what": words}).said(self.say).strip()
        told = self._told(said, hole.span)
        self._put(
            f'<g><title>{escape(told)}</title><rect x="{x}" y="{self.y + 1}" '
            f'width="{max(end - x, 1):.1f}" height="{_ROW - 3}" fill="{_RED}"/>'
            + (self._text(x + 3, self.y + 12, f"-{hole.missing}", fill="#ffffff", size=10) if end - x > 20 else "")
            + "</g>"
        )

    def _grid(self, top: int, bottom: int) -> None:
        """Days, holidays shaded behind; drawn before the shifts so that they lie on top."""
        start = self.problem.local(self.problem.window.start)
        day, lines = start.date(), []
        every = max(1, round(self.minutes / 1440 / 16))
        while True:
            at = start.replace(year=day.year, month=day.month, day=day.day, hour=0, minute=0, second=0, microsecond=0)
            if at >= self.problem.window.end:
                break
            x, end = self._x(at), self._x(at.replace(hour=12) + timedelta(hours=12))
            if day in self.problem.holidays:
                lines.append(
                    f'<rect x="{x}" y="{top}" width="{end - x:.1f}" height="{bottom - top}" fill="{_HOLIDAY}"/>'
                )
            lines.append(f'<line x1="{x}" y1="{top}" x2="{x}" y2="{bottom}" stroke="{_LINE}"/>')
            if (day - start.date()).days % every == 0:
                lines.append(self._text(x + 3, top + 11, f"{day.day}/{day.month}", fill=_PALE, size=11))
            day += timedelta(days=1)
        self.parts.insert(0, "".join(lines))

    # -- fairness ------------------------------------------------------------------------------------------------------

    def _fairness(self) -> None:
        rows = self.plan.fairness
        measures = (("nights", N_("Nights")), ("holidays", N_("Holiday shifts")), ("hours", N_("Hours on duty")))
        self._put(self._text(12, self.y + 13, self.say(N_("Fairness: what each stands; the line marks the fair share")),
                             size=14, weight="bold"))  # fmt: skip
        self.y += 20
        width = (_WIDTH - _LEFT - 12) // len(measures)
        for i, (_, words) in enumerate(measures):
            self._put(self._text(_LEFT + i * width, self.y + 12, self.say(words), fill=_PALE))
        self.y += 18
        most = {
            name: max([1.0, *(max(_value(row, name), _value(row, f"fair_{name}")) for row in rows)])
            for name, _ in measures
        }
        for row in rows:
            self._put(self._text(12, self.y + 11, self.names[row.person][:28]))
            for i, (name, _) in enumerate(measures):
                self._bar(_LEFT + i * width, width - 60, _value(row, name), _value(row, f"fair_{name}"), most[name])
            self.y += 15

    def _bar(self, x: int, width: int, value: float, fair: float, most: float) -> None:
        mark = x + width * fair / most
        self._put(
            f'<rect x="{x}" y="{self.y + 2}" width="{width * value / most:.1f}" height="10" fill="{_DAY_FILL}"/>'
            f'<line x1="{mark:.1f}" y1="{self.y}" x2="{mark:.1f}" y2="{self.y + 14}" stroke="{_INK}" stroke-width="2"/>'
            + self._text(x + width + 6, self.y + 11, f"{value:g}", fill=_PALE, size=11)
        )

    # -- pieces --------------------------------------------------------------------------------------------------------

    def _legend(self) -> str:
        entries = ((_DAY_FILL, N_("on site")), (_NIGHT_FILL, N_("night")), (_CALL_FILL, N_("on call, backup")),
                   (_HOLIDAY, N_("holiday")), (_RED, N_("nobody, or too few")))  # fmt: skip
        made, x = [], 12
        for fill, words in entries:
            said = self.say(words)
            made.append(f'<rect x="{x}" y="32" width="12" height="12" fill="{fill}"/>' + self._text(x + 17, 42, said))
            x += 34 + 7 * len(said)
        return "".join(made)

    def _put(self, piece: str) -> None:
        self.parts.append(piece)

    @staticmethod
    def _text(x: float, y: float, words: str, *, fill: str = _INK, size: int = 12, weight: str = "normal") -> str:
        return (
            f'<text x="{x:g}" y="{y:g}" fill="{fill}" font-size="{size}" font-weight="{weight}">{escape(words)}</text>'
        )


def _value(row: Standing, name: str) -> float:
    return float(getattr(row, name))
