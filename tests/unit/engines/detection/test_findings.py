"""First and last of what was found are instants, however the events write them."""

from itertools import permutations

import pytest

from vigil.engines.detection.findings import Found


@pytest.mark.parametrize(
    "in_order",
    [
        ["2026-05-01T09:00:00", "2026-05-01 10:00:00", "2026-05-01T11:00:00"],
        ["2026-04-30T07:10:00+07:00", "2026-04-30T00:30:00Z", "2026-04-29T19:50:00-05:00"],
        ["2026-04-30T00:00:00Z", "2026-04-30T00:00:00.5Z", "1777507201", "1777507202000", "2026-04-30T00:00:03"],
    ],
)
def test_first_and_last_whatever_comes_first(in_order) -> None:
    for several in permutations(in_order):
        found = Found()
        for at in several:
            found.take(at)
        assert (found.first, found.last) == (in_order[0], in_order[-1]), several
