"""Lines as programs write them: what each becomes, what for, and that none of any bytes stops the reading."""
# ruff: noqa: E501  (a line of a log is one line)

import contextlib
import json
import tempfile
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from vigil.adapters.log_sources import FORMATS, Sorter, Tally, pieces, portions
from vigil.engines.detection.terms import Source

NOW = datetime(2026, 5, 1, 12, tzinfo=timezone(timedelta(hours=7)))
SYSCALL = (
    "type=SYSCALL msg=audit(1777507200.123:45): arch=c000003e syscall=59 success=yes a0=55d a1=55e pid=2 auid=1000 uid=0 "
    'euid=33 comm="cat" exe="/usr/bin/cat" key="k"'
)
ZEEK = ["#separator \\x09", "#set_separator\t,", "#empty_field\t(empty)", "#unset_field\t-", "#path\tdns",
        "#fields\tts\tuid\tid.orig_h\tquery\tqtype_name\tanswers\trejected\thost", "#types\ttime\tstring\taddr\tstring\tstring\t"
        "vector[string]\tbool\tstring"]  # fmt: skip


def _events(*lines: str | bytes, **more: Any) -> list[dict[str, Any]]:
    """The events of lines of one source, in order: fields (missing ones left out) and `source`."""
    sorter = Sorter(more.pop("wanted", None), more.pop("given", None), more.pop("format", "auto"), now=NOW)
    for number, line in enumerate(lines):
        sorter.add_line(line if isinstance(line, bytes) else line.encode(), number)
    return _taken(sorter)


def _taken(sorter: Sorter) -> list[dict[str, Any]]:
    found = []
    for source, columns in sorter.columns.items():
        for batch, numbers in columns.batches():
            assert len(set(batch.schema.names)) == len(batch.schema.names), "a field is one column"
            for number, row in zip(numbers, batch.to_pylist(), strict=True):
                found.append((number, {"source": source, **{k: v for k, v in row.items() if v is not None}}))
    return [event for _, event in sorted(found, key=lambda one: one[0])]


CASES: list[tuple[str, str, Source, dict[str, Any]]] = [
    ("combined", r'192.0.2.1 - bình [30/Apr/2026:07:00:00 +0700] "GET /a/b.php?x=1 HTTP/1.1" 200 512 "-" "Tr\xc3\xacnh \"1\""',
     Source("webserver", "", "apache,nginx"),
     {"c-ip": "192.0.2.1", "cs-username": "bình", "cs-method": "GET", "cs-uri-stem": "/a/b.php", "sc-status": "200",
      "cs-uri-query": ["/a/b.php?x=1", "x=1"], "cs-user-agent": 'Trình "1"', "timestamp": "2026-04-30T07:00:00+07:00",
      "cs-referer": None, "sc-bytes": "512"}),
    ("common, with a host, IPv6", 'www.coquan.example:443 2001:db8::1 - - [30/Apr/2026:07:00:00 +0000] "POST / HTTP/2.0" 404 -',
     Source("webserver", "", "apache,nginx"),
     {"cs-host": "www.coquan.example", "c-ip": "2001:db8::1", "cs-uri-stem": "/", "sc-bytes": None, "cs-user-agent": None}),
    ("a request that is none", r'192.0.2.1 - - [30/Apr/2026:07:00:00 +0700] "\x16\x03" 400 0 "-" "-"',
     Source("webserver", "", "apache,nginx"), {"request": "\x16\x03", "cs-method": None}),
    ("spaces in the address", '192.0.2.1 - - [30/Apr/2026:07:00:00 +0700] "GET /a?q=x y HTTP/1.1" 400 0',
     Source("webserver", "", "apache,nginx"), {"cs-method": "GET", "cs-uri-stem": "/a", "cs-version": "HTTP/1.1"}),
    ("syslog of last year", "<34>Oct 11 22:14:15 may1 su: 'su root' failed for an on /dev/pts/8",
     Source("", "linux", "auth,syslog"),
     {"facility": "auth", "severity": "crit", "hostname": "may1", "program": "su", "timestamp": "2025-10-11T22:14:15+07:00",
      "message": "'su root' failed for an on /dev/pts/8"}),
    ("without priority, host or process", "Feb 29 00:00:00 kiem: xong", Source("", "linux", "syslog"),
     {"timestamp": "2024-02-29T00:00:00+07:00", "program": "kiem", "hostname": None, "message": "xong"}),
    ("RFC 5424", '<165>1 2026-04-30T22:14:15.003Z may1 ung-dung 77 ID47 [ex@32473 iut="3" q="a\\"b\\]"][y@1 z="1"] \ufeffxin chào',
     Source("", "linux", "syslog"),
     {"facility": "local4", "severity": "notice", "timestamp": "2026-04-30T22:14:15.003Z", "hostname": "may1", "pid": "77",
      "program": "ung-dung", "msgid": "ID47", "ex@32473.iut": "3", "ex@32473.q": 'a"b]', "y@1.z": "1", "message": "xin chào"}),
    ("RFC 5424 as rsyslog forwards it",
     "<38>1 2026-04-30T07:00:00+07:00 may1 sshd 12 - -  Failed password for admin from 192.0.2.7 port 4022 ssh2",
     Source("", "linux", "sshd,auth,syslog"),
     {"message": "Failed password for admin from 192.0.2.7 port 4022 ssh2", "src_ip": "192.0.2.7"}),
    ("RFC 5424 with nothing", "<0>1 - - - - - -", Source("", "linux", "syslog"),
     {"facility": "kern", "severity": "emerg", "timestamp": None, "hostname": None, "message": ""}),
    ("sshd", "2026-04-30T07:00:00.5+07:00 may1 sshd[12]: Failed password for invalid user admin from 192.0.2.7 port 4022 ssh2",
     Source("", "linux", "sshd,auth,syslog"),
     {"user": "admin", "src_ip": "192.0.2.7", "src_port": "4022", "timestamp": "2026-04-30T07:00:00.5+07:00"}),
    ("sudo", "Apr 30 07:00:00 may1 sudo:     an : TTY=pts/0 ; PWD=/home/an ; USER=#-1 ; COMMAND=/bin/ls -l",
     Source("", "linux", "sudo,auth,syslog"), {"caller": "an", "user": "#-1", "command": "/bin/ls -l"}),
    ("an access log within syslog", '<13>Apr 30 07:00:00 web1 nginx: 192.0.2.1 - - [30/Apr/2026:07:00:01 +0700] "GET /x HTTP/1.1" '
     '200 5 "-" "c"', Source("webserver", "", "nginx"),
     {"hostname": "web1", "facility": "user", "cs-uri-stem": "/x", "timestamp": "2026-04-30T07:00:01+07:00"}),
    ("an error log within syslog", "Apr 30 07:00:00 web1 nginx: [crit] x", Source("", "", "nginx"), {"message": "[crit] x"}),
    ("JSON within syslog", '<13>Apr 30 07:00:00 ids1 suricata[1]: {"timestamp":"2026-04-30T07:00:00.1+0700","event_type":"alert",'
     '"src_ip":"192.0.2.1","dest_ip":"198.51.100.1","alert":{"signature":"X","severity":1}}', Source("", "suricata", "alert"),
     {"alert.signature": "X", "hostname": "ids1", "dst_ip": "198.51.100.1", "timestamp": "2026-04-30T07:00:00.1+0700"}),
    ("broken JSON within syslog", "<13>Apr 30 07:00:00 m ung-dung: {broken", Source("", "linux", "syslog"), {"message": "{broken"}),
    ("netfilter", "Apr 30 07:00:00 fw1 kernel: [1.2] [UFW BLOCK] IN=eth0 OUT= SRC=192.0.2.1 DST=198.51.100.1 PROTO=TCP SPT=1 DPT=22",
     Source("firewall", "linux", "kernel,syslog"), {"src_ip": "192.0.2.1", "dst_ip": "198.51.100.1", "dst_port": "22"}),
    ("a priority and pairs", '<189>date=2026-04-30 time=07:00:00 devname="fw" tz="+0700" type="event" action="Edit" cfgpath="a.b"',
     Source("", "fortigate", "event"), {"action": "Edit", "cfgpath": "a.b", "timestamp": "2026-04-30T07:00:00+0700"}),
    ("Sysmon for Linux", "Apr 30 07:00:00 m sysmon: <Event><System><EventID>1</EventID><Computer>m</Computer></System><EventData>"
     '<Data Name="Image">/bin/a</Data><Data Name="CommandLine">a &amp; b</Data></EventData></Event>',
     Source("process_creation", "linux", "sysmon"), {"image": "/bin/a", "commandline": "a & b", "computer": "m"}),
    ("CEF", r"<13>Apr 30 07:00:00 fw1 CEF:0|Hang|May|1|100|a\|b|5|src=192.0.2.1 dst=198.51.100.1 dpt=80 act=blocked msg=a b \= c "
     "cs1Label=Luat cs1=x rt=1777507200123", Source("firewall"),
     {"hostname": "fw1", "name": "a|b", "src_ip": "192.0.2.1", "dst_port": "80", "action": "blocked", "msg": "a b = c",
      "luat": "x", "timestamp": "2026-04-30T00:00:00.123000Z"}),
    ("CEF of the web", "CEF:0|H|M|1|1|n|5|src=192.0.2.1 request=http://x.example/a?b requestMethod=GET", Source("proxy,webserver"),
     {"c-uri": "http://x.example/a?b", "cs-method": "GET", "c-uri-query": "b"}),
    ("LEEF 1", "LEEF:1.0|H|M|1|E1|src=192.0.2.1\tdst=198.51.100.2\tdstPort=80\tsev=5", Source("firewall"),
     {"event_class": "E1", "severity": "5", "dst_ip": "198.51.100.2", "dst_port": "80", "name": None}),
    ("LEEF 2", "LEEF:2.0|H|M|1|E1|x5E|src=192.0.2.1^msg=a\tb", Source(), {"src_ip": "192.0.2.1", "msg": "a\tb"}),
    ("BIND", "30-Apr-2026 10:00:00.123 queries: info: client @0x7f1c 192.0.2.1#53124 (www.x.example): view noi: query: "
     "www.x.example IN TXT +E(0)K (192.0.2.53)", Source("dns", "linux", "bind"),
     {"query": "www.x.example", "record_type": "TXT", "src_ip": "192.0.2.1", "view": "noi", "server_address": "192.0.2.53",
      "timestamp": "2026-04-30T10:00:00.123+07:00"}),
    ("BIND, bare", "client 2001:db8::1#53124: query: x.example IN A + (192.0.2.53)", Source("dns", "linux", "bind"),
     {"query": "x.example", "src_ip": "2001:db8::1", "timestamp": None}),
    ("BIND within syslog", "Apr 30 07:00:00 ns1 named[1]: client @0x7f 192.0.2.1#5353 (x.example): query: x.example IN A + (::1)",
     Source("dns", "linux", "bind"), {"query": "x.example", "hostname": "ns1", "timestamp": "2026-04-30T07:00:00+07:00"}),
    ("Unbound, a query", "[1777507200] unbound[77:0] info: 192.0.2.1 www.x.example. A IN", Source("dns", "linux", "unbound"),
     {"query": "www.x.example", "record_type": "A", "timestamp": "2026-04-30T00:00:00Z", "rcode": None}),
    ("Unbound, a reply", "2026-04-30T10:00:00.1+00:00 unbound[1:2] reply: 192.0.2.1 x. A IN NXDOMAIN 0.1 1 5 on udp 192.0.2.53 53",
     Source("dns", "linux", "unbound"), {"query": "x", "rcode": "NXDOMAIN", "server_address": "192.0.2.53"}),
    ("Unbound within syslog", "Apr 30 07:00:00 ns1 unbound: [77:0] info: 192.0.2.1 x.example. A IN",
     Source("dns", "linux", "unbound"), {"query": "x.example", "timestamp": "2026-04-30T07:00:00+07:00"}),
    ("Unbound, its own time", "Apr 30 07:00:00 unbound[1:0] query: 192.0.2.1 x.example. A IN",
     Source("dns", "linux", "unbound"), {"query": "x.example", "timestamp": "2026-04-30T07:00:00+07:00"}),
    ("dnsdist, a packet", "[1777507200.5] Packet from [2001:db8::1]:5353 for x.example. A with id 77",
     Source("dns", "linux", "dnsdist"), {"query": "x.example", "src_ip": "2001:db8::1", "timestamp": "2026-04-30T00:00:00Z"}),
    ("dnsdist, an answer", "Answer to 192.0.2.1:53 for x.example. A (No Error) with id 7", Source("dns", "linux", "dnsdist"),
     {"rcode": "No Error", "record_type": "A"}),
    ("dnsdist within syslog", "Apr 30 07:00:00 ns1 dnsdist[1]: Got query for x.example.|AAAA from 192.0.2.1:53 (TCP, 40 bytes), "
     "relayed to 192.0.2.53:53", Source("dns", "linux", "dnsdist"), {"query": "x.example", "record_type": "AAAA"}),
    ("auditd", SYSCALL, Source("", "linux", "auditd"),
     {"type": "SYSCALL", "syscall": "execve", "euid": "33", "exe": "/usr/bin/cat", "timestamp": "2026-04-30T00:00:00.123000Z"}),
    ("auditd, of a program", "node=may1 type=USER_LOGIN msg=audit(1777507200.123:46): pid=1 uid=0 msg='op=login acct=626F62 "
     'exe="/usr/sbin/sshd" hostname=may9 addr=192.0.2.4 res=failed\'', Source("", "linux", "auditd"),
     {"hostname": "may1", "acct": "bob", "res": "failed", "addr": "192.0.2.4", "remote_host": "may9"}),
    ("Suricata, DNS of version 3", '{"timestamp":"2026-04-30T07:00:00.1+0700","event_type":"dns","src_ip":"192.0.2.1","dns":'
     '{"queries":[{"rrname":"x.example","rrtype":"TXT"}],"answers":[{"rdata":"a"},{"rdata":"b"}]}}', Source("dns", "suricata", "dns"),
     {"query": "x.example", "record_type": "TXT", "answer": ["a", "b"]}),
    ("Suricata, the web", '{"timestamp":"t","event_type":"http","src_ip":"192.0.2.1","http":{"hostname":"x.example","url":"/a.exe?b",'
     '"http_method":"GET","status":200,"http_user_agent":"c"}}', Source("webserver,proxy", "suricata", "http"),
     {"cs-host": "x.example", "c-uri": "/a.exe?b", "c-uri-extension": "exe", "sc-status": "200", "c-useragent": "c"}),
    ("Zeek in JSON", '{"ts":1777507200.5,"uid":"C1","id.orig_h":"192.0.2.1","trans_id":1,"query":"x.example","answers":["a"]}',
     Source("dns", "zeek", "dns"), {"query": "x.example", "answer": ["a"], "timestamp": "2026-04-30T00:00:00.500000Z"}),
    ("Zeek in JSON, its path", '{"_path":"x509","ts":"2026-04-30T00:00:00Z","certificate.serial":"01"}', Source("", "zeek", "x509"),
     {"certificate.serial": "01", "timestamp": "2026-04-30T00:00:00Z"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "line", "source", "fields"), CASES, ids=[case[0] for case in CASES])
def test_a_line_becomes_the_fields_that_rules_name(name, line, source, fields) -> None:
    (found,) = _events(line)
    assert found["source"] == source
    assert {field: found.get(field) for field in fields} == fields


def test_zeek_says_in_its_header_how_lines_are_read_also_across_batches() -> None:
    sorter = Sorter(None, None)
    head = [sorter.add_line(line.encode(), 0) for line in ZEEK]
    assert not any(head), "a header is no event"
    later = Sorter(None, None)
    later.restore(json.loads(json.dumps(sorter.state())))
    later.add_line(
        "1777507200.123456\tC1\t192.0.2.1\tcơquan.example\tA\t198.51.100.1,198.51.100.2\tF\ta\\x09b".encode(), 0
    )
    later.add_line(b"1777507201.5\tC2\t192.0.2.1\t-\tA\t(empty)\tT\t-", 1)
    with pytest.raises(ValueError, match="3 fields where #fields names 8"):
        later.add_line(b"1\t2\t3", 2)
    one, two = _taken(later)
    assert one["source"] == Source("dns", "zeek", "dns")
    assert one["answer"] == one["answers"] == ["198.51.100.1", "198.51.100.2"]
    assert (one["query"], one["rejected"], one["host"]) == ("cơquan.example", "false", "a\tb")
    assert one["timestamp"] == "2026-04-30T00:00:00.123456Z"
    assert (two.get("query"), two.get("answers"), two["rejected"]) == (None, None, "true")


def test_iis_may_change_its_fields_in_the_middle() -> None:
    sorter = Sorter(None, None)
    lines = ["#Software: IIS", "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query cs-username c-ip cs(User-Agent) sc-status",
             "2026-04-30 00:00:01 192.0.2.9 GET /owa/x.aspx a=1 - 203.0.113.5 Moz/5+(W) 200",
             "#Fields: date time c-ip cs-uri-stem cs-uri-query", "2026-04-30 00:00:02 203.0.113.6 /y -"]  # fmt: skip
    assert [sorter.add_line(line.encode(), n) for n, line in enumerate(lines)] == [False, False, True, False, True]
    one, two = _taken(sorter)
    assert one["source"] == Source("webserver", "windows", "iis")
    assert one["cs-uri-query"] == ["/owa/x.aspx?a=1", "a=1"]
    assert (one["cs-user-agent"], one.get("cs-username"), one["timestamp"]) == (
        "Moz/5 (W)",
        None,
        "2026-04-30T00:00:01Z",
    )
    assert (two["c-ip"], two["cs-uri-stem"], two["cs-uri-query"]) == ("203.0.113.6", "/y", "/y")


def test_the_records_of_one_audit_event_are_joined_also_across_batches() -> None:
    sorter = Sorter(None, None)
    sorter.add_line(SYSCALL.encode(), 0)
    later = Sorter(None, None)
    later.restore(sorter.state())
    lines = [
        'type=EXECVE msg=audit(1777507200.123:45): argc=3 a0="cat" a1=2F6574632F736861646F77 a2[0]="lo" a2[1]="ng"',
        'type=PATH msg=audit(1777507200.123:45): item=0 name=2F746D702F61C3A1 nametype=CREATE',
        "type=PROCTITLE msg=audit(1777507200.123:45): proctitle=636174002F657463",
        'type=EXECVE msg=audit(1777507200.123:46): argc=1 a0="ls"',
        'type=SYSCALL msg=audit(1777507200.123:47): arch=c000003e syscall=42 exe="/usr/bin/nc"\x1dSYSCALL=connect AUID="an"',
        "type=SOCKADDR msg=audit(1777507200.123:47): saddr=02000050C00002010000000000000000",
    ]  # fmt: skip
    for n, line in enumerate(lines):
        later.add_line(line.encode(), n)
    run, file, title, alone, _, connection = _taken(later)
    assert run["source"] == Source("process_creation", "linux", "auditd")
    assert [run[f"a{n}"] for n in range(3)] == ["cat", "/etc/shadow", "long"]
    assert (run["commandline"], run["image"], run["euid"]) == ("cat /etc/shadow long", "/usr/bin/cat", "33")
    assert (file["source"].category, file["targetfilename"], file["image"]) == ("file_event", "/tmp/aá", "/usr/bin/cat")
    assert title["proctitle"] == "cat /etc"
    assert (alone["commandline"], alone.get("image")) == ("ls", None), "of another event nothing is taken"
    assert connection["source"].category == "network_connection"
    assert (connection["destinationip"], connection["destinationport"]) == ("192.0.2.1", "80")


def test_one_source_may_mix_formats_and_each_line_is_told_apart() -> None:
    lines = [CASES[n][1] for n in (0, 4, 6, 17, 21, 24, 28, 31, 33)]
    alone = [_events(line)[0]["source"] for line in lines]
    assert [event["source"] for event in _events(*lines, *reversed(lines))] == [*alone, *reversed(alone)]


def test_what_somebody_says_the_logs_are_holds_and_lines_of_no_format_are_texts_then() -> None:
    given = Source("application", "jvm", "")
    (found,) = _events("Exception in thread main", given=given)
    assert (found["source"], found["message"]) == (given, "Exception in thread main")
    with pytest.raises(ValueError, match="no format fits"):
        _events("Exception in thread main")
    (found,) = _events(CASES[0][1], format="nginx")
    assert found["source"] == Source("webserver", "", "nginx")
    for form in ("syslog", "json", "iis", "zeek", "cef"):
        with pytest.raises(ValueError, match="no "):
            _events(CASES[0][1], format=form)
    with pytest.raises(ValueError, match="no format"):
        Sorter(None, None, "xml")


def test_no_time_is_made_up_where_nobody_says_what_time_it_is() -> None:
    sorter = Sorter(None, None)
    sorter.add_line(b"<34>Oct 11 22:14:15 may1 su: x", 0)
    assert "timestamp" not in _taken(sorter)[0]


def test_bytes_that_are_no_text_are_read_as_far_as_they_are() -> None:
    (found,) = _events(b"\0\0\0Apr 30 07:00:00 may1 sshd[1]: Invalid user \xff\xfe\0x from 192.0.2.1 port 2\r")
    assert found["user"] == "\ufffd\ufffd\0x"
    assert found["src_ip"] == "192.0.2.1", "who logs in as a broken name is seen all the same"
    with pytest.raises(ValueError, match="NUL"):
        _events(b"\0\0\0")


@pytest.mark.parametrize(
    "state", [{"readers": {"zeek": 1}}, {"readers": {"auditd": {"calls": {"": 1}}}}, {"readers": []}]
)
def test_a_state_that_is_none_is_refused(state) -> None:
    with pytest.raises(ValueError, match="no state"):
        Sorter(None, None).restore(state)


_PARTS = st.sampled_from([*(case[1] for case in CASES), *ZEEK, SYSCALL, "type=EXECVE msg=audit(1.1:45): a0=41 a1[1]=42",
                          "#Fields: date time", "2026-04-30 00:00:01", "[1777507200] unbound[1:0] info: x", "{", "[", '"', "\\", " "])  # fmt: skip


@st.composite
def _mangled(draw: st.DrawFn) -> bytes:
    """A line of some format with a stretch cut out, doubled or replaced."""
    line = draw(_PARTS).encode()
    at, to = sorted(draw(st.tuples(st.integers(0, len(line)), st.integers(0, len(line)))))
    return line[:at] + draw(st.one_of(st.binary(max_size=20), _PARTS.map(str.encode))) + line[to:]


@settings(max_examples=300, deadline=None)
@given(
    lines=st.lists(st.one_of(_mangled(), st.binary(min_size=1, max_size=80)), min_size=1, max_size=8),
    form=st.sampled_from(FORMATS),
)
@example([b"{}", b'[{"": 1}]'], "auto")
def test_any_bytes_are_events_or_refused(lines, form) -> None:
    sorter = Sorter(None, None, form, now=NOW)
    added = 0
    for number, line in enumerate(lines):
        try:
            added += sorter.add_line(line, number)
        except ValueError as error:
            assert str(error)
        state = json.loads(json.dumps(sorter.state()))
        sorter.restore(state)
        assert sorter.state() == state
    for columns in sorter.columns.values():
        for batch, _ in columns.batches():
            batch.validate(full=True)
            added -= batch.num_rows
    assert added <= 0


@settings(max_examples=100, deadline=None)
@given(
    data=st.one_of(st.binary(max_size=300), st.lists(_mangled(), max_size=6).map(b"\n".join)),
    name=st.sampled_from(["a.log", "a", "a.json", "a.log.gz", "a.log.xz", "a.log.zst", "a.evtx", "conn.log"]),
    form=st.sampled_from(FORMATS),
)
def test_a_file_of_any_bytes_is_read_or_told(data, name, form) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        tallies: dict[Path, Tally] = {}
        events = sum(one.batch.num_rows for one in portions(pieces([path]), None, tallies, format=form, now=NOW))
        tally = tallies.get(path, Tally())
        assert events <= tally.read
        assert len(tally.samples) == min(tally.rejected, 5)


_LONG = ["x", " ", "=", " a=", '"', "\\", "|", "a=b ", "1.", ": ", "; ", "USER=a ; ", "for x from ", '[a b="c"]', "\t", "a b ", "[", "-",
         "from 1", "0:", '<Data Name="a">', "(", "?", "#", "Label=", "%", "' ", 'a="', "for ", "41"]  # fmt: skip


@pytest.mark.parametrize("stuff", _LONG)
def test_a_long_line_costs_no_more_than_its_length(stuff) -> None:
    """Much of anything, after each beginning that some expression takes: none of them goes back and forth."""
    heads = [case[1][: max(len(case[1]) * 2 // 3, 20)] for case in CASES] + [
        "Apr 30 07:00:00 m sudo: a : ", "Apr 30 07:00:00 m sshd: ", "Apr 30 07:00:00 m kernel: SRC= DST=", "<1>1 - - - - - [", "CEF:0|",
        "LEEF:2.0|a|b|c|d|", "type=EXECVE msg=audit(1.1:1): ", "<1>date=1 devname=", '192.0.2.1 - - [30/Apr/2026:07:00:00 +0700] "']  # fmt: skip
    size = 60_000
    for head in heads:
        began = time.process_time()
        sorter = Sorter(None, None, now=NOW)
        with contextlib.suppress(ValueError):
            sorter.add_line((head + stuff * (size // len(stuff))).encode(), 0)
        assert time.process_time() - began < 0.2, (head, stuff)
