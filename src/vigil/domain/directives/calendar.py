"""Public holidays of Viet Nam, days off in lieu included, by the `holidays` library."""

from datetime import date
from functools import lru_cache

import holidays


@lru_cache(maxsize=16)
def _year(year: int, language: str) -> dict[date, str]:
    return dict(holidays.country_holidays("VN", years=year, language=language).items())


def holidays_between(first: date, last: date, language: str = "vi") -> dict[date, str]:
    """The holidays from `first` to `last`, both included, by day, named in Vietnamese or English."""
    code = "vi" if language.startswith("vi") else "en_US"
    found: dict[date, str] = {}
    for year in range(first.year, last.year + 1):
        found.update({day: name for day, name in _year(year, code).items() if first <= day <= last})
    return dict(sorted(found.items()))
