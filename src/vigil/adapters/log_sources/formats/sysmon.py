"""Sysmon for Linux: one event a line of syslog, as XML; its fields are those of Sigma's categories for Linux."""

import re
from html import unescape
from typing import Final

from vigil.adapters.log_sources.formats.terms import MOST_READ, Record

_DATA: Final = re.compile(r'<Data Name="([A-Za-z0-9_]{1,64})">([^<]*)</Data>')
_NUMBER: Final = re.compile(r"<EventID>(\d{1,5})</EventID>")
_HOST: Final = re.compile(r"<Computer>([^<]*)</Computer>")
_KINDS: Final = {"1": "process_creation", "3": "network_connection", "11": "file_event", "23": "file_delete"}


def record_of(text: str) -> Record:
    """Raises: ValueError."""
    number = _NUMBER.search(text)
    if number is None:
        raise ValueError("no event of Sysmon")
    event = {"EventID": number[1]}
    if host := _HOST.search(text):
        event["Computer"] = unescape(host[1])
    taken = {"eventid", "computer", "timestamp"}
    for name, value in _DATA.findall(text, 0, MOST_READ):
        if name.lower() not in taken:
            event[name] = unescape(value)
            taken.add(name.lower())
    kind = f"sysmon.{_KINDS[number[1]]}" if number[1] in _KINDS else "sysmon"
    return Record(kind, (kind, *event), tuple(event), tuple(event.values()))
