"""Whom the document addresses: the list after Kính gửi; in a body without one, those of whom the lead sentence asks.

Source: NĐ 30/2020/NĐ-CP phụ lục I cell 9a (one addressee on the line; several each on a line "- ...;", the last with
".").
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .head import Head
from .layout import Layout
from .text import SourceText, compiled
from .values import Field

_OPENERS = (
    r"(?:Thực hiện|Căn cứ|Ngày \d|Theo|Nhằm|Để|Trong thời gian|Trong bối cảnh|Thời gian|Tiếp theo|Hiện nay|Qua|"
    r"Vừa qua|Phúc đáp|Trước|Thủ tướng|Bộ|Cục|Sở|Trong|"
    r"Triển khai|Như|Việc|Công tác|Trên cơ sở|Kính đề nghị|Năm|UBND|Ủy ban|Ngân hàng Nhà nước|Trung tâm|Được|"
    r"Sau khi|Trong các|Dịp|Hưởng ứng|Chuẩn bị|Microsoft|Từ ngày|Văn phòng|Nhận được)"
)
_ITEM_RE = compiled(r"[ \t|]*(?:[-+*•●▪]|\d{1,2}[.)])[ \t]*")
_NUMBERED_RE = compiled(r"\d{1,2}[.)]\s*$")
_JOINS = ("và", "của", "các", "thuộc", "-", "với", "cho", "về", "&", "tỉnh,")
_LEAD_RE = compiled(
    r"(?<!\w)(?:đề nghị|yêu cầu|khuyến nghị|khuyến cáo|chỉ đạo)\s+(?P<who>[^:.]{4,700}?)\s*(?P<then>:|"
    r"(?<=\s)(?:như sau|tăng cường|thực hiện|tập trung|triển khai|khẩn trương|chủ động|nghiêm túc|kiểm tra|rà "
    r"soát|(?<!, )tổ chức(?!,)|quan tâm|"
    r"bố trí|cập nhật|xem xét|một số|nhanh chóng|lưu ý|phối hợp|chú trọng|quán triệt|phân công|bảo đảm|đảm bảo)(?!\w))"
)
_VAGUE_RE = compiled(r"(?:quý|bạn|các đồng chí|một số)(?!\w)")


@dataclass(frozen=True, slots=True)
class Addressees:
    """The list and where the body begins after it."""

    fields: tuple[Field[str], ...]
    end: int


def find_addressees(text: SourceText, head: Head, layout: Layout) -> Addressees:
    """The list after Kính gửi, joined over line breaks."""
    if head.to is None:
        return Addressees((), 0)
    spans: list[list[int]] = []
    bulleted, blank, done = False, False, head.to[1]
    index = layout.line_at(head.to[1])
    for number, line in enumerate(layout.lines[index : index + 80]):
        start = head.to[1] if number == 0 else line.start
        end = min(line.end, layout.body_end)
        if start >= layout.body_end:
            break
        words = text.match[start:end].strip(" \t|")
        if not words:
            blank = True
            continue
        if len(words) > 400:
            return _inline(text, start, end)
        marker = _ITEM_RE.match(text.match, start, end)
        if marker and bulleted and _begins_the_body(text, spans, marker.group()):
            break
        if marker and marker.end() < end and (spans == [] or bulleted or text.match[spans[-1][1] - 1] in ":;"):
            bulleted = True
            spans.append([marker.end(), end])
        elif not spans:
            spans.append([start, end])
        elif _continues(text, spans[-1], words, bulleted, blank):
            spans[-1][1] = end
        elif not bulleted and text.match[spans[-1][0] : spans[-1][1]].rstrip().endswith(";"):
            spans.append([start, end])
        else:
            break
        blank, done = False, end
    return Addressees(tuple(f for s, e in spans if (f := _one(text, s, e)) is not None), done)


def _begins_the_body(text: SourceText, spans: list[list[int]], marker: str) -> bool:
    """A dashed list that came to its full stop is over: a "1." after it is the first thing that is asked."""
    first = spans[0][0]
    dashed = _NUMBERED_RE.search(text.match[max(0, first - 6) : first]) is None
    over = text.match[spans[-1][0] : spans[-1][1]].rstrip(" \t|").endswith(".")
    return dashed and over and _NUMBERED_RE.search(marker) is not None


def _continues(text: SourceText, last: list[int], words: str, bulleted: bool, blank: bool) -> bool:
    so_far = text.match[last[0] : last[1]].rstrip(" \t|")
    if so_far.endswith((".", ";")) or last[1] - last[0] > 500:
        return False
    if words[0].islower() or so_far.endswith(","):
        return True
    if blank or re.match(_OPENERS + r"(?!\w)", words):
        return False
    if so_far.endswith(tuple(" " + j for j in _JOINS)) and not so_far.endswith("trực thuộc"):
        return True
    return bulleted


def _one(text: SourceText, s: int, e: int) -> Field[str] | None:
    while e > s and text.match[e - 1] in " \t\n|.;,:-":
        e -= 1
    while s < e and text.match[s] in " \t\n|:-":
        s += 1
    return text.field(s, e) if e > s else None


def _inline(text: SourceText, start: int, end: int) -> Addressees:
    """Everything on one line: a dashed list ends with its full stop, one name where the body's first words stand."""
    dashed = compiled(r"\s*-\s").match(text.match, start) is not None
    stop = compiled(r"\.\s+(?=[A-ZĐÀ-Ỹ])").search(text.match, start, min(end, start + 1500))
    close = stop.start() if stop else min(end, start + 300)
    if not dashed:
        opener = compiled(rf"(?<![,;:\-])\s(?={_OPENERS}\s)").search(text.match, start + 6, close)
        close = opener.start() if opener else close
        one = _one(text, start, close)
        return Addressees((one,) if one else (), close)
    cuts = [m.span() for m in compiled(r"(?:^|(?<=[;:.,\s]))\s*-\s+(?=[A-ZĐÀ-Ỹ])").finditer(text.match, start, close)]
    bounds = [(cut[1], cuts[i + 1][0] if i + 1 < len(cuts) else close) for i, cut in enumerate(cuts)]
    return Addressees(tuple(f for s, e in bounds if (f := _one(text, s, e)) is not None), close)


def asked_of(text: SourceText, start: int, end: int) -> tuple[Field[str], ...]:
    """Those of whom the lead sentence asks ("đề nghị các cơ quan, tổ chức, doanh nghiệp thực hiện ..."), split at
    ";"."""
    for match in _LEAD_RE.finditer(text.low, start, min(end, start + 4000)):
        s, e = match.span("who")
        if _VAGUE_RE.match(text.low, s) or re.match(r"(?:của|về|tại|trên|này|điều phối)\b", match["who"]):
            continue
        if not re.match(
            r"(?:các|thủ trưởng|giám đốc|chủ tịch|bộ|ubnd|ủy ban|cơ quan|đơn vị|doanh nghiệp|sở|người|tổng|"
            r"toàn|tổ chức|những|chủ quản|ngân hàng|cán bộ|phòng|trung tâm|quý)",
            match["who"],
        ):
            continue
        parts = compiled(r"[^;]+").finditer(text.low, s, e)
        return tuple(one for part in parts if (one := _one(text, *part.span())) is not None)
    return ()
