"""Events as the detector keeps them, without a spool: read by the real reader, written to the real store."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import orjson

from vigil.adapters.event_store import EventStore
from vigil.adapters.spool import Frame
from vigil.domain.detection.models import LogSource
from vigil.domain.detection.rule_book import empty
from vigil.workers.detector import facts_of
from vigil.workers.event_reading import EventReader


def keep(
    folder: Path, source: LogSource, events: Sequence[dict[str, object]], received: datetime, segment: int = 0
) -> Path:
    """One batch, received then; its events are named after the segment. Returns the store's file."""
    data = b"\n".join(orjson.dumps(event) for event in events)
    frame = Frame("net0", segment, 0, source.pk, received.timestamp(), "192.0.2.9", data)
    made = EventReader(empty()).read([frame], {source.pk: facts_of(source)}, {}, received)
    store = EventStore(folder)
    for (day, pk), tables in made.tables.items():
        store.write(f"net0-{segment:012x}-{0:010x}", day, pk, tables)
        return folder / f"day={day}" / f"source={pk}" / f"net0-{segment:012x}-{0:010x}.parquet"
    raise AssertionError(f"nothing was read: {made.reads}")
