"""Syslog, as RFC 3164 describes it and RFC 5424 prescribes it, and what stands inside: the program decides.

Times are those of the protocol's header, also RFC 3339 as rsyslog writes it into files. The envelope's host, program,
process, facility and severity stay fields of whatever the message is.
"""

import re
from collections.abc import Hashable
from typing import Any, Final

from vigil.adapters.log_sources.formats.bodies import Bodies
from vigil.adapters.log_sources.formats.stamps import Stamps
from vigil.adapters.log_sources.formats.terms import MOST_READ, Record

_OLD: Final = re.compile(
    r"(?:<(\d{1,3})>)?"
    r"([A-Z][a-z]{2} [ \d]\d (?:\d{4} )?\d\d:\d\d:\d\d(?:\.\d{1,9})?|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[0-9.:Z+-]*) "
    r"(?:([^\s:\[<]+|[0-9A-Fa-f]*:[0-9A-Fa-f:.]+) )?"
    r"(?:([^\s:\[\]]{1,128})(?:\[([^\]\s]{0,64})\])?:(?: |$))?(.*)",
    re.DOTALL,
)
_NEW: Final = re.compile(
    r"<(\d{1,3})>\d{1,2} (\S+) (\S+) (\S+) (\S+) (\S+) "
    r'(-|(?:\[[^\]\\"]*(?:"[^"\\]*(?:\\.[^"\\]*)*"[^\]\\"]*)*\])+)(?: (.*))?',
    re.DOTALL,
)
_BARE: Final = re.compile(r"<(\d{1,3})>(.*)", re.DOTALL)
_ELEMENT: Final = re.compile(r'\[([^ =\]"]{1,64})((?: [^ =\]"]{1,64}="[^"\\]*(?:\\.[^"\\]*)*")*)\]', re.DOTALL)
_PARAMETER: Final = re.compile(r' ([^ =\]"]{1,64})="([^"\\]*(?:\\.[^"\\]*)*)"', re.DOTALL)
_UNESCAPE: Final = re.compile(r'\\(["\\\]])')
_NAMES: Final = ("facility", "severity", "timestamp", "hostname", "program", "pid", "msgid")
_FACILITIES: Final = (
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp",
    "audit", "alert", "clock", *(f"local{n}" for n in range(8)),
)  # fmt: skip
_SEVERITIES: Final = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")
_PRIORITIES: Final = {str(n): (_FACILITIES[n >> 3], _SEVERITIES[n & 7]) for n in range(192)}
_NONE: Final = (None, None)
_MOST_KEYS: Final = 2000


class Syslog:
    """Remembers what the readers of messages remember."""

    def __init__(self, stamps: Stamps) -> None:
        self._stamps, self.bodies = stamps, Bodies(stamps)
        self._joined: dict[Hashable, tuple[str, ...]] = {}

    def read(self, line: str) -> Record | None:
        """See `Reader`."""
        if line[:1] == "<" and (found := _NEW.fullmatch(line)):
            priority, time, host, program, pid, msgid, data, text = (
                None if one == "-" else one for one in found.groups()
            )
            more = _structured(data) if data else {}
            at = self._stamps.of_iso(time) if time else None
            text = (text or "").removeprefix("\ufeff").removeprefix(" ")  # rsyslog keeps the space after an old tag
        elif found := _OLD.fullmatch(line):
            priority, time, host, program, pid, text = found.groups()
            if program is None and text.startswith("unbound["):
                program, text = "unbound", text[7:]
            if program is None and priority is None and time[0].isdigit():
                raise ValueError("no syslog")
            msgid, more, at = None, {}, self._stamps.of_syslog(time)
        elif found := _BARE.fullmatch(line):  # many devices send the priority and nothing else of the header
            priority, text = found.groups()
            host = program = pid = msgid = at = None
            more = {}
        else:
            raise ValueError("no syslog")
        head = (*(_PRIORITIES.get(priority, _NONE) if priority else _NONE), at, host, program, pid, msgid)
        body = self.bodies.read(program or "", text)
        key = ("syslog", body.kind, body.key, tuple(more))
        names = self._joined.get(key)
        if names is None:
            if len(self._joined) > _MOST_KEYS:
                self._joined.clear()
            names = self._joined[key] = _joined((*_NAMES, *more), body.names)
        return Record(body.kind, key, names, (*head, *more.values(), *body.values))

    def state(self) -> dict[str, Any]:
        """See `Reader`."""
        return self.bodies.state()

    def restore(self, state: dict[str, Any]) -> None:
        """See `Reader`."""
        self.bodies.restore(state)


def _joined(envelope: tuple[str, ...], inside: Any) -> tuple[str, ...]:
    """What the message says of itself comes before what the envelope says."""
    own = {name.lower() for name in inside}
    return (*(("" if name.lower() in own else name) for name in envelope), *inside)


def _structured(data: str) -> dict[str, str]:
    found: dict[str, str] = {}
    taken = {*_NAMES, "message"}
    for name, parameters in _ELEMENT.findall(data, 0, MOST_READ):
        for parameter, value in _PARAMETER.findall(parameters):
            full = f"{name}.{parameter}"
            if full.lower() not in taken:
                found[full] = _UNESCAPE.sub(r"\1", value)
                taken.add(full.lower())
    return found
