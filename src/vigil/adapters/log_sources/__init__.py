"""Logs where they lie, as record batches of events: Windows event files, and JSON lines as shippers write them."""

from vigil.adapters.log_sources.reading import Piece, Portion, Tally, pieces, portions

__all__ = ["Piece", "Portion", "Tally", "pieces", "portions"]
