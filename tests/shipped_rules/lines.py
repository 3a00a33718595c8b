"""Raw lines of logs as their programs write them, for the cases of the shipped rules; names and addresses are invented."""
# ruff: noqa: E501  (a line of a log is one line)

import json
from datetime import UTC, datetime, timedelta
from typing import Any

BEGIN = datetime(2026, 4, 30, 1, 0, 0, tzinfo=UTC)
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) TrinhDuyet/5.0"


def at(seconds: float) -> datetime:
    """So many seconds after the beginning."""
    return BEGIN + timedelta(seconds=seconds)


def web(
    address: str, *, status: int = 200, method: str = "GET", ip: str = "203.0.113.5", agent: str = BROWSER,
    referer: str = "-", user: str = "-", s: float = 0,
) -> str:  # fmt: skip
    """A line of Apache's and nginx's combined log."""
    stamp = f"{at(s):%d/%b/%Y:%H:%M:%S} +0000"
    return f'{ip} - {user} [{stamp}] "{method} {address} HTTP/1.1" {status} 512 "{referer}" "{agent}"'


IIS = "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Cookie) sc-status"


def iis(
    stem: str, query: str = "-", *, method: str = "GET", status: int = 200, cookie: str = "-", user: str = "-"
) -> list[str]:
    """A line of IIS, after its header."""
    return [
        IIS,
        f"2026-04-30 01:00:00 192.0.2.9 {method} {stem} {query} 443 {user} 203.0.113.5 Moz/5 {cookie} {status}",
    ]


def syslog(program: str, text: str, *, s: float = 0, host: str = "may1") -> str:
    """A line of syslog (RFC 3164) with a time of RFC 3339."""
    return f"{at(s).isoformat()} {host} {program}: {text}"


def windows(
    channel: str, provider: str, number: int, *, s: float = 0, computer: str = "MAY1.noibo.example", **data: Any
) -> str:
    """An event of Windows as its XML is written in JSON."""
    return json.dumps(
        {
            "Event": {
                "System": {
                    "Provider": {"#attributes": {"Name": provider}},
                    "EventID": number,
                    "TimeCreated": {"#attributes": {"SystemTime": at(s).isoformat().replace("+00:00", "Z")}},
                    "Channel": channel,
                    "Computer": computer,
                },
                "EventData": data,
            }
        }
    )


def security(number: int, **data: Any) -> str:
    """An event of the security log."""
    return windows("Security", "Microsoft-Windows-Security-Auditing", number, **data)


def sysmon(number: int, **data: Any) -> str:
    """An event of Sysmon."""
    return windows("Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-Sysmon", number, **data)


def run(command: str, image: str = r"C:\Windows\System32\cmd.exe", **data: Any) -> str:
    """A program was started, by Sysmon."""
    more = {"ParentImage": r"C:\Windows\explorer.exe", "User": r"NOIBO\an", "IntegrityLevel": "Medium", **data}
    return sysmon(1, Image=image, CommandLine=command, **more)


def created(command: str, image: str, parent: str) -> str:
    """A program was started, by the security log."""
    return security(4688, NewProcessName=image, CommandLine=command, ParentProcessName=parent, SubjectUserName="MAY1$")


def script(text: str) -> str:
    """A block of PowerShell."""
    channel = "Microsoft-Windows-PowerShell/Operational"
    return windows(channel, "Microsoft-Windows-PowerShell", 4104, ScriptBlockText=text, MessageNumber=1)


def audited(*words: str, exe: str = "/usr/bin/bash", euid: int = 0, number: int = 45) -> list[str]:
    """A program was started, by auditd: the call, and what it was given."""
    head = f"msg=audit(1777510800.123:{number})"
    given = " ".join(f"a{n}={word.encode().hex().upper()}" for n, word in enumerate(words))
    return [
        f"type=SYSCALL {head}: arch=c000003e syscall=59 success=yes exit=0 ppid=7 pid=8 auid=4294967295 uid={euid} "
        f'euid={euid} comm="x" exe="{exe}" key="chay"',
        f"type=EXECVE {head}: argc={len(words)} {given}",
    ]


def audited_file(path: str, *, exe: str, euid: int = 0) -> list[str]:
    """A file was created, by auditd."""
    head = "msg=audit(1777510800.123:46)"
    return [
        f"type=SYSCALL {head}: arch=c000003e syscall=257 success=yes exit=3 ppid=7 pid=8 auid=4294967295 uid={euid} "
        f'euid={euid} comm="x" exe="{exe}" key="tep"',
        f'type=PATH {head}: item=1 name="{path}" inode=77 mode=0100644 ouid={euid} nametype=CREATE',
    ]


def sysmon_linux(number: int, **data: str) -> str:
    """An event of Sysmon for Linux within syslog."""
    told = "".join(f'<Data Name="{name}">{value}</Data>' for name, value in data.items())
    event = f"<Event><System><EventID>{number}</EventID><Computer>may1</Computer></System><EventData>{told}</EventData></Event>"
    return syslog("sysmon", event)


def eve(kind: str, *, s: float = 0, src: str = "192.168.1.5", dst: str = "203.0.113.80", **more: Any) -> str:
    """An event of Suricata."""
    head = {"timestamp": f"{at(s):%Y-%m-%dT%H:%M:%S.%f}+0000", "flow_id": 77, "event_type": kind}
    return json.dumps({**head, "src_ip": src, "src_port": 50000, "dest_ip": dst, "proto": "TCP", **more})


def zeek(*, s: float = 0, src: str = "10.1.1.5", dst: str = "203.0.113.80", **more: Any) -> str:
    """A connection of Zeek's, in JSON."""
    head = {"_path": "conn", "ts": at(s).timestamp(), "uid": "C1", "id.orig_h": src, "id.orig_p": 50000}
    return json.dumps({**head, "id.resp_h": dst, "id.resp_p": 443, "proto": "tcp", "conn_state": "SF", **more})


def fortinet(kind: str, *, s: float = 0, **pairs: Any) -> str:
    """A line of Fortinet's."""
    told = " ".join(f'{name}="{value}"' for name, value in pairs.items())
    return f'date={at(s):%Y-%m-%d} time={at(s):%H:%M:%S} devname="fw1" tz="+0000" type="{kind}" {told}'


def bind(name: str, *, s: float = 0, src: str = "192.168.1.5") -> str:
    """A query that BIND logged."""
    stamp = f"{at(s):%d-%b-%Y %H:%M:%S}.123"
    return f"{stamp} queries: info: client @0x7f1c {src}#53124 ({name}): query: {name} IN A +E(0)K (192.0.2.53)"


def cloud(name: str, *, s: float = 0, **more: Any) -> str:
    """An event of CloudTrail."""
    head = {"eventTime": f"{at(s):%Y-%m-%dT%H:%M:%SZ}", "eventSource": "signin.amazonaws.com", "eventName": name}
    return json.dumps({**head, "sourceIPAddress": "203.0.113.5", **more})
