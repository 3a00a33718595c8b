"""The secrecy grade stamp, told apart from words that only speak of secrecy.

A stamp is a mark, not a word in a sentence: capitals that stand alone on their line, in a box, or at the edge of a
letterhead line, near the head. Source: NĐ 30/2020/NĐ-CP phụ lục I cell 10a (under the number of a công văn, top
corner);
Luật Bảo vệ bí mật nhà nước 2018 điều 8 (three grades); TT 24/2020/TT-BCA (shapes of the stamps).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .head import FREEDOM_RE, MOTTO_RE, TO_RE
from .text import SourceText, compiled, plain
from .values import Span

_WINDOW = 3000
_SP = r"[ \t.]{0,3}"


def _spaced(word: str) -> str:
    return _SP.join(word)


_GRADES = (
    (
        "Tuyệt mật",
        rf"{_spaced('TUYỆT')}[ \t]{{1,6}}{_spaced('MẬT')}",
        rf"{_spaced('TUYET')}[ \t]{{0,6}}{_spaced('MAT')}",
    ),
    ("Tối mật", rf"{_spaced('TỐI')}[ \t]{{1,6}}{_spaced('MẬT')}", rf"{_spaced('TOI')}[ \t]{{0,6}}{_spaced('MAT')}"),
    ("Mật", _spaced("MẬT"), _spaced("MAT")),
)
_EDGE = r"[\s\[\](){}|_=*+.~\"'<>■□▪│┃║╔╗╚╝═─┌┐└┘!:#-]*"
_MARK_RE = {g: compiled(rf"(?<![\wÀ-ỹ]){p}(?![\wÀ-ỹ])") for g, p, _ in _GRADES}
_ALONE_RE = {
    g: compiled(rf"(?:độ mật\s*:\s*)?{_EDGE}(?P<m>{p})(?:\s*\(?\s*(?:số|bản số|bs)\s*:?\s*\d+\)?)?{_EDGE}", re.I)
    for g, p, _ in _GRADES
}
_PLAIN_ALONE_RE = {g: compiled(rf"(?:DO MAT\s*:\s*)?{_EDGE}(?P<m>{p}){_EDGE}") for g, _, p in _GRADES}
_LABEL_RE = compiled(
    r"(?<!\w)(?:độ\s+mật|đóng\s+dấu)\s*:\s*(?P<m>tuyệt\s+mật|tối\s+mật|mật)(?!\s*[,;]?\s*[\wà-ỹ])", re.I
)
_URGENT_RE = compiled(r"(?:[-,+]\s*)?(?:HỎA TỐC|THƯỢNG KHẨN|KHẨN)(?:\s*[-,+])?")
_ORG_RE = compiled(r"^\s*(?:BỘ|CỤC|UBND|ỦY BAN|CÔNG AN|TỔNG CỤC|BAN|SỞ|VĂN PHÒNG|QUÂN KHU)\s[A-ZĐÀ-Ỹ ,-]+$")
_FORM_RE = compiled(r"S[ỐốOo]\s*:|NGÀY\s|,\s*ngày|^\s*V/v|Kính gửi", re.I)


@dataclass(frozen=True, slots=True)
class SecrecyFinding:
    """A grade stamp: `grade` is Mật, Tối mật or Tuyệt mật; `text` and `span` are the stamp as it stands."""

    grade: str
    text: str
    span: Span
    reason: str


def secrecy_grade(text: str) -> SecrecyFinding | None:
    """Find the grade stamp of a document, or None.

    The given text may be composed or not, spaced ("M Ậ T"), boxed, or without diacritics where it stands alone.
    """
    source = SourceText.of(text[: 4 * _WINDOW])
    end = _head_end(source)
    at, previous = 0, ""
    for line in source.match[:end].split("\n"):
        found = _on_line(source, line, at, previous)
        if found is not None:
            return found
        previous = line if line.strip() else previous
        at += len(line) + 1
    return None


def _head_end(source: SourceText) -> int:
    """The stamp stands above or beside the addressees, or among the first lines."""
    to = TO_RE.search(source.match, 0, _WINDOW)
    if to:
        return to.start() + 200 if source.match.count("\n") else to.end()
    return min(len(source), _WINDOW)


def _on_line(source: SourceText, line: str, at: int, previous: str) -> SecrecyFinding | None:
    stripped = line.strip()
    if not stripped:
        return None
    label = _LABEL_RE.search(line)
    if label and len(stripped) < 60:
        grade = " ".join(label["m"].lower().split()).capitalize()
        return _found(source, grade, at + label.start("m"), at + label.end("m"), "sau chữ 'Độ mật:'")
    return _alone(source, line, at, previous) or _beside_form(source, line, at)


def _alone(source: SourceText, line: str, at: int, previous: str) -> SecrecyFinding | None:
    """The mark has its line to itself, or shares it with the mark of urgency; lost diacritics do not hide it."""
    line = _URGENT_RE.sub(lambda m: " " * len(m.group()), line)
    if _is_prose(previous, ""):
        return None
    for grade, _, _ in _GRADES:
        exact = _ALONE_RE[grade].fullmatch(line)
        if exact and (exact["m"].isupper() or _boxed(line) or _in_letterhead(source)):
            return _found(source, grade, at + exact.start("m"), at + exact.end("m"), "đứng riêng một dòng")
        bare = _PLAIN_ALONE_RE[grade].fullmatch(plain(line).upper()) if line.isupper() else None
        if bare:
            return _found(source, grade, at + bare.start("m"), at + bare.end("m"), "đứng riêng một dòng, sai dấu")
    return None


def _boxed(line: str) -> bool:
    return any(c in line for c in "[]|│║┃■□")


def _in_letterhead(source: SourceText) -> bool:
    return MOTTO_RE.search(source.low, 0, _WINDOW) is not None


def _beside_form(source: SourceText, line: str, at: int) -> SecrecyFinding | None:
    """The stamp on a line that it shares with the motto, the number or the date of a merged copy."""
    for grade, _, _ in _GRADES:
        for match in _MARK_RE[grade].finditer(line):
            before, after = line[: match.start()], line[match.end() :]
            if _is_prose(before, after):
                continue
            low = source.low[at : at + len(line)]
            form = FREEDOM_RE.search(low) or MOTTO_RE.search(low) or _FORM_RE.search(line) or _ORG_RE.match(before)
            gap = (
                before == ""
                or before.endswith(("  ", "\t", "|", "| "))
                or after.startswith(("  ", "\t", "|", " |", " Số", " Hà Nội"))
            )
            edge = not before.strip() or not after.strip()
            if form and (gap or edge or _neighbours_form(before, after)):
                return _found(source, grade, at + match.start(), at + match.end(), "cùng dòng với phần đầu văn bản")
    return None


def _is_prose(before: str, after: str) -> bool:
    """Capitals within a capital title: "BẢO MẬT", "BÍ MẬT NHÀ NƯỚC", "MẬT KHẨU", "MẬT MÃ"."""
    last = re.search(r"[\wÀ-ỹ]+\s*$", before)
    nxt = re.match(r"\s*([\wÀ-ỹ]+)", after)
    if last and plain(last.group().strip()) in (
        "bao",
        "bi",
        "co",
        "do",
        "can",
        "than",
        "ban",
        "giu",
        "mat",
        "gui",
        "tuyet",
        "toi",
        "noi",
        "chi",
    ):
        return True
    return bool(
        nxt and plain(nxt[1]) in ("khau", "ma", "vu", "thu", "do", "nha", "danh", "bao", "hieu", "dan", "ong", "khu")
    )


def _neighbours_form(before: str, after: str) -> bool:
    ends = re.search(r"(?:[A-ZĐ]{2,}[-/][A-ZĐ-]{2,}|[Hh]ạnh\s+phúc|NAM|năm\s+\d{4})\s*$", before)
    starts = re.match(r"\s*(?:Số\s*:|CỘNG|Cộng|Độc lập|V/v|Hà Nội|Kính gửi|BỘ |CỤC |SỞ |UBND|ỦY BAN)", after)
    return bool(ends or starts or (not after.strip() and _ORG_RE.match(before)))


def _found(source: SourceText, grade: str, s: int, e: int, reason: str) -> SecrecyFinding:
    return SecrecyFinding(grade, source.words(s, e), source.span(s, e), reason)
