"""Access logs of Apache and nginx: common and combined, with the virtual host before it and more fields behind it.

Source: Apache HTTP Server 2.4, "Log Files"; nginx, ngx_http_log_module.
"""

import re
from typing import Final

from vigil.adapters.log_sources.formats.stamps import of_web
from vigil.adapters.log_sources.formats.terms import Forgetful, Record

_QUOTED: Final = r'[^"\\]*(?:\\.[^"\\]*)*'
_LINE: Final = re.compile(
    r"(?!<\d|[A-Z][a-z]{2} [ \d]\d |\d{4}-\d\d-\d\dT)"  # that is syslog, with an access log inside
    r"(?:([^\s:]+):(\d{1,5}) )?(\S+) (\S+) ([^\"\[]*?) "
    r"\[(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] "
    rf'"(?:([A-Za-z][A-Za-z_-]*) ([^"\\\s]*(?:\\.[^"\\\s]*)*)(?: (HTTP/\d(?:\.\d)?))?|({_QUOTED}))" '
    rf'(\d{{3}}|-) (\d+|-)(?: "({_QUOTED})" "({_QUOTED})")?(?: (.+))?',
    re.DOTALL,
)
_SPACED: Final = re.compile(r"([A-Z]{3,20}) (.+?)(?: (HTTP/\d(?:\.\d)?))?", re.DOTALL)
_NAMES: Final = (
    "cs-host", "s-port", "c-ip", "ident", "cs-username", "", "cs-method", "c-uri", "cs-version", "request", "sc-status",
    "sc-bytes", "cs-referer", "cs-user-agent", "rest", "timestamp",
)  # fmt: skip
_TIME, _METHOD, _REQUEST = 5, 6, 9


class Access(Forgetful):
    """Reads them as one kind: `access`, `apache` or `nginx`."""

    def __init__(self, kind: str = "access") -> None:
        self._kind = kind

    def read(self, line: str) -> Record | None:
        """See `Reader`."""
        found = _LINE.fullmatch(line)
        if found is None:
            raise ValueError("no line of an access log")
        values = found.groups()
        if values[_METHOD] is None and (spaced := _SPACED.fullmatch(values[_REQUEST])):
            values = (*values[:_METHOD], *spaced.groups(), *values[_REQUEST:])
        return Record(self._kind, self._kind, _NAMES, (*values, of_web(values[_TIME])))
