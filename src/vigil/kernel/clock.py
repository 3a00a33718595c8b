"""The one clock. Everything that needs the time asks here, so that a test can set it.

Instants are aware and in UTC; people read them in Asia/Ho_Chi_Minh (UTC+7, no daylight saving).
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")

_frozen: ContextVar[datetime | None] = ContextVar("vigil_frozen_clock", default=None)


def shift() -> timedelta:
    """How far the clock is moved for a practice run (`VIGIL_CLOCK_SHIFT_S`, seconds; 0 in earnest)."""
    return timedelta(seconds=float(os.environ.get("VIGIL_CLOCK_SHIFT_S", "0") or "0"))


def now() -> datetime:
    """The present instant, aware, in UTC."""
    frozen = _frozen.get()
    return frozen if frozen is not None else datetime.now(UTC) + shift()


def today() -> date:
    """The present day in Viet Nam."""
    return now().astimezone(VIETNAM).date()


@contextmanager
def frozen_at(instant: datetime) -> Iterator[None]:
    """Hold the clock at `instant` (aware) inside the block."""
    if instant.tzinfo is None:
        raise ValueError("the clock takes aware datetimes only")
    token = _frozen.set(instant.astimezone(UTC))
    try:
        yield
    finally:
        _frozen.reset(token)
