"""Logs of text, as servers write them: access logs, syslog, Zeek's connections, Suricata's events, DNS queries, audit.

Written by rules of chance alone; the names are invented and the addresses are those of documentation.
"""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

Line = Callable[[random.Random, datetime], str]
_ZEEK = (
    ("ts", "time"), ("uid", "string"), ("id.orig_h", "addr"), ("id.orig_p", "port"), ("id.resp_h", "addr"),
    ("id.resp_p", "port"), ("proto", "enum"), ("service", "string"), ("duration", "interval"), ("orig_bytes", "count"),
    ("resp_bytes", "count"), ("conn_state", "string"), ("local_orig", "bool"), ("history", "string"),
    ("orig_pkts", "count"), ("resp_pkts", "count"), ("tunnel_parents", "set[string]"),
)  # fmt: skip
_HEAD = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n"


def _apache(dice: random.Random, at: datetime) -> str:
    return (
        f"203.0.113.{dice.randrange(255)} - - [{at:%d/%b/%Y:%H:%M:%S} +0700] "
        f'"GET /trang/{dice.randrange(10**6)}/bai.php?so={dice.randrange(10**6)} HTTP/1.1" 200 {dice.randrange(10**5)} '
        f'"https://www.coquan.example/muc/{dice.randrange(1000)}" "Mozilla/5.0 Trinhduyet/{dice.randrange(99)}.0"'
    )


def _syslog(dice: random.Random, at: datetime) -> str:
    head = f"{at:%b} {at.day:2d} {at:%H:%M:%S} may{dice.randrange(100)}"
    if dice.random() < 0.5:
        return (
            f"{head} sshd[{dice.randrange(30000)}]: Failed password for invalid user u{dice.randrange(1000)} "
            f"from 198.51.100.{dice.randrange(255)} port {dice.randrange(65000)} ssh2"
        )
    return f"{head} systemd[1]: Started Session {dice.randrange(30000)} of user u{dice.randrange(1000)}."


def _zeek(dice: random.Random, at: datetime) -> str:
    return (
        f"{at.timestamp():.6f}\tC{dice.randrange(10**12)}\t192.0.2.{dice.randrange(255)}\t{dice.randrange(65000)}\t"
        f"198.51.100.{dice.randrange(255)}\t443\ttcp\tssl\t{dice.random():.6f}\t{dice.randrange(10**5)}\t"
        f"{dice.randrange(10**5)}\tSF\tT\tShADadfF\t10\t12\t-"
    )


def _eve(dice: random.Random, at: datetime) -> str:
    return (
        f'{{"timestamp":"{at:%Y-%m-%dT%H:%M:%S.%f}+0000","flow_id":{dice.randrange(10**15)},"event_type":"http",'
        f'"src_ip":"192.0.2.{dice.randrange(255)}","src_port":{dice.randrange(65000)},"dest_ip":"198.51.100.{dice.randrange(255)}",'
        f'"dest_port":80,"proto":"TCP","http":{{"hostname":"www{dice.randrange(1000)}.example","url":"/a/{dice.randrange(10**6)}?x",'
        f'"http_user_agent":"trinhduyet/{dice.randrange(9)}","http_method":"GET","status":200,"length":{dice.randrange(10**5)}}}}}'
    )


def _bind(dice: random.Random, at: datetime) -> str:
    name = f"www{dice.randrange(10**5)}.coquan.example"
    return (
        f"{at:%d-%b-%Y %H:%M:%S}.123 queries: info: client 192.0.2.{dice.randrange(255)}#{dice.randrange(65000)} "
        f"({name}): query: {name} IN A +E(0)K (192.0.2.53)"
    )


def _audit(dice: random.Random, at: datetime) -> str:
    number = dice.randrange(10**6)
    return f'type=EXECVE msg=audit({at.timestamp():.3f}:{number}): argc=3 a0="ls" a1="-l" a2="/var/tmp/{number}"'


KINDS: dict[str, tuple[str, Line]] = {
    "Apache combined": ("", _apache),
    "syslog (RFC 3164)": ("", _syslog),
    "Zeek TSV (conn)": (
        _HEAD
        + "".join(
            f"#{word}\t" + "\t".join(pair[n] for pair in _ZEEK) + "\n" for n, word in enumerate(("fields", "types"))
        ),
        _zeek,
    ),
    "Suricata EVE (http)": ("", _eve),
    "BIND query log": ("", _bind),
    "auditd": ("", _audit),
}


def lines(kind: str, many: int, seed: int = 1) -> Iterator[str]:
    """That many lines of a kind, after its header; twenty of them a second."""
    head, line = KINDS[kind]
    dice, at = random.Random(seed), datetime(2026, 4, 30, tzinfo=UTC)  # noqa: S311
    yield head
    for _ in range(many):
        at += timedelta(milliseconds=50)
        yield line(dice, at) + "\n"


def write(kind: str, path: Path, many: int) -> None:
    """Into a file."""
    with path.open("w", encoding="utf-8") as out:
        out.writelines(lines(kind, many))
