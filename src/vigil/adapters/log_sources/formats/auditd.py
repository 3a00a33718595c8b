"""Linux' audit log: one record, one event; what Sigma's rules ask of EXECVE and PATH records is joined from SYSCALL's.

The records of one event stand together and bear its serial number; SYSCALL comes first. So its program, user and
process are remembered for those that follow, and an EXECVE is a start of a process, a created PATH a file event, the
address of a `connect` a connection. Source: audit-documentation, "Audit Event Fields"; auditd.conf(5).
"""

import ipaddress
import re
from collections.abc import Callable
from typing import Any, Final

from vigil.adapters.log_sources.formats.terms import MOST_READ, Record
from vigil.adapters.log_sources.kinds import SYSCALLS

_HEAD: Final = re.compile(
    r"(?:node=(\S+) )?type=(\S+) msg=audit\((\d{1,12}(?:\.\d{1,9})?):(\d{1,20})\):\s*(.*)", re.DOTALL
)
_PAIR: Final = re.compile(
    r"(?<![A-Za-z0-9_\-])([A-Za-z][A-Za-z0-9_\-]{0,63}(?:\[\d+\])?)=(\"[^\"]*\"|'[^']*'|[^\s\x1d]*)"
)
_ENCODED: Final = frozenset({"exe", "comm", "name", "cwd", "proctitle", "cmd", "data", "acct", "path", "file", "dir",
                             "key", "old", "new", "ocomm", "watch", "vm", "unit"})  # fmt: skip
_HEX: Final = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_ARGUMENT: Final = re.compile(r"a(\d{1,5})(?:\[(\d{1,5})\])?")
_JOINED: Final = (
    "exe",
    "comm",
    "key",
    "pid",
    "ppid",
    "uid",
    "auid",
    "euid",
    "tty",
    "ses",
    "uid_name",
    "auid_name",
    "syscall",
)
_MOST: Final = 2000


class Auditd:
    """Remembers the last SYSCALL of each host."""

    def __init__(self) -> None:
        self._calls: dict[str, dict[str, str]] = {}

    def read(self, line: str) -> Record | None:
        """See `Reader`."""
        head = _HEAD.fullmatch(line)
        if head is None:
            raise ValueError("no record of auditd")
        node, kind, time, serial, rest = head.groups()
        pairs = _pairs(rest, kind)
        event = {"type": kind, "serial": serial, "timestamp": time, **({"hostname": node} if node else {}), **pairs}
        made = "auditd"
        if kind == "SYSCALL":
            self._remember(node or "", serial, pairs)
        elif kind in ("EXECVE", "PATH", "SOCKADDR", "CWD", "PROCTITLE"):
            call = self._calls.get(node or "")
            if call is not None and call["serial"] == serial:
                for name in _JOINED:
                    if name in call and name not in event:
                        event[name] = call[name]
            made = _KINDS[kind](event)
        names = tuple(event)
        return Record(made, (made, *names), names, tuple(event.values()))

    def _remember(self, node: str, serial: str, pairs: dict[str, str]) -> None:
        if len(self._calls) > 1000:
            self._calls.clear()
        self._calls[node] = {"serial": serial, **{name: pairs[name] for name in _JOINED if name in pairs}}

    def state(self) -> dict[str, Any]:
        """See `Reader`."""
        return {"calls": self._calls} if self._calls else {}

    def restore(self, state: dict[str, Any]) -> None:
        """See `Reader`."""
        calls = state.get("calls", {})
        self._calls = {str(node): {"serial": "", **call} for node, call in calls.items()}


def _pairs(text: str, kind: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in _PAIR.findall(text, 0, MOST_READ)[:_MOST]:
        if value[:1] == "'" and name == "msg":
            found.update((inner, one) for inner, one in _pairs(value[1:-1], kind).items() if inner not in found)
            continue
        if value[:1] == '"' and value[-1:] == '"' and len(value) > 1:
            value = value[1:-1]
        elif (name in _ENCODED or (kind == "EXECVE" and _ARGUMENT.fullmatch(name))) and _HEX.fullmatch(value):
            value = _decoded(value)
        if value != "(null)" and name.lower() not in ("type", "serial", "timestamp", "hostname"):
            found.setdefault(name, value)
    if (host := re.search(r"\bhostname=([^\s']+)", text)) and host[1] not in ("?", ""):
        found["remote_host"] = host[1]
    _words(found)
    return found


def _words(found: dict[str, str]) -> None:
    """Enriched records repeat numbers as words, under the same name in capitals; names here know no case.

    Rules ask for the word of a system call, and for the number of a user.
    """
    for name in [name for name in found if name.isupper()]:
        word, lower = found.pop(name), name.lower()
        if lower in ("syscall", "arch"):
            if lower in found:
                found[f"{lower}_number"] = found.pop(lower)
            found[lower] = word
        elif lower != "saddr":
            found.setdefault(f"{lower}_name" if lower in found else lower, word)
    number = found.get("syscall", "")
    known = SYSCALLS.get(found.get("arch", ""), {}).get(number)
    if known is not None:
        found["syscall"], found["syscall_number"] = known, number
    for name in [name for name in found if name != name.lower() and name.lower() in found]:
        del found[name]


def _decoded(value: str) -> str:
    return bytes.fromhex(value).replace(b"\x00", b" ").replace(b"\x01", b",").decode("utf-8", "replace").rstrip(" ")


def _execve(event: dict[str, Any]) -> str:
    whole: dict[int, list[tuple[int, str]]] = {}
    for name in [name for name in event if name[0] == "a"]:
        if found := _ARGUMENT.fullmatch(name):
            part = event.pop(name) if found[2] else event[name]
            whole.setdefault(int(found[1]), []).append((int(found[2] or 0), part))
    words = {n: "".join(part for _, part in sorted(parts)) for n, parts in sorted(whole.items())}
    event.update((f"a{n}", word) for n, word in words.items())
    if words:
        event["CommandLine"] = " ".join(words.values())
        image = event.get("exe") or (words.get(0, "") if words.get(0, "").startswith("/") else "")
        if image:
            event["Image"] = image
        return "auditd.process"
    return "auditd"


def _path(event: dict[str, Any]) -> str:
    if event.get("nametype") == "CREATE" and event.get("name"):
        event["TargetFilename"] = event["name"]
        if "exe" in event:
            event["Image"] = event["exe"]
        return "auditd.file"
    return "auditd"


def _address(event: dict[str, Any]) -> str:
    data = event.get("saddr", "")
    if not _HEX.fullmatch(data) or len(data) > 512:
        return "auditd"
    raw = bytes.fromhex(data)
    family = int.from_bytes(raw[:2], "little")
    size = {2: (4, 8), 10: (8, 24)}.get(family)
    if size is None or len(raw) < size[1]:
        return "auditd"
    event["DestinationIp"] = str(ipaddress.ip_address(raw[size[0] : size[1]]))
    event["DestinationPort"] = str(int.from_bytes(raw[2:4], "big"))
    if "exe" in event:
        event["Image"] = event["exe"]
    if event.get("syscall") != "connect":
        return "auditd"
    event["Initiated"] = "true"
    return "auditd.connection"


_KINDS: Final[dict[str, Callable[[dict[str, Any]], str]]] = {
    "EXECVE": _execve,
    "PATH": _path,
    "SOCKADDR": _address,
    "CWD": lambda _: "auditd",
    "PROCTITLE": lambda _: "auditd",
}
