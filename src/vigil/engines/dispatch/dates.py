"""Days in Vietnamese administrative writing, and the year of a day written without one.

Source: NĐ 30/2020/NĐ-CP phụ lục I ("ngày 05 tháng 01 năm 2020"); running text also writes 05/01/2020, 5-1-2020,
5.1.2020.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from .text import SourceText
from .values import Field

_YEAR = r"(?:19|20)\s?\d\s?\d"
LONG = rf"(?P<ld>\d\s?\d?)\s*tháng\s*(?P<lm>\d\s?\d?)(?:\s*,?\s*năm\s*(?P<ly>{_YEAR}))?"
SHORT = r"(?P<sd>\d{1,2})(?P<sep>[/.\-])(?P<sm>\d{1,2})(?:(?P=sep)(?P<sy>(?:19|20)\d\d))?"
DAY = rf"(?:(?:{LONG})|(?:{SHORT}))(?![\d/]|[.\-]\d)"
DAY_RE = re.compile(DAY)
FULL_RE = re.compile(rf"(?<![\d/.\-]){DAY}")
_CRAWL_RE = re.compile(r"\A\s*date\s+((?:19|20)\d\d)-(\d\d)\b")
_YEAR_RE = re.compile(r"(?:năm|tháng\s*\d{1,2}\s*[/-])\s*((?:19|20)\d\d)\b|\b\d{1,2}/\d{1,2}/((?:19|20)\d\d)\b")
HEAD_DATE_RE = re.compile(
    r"ngày[ \t.…_]*(?P<d>\d[ ]?\d?)?[ \t.…_]*tháng[ \t.…_]*(?P<m>\d[ ]?\d?)?[ \t.…_]*năm[ \t]*"
    r"(?P<y>(?:19|20)[ ]?\d[ ]?\d|20[ .…_]*)?"
)

SHORT_HEAD_DATE_RE = re.compile(
    r"(?m)(?:(?<=,)|(?<=,[ ]))[ ]?ngày[ ]+(?P<d>\d{1,2})[/.-](?P<m>\d{1,2})[/.-](?P<y>(?:19|20)\d\d)(?=[ \t]*$)"
)


@dataclass(frozen=True, slots=True)
class Day:
    """A day as written; `year` is None where the text does not say it."""

    start: int
    end: int
    day: int
    month: int
    year: int | None

    def iso(self, year: int | None = None) -> str | None:
        """The ISO date, with a year from elsewhere if there is none here; None if it is no day."""
        return iso_day(self.year or year, self.month, self.day)


def iso_day(year: int | None, month: int, day: int) -> str | None:
    """An ISO date, or None if there is no such day."""
    if year is None:
        return None
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def _number(text: str) -> int:
    return int(text.replace(" ", "").replace("\n", ""))


def day_of(match: re.Match[str]) -> Day | None:
    """The day of a match of DAY, or None if it cannot be one."""
    groups = match.groupdict()
    long = groups["ld"] is not None
    day, month = (groups["ld"], groups["lm"]) if long else (groups["sd"], groups["sm"])
    year = groups["ly"] if long else groups["sy"]
    start = match.start("ld") if long else match.start("sd")
    end = match.end("ly" if year else "lm") if long else match.end("sy" if year else "sm")
    d, m = _number(day), _number(month)
    if not (1 <= d <= 31 and 1 <= m <= 12):
        return None
    return Day(start, end, d, m, _number(re.sub(r"\s", "", year)) if year else None)


def days_in(text: SourceText, start: int = 0, end: int | None = None) -> Iterator[Day]:
    """Every day written between two offsets."""
    for match in FULL_RE.finditer(text.low, start, len(text) if end is None else end):
        day = day_of(match)
        if day is not None:
            yield day


@dataclass(frozen=True, slots=True)
class YearHint:
    """The year (and month) in which the text stands, and where that is said."""

    year: int
    month: int | None
    reason: str

    def year_for(self, month: int) -> int:
        """A month well after the crawl's belongs to the year before (a December notice seen in January)."""
        if self.month is not None and month > self.month + 6:
            return self.year - 1
        return self.year


def crawl_prefix_end(text: SourceText) -> int:
    """Where the crawl's own "date 2024-04" at the very beginning ends; 0 if there is none."""
    match = _CRAWL_RE.match(text.low)
    return match.end() if match else 0


def year_hint(text: SourceText, head_year: int | None) -> YearHint | None:
    """The year for days without one: of the document's own date line, of the crawl, or the first that the text
    names."""
    if head_year is not None:
        return YearHint(head_year, None, "năm của dòng ngày tháng")
    crawl = _CRAWL_RE.match(text.low)
    if crawl:
        return YearHint(int(crawl[1]), int(crawl[2]), f"'date {crawl[1]}-{crawl[2]}' ở đầu bản chép")
    named = _YEAR_RE.search(text.low, 0, 20_000)
    if named:
        return YearHint(int(named[1] or named[2]), None, f"năm nêu trong bài: {named.group()}")
    return None


def dated(text: SourceText, day: Day, hint: YearHint | None) -> Field[str] | None:
    """A day as an ISO field: normalised if the year is written, inferred if it comes from a hint."""
    span = (text.span(day.start, day.end),)
    if day.year is not None:
        iso = day.iso()
        return None if iso is None else Field(iso, "normalised", span)
    if hint is None:
        return None
    iso = day.iso(hint.year_for(day.month))
    return None if iso is None else Field(iso, "inferred", span, f"năm suy ra: {hint.reason}")
