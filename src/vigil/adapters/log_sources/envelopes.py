"""Lines of logs within JSON: what a program wrote, and what shippers put around it.

Filebeat, Fluent Bit, Vector, Logstash, rsyslog's omelasticsearch, journald and Splunk's collector send a line as a text
within an object. What the line says of itself comes before what stands around it, as within syslog.
"""

import re
from collections.abc import Hashable, Mapping
from typing import Any, Final, NamedTuple

from vigil.adapters.log_sources.formats.terms import Record
from vigil.adapters.log_sources.kinds import PROGRAMS
from vigil.engines.detection.columns import flat
from vigil.engines.detection.findings import TIMES

_TEXTS: Final = (("message",), ("log",), ("_raw",), ("MESSAGE",))
_ORIGINAL: Final = ("event", "original")
_PROGRAMS: Final = (
    "programname", "program", "ident", "SYSLOG_IDENTIFIER", "syslog_identifier", "appname", "app_name", "syslogtag",
    "tag",
)  # fmt: skip
_DEEPER: Final = (("syslog", "identifier"), ("syslog", "appname"), ("log", "syslog", "appname"), ("process", "name"))
_NAMING: Final = frozenset(_PROGRAMS)
_OF_SYSLOG: Final = frozenset({"syslogtag", "SYSLOG_IDENTIFIER", "SYSLOG_FACILITY", "_TRANSPORT", "procid"})
_WITH_FACILITY: Final = frozenset(
    {"severity", "priority", "programname", "ident"}
)  # alone it is GELF's name of a logger
_LOOKS: Final = re.compile(
    r"<\d{1,3}>|[A-Z][a-z]{2} [ \d]\d (?:\d{4} )?\d\d:\d\d:\d\d|\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d"  # syslog, W3C
    r"|\d\d-[A-Z][a-z]{2}-\d{4} \d\d:|client (?:@0x|[0-9A-Fa-f:.]+#)|\[\d{9,11}[\].]|unbound\["  # DNS
    r"|Packet from |Answer to |Got query for |Query for |CEF:\d|LEEF:\d|(?:node=\S{1,99} )?type=[A-Z_0-9]{1,40} msg="
    r"|(?:date|logver|time)=\d|#[A-Z]?[a-z_]+[:\s]"
)
_ASKED: Final = re.compile(r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:")  # an access log, whose time stands in its first brackets
_HEAD: Final = 600
_STAMPED: Final = re.compile(r"\d{4}-\d\d-\d\d[ T]")
_TIMES: Final = frozenset(TIMES)


class Inside(NamedTuple):
    """A text within an event: where it stood, and the program that wrote it, where that is said."""

    text: str
    at: tuple[str, ...]
    program: str


def inside(event: Mapping[str, Any]) -> Inside | None:
    """The line of a log that a shipper may have put into the event; None where it has no text of that name."""
    for at in _TEXTS:
        text = event.get(at[0])
        if type(text) is str and text:
            return Inside(text, at, _program(event))
    original = event.get("event")
    text = original.get("original") if type(original) is dict else None
    return Inside(text, _ORIGINAL, _program(event)) if type(text) is str and text else None


def may_be_line(text: str) -> bool:
    """Whether it begins as a line of some log does: prose is not asked of every reader."""
    if _LOOKS.match(text) is not None:
        return True
    at = text.find(" [", 0, _HEAD)
    return at > 0 and _ASKED.match(text, at + 2) is not None


def is_line(text: str, record: Record) -> bool:
    """Whether the record is more than a guess: much that begins with a time is no syslog but a program's own words."""
    return record.kind != "text" and not (record.kind.startswith("linux.syslog") and _STAMPED.match(text) is not None)


def is_of_syslog(event: Mapping[str, Any]) -> bool:
    """Whether what stands around the text is what syslog or the journal says of a message."""
    if not _OF_SYSLOG.isdisjoint(event):
        return True
    return "facility" in event and not _WITH_FACILITY.isdisjoint(event)


def _program(event: Mapping[str, Any]) -> str:
    if not _NAMING.isdisjoint(event):
        for name in _PROGRAMS:
            found = event.get(name)
            if type(found) is str and found:
                return found.partition("[")[0].rstrip(":")
    log = event.get("log")
    if "syslog" in event or "process" in event or (type(log) is dict and "syslog" in log):
        return _deeper(event)
    return ""


def _deeper(event: Mapping[str, Any]) -> str:
    for first, *others in _DEEPER:
        found = event.get(first)
        for name in others:
            found = found.get(name) if type(found) is dict else None
        if type(found) is str and found:
            return found
    return ""


def is_known(program: str) -> bool:
    """Whether it is told how its messages are read."""
    return program.rpartition("/")[2].lower() in PROGRAMS


def around(event: Mapping[str, Any], at: tuple[str, ...]) -> dict[str, Any]:
    """The fields of the event without the text, with dotted names."""
    found = flat(event)
    found.pop(".".join(at), None)
    return found


def joined(record: Record, envelope: Mapping[str, Any]) -> Record:
    """The fields of the line, then those of the envelope that the line does not have itself."""
    own = {name.lower(): value for name, value in zip(record.names, record.values, strict=True) if name}
    more = {name: value for name, value in envelope.items() if own.get(name.lower()) is None and value is not None}
    if own.get("timestamp") is not None:
        more = {name: value for name, value in more.items() if name.lower() not in _TIMES}
    better = {name.lower() for name in more}
    names = (*("" if name.lower() in better else name for name in record.names), *more)
    key: Hashable = ("inside", record.key, names)
    return Record(record.kind, key, names, (*record.values, *more.values()))


__all__ = ["Inside", "around", "inside", "is_known", "is_line", "is_of_syslog", "joined", "may_be_line"]
