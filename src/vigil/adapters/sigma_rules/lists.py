"""Lists of indicators in files; what is a public suffix is known from the list that browsers use (publicsuffix.org)."""

from pathlib import Path
from typing import Final

from publicsuffixlist import PublicSuffixList

from vigil.engines.detection.indicators import IndicatorSet, read_list

_MOST_BYTES: Final = 500_000_000


def read_indicators(path: Path, *, name: str = "") -> IndicatorSet:
    """The indicators of a file, one a line (UTF-8, faults replaced). `name`: what the list is called, else the file's.

    Raises: OSError; ValueError when too large.
    """
    if path.stat().st_size > _MOST_BYTES:
        raise ValueError(f"{path} is larger than {_MOST_BYTES} bytes")
    suffixes = PublicSuffixList()
    with path.open(encoding="utf-8-sig", errors="replace") as lines:
        return read_list(lines, is_suffix=suffixes.is_public, source=name or path.name)
