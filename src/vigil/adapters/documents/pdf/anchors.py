"""The certificates whose signatures are trusted: the files of one folder. Nothing else is ever trusted."""

from pathlib import Path
from typing import Any

from pyhanko.keys import load_certs_from_pemder_data

_MOST_BYTES = 1_000_000
Certificate = Any


def anchors_in(folder: Path | None) -> list[Certificate]:
    """Every certificate of the folder's .pem, .crt, .cer and .der files; files that hold none are passed over."""
    if folder is None or not folder.is_dir():
        return []
    found = []
    for file in sorted(folder.iterdir()):
        if file.suffix.lower() in (".pem", ".crt", ".cer", ".der") and file.stat().st_size < _MOST_BYTES:
            found += _certificates(file.read_bytes())
    return found


def _certificates(content: bytes) -> list[Certificate]:
    try:
        found = list(load_certs_from_pemder_data(content))
        return [one for one in found if one.native]  # reading it parses the whole: a broken one shows here
    except (ValueError, TypeError, OSError):
        return []
