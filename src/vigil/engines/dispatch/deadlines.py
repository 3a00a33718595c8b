"""Days by which something is due, and limits counted from an event."""

from __future__ import annotations

import re

from .dates import DAY, YearHint, dated, day_of
from .layout import Layout
from .obligations import starts_with_demand
from .reading import Deadline, Obligation, TimeLimit
from .text import SourceText
from .values import Field

_CLOCK = r"(?:(?P<clock>\d{1,2}\s?(?:h|giờ|:)\s?(?:\d{2})?)(?:\s*phút)?\s*,?\s*)?"
_BEFORE_RE = re.compile(
    rf"(?<!\w)(?P<cue>trước|chậm nhất(?:\s+là)?(?:\s+(?:vào|đến|trước))?|muộn nhất(?:\s+là)?(?:\s+vào)?|"
    rf"hạn(?:\s+(?:cuối|chót|gửi|nộp|báo cáo|hoàn thành))*(?:\s+(?:là|đến|trước))?\s*:?|thời hạn(?:\s+\w+){{0,"
    rf"3}}(?:\s+(?:là|đến|trước))?\s*:?|"
    rf"không muộn hơn|xong trước|hoàn thành trong|đến hết|đến)\s*{_CLOCK}(?:hết\s+)?(?:(?:thứ\s+\w+,"
    rf"?\s*)?(?:ngày|thời điểm)\s*)?(?P<day>{DAY})"
)
_LIMIT_RE = re.compile(
    r"(?<!\w)(?:trong\s+vòng|trong\s+thời\s+hạn|chậm\s+nhất|không\s+quá|trong)\s+(?P<n>\d{1,3})\s*(?:\([^)]{2,"
    r"20}\)\s*)?(?P<unit>giờ|h|tiếng|ngày(?:\s+làm\s+việc)?)(?!\w)"
)
_SOFT = ("đến", "đến hết", "trước")
_DUE_RE = re.compile(
    r"gửi|báo cáo|hoàn thành|thực hiện|cung cấp|đăng ký|cập nhật|xong|cử|triển khai|rà soát|khắc phục|thông "
    r"báo|tổng hợp|trình|ban hành|nộp|phản hồi|kết quả|phê duyệt|bố trí|tổ chức|kiểm tra|về\s"
)
_PAST_RE = re.compile(r"(?:được|đã|bị)\s+(?:\w+\s+){0,4}$|phiên bản[^,.;]{0,40}$|ban hành\s+$|từ[^,.;]{0,40}$")
_CUT_RE = re.compile(r"[.;:\n](?=\s)|,\s")


def find_deadlines(
    text: SourceText, layout: Layout, obligations: tuple[Obligation, ...], hint: YearHint | None, start: int
) -> tuple[Deadline, ...]:
    """Every day by which an item or a sentence of the body says that something is due."""
    found: list[Deadline] = []
    for match in _BEFORE_RE.finditer(text.low, start, layout.body_end):
        near = max(0, match.start() - 200)
        sentence = max(near, text.low.rfind("\n\n", near, match.start()))
        before = text.low[sentence : match.start()]
        after = text.low[match.end() : match.end() + 120]
        if match["cue"] in _SOFT and (
            not (_DUE_RE.search(before) or _DUE_RE.search(after)) or _PAST_RE.search(before[-50:])
        ):
            continue
        if match["cue"].startswith("đến") and not re.search(r"hoàn thành|hạn", before[-60:]):
            continue
        day = day_of(match)
        field = None if day is None else dated(text, day, hint)
        if field is None:
            continue
        what = _what(text, match.start(), match.end(), layout.body_end)
        clock = match["clock"]
        found.append(Deadline(field, what, _holder(text, obligations, match.start()), clock.strip() if clock else None))
    return tuple(_distinct(found))


def _distinct(found: list[Deadline]) -> list[Deadline]:
    seen: set[tuple[str, str | None]] = set()
    out = []
    for one in found:
        if (one.date.value, one.obligation) not in seen:
            seen.add((one.date.value, one.obligation))
            out.append(one)
    return out


def find_time_limits(
    text: SourceText, layout: Layout, obligations: tuple[Obligation, ...], start: int
) -> tuple[TimeLimit, ...]:
    """ "trong vòng 24 giờ": hours from an event that only life can tell."""
    found = []
    for match in _LIMIT_RE.finditer(text.low, start, layout.body_end):
        hours = int(match["n"]) * (24 if match["unit"].startswith("ngày") else 1)
        found.append(TimeLimit(text.field(*match.span()), hours, _holder(text, obligations, match.start())))
    return tuple(found)


def _holder(text: SourceText, obligations: tuple[Obligation, ...], offset: int) -> str | None:
    at = text.span(offset, offset + 1)[0]
    for one in obligations:
        if any(s <= at < e for s, e in one.text.spans):
            return one.id
    return None


def _what(text: SourceText, start: int, end: int, limit: int) -> Field[str]:
    """What is due: the clause before the day, or after it where the day comes first."""
    begin = max(0, start - 400)
    cuts = [
        m.end()
        for m in re.compile(r"[.;:](?=\s)|\n\s*\n|\n\s*(?:[-+*]|\d{1,2}\s?[.)/-]|[a-zđ]\))\s").finditer(
            text.match, begin, start
        )
    ]
    s = cuts[-1] if cuts else begin
    if text.match.count(")", s, start) > text.match.count("(", s, start):  # the cut lay inside brackets
        opened = text.match.rfind("(", begin, s)
        outer = [cut for cut in cuts if cut <= opened]
        s = outer[-1] if outer else begin
    before = text.match[s:start].strip(" ,;(-\n")
    if len(before.split()) >= 3:
        for cut in re.compile(r",\s+|\s(?=(?:và|đồng thời)\s)").finditer(text.low, s, start):
            rest = text.low[cut.end() : start].removeprefix("và ").removeprefix("đồng thời ")
            if starts_with_demand(rest) and len(rest.split()) > 2:
                s = cut.end()
        return _clean(text, s, start)
    after = re.compile(r"[.;](?:\s|$)|\n\s*\n").search(text.match, end, limit)
    if len(text.match[end : after.start() if after else limit].split()) < 2:
        sentences = [m.end() for m in re.compile(r"[.;](?=\s)|\n\s*\n").finditer(text.match, begin, start)]
        return _clean(text, sentences[-1] if sentences else begin, start)
    stop = re.compile(r"[.;](?:\s|$)|\n\s*\n").search(text.match, end, limit)
    e = stop.start() if stop else min(limit, end + 300)
    return _clean(text, end, e)


def _clean(text: SourceText, s: int, e: int) -> Field[str]:
    lead = re.compile(r"[\s,;:()-]*(?:(?:và|đồng thời)\s+)?[\s,;:()-]*").match(text.low, s, e)
    s = lead.end() if lead else s
    while e > s and text.match[e - 1] in " ,;:(-\n\t":
        e -= 1
    return text.field(s, e)
