"""Weaknesses: CVE identifiers, nicknames, queries over a maker's monthly lists, and lists left open.

Source: CVE identifier syntax (CVE Program, "CVE-YYYY-N{4,}"); nicknames in data/vulnerabilities.toml.
"""

from __future__ import annotations

import re
from functools import cache

from .layout import Layout
from .reading import VulnReference
from .tables import exact_vulnerability_names, one_of, vendors, vulnerability_names
from .text import SourceText, key
from .values import Field, How

_CVE_RE = re.compile(r"(?<![a-z0-9])cve\s?-\s?(\d{4})\s?-\s?(\d{4,7})(?![\d\w])(\[)?")
_BROKEN_CVE_RE = re.compile(
    r"(?<![a-z0-9])cve[\s_]?-?\s{0,2}((?:19|20)\d\d)\s{0,2}-\s{0,2}\n?\s{0,2}(\d{4,7})(?![\d\w])(\[)?"
)
_COMPARED_RE = re.compile(
    r"(?:hơn|so với|tương tự|giống|giống như|tương đương|như vụ|sánh với)\s+(?:cả\s+|lỗ hổng\s+|vụ\s+|với\s+|như\s+)*$"
)
_QUERY_RE = re.compile(
    r"(?:các\s+)?sản phẩm\s+(?:của\s+)?(?:hãng\s+)?(?P<vendor>{vendors})\s+(?:(?:được\s+)?(?:công bố|phát "
    r"hành)\s+)?(?:trong\s+)?"
    r"(?:từ\s+tháng\s+(?P<m1>\d{{1,2}})(?:\s*[/năm]+\s*(?P<y1>(?:19|"
    r"20)\d\d))?\s+đến\s+(?:hết\s+)?tháng\s+(?P<m2>\d{{1,2}})|(?P<single>tháng\s+(?P<m>\d{{1,"
    r"2}})))\s*(?:năm\s+|/\s*|-\s*)(?P<y>(?:19|20)\d\d)"
)
_OPEN_RE = re.compile(
    r"(?:,\s*(?:\.{2,}|…)|(?<=\s)v\s?\.\s?v\s?\.*(?!\w)|;\s*(?:\.{3,}|…)|,\s*vv\.*(?!\w)|(?<=\w)\s?(?:\.{3}|"
    r"…)(?=\s*[;,).]|\s*$|\s*\n))"
)


def find_cves(text: SourceText, layout: Layout) -> tuple[Field[str], ...]:
    """Each identifier once, in order; one that the end of the text cuts is not read."""
    found: dict[str, Field[str]] = {}
    for match in _BROKEN_CVE_RE.finditer(text.low):
        if match[3] and layout.cut and layout.cut[0] == match.end() - 1 and len(match[2]) < 4:
            continue
        if not 1999 <= int(match[1]) <= 2100:
            continue
        end = match.end(2)
        value = f"CVE-{match[1]}-{match[2]}"
        how: How = "read" if text.words(match.start(), end) == value else "normalised"
        found.setdefault(value, Field(value, how, (text.span(match.start(), end),)))
    return tuple(found.values())


@cache
def _names_re() -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:{one_of(vulnerability_names())})(?![\w-])")


@cache
def _exact_re() -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, exact_vulnerability_names()))})(?![\w-])")


@cache
def _query_re() -> re.Pattern[str]:
    return re.compile(_QUERY_RE.pattern.replace("{vendors}", one_of(vendors())).replace("{{", "{").replace("}}", "}"))


def find_names(text: SourceText) -> tuple[tuple[Field[str], tuple[str, ...]], ...]:
    """Nicknames and their identifiers; a name that only serves as a comparison is left out."""
    found: dict[str, tuple[Field[str], tuple[str, ...]]] = {}
    hits = [(m, vulnerability_names()[key(m.group())]) for m in _names_re().finditer(text.low)]
    hits += [(m, exact_vulnerability_names()[m.group()]) for m in _exact_re().finditer(text.match)]
    for match, cves in sorted(hits, key=lambda h: h[0].start()):
        if _COMPARED_RE.search(text.low[max(0, match.start() - 30) : match.start()]):
            continue
        found.setdefault(key(match.group()), (text.field(*match.span()), cves))
    return tuple(found.values())


def find_references(text: SourceText, start: int, end: int) -> tuple[VulnReference, ...]:
    """Weaknesses named without their identifiers, in the order of the text."""
    queries = _query_re().finditer(text.low, 0, end)
    found = [(text.span(*m.span())[0], _query(text, m)) for m in queries]
    for name, cves in find_names(text):
        found.append((name.spans[0][0], VulnReference(name, "name", ", ".join(cves), cves)))
    for match in _open_lists(text, start, end):
        who = _warner(text, match.start())
        resolve = f"list is OPEN: everything {who} has warned of" if who else "list is OPEN"
        found.append((text.span(*match.span())[0], VulnReference(text.field(*match.span()), "open_list", resolve)))
    return tuple(reference for _, reference in sorted(found, key=lambda f: f[0]))


def _open_lists(text: SourceText, start: int, end: int) -> list[re.Match[str]]:
    """Ends of lists that name weaknesses and stop with "..." or "v.v."."""
    return [
        m for m in _OPEN_RE.finditer(text.low, start, end)
        if re.search(r"lỗ hổng|cve-|điểm yếu", text.low[max(start, m.start() - 250) : m.start()])
    ]  # fmt: skip


def _warner(text: SourceText, at: int) -> str | None:
    before = text.low[max(0, at - 500) : at]
    if re.search(r"cục\s+an\s+toàn\s+thông\s+tin|cục\s+attt|ncsc", before) and "cảnh báo" in before:
        return "AIS"
    return None


def _query(text: SourceText, match: re.Match[str]) -> VulnReference:
    year = int(match["y"])
    if match["m"]:
        first = last = (year, int(match["m"]))
    else:
        first, last = (int(match["y1"] or year), int(match["m1"])), (year, int(match["m2"]))
    months = _months(first, last)
    before = text.low[max(0, match.start() - 160) : match.start()]
    severities = [
        s for s, word in (("high", r"(?<!\w)cao(?!\w)"), ("critical", r"nghiêm\s+trọng")) if re.search(word, before)
    ]
    s = match.start() + (match.group().index("sản phẩm") if "sản phẩm" in match.group() else 0)
    vendor = text.words(*match.span("vendor"))
    query = {"vendor": vendor, "severities": severities, "months": months}
    resolve = f"{len(months)} monthly advisories" if len(months) != 1 else "1 monthly advisory"
    return VulnReference(text.field(s, match.end()), "query", resolve, (), query)


def _months(first: tuple[int, int], last: tuple[int, int]) -> list[str]:
    count = (last[0] - first[0]) * 12 + last[1] - first[1]
    if not (0 <= count < 60 and 1 <= first[1] <= 12 and 1 <= last[1] <= 12):
        return []
    return [f"{first[0] + (first[1] - 1 + i) // 12}-{(first[1] - 1 + i) % 12 + 1:02d}" for i in range(count + 1)]
