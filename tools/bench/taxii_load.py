"""A load client in a process of its own: N connections page through one collection for some seconds.

usage: taxii_load.py HOST PORT PATH AUTHORIZATION CONNECTIONS SECONDS [PATH_IS_FIXED]
Prints JSON: requests, objects, seconds, latencies in ms (p50, p95). HTTP/1.1 by hand on kept-alive sockets, so that
what is measured is the server.
"""

import json
import re
import socket
import sys
import threading
import time

_NEXT = re.compile(rb'"next": ?"([^"]+)"')
_LENGTH = re.compile(rb"content-length: *(\d+)", re.I)


def _answer(sock: socket.socket) -> tuple[bytes, bytes]:
    got = b""
    while (end := got.find(b"\r\n\r\n")) < 0:
        got += (chunk := sock.recv(65536))
        if not chunk:
            raise ConnectionError("closed")
    head, body = got[:end], got[end + 4 :]
    found = _LENGTH.search(head)
    missing = int(found[1]) - len(body) if found else 0
    parts = [body]
    while missing > 0:
        chunk = sock.recv(min(missing, 1 << 20))
        if not chunk:
            raise ConnectionError("cut short")
        parts.append(chunk)
        missing -= len(chunk)
    return head, b"".join(parts)


def _run(host: str, port: int, path: str, authorization: str, until: float, fixed: bool, told: list) -> None:
    accept = "Accept: application/taxii+json;version=2.1"
    tail = f" HTTP/1.1\r\nHost: {host}\r\n{accept}\r\nAuthorization: {authorization}\r\n\r\n"
    requests = objects = 0
    times: list[float] = []
    sock, going_on = None, ""
    while time.perf_counter() < until:
        if sock is None:
            sock = socket.create_connection((host, port))
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        began = time.perf_counter()
        sock.sendall(f"GET {path}{going_on}{tail}".encode())
        head, body = _answer(sock)
        times.append(time.perf_counter() - began)
        if b" 200" not in head[:16]:
            raise SystemExit(f"{head[:200]!r} {body[:200]!r}")
        if b"connection: close" in head.lower() or head.startswith(b"HTTP/1.0"):
            sock.close()
            sock = None
        requests += 1
        objects += body.count(b'"valid_from"')
        if not fixed:
            following = _NEXT.search(body)
            going_on = f"&next={following[1].decode()}" if following else ""
    told.append((requests, objects, times))


def main() -> None:
    host, port, path, authorization, connections, seconds, *rest = sys.argv[1:]
    told: list = []
    began = time.perf_counter()
    threads = [
        threading.Thread(
            target=_run, args=(host, int(port), path, authorization, began + float(seconds), bool(rest), told)
        )
        for _ in range(int(connections))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began
    times = sorted(t for _, _, each in told for t in each)
    place = lambda share: times[min(len(times) - 1, int(len(times) * share))] * 1000 if times else None  # noqa: E731
    print(
        json.dumps(
            {
                "requests": sum(n for n, _, _ in told),
                "objects": sum(n for _, n, _ in told),
                "seconds": took,
                "p50_ms": place(0.5),
                "p95_ms": place(0.95),
            }
        )
    )


if __name__ == "__main__":
    main()
