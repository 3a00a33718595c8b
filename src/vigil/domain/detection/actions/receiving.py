"""What the doors tell: who listens where, what was refused and why; and how far files were followed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Protocol
from uuid import UUID

from django.db import transaction

from vigil.domain.detection.models import Listener, LogSource, SourceHour, TailPosition

_SAMPLES: Final = 10


class Counted(Protocol):
    """What came in by a listener from a source since it was told last (None: from nobody who is known)."""

    listener: str
    source: UUID | None
    received: int
    refused: int
    last: float
    samples: list[str]


@dataclass(frozen=True, slots=True)
class Door:
    """A listener as it is now."""

    name: str
    host: str
    port: int
    trouble: str = ""


@transaction.atomic
def tell_received(*, doors: Sequence[Door], counts: Iterable[Counted], now: datetime) -> int:
    """Add what was counted to listeners and sources; returns how many records were refused."""
    rows = {row.pk: row for row in Listener.objects.select_for_update()}
    for door in doors:
        row = rows.setdefault(door.name, Listener(name=door.name))
        row.host, row.port, row.trouble, row.updated_at = door.host, door.port, door.trouble[:500], now
    Listener.objects.exclude(name__in=[door.name for door in doors]).delete()
    refused = 0
    for one in counts:
        refused += one.refused
        listener = rows.get(one.listener)
        if listener is not None:
            listener.received += one.received
            if one.last:
                last = datetime.fromtimestamp(one.last, UTC)
                listener.last_at = max(listener.last_at or last, last)
        if not one.refused:
            continue
        if one.source is not None:
            _refused(one.source, one.refused, one.samples, now)
        elif listener is not None:
            listener.refused += one.refused
            listener.samples = _told(one.samples, listener.samples, now)
    for door in doors:
        rows[door.name].save()
    return refused


def _refused(source: UUID, many: int, samples: Sequence[str], now: datetime) -> None:
    row = LogSource.objects.select_for_update().filter(pk=source).first()
    if row is None:
        return
    row.rejected += many
    row.rejected_samples = _told(samples, row.rejected_samples, now)
    row.save(update_fields=["rejected", "rejected_samples"])
    hour = now.replace(minute=0, second=0, microsecond=0)
    counted, _ = SourceHour.objects.get_or_create(source=row, hour=hour)
    counted.rejected += many
    counted.save(update_fields=["rejected"])


def _told(samples: Sequence[str], before: list[Any], now: datetime) -> list[Any]:
    fresh = [{"at": now.isoformat(), "why": why[:300].replace("\0", "?")} for why in samples]
    return [*fresh, *before][:_SAMPLES]


def keep_tail(
    *, source: UUID, path: str, cursor: dict[str, Any] | None, place: tuple[str, int, int], now: datetime
) -> None:
    """The files were followed as far as `cursor`; what was read lies in the spool before (stream, segment, offset)."""
    if LogSource.objects.filter(pk=source).exists():
        stream, segment, offset = place
        TailPosition.objects.update_or_create(
            source_id=source,
            defaults={
                "path": path, "cursor": cursor, "stream": stream, "segment": segment, "offset": offset,
                "updated_at": now,
            },
        )  # fmt: skip


def tell_tail(*, source: UUID, path: str, trouble: str, now: datetime) -> None:
    """What keeps the files from being read, or happened to one of them."""
    said = trouble[:500].replace("\0", "?")
    if LogSource.objects.filter(pk=source).exists():
        TailPosition.objects.update_or_create(
            source_id=source,
            defaults={"trouble": said, "updated_at": now},
            create_defaults={"path": path, "trouble": said, "updated_at": now},
        )
