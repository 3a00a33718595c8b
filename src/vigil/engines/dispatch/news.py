"""Demands without numbers: the imperative paragraphs of an article, and of a short letter that has no items."""

from __future__ import annotations

import re

from .audiences import Mention, asked_from, classes_in, subject_mention
from .dates import crawl_prefix_end
from .layout import Layout
from .obligations import (
    after_condition,
    has_modal,
    is_information,
    make_obligation,
    starts_with_demand,
    tells,
    worth_reading,
)
from .reading import Obligation
from .tables import body_pattern, phrases
from .text import SourceText, key
from .values import Field

_MARK_RE = re.compile(r"[ \t|]*(?:[-+*•●▪]|\d{1,2}[.)]|[a-zđ]\))[ \t]*")
_ASK_RE = re.compile(
    r"(?:cũng|còn|đồng thời|trân trọng|kính)?\s*(?:đề nghị|yêu cầu|khuyến nghị|khuyến cáo|lưu ý|"
    r"giao)(?:\s+(?:các|người|cơ quan|tổ chức|quý|doanh nghiệp|đơn vị|ubnd|sở|bộ|thủ trưởng|chủ quản)[^,.;:]{0,"
    r"160})?"
)

_TELLS_OF_RE = re.compile(
    r"^\([^)]{2,25}\)\s*-|^[\w.]{2,12}\s-\s|^(?:sáng|chiều|tối|ngày)?\s*ngày\s+\d|(?:có|ban hành|gửi|ký|phát "
    r"đi|ra)\s+(?:ban hành\s+)?(?:công văn|văn bản|công điện|chỉ thị|cảnh báo|thông báo)"
)
_ORDERED_RE = re.compile(
    r"\s+(?:khẩn trương\s+|tiếp tục\s+|chịu trách nhiệm\s+)?(?:chủ trì|chỉ đạo|phối hợp|tham mưu|hướng dẫn|tăng cường|"
    r"có trách nhiệm|rà soát|tổ chức|theo dõi|đôn đốc|triển khai|thực hiện|xây dựng)(?!\w)"
)
_ORDERER_RE = re.compile(r"(?:thủ tướng|chủ tịch|bộ trưởng)[^.;]{0,80}(?:yêu cầu|ban hành|ký|giao|chỉ đạo)\s")
_ASK_VERB_RE = re.compile(r"(?<!\w)(?:yêu cầu|đề nghị|chỉ đạo|giao|khuyến nghị|khuyến cáo)\s+")


def paragraph_obligations(
    text: SourceText, layout: Layout, start: int, addressees: tuple[Field[str], ...], article: bool
) -> tuple[Obligation, ...]:
    """Demand paragraphs n1, n2, ...; in an article its lead only says of whom the paragraphs after it ask."""
    found: list[Obligation] = []
    above: Mention | None = None
    first = True
    for s, e in _paragraphs(text, layout, start):
        if first and article:
            above = _lead_mention(text, s, e)
            first = False
            if not _plain_demand(text, s, e) or _is_lead(text, s, e):
                continue
        first = False
        if article and text.match[s:e].rstrip().endswith(":") and not starts_with_demand(key(text.match[s:e])):
            above = _lead_mention(text, s, e) or above
            continue
        whom = asked_from(text, s, e)
        own = subject_mention(text, whom, e)
        if own is not None and above is not None and own.label != above.label:
            above = None
        truncated = layout.cut is not None and s <= layout.cut[0] <= e
        if _asks(text, s, e, article) and worth_reading(text.words(s, e), truncated):
            found.append(make_obligation(text, f"n{len(found) + 1}", [(s, e)], addressees, above, truncated, whom))
    return tuple(found)


def _paragraphs(text: SourceText, layout: Layout, start: int) -> list[tuple[int, int]]:
    """Lines as paragraphs; a line that goes on in lower case belongs to the one before."""
    out: list[tuple[int, int]] = []
    start = max(start, crawl_prefix_end(text))
    for line in layout.lines[layout.line_at(start) :]:
        s, e = max(line.start, start), min(line.end, layout.body_end)
        if s >= e or not text.match[s:e].strip():
            continue
        mark = _MARK_RE.match(text.match, s, e)
        begin = mark.end() if mark and mark.end() < e else s
        first = text.match[begin:e].lstrip()[:1]
        unfinished = out and text.match[out[-1][0] : out[-1][1]].rstrip()[-1:] not in ".;:!?]…"
        if (
            out
            and not mark
            and unfinished
            and (first.islower() or first.isdigit() or text.match[out[-1][1] - 2 : out[-1][1]].strip()[-1:] == ",")
        ):
            out[-1] = (out[-1][0], e)
        else:
            out.append((begin, e))
    return out


def _plain_demand(text: SourceText, s: int, e: int) -> bool:
    low = key(text.match[s:e])
    return starts_with_demand(low) and not tells(low)


def _is_lead(text: SourceText, s: int, e: int) -> bool:
    """A headline or a lead: it names the issuer or has no full stop."""
    body = text.match[s:e].rstrip()
    return not body.endswith((".", ";", "]")) or body_pattern().search(text.low, s, min(e, s + 160)) is not None


def _lead_mention(text: SourceText, s: int, e: int) -> Mention | None:
    """Of whom the lead asks, if it ends with a colon ("Bộ trưởng yêu cầu doanh nghiệp viễn thông:")."""
    if not text.match[s:e].rstrip().endswith(":"):
        return None
    asks = list(_ASK_VERB_RE.finditer(text.low, s, e))
    if not asks:
        return None
    classes = classes_in(text, asks[-1].end(), e)
    return Mention(classes, asks[-1].end(), e) if classes else None


def _asks(text: SourceText, s: int, e: int, article: bool) -> bool:
    low = key(text.match[s:e])
    if any(low.startswith(c) for c in phrases("closings")):
        return False
    if starts_with_demand(low):
        return not tells(low) and not _speaks_of(low)
    if _TELLS_OF_RE.search(low[:260]):
        return False
    if is_information(low):
        return False
    rest = after_condition(low)
    if rest is not None:
        return (starts_with_demand(rest) and not tells(rest)) or bool(
            re.match(r"(?:[^,.]{0,60}\s)?(?:cần|phải)\s", rest)
        )
    if _speaker_asks(low) or _ordered(text, low):
        return True
    return (
        subject_mention(text, s, e) is not None
        and has_modal(low)
        and not tells(low)
        and body_pattern().match(low) is None
    ) or _department(text, s, e, low)


def _department(text: SourceText, s: int, e: int, low: str) -> bool:
    own = subject_mention(text, s, e)
    return (
        own is not None
        and bool(own.classes)
        and has_modal(low)
        and not re.search(r"(?<!\w)(?:đã|vừa|cho biết|có (?:văn bản|công văn))(?!\w)", low[:120])
    )


def _speaks_of(low: str) -> bool:
    """A noun where a verb was meant: "cảnh báo của ...", "báo cáo của ...", "thông tin từ ..."."""
    return (
        re.match(
            r"(?:cảnh báo|báo cáo|thông báo|thông tin|khuyến cáo|yêu cầu|đề nghị|kế hoạch|chặn|khai thác|bảo "
            r"mật|tự|không|mở)\s+(?:của|từ|này|trên|được|nêu|thành công|lỗ hổng này|chỉ|có|ít|phải|cho "
            r"biết)(?!\w)",
            low,
        )
        is not None
    )


def _ordered(text: SourceText, low: str) -> bool:
    """ "Bộ Công an chủ trì ..." in an article that tells what the head of a body ordered."""
    body = body_pattern().match(low)
    return (
        body is not None
        and _ORDERED_RE.match(low, body.end()) is not None
        and _ORDERER_RE.search(text.low, 0, 1500) is not None
    )


def _speaker_asks(low: str) -> bool:
    """A body asks somebody for something, in one sentence that says what."""
    body = body_pattern().match(low)
    if body is None or low.rstrip().endswith(":"):
        return False
    ask = re.compile(r"[^.;:]{0,80}?\s" + _ASK_RE.pattern + r"\s*[^.]{8,}").match(low, body.end())
    return ask is not None and not re.search(r"công văn|văn bản số|chỉ thị số|công điện", low[:160])
