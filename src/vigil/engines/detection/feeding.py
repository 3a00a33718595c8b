"""From stage one to stage two, where all events are at hand: what correlations keep of the matches of a batch."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from vigil.engines.detection.correlation import Matched
from vigil.engines.detection.entities import values_of


def fed(
    batch: pa.RecordBatch,
    matches: pa.RecordBatch,
    *,
    rules: Sequence[str],
    feeds: Mapping[str, frozenset[str]],
    at: Callable[[], pa.Array],
    event: Callable[[int], str],
) -> Iterator[Matched | None]:
    """The matches of rules that correlations ask for; None for one whose event has no time and so stands nowhere.

    `rules[number]`: the ids of the plan's rules; `feeds`: see `fields_by_rule`; `at`: the times of the batch (us, UTC);
    `event(row)`: an id, which must differ from event to event and sort as they stand in their file.
    """
    seconds: list[float | None] | None = None
    for number, row in zip(matches.column(0).to_pylist(), matches.column(1).to_pylist(), strict=True):
        rule = rules[number]
        if rule not in feeds:
            continue
        if seconds is None:
            seconds = pc.divide(pc.cast(pc.cast(at(), pa.int64()), pa.float64()), 1e6).to_pylist()
        when = seconds[row]
        yield None if when is None else Matched(when, event(row), rule, values_of(batch, row, feeds[rule]))
