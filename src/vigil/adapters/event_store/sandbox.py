"""DuckDB over given files and nothing else: no other file, no network, no extension, one thread, bounded memory."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MEMORY: Final = "384MB"


@contextmanager
def opened(paths: Sequence[Path], *, spill: Path | None = None) -> "Iterator[DuckDBPyConnection]":
    """A connection that can read these files. `spill`: a folder for what does not fit into memory; None: nowhere.

    Its settings cannot be changed any more. It is closed at the end.
    """
    import duckdb

    connection = duckdb.connect(
        ":memory:",
        config={
            "threads": "1",
            "memory_limit": MEMORY,
            "temp_directory": str(spill) if spill else "",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        },
    )
    try:
        allowed = ", ".join(quoted(str(path)) for path in paths)
        connection.execute(f"SET allowed_paths = [{allowed}]")
        if spill is not None:
            connection.execute(f"SET allowed_directories = [{quoted(f'{spill}/')}]")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET python_enable_replacements = false")
        connection.execute("SET lock_configuration = true")
        yield connection
    finally:
        connection.close()


def quoted(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"
