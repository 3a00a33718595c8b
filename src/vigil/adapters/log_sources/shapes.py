"""The shapes of JSON events, told apart by their keys: as written, wrapped by Elastic or Splunk, from Winlogbeat."""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from vigil.engines.detection.columns import Columns, flat
from vigil.engines.detection.terms import Source
from vigil.engines.detection.windows_events import add_windows

WINDOWS: Final = Source(product="windows")
CLOUDTRAIL: Final = Source(product="aws", service="cloudtrail")
_MOST_IN_ONE: Final = 100_000


class Sorter:
    """Puts each event into the columns of its kind. `given`: what the logs are, where somebody said so."""

    def __init__(self, wanted: frozenset[str] | None, given: Source | None) -> None:
        self._wanted, self._given = wanted, given
        self.columns: dict[Source, Columns] = {}
        self._windows: Columns | None = None

    def add(self, event: Any, number: int) -> None:
        """Raises: ValueError where it is no event."""
        if type(event) is not dict:
            raise ValueError("no JSON object")
        if "Event" in event:
            add_windows(self._windows or self._of(WINDOWS), event, number)
            return
        event = _unwrapped(event)
        winlog = event.get("winlog")
        if "Event" in event:
            add_windows(self._of(WINDOWS), event, number)
        elif type(winlog) is dict:
            self._of(WINDOWS).add(_winlogbeat(event, winlog), number)
        elif "EventID" in event and ("Channel" in event or "Provider_Name" in event):
            self._of(WINDOWS).add(event, number)
        elif "eventSource" in event and "eventName" in event:
            self._of(CLOUDTRAIL).add(flat(event), number)
        else:
            self._of(self._given or Source()).add(flat(event), number)

    def add_line(self, line: bytes, number: int) -> None:
        """One record, one line of JSON. Raises: ValueError where it is none, or no event."""
        self.add(orjson.loads(line), number)

    def _of(self, source: Source) -> Columns:
        if self._given is not None:
            source = self._given
        columns = self.columns.get(source)
        if columns is None:
            empty = source.product == "windows"
            columns = self.columns[source] = Columns(self._wanted, empty_is_missing=empty)
        if source == WINDOWS:
            self._windows = columns
        return columns


def several(event: Any) -> list[Any]:
    """The events of a JSON value: CloudTrail's Records and arrays are many."""
    if type(event) is dict and type(event.get("Records")) is list and len(event) == 1:
        event = event["Records"]
    return event[:_MOST_IN_ONE] if type(event) is list else [event]


def _unwrapped(event: Mapping[str, Any]) -> Mapping[str, Any]:
    for name in ("_source", "result"):
        inner = event.get(name)
        if type(inner) is dict:
            return inner
    return event


def _winlogbeat(event: Mapping[str, Any], winlog: Mapping[str, Any]) -> dict[str, Any]:
    computer = winlog.get("computer_name")
    found = {
        "EventID": winlog.get("event_id"),
        "Channel": winlog.get("channel"),
        "Computer": computer,
        "Provider_Name": winlog.get("provider_name"),
        "EventRecordID": winlog.get("record_id"),
        "SystemTime": event.get("@timestamp"),
    }
    for name in ("event_data", "user_data"):
        data = winlog.get(name)
        if type(data) is dict:
            found.update(data)
    return found
