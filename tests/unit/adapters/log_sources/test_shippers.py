"""Lines of logs within JSON, as shippers send them: the same as the lines themselves, with what stands around them."""
# ruff: noqa: E501  (a line of a log is one line)

import json
import time
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigil.adapters.log_sources import FORMATS, Sorter
from vigil.adapters.receivers.hec import read_events, read_raw
from vigil.engines.detection.terms import Source

NOW = datetime(2026, 5, 1, 12, tzinfo=timezone(timedelta(hours=7)))
ACCESS = '203.0.113.5 - - [30/Apr/2026:07:00:01 +0700] "GET /x?q=%24%7Bjndi HTTP/1.1" 200 5 "-" "c"'
AUTH = "Apr 30 07:00:00 may1 sshd[12]: Failed password for admin from 192.0.2.7 port 4022 ssh2"
SSHD = "Failed password for admin from 192.0.2.7 port 4022 ssh2"
DNS = "30-Apr-2026 07:00:00.123 queries: info: client @0x7f1c 192.0.2.5#53124 (a.example): query: a.example IN A +E(0)K (192.0.2.53)"
AUDIT = 'type=SYSCALL msg=audit(1777507200.123:45): arch=c000003e syscall=59 success=yes pid=2 uid=0 exe="/usr/bin/cat"'
EVE = {
    "timestamp": "2026-04-30T00:00:00.1+0000",
    "flow_id": 1,
    "event_type": "tls",
    "src_ip": "192.0.2.1",
    "tls": {"sni": "a.example"},
}
WEB, SSH = Source("webserver", "", "apache,nginx"), Source("", "linux", "sshd,auth,syslog")


def _beat(text: str, **more: Any) -> dict[str, Any]:
    return {
        "@timestamp": "2026-04-30T01:00:00.000Z", "message": text, "host": {"name": "may9"}, "input": {"type": "filestream"},
        "agent": {"type": "filebeat", "version": "8.19.0"}, "log": {"offset": 0, "file": {"path": "/var/log/a.log"}}, **more,
    }  # fmt: skip


def _read(*events: Any, form: str = "auto", given: Source | None = None) -> list[dict[str, Any]]:
    sorter = Sorter(None, given, form, now=NOW)
    for number, event in enumerate(events):
        sorter.add_line(event if isinstance(event, bytes) else json.dumps(event).encode(), number)
    found = []
    for source, columns in sorter.columns.items():
        for batch, numbers in columns.batches():
            assert len(set(batch.schema.names)) == len(batch.schema.names), "a field is one column"
            for number, row in zip(numbers, batch.to_pylist(), strict=True):
                found.append((number, {"source": source, **{k: v for k, v in row.items() if v is not None}}))
    return [event for _, event in sorted(found, key=lambda one: one[0])]


def _hec(event: Any, **about: Any) -> bytes:
    (record,) = read_events(json.dumps({"event": event, **about}).encode(), {}, 100_000).records
    return record


CASES: list[tuple[str, Any, Source, dict[str, Any]]] = [
    ("Filebeat, an access log", _beat(ACCESS), WEB,
     {"cs-uri-stem": "/x", "c-ip": "203.0.113.5", "timestamp": "2026-04-30T07:00:01+07:00", "host.name": "may9", "log.file.path": "/var/log/a.log"}),
    ("Filebeat, a file of syslog", _beat(AUTH), SSH, {"message": SSHD, "src_ip": "192.0.2.7", "hostname": "may1", "program": "sshd"}),
    ("Filebeat, the original kept", {"@timestamp": "2026-04-30T01:00:00Z", "event": {"original": ACCESS, "module": "nginx"}}, WEB,
     {"sc-status": "200", "event.module": "nginx"}),
    ("Filebeat, journald", {"@timestamp": "2026-04-30T01:00:00Z", "message": SSHD, "syslog": {"identifier": "sshd", "facility": 4}}, SSH,
     {"src_ip": "192.0.2.7", "@timestamp": "2026-04-30T01:00:00Z", "program": "sshd"}),
    ("Fluent Bit, tail", {"date": 1777507200.5, "log": ACCESS + "\n", "path": "/x"}, WEB, {"cs-method": "GET", "path": "/x"}),
    ("Fluent Bit, systemd", {"date": 1777507200.5, "MESSAGE": SSHD, "SYSLOG_IDENTIFIER": "sshd", "_PID": "12"}, SSH, {"user": "admin"}),
    ("Vector, a file", {"file": "/a", "host": "may3", "message": ACCESS, "source_type": "file", "timestamp": "2026-05-01T00:00:00Z"}, WEB,
     {"host": "may3", "timestamp": "2026-04-30T07:00:01+07:00"}),
    ("Vector, syslog", {"appname": "sshd", "facility": "auth", "severity": "info", "hostname": "may4", "message": SSHD, "procid": 12,
                        "timestamp": "2026-04-30T00:00:00Z"}, SSH, {"hostname": "may4", "timestamp": "2026-04-30T00:00:00Z", "src_port": "4022"}),
    ("rsyslog, omelasticsearch", {"@timestamp": "2026-04-30T07:00:00+07:00", "host": "may5", "facility": "auth", "severity": "info", "syslogtag": "sshd[12]:",
                                  "message": " " + SSHD}, SSH, {"message": SSHD, "host": "may5"}),
    ("HEC, a text", _hec(ACCESS, host="may6", sourcetype="access_combined", time=1777507200), WEB, {"cs-uri-stem": "/x", "host": "may6"}),
    ("HEC, raw", read_raw(AUTH.encode(), {"host": "may6"}, 100_000).records[0], SSH, {"src_ip": "192.0.2.7", "hostname": "may1"}),
    ("HEC, of a program", _hec({"message": SSHD, "program": "sshd"}, time=1777507200.5, host="may7"), SSH, {"host": "may7", "time": "1777507200.5"}),
    ("Splunk's export", {"result": {"_raw": ACCESS, "host": "may8", "_time": "2026-04-30"}}, WEB, {"host": "may8"}),
    ("BIND", _beat(DNS), Source("dns", "linux", "bind"), {"query": "a.example", "src_ip": "192.0.2.5"}),
    ("auditd", _beat(AUDIT), Source("", "linux", "auditd"), {"exe": "/usr/bin/cat"}),
    ("CEF", _beat("CEF:0|Hang|Tuong Lua|1|100|Chan|8|src=192.0.2.7 dst=192.0.2.9 dpt=80 act=deny"), Source("firewall", "", ""), {"dst_port": "80"}),
    ("Suricata's EVE as a text", _beat(json.dumps(EVE)), Source("", "suricata", "tls"), {"tls.sni": "a.example", "host.name": "may9", "timestamp": EVE["timestamp"]}),
    ("a container's object around a line", _beat(json.dumps({"log": ACCESS + "\n", "stream": "stdout", "time": "2026-04-30T00:00:05Z"})), WEB,
     {"stream": "stdout", "timestamp": "2026-04-30T07:00:01+07:00"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "event", "source", "fields"), CASES, ids=[case[0] for case in CASES])
def test_a_line_within_json_is_what_it_is_by_itself(name, event, source, fields) -> None:
    (found,) = _read(event)
    assert found["source"] == source or (found["source"].category, found["source"].product) == (
        source.category,
        source.product,
    )
    assert {key: found.get(key) for key in fields} == fields
    if source is WEB:
        assert {key: found[key] for key in ("c-ip", "cs-uri-query")} == {
            key: value for key, value in _read(ACCESS.encode())[0].items() if key in ("c-ip", "cs-uri-query")
        }
        assert "message" not in found and "@timestamp" not in found, "the line's own time is the event's"


@pytest.mark.parametrize(
    "event",
    [
        _beat("user admin signed in from 192.0.2.7"),
        _beat("2026-04-30T07:00:00Z ERROR vn.example.Kho: cannot write"),
        {"message": "Failed password for admin", "facility": "billing", "level": 3},
        {"message": {"text": ACCESS}},
        {"message": "{broken", "a": 1},
        {"log": {"level": "info"}, "message": "GET /x 200"},
        {"message": "{}"},
    ],
)
def test_what_is_no_line_of_a_log_stays_what_it_was(event) -> None:
    (found,) = _read(event)
    assert found["source"] == Source() and not {"cs-uri-stem", "src_ip", "program", "hostname"} & set(found)
    for key, value in event.items():
        assert not isinstance(value, str) or found[key] == value


def test_what_is_told_apart_by_its_keys_is_not_asked_for_a_line() -> None:
    winlog = {
        "event_id": 4625,
        "channel": "Security",
        "computer_name": "may1",
        "event_data": {"IpAddress": "192.0.2.7"},
    }
    found = _read(
        {"winlog": winlog, "message": ACCESS},
        {"EventID": 1, "Channel": "x", "message": AUTH},
        {**EVE, "message": ACCESS},
    )
    assert [one["source"].product for one in found] == ["windows", "windows", "suricata"]


@pytest.mark.parametrize("form", ["apache", "nginx"])
def test_a_format_that_somebody_named_is_that_of_the_text(form) -> None:
    (found,) = _read(_beat(ACCESS), form=form)
    assert (found["source"].category, found["cs-uri-stem"], found["host.name"]) == ("webserver", "/x", "may9")
    with pytest.raises(ValueError, match="access log"):
        _read(_beat("no such line"), form=form)
    assert _read(ACCESS.encode(), form=form)[0]["cs-uri-stem"] == "/x"


def test_a_header_in_a_text_says_how_the_texts_after_it_are_read() -> None:
    head, line = "#Fields: date time cs-method cs-uri-stem sc-status", "2026-04-30 01:00:00 GET /owa/ 200"
    (found,) = _read(_beat(head), _beat(line), form="iis")
    assert (found["cs-uri-stem"], found["source"].service) == ("/owa/", "iis")
    assert _read(_beat(head), _beat(line))[-1]["cs-uri-stem"] == "/owa/"


def test_json_is_json_where_somebody_says_so() -> None:
    assert _read(_beat(ACCESS), form="json")[0]["message"] == ACCESS
    assert _read(_beat(ACCESS), form="text")[0]["message"].startswith("{")
    assert _read(_beat("chuyện thường"), given=Source("", "linux", ""))[0]["message"] == "chuyện thường"


def test_who_says_what_the_logs_are_roughly_is_told_the_rest_by_the_events() -> None:
    linux = Source("", "linux", "")
    found = _read(
        _beat(AUTH), _beat(ACCESS), _beat("chuyện thường"), {"Event": {"System": {"EventID": 1}}}, given=linux
    )
    assert [one["source"] for one in found] == [SSH, Source("webserver", "linux", "apache,nginx"), linux, linux]
    (found,) = _read(ACCESS.encode(), given=Source("webserver", "", "nginx"))
    assert found["source"] == Source("webserver", "", "nginx")


TEXTS = st.one_of(
    st.text(max_size=60), st.sampled_from([ACCESS, AUTH, DNS, AUDIT, json.dumps(EVE), "#Fields: a b", "{", "<1>x", "time=1 devname=a"]),
)  # fmt: skip
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-9, 9), TEXTS),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(
    [
        "message",
        "log",
        "_raw",
        "MESSAGE",
        "event",
        "original",
        "program",
        "tag",
        "syslog",
        "timestamp",
        "time",
        "result",
        "hec",
        "x",
    ]
)


@settings(max_examples=300, deadline=None)
@given(events=st.lists(st.dictionaries(NAMES, VALUES, max_size=5), max_size=4), form=st.sampled_from(FORMATS))
def test_any_object_is_an_event_or_refused(events, form) -> None:
    sorter = Sorter(None, None, form, now=NOW)
    taken = 0
    for number, event in enumerate(events):
        try:
            taken += sorter.add_line(json.dumps(event).encode(), number)
        except ValueError:
            continue
    told = sum(batch.num_rows for columns in sorter.columns.values() for batch, _ in columns.batches())
    assert told == taken


def test_json_within_json_keeps_what_it_says_of_itself_however_it_is_nested() -> None:
    own = {"host": {"name": "may1"}, "user": {"name": "an"}, "timestamp": None}
    (event,) = _read(_beat(json.dumps(own), user={"name": "shipper"}))
    assert (event["host.name"], event["user.name"]) == ("may1", "an")
    assert event["@timestamp"] == "2026-04-30T01:00:00.000Z", "a time that is null is none"
    said = {"Event": "login", "user": "an"}
    (event,) = _read(_beat(json.dumps(said)))
    assert said.items() <= {"Event": event["event"], "user": event["user"]}.items(), (
        "its word Event is none of Windows'"
    )
    assert _read(said)[0]["event"] == "login"


@pytest.mark.parametrize(
    "facility, is_syslog", [("payment", False), (99, False), (True, False), ("auth", True), (4, True)]
)
def test_an_application_that_names_a_facility_of_its_own_is_no_syslog(facility: Any, is_syslog: bool) -> None:
    (event,) = _read(
        {"message": "user an came", "severity": "INFO", "facility": facility, "host": "may1", "ident": "ung-dung"}
    )
    assert (event["source"] == Source("", "linux", "syslog")) == is_syslog


@pytest.mark.parametrize("head", ["Got query for ", "Query for a|"])
def test_a_long_text_takes_no_time_by_its_square(head: str) -> None:
    begun = time.process_time()
    _read({"message": head + "|" * 200_000})
    assert time.process_time() - begun < 5


def test_a_result_within_an_event_of_an_application_takes_nothing_from_it() -> None:
    (event,) = _read({"user": "an", "action": "login", "result": {"code": 0}})
    assert (event["user"], event["action"], event["result.code"]) == ("an", "login", "0")
    for around in ({"preview": False, "offset": 3, "lastrow": True}, {"hec": {"host": "may1"}}, {}):
        (event,) = _read({**around, "result": {"user": "an"}})
        assert event["user"] == "an" and "offset" not in event
    (event,) = _read({"_index": "a", "_id": "1", "_score": 1, "sort": [1], "_source": {"user": "an"}})
    assert event["user"] == "an" and "_id" not in event
