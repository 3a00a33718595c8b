"""Zeek's logs as tab-separated values: the header says how the lines after it are written.

Source: Zeek documentation, "Log formats and inspection".
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from vigil.adapters.log_sources.formats.terms import Record
from vigil.adapters.log_sources.kinds import KINDS

_MOST_FIELDS: Final = 1000
_HEX: Final = re.compile(r"\\x([0-9A-Fa-f]{2})")
_HEADS: Final = ("set_separator", "empty_field", "unset_field", "path", "fields", "types")
MARKS: Final = (
    ("conn", ("conn_state",)), ("dns", ("trans_id", "query")), ("http", ("trans_depth", "request_body_len")),
    ("ssl", ("established",)), ("x509", ("certificate.serial",)), ("files", ("fuid", "source")),
    ("dce_rpc", ("endpoint", "operation")), ("rdp", ("cookie",)), ("rdp", ("security_protocol",)),
    ("kerberos", ("request_type",)), ("ssh", ("auth_attempts",)), ("smb_files", ("action", "path", "name")),
    ("notice", ("note",)), ("weird", ("name", "notice")),
)  # fmt: skip
_USUAL: Final = {"separator": "\t", "set_separator": ",", "empty_field": "(empty)", "unset_field": "-", "path": ""}


class Zeek:
    """Remembers the header."""

    def __init__(self) -> None:
        self.head: dict[str, str] = dict(_USUAL)
        self._names: tuple[str, ...] = ()
        self._key: tuple[str, ...] = ()
        self.kind = "zeek"

    def read(self, line: str) -> Record | None:
        """See `Reader`."""
        if line[:1] == "#":
            self._header(line)
            return None
        names = self._names
        if not names:
            raise ValueError("no #fields before the line")
        values = tuple(line.split(self.head["separator"]))
        if len(values) != len(names):
            raise ValueError(f"{len(values)} fields where #fields names {len(names)}")
        return Record(self.kind, self._key, names, values)

    def _header(self, line: str) -> None:
        if line.startswith("#separator "):
            said = _HEX.sub(lambda one: chr(int(one[1], 16)), line[11:].strip())
            self._use({**_USUAL, "separator": said or "\t"})
            return
        word, _, rest = line[1:].partition(self.head["separator"])
        if word in _HEADS:
            self._use({**self.head, word: rest})

    def _use(self, head: dict[str, str]) -> None:
        names = tuple(head["fields"].split(head["separator"])) if head.get("fields") else ()
        if len(names) > _MOST_FIELDS or len(set(names)) != len(names):
            raise ValueError("a header with too many fields, or the same twice")
        self.head, self._names, self.kind = head, names, kind_of(head["path"])
        self._key = ("zeek", *(head.get(word, "") for word in ("separator", *_HEADS)))

    @property
    def begun(self) -> bool:
        """Whether the names are known."""
        return bool(self._names)

    def state(self) -> dict[str, Any]:
        """See `Reader`."""
        return dict(self.head) if self._names else {}

    def restore(self, state: dict[str, Any]) -> None:
        """See `Reader`."""
        head = {**_USUAL, **{str(name): str(value) for name, value in state.items()}}
        self._use({**head, "separator": head["separator"] or "\t"})


def kind_of(path: str) -> str:
    """The kind of a log by its path: `conn`, `dns`..."""
    return f"zeek.{path}" if f"zeek.{path}" in KINDS else "zeek"


def kind_by_fields(event: Mapping[str, Any], path: str) -> str:
    """The kind of an event in JSON, which need not say its path: `path` is that of the file's name, if any."""
    said = event.get("_path") or path
    if isinstance(said, str) and (kind := kind_of(said)) != "zeek":
        return kind
    for service, names in MARKS:
        if all(name in event for name in names):
            return kind_of(service)
    return "zeek"
