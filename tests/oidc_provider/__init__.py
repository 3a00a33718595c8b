"""A real OpenID provider (django-allauth's) of the tests' own, as a process on a loopback port; stopped by its process.

Whom it lets in without a password, what it says of them and which lies it tells is set over HTTP by `Provider.say`.
"""

import json
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.postgresql import free_port

CLIENT, SECRET = "vigil", "bí mật của vigil"


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


@dataclass
class Provider:
    """A running provider; `browser` methods act as somebody's browser that has the provider's cookie."""

    process: subprocess.Popen[bytes]
    port: int

    @property
    def issuer(self) -> str:
        return f"http://localhost:{self.port}"

    def say(self, user: str, **claims: Any) -> None:
        """What it tells of `user` from now on: `id_token` and `userinfo` override claims, the rest is in both."""
        body = json.dumps({"user": user, "claims": claims}).encode()
        urllib.request.urlopen(f"{self.issuer}/control/say", body, timeout=5).close()

    def authorised(self, address: str, user: str) -> str:
        """Where a browser in which `user` is signed in is sent after it opened the authorization `address`."""
        with urllib.request.urlopen(f"{self.issuer}/control/enter?{urlencode({'user': user})}", timeout=5) as answer:
            cookie = answer.headers["Set-Cookie"].partition(";")[0]
        request = urllib.request.Request(address, headers={"Cookie": cookie})
        try:
            with urllib.request.build_opener(_Stay).open(request, timeout=5) as answer:
                raise AssertionError(answer.read().decode()[:2000])
        except urllib.error.HTTPError as redirect:
            with redirect:
                assert redirect.code == 302, redirect.read().decode()[:2000]
                return str(redirect.headers["Location"])

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)


def start_provider(folder: Path, *callbacks: str, port: int = 0) -> Provider:
    """Start a provider that knows one client (CLIENT, SECRET) with these callback addresses."""
    folder.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    log = (folder / "log").open("wb")
    command = [sys.executable, "-m", "tests.oidc_provider.process", str(folder), str(port), *callbacks]
    process = subprocess.Popen(command, stdout=log, stderr=log, cwd=Path(__file__).parents[2])
    log.close()
    started = Provider(process, port)
    for _ in range(200):
        with suppress(OSError):
            urllib.request.urlopen(f"{started.issuer}/.well-known/openid-configuration", timeout=5).close()
            return started
        if process.poll() is not None:
            break
        time.sleep(0.05)
    process.kill()
    process.wait()
    raise RuntimeError(f"the provider did not answer: {(folder / 'log').read_text()}")
