"""Shippers' HTTP, answered only when it is on disk: Elasticsearch's _bulk and Splunk's event collector."""

import gzip
import json
import random
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.receiving import FROM_TOKEN, TOKEN, Receiving, certificates, receiving, until

from vigil.adapters.receivers import ANY, Listening
from vigil.adapters.spool import SpoolReader, SpoolWriter

BASIC = httpx.BasicAuth("shipper", TOKEN)
SPLUNK = {"Authorization": f"Splunk {TOKEN}".encode()}


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Receiving]:
    listening = Listening(
        http=ANY, most_record_bytes=10_000, most_body_bytes=100_000, most_expanded_bytes=1_000_000, body_s=1.0
    )
    with receiving(tmp_path, listening) as started:
        yield started


@pytest.fixture
def client(at: Receiving) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://127.0.0.1:{at.ports['http']}", timeout=20) as opened:
        yield opened


def bulk(*documents: object) -> bytes:
    return b"".join(b'{"create":{}}\n' + json.dumps(document).encode() + b"\n" for document in documents)


def test_what_a_shipper_of_elastic_does(at: Receiving, client: httpx.Client) -> None:
    client.auth = BASIC
    told = client.get("/")
    assert told.headers["X-Elastic-Product"] == "Elasticsearch"
    assert told.json()["version"]["number"] == "8.19.0"
    assert client.head("/").status_code == 200
    assert client.get("/_license").json()["license"]["status"] == "active"
    assert client.put("/_ilm/policy/filebeat", json={}).json() == {"acknowledged": True}
    assert client.get("/logs/_search").status_code == 404
    body = bulk({"n": 1}, {"n": 2}) + b'{"create":{}}\nno JSON\n{"delete":{"_id":"x"}}\n' + bulk({"n": 3})
    answer = client.post("/logs-a/_bulk", content=gzip.compress(body), headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 200
    said = answer.json()
    assert said["errors"] is True
    assert [next(iter(item.values()))["status"] for item in said["items"]] == [201, 201, 400, 400, 201]
    assert at.records() == [b'{"n": 1}', b'{"n": 2}', b'{"n": 3}']
    assert {(f.source, f.sender) for f in at.frames()} == {(FROM_TOKEN, "127.0.0.1")}
    (count,) = [count for count in at.tally.counts() if count.source == FROM_TOKEN]
    assert (count.listener, count.received, count.refused) == ("http", 3, 2)
    brief = client.put("/_bulk", params={"filter_path": "errors,items.*.status"}, content=bulk({"n": 4}))
    assert brief.json()["items"] == [{"create": {"status": 201}}]
    assert client.post("/_bulk", content=b"").status_code == 400


def test_what_a_shipper_of_splunk_does(at: Receiving, client: httpx.Client) -> None:
    assert client.get("/services/collector/health").json() == {"text": "HEC is healthy", "code": 17}
    cases: list[tuple[str, bytes, int, int]] = [
        ("/services/collector", b'{"event":"a"}', 200, 0),
        ("/services/collector/event", b'{"event":{"b":1}}{"event":{"c":1},"host":"gw"}', 200, 0),
        ("/services/collector/event/1.0", b'{"event":"d"}\n{"no":"event"}', 200, 0),
        ("/services/collector/raw?host=gw&sourcetype=syslog", b"e\nf", 200, 0),
        ("/services/collector", b"", 400, 5),
        ("/services/collector", b"no JSON", 400, 6),
        ("/services/collector", b'{"no":"event"}', 400, 12),
        ("/services/collector/ack", b'{"acks":[0]}', 400, 14),
    ]
    for path, body, status, code in cases:
        answer = client.post(path, content=body, headers=SPLUNK)
        assert (answer.status_code, answer.json()["code"]) == (status, code), path
    results = [json.loads(record)["result"] for record in at.records()]
    assert [r.get("message", next(iter(r))) for r in results] == ["a", "b", "c", "d", "e", "f"]
    assert json.loads(at.records()[-1])["hec"] == {"host": "gw", "sourcetype": "syslog"}
    none = client.post("/services/collector", content=b'{"event":"x"}')
    wrong = client.post("/services/collector", content=b'{"event":"x"}', headers={"Authorization": "Splunk sai"})
    assert [(a.status_code, a.json()["code"]) for a in (none, wrong)] == [(401, 2), (403, 4)]
    assert client.post("/_bulk", content=bulk({"n": 1}), headers={"Authorization": "ApiKey sai"}).status_code == 401
    assert "sai" not in " ".join(at.refused())


def test_bounds(at: Receiving, client: httpx.Client) -> None:
    client.auth = BASIC
    packed = {"Content-Encoding": "gzip"}
    assert client.post("/_bulk", content=b"x" * 100_001).status_code == 413
    assert client.post("/_bulk", content=iter([b"x" * 60_000] * 2)).status_code == 413  # no length is announced
    assert client.post("/_bulk", content=gzip.compress(bytes(50_000_000)), headers=packed).status_code == 413
    assert client.post("/_bulk", content=b"no gzip", headers=packed).status_code == 400
    assert client.post("/_bulk", content=b"x", headers={"Content-Encoding": "br"}).status_code == 415
    long = client.post("/_bulk", content=bulk({"long": "x" * 10_000}, {"n": 1})).json()
    assert [item["create"]["status"] for item in long["items"]] == [400, 201]
    assert at.records() == [b'{"n": 1}']


def test_a_client_that_dies_in_the_middle_leaves_nothing(at: Receiving) -> None:
    head = f"POST /services/collector/raw HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n".encode()
    for more in (
        b"Content-Length: 1000\r\n\r\nhalf of it\n",
        b"Transfer-Encoding: chunked\r\n\r\n10\r\n0123456789abcdef\r\n",
    ):
        with socket.create_connection(("127.0.0.1", at.ports["http"]), 5) as half:
            half.sendall(head + more)
    until(lambda: sum("cut off before its end" in sample for sample in at.refused()) == 2)
    with socket.create_connection(("127.0.0.1", at.ports["http"]), 5) as slow:
        slow.sendall(head + b"Content-Length: 1000\r\n\r\nand then nothing")
        assert slow.recv(1000).startswith(b"HTTP/1.1 408 ")
    assert at.records() == []


def test_curl_over_tls(tmp_path: Path) -> None:
    certificate, key = certificates(tmp_path)
    with receiving(tmp_path / "spool", Listening(https=ANY, certificate=certificate, key=key)) as at:
        curl = shutil.which("curl")
        url = f"https://127.0.0.1:{at.ports['https']}/services/collector/raw"
        if curl is None:
            context = ssl.create_default_context(cafile=str(certificate))
            httpx.post(url, content=b"one\ntwo", headers=SPLUNK, verify=context)
        else:
            command = [curl, "-sS", "--fail", "--cacert", str(certificate), "-u", f"x:{TOKEN}", "--data-binary", "@-"]
            subprocess.run([*command, url], input=b"one\ntwo", check=True, timeout=20, capture_output=True)
        assert [json.loads(record)["result"]["message"] for record in at.records()] == ["one", "two"]


def test_a_full_disk_is_said_and_recovered_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = SpoolWriter(tmp_path, "events", least_free_bytes=2**60)
    with receiving(tmp_path, Listening(http=ANY), spool=spool) as at:
        with httpx.Client(base_url=f"http://127.0.0.1:{at.ports['http']}", auth=BASIC) as client:
            refused = client.post("/_bulk", content=bulk({"n": 1}))
            assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
            busy = client.post("/services/collector", content=b'{"event":"x"}')
            assert (busy.status_code, busy.json()["code"], busy.headers["Retry-After"]) == (503, 9, "5")
            assert client.get("/services/collector/health").status_code == 503
            monkeypatch.setattr(spool, "_least", 0)
            monkeypatch.setattr(spool, "_looked_at", float("-inf"))
            assert client.post("/_bulk", content=bulk({"n": 2})).status_code == 200
        assert at.records() == [b'{"n": 2}']


def test_a_queue_that_stays_full_is_429(tmp_path: Path) -> None:
    spool = SpoolWriter(tmp_path, "events", least_free_bytes=0, queue_bytes=100)
    written = threading.Event()
    real = spool._written

    def held(taken: list) -> list:  # a disk that takes its time
        written.wait(10)
        return real(taken)

    spool._written = held
    with receiving(tmp_path, Listening(http=ANY, patience_s=0.2), spool=spool) as at:
        url = f"http://127.0.0.1:{at.ports['http']}/_bulk"
        codes: dict[int, int] = {}

        def post(n: int) -> None:
            codes[n] = httpx.post(url, content=bulk({"n": n, "x": "x" * 90}), auth=BASIC, timeout=20).status_code

        threads = []
        for n in range(3):  # one is at the disk, one waits, one finds no room
            threads.append(threading.Thread(target=post, args=(n,)))
            threads[-1].start()
            time.sleep(0.1)
        until(lambda: list(codes.values()) == [429])
        written.set()
        for thread in threads:
            thread.join(20)
        assert sorted(codes.values()) == [200, 200, 429]
        kept = {json.loads(record)["n"] for record in at.records()}  # in whatever order they came
        assert kept == {n for n, code in codes.items() if code == 200}


SERVER = """
import asyncio, sys
from pathlib import Path
from uuid import UUID
from vigil.adapters.receivers import ANY, Listening, Receivers, Tally
from vigil.adapters.spool import SpoolWriter

class Doors:
    async def by_address(self, address, host): return None
    async def by_token(self, token): return UUID(int=8) if token == "t" else None

async def main():
    spool = SpoolWriter(Path(sys.argv[1]), "events", segment_bytes=200_000, least_free_bytes=0)
    receivers = Receivers(Listening(http=ANY), spool, Doors(), Tally())
    await receivers.start()
    print(receivers.ports["http"], flush=True)
    await asyncio.sleep(3600)

asyncio.run(main())
"""


def test_what_was_acknowledged_survives_kill_9(tmp_path: Path) -> None:
    dice = random.Random(30)
    acknowledged: set[int] = set()
    next_number = 0
    for _ in range(3):
        process = subprocess.Popen([sys.executable, "-c", SERVER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        port = int(process.stdout.readline())
        killer = threading.Timer(0.2 + dice.random() * 0.4, process.kill)
        killer.start()
        with httpx.Client(headers={"Authorization": "Bearer t"}) as client:
            while True:
                numbers = list(range(next_number, next_number + dice.randint(1, 50)))
                next_number = numbers[-1] + 1
                try:
                    answer = client.post(f"http://127.0.0.1:{port}/_bulk", content=bulk(*({"n": n} for n in numbers)))
                except httpx.HTTPError:
                    break
                assert answer.json()["errors"] is False
                acknowledged |= set(numbers)
        killer.join()
        process.wait(10)
        process.stdout.close()
    reader, position, kept = SpoolReader(tmp_path), None, []
    while (batch := reader.read("events", position, 10**6)).position != position:
        position = batch.position
        kept += [json.loads(record)["n"] for frame in batch.frames for record in frame.data.split(b"\n")]
    assert len(acknowledged) > 300
    assert acknowledged <= set(kept)
    assert len(kept) == len(set(kept))


def test_a_body_that_is_small_and_says_very_much_is_refused_whole(tmp_path: Path) -> None:
    listening = Listening(http=ANY, most_expanded_bytes=4_000_000, most_lines=1000)
    with (
        receiving(tmp_path, listening) as at,
        httpx.Client(base_url=f"http://127.0.0.1:{at.ports['http']}", timeout=20) as client,
    ):
        packed = {"Content-Encoding": "gzip", **SPLUNK}
        for path, body in (
            ("/services/collector/raw", b"\n" * 3_000_000),
            ("/_bulk", b"{}\n" * 1_000_000),
            ("/services/collector", b'{"event":1}\n' * 1002),
            ("/services/collector", b'{"event":1}' * 1002),
        ):
            assert client.post(path, content=gzip.compress(body), headers=packed).status_code == 413, path
        assert at.records() == []
        assert client.post("/services/collector", content=b'{"event":1}' * 1000, headers=SPLUNK).status_code == 200
        assert len(at.records()) == 1000
