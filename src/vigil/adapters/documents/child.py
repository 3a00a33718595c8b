"""The child process that touches untrusted files: started, fed, waited for and put away.

One request is one process: a JSON line (the job), then the bytes of the file on its standard input; the
answer is one JSON value on its standard output. It gets a bare environment, its own process group and limits.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from vigil.adapters.documents import refusals
from vigil.adapters.documents.limits import Limits
from vigil.kernel.errors import Refused, Unavailable, VigilError

_KEPT = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "TESSDATA_PREFIX", "LD_LIBRARY_PATH", "VIGIL_CLOCK_SHIFT_S")
_KINDS: dict[str, type[VigilError]] = {"Refused": Refused, "Unavailable": Unavailable}


def ask(job: Mapping[str, Any], data: bytes, limits: Limits, *, seconds: float | None = None) -> Any:
    """What the worker answers to `job` over `data`.

    Raises:
        Refused: what the worker refused; `document.too_slow` after `seconds` (default `limits.seconds`);
            `document.damaged` when the parser crashed on the file.
    """
    wall = limits.seconds if seconds is None else seconds
    header = json.dumps({**job, "limits": limits.to_json(), "wall": wall}).encode()
    answer = _run(header + b"\n" + data, wall, str(job.get("folder") or "/"))
    try:
        said = json.loads(answer)
    except ValueError as error:
        raise refusals.damaged() from error
    if "refused" in said:
        raise _rebuilt(said["refused"])
    return said["answer"]


def _rebuilt(said: Mapping[str, Any]) -> VigilError:
    error = _KINDS.get(said["kind"], Refused)
    return error(said["code"], said["wording"], **said["facts"])


def _run(request: bytes, seconds: float, folder: str) -> bytes:
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "vigil.adapters.documents._worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env=_environment(folder),
        start_new_session=True,
    )
    try:
        answer, _ = process.communicate(request, timeout=seconds)
    except subprocess.TimeoutExpired as error:
        raise refusals.too_slow(seconds) from error
    finally:
        _put_away(process)
    return answer


def _environment(folder: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {**kept, "PYTHONUTF8": "1", "TMPDIR": folder, "HOME": folder, "OMP_THREAD_LIMIT": "1"}


def _put_away(process: subprocess.Popen[bytes]) -> None:
    """End the child and everything it started: its group outlives it when a grandchild hangs."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None and not stream.closed:
            stream.close()
