"""The one entrance for events of every format: lines of text, and JSON in the shapes that shippers write.

JSON is told apart by its keys: as written, wrapped by Elastic or Splunk, from Winlogbeat, Suricata's, Zeek's.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import PurePath
from typing import Any, Final

import orjson

from vigil.adapters.log_sources.formats.envelopes import TIMES, Envelopes, Inside, around_event
from vigil.adapters.log_sources.formats.lines import FORMATS, Lines, reads_json
from vigil.adapters.log_sources.formats.suricata import asked
from vigil.adapters.log_sources.formats.suricata import kind_of as suricata_kind
from vigil.adapters.log_sources.formats.terms import Record
from vigil.adapters.log_sources.formats.zeek import kind_by_fields
from vigil.adapters.log_sources.kinds import KINDS, zeek_shape
from vigil.engines.detection.columns import Columns, Shape, flat
from vigil.engines.detection.terms import Source
from vigil.engines.detection.windows_events import add_windows, channels

WINDOWS: Final = Source(product="windows")
CLOUDTRAIL: Final = Source(product="aws", service="cloudtrail")
_JSON: Final = (b"{", b"[")
_SPACE: Final = (b" ", b"\t", b"\xef")
_BLANK: Final = b" \t\r\xef\xbb\xbf"
_MOST_ABOUTS: Final = 2000
_WRAPS: Final = (b"{", *_SPACE)
_OF_HEC: Final = ("host", "source", "sourcetype", "time", "fields")
_NOTHING: Final[Mapping[str, Any]] = {}
_MOST_IN_ONE: Final = 100_000
_MOST_INSIDE: Final = 2
"""JSON in a text of JSON: what Docker writes, in what Beats send."""
_WRAPPED: Final = {
    "_source": frozenset({"fields", "sort", "highlight", "inner_hits", "matched_queries"}),
    "result": frozenset({"result", "hec", "preview", "offset", "lastrow", "sid"}),
}
"""What Elastic and Splunk put around an event, and what else stands there: an application may say `result`."""
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
        self._json = reads_json(format)
        self._wrapped = not self._json and format != "text"
        self._lines = Lines(format, now, any_text=given is not None)
        self._envelopes = Envelopes(self._lines)
        self._kinds: dict[str, tuple[Columns, Shape]] = {}
        self._abouts: dict[tuple[tuple[str, ...], tuple[str, ...]], tuple[str, ...]] = {}
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
        if self._json and (first in _JSON or (first in _SPACE and line.lstrip(_BLANK)[:1] == b"{")):
            try:
                event = orjson.loads(line if first in _JSON else line.lstrip(_BLANK))
            except orjson.JSONDecodeError:
                if first != b"[":
                    raise
            else:
                if type(event) is dict and "Records" not in event:
                    return self.add(event, number)
                return self._add_all(several(event), number)
        if self._wrapped and first in _WRAPS and (inside := self._unpacked(line)) is not None:
            return self._add_inside(inside, number, 1)
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

    def _add_all(self, events: list[Any], number: int) -> bool:
        if not all(type(event) is dict for event in events):
            raise ValueError("no JSON object")
        added = [self.add(event, number) for event in events]
        return any(added)

    def _unpacked(self, line: bytes) -> Inside | None:
        """What a shipper wrapped in JSON, where somebody said how the lines are written that it reads."""
        try:
            event = orjson.loads(line.lstrip(_BLANK))
        except orjson.JSONDecodeError:
            return None
        if type(event) is not dict:
            return None
        inside = self._envelopes.read(self._whole(event, _unwrapped(event)))
        if inside is None or inside.event is None:
            return inside
        inner = self._envelopes.read(inside.event)  # what Docker writes, in what Beats send
        return None if inner is None or inner.event is not None else _with(inner, inside.around or {})

    def _add_inside(self, inside: Inside, number: int, depth: int) -> bool:
        if inside.event is not None:
            return self._add(inside.event, number, inside.around, depth)
        if inside.record is not None:
            self._add_record(inside.record, number, depth)
        return inside.record is not None

    def _add_record(self, record: Record, number: int, depth: int = 0) -> None:
        kind, key, names, values = record
        if kind == "json":
            self._add_object(names, values, number, depth)
            return
        columns, shape = self._kinds.get(kind) or self._of_kind(kind)
        if kind[:4] == "zeek":
            if self._zeek is None or self._zeek[0] is not key:
                self._zeek = (key, zeek_shape(self._lines.zeek_head, KINDS[kind]))
            shape = self._zeek[1]
        columns.add_values((kind, key), names, values, number, shape)

    def _add_object(self, names: Any, values: tuple[Any, ...], number: int, depth: int) -> None:
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
        self._add(event, number, envelope, depth + 1)

    def add(self, event: Any, number: int) -> bool:
        """An event that was read as JSON; False where a shipper wrapped a header, which is none.

        Raises: ValueError where it is no event.
        """
        if type(event) is not dict:
            raise ValueError("no JSON object")
        return self._add(event, number, _NOTHING, 0)

    def _add(self, event: Mapping[str, Any], number: int, around: Mapping[str, Any] | None, depth: int) -> bool:
        """`around`: what others say of it. `depth`: how many texts of JSON it stood in."""
        if type(event.get("Event")) is dict:
            add_windows(self._windows or self._of(WINDOWS), event, number)
            return True
        outer, event = event, _unwrapped(event)
        winlog = event.get("winlog")
        if type(event.get("Event")) is dict:
            add_windows(self._of(WINDOWS), event, number)
        elif type(winlog) is dict:
            self._of(WINDOWS).add(_winlogbeat(event, winlog), number)
        elif "EventID" in event and ("Channel" in event or "Provider_Name" in event):
            self._of(WINDOWS).add(around_event(dict(event), around) if around else event, number)
        elif "eventSource" in event and "eventName" in event:
            self._of(CLOUDTRAIL).add(_fields(event, around), number)
        elif "event_type" in event and ("flow_id" in event or "src_ip" in event or "stats" in event):
            kind = suricata_kind(event)
            fields = _fields(event, around)
            if kind == "suricata.dns":
                fields.update(asked(event))
            self._add_flat(kind, fields, number)
        elif "ts" in event and any(name in event for name in _OF_ZEEK):
            self._add_flat(kind_by_fields(event, self._lines.name), _fields(event, around), number)
        else:
            if outer is not event:
                event = self._whole(outer, event)
            inside = self._envelopes.read(event) if depth < _MOST_INSIDE else None
            if inside is None:
                self._of(self._given or Source()).add(_fields(event, around), number)
            else:
                return self._add_inside(_with(inside, around) if around else inside, number, depth + 1)
        return True

    def _whole(self, outer: Mapping[str, Any], event: Mapping[str, Any]) -> Mapping[str, Any]:
        """An event with what HEC says around it."""
        said = outer.get("hec")
        if type(said) is not dict or said is event:
            return event
        key = (tuple(event), tuple(said))
        names = self._abouts.get(key)
        if names is None:
            if len(self._abouts) > _MOST_ABOUTS:
                self._abouts.clear()
            names = self._abouts[key] = _about(*key)
        return {**event, **{name: said[name] for name in names}} if names else event

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


def _fields(event: Mapping[str, Any], around: Mapping[str, Any] | None = None) -> dict[str, Any]:
    found = flat(event)
    if not any(found):
        raise ValueError("an object in which no field has a name and a value")
    return around_event(found, around) if around else found


def _with(inside: Inside, around: Mapping[str, Any]) -> Inside:
    """The same with what stands around its envelope."""
    if inside.event is not None:
        return Inside(event=inside.event, around=around_event(dict(inside.around or {}), around))
    if inside.record is None:
        return inside
    kind, key, names, values = inside.record
    taken, has_time = {name.lower() for name in names}, not TIMES.isdisjoint(name.lower() for name in names)
    more = [name for name in around if name.lower() not in taken and not (has_time and name.lower() in TIMES)]
    return Inside(Record(kind, (key, *more), (*names, *more), (*values, *(around[name] for name in more))))


def _about(inner: tuple[str, ...], said: tuple[str, ...]) -> tuple[str, ...]:
    """What HEC says around an event (adapters/receivers/hec.py) and the event does not say itself."""
    taken = {name.lower() for name in inner}
    timed = not TIMES.isdisjoint(taken)
    return tuple(name for name in _OF_HEC if name in said and name not in taken and not (timed and name == "time"))


def _unwrapped(event: Mapping[str, Any]) -> Mapping[str, Any]:
    for name, beside in _WRAPPED.items():
        inner = event.get(name)
        if type(inner) is dict and all(one in beside or one[:1] == "_" for one in event):
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
    found["Channel"] = channels(winlog.get("channel"), found["Channel"])
    return found
