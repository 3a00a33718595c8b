"""`vigil serve` is alone on its data folder, and says in one line why it cannot begin."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.laid import lay
from tests.postgresql import free_port

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VIGIL_")}
    lay(tmp_path / "var")
    return {
        **kept, "VIGIL_DATA": str(tmp_path / "var"), "VIGIL_LANG": "en", "VIGIL_PORT": str(free_port()),
        "VIGIL_SYSLOG_PORT": "0", "VIGIL_EVENTS_HTTP_PORT": "0",
    }  # fmt: skip


def _begun(environment: dict[str, str], log: Path) -> "subprocess.Popen[bytes]":
    with log.open("wb") as out:
        command = [sys.executable, "-m", "vigil.faces.cli", "serve"]
        running = subprocess.Popen(command, env=environment, stdout=out, stderr=out, start_new_session=True)
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{environment['VIGIL_PORT']}/sign-in/", timeout=2).close()
        except OSError:
            if running.poll() is not None:
                break
            time.sleep(0.1)
        else:
            return running
    running.kill()
    raise AssertionError(log.read_text())


def _until_nobody_answers(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=2).close()
        except ConnectionRefusedError:
            return
        time.sleep(0.05)
    raise AssertionError("somebody still listens")


def _refused(environment: dict[str, str], *arguments: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "vigil.faces.cli", *(arguments or ("serve",))]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stderr


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_second_is_told_who_runs_and_a_killed_one_is_followed_by_the_next(environment, taken, tmp_path) -> None:
    code, said = _refused({**environment, "VIGIL_PORT": str(taken)})
    assert (code, said.count("\n")) == (4, 1)
    lock = Path(environment["VIGIL_DATA"]) / "serve.lock"
    lock.unlink()
    lock.mkdir()
    assert _refused(environment) == (1, f"Vigil: {lock} cannot be locked: Is a directory.\n")
    lock.rmdir()
    assert said.startswith(f"Vigil: Nothing can listen on 127.0.0.1, port {taken}: Address already in use.")
    first = _begun(environment, tmp_path / "first.log")
    try:
        code, said = _refused({**environment, "VIGIL_PORT": str(free_port())})
        assert (code, said.count("\n")) == (1, 1)
        assert said.startswith(f"Vigil: {environment['VIGIL_DATA']} is served already, by process {first.pid}.")
    finally:
        os.kill(first.pid, signal.SIGKILL)  # it alone: its children end by themselves
        first.wait(10)
    _until_nobody_answers(
        int(environment["VIGIL_PORT"])
    )  # or it is the first's last child that answers, not the second
    second = _begun(environment, tmp_path / "second.log")
    second.send_signal(signal.SIGTERM)
    assert second.wait(20) == 0


@pytest.mark.parametrize("setting, value", [("VIGIL_PORT", "99999"), ("VIGIL_SYSLOG_PORT", "abc")])
def test_a_port_that_is_none_stops_the_start_in_one_line(environment, setting, value) -> None:
    code, said = _refused({**environment, setting: value})
    least = 1 if setting == "VIGIL_PORT" else 0
    assert (code, said) == (2, f"Vigil: {setting}: '{value}' is not a port ({least} to 65535)\n")


def test_a_level_of_the_log_that_is_none_stops_the_start_in_one_line(environment) -> None:
    known = "DEBUG, INFO, WARNING, ERROR, CRITICAL"
    code, said = _refused({**environment, "VIGIL_LOG_LEVEL": "loud"})
    assert (code, said) == (2, f"Vigil: VIGIL_LOG_LEVEL: 'LOUD' is none of {known}\n")


def test_what_is_set_to_nothing_is_not_set(environment, tmp_path) -> None:
    names = ("VIGIL_CHANNELS", "VIGIL_PORT", "VIGIL_SPOOL_FREE_MB", "VIGIL_TRUST_ANCHORS", "VIGIL_BASE_URL")
    code = (
        "from vigil.project import settings as s; "
        "print(s.VIGIL_CHANNELS, s.VIGIL_PORT, s.VIGIL_SPOOL_FREE_MB, s.VIGIL_TRUST_ANCHORS, s.VIGIL_BASE_URL)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={**environment, **dict.fromkeys(names, "")}, capture_output=True, text=True,
        timeout=60, check=True,
    )  # fmt: skip
    assert done.stdout.split() == [f"{tmp_path}/var/channels.toml", "8000", "1024", "None", "http://localhost:8000"]
