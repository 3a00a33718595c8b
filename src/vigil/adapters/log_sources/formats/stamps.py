"""Times as logs write them, to ISO 8601. What names no zone is in that of `now`; what names no year is not after it."""

import re
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

_MONTHS: Final = {name: n for n, name in enumerate(
    ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1)}  # fmt: skip
_YEARLESS: Final = re.compile(r"([A-Z][a-z]{2}) ([ \d]\d) (?:(\d{4}) )?(\d\d:\d\d:\d\d)(\.\d{1,9})?")
_DASHED: Final = re.compile(r"(\d\d)-([A-Z][a-z]{2})-(\d{4}) (\d\d:\d\d:\d\d)(\.\d{1,9})?")
_AHEAD: Final = timedelta(days=1)
_MOST_DAYS: Final = 5000


@lru_cache(maxsize=8192)
def of_web(text: str) -> str | None:
    """`30/Apr/2026:07:00:00 +0700`."""
    month = _MONTHS.get(text[3:6])
    if month is None:
        return None
    return f"{text[7:11]}-{month:02d}-{text[0:2]}T{text[12:20]}{text[21:24]}:{text[24:26]}"


class Stamps:
    """Times without a year or zone. `now`: aware; None where nobody said: such a time stays unknown."""

    def __init__(self, now: datetime | None) -> None:
        self._now = now
        self._days: dict[tuple[str, str, str], tuple[str, str | None]] = {}
        self._last: tuple[str, str | None] = ("", None)

    def of_syslog(self, text: str) -> str | None:
        """`Apr 30 07:00:00`, with a year or without; ISO 8601 as it stands."""
        if text[:1].isdigit():
            return self.of_iso(text)
        if text != self._last[0]:
            self._last = (text, self._yearless(text))
        return self._last[1]

    def _yearless(self, text: str) -> str | None:
        found = _YEARLESS.fullmatch(text)
        if found is None or self._now is None:
            return None
        month, day, said, time, part = found.groups("")
        known = self._days.get((month, day, said))
        if known is None:
            if len(self._days) > _MOST_DAYS:
                self._days.clear()
            known = self._days[month, day, said] = self._day(month, day, said, self._now)
        date, zone = known
        if zone is not None:
            return f"{date}T{time}{part}{zone}" if _is_time(time) else None
        return self._at(date, time, part)

    def _day(self, month: str, day: str, said: str, now: datetime) -> tuple[str, str | None]:
        """The date, and the zone where it is one all day long; what is no date is ""."""
        if month not in _MONTHS:
            return "", None
        for year in [int(said)] if said else range(now.year + 1, now.year - 9, -1):
            try:
                at = datetime(year, _MONTHS[month], int(day), tzinfo=now.tzinfo)
            except ValueError:  # the 29th of February
                continue
            if said or at.date() <= (now + _AHEAD).date():
                zones = {at.isoformat()[19:], at.replace(hour=23, minute=59).isoformat()[19:]}
                return at.date().isoformat(), zones.pop() if len(zones) == 1 else None
        return "", None

    def _at(self, date: str, time: str, part: str) -> str | None:
        try:
            at = datetime.fromisoformat(f"{date}T{time}")
        except ValueError:
            return None
        text = at.replace(tzinfo=None if self._now is None else self._now.tzinfo).isoformat()
        return f"{text[:19]}{part}{text[19:]}"

    def of_dashed(self, text: str) -> str | None:
        """`30-Apr-2026 07:00:00.123`; ISO 8601 as it stands."""
        found = _DASHED.fullmatch(text)
        if found is None:
            return self.of_iso(text)
        day, month, year, time, part = found.groups("")
        if self._now is None or month not in _MONTHS:
            return None
        return self._at(f"{year}-{_MONTHS[month]:02d}-{day}", time, part)

    def of_iso(self, text: str) -> str | None:
        """As it stands; with the zone of `now` where it names none."""
        if text[-1:] == "Z" or text[-6:-5] in ("+", "-"):
            return text
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            return None
        if at.tzinfo is None:
            return None if self._now is None else at.replace(tzinfo=self._now.tzinfo).isoformat()
        return at.isoformat()


def _is_time(text: str) -> bool:
    return text[:2] < "24" and text[3:5] < "60" and text[6:8] < "61"
