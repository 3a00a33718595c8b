"""The child's side: limits first, then one job, then one answer. Run as a module, imported by nobody."""

import json
import resource
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from vigil.adapters.documents import refusals, sniff
from vigil.adapters.documents.limits import Limits
from vigil.adapters.documents.model import Document, packed
from vigil.kernel.errors import VigilError
from vigil.kernel.phrases import Phrase

Job = Mapping[str, Any]
Reader = Callable[[bytes, Limits], Document]

_READERS = {
    sniff.TEXT: ("plain", "read_text"),
    sniff.DOCX: ("docx.reader", "read_docx"),
    sniff.DOC: ("doc.reader", "read_doc"),
    sniff.RTF: ("rtf.reader", "read_rtf"),
    sniff.HTML: ("html", "read_html"),
}


def _bound(limits: Limits, wall: float) -> None:
    """No more memory, processor time or file size than a document needs; no core dumps."""
    seconds = int(wall) + 1
    for kind, amount in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_CPU, seconds * 4),
        (resource.RLIMIT_FSIZE, limits.unpacked_bytes * 4),
        (resource.RLIMIT_CORE, 0),
    ):
        _soft, hard = resource.getrlimit(kind)
        most = amount if hard == resource.RLIM_INFINITY else min(amount, hard)
        resource.setrlimit(kind, (most, most))


def _die_with_parent() -> None:
    """Linux: be killed when the parent is, so that nothing of the document outlives it in memory."""
    if sys.platform != "linux":
        return
    import ctypes
    import signal

    ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGKILL, 0, 0, 0)


def _read(job: Job, data: bytes, limits: Limits) -> Any:
    """Readers are imported here, so that a child loads only what it uses."""
    media_type = job["media_type"]
    if media_type == sniff.PDF:
        from vigil.adapters.documents.pdf.reader import read_pdf

        anchors = job.get("anchors")
        return packed(read_pdf(data, limits, None if anchors is None else Path(anchors)))
    module, name = _READERS[media_type]
    reader: Reader = getattr(import_module(f"vigil.adapters.documents.{module}"), name)
    return packed(reader(data, limits))


def _ocr(job: Job, data: bytes, limits: Limits) -> Any:
    from vigil.adapters.documents.ocr.job import read_scan

    return read_scan(job, data, limits)


def _frames(job: Job, data: bytes, limits: Limits) -> Any:
    from vigil.adapters.documents.ocr.job import count_frames

    return count_frames(job, data, limits)


def _picture(job: Job, data: bytes, limits: Limits) -> Any:
    """One page as PNG in base64; None when there is no such page."""
    import base64
    import io

    from vigil.adapters.documents.ocr.pictures import pictures

    try:
        image = next(iter(pictures(data, job["media_type"], [job["page"]], limits)), None)
    except IndexError:
        return None
    if image is None:
        return None
    edge = int(limits.pixels**0.5 * 1.3)
    image.thumbnail((edge, edge))
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return base64.b64encode(out.getvalue()).decode()


_JOBS: dict[str, Callable[[Job, bytes, Limits], Any]] = {
    "read": _read,
    "ocr": _ocr,
    "frames": _frames,
    "picture": _picture,
}


def _answered(job: Job, data: bytes) -> dict[str, Any]:
    limits = Limits(**job["limits"])
    try:
        return {"answer": _JOBS[job["job"]](job, data, limits)}
    except VigilError as error:
        return _refused(error)
    except MemoryError:
        return _refused(refusals.bomb())
    except Exception:  # noqa: BLE001 - the last resort: whatever a parser throws at a bad file, the file is bad
        return _refused(refusals.damaged())


def _refused(error: VigilError) -> dict[str, Any]:
    facts = {name: value.to_json() if isinstance(value, Phrase) else value for name, value in error.facts.items()}
    return {
        "refused": {
            "kind": type(error).__name__,
            "code": error.code,
            "wording": error.phrase.wording,
            "facts": facts,
        }
    }


def main() -> None:
    """Read one job from standard input and answer it on standard output."""
    _die_with_parent()
    job = json.loads(sys.stdin.buffer.readline())
    _bound(Limits(**job["limits"]), job["wall"])
    answer = _answered(job, sys.stdin.buffer.read())
    sys.stdout.buffer.write(json.dumps(answer).encode())
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
