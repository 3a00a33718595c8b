"""What correlations wait for, put by in files while a hunt goes through the past, and given back in the order of time.

Files of events are read a day and a source at a time, and correlations want time alone. One file a part of the hunt:
who goes through that part again writes the same name.
"""

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from vigil.adapters.event_store.sandbox import opened
from vigil.kernel.files import sync_folder

Row = tuple[float, str, str, tuple[tuple[str, str], ...]]
"""When, the event, the rule, name and value of the fields that correlations read."""
AT_ONCE: Final = 10_000
_SCHEMA: Final = pa.schema([("at", pa.float64()), ("event", pa.string()), ("rule", pa.string()), ("said", pa.string())])


class Runs:
    """The files of one hunt, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, part: str, number: int, rows: Sequence[Row]) -> None:
        """Keep some rows of a part durably."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        columns = [[row[n] for row in rows] for n in range(3)]
        said = [json.dumps(row[3], ensure_ascii=False) for row in rows]
        table = pa.table([*columns, said], schema=_SCHEMA)
        draft = self._folder / f".{part}-{number:06}"
        with draft.open("wb") as file:
            pq.write_table(table, file, compression="zstd")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._folder / f"{part}-{number:06}.parquet")
        sync_folder(self._folder)

    def drop(self, part: str) -> None:
        """Forget what was kept of a part."""
        for path in self._folder.glob(f"{part}-*.parquet"):
            path.unlink(missing_ok=True)

    def in_order(self) -> Iterator[list[Row]]:
        """Everything, in the order of time, so many at once. What does not fit into memory is sorted on the disk."""
        paths = sorted(self._folder.glob("*.parquet"))
        if not paths:
            return
        with opened(paths, spill=self._folder / "sorting") as connection:
            found = connection.execute(
                'SELECT "at", event, rule, said FROM read_parquet(?, hive_partitioning = false) '
                'ORDER BY "at", event, rule',
                [list(map(str, paths))],
            )
            while rows := found.fetchmany(AT_ONCE):
                yield [
                    (at, event, rule, tuple((name, value) for name, value in json.loads(said)))
                    for at, event, rule, said in rows
                ]

    def close(self) -> None:
        """The hunt has ended."""
        shutil.rmtree(self._folder, ignore_errors=True)
