"""The body of Elasticsearch's `_bulk`: pairs of lines, an action and a document. What is bad fails alone.

A record is the document's line as it came. Where an action cannot be read, the line after it is taken for its document
unless it is an action itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

_WITH_DOCUMENT: Final = ("create", "index", "update")
_ACTIONS: Final = (*_WITH_DOCUMENT, "delete")


@dataclass
class Bulk:
    """What a body holds. `items`: for each action its name, its index, and why it is refused (empty: it is taken)."""

    records: list[bytes] = field(default_factory=list)
    items: list[tuple[str, str, str]] = field(default_factory=list)
    refused: list[tuple[str, bytes]] = field(default_factory=list)

    def bad(self, action: str, index: str, why: str, line: bytes) -> None:
        self.items.append((action, index, why))
        self.refused.append((why, line[:300]))


def read_bulk(body: bytes, index: str, most_record_bytes: int) -> Bulk:
    """All items in order. `index`: what the path names, for actions that name none."""
    bulk = Bulk()
    lines = _lines(body)
    line = next(lines, None)
    while line is not None:
        name, about = _action(line)
        if not name:
            bulk.bad("index", index, "Malformed action/metadata line, expected create or index", line)
            line = next(lines, None)
            if line is not None and not _action(line)[0]:
                line = next(lines, None)
            continue
        said = about.get("_index") if type(about) is dict else None
        where = said if type(said) is str else index
        if name == "delete":
            bulk.bad(name, where, "events are kept as they came: delete is not possible", line)
            line = next(lines, None)
            continue
        document = next(lines, None)
        if document is None:
            bulk.bad(name, where, "the document after the action is missing", line)
        elif name == "update":
            bulk.bad(name, where, "events are kept as they came: update is not possible", document)
        elif len(document) > most_record_bytes:
            bulk.bad(name, where, f"a document longer than {most_record_bytes} bytes", document)
        elif why := _no_object(document):
            bulk.bad(name, where, why, document)
        else:
            bulk.records.append(document)
            bulk.items.append((name, where, ""))
        line = next(lines, None)
    return bulk


def _lines(body: bytes) -> Iterator[bytes]:
    at, end = 0, len(body)
    while at < end:
        there = body.find(b"\n", at)
        there = end if there < 0 else there
        if line := body[at:there].strip():
            yield line
        at = there + 1


def _action(line: bytes) -> tuple[str, Any]:
    """The action's name and what it says; no name if the line is none."""
    if len(line) > 4096:
        return "", None
    try:
        said = orjson.loads(line)
    except orjson.JSONDecodeError:
        return "", None
    if type(said) is not dict or len(said) != 1:
        return "", None
    name, about = next(iter(said.items()))
    return (name, about) if name in _ACTIONS and type(about) is dict else ("", None)


def _no_object(line: bytes) -> str:
    if line[:1] != b"{":
        return "the document is not a JSON object"
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return f"the document is not JSON: {error}"
    return ""


def answer(bulk: Bulk, took_ms: int, *, brief: bool) -> bytes:
    """What Elasticsearch would say; `brief` leaves out what the client's `filter_path` does not ask for."""
    known: dict[tuple[str, str], bytes] = {}
    items = []
    for name, index, why in bulk.items:
        if why:
            fault = {"type": "document_parsing_exception", "reason": why}
            items.append(orjson.dumps({name: {"_index": index, "status": 400, "error": fault}}))
            continue
        key = (name, index)
        if key not in known:
            about: dict[str, Any] = {"_index": index, "status": 201}
            known[key] = orjson.dumps({name: {"status": 201} if brief else {**about, "result": "created"}})
        items.append(known[key])
    errors = b"true" if bulk.refused else b"false"
    return b'{"took":%d,"errors":%s,"items":[%s]}' % (took_ms, errors, b",".join(items))
