"""A backup is one .tar.gz: database, originals, keys and journal heads, under a manifest of digests."""

from vigil.adapters.backups.archive import read_archive, write_archive
from vigil.adapters.backups.databases import dump_database, restore_database

__all__ = ["dump_database", "read_archive", "restore_database", "write_archive"]
