"""The foot: recipients, who signed and by what authority, and the unit that files the draft.

Source: NĐ 30/2020/NĐ-CP phụ lục I cells 7a-7c and 9b; in a merged copy both columns share their lines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .layout import Layout
from .reading import Maybe, Signatory
from .text import SourceText, compiled
from .values import Field, absent

_AUTHORITY = r"(?:KT|TL|TM|TUQ|Q)\s?\.\s?[A-ZĐÀ-Ỹ][A-ZĐÀ-Ỹ ,&]*[A-ZĐÀ-Ỹ]"
_TITLES = (
    "BỘ TRƯỞNG|THỨ TRƯỞNG|CỤC TRƯỞNG|PHÓ CỤC TRƯỞNG|TỔNG CỤC TRƯỞNG|PHÓ TỔNG CỤC TRƯỞNG|GIÁM ĐỐC|PHÓ GIÁM ĐỐC|"
    "TỔNG GIÁM ĐỐC|PHÓ TỔNG GIÁM ĐỐC|CHỦ TỊCH|PHÓ CHỦ TỊCH|THỦ TƯỚNG|PHÓ THỦ TƯỚNG|"
    "THỐNG ĐỐC|PHÓ THỐNG ĐỐC|CHÁNH VĂN PHÒNG|PHÓ CHÁNH VĂN PHÒNG|VỤ TRƯỞNG|PHÓ VỤ TRƯỞNG|TRƯỞNG PHÒNG|PHÓ "
    "TRƯỞNG PHÒNG|HIỆU TRƯỞNG|PHÓ HIỆU TRƯỞNG|TRƯỞNG BAN|PHÓ TRƯỞNG BAN|BỘ TRƯỞNG, CHỦ NHIỆM|CHỦ NHIỆM|TỔNG "
    "THƯ KÝ|CHI CỤC TRƯỞNG|VIỆN TRƯỞNG|TRƯỞNG ĐOÀN"
)
_TITLE = rf"(?:QUYỀN\s+|Q\.\s?)?(?:{_TITLES})(?:[ ]+(?:[A-ZĐÀ-Ỹ,&-]+))*"
_AUTHORITY_RE = compiled(rf"(?<![\w.])(?P<a>{_AUTHORITY})(?![a-zà-ỹ])")
_TITLE_RE = compiled(rf"(?<![\w.])(?P<t>{_TITLE})(?![\wà-ỹ])")
_NAME_PART = r"[A-ZĐÀ-Ỹ][a-zà-ỹđ]*|[A-ZĐÀ-Ỹ]{2,}"
_RANKS = r"Trung tướng|Thiếu tướng|Thượng tướng|Đại tướng|Đại tá|Thượng tá|Trung tá|Thiếu tá|TS\.?|PGS\.?|GS\.?|ThS\.?"
_NAME_RE = compiled(
    rf"^[ \t]*(?P<n>(?:(?:{_RANKS})[ ]+)*(?:{_NAME_PART})(?:[ ]+(?:{_NAME_PART})){{1,4}})[ \t.]*$", re.MULTILINE
)
_INLINE_NAME_RE = compiled(
    r"\s+(?:\(?(?:Đã ký|đã ký|ĐÃ KÝ)\)?\s*)?(?P<n>[A-ZĐÀ-Ỹ][a-zà-ỹđ]+(?:\s[A-ZĐÀ-Ỹ][a-zà-ỹđ]+){1,4})(?!\w)"
)
_RANK_RE = compiled(rf"(?:(?:{_RANKS})\s+)+")
_FILED_RE = compiled(r"Lưu\s*:?\s*(?P<rest>[^;\n]*)")
_NOT_NAME = compiled(r"Nơi nhận|Như|Trân|Đã|Ký|Người|Ngày|Thời|Cơ quan|Email|Hà Nội|Bộ |Sở |Cục ")


@dataclass(frozen=True, slots=True)
class Foot:
    """Recipients, signatory, filing unit."""

    recipients: tuple[Field[str], ...] = ()
    signatory: Signatory | None = None
    filing: Maybe = field(default_factory=absent)
    same_as_above: Field[str] | None = None


def find_foot(text: SourceText, layout: Layout) -> Foot:
    """Read what stands below the body."""
    start = layout.body_end
    if start >= len(text):
        return Foot()
    signatory, taken = _signatory(text, start)
    recipients = _recipients(text, layout.foot, taken) if layout.foot is not None else ()
    filing: Maybe = absent()
    same: Field[str] | None = None
    for one in recipients:
        filed = _FILED_RE.match(one.value)
        if filed and "," in filed["rest"]:
            filing = Field(filed["rest"].split(",", 1)[1].strip(" ."), "read", one.spans)
        if one.value.lower().startswith(("như trên", "như kính gửi")):
            same = one
    return Foot(recipients, signatory, filing, same)


# -- signature


def _signatory(text: SourceText, start: int) -> tuple[Signatory | None, list[tuple[int, int]]]:
    authority = _AUTHORITY_RE.search(text.match, start)
    authority_span = _authority_span(text, authority) if authority else None
    after = authority_span[1] if authority_span else start
    title = _TITLE_RE.search(text.match, after)
    if authority and title and title.start() - after > 400:
        title = None
    if authority is None and title is None:
        return None, []
    end = title.end("t") if title else (authority_span or (0, start))[1]
    name, name_span = _name(text, end)
    taken = [s for s in (authority_span, title.span("t") if title else None, name_span) if s]
    return (
        Signatory(
            text.field(*authority_span) if authority_span else absent(),
            text.field(*title.span("t")) if title else absent(),
            name,
        ),
        taken,
    )


def _authority_span(text: SourceText, match: re.Match[str]) -> tuple[int, int]:
    """ "KT. BỘ TRƯỞNG THỨ TRƯỞNG" on one line holds the title too: cut where a deputy's title begins."""
    s, e = match.span("a")
    further = compiled(rf"\s*\n\s*({_AUTHORITY})(?![a-zà-ỹ])").match(text.match, e)
    e = further.end(1) if further else e
    cut = compiled(
        r"(?<=\S)\s+(?=(?:PHÓ|THỨ TRƯỞNG|CỤC TRƯỞNG|VỤ TRƯỞNG|CHÁNH VĂN PHÒNG|TRƯỞNG PHÒNG|GIÁM ĐỐC TRUNG TÂM)(?!\w))"
    ).search(text.match, s + 4, e)
    return (s, cut.start()) if cut else (s, e)


def _name(text: SourceText, start: int) -> tuple[Maybe, tuple[int, int] | None]:
    for match in _NAME_RE.finditer(text.match, start, min(len(text), start + 1500)):
        s, e = match.span("n")
        rank = _RANK_RE.match(text.match, s, e)
        s = rank.end() if rank else s
        if _NOT_NAME.match(text.match, s, e) or (text.match[s:e].isupper() and re.search(_TITLES, text.match[s:e])):
            continue
        return text.field(s, e), (s, e)
    inline = _INLINE_NAME_RE.match(text.match, start)
    if inline and not _NOT_NAME.match(inline["n"]):
        return text.field(*inline.span("n")), inline.span("n")
    tail = compiled(r"[ \t]{3,}(?P<n>[A-ZĐÀ-Ỹ][a-zà-ỹđ]+(?: [A-ZĐÀ-Ỹ][a-zà-ỹđ]+){1,4})[ \t]*$", re.M).search(
        text.match, start, min(len(text), start + 1500)
    )
    if tail:
        return text.field(*tail.span("n")), tail.span("n")
    return absent(), None


# -- recipients


def _recipients(text: SourceText, foot: int, taken: list[tuple[int, int]]) -> tuple[Field[str], ...]:
    """Items of the list, joined over line breaks, without the signature's words in a merged copy; "Lưu" is the last."""
    colon = compiled(r"N\S+\s+\S+?\s*:|N\S+\s+\S+").match(text.match, text.match.find("N", foot))
    at = colon.end() if colon else foot
    items: list[list[tuple[int, int]]] = []
    for s, e in _stretches(text, at, taken):
        words = text.match[s:e].strip()
        if not words or words in "-|":
            continue
        filed = bool(items) and text.words(*items[-1][0]).lower().lstrip("- ").startswith("lưu")
        bullet = compiled(r"[ \t|]*[-+*•]\s*").match(text.match, s, e)
        if bullet:
            items.append([(bullet.end(), e)])
        elif filed and not _goes_on(text, items[-1]):
            break
        elif items and not _ends(text, items[-1]):
            items[-1].append((s, e))
        elif not items or re.match(r"lưu|như", words.lower()):
            items.append([(s, e)])
        else:
            break
    return tuple(f for spans in items for f in _split_inline(text, spans))


def _stretches(text: SourceText, at: int, taken: list[tuple[int, int]]) -> list[tuple[int, int]]:
    out: list[tuple[int, int]] = []
    end = min(len(text), at + 6000)
    while at < end:
        newline = text.match.find("\n", at)
        line_end = end if newline < 0 else min(newline, end)
        s = at
        for a, b in sorted(t for t in taken if at <= t[0] < line_end):
            out.append((s, a))
            s = b
        out.append((s, line_end))
        at = line_end + 1
    return out


def _ends(text: SourceText, spans: list[tuple[int, int]]) -> bool:
    return text.match[spans[-1][0] : spans[-1][1]].rstrip().endswith((";", "."))


def _goes_on(text: SourceText, spans: list[tuple[int, int]]) -> bool:
    return text.match[spans[-1][0] : spans[-1][1]].rstrip().endswith(",")


def _split_inline(text: SourceText, spans: list[tuple[int, int]]) -> list[Field[str]]:
    """Several items on one line are split at "; -"; the last ends with its full stop."""
    if len(spans) > 1:
        return [f] if (f := _field(text, spans)) else []
    s, e = spans[0]
    out = []
    for cut in compiled(r";\s*-\s*|;\s+(?=Lưu)").finditer(text.match, s, e):
        if f := _field(text, [(s, cut.start())]):
            out.append(f)
        s = cut.end()
    if f := _field(text, [(s, e)]):
        out.append(f)
    return out


def _field(text: SourceText, spans: list[tuple[int, int]]) -> Field[str] | None:
    value = " ".join(w for s, e in spans if (w := text.words(s, e)))
    filed = re.match(r"(Lưu\s*:[^.;]*)[.;]", value)
    value = filed[1] if filed else value.strip(" ;.-")
    return Field(value, "read", tuple(_tight(text, s, e) for s, e in spans)) if value else None


def _tight(text: SourceText, s: int, e: int) -> tuple[int, int]:
    while e > s and text.match[e - 1] in " \t\n;.-":
        e -= 1
    return text.span(s, e)
