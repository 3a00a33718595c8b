"""BIND's query log, with the time, category and severity before it or without.

Source: BIND 9 Administrator Reference Manual, "Query Logging".
"""

import re
from typing import Final

from vigil.adapters.log_sources.formats.stamps import Stamps
from vigil.adapters.log_sources.formats.terms import Forgetful, Record, timed

_LINE: Final = re.compile(
    r"(?:(\d\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d:\d\d(?:\.\d{1,9})?|\d{4}-\d\d-\d\dT[0-9:.]+(?:Z|[+-]\d\d:?\d\d)?) )?"
    r"(?:queries: )?(?:(?:info|notice|warning|error|debug \d+): )?"
    r"client (?:@0x[0-9a-f]+ )?([0-9A-Fa-f:.%\w]+)#(\d{1,5})(?:/key \S+)?(?: \([^)]*\))?: (?:view ([^\s:]+): )?"
    r"query: (\S+) (\S+) (\S+) ([+-]\S*)(?: \(([^)]*)\))?(?: \[[^\]]*\])?\s*"
)
_OTHER: Final = re.compile(r"(\d\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d:\d\d(?:\.\d{1,9})?) (.*)", re.DOTALL)
_NAMES: Final = ("src_ip", "src_port", "view", "query", "class", "record_type", "flags", "server_address")


class Bind(Forgetful):
    """One line a query; BIND does not write answers there."""

    def __init__(self, stamps: Stamps) -> None:
        self._stamps = stamps

    def read(self, line: str) -> Record | None:
        """See `Reader`."""
        found = _LINE.fullmatch(line)
        if found is None:
            if other := _OTHER.fullmatch(line):
                return Record(
                    "bind.text", "text", ("timestamp", "message"), (self._stamps.of_dashed(other[1]), other[2])
                )
            raise ValueError("no query of BIND")
        time, *values = found.groups()
        return timed("bind", "bind", _NAMES, tuple(values), self._stamps.of_dashed(time) if time else None)
