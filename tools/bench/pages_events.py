"""Kept events for the page benchmark: some days of some sources, read and written as the detector does it."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.conf import settings

from vigil.domain.detection.models import LogSource

KEPT_DAYS, KEPT_EVENTS = 5, 1_000


def kept_events(sources: Sequence[LogSource], chance: random.Random, now: datetime) -> dict[str, str]:
    """Days of events in the store, read and written as the detector does it; the key of one of them."""
    from vigil.adapters.event_store import EventStore
    from vigil.adapters.spool import Frame
    from vigil.domain.detection.rule_book import empty
    from vigil.workers.detector import facts_of
    from vigil.workers.event_reading import EventReader

    reader, store, key = EventReader(empty()), EventStore(settings.VIGIL_EVENTS), {}
    facts = {one.pk: facts_of(one) for one in sources}
    for day in range(KEPT_DAYS):
        for number, source in enumerate(sources):
            received = now - timedelta(days=day, minutes=number)
            lines = [orjson.dumps(_event(n, received, chance)) for n in range(KEPT_EVENTS)]
            segment = day * 1000 + number
            frame = Frame("net0", segment, 0, source.pk, received.timestamp(), "192.0.2.9", b"\n".join(lines))
            read = reader.read([frame], facts, {}, received)
            for (at, pk), tables in read.tables.items():
                store.write(f"net0-{segment:012x}-{0:010x}", at, pk, tables)
                key = {
                    "event": tables[0]["_id"][0].as_py(), "event_at": tables[0]["_at"][0].as_py().isoformat()[:19],
                    "event_source": str(pk), "event_day": at.isoformat(),
                }  # fmt: skip
    return key


def _event(number: int, received: datetime, chance: random.Random) -> dict[str, Any]:
    at = received - timedelta(seconds=number)
    return {
        "@timestamp": at.isoformat(), "EventID": chance.choice((1, 3, 11, 4624, 4688)),
        "Computer": f"MAY-{number % 40}", "User": f"MAU\\nguoi{number % 25}",
        "Image": f"C:\\Windows\\System32\\chuong-trinh-{number % 60}.exe",
        "CommandLine": f"chuong-trinh-{number % 60}.exe -k {chance.randrange(10**6)}",
        "DestinationIp": f"198.51.100.{number % 250}",
    }  # fmt: skip
