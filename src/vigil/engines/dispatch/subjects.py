"""What the document is about: the words after V/v, the title under a type name, a headline, or the sentence that
tells it.

Source: NĐ 30/2020/NĐ-CP phụ lục I cells 5a, 5b.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .casing import from_capitals
from .dates import crawl_prefix_end
from .head import Head
from .layout import PAGE_NUMBER_RE, Layout
from .numbers import DOCUMENT_WORDS, Numbered
from .text import SourceText
from .values import Field, How, absent

Maybe = Field[str] | Field[None]

_RULE_RE = re.compile(r"[\s\-_=*.|~]*")
_BODY_RE = re.compile(
    r"(?:căn cứ|thực hiện|ngày\s+\d|theo\s|nhằm\s|để\s|trong thời gian|thời gian qua|tiếp theo|hiện nay|qua "
    r"công tác|vừa qua|phúc đáp|trước tình hình|"
    r"kính gửi|[ivx]+\.\s|\d+\.\s|điều\s+1|phần\s|- |thời gian gần đây|công tác bảo đảm|được sự)"
)
_AUTHORITY_RE = re.compile(
    r"(?:CHỦ TỊCH|BỘ TRƯỞNG|THỦ TƯỚNG|GIÁM ĐỐC|ỦY BAN NHÂN DÂN|CỤC TRƯỞNG|THỐNG ĐỐC|TỔNG GIÁM ĐỐC|HỘI ĐỒNG|CHÍNH PHỦ)\b"
)
_CHROME_RE = re.compile(
    r"^(?:image banner|lượt xem|hệ thống pháp luật|trang chủ|đăng nhập|tin tức|chia sẻ|cỡ chữ|in bài|thứ "
    r"(?:hai|ba|tư|năm|sáu|bảy)|chủ nhật|print|menu|\d|©|xem thêm|font size|tweet|email|facebook)"
)
_CLAUSE_RE = re.compile(
    r"(?:có|ban hành|gửi|phát đi|ký|ra)\s+(?:các\s+|ban hành\s+)?(?:công văn|văn bản|công điện|chỉ thị|thông "
    r"báo|cảnh báo|kế hoạch)(?:\s+(?:hỏa tốc|khẩn))?"
    r"(?P<mid>[^.;\n]{0,140}?)\s*(?P<lead>về việc|về|v/v|yêu cầu|đề nghị|cảnh báo|nhằm|hướng "
    r"dẫn)\s+(?P<what>[^\n;]{5,400}?)(?=[;\n]|\.(?:\s|$)|$)"
)
_WARN_RE = re.compile(
    r"(?<!theo )(?<!\w)(?P<lead>cảnh báo)\s+(?P<what>(?:nguy cơ|về|lỗ hổng|chiến dịch|tấn công|mã độc|các|"
    r"\d+)[^\n;:]{3,300}?)(?=[;\n]|\.(?:\s|$)|$)"
)
_TITLE_LEAD_RE = re.compile(
    rf"\s*(?:(?!cảnh báo)(?:{DOCUMENT_WORDS})\s+(?:khẩn\s+)?(?:(?:số\s*:?\s*)?\d\S*/\S+[^\n]{{0,160}}?\s)?"
    r"(?:về\s+việc|v/v|về)\s+|"
    r"(?:v/v|về\s+việc)\s*:?\s*)",
    re.I,
)
_TAIL_RE = re.compile(
    r"\s+(?:trước tình hình|trước nguy cơ|trước thực trạng|sau khi|trong bối cảnh|và yêu cầu|đồng thời|, đề "
    r"nghị|, yêu cầu).*$",
    re.S,
)
_AUDIENCE_CUT = re.compile(
    r"(?:^|\s)(tăng cường|bảo đảm|đảm bảo|triển khai|thực hiện|rà soát|kiểm tra|khẩn trương|chủ động|tổ chức|"
    r"khắc phục|cập nhật|tập trung|đẩy mạnh|nâng cao|phòng, chống|phòng chống|xử lý|chấn chỉnh)\s"
)


@dataclass(frozen=True, slots=True)
class Subject:
    """The subject and where the text after it goes on."""

    field: Maybe
    end: int


def find_subject(text: SourceText, head: Head, layout: Layout, kind: str, number: Numbered | None) -> Subject:
    """The subject, from the most formal place that the text has."""
    if head.subject_start is not None:
        return _after_mark(text, head, head.subject_start)
    if head.type_span is not None:
        return _under_type(text, head, head.type_span[1])
    if head.exists and head.number is not None and head.number.in_head:
        return Subject(absent(), 0)
    title = _title(text, layout)
    clause = _clause(text) if kind == "news" else None
    if clause is not None:
        return Subject(clause, 0)
    if title is not None:
        return title
    return Subject(_clause(text) or absent(), 0)


def _stops(text: SourceText, head: Head, start: int) -> list[tuple[int, int]]:
    """Other elements that may stand on the subject's lines or below it."""
    date_start = head.place_start if head.place_start is not None else (head.date_span[0] if head.date_span else None)
    spans = [head.motto, head.freedom, head.to, head.type_span, head.urgency]
    if date_start is not None and head.date_span is not None:
        spans.append((date_start, head.date_span[1]))
    if head.number is not None:
        so = text.match.rfind("S", max(0, head.number.start - 12), head.number.start)
        spans.append((so if so >= 0 else head.number.start, head.number.end))
    return sorted(s for s in spans if s is not None and s[0] >= start)


def _after_mark(text: SourceText, head: Head, start: int) -> Subject:
    """The words after V/v: on to a blank line, over line breaks, around a date that shares the line."""
    stops = _stops(text, head, start)
    pieces: list[tuple[int, int]] = []
    at, lines = start, 0
    while at < len(text) and lines < 8:
        newline = text.match.find("\n", at)
        end = len(text) if newline < 0 else newline
        stop = next((s for s in stops if at <= s[0] < end), None)
        part = (at, stop[0] if stop else end)
        words = text.match[part[0] : part[1]].strip(" \t|-_*")
        if _RULE_RE.fullmatch(text.match[part[0] : part[1]]) and not stop:
            if pieces and not _goes_on(text, end + 1, stops):
                break
        elif words:
            if pieces and lines and _BODY_RE.match(words.lower()) and words[:1].isupper():
                break
            pieces.append(part)
        if stop and (stop[0] == (head.to or (-1,))[0] or (stop[1] >= end and not _goes_on(text, end + 1, stops))):
            break
        if stop and stop[1] < end:
            at = stop[1]
            continue
        at, lines = end + 1, lines + 1
    return Subject(_pieced(text, pieces), pieces[-1][1] if pieces else start)


def _goes_on(text: SourceText, at: int, stops: list[tuple[int, int]]) -> bool:
    """Whether the next line that is not blank continues the subject: it begins in lower case and is no element."""
    match = re.compile(r"\s*(\S)").match(text.match, at)
    if match is None or any(s[0] <= match.start(1) < s[1] for s in stops):
        return False
    if text.match[at : match.start(1)].count("\n") > 2:
        return False
    return match[1].islower() or (match[1].isdigit() and "\n" not in text.match[at : match.start(1)])


def _pieced(text: SourceText, pieces: list[tuple[int, int]]) -> Maybe:
    if not pieces:
        return absent()
    value = " ".join(text.words(s, e).strip(" |-_*") for s, e in pieces)
    value = re.sub(r"\s*\.?\s*[-_*|]*$", "", value).strip()
    if not value:
        return absent()
    return Field(value, "read", tuple(_trimmed(text, s, e) for s, e in _merged(text, pieces)))


def _merged(text: SourceText, pieces: list[tuple[int, int]]) -> list[tuple[int, int]]:
    out: list[tuple[int, int]] = []
    for s, e in pieces:
        if out and not text.match[out[-1][1] : s].strip():
            out[-1] = (out[-1][0], e)
        else:
            out.append((s, e))
    return out


def _trimmed(text: SourceText, s: int, e: int) -> tuple[int, int]:
    while e > s and text.match[e - 1] in " \t\n|-_*.":
        e -= 1
    while s < e and text.match[s] in " \t\n|-_*":
        s += 1
    return text.span(s, e)


def _under_type(text: SourceText, head: Head, start: int) -> Subject:
    """The title under a type name; capitals become a sentence, "Về việc" goes, "TÓM TẮT" belongs to it."""
    pieces: list[tuple[int, int]] = []
    at = start
    stops = _stops(text, head, start)
    for _ in range(12):
        newline = text.match.find("\n", at)
        end = len(text) if newline < 0 else newline
        stop = next((s for s in stops if at <= s[0] < end), None)
        end_here = stop[0] if stop else end
        words = text.match[at:end_here].strip(" \t|")
        rule = _RULE_RE.fullmatch(words) is not None
        if words and not rule:
            if _ends_title(words, text.match[slice(*pieces[-1])].strip(" |") if pieces else ""):
                break
            pieces.append((at, end_here))
        elif (pieces and words == "" and not _caps_go_on(text, end + 1, pieces)) or (pieces and rule and words):
            break
        if stop or newline < 0:
            break
        at = end + 1
    return _titled(text, head, pieces, start)


def _ends_title(words: str, before: str) -> bool:
    """Whether a line under a type name is no part of the title: who decides, a ground, a section, a sentence."""
    low = words.lower()
    if not before:
        return re.match(r"căn cứ|kính gửi|[ivx]+\.\s", low) is not None
    if _AUTHORITY_RE.match(words) and not before.isupper():
        return True
    if _BODY_RE.match(low) and (not words.isupper() or re.match(r"[ivx]+\.\s|\d+\.\s|phần\s", low)):
        return True
    if re.match(r"[^:]{1,24}:\s", words) or (
        words[:1].isupper() and not words.isupper() and words.endswith((".", ":"))
    ):
        return not before.endswith((",", "và", "của"))
    return False


def _caps_go_on(text: SourceText, at: int, pieces: list[tuple[int, int]]) -> bool:
    newline = text.match.find("\n", at)
    line = text.match[at : newline if newline >= 0 else len(text)].strip()
    shown = text.match[pieces[-1][0] : pieces[-1][1]]
    return (
        bool(line)
        and line.isupper() == shown.isupper()
        and line[:1].islower() | line.isupper()
        and not _BODY_RE.match(line.lower())
    )


def _titled(text: SourceText, head: Head, pieces: list[tuple[int, int]], start: int) -> Subject:
    if not pieces:
        return Subject(absent(), start)
    s, e = pieces[0][0], pieces[-1][1]
    paragraph = text.match[s:e]
    if len(paragraph) > 300:  # one line holds everything: the title ends with its bracket or its sentence
        cut = re.compile(
            r"\s*\((?:từ|kèm theo|ban hành)|[.:]\s|\s(?=(?:Căn cứ|Thực hiện|Kính gửi|Cục|Bộ|Sở|UBND|Thực hiện)\s)"
        ).search(paragraph)
        e = s + (cut.start() if cut else 300)
    bracket = re.compile(r"\s*\((?:từ ngày|kèm theo|ban hành kèm)[^)]*\)?\s*$", re.I).search(text.match[s:e])
    if bracket:
        e = s + bracket.start()
    lead = re.compile(r"\s*(?:về việc|v/v|về)\s*:?\s+", re.I).match(text.match, s, e)
    if lead:
        s = lead.end()
    words = text.words(s, e).strip(" |-_*.")
    if head.type_name == "TÓM TẮT":
        words = f"tóm tắt {words[:1].lower()}{words[1:]}"
    value = re.sub(r"(?<=\s)(\d)\s(\d/(?:19|20)\d\d)", r"\1\2", words)
    value = lower_first(from_capitals(value))
    how: How = "read" if value == text.words(s, e) else "normalised"
    return Subject(Field(value, how, (_trimmed(text, s, e),)), pieces[-1][1] if len(paragraph) <= 300 else e)


def lower_first(value: str) -> str:
    """A title as it stands after V/v: a small first letter, unless the first word is a name or an acronym."""
    first = value.split(" ", 1)[0]
    if len(first) > 1 and not first[1:].islower():
        return value
    if first in ("Tết", "Microsoft", "Việt", "Quốc", "Đảng"):
        return value
    return value[:1].lower() + value[1:]


def _title(text: SourceText, layout: Layout) -> Subject | None:
    """A headline: the first line that is a short phrase without a full stop, with more text under it."""
    prefix = crawl_prefix_end(text)
    for index, line in enumerate(layout.lines[:12]):
        start = max(line.start, prefix)
        words = text.match[start : line.end].strip()
        if not words or _CHROME_RE.match(words.lower()) or PAGE_NUMBER_RE.fullmatch(words):
            continue
        long = len(words) > 260 or len(words.split()) < 4
        if long or words[-1] in ".:;,?]" or not words[0].isupper():
            return None
        if not any(text.match[n.start : n.end].strip() for n in layout.lines[index + 1 : index + 6]):
            return None
        strip = _TITLE_LEAD_RE.match(text.match, start, line.end)
        s = strip.end() if strip else start
        value = lower_first(from_capitals(text.words(s, line.end)))
        how: How = "read" if value == text.words(s, line.end) else "normalised"
        return Subject(Field(value, how, (text.span(s, line.end),)), line.end)
    return None


def _clause(text: SourceText) -> Maybe | None:
    """What the sentence that tells of the document says of it."""
    match = _CLAUSE_RE.search(text.low, 0, 2500)
    if match is not None:
        s, e = match.span("what")
        if match["lead"] in ("yêu cầu", "đề nghị"):
            cut = _AUDIENCE_CUT.search(text.low, s - 1, e)
            s = cut.start(1) if cut else s
        if match["lead"] == "cảnh báo" and match["what"].startswith("nguy cơ"):
            s = match.start("lead")
    else:
        match = _WARN_RE.search(text.low, 0, 2500)
        if match is None:
            return None
        s, e = match.start("lead"), match.end("what")
    tail = _TAIL_RE.search(text.low, s, e)
    e = tail.start() if tail else e
    words = text.words(s, e).strip(" .,;:")
    value = lower_first(from_capitals(words))
    return Field(value, "normalised" if value != words else "read", (_trimmed(text, s, e),))
