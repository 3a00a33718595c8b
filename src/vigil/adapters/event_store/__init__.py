"""Events kept for search and retro-hunt: Parquet by day and source, named by batch (docs/decisions/0013)."""

from vigil.adapters.event_store.store import EventStore, Stored
from vigil.adapters.event_store.tables import META, as_table, batches_of

__all__ = ["META", "EventStore", "Stored", "as_table", "batches_of"]
