"""Logs where they lie, as record batches of events: Windows event files, JSON lines, and lines of text (formats/).

`Sorter` is the one entrance for events of every format; `portions` reads files through it; `times` and `hosts` say when
and where; `tailing` follows a file that is being written.
"""

from vigil.adapters.log_sources.moments import hosts, times
from vigil.adapters.log_sources.reading import Piece, Portion, Tally, pieces, portions
from vigil.adapters.log_sources.shapes import FORMATS, Sorter, several

__all__ = ["FORMATS", "Piece", "Portion", "Sorter", "Tally", "hosts", "pieces", "portions", "several", "times"]
