"""Unbound's log of queries (log-queries) and of replies (log-replies), in its own file or within syslog.

Source: unbound.conf(5), log-queries, log-replies, log-tag-queryreply, log-destaddr, log-time-ascii, log-time-iso.
"""

import re
from typing import Final

from vigil.adapters.log_sources.formats.stamps import Stamps
from vigil.adapters.log_sources.formats.terms import Forgetful, Record, timed
from vigil.adapters.log_sources.turns import iso_of_epoch

_LINE: Final = re.compile(
    r"(?:(?:\[(\d{9,11}(?:\.\d+)?)\]|([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S+)) )?"
    r"(?:unbound)?\[\d+:[0-9a-f]+\] (?:info|query|reply): "
    r"([0-9A-Fa-f:.]+(?:%\w+)?) (\S+) (\S+) ([A-Z]{2}|CLASS\d+)"
    r"(?: ([A-Z][A-Z0-9]*) (\d+\.\d+) ([01]) (\d+)(?: on (\w+) (\S+) (\d+))?)?\s*"
)
_OTHER: Final = re.compile(r"\[(\d{9,11}(?:\.\d+)?)\] unbound\[\d+:[0-9a-f]+\] ([a-z]+): (.*)", re.DOTALL)
_NAMES: Final = (
    "src_ip", "query", "record_type", "class", "rcode", "duration", "cached", "size", "proto", "server_address",
    "server_port",
)  # fmt: skip


class Unbound(Forgetful):
    """A query or a reply a line."""

    def __init__(self, stamps: Stamps) -> None:
        self._stamps = stamps

    def read(self, line: str) -> Record | None:
        """See `Reader`."""
        found = _LINE.fullmatch(line)
        if found is None:
            if other := _OTHER.fullmatch(line):
                seconds, severity, text = other.groups()
                names = ("timestamp", "severity", "message")
                return Record("unbound.text", "text", names, (iso_of_epoch(seconds), severity, text))
            raise ValueError("no query or reply of Unbound")
        seconds, said, *values = found.groups()
        time = iso_of_epoch(seconds) if seconds else self._stamps.of_syslog(said) if said else None
        return timed("unbound", "unbound", _NAMES, tuple(values), time)
