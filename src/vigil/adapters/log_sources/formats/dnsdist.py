"""dnsdist's lines about queries and answers: LogAction, LogResponseAction, and what `verbose` writes.

Source: dnsdist documentation, "Rule Actions" (LogAction, LogResponseAction) and setVerbose.
"""

import re
from typing import Final

from vigil.adapters.log_sources.formats.terms import Forgetful, Record, timed
from vigil.adapters.log_sources.turns import iso_of_epoch

_PACKET: Final = re.compile(
    r"(?:\[(\d{9,11})\.(\d{1,9})\] )?(?:Packet from|Answer to) (\[?[0-9A-Fa-f:.]+\]?):(\d{1,5}) for (\S+) (\S+)"
    r"(?: \(([^)]*)\))? with id (\d+)\s*"
)
_VERBOSE: Final = re.compile(
    r"(?:Got query for|Packet cache hit for query for|Query for) "
    r"(\S{1,1100}?)\|(\S{1,40}) from (\[?[0-9A-Fa-f:.]+\]?):(\d{1,5})"  # a name is bounded: else time by its square
    r"(?: \(([^)]*)\))?(?:, relayed to ([^,]*)|[,. ].*)?\s*"
)
_NAMES: Final = ("src_ip", "src_port", "query", "record_type", "rcode", "id")
_MORE: Final = ("query", "record_type", "src_ip", "src_port", "proto", "server")


class Dnsdist(Forgetful):
    """A query or an answer a line."""

    def read(self, line: str) -> Record | None:
        """See `Reader`."""
        if found := _PACKET.fullmatch(line):
            seconds, part, address, *values = found.groups()
            # the part after the point is a count of nanoseconds, without the zeros before it
            time = iso_of_epoch(f"{seconds}.{int(part):09d}") if seconds else None
            return timed("dnsdist", "packet", _NAMES, (address.strip("[]"), *values), time)
        if found := _VERBOSE.fullmatch(line):
            query, kind, address, *values = found.groups()
            return Record("dnsdist", "verbose", _MORE, (query, kind, address.strip("[]"), *values))
        raise ValueError("no query or answer of dnsdist")
