"""The parts of a page: lines, page numbers, where the text was cut, where its body ends and its foot begins.

Source: NĐ 30/2020/NĐ-CP phụ lục I (end mark "./.", cells 7 and 9b at the foot, page numbers from the second page).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

from .text import SourceText, compiled

_CUT_RE = re.compile(r"\[[^\[\]\n]{0,40}(?:không thấy|bị cắt|bị mất|còn nữa|lược bỏ|không có trong)[^\[\]\n]{0,60}\]")
_END_MARK_RE = re.compile(r"\.\s?/\s?\.")
_FOOT_RE = re.compile(r"(?<!\w)(?:Nơi nhận|NƠI NHẬN|Nơi Nhận)\s*:|^[ \t]*Nơi nhận[ \t]*$", re.MULTILINE)
_SIGNATURE_RE = compiled(
    r"^[ \t]*(?:(?:KT|TL|TM|TUQ|Q)\s?\.\s?[A-ZĐÀ-Ỹ]|(?:BỘ TRƯỞNG|THỨ TRƯỞNG|CỤC TRƯỞNG|PHÓ CỤC TRƯỞNG|GIÁM ĐỐC|"
    r"PHÓ GIÁM ĐỐC|CHỦ TỊCH|"
    r"PHÓ CHỦ TỊCH|THỦ TƯỚNG|PHÓ THỦ TƯỚNG|THỐNG ĐỐC|CHÁNH VĂN PHÒNG|TỔNG GIÁM ĐỐC|TỔNG CỤC TRƯỞNG|VỤ TRƯỞNG|"
    r"HIỆU TRƯỞNG)[ \t]*$)",
    re.MULTILINE,
)  # fmt: skip
PAGE_NUMBER_RE = re.compile(
    r"[ \t]*(?:-?\s?\d{1,3}\s?-?|(?:trang|page)\s*\d{1,3}(?:\s*(?:/|of)\s*\d{1,3})?)[ \t]*", re.I
)
# Vigil's own mark of an exercise, on every page of what it writes
EXERCISE_RE = re.compile(r"^[ \t|]*(?P<mark>DIỄN TẬP(?:[ \t]*[/-][ \t]*EXERCISE)?)[ \t|]*$", re.MULTILINE)
_ANNEX_RE = re.compile(r"^[ \t]*(?:PHỤ LỤC|Phụ lục)(?:[ \t]+(?:[IVX]+|\d{1,2}))?[ \t.:]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Line:
    """One line without its line end."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Layout:
    """Offsets of the parts; `body_end` is where nothing can be an obligation any more."""

    lines: tuple[Line, ...]
    cut: tuple[int, int] | None
    end_mark: tuple[int, int] | None
    foot: int | None
    body_end: int

    def line_at(self, offset: int) -> int:
        """The index of the line that holds an offset."""
        return max(0, bisect_right(self.lines, offset, key=lambda line: line.start) - 1)


def lines_of(text: SourceText) -> tuple[Line, ...]:
    """Every line of the text."""
    lines, start = [], 0
    for part in text.match.split("\n"):
        lines.append(Line(start, start + len(part)))
        start += len(part) + 1
    return tuple(lines)


def layout_of(text: SourceText, head_end: int) -> Layout:
    """Find the parts; what stands before `head_end` cannot be foot or end."""
    cut = _CUT_RE.search(text.low)
    mark = _END_MARK_RE.search(text.match, head_end)
    foot = _FOOT_RE.search(text.match, head_end)
    signature = _SIGNATURE_RE.search(text.match, head_end)
    annex = _ANNEX_RE.search(text.match, head_end)
    ends = [m.start() for m in (mark, foot, signature, annex) if m]
    return Layout(
        lines_of(text),
        cut.span() if cut else None,
        mark.span() if mark else None,
        foot.start() if foot else None,
        min(ends, default=len(text)),
    )
