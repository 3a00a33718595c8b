"""Events kept for search and retro-hunt: Parquet by day and source, named by batch (docs/decisions/0013)."""

from vigil.adapters.event_store.pieces import DAMAGED, Footer, footer_of, pieces, whole_events
from vigil.adapters.event_store.store import EventStore, Found, Stored
from vigil.adapters.event_store.tables import LIST, META, as_table, batches_of

__all__ = [
    "DAMAGED", "LIST", "META", "EventStore", "Footer", "Found", "Stored", "as_table", "batches_of", "footer_of",
    "pieces", "whole_events",
]  # fmt: skip
