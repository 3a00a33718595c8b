"""Several streams as one spool, so that several processes can read it: all of a source goes through the same stream."""

from concurrent.futures import Future
from contextlib import ExitStack
from pathlib import Path
from uuid import UUID

from vigil.adapters.spool.frames import Position
from vigil.adapters.spool.writing import LEAST_FREE_BYTES, SpoolWriter


class SharedSpool:
    """Writers of the streams `<name>0`, `<name>1`, ... Raises as SpoolWriter does; close it at the end."""

    def __init__(self, folder: Path, name: str, many: int, *, least_free_bytes: int = LEAST_FREE_BYTES) -> None:
        with ExitStack() as opened:
            self.writers = [
                opened.enter_context(SpoolWriter(folder, f"{name}{n}", least_free_bytes=least_free_bytes))
                for n in range(many)
            ]
            opened.pop_all()

    def of(self, source: UUID) -> SpoolWriter:
        """The writer of this source's stream."""
        return self.writers[source.int % len(self.writers)]

    def submit(self, source: UUID, data: bytes, sender: str, received_at: float) -> Future[Position]:
        """As `SpoolWriter.submit`."""
        return self.of(source).submit(source, data, sender, received_at)

    @property
    def refuses(self) -> str:
        """Why nothing is taken at present; empty if all streams take."""
        return next((why for writer in self.writers if (why := writer.refuses)), "")

    def close(self) -> None:
        """Write what waits, then let the streams go."""
        for writer in self.writers:
            writer.close()
