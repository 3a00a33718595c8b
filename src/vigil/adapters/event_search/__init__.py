"""Search over kept events: a small language, made into one kind of query that DuckDB runs over given files alone."""

from vigil.adapters.event_search.language import EVERYTHING, Query, parse
from vigil.adapters.event_search.rules import as_rule
from vigil.adapters.event_search.search import Cursor, EventSearch, FoundEvent, FoundPage

__all__ = ["EVERYTHING", "Cursor", "EventSearch", "FoundEvent", "FoundPage", "Query", "as_rule", "parse"]
