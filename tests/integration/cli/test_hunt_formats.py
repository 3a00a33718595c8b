"""`vigil hunt` over a folder as a server keeps it: logs of all kinds, rotated, compressed, damaged, and other files."""

import bz2
import gzip
import json
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from vigil.faces.cli.hunt import hunt

ACCESS = '203.0.113.7 - - [30/Apr/2026:07:00:{:02d} +0700] "GET {} HTTP/1.1" 200 5 "-" "{}"\n'
WEB_SHELL = "/tai-len/../vo.php?lenh=ls"
RULES = {
    "Web shell": "category: webserver|s: {cs-uri-query|contains|all: ['/../', 'lenh='], sc-status: 200}",
    "Shell's stem": "category: webserver|s: {cs-uri-stem|endswith: '.php', cs-method: GET}",
    "Scanner": "category: webserver|s: {cs-user-agent|contains: do-tham}",
    "Bad agent": "category: proxy|s: {c-useragent|startswith: do-tham}",
    "Program from the web": "category: proxy|s: {c-uri-extension: exe, cs-host|endswith: '.xau.example'}",
    "Bad name": "category: dns|s: {query|endswith: '.xau.example'}",
    "Text record": "category: dns|s: {record_type: TXT, answer|contains: lenh}",
    "Zeek's name": "{product: zeek, service: dns}|s: {qtype_name: A, answers|contains: 198.51.100.66}",
    "Zeek's page": "{product: zeek, service: http}|s: {user_agent|startswith: do-tham, id.orig_h|cidr: 192.0.2.0/24}",
    "Bad address": "category: firewall|s: {dst_ip: 198.51.100.66}",
    "Guessing": "{product: linux, service: sshd}|keywords: ['invalid user']|condition: keywords",
    "Any words": "product: linux|keywords: [rootkit]|condition: keywords",
    "Sudo": "{product: linux, service: sudo}|s: {USER|startswith: '#-'}",
    "Read shadow": "{product: linux, service: auditd}|s: {type: EXECVE, a0: cat, a1: /etc/shadow}",
    "Call": "{product: linux, service: auditd}|s: {type: SYSCALL, SYSCALL: execve, euid: 33}",
    "Program": "{product: linux, category: process_creation}|s: {Image|endswith: /cat, CommandLine|contains: shadow}",
    "File": "{product: linux, category: file_event}|s: {TargetFilename|startswith: /etc/cron.d/}",
    "Alert": "product: suricata|s: {alert.signature|contains: VO}",
    "IIS": "{product: windows, service: iis, category: webserver}|s: {cs-uri-query|startswith: 'lenh='}",
}
AUDIT = (
    'type=SYSCALL msg=audit(1777507200.1:1): arch=c000003e syscall=59 euid=33 comm="cat" exe="/usr/bin/cat" a0=1\n'
    'type=EXECVE msg=audit(1777507200.1:1): argc=2 a0="cat" a1=2F6574632F736861646F77\n'
    'type=PATH msg=audit(1777507200.1:1): item=1 name="/etc/cron.d/x" nametype=CREATE\n'
)
ZEEK = "#separator \\x09\n#set_separator\t,\n#unset_field\t-\n#path\t{}\n#fields\t{}\n#types\t{}\n{}\n"
EVE = [
    {"event_type": "alert", "alert": {"signature": "VO web"}, "dest_ip": "198.51.100.1"},
    {"event_type": "flow", "dest_ip": "198.51.100.66"},
    {"event_type": "dns", "dns": {"rrname": "a.xau.example", "rrtype": "TXT", "answers": [{"rdata": "lenh x"}]}},
    {"event_type": "http", "http": {"hostname": "t.xau.example", "url": "/a.exe?b", "http_user_agent": "do-tham 1"}},
]
SYSLOG = (
    "Apr 30 07:00:00 may1 sshd[1]: Failed password for invalid user a from 192.0.2.9 port 22 ssh2\n"
    "Apr 30 07:00:01 may1 sudo:  an : TTY=pts/0 ; PWD=/ ; USER=#-1 ; COMMAND=/bin/sh\n"
    "Apr 30 07:00:02 may1 canh[7]: rootkit found\n"
    "Apr 30 07:00:03 fw1 kernel: IN=eth0 OUT= SRC=192.0.2.1 DST=198.51.100.66 PROTO=TCP SPT=1 DPT=22\n"
    "Apr 30 07:00:04 ns1 named[7]: client 192.0.2.1#53 (b.xau.example): query: b.xau.example IN A + (192.0.2.53)\n"
    "Apr 30 07:00:05 ns1 dnsdist[7]: Got query for c.xau.example.|A from 192.0.2.1:53, relayed to 192.0.2.53:53\n"
)
IIS = "#Fields: date time c-ip cs-method cs-uri-stem cs-uri-query\n2026-04-30 00:00:01 192.0.2.1 GET /a.php lenh=x\n"


def _zeek(path: str, names: str, row: str) -> str:
    types = " ".join(
        "time" if name == "ts" else "set[string]" if name == "answers" else "string" for name in names.split()
    )
    return ZEEK.format(path, names.replace(" ", "\t"), types.replace(" ", "\t"), row.replace(" ", "\t"))


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("hunt")
    (place / "rules").mkdir()
    for n, (title, said) in enumerate(RULES.items()):
        source, *parts = said.split("|", 1)
        source = source if source[0] == "{" else f"{{{source}}}"
        *keys, last = re.split(r"\|(?=condition: )", parts[0])
        lines = [*keys, last] if keys else [last, "condition: s"]
        text = f"title: {title}\nid: 00000000-0000-4000-8000-{n:012d}\nlogsource: {source}\ndetection:\n"
        (place / "rules" / f"{n}.yml").write_text(text + "".join(f"  {line}\n" for line in lines))
    logs = place / "logs"
    logs.mkdir()
    (logs / "access.log").write_text(ACCESS.format(1, WEB_SHELL, "m") + ACCESS.format(2, "/", "do-tham"))
    (logs / "access.log.1").write_text(ACCESS.format(3, WEB_SHELL, "m"))
    (logs / "access.log.2.gz").write_bytes(gzip.compress(ACCESS.format(4, WEB_SHELL, "m").encode()))
    (logs / "access.log-20260429.bz2").write_bytes(bz2.compress(ACCESS.format(5, WEB_SHELL, "m").encode()))
    (logs / "messages").write_text(SYSLOG)
    (logs / "u_ex260430.log").write_text(IIS)
    row = "1777507200.5 192.0.2.1 d.xau.example A 198.51.100.1,198.51.100.66"
    (logs / "dns.log").write_text(_zeek("dns", "ts id.orig_h query qtype_name answers", row))
    row = "1777507200.5 192.0.2.1 t.xau.example /x.exe do-tham GET"
    (logs / "http.log").write_text(_zeek("http", "ts id.orig_h host uri user_agent method", row))
    when = {"timestamp": "2026-04-30T07:00:00.1+0700", "src_ip": "192.0.2.1"}
    (logs / "eve.json").write_text("".join(json.dumps({**when, **event}) + "\n" for event in EVE))
    (logs / "audit.log").write_text(AUDIT)
    (logs / "unbound.log").write_text("[1777507200] unbound[1:0] info: 192.0.2.1 e.xau.example. A IN\n")
    (logs / "wtmp").write_bytes(b"\7\0\0\0" * 1000)
    (logs / "ghi-chu.csv").write_text("a,b\n")
    return place


def _facts(place: Path, logs: Path, *more: str) -> dict:
    words = [str(logs), "--rules", str(place / "rules"), "--cache", str(place / "cache"), "--json", *more]
    done = CliRunner().invoke(hunt, words)
    assert done.exit_code in (0, 1, 3), done.output
    return json.loads(done.output)


def test_each_rule_finds_its_log_among_all(place) -> None:
    facts = _facts(place, place / "logs")
    assert facts["unusable_rules"] == facts["rejected"] == []
    assert {one["title"]: one["files"] for one in facts["found"]} == {
        "Web shell": {"access.log": 1, "access.log.1": 1, "access.log.2.gz": 1, "access.log-20260429.bz2": 1},
        "Shell's stem": {"access.log": 1, "access.log.1": 1, "access.log.2.gz": 1, "access.log-20260429.bz2": 1,
                         "u_ex260430.log": 1},
        "Scanner": {"access.log": 1, "eve.json": 1, "http.log": 1},
        "Bad agent": {"eve.json": 1, "http.log": 1},
        "Program from the web": {"eve.json": 1, "http.log": 1},
        "Bad name": {"messages": 2, "dns.log": 1, "eve.json": 1, "unbound.log": 1},
        "Text record": {"eve.json": 1},
        "Zeek's name": {"dns.log": 1},
        "Zeek's page": {"http.log": 1},
        "Bad address": {"messages": 1, "eve.json": 1},
        "Guessing": {"messages": 1},
        "Any words": {"messages": 1},
        "Sudo": {"messages": 1},
        "Read shadow": {"audit.log": 1},
        "Call": {"audit.log": 1},
        "Program": {"audit.log": 1},
        "File": {"audit.log": 1},
        "Alert": {"eve.json": 1},
        "IIS": {"u_ex260430.log": 1},
    }  # fmt: skip
    by_title = {one["title"]: one for one in facts["found"]}
    assert by_title["Guessing"]["first"].endswith("-04-30T07:00:00+07:00")
    assert by_title["Guessing"]["hosts"] == {"may1": 1}
    assert by_title["Zeek's name"]["first"] == "2026-04-30T00:00:00.500000Z"


def test_a_format_that_is_said_is_the_only_one(place) -> None:
    facts = _facts(place, place / "logs" / "access.log", "--format", "nginx")
    assert facts["events"] == 2
    facts = _facts(place, place / "logs" / "access.log", "--format", "syslog")
    assert (facts["events"], facts["rejected"][0]["records"]) == (0, 2)
    facts = _facts(place, place / "logs" / "unbound.log", "--format", "unbound")
    assert facts["events"] == 1
    words = [str(place / "logs"), "--rules", str(place / "rules"), "--format", "xml"]
    assert CliRunner().invoke(hunt, words).exit_code == 2


def test_damage_is_counted_and_the_rest_is_read(place, tmp_path) -> None:
    line = ACCESS.format(1, WEB_SHELL, "m").encode()
    (tmp_path / "a.log").write_bytes(
        line + b"x" * 10_000_000 + b"\n" + b"\0" * 3000 + line + b"none\n\xff\xfe\n" + line
    )
    (tmp_path / "b.log.gz").write_bytes(gzip.compress(line * 50_000)[:-2000])
    (tmp_path / "c").write_bytes(b"\x7fthing\0\0\n\0\0\0" * 1000)
    (tmp_path / "d.txt").write_text("a\n", encoding="utf-16")
    (tmp_path / "e.log").write_bytes(line + line[:60])
    facts = _facts(place, tmp_path)
    rejected = {Path(one["file"]).name: one["records"] for one in facts["rejected"]}
    assert rejected == {"a.log": 3, "b.log.gz": 1, "c": 1, "d.txt": 1, "e.log": 1}
    found = {one["title"]: one["files"] for one in facts["found"]}["Web shell"]
    assert (found["a.log"], found["e.log"]) == (3, 1)
    assert found["b.log.gz"] > 10_000


def test_what_unpacks_to_gigabytes_is_read_in_bounded_memory(place, tmp_path) -> None:
    path = tmp_path / "bom.log.gz"
    with gzip.open(path, "wb", 1) as stream:
        for _ in range(1000):
            stream.write(bytes(1_000_000))
        stream.write(b"\n" + ACCESS.format(1, WEB_SHELL, "m").encode())
    code = "import sys; from vigil.faces.cli.main import main; sys.argv[0] = 'vigil'; main()"
    words = ["hunt", str(path), "--rules", str(place / "rules"), "--cache", str(place / "cache"), "--json"]
    most = 1_500_000_000

    def bounded() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (most, most))

    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, preexec_fn=bounded)
    facts = json.loads(done.stdout)
    assert facts["events"] == 1, done.stderr
    assert facts["rejected"][0]["samples"] == ["a line that is too long"]
