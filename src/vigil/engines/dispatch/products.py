"""Products: those that are known, and those that the sentence shows ("CVE-2022-24459 trong Windows Fax và Scan
Service").

A maker alone is listed only where the text names none of its products.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from .layout import Layout
from .tables import products as known_products
from .tables import vendors
from .text import SourceText, compiled, plain
from .values import Field, How
from .vulnerabilities import find_names

_WORD = r"(?:[A-Z.][A-Za-z0-9.+#&\-]*[A-Za-z0-9+#]|[A-Z]|\d+(?:\.\d+)*)"
_NAME = (
    rf"(?!CVE\b)[A-Z][A-Za-z0-9.+#&\-]*(?:(?:\s|/)(?:{_WORD}|for|of|and|the|to|in|as|với|và(?=\s(?:Scan|"
    rf"Service|Security|Management)))(?![À-ỹ])){{0,8}}"
)
_SEP = r"\s*(?:,|;|hoặc|\bvà(?!\s(?:Scan|Service|Security|Management)))\s+"
_SHOWN_RE = compiled(
    rf"(?:CVE-\d{{4}}-\d{{4,7}}(?:\s*\([^)\n]{{1,40}}\))?\s+(?:trong|ở|tại|trên|của|tồn tại trong|ảnh "
    rf"hưởng(?:\s+(?:đến|tới))?)|\b[Ll]ỗ hổng(?:\s+(?:bảo mật|nghiêm trọng|mới))*\s+(?:trong|trên|của|ở)|"
    rf"\b(?:tồn tại|nằm)\s+(?:trong|trên|ở)|\bảnh hưởng\s+(?:đến|tới)?|\b[Pp]hần mềm|\b[Tt]hư viện|\b[Nn]ền "
    rf"tảng)\s+(?:(?:các\s+)?(?:sản phẩm|phần mềm|thành phần|thư viện|dịch vụ|máy chủ|ứng dụng|thiết bị|giao "
    rf"thức|hệ điều hành|plugin|tính năng)\s+)*(?P<names>{_NAME}(?:{_SEP}{_NAME})*)"
)
_BRACKET_RE = compiled(rf"CVE-\d{{4}}-\d{{4,7}}\s*\((?P<names>{_NAME})(?=[,;)])")
_PLATFORM_RE = compiled(r"[Nn]ền tảng\s[^().;\n]{5,120}\((?P<names>[A-Za-z0-9][A-Za-z0-9.\-]{2,40})\)")
_VERSION_RE = compiled(r"\s?(?:>=|<=|>|<|=|≥|≤)\s?\d+(?:\.\d+)*")
_LIST_RE = compiled(
    r"(?<![\w.])((?:Microsoft\s+)?(?:Windows Server|Windows|Office|Exchange Server|SharePoint "
    r"Server))\s+(?P<first>\d+(?:\.\d+)?(?:\s?R2)?)(?P<more>(?:\s?[/,]\s?(?:và\s+)?\d+(?:\.\d+)?(?:\s?R2)?(?![\d%])|\s+và\s+\d{2,"
    r"4}(?![\d%]))*)(?!\w)"
)
_NOT_PRODUCTS = {
    "CVE", "CVSS", "NCSC", "AIS", "VNCERT", "APT", "IOC", "IoC", "IP", "URL", "DNS", "HTTP", "HTTPS", "API",
    "Internet", "Microsoft", "Java", "Email",
    "Web", "PoC", "RCE", "UBND", "Công", "Trung", "Theo", "Nam", "Vi", "Covid-19", "WAN", "LAN", "VPN", "SOC",
    "CNTT", "ATTT", "TT", "QR", "OTP", "AI", "Botnet", "Ransomware", "Trojan", "USB", "SIEM", "IDS", "IPS",
}  # fmt: skip
_COMPARED_RE = compiled(r"(?:hơn|so với|tương tự|giống)\s+$")
_VENDOR_RE = compiled(
    r"(?:sản phẩm|phần mềm|thiết bị|giải pháp|hệ thống|dịch vụ)(?:\s+(?:của|hãng|từ|tường lửa|mạng))*\s+$|"
    r"(?:lỗ hổng|bản vá)[^.;:\n]{0,50}(?:của|trong|hãng)\s+$",
    re.I,
)


@dataclass(frozen=True, slots=True)
class _Hit:
    start: int
    end: int
    name: str
    vendor: str
    nickname: bool = False


@cache
def _known_re() -> re.Pattern[str]:
    ordered = sorted(known_products(), key=len, reverse=True)
    return compiled(
        rf"(?<![\w.\-@/])(?:{'|'.join(re.escape(n).replace(chr(92) + ' ', r'[ ]+') for n in ordered)})(?![\w@]|"
        rf"\.[a-z]{{2,}}|-\d)"
    )


@cache
def _vendors_re() -> re.Pattern[str]:
    ordered = sorted(vendors(), key=len, reverse=True)
    return compiled(rf"(?<![\w.\-@/])(?:{'|'.join(map(re.escape, ordered))})(?![\w@\-]|\.\w)")


def find_products(text: SourceText, layout: Layout) -> tuple[Field[str], ...]:
    """Products in the order of the text, each once."""
    end = _foot(text, layout)
    found = _Found()
    for look in (_listed_versions, _shown, _known):
        found.add(look(text, end))
    hits = found.hits + [_nickname(text, f) for f, _ in find_names(text)]
    hits = [h for h in hits if not (layout.cut and h.end == layout.cut[0])]
    hits = _without_general(hits)
    if all(h.nickname for h in hits):
        hits += _vendor_hits(text, end)
    return _fields(text, sorted(hits, key=lambda h: (h.start, -h.end)))


def _foot(text: SourceText, layout: Layout) -> int:
    return layout.foot if layout.foot is not None else len(text)


class _Found:
    """Hits that do not overlap: the first to take a stretch of text keeps it."""

    def __init__(self) -> None:
        self.hits: list[_Hit] = []
        self._starts: list[int] = []
        self._ends: list[int] = []

    def add(self, hits: Iterable[_Hit]) -> None:
        for hit in hits:
            at = bisect_right(self._starts, hit.start)
            before_ends = at == 0 or self._ends[at - 1] <= hit.start
            after_starts = at == len(self._starts) or self._starts[at] >= hit.end
            if before_ends and after_starts:
                self._starts.insert(at, hit.start)
                self._ends.insert(at, hit.end)
                self.hits.append(hit)


def _listed_versions(text: SourceText, end: int) -> list[_Hit]:
    """ "Windows 7/8.1/10/11" is four products."""
    return [hit for match in _LIST_RE.finditer(text.match, 0, end) for hit in _versions(text, match)]


def _versions(text: SourceText, match: re.Match[str]) -> list[_Hit]:
    base = known_products().get(re.sub(r"\s+", " ", match[1]))
    name = base.name if base else re.sub(r"\s+", " ", match[1])
    first = match.start("first")
    versions = compiled(r"\d+(?:\.\d+)?(?:\s?R2)?").finditer(text.match, first, match.end())
    return [
        _Hit(match.start() if v.start() == first else v.start(), v.end(), f"{name} {v.group()}", "Microsoft")
        for v in versions
    ]


def _known(text: SourceText, end: int) -> list[_Hit]:
    found = []
    for match in _known_re().finditer(text.match, 0, end):
        product = known_products().get(re.sub(r" +", " ", match.group()))
        if product is None or (product.beside_vendor and product.vendor not in text.match):
            continue
        if _COMPARED_RE.search(text.low[max(0, match.start() - 12) : match.start()]):
            continue
        version = _VERSION_RE.match(text.match, match.end())
        name = product.name + (" " + version.group().strip() if version else "")
        found.append(_Hit(match.start(), version.end() if version else match.end(), name, product.vendor))
    return found


def _shown(text: SourceText, end: int) -> list[_Hit]:
    """Names that stand where a sentence puts the product."""
    found: list[_Hit] = []
    for pattern in (_SHOWN_RE, _BRACKET_RE, _PLATFORM_RE):
        for match in pattern.finditer(text.match, 0, end):
            s = match.start("names")
            for part in compiled(rf"{_SEP}|$").finditer(text.match, s, match.end("names")):
                hit = _named(text, s, part.start())
                if hit is not None:
                    found.append(hit)
                s = part.end()
    return found


def _named(text: SourceText, s: int, e: int) -> _Hit | None:
    while e > s and text.match[e - 1] in " .-/,":
        e -= 1
    sentence = compiled(r"\.\s").search(text.match, s, e)  # a name does not run on into the next sentence
    words = text.match[s : sentence.start() if sentence else e]
    words = re.sub(r"\s+(?:for|of|and|the|to|in|as|và|với)$", "", words)
    e = s + len(words)
    first = words.split(" ")[0] if words else ""
    if re.search(r"-(?:19|20)\d\d-\d+$", words):  # a maker's own advisory number
        return None
    if len(words) < 3 or words in _NOT_PRODUCTS or words in vendors() or words.startswith("CVE"):
        return None
    if first in _NOT_PRODUCTS and first not in vendors():
        return None
    if plain(words) != words.lower().replace("và", "va") or words.isdigit() or (words.isupper() and len(words) < 4):
        return None
    if e < len(text) and (
        text.match[e : e + 1].isalpha()
        or (
            compiled(r"\s+[A-ZĐ]?[a-zà-ỹ]*[à-ỹđ]").match(text.match[e : e + 8])
            and len(words.split()) == 1
            and words not in known_products()
            and words.istitle()
            and len(words) < 5
        )
    ):
        return None
    product = known_products().get(words)
    name = product.name if product else re.sub(r"\svà\s", " and ", words)
    return _Hit(s, e, name, product.vendor if product else "")


def _nickname(text: SourceText, field: Field[str]) -> _Hit:
    s, e = field.spans[0]
    return _Hit(text.offset(s), text.offset(e), field.value, "", nickname=True)


def _without_general(hits: list[_Hit]) -> list[_Hit]:
    """Drop a name that others make more exact ("Windows" beside "Windows 10", "VMware vSphere" stays)."""
    names = {h.name for h in hits}
    general = {n for n in names if any(_is_version_of(o, n) for o in names)}
    return [h for h in hits if h.name not in general]


def _is_version_of(name: str, general: str) -> bool:
    """ "Windows 10" is a Windows; "WSO2 Identity Server Analytics" is another product than "WSO2 Identity Server"."""
    if name == general or not name.startswith(general):
        return False
    return general == "Windows" or re.fullmatch(r"(?: Server)? \d[\d.]*(?: R2)?", name[len(general) :]) is not None


def _vendor_hits(text: SourceText, end: int) -> list[_Hit]:
    found = []
    for match in _vendors_re().finditer(text.match, 0, end):
        before = text.low[max(0, match.start() - 70) : match.start()]
        if _VENDOR_RE.search(before):
            found.append(_Hit(match.start(), match.end(), match.group(), match.group()))
    return found


def _fields(text: SourceText, hits: list[_Hit]) -> tuple[Field[str], ...]:
    seen: dict[str, Field[str]] = {}
    for hit in hits:
        words = text.words(hit.start, hit.end)
        how: How = "read" if words == hit.name else "normalised"
        seen.setdefault(hit.name.lower(), Field(hit.name, how, (text.span(hit.start, hit.end),)))
    return tuple(seen.values())
