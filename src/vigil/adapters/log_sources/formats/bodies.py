"""The messages inside syslog: the program that wrote them says how they are read, or their first letters do."""

import re
from typing import Any, Final

from vigil.adapters.log_sources.formats.auditd import Auditd
from vigil.adapters.log_sources.formats.bind import Bind
from vigil.adapters.log_sources.formats.cef import CEF, LEEF
from vigil.adapters.log_sources.formats.dnsdist import Dnsdist
from vigil.adapters.log_sources.formats.stamps import Stamps
from vigil.adapters.log_sources.formats.sysmon import record_of
from vigil.adapters.log_sources.formats.terms import MOST_READ, Reader, Record, timed
from vigil.adapters.log_sources.formats.unbound import Unbound
from vigil.adapters.log_sources.formats.web import Access
from vigil.adapters.log_sources.kinds import KINDS, PROGRAMS

_PID: Final = re.compile(r"\[\d+:[0-9a-f]+\]")
_FROM: Final = re.compile(r"(?:from|by|rhost=) ?([0-9A-Fa-f:.]*[0-9A-Fa-f])(?: port (\d{1,5}))?(?: |$)")
_USER: Final = re.compile(
    r"(?:[Ii]nvalid user|authenticating user|\bfor(?: invalid user| user)?) (\S+) (?:from |by |[0-9A-Fa-f:.]+ port |\()"
    r"|\buser=(\S+)"
)
_SUDO: Final = re.compile(r"\s*(\S+) : (?:([^;=]*) ; )?((?:[A-Z]+=[^;]* ; )*)COMMAND=(.*)", re.DOTALL)
_SET: Final = re.compile(r"([A-Z]+)=([^;]*?) ; ")
_PAIR: Final = re.compile(r'(?<![A-Za-z0-9_.-])([A-Za-z][A-Za-z0-9_.-]{0,63})=("[^"\\]*(?:\\.[^"\\]*)*"|\S*)')
_MESSAGE: Final = ("message",)
_MOST: Final = 500
_MOST_PROGRAMS: Final = 5000


class Bodies:
    """Reads a message into a record; what no reader fits stays a text."""

    def __init__(self, stamps: Stamps) -> None:
        self._said: dict[str, str] = {}
        access = Access()
        self._audit = Auditd()
        cef, leef = CEF(stamps), LEEF(stamps)
        self._readers: dict[str, Reader] = {
            "access": access, "apache": Access("apache"), "nginx": Access("nginx"), "bind": Bind(stamps),
            "unbound": Unbound(stamps), "dnsdist": Dnsdist(), "auditd": self._audit,
        }  # fmt: skip
        self._marked: tuple[tuple[str, Reader], ...] = (("CEF:", cef), ("LEEF:", leef))

    def read(self, program: str, text: str) -> Record:
        """Never raises: a message that is none of what the program writes is a text."""
        said = self._said.get(program)
        if said is None:
            if len(self._said) > _MOST_PROGRAMS:
                self._said.clear()
            said = PROGRAMS.get(program.rpartition("/")[2].lower(), "linux.syslog")
            self._said[program] = said
        try:
            found = self._read(program, said, text)
        except (ValueError, KeyError):
            found = None
        if found is not None:
            return found
        if program[:1] == "%":
            said = "cisco"
        kind = f"{said}.text"
        return Record(kind if kind in KINDS else said, "text", _MESSAGE, (text,))

    def _read(self, program: str, said: str, text: str) -> Record | None:
        first = text[:1]
        if first == "{":
            return Record("json", "json", ("json",), (text,))
        for mark, reader in self._marked:
            if text.startswith(mark):
                return reader.read(text)
            if program == mark[:-1]:  # the mark was taken for the name of a program
                return reader.read(f"{mark}{text}")
        if said == "unbound" and _PID.match(text):
            return self._readers["unbound"].read(text)
        if said == "unbound":
            return self._readers["unbound"].read(f"[0:0] {text}")
        if said in self._readers:
            return self._readers[said].read(text)
        special = _SPECIAL.get(said)
        return special(text) if special is not None else None

    def state(self) -> dict[str, Any]:
        """See `Reader`."""
        return self._audit.state()

    def restore(self, state: dict[str, Any]) -> None:
        """See `Reader`."""
        self._audit.restore(state)


def _sshd(text: str) -> Record | None:
    came, who = _FROM.search(text), _USER.search(text)
    if came is None and who is None:
        return None
    address, port = came.groups() if came is not None else (None, None)
    return Record(
        "linux.sshd",
        "sshd",
        ("message", "user", "src_ip", "src_port"),
        (text, (who[1] or who[2]) if who else None, address, port),
    )


def _sudo(text: str) -> Record | None:
    found = _SUDO.fullmatch(text)
    if found is None:
        return None
    caller, remark, rest, command = found.groups()
    pairs = {"caller": caller, "remark": remark, **dict(_SET.findall(rest)), "COMMAND": command}
    names = ("message", *(name if name.lower() != "message" else "" for name in pairs))
    return Record("linux.sudo", ("sudo", *names), names, (text, *pairs.values()))


def _kernel(text: str) -> Record | None:
    """What netfilter logs: `IN=... SRC=... DST=... PROTO=TCP SPT=... DPT=...` after a prefix of the administrator's."""
    if " SRC=" not in text or " DST=" not in text:
        return None
    pairs: dict[str, str] = {}
    for name, value in _PAIR.findall(text, 0, MOST_READ)[:_MOST]:
        if name.lower() not in pairs and name.lower() != "message":
            pairs[name.lower()] = value
    names = ("message", *pairs)
    return Record("netfilter", ("netfilter", *names), names, (text, *pairs.values()))


def pairs_record(text: str) -> Record | None:
    """Fortinet's lines of pairs."""
    if "devname=" not in text and "devid=" not in text:
        return None
    pairs: dict[str, str] = {}
    for name, value in _PAIR.findall(text, 0, MOST_READ)[:_MOST]:
        if name.lower() not in pairs:
            pairs[name.lower()] = value[1:-1] if value[:1] == '"' and len(value) > 1 else value
    time = f"{pairs['date']}T{pairs['time']}" if "date" in pairs and "time" in pairs else None
    if time is not None and re.fullmatch(r"[+-]\d{4}", pairs.get("tz", "")):
        time += pairs["tz"]
    kind = "fortinet.event" if pairs.get("type") == "event" else "fortinet.traffic"
    # its `time` is half of one
    names = tuple("" if name in ("date", "time", "timestamp") else name for name in pairs)
    return timed(kind, (kind, *names), names, tuple(pairs.values()), time)


def _any(text: str) -> Record | None:
    if text.startswith(("date=", "logver=", "time=")):
        return pairs_record(text)
    if text.startswith("type=") and " msg=audit(" in text[:200]:
        return Auditd().read(text)
    return None


_SPECIAL: Final = {
    "linux.sshd": _sshd, "linux.sudo": _sudo, "linux.kernel": _kernel, "linux.syslog": _any, "sysmon": record_of,
}  # fmt: skip
