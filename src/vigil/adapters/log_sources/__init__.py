"""Logs where they lie, as record batches of events: Windows event files, JSON lines, and lines of text (formats/).

`Sorter` is the one entrance for events of every format; `portions` reads files through it; `times` and `hosts` say when
and where; `tailing` follows a file that is being written.
"""

from vigil.adapters.log_sources.moments import hosts, times
from vigil.adapters.log_sources.reading import Piece, Portion, Tally, passed_over, pieces, portions
from vigil.adapters.log_sources.shapes import FORMATS, WINDOWS, Sorter, several
from vigil.adapters.log_sources.windows_blocks import Remembered, WindowsBlocks

__all__ = [
    "FORMATS",
    "WINDOWS",
    "Piece",
    "Portion",
    "Remembered",
    "Sorter",
    "Tally",
    "WindowsBlocks",
    "hosts",
    "passed_over",
    "pieces",
    "portions",
    "several",
    "times",
]
