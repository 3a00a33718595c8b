"""Formats of lines of text, one file each: a line to a record. `auto` tells them apart; see `Lines`."""

from vigil.adapters.log_sources.formats.lines import FORMATS, Lines
from vigil.adapters.log_sources.formats.terms import Record

__all__ = ["FORMATS", "Lines", "Record"]
