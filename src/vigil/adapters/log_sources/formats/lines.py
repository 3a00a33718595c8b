"""Lines of one source to records: the format is told from the line, and the one that fitted last is asked first."""

from datetime import datetime
from typing import Any, Final

from vigil.adapters.log_sources.formats.auditd import Auditd
from vigil.adapters.log_sources.formats.bind import Bind
from vigil.adapters.log_sources.formats.bodies import pairs_record
from vigil.adapters.log_sources.formats.cef import CEF, LEEF
from vigil.adapters.log_sources.formats.dnsdist import Dnsdist
from vigil.adapters.log_sources.formats.iis import W3C
from vigil.adapters.log_sources.formats.stamps import Stamps
from vigil.adapters.log_sources.formats.syslog import Syslog
from vigil.adapters.log_sources.formats.terms import Forgetful, Reader, Record
from vigil.adapters.log_sources.formats.unbound import Unbound
from vigil.adapters.log_sources.formats.web import Access
from vigil.adapters.log_sources.formats.zeek import Zeek

OF_JSON: Final = ("json", "windows", "cloudtrail", "suricata")
FORMATS: Final = (
    "auto", *OF_JSON, "zeek", "syslog", "cef", "leef", "apache", "nginx", "iis", "bind", "unbound", "dnsdist", "auditd",
    "fortinet", "text",
)  # fmt: skip
"""What `format` may be. `text`: every line is a message of its own."""
_OF_BOTH: Final = ("auto", "zeek", *OF_JSON)
_GUESSES: Final = ("access", "bind", "unbound", "dnsdist", "auditd", "syslog", "cef", "leef", "fortinet")
_ZEEK: Final = (
    "#separator",
    "#set_separator",
    "#empty_field",
    "#unset_field",
    "#path",
    "#open",
    "#close",
    "#fields",
    "#types",
)


def reads_json(format: str) -> bool:
    """Whether lines that begin with a brace are JSON."""
    return format in _OF_BOTH


class _Text(Forgetful):
    def read(self, line: str) -> Record | None:
        return Record("text", "text", ("message",), (line,))


class _Pairs(Forgetful):
    def read(self, line: str) -> Record | None:
        found = pairs_record(line) if line.startswith(("date=", "logver=", "time=")) else None
        if found is None:
            raise ValueError("no line of pairs of Fortinet")
        return found


class Lines:
    """What is remembered of one source, from line to line: the format, headers, the last system call."""

    def __init__(self, format: str = "auto", now: datetime | None = None, *, any_text: bool = False) -> None:
        if format not in FORMATS:
            raise ValueError(f"no format {format}")
        stamps = Stamps(now)
        self._zeek, self._iis, self._syslog = Zeek(), W3C(), Syslog(stamps)
        self._readers: dict[str, Reader] = {
            "access": Access(), "apache": Access("apache"), "nginx": Access("nginx"), "zeek": self._zeek,
            "iis": self._iis,
            "syslog": self._syslog, "cef": CEF(stamps), "leef": LEEF(stamps), "bind": Bind(stamps),
            "unbound": Unbound(stamps), "dnsdist": Dnsdist(), "auditd": Auditd(), "fortinet": _Pairs(), "text": _Text(),
        }  # fmt: skip
        self._any_text = any_text
        self.format = format
        self._last = ""
        self._reader: Reader | None = None
        self.name = ""
        self.forget()

    def forget(self) -> None:
        """Begin anew, as with the first line of another source."""
        self._use(self.format if self.format in self._readers else "")
        self.name = ""
        for reader in self._readers.values():
            reader.restore({})

    def _use(self, name: str) -> None:
        self._last, self._reader = name, self._readers.get(name)

    def read(self, line: str) -> Record | None:
        """The record of a line that is no JSON; None for a header or a remark. Raises: ValueError with the reason."""
        if self.format != "auto":
            if self._reader is None:
                raise ValueError(f"no JSON: {line[:80]!r}")
            return self._reader.read(line)
        if line[0] == "#":
            return self._remark(line)
        why: ValueError | None = None
        if self._reader is not None:
            try:
                return self._reader.read(line)
            except ValueError as error:
                why = error
        return self._guessed(line, why)

    def read_as(self, name: str, text: str) -> Record | None:
        """A text of that format, whatever the lines are. Raises: ValueError."""
        return self._readers[name].read(text)

    def body(self, program: str, text: str) -> Record:
        """A message of syslog whose header somebody has taken off."""
        return self._syslog.bodies.read(program, text)

    def _guessed(self, line: str, why: ValueError | None) -> Record | None:
        header = self.headed
        for name in (*header, *_GUESSES):
            if name == self._last:
                continue
            try:
                found = self._readers[name].read(line)
            except ValueError:
                continue
            self._use(name)
            return found
        if self._any_text:
            return self._readers["text"].read(line)
        raise why if why is not None and header else ValueError(f"no format fits: {line[:80]!r}")

    @property
    def headed(self) -> list[str]:
        """The formats of which a header holds."""
        if not (self._zeek.begun or self._iis.begun):
            return []
        return [name for name in ("zeek", "iis") if self._begun(name)]

    def _begun(self, name: str) -> bool:
        return self._zeek.begun if name == "zeek" else self._iis.begun

    def _remark(self, line: str) -> Record | None:
        name = "zeek" if line.startswith(_ZEEK) and not line.startswith("#Fields:") else "iis"
        found = self._readers[name].read(line)
        if self._begun(name) and line[1:7].lower() == "fields":
            self._use(name)
        return found

    @property
    def zeek_head(self) -> dict[str, str]:
        """The header of Zeek's that holds."""
        return self._zeek.head

    def state(self) -> dict[str, Any]:
        """As plain JSON values."""
        states = {name: state for name, reader in self._readers.items() if (state := reader.state())}
        return {"last": self._last, "name": self.name, "readers": states}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from there; from the beginning for {}. Raises: ValueError, KeyError, TypeError where it is no state."""
        self.forget()
        for name, one in state.get("readers", {}).items():
            if name in self._readers:
                self._readers[name].restore(one)
        if self.format == "auto" and state.get("last") in self._readers:
            self._use(state["last"])
        self.name = str(state.get("name", ""))
