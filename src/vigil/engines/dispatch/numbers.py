"""Numbers and symbols of documents: the document's own, and those it refers to.

Source: NĐ 30/2020/NĐ-CP phụ lục I mục II.3 and phụ lục III (type codes); Hướng dẫn 36-HD/VPTW (the Party's form
40-CT/TW).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .dates import DAY, Day, day_of
from .text import SourceText, compiled

_UP = "A-ZĐƠƯÂÊÔĂ"
_GROUP = rf"[{_UP}][{_UP}a-zđ0-9&]*"
_SPACED = rf"[{_UP}]{{2,}}[{_UP}0-9&]*(?![a-zà-ỹ])"
SYMBOL = rf"{_GROUP}(?:[-/]{_GROUP}|[ ]?[-/][ ]?{_SPACED})*"
STATE = rf"\d{{1,6}}[a-zA-Z]?[ ]?/[ ]?(?:(?:19|20)\d\d[ ]?/[ ]?)?{SYMBOL}"
PARTY = rf"\d{{1,4}}[ ]?-[ ]?[{_UP}]{{2,4}}/[{_UP}]{{2,}}[{_UP}/-]*"
NUMBER = rf"(?:{PARTY}|{STATE})"
_CITED_RE = compiled(rf"(?<![\w/.-])(?P<so>[Ss]ố\s*:?\s*)?(?P<number>{NUMBER})(?![\w])")
_DATE_AFTER = compiled(rf"\s*,?\s*\(?\s*(?:đề\s+)?ngày\s+{DAY}", re.IGNORECASE)
_BLANK = r"[ \t._…]*"
_HEAD_RE = compiled(
    rf"(?:(?<![\w])(?:SỐ|Số)[ \t]*[:;.]|(?m:^)[ \t]*(?:Số|số|SỐ)[ \t]*:?)[ \t]*"
    rf"(?P<number>(?P<serial>\d[\d ]{{0,6}}[a-z]?)?(?P<blank>{_BLANK})"
    rf"(?P<party>[ ]?-[ ]?[{_UP}]{{2,4}})?[ ]?/[ ]?(?:(?:19|20)\d\d[ ]?/[ ]?)?(?P<symbol>{SYMBOL}))"
)
_BARE_HEAD_RE = compiled(r"(?m)(?:^|[ \t])Số[ \t]*:[ \t]*(?P<number>\d{1,6})[ \t]*$")
DOCUMENT_WORDS = (
    "công văn|văn bản|công điện|chỉ thị|thông báo|kế hoạch|quyết định|báo cáo|tờ trình|hướng dẫn|phương án|"
    "thông tư|cảnh báo"
)
_OWN_RE = compiled(
    rf"(?P<word>{DOCUMENT_WORDS})(?:\s+(?:khẩn|hỏa tốc|thượng khẩn|cảnh báo))?\s+số\s*:?\s*(?P<number>\d)",
    re.IGNORECASE,
)
_TITLE_RE = compiled(
    rf"(?m)^[ \t]*(?P<word>{DOCUMENT_WORDS})\s+(?:số\s*:?\s*)?(?P<number>\d+[a-z]?\s?/)", re.IGNORECASE
)
_ISSUING_RE = compiled(
    r"(?<!\w)(?:có|đã có|vừa có|ban hành|ký|kí|ký ban hành|gửi|phát hành|phát đi|ra|đưa ra|có|ban bố)\s*"
    r"(?:(?:gửi|ra|ban hành|một|các|bản|lại|tới|đến)\s+)*\(?\s*$"
)
_CITING_RE = compiled(
    r"(?:thực hiện|căn cứ|theo|tại|triển khai|tiếp theo|thi hành|tuân thủ|của|và|trong|chấp hành|quán triệt|"
    r"các|tiếp nối|phúc đáp|trả lời|"
    r"thay thế|bãi bỏ|kèm theo|đúng|sau|nêu|nhận được|;|,)\s*$"
)
_NUMBER_RE = compiled(NUMBER)
_DIGITS_RE = compiled(r"\d{1,6}(?![\w/.,-]*[/\d])")
_SPACE = compiled(r"\s+")


@dataclass(frozen=True, slots=True)
class Numbered:
    """A document number where it stands, with the day written after it."""

    start: int
    end: int
    value: str
    day: Day | None = None
    missing_serial: bool = False
    in_head: bool = False
    word: str | None = None  # "công văn", "công điện" ... before a number in running text


def tidy(number: str) -> str:
    """A number without the spaces that a scan or a typist put into it."""
    return _SPACE.sub("", number)


def type_code(number: str) -> str | None:
    """The first group of a number's symbol: a type code (KH, CT, BC) or the issuer's abbreviation."""
    party = re.match(r"\d+-([^/]+)/", number)
    if party:
        return party[1]
    symbol = re.sub(r"^[^/]*/(?:(?:19|20)\d\d/)?", "", number)
    return re.split(r"[-/]", symbol)[0] or None


def date_after(text: SourceText, end: int) -> Day | None:
    """The day in "số 12/... ngày 5/4/2022"."""
    match = _DATE_AFTER.match(text.low, end)
    return day_of(match) if match else None


def head_number(text: SourceText, limit: int) -> Numbered | None:
    """The number in the letterhead, its serial possibly blank."""
    match = _HEAD_RE.search(text.match, 0, limit)
    if match is None or _is_prose(text, match.start()):
        bare = _BARE_HEAD_RE.search(text.match, 0, limit)
        return None if bare is None else Numbered(*bare.span("number"), bare["number"], None, False, True)
    serial = match["serial"]
    start = match.start("number") if serial else match.end("blank")
    value = tidy(text.shown[start : match.end("number")])
    return Numbered(start, match.end("number"), value, None, not serial, True)


def _is_prose(text: SourceText, start: int) -> bool:
    before = text.low[max(0, start - 14) : start]
    return re.search(rf"(?:{DOCUMENT_WORDS}|luật|nghị định)\s*$", before) is not None


def own_number_in_prose(text: SourceText, limit: int) -> Numbered | None:
    """The document's own number where a repost or an article tells it: "có văn bản số 335/... ngày ..."."""
    for match in _OWN_RE.finditer(text.match, 0, limit):
        before = text.low[max(0, match.start() - 60) : match.start()]
        if _ISSUING_RE.search(before) and not _CITING_RE.search(before):
            return _numbered_at(text, match.start("number"), match["word"].lower())
        issued = re.search(r"(?:ban hành|phát đi|có|gửi|phát hành)\s+[^.;:]{0,50}\(\s*$", before)
        if issued:
            return _numbered_at(text, match.start("number"), match["word"].lower())
    title = _TITLE_RE.search(text.match, 0, min(limit, 300))
    return None if title is None else _numbered_at(text, title.start("number"), title["word"].lower())


def _numbered_at(text: SourceText, start: int, word: str) -> Numbered | None:
    match = _NUMBER_RE.match(text.match, start) or _DIGITS_RE.match(text.match, start)
    if match is None:
        return None
    value = tidy(text.shown[match.start() : match.end()])
    return Numbered(match.start(), match.end(), value, date_after(text, match.end()), False, False, word)


def cited_numbers(text: SourceText) -> Iterator[Numbered]:
    """Every document number in the text, the document's own included."""
    for match in _CITED_RE.finditer(text.match):
        symbol = match["number"].split("/", 1)[1]
        if match["so"] is None and not re.search(r"[-/]", symbol) and not re.search(r"[-]", match["number"]):
            continue
        if not re.search(rf"[{_UP}]{{2}}|[{_UP}]\d", symbol):
            continue
        end = match.end("number")
        value = tidy(text.shown[match.start("number") : end])
        yield Numbered(match.start("number"), end, value, date_after(text, end))
