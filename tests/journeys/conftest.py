"""The journeys: the program as it is started by its user, a real browser, screenshots kept in build/screenshots."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.laid import lay
from tests.postgresql import free_port

ROOT = Path(__file__).parents[2]
SHOTS = ROOT / "build" / "screenshots"
PASSWORD = "mật khẩu để thử nghiệm"
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@dataclass
class Running:
    """A Vigil that runs: its address and its data folder."""

    url: str
    data: Path
    environment: dict[str, str]

    def vigil(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Call the command line beside it."""
        command = [sys.executable, "-m", "vigil.faces.cli", *arguments]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=120, check=False)
        if check and done.returncode:
            raise AssertionError(f"{arguments} -> {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done


def start(data: Path, *, sample: bool = True, **more: str) -> tuple[Running, subprocess.Popen[bytes]]:
    """Prepare and serve; wait until it answers."""
    port = free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("VIGIL_")},
        "DJANGO_SETTINGS_MODULE": "vigil.project.settings",
        "VIGIL_DATA": str(data),
        "VIGIL_PORT": str(port),
        "VIGIL_ADMIN_PASSWORD": PASSWORD,
        "VIGIL_SYSLOG_PORT": "0",
        "VIGIL_EVENTS_HTTP_PORT": "0",
        **more,
    }
    running = Running(f"http://localhost:{port}", data, environment)
    lay(data)
    running.vigil("prepare", *(["--sample"] if sample else []))
    log = (data / "serve.log").open("wb")
    command = [sys.executable, "-m", "vigil.faces.cli", "serve"]
    process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    log.close()
    deadline = time.monotonic() + 90  # eight programs begin at once, on a machine that does other things too
    while time.monotonic() < deadline:
        with suppress(OSError):
            urllib.request.urlopen(f"{running.url}/sign-in/", timeout=2).close()
            return running, process
        if process.poll() is not None:
            break
        time.sleep(0.1)
    process.kill()
    process.wait(10)
    raise AssertionError((data / "serve.log").read_text())


def stop(process: subprocess.Popen[bytes]) -> None:
    """Stop the group kindly; it must leave nothing behind."""
    process.send_signal(signal.SIGTERM)
    process.wait(20)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    started, process = start(tmp_path_factory.mktemp("vigil"))
    yield started
    stop(process)


@pytest.fixture(scope="session")
def chromium():
    if not Path(CHROMIUM).exists():
        message = "Chromium is not installed: apt-get install chromium"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium, request: pytest.FixtureRequest):
    """A fresh browser window. A script error, a broken resource or a policy violation fails the test."""
    context = chromium.new_context(
        viewport={"width": 1440, "height": 900}, locale="vi-VN", timezone_id="Asia/Ho_Chi_Minh"
    )
    opened = context.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(f"script: {error}"))
    opened.on(
        "console",
        lambda m: faults.append(f"console: {m.text}") if m.type == "error" and "status of 4" not in m.text else None,
    )
    opened.on(
        "requestfailed",
        lambda r: (
            faults.append(f"request: {r.url} {r.failure}") if r.failure and "ERR_ABORTED" not in r.failure else None
        ),
    )
    opened.on(
        "request",
        lambda r: (
            faults.append(f"elsewhere: {r.url}") if not re.match(r"(http://localhost:|data:|blob:)", r.url) else None
        ),
    )
    yield opened
    context.close()
    expected = getattr(opened, "expected_faults", None)
    unexpected = [fault for fault in faults if not (expected and re.search(expected, fault))]
    assert not unexpected, unexpected


WIDEST = """() => [...document.querySelectorAll("main *")]
  .filter(one => one.getBoundingClientRect().right > innerWidth && !one.closest(".table-responsive, svg"))
  .slice(0, 5).map(one => one.outerHTML.slice(0, 90))"""


@pytest.fixture
def shot(page) -> Callable[..., None]:
    """Keep a screenshot: shot("board", width=390, theme="dark", full=True)."""

    def take(name: str, *, width: int = 1440, height: int = 900, theme: str = "light", full: bool = True) -> None:
        SHOTS.mkdir(parents=True, exist_ok=True)
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate("theme => document.documentElement.setAttribute('data-bs-theme', theme)", theme)
        page.wait_for_timeout(400)  # the theme fades in
        page.screenshot(path=SHOTS / f"{name}-{width}-{theme}.png", full_page=full)
        reaches = page.evaluate("() => document.documentElement.scrollWidth")
        assert reaches <= width, f"{page.url} is {reaches} wide on a screen of {width}: {page.evaluate(WIDEST)}"
        page.set_viewport_size({"width": 1440, "height": 900})

    return take


@pytest.fixture
def sign_in(page) -> Callable[[Running], None]:
    def act(running: Running) -> None:
        page.goto(f"{running.url}/sign-in/")
        page.fill("#id_login", "admin")
        page.fill("#id_password", PASSWORD)
        page.click("form[action='/sign-in/'] button[type=submit]")
        page.wait_for_load_state()

    return act
