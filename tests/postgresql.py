"""A PostgreSQL cluster of the tests' own, on a loopback port, stopped again by its process."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

_running: list[subprocess.Popen[bytes]] = []


def _program(name: str) -> str:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    path = str(found[-1]) if found else shutil.which(name)
    if path is None:
        raise RuntimeError("PostgreSQL is not installed: apt-get install postgresql")
    return path


def _as_owner(command: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root; the package made a user for it."""
    return (
        ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]
        if os.geteuid() == 0
        else command
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_cluster(folder: Path) -> str:
    """Start a fresh cluster under `folder`; returns the URL of its database."""
    data = folder / "postgresql"
    data.mkdir(mode=0o700)
    folder.chmod(0o711)
    if os.geteuid() == 0:
        shutil.chown(data, "postgres", "postgres")
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    init = [
        _program("initdb"),
        "-D",
        str(data),
        "-U",
        "vigil",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
        "--no-sync",
    ]
    subprocess.run(_as_owner(init), check=True, cwd="/", **quiet)
    port = free_port()
    serve = [
        _program("postgres"), "-D", str(data), "-p", str(port), "-c", "listen_addresses=127.0.0.1",
        "-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "max_connections=50",
    ]  # fmt: skip
    process = subprocess.Popen(_as_owner(serve), cwd="/", **quiet)
    _running.append(process)
    for _ in range(200):
        if (
            subprocess.run(
                [_program("pg_isready"), "-h", "127.0.0.1", "-p", str(port)], check=False, **quiet
            ).returncode
            == 0
        ):
            return f"postgresql://vigil@127.0.0.1:{port}/postgres"
        if process.poll() is not None:
            raise RuntimeError(f"PostgreSQL ended with {process.returncode}")
        time.sleep(0.05)
    raise RuntimeError("PostgreSQL did not answer within ten seconds")


def stop_cluster() -> None:
    """Stop what was started."""
    while _running:
        process = _running.pop()
        process.terminate()
        process.wait(20)
