"""Capitals brought back to the case in which names and titles are written."""

from __future__ import annotations

import re
from functools import cache

from .tables import bodies, place_pattern, places, vendors
from .text import key, lowered

_KINDS = (
    "ủy ban nhân dân", "ủy ban", "tổng công ty", "trung tâm", "tổng cục", "văn phòng", "ngân hàng", "hội đồng",
    "hiệp hội", "công an", "tập đoàn", "công ty", "đại học", "học viện", "đảng ủy", "tỉnh ủy", "thành ủy",
    "thanh tra", "kho bạc", "chi cục", "bệnh viện", "kiểm toán", "tòa án", "thông tấn", "trường", "phòng", "viện",
    "ban", "hội", "bộ", "cục", "sở", "vụ", "đài",
)  # fmt: skip
_FIXED = (
    "Việt Nam", "Trung ương", "Nhà nước", "Đảng", "Chính phủ", "Thủ tướng Chính phủ", "Quốc hội", "Tết Nguyên đán",
    "Tết Dương lịch", "Tết", "Quốc khánh", "Quốc tế lao động", "miền Nam", "Điện Biên Phủ", "Đông Nam Á",
    "Quyết định số", "Chỉ thị số", "Nghị định số", "Thông tư số", "Nghị quyết số", "Kế hoạch số", "Công điện số",
    "Luật", "SEA Games", "Internet", "Covid-19",
)  # fmt: skip
_STEMS = "giáp|ất|bính|đinh|mậu|kỷ|canh|tân|nhâm|quý"
_BRANCHES = "tý|tí|sửu|dần|mão|thìn|tỵ|tị|ngọ|mùi|thân|dậu|tuất|hợi"
_YEAR_NAME_RE = re.compile(rf"(?<!\w)({_STEMS}) ({_BRANCHES})(?!\w)")
_UNIT_RE = re.compile(r"(?<!\w)(huyện|quận|thị xã|thị trấn|xã|phường|đặc khu) ((?:[^\W\d_]+ ?){1,4})$")
_ACRONYM_RE = re.compile(
    r"(?<!\w)(?:UBND|HĐND|CNTT|ATTT|ATTTM|TT&TT|CVE-\d{4}-\d+|NCSC|VNCERT|APT|TP|DDOS|IPV6|SOC|IOC|THPT|TTHC|"
    r"TMCP|[IVX]{2,}|\S*\d\S*/\S+)(?!\w)"
)


def mostly_upper(words: str) -> bool:
    """Whether words are set in capitals, a symbol like QĐ-TTg among them aside."""
    letters = [c for c in words if c.isalpha()]
    return bool(letters) and sum(c.isupper() for c in letters) > 0.7 * len(letters)


@cache
def _names() -> tuple[re.Pattern[str], dict[str, str]]:
    proper = [n for n, _ in places().values()]
    proper += [b.name for b in bodies().values() if " " in b.name]
    table = {key(n): n for n in (*proper, *_FIXED, *(v for v in vendors() if len(v) > 2))}
    ordered = sorted(table, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, ordered))})(?!\w)"), table


def _in_names(low: str) -> str:
    pattern, table = _names()
    low = pattern.sub(lambda m: table[key(m.group())], low)
    return _YEAR_NAME_RE.sub(lambda m: f"{m[1].capitalize()} {m[2].capitalize()}", low)


def from_capitals(words: str) -> str:
    """Words in capitals as a sentence would have them: names, numbers of documents and acronyms keep their case."""
    if not mostly_upper(words):
        return words
    low = _UNIT_RE.sub(lambda m: f"{m[1]} {m[2].title()}", _in_names(lowered(words)))
    for match in _ACRONYM_RE.finditer(words):
        low = low[: match.start()] + match.group() + low[match.end() :]
    return low


def body_name(words: str) -> str:
    """A body's name: Bộ Thông tin và Truyền thông, Trung tâm Ứng cứu khẩn cấp máy tính Việt Nam."""
    known = bodies().get(key(words))
    if known:
        return known.name
    if not mostly_upper(words):
        return words
    low = from_capitals(words)
    if low.startswith("ubnd") or words.startswith("UBND"):
        return "UBND" + low[4:]
    kind = next((k for k in _KINDS if key(low).startswith(k + " ")), None)
    if kind is None or kind == "ủy ban nhân dân":
        return low[:1].upper() + low[1:]
    rest = low[len(kind) + 1 :]
    if kind in ("bộ", "sở"):
        rest = re.sub(r"(?<= và )(\w)", lambda m: m.group().upper(), rest)
    if re.match(rf"(?:{place_pattern()}|tỉnh |thành phố )", key(rest)) and kind == "công an":
        return f"Công an {rest}"
    return f"{kind.capitalize()} {rest[:1].upper()}{rest[1:]}"
