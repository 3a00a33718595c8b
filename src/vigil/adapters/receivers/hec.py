"""The bodies of Splunk's HTTP Event Collector, as records that `log_sources` can unwrap.

    {"result": EVENT, "hec": {"time": ..., "host": ..., "source": ..., "sourcetype": ..., "index": ..., "fields": ...}}

`result` is what Splunk's own exports wrap events in. An event that is text becomes {"message": TEXT} (with `host`,
`source` and `sourcetype`, where they are said), or what it holds, if it is the text of a JSON object.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

import orjson

ABOUT: Final = ("time", "host", "source", "sourcetype", "index", "fields")
MOST_EVENTS: Final = 1_000_000
"""Of one request: nobody takes more, so no more are read than tell that."""
_WIDER: Final = 4
"""An event may be so much longer as it is sent, with its letters escaped, than as it is kept."""
_WINDOW, _LONGEST_TOKEN = 4096, 16
_DEEP: Final = 500
"""Something that is too deep has at least so many characters."""
_FAULT, _PATIENCE = 5_000, 1_000_000
"""What a fault costs, in characters that are read instead; how much of that is borne beyond the text's length."""
_TOO_LONG: Final = object()
_BETWEEN: Final = re.compile(r"[ \t\r\n,]+|\[[ \t\r\n]*(?=\{)")
_SHOWN: Final = ("host", "source", "sourcetype")
_DECODER: Final = json.JSONDecoder()
NOT_JSON, NO_EVENT, BLANK_EVENT = (
    (6, "Invalid data format"),
    (12, "Event field is required"),
    (13, "Event field cannot be blank"),
)


@dataclass
class Events:
    """What a body holds. `refused`: why, and its beginning. `first_bad`: the number of the first, and its code."""

    records: list[bytes] = field(default_factory=list)
    refused: list[tuple[str, bytes]] = field(default_factory=list)
    first_bad: tuple[int, tuple[int, str]] | None = None

    def bad(self, number: int, code: tuple[int, str], sample: bytes) -> None:
        self.refused.append((code[1], sample[:300]))
        self.first_bad = self.first_bad or (number, code)


def read_events(body: bytes, said: Mapping[str, str], most_record_bytes: int) -> Events:
    """Of /services/collector/event: JSON objects one after the other. `said`: metadata of the request itself."""
    events = Events()
    for number, (value, raw) in enumerate(islice(_values(body, most_record_bytes), MOST_EVENTS + 1)):
        if value is _TOO_LONG:
            events.bad(number, _longer(most_record_bytes), raw)
            continue
        if type(value) is not dict:
            events.bad(number, NOT_JSON, raw)
            continue
        event = value.get("event")
        if event is None:
            events.bad(number, NO_EVENT, raw)
        elif event == "":
            events.bad(number, BLANK_EVENT, raw)
        else:
            about = {key: value[key] if key in value else said[key] for key in ABOUT if key in value or key in said}
            _add(events, number, event, about, most_record_bytes)
    return events


def read_raw(body: bytes, said: Mapping[str, str], most_record_bytes: int) -> Events:
    """Of /services/collector/raw: each line an event."""
    events = Events()
    about = {key: said[key] for key in ABOUT if key in said}
    for number, line in enumerate(body.split(b"\n")):
        if text := line.strip():
            _add(events, number, text.decode("utf-8", "replace"), about, most_record_bytes)
    return events


def _add(events: Events, number: int, event: Any, about: dict[str, Any], most: int) -> None:
    if type(event) is str:
        inner = _object(event)
        event = {"message": event, **{k: about[k] for k in _SHOWN if k in about}} if inner is None else inner
    elif type(event) is not dict:
        event = {"message": event}
    try:
        record = orjson.dumps({"result": event, "hec": about})
    except (TypeError, ValueError) as error:  # a lone surrogate, a number beyond 64 bits
        events.bad(number, (6, f"Invalid data format: {error}"), repr(event)[:300].encode())
        return
    if len(record) > most:
        events.bad(number, _longer(most), record)
    else:
        events.records.append(record)


def _object(text: str) -> dict[str, Any] | None:
    if not text.lstrip().startswith("{"):
        return None
    try:
        found = orjson.loads(text)
    except (orjson.JSONDecodeError, ValueError):
        return None
    return found if type(found) is dict else None


def _longer(most: int) -> tuple[int, str]:
    return 6, f"an event longer than {most} bytes"


def _values(body: bytes, most: int) -> Iterator[tuple[Any, bytes]]:
    """The JSON values of the body; for what is none, None. Most bodies are lines, which orjson reads fastest."""
    lines = body.split(b"\n")
    if max(map(len, lines)) > most * _WIDER:  # several in one line, or one that is not to be parsed at all
        yield from _one_by_one(body.decode("utf-8", "replace"), most * _WIDER)
        return
    try:
        found = [(orjson.loads(line), line) for line in lines if line.strip()]
    except orjson.JSONDecodeError:
        yield from _one_by_one(body.decode("utf-8", "replace"), most * _WIDER)
        return
    for value, line in found:
        if type(value) is list:
            yield from ((one, line) for one in value)
        else:
            yield value, line


def _one_by_one(text: str, most: int) -> Iterator[tuple[Any, bytes]]:
    """Also of arrays. After one that cannot be read, on with the next line that begins an object.

    That line may be within what was looked at already; where that was as much as the whole text, no longer.
    """
    at, end, again, arrays = 0, len(text), 0, 0
    while at < end:
        if between := _BETWEEN.match(text, at):
            arrays += between[0].count("[")
            at = between.end()
            continue
        if arrays and text[at] == "]":
            arrays, at = arrays - 1, at + 1
            continue
        start = at
        value, at, is_whole = _decoded(text, at, most)
        if not is_whole:
            again += at - start + _FAULT
            there = text.find("\n{", start + 1 if again <= end + _PATIENCE else max(at - 1, start + 1))
            at = end if there < 0 else there + 1
        yield value, text[start : start + 300].encode("utf-8", "replace")


def _decoded(text: str, at: int, most: int) -> tuple[Any, int, bool]:
    """The value that begins there and where it ends, or where it breaks off. Beyond `most` it is not looked at."""
    width = _WINDOW
    while True:
        window = text[at : at + min(width, most)]
        try:
            value, size = _DECODER.raw_decode(window)
        except json.JSONDecodeError as error:
            cut_off = error.pos >= len(window) - _LONGEST_TOKEN or error.msg.startswith("Unterminated")
            if not cut_off or at + len(window) >= len(text):
                return None, at + len(window[: error.pos].rstrip()), False
            if len(window) >= most:
                return _TOO_LONG, at + len(window), False
        except (RecursionError, ValueError):  # too deep, or a number of too many digits
            return None, at + _DEEP, False
        else:
            return value, at + size, True
        width *= 8
