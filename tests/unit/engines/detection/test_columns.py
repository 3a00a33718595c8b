"""Fields that are made of others, a column at a time; and a log that is of several kinds at once."""

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from vigil.engines.detection.columns import MOST_LAYOUTS, Columns, Shape
from vigil.engines.detection.terms import Source

SHAPE = Shape({"a": pc.utf8_upper}, {"a": (("b", None), ("c", pc.utf8_length)), "d": (("b", None),)})


@pytest.mark.parametrize(
    ("wanted", "names", "rows"),
    [
        (None, ("A", "x"), [{"a": "ONE", "b": "ONE", "c": 3, "x": "1"}]),
        ({"b"}, ("A", "x"), [{"b": "ONE"}]),
        ({"x"}, ("A", "x"), [{"x": "1"}]),
        ({"none"}, ("A", "x"), [{"a": "one"}]),
        (None, ("A", "B"), [{"a": "ONE", "b": "1", "c": 3}]),
        (None, ("d", "A"), [{"d": "one", "b": "one", "a": "1", "c": 1}]),
        (None, ("", "d"), [{"d": "1", "b": "1"}]),
    ],
)
def test_a_shape_makes_what_is_wanted_and_takes_the_place_of_nothing(wanted, names, rows) -> None:
    columns = Columns(wanted)
    columns.add_values(("kind", names), names, ("one", "1"), 0, SHAPE)
    ((batch, numbers),) = columns.batches()
    assert (batch.to_pylist(), numbers) == (rows, [0])


def test_a_turn_passes_over_what_is_no_text() -> None:
    columns = Columns(None)
    columns.add_values("k", ("a",), (["x", "y"],), 0, SHAPE)
    ((batch, _),) = columns.batches()
    assert batch.column("a") == batch.column("b") == pa.array([["x", "y"]])


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        (Source("", "linux", "auth"), True),
        (Source("", "linux", "sshd"), True),
        (Source("", "linux", ""), True),
        (Source("", "linux", "ssh"), False),
        (Source("", "linux", "sshd,auth"), False),
        (Source("webserver", "linux", "auth"), False),
    ],
)
def test_a_log_may_be_of_several_services(rule, holds) -> None:
    assert rule.covers(Source("", "linux", "sshd,auth,syslog")) is holds


def test_ever_other_fields_are_bounded_and_cost_no_event_with_usual_ones() -> None:
    columns = Columns(None)
    columns.add({"usual": "1"}, 0)
    for n in range(1, MOST_LAYOUTS):
        columns.add({f"k{n}": "1"}, n)
    with pytest.raises(ValueError, match="too many"):
        columns.add({"one more": "1"}, 0)
    columns.add({"usual": "2"}, MOST_LAYOUTS)
    taken = list(columns.batches())
    assert (taken[0][1], len(taken)) == ([0, MOST_LAYOUTS], MOST_LAYOUTS)
    columns.add({"one more": "1"}, 0)
