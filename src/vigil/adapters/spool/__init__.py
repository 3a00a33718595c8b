"""What was accepted and not yet looked at: files on disk, fsynced before the sender hears that they were taken."""

from vigil.adapters.spool.frames import MOST_FRAME_BYTES, Frame, Position
from vigil.adapters.spool.reading import Batch, SpoolReader
from vigil.adapters.spool.refusals import SpoolBusy, SpoolClosed, SpoolError, SpoolFull, SpoolSlow
from vigil.adapters.spool.sharing import SharedSpool
from vigil.adapters.spool.writing import SpoolWriter

__all__ = [
    "MOST_FRAME_BYTES",
    "Batch",
    "Frame",
    "Position",
    "SharedSpool",
    "SpoolBusy",
    "SpoolClosed",
    "SpoolError",
    "SpoolFull",
    "SpoolReader",
    "SpoolSlow",
    "SpoolWriter",
]
