"""What a form said, as something that every database can keep: bounded, without NUL; instants that a calendar has."""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.http import HttpRequest
from django.utils.dateparse import parse_datetime

from vigil.kernel.clock import VIETNAM

FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2100


def said(request: HttpRequest, name: str, most: int = 500) -> str:
    """The text sent as `name`; empty where none was."""
    return clean(request.POST.get(name, ""), most)


def clean(text: str, most: int = 500) -> str:
    """`text` without NUL (PostgreSQL keeps none) and surrounding blanks, at most so long."""
    return text.replace("\x00", "").strip()[:most]


def instant(text: str) -> datetime | None:
    """An instant as a browser sends it (without a zone: of Viet Nam); None for what is none, or lies absurdly far."""
    try:
        found = parse_datetime(text[:40]) if text else None
    except ValueError:
        found = None
    if found is None or not in_reach(found):
        return None
    return found if found.tzinfo else found.replace(tzinfo=VIETNAM)


def in_reach(found: datetime) -> bool:
    """Whether a duty could be then: what lies beyond would only break a calendar further on."""
    return FIRST_YEAR <= found.year <= LAST_YEAR


def key_or_none(text: str) -> UUID | None:
    """The key that was sent; None for what is none."""
    try:
        return UUID(text)
    except ValueError:
        return None
