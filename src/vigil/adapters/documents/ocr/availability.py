"""Is the text recognition there, with Vietnamese?"""

import shutil
import subprocess
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec

from vigil.kernel.phrases import N_, Phrase, phrase


@dataclass(frozen=True, slots=True)
class Availability:
    """True when scans can be read; `reason` says why not (or which version does it)."""

    works: bool
    reason: Phrase

    def __bool__(self) -> bool:
        return self.works


def ocr_available() -> Availability:
    """Whether scans can be read on this machine. Truthy when they can; `.reason` is a phrase for people."""
    return _asked(shutil.which("tesseract"))


@lru_cache(maxsize=4)
def _asked(tesseract: str | None) -> Availability:
    if tesseract is None:
        return Availability(False, phrase(N_("tesseract is not installed")))
    if find_spec("ocrmypdf") is None:
        return Availability(False, phrase(N_("ocrmypdf is not installed")))
    try:
        answer = subprocess.run(  # noqa: S603 - the path comes from PATH, no argument from outside
            [tesseract, "--list-langs"], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return Availability(False, phrase(N_("tesseract does not answer")))
    if "vie" not in answer.stdout.split() + answer.stderr.split():
        return Availability(False, phrase(N_("tesseract has no Vietnamese")))
    return Availability(True, phrase(N_("tesseract reads Vietnamese")))
