"""A browser as a benchmark needs it: one kept-alive connection, cookies, a form's token; nothing else."""

import http.client
import re
import statistics
import time
from dataclasses import dataclass
from http.cookies import SimpleCookie
from urllib.parse import quote, urlencode

_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_PAGES = re.compile(r"\b\d+ / (\d+)\b")
_LINKED = re.compile(r"[?&;]page=(\d+)")


@dataclass
class Timed:
    """What one address took, in milliseconds; `size` in bytes."""

    path: str
    p50: float
    p95: float
    longest: float
    size: int
    cpu_ms: float = 0.0


class Browser:
    """Somebody at a Vigil on the loopback."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self._cookies: dict[str, str] = {}

    def get(self, path: str) -> str:
        """The page. Raises: RuntimeError for any answer but 200 (and 503 of `/healthz`: here no worker runs)."""
        status, body = self._ask("GET", path)
        if status != 200 and (status, path) != (503, "/healthz"):
            raise RuntimeError(f"{path}: {status} {body[:300]}")
        return body

    def post(self, path: str, **values: str) -> int:
        """Send the form that stands at `path`; the status."""
        found = _TOKEN.search(self.get(path))
        values["csrfmiddlewaretoken"] = found[1] if found else ""
        return self._ask("POST", path, urlencode(values))[0]

    def sign_in(self, name: str, password: str) -> None:
        """By the form."""
        if self.post("/sign-in/", login=name, password=password) != 302:
            raise RuntimeError(f"{name} could not sign in")

    def enter(self, token: str) -> None:
        """By a guest link that asks for no second factor."""
        if self.post(f"/g/{token}/") != 302:
            raise RuntimeError("the guest could not enter")

    def last_page(self, path: str) -> int:
        """The number of a list's last page."""
        body = self.get(path)
        found = _PAGES.search(body)
        return int(found[1]) if found else max((int(number) for number in _LINKED.findall(body)), default=1)

    def times(self, path: str, count: int) -> Timed:
        """Ask so many times, one after the other."""
        self.get(path)
        took, size = [], 0
        for _ in range(count):
            began = time.perf_counter()
            size = len(self.get(path))
            took.append((time.perf_counter() - began) * 1000)
        took.sort()
        return Timed(path, statistics.median(took), took[min(count - 1, int(count * 0.95))], took[-1], size)

    def _ask(self, method: str, path: str, body: str | None = None) -> tuple[int, str]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        address = quote(path, safe="/?&=:.,%-_~")
        try:
            self._connection.request(method, address, body, headers)
            answer = self._connection.getresponse()
        except (http.client.RemoteDisconnected, ConnectionError):  # it was idle for too long
            self._connection.close()
            self._connection.request(method, address, body, headers)
            answer = self._connection.getresponse()
        text = answer.read()
        for header in answer.headers.get_all("Set-Cookie") or ():
            self._cookies |= {name: morsel.value for name, morsel in SimpleCookie(header).items()}
        return answer.status, text.decode("utf-8", "replace")
