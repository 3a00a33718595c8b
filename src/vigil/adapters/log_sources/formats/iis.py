"""Logs in W3C's extended format, as IIS writes them: `#Fields:` says what the lines after it hold, and may change.

Source: W3C Working Draft WD-logfile-960323.
"""

import re
from typing import Any, Final

from vigil.adapters.log_sources.formats.terms import Record

_MOST_FIELDS: Final = 200
_RENAMED: Final = {"cs(user-agent)": "cs-user-agent", "cs(referer)": "cs-referer", "cs(cookie)": "cs-cookie",
                   "cs(host)": "cs-host", "date": "", "time": "", "cs-uri-query": ""}  # fmt: skip
_USUAL: Final = (
    "date", "time", "s-ip", "cs-method", "cs-uri-stem", "cs-uri-query", "s-port", "cs-username", "c-ip",
    "cs(user-agent)", "cs(referer)", "sc-status", "sc-substatus", "sc-win32-status", "time-taken",
)  # fmt: skip
"""What IIS writes where nobody changed it; before 8.0 without the referer."""
_OLDER: Final = tuple(name for name in _USUAL if name != "cs(referer)")
_ASSUMED: Final = ((), _USUAL, _OLDER)
_LIKE: Final = re.compile(
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [0-9A-Fa-f:.%]+ [A-Z]+ /\S* \S+ \d{1,5} \S+ [0-9A-Fa-f:.%]+ \S+ (\S+ )?"
    r"\d{3} \d+ \d+ \d+"
)


class W3C:
    """Remembers the names of the fields."""

    def __init__(self) -> None:
        self._fields: tuple[str, ...] = ()
        self._set(())

    def _set(self, fields: tuple[str, ...]) -> None:
        lower = [name.lower() for name in fields]
        self._at = {
            name: lower.index(name) for name in ("date", "time", "cs-uri-stem", "cs-uri-query") if name in lower
        }
        seen: set[str] = {"c-uri", "timestamp"}
        names = []
        for name in lower:
            name = _RENAMED.get(name, name)
            names.append("" if name in seen else name)
            seen.add(name)
        self._fields = fields
        self._names = (*names, "c-uri", "timestamp")

    def read(self, line: str) -> Record | None:
        """See `Reader`."""
        if line[:1] == "#":
            if line[:8].lower() == "#fields:":
                fields = tuple(line[8:].split())
                if len(fields) > _MOST_FIELDS:
                    raise ValueError(f"more than {_MOST_FIELDS} fields")
                self._set(fields)
            return None
        values = line.split(" ")
        if len(values) != len(self._fields) and self._fields in _ASSUMED and (usual := _LIKE.fullmatch(line)):
            self._set(_USUAL if usual[1] else _OLDER)  # shippers leave headers out
        if not self._fields:
            raise ValueError("no #Fields before the line")
        if len(values) != len(self._fields):
            raise ValueError(f"{len(values)} fields where #Fields names {len(self._fields)}")
        at = self._at
        time = f"{values[at['date']]}T{values[at['time']]}Z" if "date" in at and "time" in at else None
        uri = None
        if "cs-uri-stem" in at:
            uri = values[at["cs-uri-stem"]]
            if "cs-uri-query" in at and (asked := values[at["cs-uri-query"]]) != "-":
                uri = f"{uri}?{asked}"
        return Record("iis", ("iis", self._fields), self._names, (*values, uri, time))

    @property
    def begun(self) -> bool:
        """Whether the names are known."""
        return bool(self._fields)

    def state(self) -> dict[str, Any]:
        """See `Reader`."""
        return {"fields": list(self._fields)} if self._fields else {}

    def restore(self, state: dict[str, Any]) -> None:
        """See `Reader`."""
        self._set(tuple(str(name) for name in state.get("fields", ())))
