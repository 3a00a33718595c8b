"""`vigil serve`: the web server and the workers as one process group; `vigil worker NAME`: one of them alone."""

import os
import signal
import subprocess
import sys
import threading
import time

import click

from vigil.adapters.host.lifeline import die_with_parent
from vigil.faces.cli.terms import start_django

_RESTART_AFTER_S = (0.5, 1, 2, 5, 10, 30)
_STEADY_S = 60.0


@click.command()
@click.option("--host", default="127.0.0.1", envvar="VIGIL_BIND", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, type=int, envvar="VIGIL_PORT", show_default=True, help="Port to listen on.")
@click.option("--threads", default=8, show_default=True, help="Requests served at once.")
def serve(host: str, port: int, threads: int) -> None:
    """Serve the pages and run the workers until stopped (Ctrl-C or SIGTERM)."""
    start_django()
    from vigil.faces.cli.prepare import tell_second_factor
    from vigil.workers.registry import WORKERS

    os.environ["VIGIL_PORT"] = str(port)
    me = [sys.executable, "-m", "vigil.faces.cli"]
    granian = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port),
        "--workers", "1", "--blocking-threads", str(threads), "--no-ws", "--log-level", "error",
        "vigil.project.wsgi:application",
    ]  # fmt: skip
    children = [_Child("web", granian), *(_Child(name, [*me, "worker", name]) for name in WORKERS)]
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    click.echo(f"Vigil: http://{'localhost' if host in ('127.0.0.1', '0.0.0.0') else host}:{port}")  # noqa: S104
    tell_second_factor()
    try:
        while not stop.wait(0.2):
            for child in children:
                child.keep_alive()
    finally:
        for child in children:
            child.end()


class _Child:
    """One process of the group; when it dies it is started again, later and later while it keeps dying."""

    def __init__(self, name: str, command: list[str]) -> None:
        self._name, self._command = name, command
        self._deaths, self._restart_at = 0, 0.0
        self._start()

    def _start(self) -> None:
        self._started_at = time.monotonic()
        self._process: subprocess.Popen[bytes] | None = subprocess.Popen(  # noqa: S603
            self._command,
            env={**os.environ, "SERVED_BY": "vigil serve"},
            preexec_fn=die_with_parent,
        )

    def keep_alive(self) -> None:
        """Start it again when it has died and its pause is over."""
        now = time.monotonic()
        if self._process is not None and self._process.poll() is not None:
            code, self._process = self._process.returncode, None
            self._deaths = 0 if now - self._started_at > _STEADY_S else self._deaths + 1
            pause = _RESTART_AFTER_S[min(self._deaths, len(_RESTART_AFTER_S) - 1)]
            self._restart_at = now + pause
            click.echo(f"Vigil: {self._name} ended with {code}; again in {pause} s", err=True)
        if self._process is None and now >= self._restart_at:
            self._start()

    def end(self) -> None:
        """Stop it: kindly, and after ten seconds for certain."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@click.command()
@click.argument("name")
def worker(name: str) -> None:
    """Run one worker (timekeeper, courier) alone until stopped."""
    start_django()
    from vigil.workers.registry import WORKERS

    if name not in WORKERS:
        raise click.UsageError(f"no worker {name}; there are: {', '.join(sorted(WORKERS))}")
    stop = threading.Event()
    parent = os.getppid()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    threading.Thread(target=_leave_with_parent, args=(parent, stop), daemon=True).start()
    WORKERS[name](stop)


def _leave_with_parent(parent: int, stop: threading.Event) -> None:
    """A killed `vigil serve` must not leave orphans that a new one would run beside."""
    while not stop.wait(1):
        if os.getppid() != parent:
            stop.set()
