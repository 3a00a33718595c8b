"""The one entrance for events of every format: lines of text, and JSON in the shapes that shippers write.

JSON is told apart by its keys: as written, wrapped by Elastic or Splunk, from Winlogbeat, Suricata's, Zeek's.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import PurePath
from typing import Any, Final

import orjson

from vigil.adapters.log_sources import envelopes
from vigil.adapters.log_sources.formats.lines import FORMATS, Lines, reads_json
from vigil.adapters.log_sources.formats.suricata import asked
from vigil.adapters.log_sources.formats.suricata import kind_of as suricata_kind
from vigil.adapters.log_sources.formats.terms import Record
from vigil.adapters.log_sources.formats.zeek import kind_by_fields
from vigil.adapters.log_sources.kinds import KINDS, zeek_shape
from vigil.engines.detection.columns import Columns, Shape, flat
from vigil.engines.detection.findings import TIMES
from vigil.engines.detection.terms import Source
from vigil.engines.detection.windows_events import add_windows

WINDOWS: Final = Source(product="windows")
CLOUDTRAIL: Final = Source(product="aws", service="cloudtrail")
_JSON: Final = (b"{", b"[")
_SPACE: Final = (b" ", b"\t", b"\xef")
_MOST_IN_ONE: Final = 100_000
_MOST_WITHIN: Final = 2
"""A shipper's object around a container's around a line: deeper than that nobody packs."""
_OF_ZEEK: Final = ("uid", "id.orig_h", "_path", "fuid", "fingerprint", "certificate.serial")
__all__ = ["FORMATS", "Sorter", "several"]


class Sorter:
    """Puts each event into the columns of its kind (`columns`, by source).

    `given`: what the logs are, where somebody said so (see `Source.narrowed_by`). `format`: one of FORMATS. `now`:
    aware; for times that name no year or no zone (it is taken from `now`); without it such times stay unknown.

    Lines are of one source, whose headers (Zeek, IIS) and format are remembered. A sorter that does not live as long
    as the source gives them by `state` (plain JSON values) and another takes them by `restore`; `begin` forgets them.
    """

    def __init__(
        self, wanted: frozenset[str] | None, given: Source | None, format: str = "auto", *, now: datetime | None = None
    ) -> None:
        self._wanted, self._given = wanted, given
        self.columns: dict[Source, Columns] = {}
        self._windows: Columns | None = None
        self._auto, self._json = format == "auto", reads_json(format)
        self._of_text = not self._json and format != "text"
        self._lines = Lines(format, now, any_text=given is not None)
        self._kinds: dict[str, tuple[Columns, Shape]] = {}
        self._zeek: tuple[Any, Shape] | None = None

    def begin(self, name: str = "") -> None:
        """The lines that follow are of another source; `name` of its file, which may tell a log of Zeek's in JSON."""
        self._lines.forget()
        self._lines.name = PurePath(name).name.partition(".")[0]

    def state(self) -> dict[str, Any]:
        """What is remembered of the source, as plain JSON values."""
        return self._lines.state()

    def restore(self, state: dict[str, Any]) -> None:
        """Go on with a source where `state` was taken; {} begins. Raises: ValueError where it is no state."""
        try:
            self._lines.restore(state)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("no state of a sorter") from error

    def add_line(self, line: bytes, number: int) -> bool:
        """A line as one event; False for a header or a remark, which is none. Raises: ValueError with the reason.

        A line of JSON with several events gives them the same number.
        """
        first = line[:1]
        if self._json and (first in _JSON or (first in _SPACE and line.lstrip(b" \t\r\xef\xbb\xbf")[:1] == b"{")):
            try:
                event = orjson.loads(line if first in _JSON else line.lstrip(b" \t\r\xef\xbb\xbf"))
            except orjson.JSONDecodeError:
                if first != b"[":
                    raise
            else:
                if type(event) is dict and "Records" not in event:
                    self.add(event, number)
                    return True
                found = several(event)
                self._add_all(found, number)
                return bool(found)
        if first == b"{" and self._of_text:
            told = self._told(line, number)
            if told is not None:
                return told
        line = line.strip(b"\0\r\n")
        if not line:
            raise ValueError("nothing but NUL")
        try:
            text = line.decode()
        except UnicodeDecodeError:
            text = line.decode("utf-8", "replace")
        record = self._lines.read(text.removeprefix("\ufeff") if text[0] == "\ufeff" else text)
        if record is None:
            return False
        self._add_record(record, number)
        return True

    def _told(self, line: bytes, number: int) -> bool | None:
        """A line of the format that somebody named, within JSON; None where there is none. As `add_line`."""
        try:
            event = orjson.loads(line)
        except orjson.JSONDecodeError:
            return None
        if type(event) is not dict:
            return None
        event = _unwrapped(event)
        found = envelopes.inside(event)
        if found is None or not (text := found.text.strip("\ufeff \r\n")):
            return None
        try:
            record = self._lines.read(text)
        except ValueError:
            record = self._body(event, found, text)
            if record is None:
                raise
        if record is None:
            return False
        self._add_joined(record, event, found, number)
        return True

    def _body(self, event: Mapping[str, Any], found: envelopes.Inside, text: str) -> Record | None:
        """What a program wrote whose name stands beside it."""
        if not (envelopes.is_known(found.program) or envelopes.is_of_syslog(event)):
            return None
        body = self._lines.body(found.program, text)
        return body if body.kind != "json" else None

    def _add_joined(self, record: Record, event: Mapping[str, Any], found: envelopes.Inside, number: int) -> None:
        fields = envelopes.around(event, found.at)
        if envelopes.is_known(found.program):
            fields.setdefault("program", found.program)
        self._add_record(envelopes.joined(record, fields), number)

    def _add_text(self, event: Mapping[str, Any], number: int, depth: int) -> bool:
        """Whether the event was what a shipper put around a line of a log, and was added as that."""
        found = envelopes.inside(event)
        if found is None:
            return False
        text = found.text.strip("\ufeff \r\n")
        record: Record | None = None
        if text[:1] == "{":
            return self._add_within(event, found.at, text, number, depth)
        if envelopes.may_be_line(text):
            try:
                record = self._lines.read(text)
            except ValueError:
                record = None
            if record is not None and not envelopes.is_line(text, record):
                record = None
        record = record or self._body(event, found, text)
        if record is None:
            return False
        self._add_joined(record, event, found, number)
        return True

    def _add_within(self, event: Mapping[str, Any], at: tuple[str, ...], text: str, number: int, depth: int) -> bool:
        """JSON within JSON: its fields, and those around it that it does not have itself."""
        try:
            own = orjson.loads(text)
        except orjson.JSONDecodeError:
            return False
        if type(own) is not dict or not own:
            return False
        if "Event" not in own:
            taken = {name.lower() for name in own}
            more = envelopes.around(event, at)
            if not taken.isdisjoint(TIMES):
                more = {name: value for name, value in more.items() if name.lower() not in TIMES}
            own.update((name, value) for name, value in more.items() if name.lower() not in taken)
        self.add(own, number, depth=depth + 1)
        return True

    def _add_all(self, events: list[Any], number: int) -> None:
        if not all(type(event) is dict for event in events):
            raise ValueError("no JSON object")
        for event in events:
            self.add(event, number)

    def _add_record(self, record: Record, number: int) -> None:
        kind, key, names, values = record
        if kind == "json":
            self._add_inside(names, values, number)
            return
        columns, shape = self._kinds.get(kind) or self._of_kind(kind)
        if kind[:4] == "zeek":
            if self._zeek is None or self._zeek[0] != key:
                self._zeek = (key, zeek_shape(self._lines.zeek_head, KINDS[kind]))
            shape = self._zeek[1]
        columns.add_values((kind, key), names, values, number, shape)

    def _add_inside(self, names: Any, values: tuple[Any, ...], number: int) -> None:
        """JSON within syslog: its fields, and those of the envelope that it does not have itself."""
        envelope = {name: value for name, value in zip(names, values, strict=True) if value is not None and name}
        text = envelope.pop("json")
        try:
            event = orjson.loads(text)
        except orjson.JSONDecodeError:
            event = None
        if type(event) is not dict:
            columns, shape = self._of_kind("linux.syslog")
            envelope["message"] = text
            columns.add_values(("json", *envelope), tuple(envelope), tuple(envelope.values()), number, shape)
            return
        if "Event" not in event:
            taken = {name.lower() for name in event}
            event.update((name, value) for name, value in envelope.items() if name.lower() not in taken)
        self.add(event, number, depth=_MOST_WITHIN)

    def add(self, event: Any, number: int, *, depth: int = 0) -> None:
        """An event that was read as JSON, `depth` texts within another one. Raises: ValueError where it is none."""
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
            self._of(CLOUDTRAIL).add(_fields(event), number)
        elif "event_type" in event and ("flow_id" in event or "src_ip" in event or "stats" in event):
            kind = suricata_kind(event)
            fields = _fields(event)
            if kind == "suricata.dns":
                fields.update(asked(event))
            self._add_flat(kind, fields, number)
        elif "ts" in event and any(name in event for name in _OF_ZEEK):
            self._add_flat(kind_by_fields(event, self._lines.name), _fields(event), number)
        elif depth >= _MOST_WITHIN or not self._auto or not self._add_text(event, number, depth):
            self._of(self._given or Source()).add(_fields(event), number)

    def _add_flat(self, kind: str, fields: dict[str, Any], number: int) -> None:
        columns, shape = self._kinds.get(kind) or self._of_kind(kind)
        names = tuple(fields)
        columns.add_values((kind, names), names, tuple(fields.values()), number, shape)

    def _of_kind(self, kind: str) -> tuple[Columns, Shape]:
        known = KINDS[kind]
        made = self._kinds[kind] = (self._of(known.source), known.shape)
        return made

    def _of(self, source: Source) -> Columns:
        if self._given is not None:
            source = self._given.narrowed_by(source)
        columns = self.columns.get(source)
        if columns is None:
            empty = source == WINDOWS or (self._given is not None and source.product == "windows")
            columns = self.columns[source] = Columns(self._wanted, empty_is_missing=empty)
        if source == WINDOWS:
            self._windows = columns
        return columns


def several(event: Any) -> list[Any]:
    """The events of a JSON value: CloudTrail's Records and arrays are many."""
    if type(event) is dict and type(event.get("Records")) is list and len(event) == 1:
        event = event["Records"]
    return event[:_MOST_IN_ONE] if type(event) is list else [event]


def _fields(event: Mapping[str, Any]) -> dict[str, Any]:
    found = flat(event)
    if not any(found):
        raise ValueError("an object in which no field has a name and a value")
    return found


def _unwrapped(event: Mapping[str, Any]) -> Mapping[str, Any]:
    for name in ("_source", "result"):
        inner = event.get(name)
        if type(inner) is dict:
            about = event.get("hec") if name == "result" else None
            return _with_time(inner, about) if type(about) is dict else inner
    return event


def _with_time(event: dict[str, Any], about: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the collector was told of an event that does not say it itself: when it was, and of which host."""
    if "Event" in event or "winlog" in event:
        return event
    more: dict[str, Any] = {}
    if "time" in about and not any(name in event for name in TIMES):
        more["time"] = about["time"]
    if "host" in about and "host" not in event:
        more["host"] = about["host"]
    return {**event, **more} if more else event


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
