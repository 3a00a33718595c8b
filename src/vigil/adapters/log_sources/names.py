"""Which files of a folder are logs, by their names: `access.log.2.gz` and `messages-20260430` are, `wtmp` is none."""

import re
from pathlib import Path
from typing import Final

from vigil.adapters.log_sources.compression import has_compressed_name

_ENDINGS: Final = frozenset({".evtx", ".json", ".jsonl", ".ndjson", ".log", ".txt", ""})
_TURNED: Final = re.compile(r"(?:[.-]\d{1,14}|\.old)+$")
_INSIDE: Final = re.compile(r"(?:[.\-_]\d{1,14})+(\.[A-Za-z]+)$")
_OTHERS: Final = frozenset({"wtmp", "btmp", "lastlog", "faillog", "tallylog", "utmp"})
"""Kept beside logs, and binary."""


def plain(path: Path) -> str:
    """The name in lower case, without the ending of a compression and what rotation adds."""
    name = (path.stem if has_compressed_name(path) else path.name).lower()
    return _TURNED.sub("", name)


def first_name(path: Path) -> Path:
    """The name before rotation: `a.log` of `a.log.1`, of `a.log-20260430.gz` and of `a-20260430.log`."""
    name = path.stem if has_compressed_name(path) else path.name
    return path.with_name(_INSIDE.sub(r"\1", _TURNED.sub("", name)) or path.name)


def is_log(path: Path) -> bool:
    """Whether it is read when a folder is."""
    name = plain(path)
    return not name.startswith(".") and Path(name).suffix in _ENDINGS and name not in _OTHERS
