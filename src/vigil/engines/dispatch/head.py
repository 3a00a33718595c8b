"""The letterhead: national motto, number, place and date, V/v, type name, Kính gửi, wherever a damaged copy left them.

Everything is found by its own form, not by its line: two columns may be merged on a line, blocks stacked, or the whole
document run together on one line. Source: NĐ 30/2020/NĐ-CP phụ lục I cells 1-5, 9a, 10b; TT 01/2011/TT-BNV.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .dates import HEAD_DATE_RE, SHORT_HEAD_DATE_RE, iso_day
from .numbers import Numbered, head_number
from .tables import place_pattern, places
from .text import SourceText, compiled, key
from .values import Field, absent

HEAD_LIMIT = 4000
MOTTO_RE = compiled(r"cộng\s+h[òo]a\s+x[ãàa]\s+hội\s+chủ\s+nghĩa(?:\s+việt\s+nam)?|cộng\s+hòa\s+x\S+\s+hội\s+chủ\.{3}")
FREEDOM_RE = compiled(r"độc\s*lập\s*[-.*]*\s*tự\s*do\s*[-.*]*\s*hạnh\s*phúc")
TO_RE = compiled(r"(?<!\w)(?:Kính gửi|KÍNH GỬI|Kính Gửi)\s*:?|^[ \t]*kính gửi\s*:", re.MULTILINE)
VV_RE = compiled(r"(?<![\w/])(?:V\s?/\s?v\.?|V\s?/\s?V|v\s?/\s?v)(?!\w)\s*:?\s*|^[ \t]*Về việc\s*:?\s*", re.MULTILINE)
# a telegram names its addressees after "THỦ TƯỚNG CHÍNH PHỦ điện:"
WIRED_RE = compiled(r"^[ \t]*[^\n:.;]{0,80}?(?:điện|ĐIỆN|gửi)[ \t]*:", re.MULTILINE)
# kind of document -> type names, and type codes of numbers
_TYPE_NAMES = {
    "dispatch": "CÔNG ĐIỆN|CÔNG ĐIỆN KHẨN",
    "directive": "CHỈ THỊ",
    "plan": "KẾ HOẠCH|PHƯƠNG ÁN|CHƯƠNG TRÌNH|ĐỀ ÁN",
    "report": "BÁO CÁO|BÁO CÁO TÓM TẮT|TÓM TẮT|BIÊN BẢN",
    "notice": "THÔNG BÁO|CẢNH BÁO|GIẤY MỜI|THƯ NGỎ",
    "decision": "QUYẾT ĐỊNH|THÔNG TƯ|NGHỊ ĐỊNH|NGHỊ QUYẾT",
    "submission": "TỜ TRÌNH",
    "guidance": "HƯỚNG DẪN",
}
_TYPE_CODES = {
    "dispatch": "CĐ",
    "directive": "CT",
    "plan": "KH|PA|CTr|ĐA",
    "report": "BC|BB",
    "notice": "TB|GM",
    "decision": "QĐ|TT|NĐ|NQ",
    "submission": "TTr",
    "guidance": "HD",
}
TYPES = {name: kind for kind, names in _TYPE_NAMES.items() for name in names.split("|")}
CODES = {code: kind for kind, codes in _TYPE_CODES.items() for code in codes.split("|")}
_NAMES = "|".join(n for n in sorted(TYPES, key=len, reverse=True) if n != "CẢNH BÁO")
_TYPE_RE = compiled(
    rf"^[ \t|]*(?P<name>CẢNH BÁO(?=[ \t|:]*$)|(?:{_NAMES})(?=[ \t|:]*(?:$|[A-ZĐÀ-Ỹ“\"(])))", re.MULTILINE
)
_TYPE_INLINE_RE = compiled(
    rf"(?<=[\d.]\s)(?P<name>{'|'.join(sorted(TYPES, key=len, reverse=True))})\s+(?=[A-ZĐÀ-Ỹ“\"(])"
)
_URGENT_RE = compiled(
    r"(?:^|[ 	]{2,}|[|\[])[ 	|\[]*(?P<grade>HỎA TỐC(?: HẸN GIỜ)?|THƯỢNG KHẨN|KHẨN)[ 	|\]]*(?=$|[ 	]{2,}|[|\]])",
    re.M,
)
_PLACE_RE = compiled(r"([A-ZĐÀ-Ỹ][\w.]*(?:(?: - |[ \-])[A-ZĐÀ-Ỹ][\w.]*){0,5})\s*,?\s*$")


@dataclass(frozen=True, slots=True)
class Head:
    """Where the elements of the letterhead stand; an element that is not there is None."""

    number: Numbered | None = None
    date_span: tuple[int, int] | None = None
    day: int | None = None
    month: int | None = None
    year: int | None = None
    place: Field[str] | Field[None] = field(default_factory=absent)
    place_start: int | None = None
    motto: tuple[int, int] | None = None
    freedom: tuple[int, int] | None = None
    subject_start: int | None = None  # after V/v
    subject_mark: int | None = None  # where V/v itself begins
    type_name: str | None = None
    type_span: tuple[int, int] | None = None
    to: tuple[int, int] | None = None
    urgency: tuple[int, int] | None = None

    @property
    def exists(self) -> bool:
        """Whether the text has a letterhead at all."""
        return self.motto is not None or self.number is not None or self.to is not None

    @property
    def end(self) -> int:
        """The end of the last element, before subject, addressees and body."""
        spans = (self.date_span, self.motto, self.freedom, self.type_span)
        ends = [s[1] for s in spans if s] + ([self.number.end] if self.number else [])
        return max([*ends, self.subject_start or 0, self.to[1] if self.to else 0], default=0)

    @property
    def iso(self) -> str | None:
        """The date of the date line, if day, month and year are all there."""
        if self.day is None or self.month is None:
            return None
        return iso_day(self.year, self.month, self.day)


def find_head(text: SourceText) -> Head:
    """Find the elements of the letterhead in the first pages."""
    limit = min(len(text), HEAD_LIMIT)
    to = TO_RE.search(text.match, 0, limit)
    before_to = to.start() if to else limit
    number = head_number(text, before_to) or (head_number(text, limit) if to else None)
    motto = MOTTO_RE.search(text.low, 0, limit)
    freedom = FREEDOM_RE.search(text.low, 0, limit)
    letterhead = bool(number or motto or freedom or to)
    date_match = _date_line(text, before_to, letterhead)
    subject = _subject_mark(text, before_to, date_match, letterhead)
    type_name, type_span = _type_line(text, before_to, number, date_match)
    place, place_start = _place(text, date_match, number)
    urgency = _URGENT_RE.search(text.match, 0, before_to) if letterhead else None
    d, m, y = _parts(date_match)
    if to is None and type_name is not None and type_span is not None and "ĐIỆN" in type_name:
        to = WIRED_RE.search(text.match, type_span[1], min(len(text), type_span[1] + 800))
    return Head(
        number, date_match.span() if date_match else None, d, m, y, place, place_start,
        motto.span() if motto else None, freedom.span() if freedom else None,
        subject.end() if subject else None, subject.start() if subject else None,
        type_name, type_span, to.span() if to else None, urgency.span("grade") if urgency else None,
    )  # fmt: skip


def _date_line(text: SourceText, limit: int, letterhead: bool) -> re.Match[str] | None:
    """The date line: "<Place>, ngày ... tháng ... năm ...", complete or blank."""
    for match in HEAD_DATE_RE.finditer(text.low, 0, limit):
        before = text.match[max(0, match.start() - 40) : match.start()].rstrip()
        if before.endswith(",") and _PLACE_RE.search(before):
            return match
        at_line_start = not before or text.match[max(0, match.start() - 40) : match.start()].rstrip(" |").endswith("\n")
        if letterhead and at_line_start:
            return match
    return SHORT_HEAD_DATE_RE.search(text.low, 0, limit) if letterhead else None


def _parts(match: re.Match[str] | None) -> tuple[int | None, int | None, int | None]:
    if match is None:
        return None, None, None
    return _int(match["d"], 31), _int(match["m"], 12), _int(match["y"], 2100)


def _int(digits: str | None, most: int) -> int | None:
    digits = re.sub(r"\D", "", digits or "")
    value = int(digits) if digits else 0
    if most == 2100 and not 1945 <= value <= most:
        return None
    return value if 1 <= value <= most else None


def _subject_mark(
    text: SourceText, limit: int, date_line: re.Match[str] | None, letterhead: bool
) -> re.Match[str] | None:
    if not letterhead:
        return None
    return VV_RE.search(text.match, 0, limit)


def _type_line(
    text: SourceText, limit: int, number: Numbered | None, date_line: re.Match[str] | None
) -> tuple[str | None, tuple[int, int] | None]:
    match = _TYPE_RE.search(text.match, 0, limit)
    if match is None and date_line is not None:
        match = _TYPE_INLINE_RE.search(text.match, date_line.end() - 2, min(limit, date_line.end() + 200))
    if match is None and number is not None:
        match = _TYPE_INLINE_RE.search(text.match, number.end, min(limit, number.end + 300))
    return (None, None) if match is None else (match["name"], match.span("name"))


def _place(
    text: SourceText, date_line: re.Match[str] | None, number: Numbered | None
) -> tuple[Field[str] | Field[None], int | None]:
    """The words before ", ngày"; a province that we know wins over a guess at where the words begin."""
    if date_line is None:
        return absent(), None
    start = max(0, date_line.start() - 60)
    if number is not None and number.end <= date_line.start():
        start = max(start, number.end)
    before = text.low[start : date_line.start()]
    known = re.search(rf"(?:(?:tp|thành phố|t\.p)\.?\s*)?(?:{place_pattern()})(?=\s*,?\s*$)", before)
    if known:
        s, e = start + known.start(), start + known.end()
        return text.field(s, e), s
    match = _PLACE_RE.search(text.match, start, date_line.start())
    if match is None or not text.match[match.end(1) : date_line.start()].strip().startswith(","):
        return absent(), None
    value = text.words(match.start(1), match.end(1))
    if "\n" in text.match[match.start(1) : match.end(1)] or value.isupper():
        return absent(), None
    return text.field(match.start(1), match.end(1)), match.start(1)


def known_place(name: str) -> tuple[str, str] | None:
    """A province's proper name and type."""
    return places().get(key(name))
