"""Who issued the document: from the capitals of the letterhead, else from the sentence that tells it.

Names come out in their proper case ("Bộ Thông tin và Truyền thông"); a department gets its province only where the text
names one. Source: NĐ 30/2020/NĐ-CP phụ lục I cell 2 (governing body above, issuing body below).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .casing import body_name
from .dates import DAY, Day, day_of
from .head import FREEDOM_RE, MOTTO_RE, Head
from .tables import Body, acronyms, bodies, body_pattern, place_pattern, places
from .text import SourceText, compiled, key
from .values import Field, How, absent

Maybe = Field[str] | Field[None]
Pieces = list[tuple[int, int]]

_HEADS = (
    "ỦY BAN NHÂN DÂN|ỦY BAN|UBND|BỘ|CỤC|SỞ|TRUNG TÂM|TỔNG CỤC|VĂN PHÒNG|NGÂN HÀNG|BAN|HỘI ĐỒNG|HIỆP HỘI|HỘI|CÔNG AN|"
    "PHÒNG|TẬP ĐOÀN|"
    "TỔNG CÔNG TY|CÔNG TY|VIỆN|ĐẠI HỌC|TRƯỜNG|HỌC VIỆN|ĐẢNG ỦY|TỈNH ỦY|THÀNH ỦY|THỦ TƯỚNG|CHÍNH PHỦ|THANH TRA|"
    "KHO BẠC|CHI CỤC|BỆNH VIỆN|VỤ|KIỂM TOÁN|TÒA ÁN|ĐÀI|THÔNG TẤN"
)
_CAPS_WORD = r"[A-ZĐÀ-Ỹ&][A-ZĐÀ-Ỹ0-9&.\-/()]*"
_CAPS_RE = compiled(rf"(?<!\w)(?:{_HEADS})(?!\w)(?:[ ]*,?[ ]+(?:-[ ])?{_CAPS_WORD}(?![a-zà-ỹ]))*")
_WRAP_RE = compiled(
    rf"[ \t|]*\n[ \t|]*(?!(?:{_HEADS})(?!\w)|SỐ\b|(?:TUYỆT |TỐI )?MẬT[ \t]*\n)"
    rf"({_CAPS_WORD}(?:[ ,]+{_CAPS_WORD}(?![a-zà-ỹ]))*)[ \t|]*(?=\n|$)"
)
_SPLIT_RE = compiled(r"(?<=\S)\s+(?=(?:CỤC|SỞ|TRUNG TÂM|TỔNG CỤC|UBND|ỦY BAN NHÂN DÂN|PHÒNG|CÔNG AN|VĂN PHÒNG)(?!\w))")
_VERBS = (
    r"(?:vừa|đã|cũng|mới|tiếp tục|trân trọng|kính|có|vừa có|đã có|chính thức)*\s*"
    r"(?:cảnh báo|đề nghị|yêu cầu|có\s+(?:công văn|văn bản|công điện|chỉ thị|thông báo|cảnh báo|kế hoạch|yêu "
    r"cầu|hướng dẫn)|ban hành|ký|kí|khuyến nghị|"
    r"khuyến cáo|lưu ý|gửi|phát đi|phát cảnh báo|ra\s+(?:công văn|văn bản|cảnh báo|thông báo|công điện|chỉ "
    r"thị)|chỉ đạo|công bố|thông báo|đưa ra|nhận thấy|ghi nhận|đánh giá|cho biết|giao)"
)
_PERSON = r"(?:\s+[A-ZĐÀ-Ỹ][a-zà-ỹ]*){2,5}"
_OF_RE = compiled(
    r"(?:cảnh báo|công văn|văn bản|chỉ thị|công điện|thông báo|khuyến nghị|khuyến cáo|yêu cầu|kế hoạch|"
    r"theo)\s+(?:mới\s+|khẩn\s+)?(?:số\s+\S+\s+(?:ngày\s+\S+\s+)?)?(?:của|từ)\s+$")  # fmt: skip
_LIMIT = 2500
_SPEAKER_RE = re.compile(r"(?:chủ tịch\s+)?(?:ubnd|ủy ban nhân dân)\s+(?:tỉnh|thành phố|tp)|thủ tướng")


@dataclass(frozen=True, slots=True)
class Issued:
    """Issuer and governing body."""

    issuer: Maybe
    parent: Maybe


def find_issuer(text: SourceText, head: Head, body_start: int) -> Issued:
    """The issuer and, where the letterhead or the office says so, the body above it."""
    named = _letterhead_bodies(text, head) if head.exists else []
    if named:
        issued = _from_letterhead(text, named)
        if issued is not None:
            return _complete(text, head, issued)
    return _complete(text, head, _from_prose(text))


# -- letterhead ------------------------------------------------------------------------------------------------------


def _zone_end(text: SourceText, head: Head) -> int:
    ends = [head.number.start if head.number else None, head.place_start, head.to[0] if head.to else None]
    ends += [
        head.subject_mark,
        head.type_span[0] if head.type_span else None,
        head.date_span[0] if head.date_span else None,
    ]
    known = [e for e in ends if e is not None]
    if head.motto and not known:
        return min(len(text), head.motto[1] + 200)
    # stacked blocks: the letterhead may follow the number only where nothing but the motto stands before it
    return min(known, default=0)


def _letterhead_bodies(text: SourceText, head: Head) -> list[Pieces]:
    """Capital names before the number, each in pieces: wrapped lines joined and merged names split."""
    end = _zone_end(text, head)
    shown = _blanked(text, head, end)
    names: list[Pieces] = []
    for match in _CAPS_RE.finditer(shown):
        s, e = match.span()
        if names and s < names[-1][-1][1]:
            continue
        for cut in _SPLIT_RE.finditer(shown, match.start(), e):
            if _splits(shown, s, cut.end()):
                names.append([(s, cut.start())])
                s = cut.end()
        names.append([(s, e), *_wrapped(shown, e)])
    return names


def _splits(shown: str, start: int, at: int) -> bool:
    first = shown[start:at].strip()
    return (
        not re.match(r"(?:VĂN PHÒNG|BAN|CHÁNH)\b", first)
        and len(first.split()) >= 2
        and not first.endswith((" VÀ", ","))
    )


def _blanked(text: SourceText, head: Head, end: int) -> str:
    """The zone with motto and rules turned to spaces, offsets kept."""
    zone = text.match[:end]
    spans = [m.span() for p in (MOTTO_RE, FREEDOM_RE) for m in p.finditer(text.low, 0, end + 60)]
    for start, stop in [*spans, *([head.urgency] if head.urgency else [])]:
        if start < end:
            zone = zone[:start] + "|" * (min(stop, end) - start) + zone[min(stop, end) :]
    return zone


def _wrapped(shown: str, e: int) -> Pieces:
    """Lines on which a capital name goes on (ỦY BAN NHÂN DÂN / TỈNH LÀO CAI)."""
    pieces: Pieces = []
    while (more := _WRAP_RE.match(shown, e)) is not None and len(more[1]) > 1:
        pieces.append(more.span(1))
        e = more.end(1)
    return pieces


def _from_letterhead(text: SourceText, spans: list[Pieces]) -> Issued | None:
    names = [_proper(text, pieces) for pieces in spans]
    names = [n for i, n in enumerate(names) if n is not None and all(n.value != m.value for m in names[:i] if m)]
    real = [n for n in names if n is not None]
    if not real:
        return None
    issuer = real[-1]
    parent: Maybe = real[-2] if len(real) > 1 else absent()
    if key(issuer.value) in ("ủy ban nhân dân", "ubnd"):
        return None
    return Issued(issuer, parent)


def _proper(text: SourceText, pieces: Pieces) -> Field[str] | None:
    words = " ".join(text.words(s, e) for s, e in pieces).strip(" -|.,")
    if len(words) < 3 and words != "BỘ":
        return None
    value = proper_case(words)
    return Field(value, "read" if value == words else "normalised", tuple(text.span(s, e) for s, e in pieces))


def proper_case(words: str) -> str:
    """A name from capitals in the case in which it is written: BỘ THÔNG TIN... -> Bộ Thông tin..."""
    folded = key(words)
    known = bodies().get(folded)
    if known:
        return known.name
    best = body_pattern().match(folded)
    if best and (place := re.fullmatch(rf"\s+(?:(tỉnh|thành phố|tp\.?)\s+)?({place_pattern()})", folded[best.end() :])):
        return with_place(bodies()[re.sub(r"\s+", " ", best.group())].name, place[2])
    return body_name(words)


def with_place(name: str, place: str) -> str:
    """A department's full name: "Sở Thông tin và Truyền thông tỉnh Nghệ An"."""
    proper, sort = places()[re.sub(r"\s+", " ", place)]
    return f"{name} {sort} {proper}"


# -- running text ----------------------------------------------------------------------------------------------------


def _from_prose(text: SourceText) -> Issued:
    for finder in (_minister, _prime_minister, _people_committee, _named_body, _acronym):
        found = finder(text)
        if found is not None:
            return found
    return Issued(absent(), absent())


def _minister(text: SourceText) -> Issued | None:
    """ "Bộ trưởng Bộ X yêu cầu", "Bộ trưởng yêu cầu" (the ministry inferred from its departments)."""
    match = compiled(
        rf"(?<!\w)(?:bộ trưởng|thống đốc)(\s+(?:bộ|ngân hàng)\s[^.;:,\n]{{2,60}}?)?(?:{_PERSON})?\s+{_VERBS}"
    ).search(text.low, 0, _LIMIT)
    if match is None:
        return None
    known = body_pattern().search(text.low, match.start(), match.end())
    title = text.words(match.start(), match.start() + len("bộ trưởng"))
    title = title[:1].upper() + title[1:]
    if known:
        name = bodies()[key(known.group())].name
        value = f"{title} {name}"
        how: How = "read" if value == text.words(match.start(), known.end()) else "normalised"
        return Issued(Field(value, how, (text.span(match.start(), known.end()),)), absent())
    ministry = _ministry_of_departments(text)
    if ministry is None:
        return Issued(Field(title, "read", (text.span(match.start(), match.start() + 9),)), absent())
    note = "bộ suy ra từ tên sở cùng ngành trong bài"
    return Issued(
        Field(f"{title} {ministry}", "inferred", (text.span(match.start(), match.start() + 9),), note), absent()
    )


def _ministry_of_departments(text: SourceText) -> str | None:
    for match in compiled(r"(?<!\w)sở\s+[^.;,\n]{4,60}").finditer(text.low):
        known = body_pattern().match(text.low, match.start())
        if known:
            ministry = bodies().get(key(bodies()[key(known.group())].name.replace("Sở", "Bộ", 1)))
            if ministry:
                return ministry.name
    return None


def _prime_minister(text: SourceText) -> Issued | None:
    match = compiled(
        rf"(?<!\w)(?P<title>(phó\s+)?thủ tướng)(\s+chính phủ)?(?:{_PERSON.replace('A-ZĐÀ-Ỹ', 'a-zđà-ỹ')})?\s+{_VERBS}"
    ).search(text.low, 0, _LIMIT)
    if match is None:
        return None
    end = match.end(3) if match[3] else match.end("title")
    value = "Phó Thủ tướng Chính phủ" if match[2] else "Thủ tướng Chính phủ"
    how: How = "read" if value == text.words(match.start(), end) else "normalised"
    return Issued(Field(value, how, (text.span(match.start(), end),)), absent())


def _people_committee(text: SourceText) -> Issued | None:
    """ "UBND thành phố Hà Nội ban hành", "Chủ tịch UBND tỉnh yêu cầu"."""
    pattern = (
        rf"(?<!\w)(?:chủ tịch\s+)?(?:ubnd|ủy ban nhân dân)\s+(?:tỉnh|thành phố|tp\.?|huyện|quận|thị "
        rf"xã)\s+([^.;:,\n]{{2,30}}?)(?=\s+{_VERBS})"
    )
    match = compiled(pattern).search(text.low, 0, _LIMIT)
    if match is None or re.match(r"các\b", match[1]):
        return None
    return Issued(text.field(match.start(), match.end()), absent())


def _named_body(text: SourceText) -> Issued | None:
    """The first known body that does something an issuer does, or of which the warning is said to be."""
    fallback: Issued | None = None
    for match in body_pattern().finditer(text.low, 0, _LIMIT):
        body = bodies()[key(match.group())]
        end = _with_acronym(text, match.end(), body)
        if key(match.group()) in ("thủ tướng", "chính phủ") or (
            body.acronym and key(match.group()) == key(body.acronym)
        ):
            continue
        after, place = _after(text, end)
        verb = compiled(
            rf"(?:\s*,\s*[^.;:,\n]{{3,60}}?)?(?:\s*\([^)\n]{{1,40}}\))?(?:\s+(?:chiều|sáng|tối|ngày)[^,"
            rf".;\n]{{1,20}})?\s*,?\s*{_VERBS}"
        ).match(text.low, after)
        if verb or _OF_RE.search(text.low[max(0, match.start() - 60) : match.start()]):
            found = _prose_issuer(text, match, body, end, place)
            if verb and not re.search(
                r"(?:theo|của|tại|về|với|cho|do)\s+$", text.low[max(0, match.start() - 6) : match.start()]
            ):
                return found
            fallback = fallback or found
    return fallback


def _with_acronym(text: SourceText, end: int, body: Body) -> int:
    if body.acronym is None:
        return end
    match = compiled(rf"\s*\(\s*{re.escape(body.acronym)}\s*\)").match(text.match, end)
    return match.end() if match else end


def _after(text: SourceText, end: int) -> tuple[int, re.Match[str] | None]:
    place = compiled(rf"\s+(?:(?:tỉnh|thành phố|tp\.?)\s*)?({place_pattern()})(?!\w)").match(text.low, end)
    return (place.end() if place else end), place


def _prose_issuer(text: SourceText, match: re.Match[str], body: Body, end: int, place: re.Match[str] | None) -> Issued:
    name = body.name if end == match.end() else f"{body.name} ({body.acronym})"
    if place is not None and body.name.startswith(("Sở", "Công an")):
        name, end = with_place(body.name, place[1]), place.end()
    how: How = "read" if name == text.words(match.start(), end) else "normalised"
    parent: Maybe = absent()
    if body.parent and body.acronym:
        parent = Field(body.parent, "inferred", (), "cơ quan cấp trên của trung tâm, không nêu trong bài")
    return Issued(Field(name, how, (text.span(match.start(), end),)), parent)


def _acronym(text: SourceText) -> Issued | None:
    """A centre named by its acronym only speaks for the body it belongs to."""
    for match in compiled(rf"(?<![\w/])(NCSC|VNCERT/CC|VNCERT|A05|AIS)(?=\s+{_VERBS})").finditer(text.match, 0, _LIMIT):
        body = acronyms().get(match[1]) or bodies().get(key(match[1]))
        if body is not None:
            name = body.parent if body.acronym and body.parent else body.name
            return Issued(
                Field(name, "inferred", (text.span(*match.span()),), f"suy ra từ tên tắt {match[1]}"), absent()
            )
    return None


def _complete(text: SourceText, head: Head, issued: Issued) -> Issued:
    """A department is named with its province where the text names one: the letterhead's, the place's, or the only
    one."""
    issuer = issued.issuer
    if issuer.value is None or not re.fullmatch(r"Sở [^,]*|Sở .* và .*", issuer.value) or _has_place(issuer.value):
        return issued
    for field, reason in (
        (issued.parent, "tên cơ quan chủ quản"),
        (head.place, "địa danh"),
        (_only_province(text), "tỉnh nêu trong bài"),
    ):
        found = re.search(rf"(?:{place_pattern()})$", key(field.value)) if field.value else None
        if found:
            value = with_place(issuer.value, found.group())
            return Issued(
                Field(value, "inferred", (*issuer.spans, *field.spans), f"tỉnh suy ra từ {reason}"), issued.parent
            )
    return issued


def _has_place(name: str) -> bool:
    return re.search(rf"(?:{place_pattern()})$", key(name)) is not None


def _only_province(text: SourceText) -> Maybe:
    found: dict[str, Field[str]] = {}
    pattern = rf"(?<!\w)(?:tỉnh|ubnd thành phố|trên địa bàn thành phố)\s+({place_pattern()})(?!\w)"
    for match in compiled(pattern).finditer(text.low, 0, 50_000):
        found.setdefault(key(match[1]), text.field(match.start(1), match.end(1)))
    return next(iter(found.values())) if len(found) == 1 else absent()


def day_of_issue(text: SourceText, limit: int) -> Day | None:
    """The day on which a body acted: "Ngày 17/4, Bộ X có công văn", "Cảnh báo của Cục X ngày 13/4"."""
    for match in compiled(rf"(?<!\w)(?:sáng|chiều|tối|trưa|hôm)?\s*ngày\s+{DAY}").finditer(text.low, 0, limit):
        day = day_of(match)
        if day is None:
            continue
        after = compiled(
            r"\s*(?:\([^)\n]{1,30}\))?\s*,\s*(?:thủ trưởng\s+|lãnh đạo\s+|bộ trưởng\s+|đại diện\s+)?"
        ).match(text.low, match.end())
        speaker = _SPEAKER_RE.match(text.low, after.end()) if after else None
        speaker = speaker or (body_pattern().match(text.low, after.end()) if after else None)
        if speaker and compiled(rf"[^.;:\n]{{0,80}}?{_VERBS}").match(text.low, speaker.end()):
            return day
        before = text.low[max(0, match.start() - 90) : match.start()]
        said = list(body_pattern().finditer(before))
        if (
            said
            and re.fullmatch(r"(?:\s*\([^)]*\))?\s*(?:vào\s*)?\(?\s*", before[said[-1].end() :])
            and re.search(
                r"(?:cảnh báo|công văn|văn bản|chỉ thị|yêu cầu|thông báo)\s+(?:\S+\s+){0,3}(?:của|từ)\s+$",
                before[: said[-1].start()],
            )
        ):
            return day
        if (
            said
            and re.fullmatch(r"\s*,?\s*", before[said[-1].end() :])
            and re.match(rf"\s*,?\s*{_VERBS}", text.low[match.end() : match.end() + 60])
        ):
            return day
    return None
