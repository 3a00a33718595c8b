"""Whom an item binds: everybody addressed, or the classes that it or the heading above it names."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .tables import audience_patterns, phrases
from .text import SourceText
from .values import Field

_LEAD_RE = re.compile(r"\s*(?:(?:giao|đề nghị|yêu cầu|đối với|riêng|trách nhiệm của|nhiệm vụ của)\s+)?(?:các\s+)?")
_ASKS_RE = re.compile(r"[^.;:,]{4,90}?\s(?:yêu cầu|đề nghị|khuyến nghị|khuyến cáo|giao)\s+(?:các\s+)?")
_ORDER = ("isp", "platform", "bank", "dept_ict", "local")
_PUBLIC = ("ministry",)


@dataclass(frozen=True, slots=True)
class Mention:
    """Classes named, and where."""

    classes: tuple[str, ...]
    start: int
    end: int

    @property
    def label(self) -> str:
        """The audience: "all" where ministries or everybody are meant."""
        return "+".join(self.classes) if self.classes else "all"


def classes_in(text: SourceText, start: int, end: int) -> tuple[str, ...]:
    """The classes that a stretch of text names; public bodies beside others make it everybody (no class)."""
    found = [c for c in _ORDER if audience_patterns()[c].search(text.low, start, end)]
    if any(audience_patterns()[c].search(text.low, start, end) for c in _PUBLIC):
        return ()
    return tuple(found)


def heading_mention(text: SourceText, start: int, end: int) -> Mention | None:
    """The audience of a heading that ends with a colon or is nothing but a name ("2. Các doanh nghiệp viễn thông:")."""
    if _starts_with_demand(text, start, end):
        return None
    return _mention(text, start, end)


def subject_mention(text: SourceText, start: int, end: int) -> Mention | None:
    """The audience that an item names as its own subject, before its first verb."""
    own = re.compile(r"\s*(?:đề nghị|giao|đối với|riêng)\s+").match(text.low, start, end)
    if own is None and _starts_with_demand(text, start, end):
        return None
    lead = _LEAD_RE.match(text.low, start, end)
    begin = lead.end() if lead else start
    stop = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, phrases('modals')))})(?!\w)|:").search(
        text.low, begin + 1, end
    )
    limit = stop.start() if stop else begin
    if own is not None and limit == begin:
        limit = min(end, begin + 120)
    return _mention(text, start, limit)


def _mention(text: SourceText, start: int, end: int) -> Mention | None:
    names = [audience_patterns()[c].search(text.low, start, end) for c in (*_ORDER, *_PUBLIC, "everybody")]
    firsts = [m.start() for m in names if m]
    if not firsts:
        return None
    return Mention(classes_in(text, start, end), start, end)


def _starts_with_demand(text: SourceText, start: int, end: int) -> bool:
    while start < end and not text.low[start].isalnum():
        start += 1
    return any(
        text.low.startswith(d, start) and not text.low[start + len(d) : start + len(d) + 1].isalpha()
        for d in phrases("demands")
    )


def asked_from(text: SourceText, start: int, end: int) -> int:
    """Where those asked begin in "UBND thành phố yêu cầu các đơn vị ..."; the start where nobody speaks."""
    asked = _ASKS_RE.match(text.low, start, end)
    return asked.end() if asked else start


def missing_from(text: SourceText, mention: Mention, addressees: tuple[Field[str], ...]) -> tuple[str, ...]:
    """Classes that an item names and the list of addressees does not."""
    if not addressees:
        return ()
    joined = SourceText.of("; ".join(a.value for a in addressees))
    addressed = {c for c in _ORDER if audience_patterns()[c].search(joined.low)}
    return tuple(c for c in mention.classes if c not in addressed)
