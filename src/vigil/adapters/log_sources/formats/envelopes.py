"""JSON that a shipper wraps round a line of a log: which of its texts is the line, and what it says of the line.

Beats, Logstash, Fluent Bit, Vector, journald and HEC send `{"message": LINE, "@timestamp": ..., "host": ...}`. The line
is read as if it had come by itself; the fields around it stay, but what it says of itself comes before them.

A text is a line where the source's format says so, where the shipper does (the data set of a module, the program of
syslog), or where it begins as a line of a format does and is one to its end. Prose stays what it was: in doubt
(`2026-04-30T07:00:00Z INFO main: started`) it is no line.
"""

import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final

import orjson

from vigil.adapters.log_sources.formats.lines import OF_JSON, Lines, reads_json
from vigil.adapters.log_sources.formats.terms import Record
from vigil.adapters.log_sources.kinds import HINTS, KINDS, PROGRAMS
from vigil.engines.detection.columns import flat

_Keys = tuple[str, ...]
_TEXTS: Final = (("message",), ("log",), ("MESSAGE",), ("line",), ("_raw",), ("event", "original"))
_PROGRAMS: Final = (
    ("SYSLOG_IDENTIFIER",),
    ("syslogtag",),
    ("programname",),
    ("log", "syslog", "appname"),
    ("syslog", "appname"),
    ("syslog", "identifier"),
)
_PERHAPS: Final = (("process", "name"), ("appname",), ("app_name",), ("ident",), ("program",))
"""A program of syslog where it is one that is known here, or a facility stands beside it."""
_WORDS: Final = (("event", "dataset"), ("data_stream", "dataset"), ("sourcetype",))
_MODULE, _FILESET = ("event", "module"), ("fileset", "name")
_PATHS: Final = (("log", "file", "path"), ("file",), ("source",), ("path",), ("filename",))
_CONTAINER: Final = re.compile(r"\d{4}-\d\d-\d\dT\S{8,30} (?:stdout|stderr) [FP] ")
_BEGINS: Final = re.compile(
    r"(?P<syslog><\d{1,3}>(?:\d{1,2} \S|[A-Z][a-z]{2} [ \d]\d |\d{4}-\d\d-\d\dT|date=|CEF:|LEEF:))"
    r"|(?P<stamp>[A-Z][a-z]{2} [ \d]\d (?:\d{4} )?\d\d:\d\d:\d\d)"
    r"|(?P<iso>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)"
    r"|(?P<cef>CEF: ?\d)|(?P<leef>LEEF: ?\d)"
    r"|(?P<auditd>(?:node=\S{1,255} )?type=[A-Z0-9_]{1,40} msg=audit\()"
    r"|(?P<fortinet>(?:date|time|logver)=\S)"
    r"|(?P<epoch>\[\d{9,11}(?:\.\d{1,9})?\] ?[A-Za-z])"
    r"|(?P<bind>(?:queries: )?(?:info: )?client [@0-9A-Fa-f:]|\d\d-[A-Z][a-z]{2}-\d{4} \d\d:)"
    r"|(?P<dnsdist>(?:Packet from|Answer to|Got query for|Query for|Packet cache hit) )"
    r"|(?P<iis>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d (?:W3SVC\d|[0-9a-f]{0,4}[.:][0-9a-f])"
    r"|\#(?:Software|Version|Date|Fields): )"
)
_ASKED: Final = re.compile(r"(?P<access>\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d )")
_BEFORE_ASKED: Final = 300
"""In an access log nothing stands in brackets before its time, and not more than this at all."""
_READERS: Final = {
    "stamp": ("unbound", "syslog"),
    "iso": ("unbound", "bind", "syslog"),
    "epoch": ("unbound", "dnsdist"),
}
_MOST_FACILITIES: Final = 24
_FACILITIES: Final = frozenset({
    "kern", "kernel", "user", "user-level", "mail", "daemon", "system", "auth", "security", "security/authorization",
    "syslog", "syslogd", "lpr", "line printer", "news", "network news", "uucp", "cron", "clock", "authpriv", "ftp",
    "ntp", "audit", "log audit", "alert", "log alert", *(f"local{n}" for n in range(8)),
})  # fmt: skip
_LEVELS: Final = frozenset({
    "TRACE", "DEBUG", "INFO", "INFORMATION", "NOTICE", "WARN", "WARNING", "ERROR", "ERR", "SEVERE", "CRITICAL", "CRIT",
    "FATAL", "ALERT", "EMERG", "PANIC",
})  # fmt: skip
_SYSLOG_FILES: Final = (
    "auth.log", "secure", "syslog", "messages", "kern.log", "daemon.log", "cron", "maillog", "mail.log",
)  # fmt: skip
_BEFORE: Final = frozenset({"systemtime", "utctime", "@timestamp", "timestamp"})
"""Times of an envelope that would be taken for that of an event which has one of its own."""
TIMES: Final = frozenset({*_BEFORE, "eventtime", "time", "ts"})
"""Under any of these names an event may say its time."""
_HOSTS: Final = ("host.name", "hostname", "host", "computer")
_OTHER_HOSTS: Final = ("_HOSTNAME", "host.hostname", "log.syslog.hostname", "agent.hostname", "beat.hostname")
_EDGES: Final = "\r\n\0\ufeff "
"""Around a line; the space before it is what rsyslog keeps between an old tag and the message."""
_MOST_KEYS: Final = 2000
_LONGEST_PATH: Final = 1000


@dataclass(frozen=True, slots=True)
class Inside:
    """What stands in an envelope: a record, joined with what is around it, or an event in JSON and what is `around` it.

    Neither where it is a header.
    """

    record: Record | None = None
    event: dict[str, Any] | None = None
    around: Mapping[str, Any] | None = None


class Envelopes:
    """Reads what is inside with the readers of the same source's lines."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._form = lines.format
        self._auto = lines.format == "auto"
        self._may_be_json = reads_json(lines.format)
        self._said: dict[tuple[str, ...], _Said] = {}
        self._paths: dict[str, str] = {}
        self._joined: dict[Hashable, tuple[int, tuple[str, ...], tuple[str, ...]]] = {}

    def read(self, event: Mapping[str, Any]) -> Inside | None:
        """What is inside; None where the event is one of its own.

        Raises: ValueError where the format that somebody gave does not fit what is inside.
        """
        layout = tuple(event)
        said = self._said.get(layout)
        if said is None:
            if len(self._said) > _MOST_KEYS:
                self._said.clear()
            said = self._said[layout] = _said(frozenset(layout))
        for keys in said.texts:
            text = _at(event, keys)
            if text and (found := self._text(event, said, keys, text)) is not None:
                return found
        return None

    def _text(self, event: Mapping[str, Any], said: "_Said", keys: _Keys, text: str) -> Inside | None:
        if text[:2] == "20" and (before := _CONTAINER.match(text)):
            text = text[before.end() :]
        text = text.strip(_EDGES)
        if not text or self._form == "json":
            return None
        if text[0] == "{" and ((inner := self._object(event, keys, text)) is not None or self._may_be_json):
            return inner
        if self._form in OF_JSON:
            return None
        more: dict[str, str] = {}
        found = self._told(event, said, text, more) if self._auto else self._by_format(event, said, text, more)
        if found is None:
            return None
        return Inside() if found is _HEADER else Inside(self._with(_around(event, keys, more), found))

    def _object(self, event: Mapping[str, Any], keys: _Keys, text: str) -> Inside | None:
        try:
            inner = orjson.loads(text)
        except orjson.JSONDecodeError:
            return None
        if type(inner) is not dict or not inner:
            return None
        return Inside(event=inner, around=_around(event, keys, {}))

    def _by_format(self, event: Mapping[str, Any], said: "_Said", text: str, more: dict[str, str]) -> Record:
        """As somebody said; of syslog also the message alone, whose header the shipper has taken apart."""
        try:
            return self._lines.read_as(self._form, text) or _HEADER
        except ValueError:
            program, _ = _program_of(event, said)
            if self._form != "syslog" or not program:
                raise
            more["program"] = program
            return self._lines.body(program, text)

    def _told(self, event: Mapping[str, Any], said: "_Said", text: str, more: dict[str, str]) -> Record | None:
        if said.programs or said.perhaps:
            program, certain = _program_of(event, said)
            if program and (certain or program.lower() in PROGRAMS):
                found = self._lines.body(program, text)
                if found.key != "text" or (other := self._guessed(event, text)) is None:
                    more["program"] = program
                    return found
                return other
        if (said.words or said.paths) and (hint := self._hint_of(event, said)):
            return self._hinted(event, hint, text)
        return self._guessed(event, text)

    def _hint_of(self, event: Mapping[str, Any], said: "_Said") -> str:
        """The reader that the shipper's words for the kind of log mean, or the place of the file does."""
        for keys in said.words:
            if found := HINTS.get(_at(event, keys).lower()):
                return found
        if said.module and (found := HINTS.get(".".join(_at(event, keys) for keys in said.module))):
            return found
        path = next((text for keys in said.paths if (text := _at(event, keys))[:1] == "/"), "")
        hint = self._paths.get(path)
        if hint is None:
            if len(self._paths) > _MOST_KEYS or len(path) > _LONGEST_PATH:
                self._paths.clear()
            hint = self._paths[path] = _of_path(path[:_LONGEST_PATH])
        return hint

    def _hinted(self, event: Mapping[str, Any], hint: str, text: str) -> Record | None:
        """`hint`: the reader that the shipper means."""
        try:
            return self._lines.read_as(hint, text) or _HEADER
        except ValueError:
            pass
        kind = "linux.syslog" if hint == "syslog" else f"{hint}.text"
        found = self._guessed(event, text)
        return found if found is not None or kind not in KINDS else Record(kind, "text", ("message",), (text,))

    def _guessed(self, event: Mapping[str, Any], text: str) -> Record | None:
        begins = _BEGINS.match(text)
        if begins is None and (at := text.find("[", 3, _BEFORE_ASKED)) > 0 and text.find('"', 0, at) < 0:
            begins = _ASKED.match(text, at + 1)
        if begins is None:
            return self._below_a_header(text)
        group = begins.lastgroup or ""
        for name in _READERS.get(group, (group,)):
            try:
                found = self._lines.read_as(name, text)
            except ValueError:
                continue
            if found is None:
                return _HEADER
            if _is_syslog(found, event, iso=group == "iso") if name == "syslog" else found.key != "text":
                return found
        return None

    def _below_a_header(self, text: str) -> Record | None:
        for name in self._lines.headed:
            try:
                return self._lines.read_as(name, text) or _HEADER
            except ValueError:
                continue
        return None

    def _with(self, around: Mapping[str, Any], record: Record) -> Record:
        """The record among what is around it."""
        names = tuple(around)
        key = ("in", record.kind, record.key, names)
        known = self._joined.get(key)
        if known is None:
            if len(self._joined) > _MOST_KEYS:
                self._joined.clear()
            known = self._joined[key] = _names(names, tuple(record.names))
        at, timed, untimed = known
        has_time = at >= 0 and record.values[at] is not None
        values = (*around.values(), *record.values)
        return Record(record.kind, (key, has_time), timed if has_time else untimed, values)


_HEADER: Final = Record("", "", (), ())


def _names(around: tuple[str, ...], own: tuple[str, ...]) -> tuple[int, tuple[str, ...], tuple[str, ...]]:
    """Where the record's own time stands (-1: nowhere), and the names of all where it has one and where it has none."""
    lower = [name.lower() for name in own]
    at = next((lower.index(name) for name in ("timestamp", "ts") if name in lower), -1)
    bare = (*own[:at], "", *own[at + 1 :]) if at >= 0 else own
    return at, (*_outer(around, own, timed=True), *own), (*_outer(around, bare, timed=False), *bare)


def _outer(around: tuple[str, ...], own: tuple[str, ...], *, timed: bool) -> list[str]:
    taken = {name.lower() for name in own}
    if timed:
        taken |= _BEFORE - {"@timestamp"}
    kept = []
    for name in around:
        if timed and name == "@timestamp":  # when the shipper read it
            name = "event.created" if "event.created" not in around else ""
        kept.append("" if name.lower() in taken else name)
        taken.add(name.lower())
    return kept


def _around(event: Mapping[str, Any], keys: _Keys, more: Mapping[str, str]) -> dict[str, Any]:
    """The fields of an envelope but for the text itself, and the host under a name by which hosts are known."""
    found = flat(event)
    found.pop(".".join(keys), None)
    found.pop("", None)
    for other, value in more.items():
        found.setdefault(other, value)
    if not any(host in found for host in _HOSTS):
        host = next((found[other] for other in _OTHER_HOSTS if other in found), None)
        if host is not None:
            found["hostname"] = host
    return found


def around_event(fields: dict[str, Any], around: Mapping[str, Any]) -> dict[str, Any]:
    """An event's own fields, and those around it that it does not have; its own time goes first, whatever its name."""
    for name in [name for name, value in fields.items() if value is None]:  # it says nothing, and hides nothing
        del fields[name]
    taken = {name.lower() for name in fields}
    timed = not taken.isdisjoint(TIMES)
    for name, value in around.items():
        lower = name.lower()
        if timed and lower in TIMES:
            if name != "@timestamp" or "event.created" in taken:
                continue
            name = lower = "event.created"
        if lower not in taken:
            fields[name] = value
            taken.add(lower)
    return fields


def _is_syslog(record: Record, event: Mapping[str, Any], *, iso: bool) -> bool:
    """Whether what was read as a header is one: programs write lines that look much like it."""
    priority, _, _, host, program, process, *_ = record.values
    if priority is not None:
        return True
    if program is None or program.upper() in _LEVELS or (host is not None and host.upper() in _LEVELS):
        return False
    if program.rpartition("/")[2].lower() in PROGRAMS:
        return True
    if host is None:
        return False
    return not iso or process is not None or host in (_at(event, ("host", "name")), _at(event, ("host",)))


def _at(event: Mapping[str, Any], keys: _Keys) -> str:
    """A text by its keys from outside in."""
    there: Any = event
    for key in keys:
        if type(there) is not dict:
            return ""
        there = there.get(key)
    return there if type(there) is str else ""


@dataclass(frozen=True, slots=True)
class _Said:
    """Of all that envelopes may say what those with these fields can."""

    texts: tuple[_Keys, ...]
    programs: tuple[_Keys, ...]
    perhaps: tuple[_Keys, ...]
    words: tuple[_Keys, ...]
    paths: tuple[_Keys, ...]
    module: tuple[_Keys, ...]


def _said(names: frozenset[str]) -> _Said:
    def there(several: tuple[_Keys, ...]) -> tuple[_Keys, ...]:
        """With the dotted name in place of the keys where shippers send it so."""
        dotted = {keys: (".".join(keys),) for keys in several}
        return tuple(
            dotted[keys] if dotted[keys][0] in names else keys
            for keys in several
            if keys[0] in names or dotted[keys][0] in names
        )

    module = there((_MODULE, _FILESET))
    return _Said(
        there(_TEXTS),
        there(_PROGRAMS),
        there(_PERHAPS),
        there(_WORDS),
        there(_PATHS),
        module if len(module) == 2 else (),
    )


def _program_of(event: Mapping[str, Any], said: _Said) -> tuple[str, bool]:
    """The program whose message it is, and whether it is one of syslog for certain."""
    for keys in said.programs:
        if found := _at(event, keys):
            return found.partition("[")[0].rstrip(":"), True  # a tag of syslog has the process behind it
    for keys in said.perhaps:
        process = event.get("process")
        if keys[0] == "process" and type(process) is dict and not process.keys() <= {"name", "pid"}:
            continue  # a sensor tells of a process
        if found := _at(event, keys):
            return found, _is_facility(event.get("facility"))
    return "", False


def _is_facility(said: Any) -> bool:
    """Whether it is one of syslog's, by number or name: GELF calls a logger so, and applications their parts."""
    if type(said) is int:
        return 0 <= said < _MOST_FACILITIES
    if type(said) is not str:
        return False
    said = said.lower()
    return said in _FACILITIES or (said.isascii() and said.isdigit() and len(said) < 3 and int(said) < _MOST_FACILITIES)


def _of_path(path: str) -> str:
    parts = PurePosixPath(path).parts
    if not parts:
        return ""
    if parts[-1].startswith(_SYSLOG_FILES):
        return "syslog"
    return next((HINTS[part] for part in parts[:-1] if part in ("nginx", "apache2", "httpd")), "")
