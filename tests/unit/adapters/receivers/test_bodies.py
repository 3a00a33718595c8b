"""Bodies that shippers send: what is bad fails alone, and what is refused is refused before it costs anything."""

import asyncio
import base64
import gzip
import time
import zlib
from uuid import UUID

import orjson
import pytest

from vigil.adapters.receivers import Tally
from vigil.adapters.receivers.bodies import BodyRefused, expanded
from vigil.adapters.receivers.bulk import answer, read_bulk
from vigil.adapters.receivers.elastic import asked
from vigil.adapters.receivers.hec import read_events, read_raw
from vigil.adapters.receivers.tokens import source_of
from vigil.engines.detection.terms import Source

SOURCE = UUID(int=7)


class OneToken:
    async def by_address(self, address: str, host: str) -> UUID | None:
        return None

    async def by_token(self, token: str) -> UUID | None:
        return SOURCE if token == "khoá" else None


def _coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("header", "known"),
    [
        ("Splunk khoá", True),
        ("bearer khoá", True),
        ("ApiKey khoá", True),
        ("ApiKey " + _coded("id:khoá"), True),
        ("Basic " + _coded("anybody:khoá"), True),
        ("Basic " + _coded("khoá:"), False),
        ("Basic khoá", False),
        ("Digest khoá", False),
        ("Splunk khoa", False),
        ("Splunk ", False),
        ("", False),
    ],
)
def test_tokens_in_every_scheme(header: str, known: bool) -> None:
    assert asyncio.run(source_of(header, OneToken())) == (SOURCE if known else None)


def test_packed_bodies_and_bombs() -> None:
    text = b"xin ch\xc3\xa0o\n" * 1000
    for packed in (gzip.compress(text), zlib.compress(text), gzip.compress(text[:500]) + gzip.compress(text[500:])):
        assert expanded(packed, len(text)) == text
        with pytest.raises(BodyRefused) as refused:
            expanded(packed, len(text) - 1)
        assert refused.value.status == 413
    bomb = gzip.compress(bytes(200_000_000), 9)
    with pytest.raises(BodyRefused, match="when unpacked"):
        expanded(bomb, 1_000_000)
    for broken in (b"no gzip", gzip.compress(text)[:-20], gzip.compress(text) + b"tail"):
        with pytest.raises(BodyRefused) as refused:
            expanded(broken, len(text))
        assert refused.value.status == 400


def test_a_bulk_body_item_by_item() -> None:
    body = b"\n".join(
        [
            b'{"create":{"_index":"a"}}',
            b'{"n":1}',
            b'{"index":{}}',
            b'{"n":2',
            b'{"delete":{"_id":"1"}}',
            b'{"update":{"_id":"1"}}',
            b'{"doc":{}}',
            b"no action",
            b'{"its":"document"}',
            b"no action, and no document follows",
            b'{"create":{}}',
            b"[1]",
            b'{"create":{}}',
            b'{"long":"' + b"x" * 100 + b'"}',
            b'{"create":{}}\r',
            b'  {"n":3}\r',
            b'{"create":{}}',
        ]
    )
    read = read_bulk(body, "path", 100)
    assert read.records == [b'{"n":1}', b'{"n":3}']
    said = orjson.loads(answer(read, 5, brief=False))
    assert said["errors"] is True
    statuses = [(name, item["_index"], item["status"]) for one in said["items"] for name, item in one.items()]
    assert statuses == [
        ("create", "a", 201),
        ("index", "path", 400),
        ("delete", "path", 400),
        ("update", "path", 400),
        ("index", "path", 400),
        ("index", "path", 400),
        ("create", "path", 400),
        ("create", "path", 400),
        ("create", "path", 201),
        ("create", "path", 400),
    ]
    assert len(read.refused) == 8
    good = read_bulk(b'{"create":{}}\n{"n":1}\n', "path", 100)
    assert answer(good, 5, brief=True) == b'{"took":5,"errors":false,"items":[{"create":{"status":201}}]}'


@pytest.mark.parametrize(
    ("body", "results"),
    [
        (b'{"event":{"a":1}}', [{"a": 1}]),
        (b'{"event":{"a":1}}{"event":{"a":2}}', [{"a": 1}, {"a": 2}]),
        (b'{"event":{"a":1}}\n{"event":{"a":2}}\n', [{"a": 1}, {"a": 2}]),
        (b'{\n "event": {"a":1}\n}\r\n\r\n{"event":{"a":2}}', [{"a": 1}, {"a": 2}]),
        (b'[{"event":{"a":1}},{"event":{"a":2}}]', [{"a": 1}, {"a": 2}]),
        (b'{"event":"text","host":"gw"}', [{"message": "text", "host": "gw"}]),
        (b'{"event":"{\\"a\\":1}","host":"gw"}', [{"a": 1}]),
        (b'{"event":5}', [{"message": 5}]),
        (b'{"event":{"a":1}}\n{"event":{"a":\n{"event":{"a":3}}', [{"a": 1}, {"a": 3}]),
    ],
)
def test_hec_events_however_they_are_joined(body: bytes, results: list[dict[str, object]]) -> None:
    read = read_events(body, {}, 1000)
    assert [orjson.loads(record)["result"] for record in read.records] == results
    assert all(b"\n" not in record for record in read.records)


def test_hec_metadata_stays_with_its_event_and_the_bad_are_told_apart() -> None:
    body = b'{"time":1.5,"host":"gw","event":{"a":1}}{"host":"gw"}{"event":""}5{"event":{"a":2}}'
    read = read_events(body, {"host": "said", "sourcetype": "st", "x": "y"}, 1000)
    assert [orjson.loads(record)["hec"] for record in read.records] == [
        {"time": 1.5, "host": "gw", "sourcetype": "st"},
        {"host": "said", "sourcetype": "st"},
    ]
    assert [why for why, _ in read.refused] == [
        "Event field is required",
        "Event field cannot be blank",
        "Invalid data format",
    ]
    assert read.first_bad == (1, (12, "Event field is required"))
    assert len(read_events(b'{"event":"' + b"9" * 2000 + b'"}', {}, 1000).refused) == 1
    assert len(read_events(b'{"event":' + b"9" * 5000 + b"}", {}, 10_000).records) <= 1
    assert len(read_events(b"[" * 100_000, {}, 1000).refused) == 1
    assert len(read_events(b'{"event":"\\ud800"}', {}, 1000).refused) == 1


def test_hec_raw_lines() -> None:
    read = read_raw(b'one\r\n\n{"a":1}\n\xff', {"host": "gw"}, 1000)
    assert [orjson.loads(record)["result"] for record in read.records] == [
        {"message": "one", "host": "gw"},
        {"a": 1},
        {"message": "\ufffd", "host": "gw"},
    ]


def test_what_is_written_is_unwrapped_by_the_reader_of_logs() -> None:
    from vigil.adapters.log_sources.shapes import Sorter

    body = b'{"event":{"EventID":4625,"Channel":"Security"},"sourcetype":"x"}{"event":"login failed","host":"gw"}'
    sorter = Sorter(None, None)
    for n, record in enumerate(read_events(body, {}, 1000).records):
        sorter.add(orjson.loads(record), n)
    assert set(sorter.columns) == {Source(product="windows"), Source()}
    (batch, _), *_ = sorter.columns[Source()].batches()
    assert {"message", "host"} <= set(batch.schema.names)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("HEAD", "/"),
        ("GET", "/_license"),
        ("GET", "/_xpack"),
        ("GET", "/_cluster/health"),
        ("GET", "/_nodes/http"),
        ("GET", "/_ilm/policy/filebeat"),
        ("PUT", "/_ilm/policy/filebeat"),
        ("HEAD", "/_index_template/ecs-logstash"),
        ("PUT", "/_component_template/x"),
        ("GET", "/_data_stream/filebeat-9"),
        ("PUT", "/_ingest/pipeline/x"),
        ("HEAD", "/logstash"),
        ("GET", "/filebeat/_alias/x"),
    ],
)
def test_what_shippers_ask_first(method: str, path: str) -> None:
    assert asked(method, path, "8.19.0") is not None


def test_what_nobody_needs_is_not_there() -> None:
    assert asked("GET", "/logs/_search", "8.19.0") is None
    assert asked("DELETE", "/_security/user/x", "8.19.0") is None


def test_a_tally_is_bounded_and_handed_over_once() -> None:
    tally = Tally()
    tally.took("http", SOURCE, 3, 30, 1.0)
    for n in range(9):
        tally.refuse("http", SOURCE, "why", b"%d\xff" % n + b"x" * 1000)
    (count,) = tally.counts()
    assert (count.received, count.bytes, count.last, count.refused, len(count.samples)) == (3, 30, 1.0, 9, 5)
    assert all(len(sample) <= 300 for sample in count.samples)
    assert tally.take() == [count]
    assert tally.take() == []
    for n in range(10_050):
        tally.refuse("http", UUID(int=n), "why")
    assert len(tally.counts()) <= 10_001
    assert sum(count.refused for count in tally.counts()) == 10_050


def test_no_more_is_parsed_of_a_record_than_it_may_have() -> None:
    """What is longer is refused alone, also among others in one line."""
    long = b'{"event":"%s"}' % (b"x" * 50_000)
    deep = b'{"event":' + b'{"a":' * 20_000 + b"1" + b"}" * 20_001
    for between in (b"\n", b"\n{\n"):
        for body in (long, b'{"event":"' + b"\\u1ea1" * 20_000 + b'"}', long[:-2], deep):
            read = read_events(b'{"event":"a"} {"event":"b"}' + body + between + b'{"event":"c"}', {}, 1000)
            assert [orjson.loads(record)["result"]["message"] for record in read.records] == ["a", "b", "c"]
            assert len(read.refused) == 1 + between.count(b"{"), read.refused
    assert "longer than 1000" in read_events(long, {}, 1000).refused[0][0]
    many = b"".join(b'{"event":"%d%s"}' % (n, b"y" * n) for n in range(400))
    for body in (many, b"[" + many.replace(b"}{", b"},{") + b"]"):
        assert len(read_events(body, {}, 1000).records) == 400, "a long line of short events"
    escaped = b'{"event":"' + b"\\u1ea1" * 300 + b'"}'
    assert len(escaped) > 1800 and len(read_events(escaped, {}, 1000).records) == 1, "as it is kept it is short enough"
    began = time.process_time()
    assert not read_events(b'{"event":\n' * 30_000 + b'{"event":"' + b"z" * 10**7, {}, 10**6).records
    assert time.process_time() - began < 2
    (refused,) = read_bulk(b'{"create":{}}\n{"a":' + b"[" * 5000 + b"\n", "i", 1000).refused
    assert "longer than 1000" in refused[0], "unparsed"
