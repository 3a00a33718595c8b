"""A subject for a text that has none: composed of what was read of it, and marked as inferred."""

from __future__ import annotations

import re

from .reading import Maybe, Window
from .tables import vendors
from .text import SourceText
from .values import Field, absent

_MONTH_RE = re.compile(r"bản vá[^.\n]{0,40}?tháng\s+(\d{1,2}\s?/\s?(?:19|20)\d\d)|tháng\s+(\d{1,2}/(?:19|20)\d\d)")
_COUNT_RE = re.compile(r"(?:lưu ý|cảnh báo|chú ý|về)\s+(\d{1,3})\s+lỗ hổng")
_NOTE = "ghép từ nội dung đã đọc; văn bản không có trích yếu"


def caption(
    text: SourceText,
    kind: str,
    issuer: Maybe,
    window: Window | None,
    cves: tuple[Field[str], ...],
    names: tuple[Field[str], ...],
) -> Maybe:
    """A directive of a holiday, or a warning about weaknesses, in a few words; nothing where neither was read."""
    if (
        window is not None
        and window.event.value
        and issuer.value
        and re.match(r"Bộ trưởng|Thủ tướng|Chủ tịch", issuer.value)
    ):
        return Field(f"chỉ thị phục vụ {window.event.value}", "inferred", window.event.spans, _NOTE)
    if cves or names:
        return _warning(text, kind, cves, names)
    return absent()


def _warning(text: SourceText, kind: str, cves: tuple[Field[str], ...], names: tuple[Field[str], ...]) -> Maybe:
    month = _MONTH_RE.search(text.low)
    maker = _maker(text)
    if month and maker == "Microsoft" and len(cves) > 2:
        count = _COUNT_RE.search(text.low)
        words = f"{count[1]} " if count else ""
        value = f"{words}lỗ hổng bảo mật trong các sản phẩm Microsoft tháng {month[1] or month[2]}"
        return Field(value, "inferred", (text.span(*month.span()),), _NOTE)
    if len(cves) > 3:
        return absent()
    what = ", ".join(c.value for c in cves)
    if names:
        what = f"{what} ({names[0].value})" if what else names[0].value
    spans = tuple(s for f in (*cves, *names[:1]) for s in f.spans)
    if kind != "news":
        return Field(f"cảnh báo lỗ hổng {what}", "inferred", spans, _NOTE)
    return Field(f"lỗ hổng {what}" + (f" trong sản phẩm {maker}" if maker else ""), "inferred", spans, _NOTE)


def _maker(text: SourceText) -> str | None:
    """The maker of whose products the text speaks; Windows has one."""
    counts = {v: len(re.findall(rf"(?<!\w){re.escape(v)}(?!\w)", text.match)) for v in vendors()}
    best = max(counts, key=lambda v: counts[v])
    if counts[best] == 0:
        return "Microsoft" if "Windows" in text.match else None
    return best
