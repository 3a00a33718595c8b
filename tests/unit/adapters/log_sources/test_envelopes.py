"""Lines that shippers wrap in JSON are what they are by themselves, and prose stays what it is."""
# ruff: noqa: E501  (a line of a log is one line)

import contextlib
import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.adapters.log_sources.test_formats import CASES, SYSCALL, ZEEK, _events, _mangled, _taken

from vigil.adapters.log_sources import FORMATS, Sorter
from vigil.adapters.receivers.hec import read_events, read_raw
from vigil.engines.detection.terms import Source

NOW = datetime(2026, 5, 1, 12, tzinfo=timezone(timedelta(hours=7)))
READ_AT = "2026-05-01T01:02:03.456Z"
ACCESS = '192.0.2.1 - - [30/Apr/2026:07:00:01 +0700] "GET /x?q=1 HTTP/1.1" 200 5 "-" "c"'
SSHD = "Apr 30 07:00:00 may1 sshd[12]: Failed password for invalid user admin from 192.0.2.7 port 4022 ssh2"
REFUSED = "Failed password for invalid user admin from 192.0.2.7 port 4022 ssh2"
WEB, LINUX_SSHD = Source("webserver", "", "apache,nginx"), Source("", "linux", "sshd,auth,syslog")
NGINX, SYSLOG = Source("webserver", "", "nginx"), Source("", "linux", "syslog")
GENERIC = Source()


def _beat(text: str, **more: Any) -> dict[str, Any]:
    """As Filebeat sends a line."""
    return {
        "@timestamp": READ_AT,
        "message": text,
        "host": {"name": "thu1", "os": {"family": "debian"}},
        "log": {"offset": 17, "file": {"path": "/srv/nhat-ky/a.log"}},
        "agent": {"type": "filebeat", "version": "8.19.0"},
        "fields": {"noi": "ha-noi"},
        **more,
    }


def _hec(text: str, **more: Any) -> bytes:
    """As it stands in the spool."""
    (record,) = read_events(json.dumps({"event": text, **more}).encode(), {}, 10**6).records
    return record


def _raw(text: str) -> bytes:
    (record,) = read_raw(text.encode(), {"host": "thu1", "sourcetype": "x"}, 10**6).records
    return record


SHIPPERS: dict[str, Callable[[str], Any]] = {
    "Filebeat": _beat,
    "Filebeat, dotted": lambda text: {"@timestamp": READ_AT, "message": text, "host.name": "thu1", "log.file.path": "/a"},
    "Fluent Bit": lambda text: {"@timestamp": READ_AT, "log": text + "\n", "host": "thu1"},
    "Fluent Bit, of a container": lambda text: {"@timestamp": READ_AT, "log": f"{READ_AT} stdout F {text}", "host": "thu1"},
    "Vector": lambda text: {"message": text, "timestamp": READ_AT, "host": "thu1", "file": "/a", "source_type": "file"},
    "Logstash": lambda text: {"@timestamp": READ_AT, "event": {"original": text}, "host": {"name": "thu1"}, "@version": "1"},
    "HEC": lambda text: _hec(text, time=1777507200.5, host="thu1", sourcetype="x"),
    "HEC, an object": lambda text: _hec({"message": text}, time="1777507200.5", host="thu1"),  # type: ignore[arg-type]
    "HEC, raw": _raw,
    "Docker within Filebeat": lambda text: _beat(json.dumps({"log": text + "\n", "stream": "stdout", "time": READ_AT})),
}  # fmt: skip
# of what begins in no way of its own: only where somebody says what it is
TOLD = {"RFC 5424 with nothing", "without priority, host or process"}


def _line(record: Any) -> bytes:
    return record if isinstance(record, bytes) else json.dumps(record).encode()


@pytest.mark.parametrize("shipper", SHIPPERS)
@pytest.mark.parametrize(("name", "line", "source", "fields"), CASES, ids=[case[0] for case in CASES])
def test_a_line_inside_is_what_it_is_by_itself(shipper, name, line, source, fields) -> None:
    (found,) = _events(_line(SHIPPERS[shipper](line)))
    if name in TOLD:
        assert found["source"] in (source, GENERIC)
        return
    assert found["source"] == source
    said = {"timestamp", "hostname", "computer", *(field for field in fields if fields[field] is None)}
    expected = {field: value for field, value in fields.items() if field not in said}
    assert {field: found.get(field) for field in expected} == expected
    if fields.get("timestamp"):
        assert found["timestamp"] == fields["timestamp"], "its own time goes before that of the shipper"
        assert "@timestamp" not in found
    if fields.get("hostname"):
        assert found["hostname"] == fields["hostname"]
    elif not (shipper.startswith("HEC") and line.startswith("{")):  # an event of its own, which HEC need not wrap
        assert "thu1" in (found.get("host"), found.get("host.name"), found.get("hostname"))


def test_what_is_around_the_line_stays_and_the_line_goes_first() -> None:
    (found,) = _events(_line(_beat(SSHD, message_id="7", hostname="other", src_ip="198.51.100.9")))
    assert found == {
        "source": LINUX_SSHD, "message": REFUSED, "user": "admin", "src_ip": "192.0.2.7", "src_port": "4022", "hostname": "may1",
        "program": "sshd", "pid": "12", "timestamp": "2026-04-30T07:00:00+07:00", "event.created": READ_AT, "host.name": "thu1",
        "host.os.family": "debian", "log.offset": "17", "log.file.path": "/srv/nhat-ky/a.log", "agent.type": "filebeat",
        "agent.version": "8.19.0", "fields.noi": "ha-noi", "message_id": "7",
    }  # fmt: skip
    (found,) = _events(_line(_beat("client 192.0.2.1#53: query: x.example IN A + (::1)", timestamp="t")))
    assert (found["@timestamp"], found["timestamp"]) == (READ_AT, "t"), "a line without a time has the shipper's"
    (found,) = _events(_hec("a", time=1777507200.5, host="h", fields={"pod": "p"}))
    assert found == {"source": GENERIC, "message": "a", "time": "1777507200.5", "host": "h", "fields.pod": "p"}
    (found,) = _events(_hec({"ts": "2026-04-30T00:00:00Z", "a": 1, "host": "own"}, time=1, host="h"))  # type: ignore[arg-type]
    assert found == {"source": GENERIC, "ts": "2026-04-30T00:00:00Z", "a": "1", "host": "own"}


HINTED: list[tuple[str, dict[str, Any], Source, dict[str, Any]]] = [
    ("a module of Filebeat", _beat(ACCESS, event={"module": "nginx", "dataset": "nginx.access"}, fileset={"name": "access"}),
     NGINX, {"cs-uri-stem": "/x", "event.dataset": "nginx.access"}),
    ("a module and its file set", _beat(ACCESS, event={"module": "apache"}, fileset={"name": "access"}),
     Source("webserver", "", "apache"), {"c-ip": "192.0.2.1"}),
    ("an error log of a module", _beat("2026/04/30 07:00:00 [crit] 1#1: x", event={"dataset": "nginx.error"}),
     Source("", "", "nginx"), {"message": "2026/04/30 07:00:00 [crit] 1#1: x"}),
    ("a module for syslog, RFC 3339 and no process", _beat("2026-04-30T07:00:00+07:00 may1 ung-dung: x", event={"dataset": "system.syslog"}),
     SYSLOG, {"program": "ung-dung", "message": "x", "timestamp": "2026-04-30T07:00:00+07:00"}),
    ("IIS, whose header is left out", _beat("2026-04-30 01:00:00 192.0.2.9 POST /owa/a.aspx x=1 443 - 203.0.113.5 Moz/5 - 200 0 0 15",
     event={"module": "iis", "dataset": "iis.access"}), Source("webserver", "windows", "iis"),
     {"c-ip": "203.0.113.5", "cs-user-agent": "Moz/5", "sc-status": "200", "timestamp": "2026-04-30T01:00:00Z"}),
    ("IIS of old, told by itself", _beat("2026-04-30 01:00:00 192.0.2.9 GET / - 80 - 203.0.113.5 Moz/5 404 0 2 15"),
     Source("webserver", "windows", "iis"), {"c-ip": "203.0.113.5", "sc-status": "404", "cs-uri-stem": "/"}),
    ("the syslog input of Filebeat", _beat(REFUSED, log={"syslog": {"appname": "sshd", "facility": {"code": 4}}}),
     LINUX_SSHD, {"src_ip": "192.0.2.7", "program": "sshd", "host.name": "thu1"}),
    ("an older one", _beat(REFUSED, process={"name": "sshd", "pid": 12}), LINUX_SSHD, {"user": "admin"}),
    ("journald by Fluent Bit", {"@timestamp": READ_AT, "SYSLOG_IDENTIFIER": "sshd", "_PID": "12", "_HOSTNAME": "may1", "MESSAGE": REFUSED},
     LINUX_SSHD, {"src_ip": "192.0.2.7", "message": REFUSED, "hostname": "may1", "@timestamp": READ_AT}),
    ("journald, a program of no note", {"SYSLOG_IDENTIFIER": "ung-dung", "message": "xong", "host": "may1"}, SYSLOG,
     {"message": "xong", "program": "ung-dung"}),
    ("the syslog source of Vector", {"appname": "sshd", "facility": "auth", "severity": "info", "hostname": "may1", "message": REFUSED,
     "timestamp": READ_AT}, LINUX_SSHD, {"hostname": "may1", "facility": "auth", "timestamp": READ_AT}),
    ("the parser of Fluent Bit", {"pri": "34", "ident": "sshd", "pid": "12", "host": "may1", "message": REFUSED}, LINUX_SSHD, {"pid": "12"}),
    ("an access log in the journal", {"SYSLOG_IDENTIFIER": "nginx", "MESSAGE": ACCESS}, NGINX, {"cs-method": "GET"}),
    ("a whole line in the journal", {"SYSLOG_IDENTIFIER": "logger", "MESSAGE": SSHD}, LINUX_SSHD, {"hostname": "may1"}),
    ("BIND in the journal", {"SYSLOG_IDENTIFIER": "named", "MESSAGE": "client 192.0.2.1#53: query: x.example IN A + (::1)"},
     Source("dns", "linux", "bind"), {"query": "x.example"}),
    ("linux_secure", json.loads(_hec(SSHD, sourcetype="linux_secure")), LINUX_SSHD, {"sourcetype": "linux_secure", "user": "admin"}),
    ("access_combined", json.loads(_hec(ACCESS, sourcetype="access_combined", time=1)), WEB, {"timestamp": "2026-04-30T07:00:01+07:00"}),
    ("nginx:plus:access", json.loads(_hec(ACCESS, sourcetype="nginx:plus:access")), NGINX, {"cs-method": "GET"}),
    ("syslog without a header", json.loads(_hec("xong", sourcetype="syslog")), SYSLOG, {"message": "xong"}),
    ("an export of Splunk's", {"result": {"_raw": SSHD, "host": "h", "sourcetype": "linux_secure"}}, LINUX_SSHD, {"hostname": "may1"}),
    ("a file of syslog", {"message": "2026-04-30T07:00:00+07:00 may1 ung-dung: x", "file": "/var/log/messages"}, SYSLOG, {"program": "ung-dung"}),
    ("a folder of nginx", _beat("[crit] x", log={"file": {"path": "/var/log/nginx/error.log"}}), Source("", "", "nginx"), {"message": "[crit] x"}),
    ("its own host in RFC 3339", _beat("2026-04-30T07:00:00Z thu1 ung-dung: x"), SYSLOG, {"hostname": "thu1", "program": "ung-dung"}),
    ("EVE", _beat('{"timestamp":"2026-04-30T07:00:00.1+0700","event_type":"alert","src_ip":"192.0.2.1","alert":{"signature":"X"}}'),
     Source("", "suricata", "alert"), {"alert.signature": "X", "timestamp": "2026-04-30T07:00:00.1+0700", "event.created": READ_AT, "@timestamp": None}),
    ("Windows in a text", _beat('{"Event":{"System":{"EventID":1,"Channel":"Security"},"EventData":{"a":"b"}}}'),
     Source("", "windows"), {"eventid": "1", "a": "b"}),
    ("JSON of a program", _beat('{"level":"info","msg":"x"}'), GENERIC, {"level": "info", "msg": "x", "host.name": "thu1", "@timestamp": READ_AT}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "record", "source", "fields"), HINTED, ids=[case[0] for case in HINTED])
def test_what_a_shipper_says_of_a_line_is_heard(name, record, source, fields) -> None:
    (found,) = _events(_line(record))
    assert found["source"] == source
    assert {field: found.get(field) for field in fields} == fields


PROSE = [
    "Order 17 was accepted", "2026-04-30T07:00:00Z INFO main: started", "2026-04-30T07:00:00.123Z app worker: done",
    "2026-04-30T07:00:00Z INFO worker[12]: done", "2026-04-30 07:00:00 192.0.2.1 connected", "30-Apr-2026 10:00:00.123 INFO [main] org.example.A x",
    "Apr 30 07:00:00 something happened here", "Apr 30 07:00:00 may1 ERROR: disk", "An account was logged on.\n\nSubject:\n\tID: S-1",
    "type=order msg=audit of the year", "date=2026-04-30 total=7", "client lost: 17", "{broken", "{}", "[1,2]", "# a heading", "<b>hello</b>",
    "Query for everything", "CEF: a bank", "GET /x [30/Apr/2026:07:00:01 +0700] \"done\"", "[1777507200] hello", "", " ", "\n", "null",
]  # fmt: skip


@pytest.mark.parametrize("text", PROSE)
@pytest.mark.parametrize("shipper", ["Filebeat", "Vector", "HEC, an object"])
def test_prose_stays_what_it_was(text, shipper) -> None:
    record = SHIPPERS[shipper](text)
    (found,) = _events(_line(record))
    assert found["source"] == GENERIC
    assert found["message"] == text
    assert "@timestamp" in found or "timestamp" in found or "time" in found


def test_events_of_their_own_are_not_looked_into() -> None:
    winlog = {"event_id": 1, "channel": "Security", "computer_name": "W", "event_data": {"a": "b"}}
    (found,) = _events(_line(_beat(SSHD, winlog=winlog)))
    assert (found["source"], found["a"], found.get("user")) == (Source("", "windows"), "b", None)
    (found,) = _events(_line({"EventID": 1, "Channel": "Security", "message": ACCESS}))
    assert (found["source"], found["message"]) == (Source("", "windows"), ACCESS)
    (found,) = _events(_line({"event_type": "alert", "src_ip": "192.0.2.1", "message": ACCESS}))
    assert found["source"] == Source("", "suricata", "alert")
    sensor = _beat(REFUSED, process={"name": "sshd", "executable": "/usr/sbin/sshd", "pid": 1})
    (found,) = _events(_line(sensor))
    assert found["source"] == GENERIC, "a sensor that tells of a process is no syslog"


@pytest.mark.parametrize("shipper", SHIPPERS)
def test_the_format_that_somebody_gave_is_that_of_what_is_inside(shipper) -> None:
    def wrapped(text: str) -> bytes:
        return _line(SHIPPERS[shipper](text))

    (found,) = _events(wrapped(ACCESS), format="nginx")
    assert (found["source"], found["cs-uri-stem"]) == (NGINX, "/x")
    (found,) = _events(wrapped(SSHD), format="syslog")
    assert (found["source"], found["user"]) == (LINUX_SSHD, "admin")
    (found,) = _events(wrapped("CEF:0|H|M|1|1|n|5|src=192.0.2.1 request=http://x.example/a?b"), format="cef")
    assert found["source"] == Source("proxy,webserver")
    for form in ("nginx", "apache", "iis", "bind", "syslog", "auditd", "cef", "fortinet"):
        with pytest.raises(ValueError, match="no "):
            _events(wrapped("Order 17 was accepted"), format=form)
    assert _events(wrapped(ACCESS), format="json")[0]["source"] == GENERIC, "JSON is what somebody says it is"


def test_headers_in_envelopes_are_none_and_are_remembered() -> None:
    sorter = Sorter(None, None, now=NOW)
    iis = ["#Software: Microsoft Internet Information Services 10.0", "#Fields: date time c-ip cs-uri-stem cs-method",
           "2026-04-30 00:00:02 203.0.113.6 /y GET"]  # fmt: skip
    assert [sorter.add_line(_line(_beat(line)), n) for n, line in enumerate(iis)] == [False, False, True]
    later = Sorter(None, None, "iis", now=NOW)
    later.restore(json.loads(json.dumps(sorter.state())))
    assert later.add_line(_line(_beat(iis[2])), 0)
    assert _taken(sorter)[0]["cs-uri-stem"] == _taken(later)[0]["cs-uri-stem"] == "/y"
    zeek = Sorter(None, None, "zeek", now=NOW)
    row = "1777507200.5\tC1\t192.0.2.1\tx.example\tA\t198.51.100.1,198.51.100.2\tF\ta"
    for n, line in enumerate([*ZEEK, row, row]):
        assert zeek.add_line(_line(_beat(line)), n) == (n >= len(ZEEK))
    one, two = _taken(zeek)
    assert one == two
    assert (one["source"], one["answer"], one["timestamp"]) == (
        Source("dns", "zeek", "dns"), ["198.51.100.1", "198.51.100.2"], "2026-04-30T00:00:00.500000Z")  # fmt: skip
    assert "@timestamp" not in one


def test_audit_records_in_envelopes_are_joined() -> None:
    lines = [SYSCALL, 'type=EXECVE msg=audit(1777507200.123:45): argc=1 a0="cat"']
    _, run = _events(*(_line(_beat(line)) for line in lines))
    assert (run["source"].category, run["image"], run["host.name"]) == ("process_creation", "/usr/bin/cat", "thu1")


def test_texts_in_texts_are_not_opened_for_ever() -> None:
    text = SSHD
    for _ in range(8):
        text = json.dumps({"message": text})
    (found,) = _events(text)
    assert found["source"] == GENERIC


_KEYS = st.sampled_from([
    "message", "log", "MESSAGE", "line", "_raw", "event", "original", "dataset", "module", "fileset", "name", "process", "syslog",
    "appname", "SYSLOG_IDENTIFIER", "sourcetype", "source", "host", "@timestamp", "timestamp", "time", "ts", "result", "hec", "fields", "",
    "file", "path", "Message", "event.dataset", "log.file.path", "facility", "json", "query",
])  # fmt: skip
_TEXTS = st.one_of(
    st.sampled_from([*(case[1] for case in CASES), *PROSE, *ZEEK, ACCESS, SSHD, "nginx.access", "linux_secure", "/var/log/syslog", "sshd"]),
    _mangled().map(lambda line: line.decode("utf-8", "replace")),
    st.text(max_size=30),
)  # fmt: skip
_VALUES = st.recursive(
    st.one_of(_TEXTS, _TEXTS, st.none(), st.booleans(), st.integers(-(2**63), 2**64 - 1)),
    lambda inner: st.one_of(
        st.dictionaries(_KEYS, inner, max_size=4), st.lists(inner, max_size=2),
        st.dictionaries(_KEYS, inner, max_size=3).map(json.dumps),
    ),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(
    events=st.lists(st.dictionaries(_KEYS, _VALUES, max_size=6), min_size=1, max_size=5), form=st.sampled_from(FORMATS)
)
def test_any_envelope_is_an_event_or_refused(events, form) -> None:
    sorter = Sorter(None, None, form, now=NOW)
    added = 0
    for number, event in enumerate(events):
        try:
            added += sorter.add_line(json.dumps(event).encode("utf-8", "replace"), number)
        except ValueError as error:
            assert str(error)
    found = 0
    for columns in sorter.columns.values():
        for batch, numbers in columns.batches():
            batch.validate(full=True)
            found += len(set(numbers))
    assert found <= len(events)
    assert added <= found


@pytest.mark.parametrize(
    "stuff", ["x", " ", "a ", "[", "2026-04-30T", "<1>", "1.", "type=", '"', "\\", "#", "{", "- ", "Apr "]
)
def test_a_long_text_costs_no_more_than_its_length(stuff) -> None:
    for head in (
        "",
        "192.0.2.1 - - [30/Apr/2026:07:00:00 +0700] ",
        "2026-04-30 01:00:00 192.0.2.9 GET /",
        "Apr 30 07:00:00 m p: ",
        "<13>1 ",
    ):
        began = time.process_time()
        with contextlib.suppress(ValueError):
            _events(_line(_beat(head + stuff * (60_000 // len(stuff)))))
        assert time.process_time() - began < 0.2, (head, stuff)
