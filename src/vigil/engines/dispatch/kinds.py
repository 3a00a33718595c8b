"""What sort of document a text is: by its type name, by its number's code, else by how it speaks.

Source: NĐ 30/2020/NĐ-CP điều 7 and phụ lục III. A công văn has no type name; an article tells of a document.
"""

from __future__ import annotations

import re

from .dates import crawl_prefix_end
from .head import CODES, TYPES, Head
from .numbers import Numbered, type_code
from .text import SourceText
from .values import Field

_BYLINE_RE = re.compile(
    r"^[ \t]*(?:\(?[A-ZĐ][\w.&ĐÀ-ỹ]{1,18}(?: [A-Z][\w.]*){0,2}\)\s*-|(?:[A-Z]{2,}[A-Za-z.]*|Dân trí|VOV|"
    r"VTV\.vn)\s*-\s)",
    re.M,
)
_BYLINE_INLINE_RE = re.compile(r"\((?:[A-Z]{2,8}|[A-ZĐ][\w.]+(?: \w+){0,2})\)\s*-\s")
_PAPER_RE = re.compile(
    r"(?<!\w)(?:theo đó,|cho biết|mới đây,|(?:vừa|đã)\s+(?:có|ban hành|gửi|ký|phát đi)\s+(?:công văn|văn bản|"
    r"công điện|chỉ thị|cảnh báo)|phóng viên|bạn đọc|chia sẻ với|pv\b|tòa soạn)"
)
_FIRST_PERSON_RE = re.compile(
    r"(?:kính|trân trọng)\s+(?:đề nghị|gửi|thông báo|yêu cầu)|đề nghị\s+quý[^.\n]{0,200}:|trân trọng\s*(?:cảm "
    r"ơn)?\s*\./\."
)
_STAMP_RE = re.compile(
    r"(?:thứ (?:hai|ba|tư|năm|sáu|bảy)|chủ nhật)\s*,\s*(?:ngày\s+)?\d{1,2}/\d{1,2}/\d{4}|\d{1,2}:\d{2}\s*(?:\||"
    r"-|,)?\s*\d{1,2}/\d{1,2}/\d{4}"
)
_CHROME_RE = re.compile(r"lượt xem|image banner|lượt truy cập|hệ thống pháp luật")
_NUMBERED_RE = re.compile(r"^[ \t]*(?:1[.)]|a\))\s", re.M)
_ORDER_RE = re.compile(
    r"(?:bộ trưởng|thủ tướng|chủ tịch|thống đốc|giám đốc)[^.;:\n]{0,90}(?:yêu cầu|chỉ thị|giao)\s[^.]{0,600}:", re.S
)
_WORD_KINDS = {
    "chỉ thị": "directive", "kế hoạch": "plan", "phương án": "plan", "báo cáo": "report", "thông báo": "notice",
    "hướng dẫn": "guidance", "quyết định": "decision", "tờ trình": "submission", "thông tư": "decision",
}  # fmt: skip
DOCUMENT_TYPES = {
    "CT": "chỉ thị", "CĐ": "công điện", "KH": "kế hoạch", "PA": "phương án", "BC": "báo cáo", "TB": "thông báo",
    "QĐ": "quyết định", "TTr": "tờ trình", "HD": "hướng dẫn", "CTr": "chương trình", "NQ": "nghị quyết",
    "NĐ": "nghị định", "TT": "thông tư", "GM": "giấy mời", "BB": "biên bản",
}  # fmt: skip


def find_kind(text: SourceText, head: Head, number: Numbered | None) -> Field[str]:
    """The kind of document, read from its form where it has one, else inferred."""
    if head.type_name is not None and head.type_span is not None:
        return Field(TYPES[head.type_name], "normalised", (text.span(*head.type_span),), "tên loại văn bản")
    letterhead = head.exists and (number is not None or head.to is not None or head.motto is not None)
    if number is not None and number.in_head:
        code = type_code(number.value)
        if code in CODES:
            return Field(CODES[code], "normalised", (text.span(number.start, number.end),), "ký hiệu loại văn bản")
    if letterhead and (head.to or head.subject_mark is not None or (number is not None and number.in_head)):
        return Field("dispatch", "inferred", (), "không có tên loại: công văn")
    return _headless(text, number)


def _headless(text: SourceText, number: Numbered | None) -> Field[str]:
    first = text.low[:6000]
    if is_news(text, number):
        return Field("news", "inferred", (), "bài viết kể về văn bản")
    order = _ORDER_RE.search(first)
    if "chỉ thị này" in first or (order and _NUMBERED_RE.search(text.match)):
        return Field("directive", "inferred", (), "người đứng đầu yêu cầu")
    if number is not None and number.word in _WORD_KINDS:
        return Field(_WORD_KINDS[number.word], "inferred", (text.span(number.start, number.end),), "theo lời bài")
    for words, kind in (("kế hoạch này", "plan"), ("báo cáo này", "report"), ("thông báo này", "notice")):
        if words in first:
            return Field(kind, "inferred", (), f"bài gọi mình là '{words}'")
    title = re.compile(r"\A\s*(kế hoạch|chỉ thị|thông báo|báo cáo|phương án|quyết định)(?!\w)").match(first)
    if title:
        return Field(_WORD_KINDS[title[1]], "inferred", (text.span(*title.span(1)),), "tên loại ở đầu bài")
    return Field("dispatch", "inferred", (), "thân công văn không có phần đầu")


def is_news(text: SourceText, number: Numbered | None) -> bool:
    """Whether a text without letterhead tells of a document rather than being its body."""
    first = text.low[:6000]
    if crawl_prefix_end(text):
        return True
    score = 0
    score += 3 if _BYLINE_RE.search(text.match[:400]) or _BYLINE_INLINE_RE.search(text.match[:400]) else 0
    score += 1 if _STAMP_RE.search(first[:600]) else 0
    score += len(set(_PAPER_RE.findall(first)))
    score -= 3 if _FIRST_PERSON_RE.search(first) else 0
    score -= 2 if _NUMBERED_RE.search(text.match[:6000]) else -1
    score -= 3 if _ORDER_RE.search(first[:1500]) and _NUMBERED_RE.search(text.match[:6000]) else 0
    if number is not None and "/" in number.value:
        score -= 2 if _CHROME_RE.search(first[:600]) else 1
    return score > 0
