"""Merged files without the events that lie beyond a place in the spool: after an older database came back, those are
read again, and would stand twice.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from vigil.adapters.event_store.placing import placed

STATISTICS: Final = ["_at", "_received", "_id"]
PARTS: Final = b"vigil.parts"
"""In the metadata of a merged file: the names of the files that it was made of."""


@dataclass(frozen=True, slots=True)
class Beyond:
    """Everything of a stream from a place on. An event's id is stream, segment and offset, the numbers in base 16."""

    stream: str
    segment: int
    offset: int

    @classmethod
    def batch(cls, name: str) -> "Beyond":
        """From where the batch of this name begins."""
        stream, segment, offset = name.rsplit("-", 2)
        return cls(stream, int(segment, 16), int(offset, 16))

    def may_be_in(self, path: Path) -> bool:
        """Whether the file says of itself that it may hold such events. Raises: OSError, pa.ArrowInvalid."""
        low, high = f"{self.stream}-{self.segment:012x}", f"{self.stream}-g"
        with pq.ParquetFile(path) as file:
            at = file.schema_arrow.names.index("_id")
            for number in range(file.metadata.num_row_groups):
                said = file.metadata.row_group(number).column(at).statistics
                if said is None or not said.has_min_max or (low <= said.max and said.min < high):
                    return True
        return False

    def holds(self, event: str) -> bool:
        """Whether the event lies there."""
        stream, _, rest = event.rpartition("-")
        stream, _, segment = stream.rpartition("-")
        if stream != self.stream:
            return False
        return (int(segment, 16), int(rest.partition(".")[0], 16)) >= (self.segment, self.offset)

    def taken_from(self, path: Path) -> int:
        """Write the file anew without such events, and without the names of the parts that held them; how many.

        Where none is left, the file goes. Raises: OSError, pa.ArrowInvalid.
        """
        with pq.ParquetFile(path) as file:
            ids = file.read(columns=["_id"], use_threads=False).column(0).to_pylist()
            gone = sum(map(self.holds, ids))
            if gone == len(ids):
                path.unlink()
            elif gone:
                placed(path, lambda draft: self._rest(file, draft))
        return gone

    def _rest(self, file: pq.ParquetFile, draft: Path) -> None:
        schema = file.schema_arrow
        parts = json.loads((schema.metadata or {}).get(PARTS, b"[]"))
        kept = [name for name in parts if not self._is_of(Path(name).stem)]
        schema = schema.with_metadata({**(schema.metadata or {}), PARTS: json.dumps(kept).encode()})
        with pq.ParquetWriter(
            draft, schema, compression="zstd", write_statistics=["_at", "_received", "_id"]
        ) as writer:
            for number in range(file.metadata.num_row_groups):
                table = file.read_row_group(number, use_threads=False)
                left = pa.array([not self.holds(event) for event in table["_id"].to_pylist()], pa.bool_())
                writer.write_table(table.filter(left).cast(schema))

    def _is_of(self, batch: str) -> bool:
        return batch.rsplit("-", 2)[0] == self.stream and self.holds(batch)
