"""`vigil serve`: the web server and the workers as one process group; `vigil worker NAME`: one of them alone."""

import gc
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click

from vigil.adapters.host.lifeline import call_this_process, die_with_parent
from vigil.adapters.host.one_alone import AlreadyHeld, hold
from vigil.faces.cli.terms import UNAVAILABLE, start_django, translator
from vigil.kernel.phrases import N_, phrase

_RESTART_AFTER_S = (0.5, 1, 2, 5, 10, 30)
_STEADY_S = 60.0


@click.command()
@click.option("--host", default="127.0.0.1", envvar="VIGIL_BIND", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), show_default="VIGIL_PORT, else 8000", help="Port to listen on.")
@click.option("--threads", default=8, show_default=True, help="Requests served at once.")
def serve(host: str, port: int | None, threads: int) -> None:
    """Serve the pages and run the workers until stopped (Ctrl-C or SIGTERM). One alone on a data folder."""
    start_django()
    from django.conf import settings
    from django.db import connections

    from vigil.faces.cli.prepare import tell_second_factor, unapplied
    from vigil.workers.registry import WORKERS

    if waiting := unapplied():
        raise click.ClickException(f"the database is not prepared ({waiting} migrations wait); first: vigil prepare")
    port = port or settings.VIGIL_PORT
    lock = _alone_on(settings.VIGIL_DATA)
    _demand_port(host, port)
    os.environ["VIGIL_PORT"] = str(port)
    granian = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port),
        "--workers", "1", "--blocking-threads", str(threads), "--no-ws", "--log-level", "error",
        "vigil.project.wsgi:application",
    ]  # fmt: skip
    click.echo(f"Vigil: http://{'localhost' if host in ('127.0.0.1', '0.0.0.0') else host}:{port}")  # noqa: S104
    tell_second_factor()
    connections.close_all()  # a connection must not be shared with those that are forked
    gc.freeze()
    stop = threading.Event()
    children = [
        _Child("web", partial(_program, granian)),
        *(_Child(name, partial(_Forked, name, work)) for name, work in WORKERS.items()),
    ]
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    try:
        while not stop.wait(0.2):
            for child in children:
                child.keep_alive()
    finally:
        for child in children:
            child.end()
        os.close(lock)


def _alone_on(folder: Path) -> int:
    """Two on one folder would both read the spool, page and send. Ends the program where one runs already."""
    try:
        return hold(folder / "serve.lock")
    except AlreadyHeld as held:
        said = phrase(
            N_("{folder} is served already, by process {pid}. Stop it, or set VIGIL_DATA to another folder."),
            folder=str(folder),
            pid=held.pid or "?",
        )
    except OSError as error:  # a folder that cannot be written, a file system without locks
        said = phrase(
            N_("{file} cannot be locked: {why}."),
            file=str(folder / "serve.lock"),
            why=error.strerror or type(error).__name__,
        )
    click.echo(f"Vigil: {said.said(translator())}", err=True)
    sys.exit(1)


def _demand_port(host: str, port: int) -> None:
    """End the program with one line where nothing can listen there: the server would say so in many, for ever."""
    try:
        family, kind, number, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, number) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
    except OSError as error:
        said = phrase(
            N_("Nothing can listen on {host}, port {port}: {why}. Set VIGIL_PORT (or --port) to another."),
            host=host,
            port=port,
            why=error.strerror or type(error).__name__,
        )
        click.echo(f"Vigil: {said.said(translator())}", err=True)
        sys.exit(UNAVAILABLE)


def _program(command: list[str]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(  # noqa: S603
        command, env={**os.environ, "SERVED_BY": "vigil serve"}, preexec_fn=die_with_parent
    )


class _Forked:
    """A worker that shares what this process has read already: seven programs cost the memory and the start of one.

    Safe because this process has no thread and no open connection; what a worker opens is its own.
    """

    def __init__(self, name: str, work: Callable[[threading.Event], None]) -> None:
        self._process = multiprocessing.get_context("fork").Process(target=self._run, args=(name, work), name=name)
        self._process.start()

    @staticmethod
    def _run(name: str, work: Callable[[threading.Event], None]) -> None:
        die_with_parent()
        parent = multiprocessing.parent_process()
        if parent is not None and os.getppid() != parent.pid:
            return  # it died before this one could ask to be told, and would be outlived by its lock
        os.environ["SERVED_BY"] = "vigil serve"
        call_this_process(f"vigil {name}")
        _work(work)

    def poll(self) -> int | None:
        """The code it ended with, or None."""
        return self._process.exitcode

    def terminate(self) -> None:
        """Ask it to end."""
        self._process.terminate()

    def kill(self) -> None:
        """End it."""
        self._process.kill()

    def wait(self, timeout: float | None = None) -> int:
        """The code it ended with; raises subprocess.TimeoutExpired as Popen does."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired(self._process.name, timeout or 0)
        return self._process.exitcode


class _Child:
    """One process of the group; when it dies it is started again, later and later while it keeps dying."""

    def __init__(self, name: str, begin: "Callable[[], subprocess.Popen[bytes] | _Forked]") -> None:
        self._name, self._begin = name, begin
        self._deaths, self._restart_at = 0, 0.0
        self._start()

    def _start(self) -> None:
        self._started_at = time.monotonic()
        self._process: subprocess.Popen[bytes] | _Forked | None = self._begin()

    def keep_alive(self) -> None:
        """Start it again when it has died and its pause is over."""
        now = time.monotonic()
        if self._process is not None and (code := self._process.poll()) is not None:
            self._process = None
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
    """Run one worker (timekeeper, courier, pager, ...) alone until stopped."""
    start_django()
    from vigil.workers.registry import WORKERS

    if name not in WORKERS:
        raise click.UsageError(f"no worker {name}; there are: {', '.join(sorted(WORKERS))}")
    _work(WORKERS[name])


def _work(work: Callable[[threading.Event], None]) -> None:
    stop = threading.Event()
    parent = os.getppid()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    threading.Thread(target=_leave_with_parent, args=(parent, stop), daemon=True).start()
    work(stop)


def _leave_with_parent(parent: int, stop: threading.Event) -> None:
    """A killed `vigil serve` must not leave orphans that a new one would run beside."""
    while not stop.wait(1):
        if os.getppid() != parent:
            stop.set()
