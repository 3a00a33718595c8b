"""The time that the document is about: the occasion, its days as read, the year as inferred, days off as a suggestion.

A holiday's days off are never assumed: the `holidays` library's calendar is shown beside the window for a person to
confirm. Source for fixed days: data/events.toml; Bộ luật Lao động 2019 điều 111-112.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from .casing import from_capitals
from .dates import DAY, FULL_RE, Day, YearHint, dated, day_of, iso_day
from .layout import Layout
from .reading import Json, Maybe, Window
from .tables import events
from .text import SourceText
from .values import Field, absent

_CAN = "giáp|ất|bính|đinh|mậu|kỷ|canh|tân|nhâm|quý"
_CHI = "tý|tí|sửu|dần|mão|thìn|tỵ|tị|ngọ|mùi|thân|dậu|tuất|hợi"
_CANCHI = rf"(?:{_CAN})\s+(?:{_CHI})"
_Y = r"(?:\s+(?:năm\s+)?(?:19|20)\d\d)?"
_DM = (
    r"(?:30\s?/\s?0?4|0?1\s?/\s?0?5|0?2\s?/\s?0?9|10\s?/\s?0?3|0?7\s?/\s?0?5|19\s?/\s?0?8|20\s?/\s?11|"
    r"22\s?/\s?12)(?:/(?:19|20)\d\d)?(?![\d/])"
)
_NAMED = (
    rf"tết\s+(?:nguyên\s+đán|âm\s+lịch|cổ\s+truyền)(?:\s+{_CANCHI})?{_Y}|tết\s+dương\s+lịch{_Y}|"
    rf"tết\s+{_CANCHI}{_Y}|tết\s+(?:19|20)\d\d|"
    rf"(?:ngày\s+)?giải\s+phóng\s+(?:hoàn\s+toàn\s+)?miền\s+nam(?:\s*,"
    rf"\s*thống\s+nhất\s+đất\s+nước)?(?:\s*\(?\s*{_DM}\s*\)?)?{_Y}|"
    rf"(?:ngày\s+)?quốc\s+tế\s+lao\s+động(?:\s*\(?\s*{_DM}\s*\)?)?{_Y}|(?:ngày\s+)?quốc\s+khánh(?:\s+nước\s+[^,"
    rf".;\n(]{{5,40}})?(?:\s*\(?\s*{_DM}\s*\)?)?{_Y}|"
    rf"giỗ\s+tổ\s+hùng\s+vương(?:\s*\(?[^)\n,.]{{0,30}}âm\s+lịch\)?)?{_Y}|"
    rf"(?:kỷ\s+niệm\s+)?(?:\d{{2}}\s+năm\s+)?(?:ngày\s+)?chiến\s+thắng\s+điện\s+biên\s+phủ(?:\s*\(\s*{_DM}\s*\))?{_Y}|"
    rf"(?:kỷ\s+niệm\s+)?(?:\d{{2}}\s+năm\s+)?(?:ngày\s+)?cách\s+mạng\s+tháng\s+tám(?:\s*\(?\s*{_DM}\s*\)?)?{_Y}|"
    rf"đại\s+hội\s+(?:đại\s+biểu\s+)?(?:toàn\s+quốc\s+|đảng\s+|đảng\s+bộ\s+[^,.;\n]{{2,"
    rf"40}}?)*(?:toàn\s+quốc\s+)?lần\s+thứ\s+[ivx]+(?:\s+của\s+đảng)?|đại\s+hội\s+đảng(?:\s+toàn\s+quốc|"
    rf"\s+bộ\s+các\s+cấp)?(?:\s+(?:lần\s+thứ\s+)?[ivx]+(?!\w))?|đại\s+hội\s+[ivx]{{2,}}\s+của\s+đảng|"
    rf"(?:đại\s+hội\s+thể\s+thao\s+đông\s+nam\s+á\s*(?:lần\s+thứ\s+\d+)?\s*\(?)?sea\s+games(?:\s+(?:lần\s+thứ\s+)?\d{{2}})?|"
    rf"hội\s+nghị\s+(?:cấp\s+cao|thượng\s+đỉnh)\s+[a-z][^,.;\n]{{2,50}}|"
    rf"(?:tuần\s+lễ\s+cấp\s+cao\s+)?apec(?:\s+20\d\d)?|asean(?:\s+20\d\d)|"
    rf"(?:cuộc\s+)?bầu\s+cử\s+đại\s+biểu\s+quốc\s+hội(?:\s+khóa\s+[ivx]+)?(?:\s+và\s+(?:bầu\s+cử\s+)?(?:đại\s+biểu\s+)?(?:hội\s+đồng\s+nhân\s+dân|"
    rf"hđnd)\s+các\s+cấp(?:\s*,?\s*nhiệm\s+kỳ\s+\d{{4}}\s*-\s*\d{{4}})?)?|"
    rf"kỳ\s+thi\s+tốt\s+nghiệp\s+(?:thpt|trung\s+học\s+phổ\s+thông){_Y}|kỳ\s+họp\s+thứ\s+[^,.;\n]{{1,"
    rf"30}}quốc\s+hội[^,.;\n]{{0,12}}|quốc\s+tang[^,.;\n]{{0,40}}|năm\s+mới\s+20\d\d|festival\s+[^,.;\n]{{2,"
    rf"30}}"
)
_ATOM = rf"(?:(?:các\s+)?(?:ngày\s+)?(?:nghỉ\s+)?lễ\s+)?(?:{_NAMED}|{_DM})"
_CHAIN_RE = re.compile(
    rf"(?<!\w)(?:(?:các\s+)?(?:kỳ\s+)?(?:ngày\s+)?(?:nghỉ\s+)?lễ\s*,?\s+)?(?:{_ATOM})(?:\s*(?:,|;|và|-|&|,"
    rf"\s+và)\s*(?:{_ATOM}))*",
    re.I,
)
_NAMED_RE = re.compile(_NAMED, re.I)
_DM_RE = re.compile(_DM)
_CONTEXT_RE = re.compile(
    r"(?:dịp|thời\s+gian|phục\s+vụ|đón|nghỉ|kỳ|diễn\s+ra|bảo\s+vệ|chào\s+mừng|kỷ\s+niệm|trước,"
    r"\s+trong\s+và\s+sau|lễ|mừng|vui\s+xuân|phục\s+vụ\s+nhân\s+dân|ngày|các\s+ngày)(?:\s+(?:diễn\s+ra|nghỉ|"
    r"nhân\s+dân|tổ\s+chức|các|cuộc|kỳ|sự\s+kiện|đón|lễ|ngày|nhân\s+dịp))*\s*[:,]?\s*$"
)
_WEEK_RE = re.compile(
    r"(?<!\w)(?:trong\s+)?(tuần\s+(?:thứ\s+)?\d\s?\d?\s?/\s?(?:19|20)\d\d|tuần\s+(?:thứ\s+)?\d{1,"
    r"2}\s+năm\s+(?:19|20)\d\d|tháng\s+\d{1,2}\s?(?:/|năm)\s?(?:19|20)\d\d|quý\s+[iv]+\s?(?:/|năm)\s?(?:19|"
    r"20)\d\d)"
)
_CLOCK = r"(?:\d{1,2}\s?(?:h|giờ|:)\s?(?:\d{2})?(?:\s*phút)?\s*,?\s*)?"
_RANGE_RE = re.compile(
    rf"(?<!\w)từ\s+(?:{_CLOCK}(?:ngày|(?:thứ\s+\w+|chủ\s+nhật)\s*,?\s+(?:ngày)?|hết\s+ngày)?\s*)(?P<a>\d{{1,2}}(?:[/.\-]\d{{1,"
    rf"2}}(?:[/.\-](?:19|20)\d\d)?|\s+tháng\s+\d{{1,2}}(?:\s+năm\s+(?:19|20)\d\d)?)?)(?:\s*\([^)]{{1,"
    rf"40}}\))?\s*"
    rf"(?:đến|tới|-)\s*(?:hết\s+)?{_CLOCK}(?:hết\s+)?(?:(?:thứ\s+\w+|chủ\s+nhật)\s*,?\s*)?(?:ngày\s*)?(?P<b>\d{{1,2}}(?:[/.\-]\d{{1,"
    rf"2}}(?:[/.\-](?:19|20)\d\d)?|\s+tháng\s+\d{{1,2}}(?:\s+năm\s+(?:19|20)\d\d)?))(?![\d/])"
)
_WATCH_RE = re.compile(
    r"trực|nghỉ|cao điểm|thời gian|dịp|đợt|giai đoạn|giám sát|diễn ra|tuần|diễn tập|chiến dịch|lễ|tết|báo cáo"
)
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class _Chain:
    start: int
    end: int
    named: int
    atoms: int


def find_window(
    text: SourceText, kind: str, subject: tuple[int, int] | None, layout: Layout, hint: YearHint | None
) -> Window | None:
    """The window, or None where the text is about no particular time."""
    if kind == "report" and (period := _report_window(text, subject, hint)) is not None:
        return period
    chain = _best_chain(text, subject, layout)
    ranged = _range(text, layout, hint)
    if chain is None:
        return (
            None
            if ranged is None or not ranged[2]
            else Window(absent(), ranged[0], ranged[1], None, _reads(text, ranged[3]))
        )
    event = _event(text, chain)
    if ranged is not None:
        return Window(
            event,
            ranged[0],
            ranged[1],
            None,
            _reads(text, ranged[3]),
            _inferred(ranged[0], ranged[1]),
            suggestion(ranged[0].value, ranged[1].value),
        )
    return _from_days(text, chain, event, hint)


def _reads(text: SourceText, spans: list[tuple[int, int]]) -> tuple[Field[str], ...]:
    return tuple(text.field(s, e) for s, e in spans)


def _inferred(*fields: Maybe) -> tuple[str, ...]:
    return tuple(dict.fromkeys(f.note for f in fields if f.how == "inferred" and f.note))


# -- occasions


def _best_chain(text: SourceText, subject: tuple[int, int] | None, layout: Layout) -> _Chain | None:
    """The richest naming of the occasion: most parts, then most names; bare days count only after a word that says
    lễ."""
    best: _Chain | None = None
    for match in _CHAIN_RE.finditer(text.low, 0, min(layout.body_end, 12_000)):
        s, e = match.span()
        named = len(_NAMED_RE.findall(match.group()))
        in_subject = subject is not None and subject[0] <= s < subject[1]
        context = (
            _CONTEXT_RE.search(text.low[max(0, s - 60) : s]) is not None
            or re.match(r"(?:các\s+)?(?:kỳ\s+)?(?:ngày\s+)?(?:nghỉ\s+)?lễ\s", match.group()) is not None
        )
        by_day_only = named == 0 and re.search(
            r"(?:trước|sau|đến|từ|hết|hạn|và|là)\s+(?:ngày\s+)?$", text.low[max(0, s - 14) : s]
        )
        if by_day_only or not (context or in_subject):
            continue
        if named == 0 and not _says_holiday(text, s, match.group()):
            continue
        atoms = named + len(_DM_RE.findall(_NAMED_RE.sub(" ", match.group())))
        found = _Chain(s, e, named, atoms)
        if best is None or (atoms, named, e - s) > (best.atoms, best.named, best.end - best.start):
            best = found
    return best


def _says_holiday(text: SourceText, s: int, words: str) -> bool:
    return (
        "lễ" in words
        or re.search(r"(?:lễ|dịp|nghỉ|kỳ nghỉ)(?:\s+(?:các|ngày|lễ))*\s*$", text.low[max(0, s - 30) : s]) is not None
    )


def _event(text: SourceText, chain: _Chain) -> Field[str]:
    s, e = chain.start, chain.end
    words = text.words(s, e)
    value = from_capitals(words)
    value = re.sub(r"(?i)^cuộc\s+", "", value)
    value = re.sub(r"(?i)(giải phóng (?:hoàn toàn )?miền nam)\s*,\s*thống nhất đất nước", r"\1", value)
    value = re.sub(r"\s+năm\s+((?:19|20)\d\d)", r" \1", value)
    value = re.sub(r"(?i)^(?:các )?(?:kỳ )?(?:ngày )?(?:nghỉ )?lễ,?\s+(?=\d|tết|quốc)", "", value)
    return Field(value, "read" if value == words else "normalised", (text.span(s, e),))


def _from_days(text: SourceText, chain: _Chain, event: Field[str], hint: YearHint | None) -> Window:
    """First and last fixed day of the occasion; a lunar holiday has none that the text says."""
    own_year = re.search(r"(?<!\d)((?:19|20)\d\d)(?!\d)", text.low[chain.start : chain.end])
    reads = [m.span() for m in _DM_RE.finditer(text.low, chain.start, chain.end)]
    days = _days(text, chain)
    lunar = re.search(r"tết|giỗ|đại\s+hội|sea|bầu\s+cử|hội\s+nghị|kỳ\s", text.low[chain.start : chain.end]) is not None
    if lunar or not days:
        year = int(own_year[1]) if own_year else None
        return Window(
            event,
            absent("ngày không nêu trong bài"),
            absent("ngày không nêu trong bài"),
            None,
            _reads(text, reads),
            (),
            _lunar_suggestion(text, chain, year),
        )
    if own_year:
        hint = YearHint(int(own_year[1]), None, "năm nêu cùng dịp lễ")
    found = [d for d in (_place_in_year(text, day, hint) for day in days) if d is not None]
    if not found:
        return Window(event, absent("không rõ năm"), absent("không rõ năm"), None, _reads(text, reads))
    found.sort(key=lambda f: f.value)
    start, end = found[0], found[-1]
    return Window(
        event,
        start,
        end,
        _note(start.value, end.value),
        _reads(text, reads),
        _inferred(start, end),
        suggestion(start.value, end.value),
    )


def _days(text: SourceText, chain: _Chain) -> list[Day]:
    days: list[Day] = []
    for match in _DM_RE.finditer(text.low, chain.start, chain.end):
        parts = [int(p) for p in re.split(r"\s?/\s?", match.group())[:3]]
        days.append(Day(match.start(), match.end(), parts[0], parts[1], parts[2] if len(parts) > 2 else None))
    known = {(d.day, d.month) for d in days}
    for event in events():
        for words in event.words:
            match2 = re.compile(re.escape(words).replace(r"\ ", r"\s+")).search(text.low, chain.start, chain.end)
            if match2 and (event.day, event.month) not in known:
                days.append(Day(match2.start(), match2.end(), event.day, event.month, None))
                known.add((event.day, event.month))
    return [d for d in days if (d.day, d.month) != (10, 3)]


def _place_in_year(text: SourceText, day: Day, hint: YearHint | None) -> Field[str] | None:
    return dated(text, day, hint)


def _note(start: str, end: str) -> str | None:
    days = sorted({date.fromisoformat(start), date.fromisoformat(end)})
    said = ", ".join(
        f"{d.day}/{d.month} was a {_WEEKDAYS[d.weekday()]}"
        if i == 0
        else f"{d.day}/{d.month} a {_WEEKDAYS[d.weekday()]}"
        for i, d in enumerate(days)
    )
    found = suggestion(start, end)
    if found is None:
        return f"{days[0].year}: {said}"
    off = [date.fromisoformat(d) for d in found["days_off"]]
    span = (
        f"{off[0].day}-{off[-1].day}/{off[-1].month}"
        if len(off) > 1 and off[0].month == off[-1].month
        else ", ".join(f"{d.day}/{d.month}" for d in off)
    )
    return (
        f"{days[0].year}: {said}; compensatory days off were {span}, so an operator may extend to "
        f"{found['end']} (confirm, do not assume)"
    )


# -- ranges


def _range(
    text: SourceText, layout: Layout, hint: YearHint | None
) -> tuple[Maybe, Maybe, bool, list[tuple[int, int]]] | None:
    """ "từ ngày 28/4 đến hết ngày 03/5/2023": the first such range that speaks of a watch."""
    for match in _RANGE_RE.finditer(text.low, 0, layout.body_end):
        around = text.low[max(0, match.start() - 160) : match.start()].rsplit("\n\n", 1)[-1]
        if not _WATCH_RE.search(around):
            continue
        found = _range_days(text, match, hint)
        if found is not None:
            strong = re.search(r"trực|cao điểm|nghỉ|đợt|bảo đảm|giám sát|lễ|tết", around) is not None
            return found[0], found[1], strong, [match.span("a"), match.span("b")]
    return None


def _range_days(text: SourceText, match: re.Match[str], hint: YearHint | None) -> tuple[Field[str], Field[str]] | None:
    b = FULL_RE.match(text.low, match.start("b"))
    last = day_of(b) if b else None
    if last is None:
        return None
    a = re.compile(DAY).match(text.low, match.start("a"))
    first = day_of(a) if a and a.end() <= match.end("a") else None
    if first is None:
        digits = re.fullmatch(r"\d{1,2}", match["a"])
        if digits is None:
            return None
        first = Day(*match.span("a"), int(match["a"]), last.month, last.year)
    end = dated(text, last, hint)
    if end is None:
        return None
    if first.year is None:
        year = int(end.value[:4]) - (1 if first.month > last.month else 0)
        iso = iso_day(year, first.month, first.day)
        start = (
            None
            if iso is None
            else Field(
                iso,
                "normalised" if last.year else "inferred",
                (text.span(first.start, first.end),),
                None if last.year else end.note,
            )
        )
    else:
        start = dated(text, first, hint)
    return None if start is None or start.value > end.value else (start, end)


def _report_window(text: SourceText, subject: tuple[int, int] | None, hint: YearHint | None) -> Window | None:
    """A report's period: "tuần 37/2017 (từ ngày ... đến ngày ...)"."""
    start, end = subject or (0, 600)
    weeks = sorted(_WEEK_RE.finditer(text.low, start, end), key=lambda m: not m[1].startswith("tuần"))
    if not weeks:
        return None
    week, found = weeks[0], None
    for match in _RANGE_RE.finditer(text.low, start, start + 3000):
        days = _range_days(text, match, hint)
        if days:
            found = (days, match)
            break
    words = text.words(*week.span(1))
    value = re.sub(r"\s?/\s?", "/", re.sub(r"(\d)\s(\d)", r"\1\2", words))
    event: Maybe = Field(value, "read" if value == words else "normalised", (text.span(*week.span(1)),))
    if found is None:
        return Window(event, absent(), absent()) if week[1].startswith("tuần") else None
    (first, last), match = found
    return Window(event, first, last, None, _reads(text, [match.span("a"), match.span("b")]))


# -- days off, a suggestion


@cache
def _calendar(year: int) -> dict[date, str]:
    import holidays

    return dict(holidays.country_holidays("VN", years=[year]).items())


def suggestion(start: str | None, end: str | None) -> Json | None:
    """Days off that join the window, by the `holidays` library: to be confirmed by a person, never taken as read."""
    if start is None or end is None:
        return None
    last = date.fromisoformat(end)
    if not 1990 <= last.year <= 2100:
        return None
    days: list[date] = []
    day = last + timedelta(days=1)
    while day in _calendar(day.year) and len(days) < 10:
        days.append(day)
        day += timedelta(days=1)
    if not days:
        return None
    return {
        "start": start,
        "end": days[-1].isoformat(),
        "days_off": [d.isoformat() for d in days],
        "source": "holidays",
        "confirm": True,
    }


def _lunar_suggestion(text: SourceText, chain: _Chain, year: int | None) -> Json | None:
    if (
        year is None
        or not 1990 <= year <= 2100
        or not re.search(
            r"nguyên\s+đán|âm\s+lịch|cổ\s+truyền|tết\s+(?:" + _CAN + ")", text.low[chain.start : chain.end]
        )
    ):
        return None
    days = sorted(d for d, name in _calendar(year).items() if "Lunar New Year" in name)
    if not days:
        return None
    return {
        "start": days[0].isoformat(),
        "end": days[-1].isoformat(),
        "days_off": [d.isoformat() for d in days],
        "source": "holidays",
        "confirm": True,
    }
