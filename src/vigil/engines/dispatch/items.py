"""The tree of items: Roman sections, numbers, 1.1, letters in the Vietnamese order, bullets; over page breaks.

A marker counts only where its turn has come (after 1 comes 2, after d comes đ or e), so a wrapped line that begins with
"30." or "2022." is no item.
Source: NĐ 30/2020/NĐ-CP phụ lục I mục II.6 (khoản 1, 2; điểm a, b, c, d, đ, e, g, h, i, k).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .layout import EXERCISE_RE, PAGE_NUMBER_RE, Layout
from .tables import phrases
from .text import SourceText, compiled

LETTERS = "abcdđeghiklmnopqrstuvxy"
_ROMANS = {
    r: i + 1
    for i, r in enumerate(
        ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII", "XIII", "XIV", "XV"]
    )
}
_MARKER = (
    r"(?:(?P<roman>[IVX]{1,5})\s?[.)/-]\s?(?=\S)|Điều\s+(?P<article>\d{1,2})\s?[.:]|(?P<decimal>\d{1,"
    r"2}(?:\.\d{1,2}){1,3})\.?\s+(?=[^\d\s%])|"
    r"(?P<number>\d{1,2})(?:\s?[.)/](?![\d])\s?(?=\S)|\s?-\s+(?=[A-ZĐÀ-Ỹ]))|(?P<letter>[a-zđ])\s?[.)]\s?(?=\S)|"
    r"(?P<bullet>[-+*•●▪])(?=\s*[^\s\d-])\s*)"
)
_MARKER_RE = compiled(r"[ \t|]*" + _MARKER)
_INLINE_RE = compiled(r"(?<=[.;:?!\]])[ \t]+(?=(?:[a-zđ]\)|\d{1,2}\.|[IVX]{1,4}\.)[ \t]+[A-ZĐÀ-Ỹ\[])")
_INLINE_LETTER_RE = compiled(r"(?<=[;:])[ \t]+(?=[a-zđ]\)[ \t])")
_SENTENCE_END = (".", ";", ":", "!", "?")
STYLES = ("roman", "number", "decimal", "letter", "bullet")


@dataclass(slots=True)
class Item:
    """One item; `spans` are its own words (without those of the items below it), a span for each page."""

    label: str
    style: str
    spans: list[tuple[int, int]]
    parent: Item | None = None
    children: list[Item] = field(default_factory=list)

    @property
    def start(self) -> int:
        return self.spans[0][0]

    @property
    def end(self) -> int:
        return self.spans[-1][1]

    def path(self) -> str:
        """The id: labels from the top, as "1.a"; a label like 1.1 already holds its parent's."""
        if self.parent is None or not self.parent.label:
            return self.label
        above = self.parent.path()
        if self.style == "decimal" and self.parent.style in ("number", "decimal"):
            section = above.rsplit(self.parent.label, 1)[0]
            return f"{section}{self.label}"
        return f"{above}.{self.label}"


@dataclass(frozen=True, slots=True)
class Tree:
    """The items under a root without label, and the words before the first."""

    root: Item
    lead: tuple[int, int]


def words_of(text: SourceText, item: Item) -> str:
    """An item's own words on one line."""
    return " ".join(w for s, e in item.spans if (w := text.words(s, e)))


def parse_items(text: SourceText, layout: Layout, start: int) -> Tree:
    """Build the tree from a body's lines."""
    builder = _Builder(text, start)
    for s, e in _logical_lines(text, layout, start):
        builder.take(s, e)
    root = builder.root
    first = next((c for c in root.children if c.style != "bullet"), root.children[0] if root.children else None)
    lead_end = first.start if first else layout.body_end
    return Tree(root, (start, lead_end))


def _logical_lines(text: SourceText, layout: Layout, start: int) -> list[tuple[int, int]]:
    """The body's lines; a long line that runs several items together is split where they begin."""
    out: list[tuple[int, int]] = []
    for line in layout.lines[layout.line_at(start) :]:
        s, e = max(line.start, start), min(line.end, layout.body_end)
        if s >= layout.body_end:
            break
        pattern = _INLINE_RE if e - s > 240 else _INLINE_LETTER_RE
        for cut in pattern.finditer(text.match, s, e):
            out.append((s, cut.start()))
            s = cut.end()
        out.append((s, e))
    return out


class _Builder:
    """Takes line after line and hangs it where it belongs."""

    def __init__(self, text: SourceText, start: int) -> None:
        self.text = text
        self.root = Item("", "root", [(start, start)])
        self.current = self.root
        self.blank = True
        self.closed = False
        self.skipped_page = False
        self.in_quote = 0

    def take(self, s: int, e: int) -> None:
        text = self.text
        stripped = text.match[s:e].strip(" \t|")
        if not stripped:
            self.blank = True
            return
        mark = EXERCISE_RE.fullmatch(stripped) is not None
        if mark or (PAGE_NUMBER_RE.fullmatch(stripped) and (self.blank or len(stripped) < 3)):
            self.skipped_page = True
            return
        marker = None if self.in_quote else _MARKER_RE.match(text.match, s, e)
        if marker and marker.end() < e and self._open(marker, e):
            pass
        elif not self.closed:
            self._append(s, e)
        self._count_quotes(s, e)
        self.blank = False

    def _count_quotes(self, s: int, e: int) -> None:
        shown = self.text.shown[s:e]
        self.in_quote = max(0, self.in_quote + shown.count("“") - shown.count("”"))
        if self.in_quote and e - self.current.start > 1500:
            self.in_quote = 0

    # -- markers

    def _open(self, marker: re.Match[str], e: int) -> bool:
        style = marker.lastgroup or ""
        label = marker[style]
        if style == "article":
            return self._numbered(label, marker.end(), e)
        if style == "roman":
            return self._roman(label, marker.end(), e)
        if style == "number":
            return self._numbered(label, marker.end(), e)
        if style == "decimal":
            return self._decimal(label, marker.end(), e)
        if style == "letter":
            return self._letter(label, marker.end(), e)
        return self._bullet(marker.end(), e)

    def _hang(self, parent: Item, label: str, style: str, s: int, e: int) -> bool:
        item = Item(label, style, [(s, e)], parent)
        parent.children.append(item)
        self.current, self.closed, self.skipped_page = item, False, False
        return True

    def _up_to(self, *styles: str) -> Item:
        item = self.current
        while item.style not in (*styles, "root") and item.parent is not None:
            item = item.parent
        return item

    @staticmethod
    def _last(parent: Item, style: str) -> str | None:
        return next((c.label for c in reversed(parent.children) if c.style == style), None)

    def _roman(self, label: str, s: int, e: int) -> bool:
        value = _ROMANS.get(label)
        last = self._last(self.root, "roman")
        expected = _ROMANS[last] if last else 0
        if value is None or not ((value == 1 and not last) or expected < value <= expected + 2):
            return False
        return self._hang(self.root, label, "roman", s, e)

    def _numbered(self, label: str, s: int, e: int) -> bool:
        value, parent = int(label), self._up_to("roman")
        last = self._last(parent, "number")
        if last is None:
            ok = value == 1 or (not self.root.children and 1 < value <= 9 and not self._unfinished())
        else:
            ok = int(last) < value <= int(last) + 2
        return ok and self._hang(parent, str(value), "number", s, e)

    def _unfinished(self) -> bool:
        """Whether the words before stop in the middle of a sentence, so that a number belongs to it."""
        before = self.text.match[max(0, self.current.end - 200) : self.current.end].rstrip()
        return bool(before) and not before.endswith(_SENTENCE_END)

    def _decimal(self, label: str, s: int, e: int) -> bool:
        parts = label.split(".")
        prefix = ".".join(parts[:-1])
        parent = self._up_to("roman")
        siblings = [c for c in parent.children if c.style == "number"]
        if siblings and siblings[-1].label == parts[0]:
            parent = siblings[-1]
        while len(parts) > 2:
            deeper = next((c for c in reversed(parent.children) if c.label == prefix), None)
            if deeper is None:
                break
            parent = deeper
            break
        last = self._last(parent, "decimal")
        value = int(parts[-1])
        ok = (
            value == 1
            if last is None
            else last.rpartition(".")[0] == prefix and value - int(last.rpartition(".")[2]) in (1, 2)
        )
        ok = ok or (last is not None and value == 1 and int(last.split(".")[0]) < int(parts[0]))
        return ok and self._hang(parent, label, "decimal", s, e)

    def _letter(self, label: str, s: int, e: int) -> bool:
        parent = self._up_to("number", "decimal", "roman")
        last = self._last(parent, "letter")
        if label not in LETTERS:
            return False
        ok = label == "a" if last is None else 0 < LETTERS.index(label) - LETTERS.index(last) <= 5
        return ok and self._hang(parent, label, "letter", s, e)

    def _bullet(self, s: int, e: int) -> bool:
        if self.closed:
            return False
        parent = self._up_to("number", "decimal", "letter", "roman")
        return self._hang(parent, str(1 + int(self._last(parent, "bullet") or 0)), "bullet", s, e)

    # -- lines without a marker

    def _append(self, s: int, e: int) -> None:
        if self.current is self.root:
            self.root.spans[-1] = (self.root.start, e)
            return
        if self._starts_paragraph(s) and self._closes(s, e):
            self.closed = True
            return
        if self.skipped_page:
            self.current.spans.append((s, e))
            self.skipped_page = False
        else:
            self.current.spans[-1] = (self.current.spans[-1][0], e)

    def _starts_paragraph(self, s: int) -> bool:
        before = self.text.match[max(0, self.current.end - 80) : self.current.end].rstrip()
        return before.endswith(_SENTENCE_END) or before.endswith("]")

    def _closes(self, s: int, e: int) -> bool:
        """Whether a new paragraph belongs to no item."""
        low = self.text.low[s:e].lstrip(" \t|-")
        if any(low.startswith(c) for c in phrases("closings")):
            return True
        if self.current.style == "bullet" and _TURN_RE.match(low):
            return True
        return bool(_SPEAKER_RE.match(low))


_TURN_RE = re.compile(r"(?:nhằm|để|do đó|vì vậy|trước (?:tình hình|nguy cơ)|trên cơ sở|đề nghị|theo đó)\s")
_SPEAKER_RE = compiled(
    r"(?:bộ|cục|sở|ubnd|ủy ban nhân dân|thủ tướng|ngân hàng nhà nước|trung tâm)\s[^.;:]{0,90}(?:đề nghị|yêu "
    r"cầu|thông báo|trân trọng|rất mong|giao|kính|gửi)\s"
)
