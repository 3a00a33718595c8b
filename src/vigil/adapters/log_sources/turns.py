"""A column at a time: what a log writes for "nothing", its escapes, what rules ask for beside what is written.

Each takes an array of text and gives one of the same length. What is the same for a whole column costs no step for
each value; only what is odd is looked at one by one.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vigil.engines.detection.columns import Turn

_STRING: Final = pa.string()
_NOTHING: Final = pa.scalar(None, _STRING)
_ESCAPE: Final = re.compile(r"((?:\\x[0-9A-Fa-f]{2})+)|\\(.)", re.DOTALL)
_RUN: Final = re.compile(r"(?:\\x[0-9A-Fa-f]{2})+")
_LETTERS: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "v": "\v", "f": "\f"}


def missing(word: str) -> Turn:
    """What stands for nothing."""

    def turn(array: pa.Array) -> pa.Array:
        is_it = pc.equal(array, word)
        return pc.if_else(is_it, _NOTHING, array) if pc.any(is_it).as_py() else array

    return turn


dash: Final = missing("-")
empty: Final = missing("")


def escapes(array: pa.Array) -> pa.Array:
    """`\\xhh` (bytes of UTF-8) and a backslash before a character, as web servers write them; `-` is nothing."""
    return _where(dash(array), "\\", unescaped)


def hexes(array: pa.Array) -> pa.Array:
    """`\\xhh` alone, as Zeek writes it."""
    return _where(array, "\\x", _unhexed)


def plus(array: pa.Array) -> pa.Array:
    """A space written as `+`; `-` is nothing."""
    return pc.replace_substring(dash(array), "+", " ")


def stem(array: pa.Array) -> pa.Array:
    """An address of the web up to its query."""
    return pc.replace_substring_regex(array, r"(?s)\?.*", "")


def query(array: pa.Array) -> pa.Array:
    """The query of an address of the web; nothing where there is none."""
    return empty(pc.replace_substring_regex(array, r"(?s)^[^?]*\??", ""))


def queries(array: pa.Array) -> pa.Array:
    """The query, and the whole: rules for web servers look for paths in `cs-uri-query` more often than not."""
    asked = query(array)
    if asked.null_count == len(asked):
        return array
    here, many = pc.is_valid(array), len(array)
    counts = pc.add(pc.cast(here, pa.int32()), pc.cast(pc.is_valid(asked), pa.int32()))
    offsets = pa.concat_arrays([pa.array([0], pa.int32()), pc.cumulative_sum(counts)])
    side_by_side = pa.array(np.arange(2 * many).reshape(2, many).T.ravel())
    values = pc.drop_null(pa.concat_arrays([array, asked]).take(side_by_side))
    return pa.ListArray.from_arrays(offsets, values, mask=pc.invert(here))


def extension(array: pa.Array) -> pa.Array:
    """What stands after the last dot of the last part of the path."""
    found = pc.extract_regex(stem(array), r"\.(?P<end>[A-Za-z0-9_]{1,16})$")
    return pc.struct_field(found, "end")


def domain(array: pa.Array) -> pa.Array:
    """A name without the dot at its end; the root stays."""
    return pc.replace_substring_regex(array, r"(.)\.$", r"\1")


def epoch(array: pa.Array) -> pa.Array:
    """Seconds since 1970 as a time in ISO 8601; what is none stays as it stands."""
    try:
        parts = pc.cast(pc.round(pc.multiply(pc.cast(array, pa.float64()), 1e6)), pa.int64())
        made = pc.cast(pc.cast(parts, pa.timestamp("us")), _STRING)
    except pa.ArrowInvalid:
        return pa.array(
            [None if value is None else iso_of_epoch(value) or value for value in array.to_pylist()], _STRING
        )
    return pc.binary_join_element_wise(pc.replace_substring(made, " ", "T"), "Z", "")


def iso_of_epoch(text: str) -> str | None:
    """The same for one."""
    try:
        return datetime.fromtimestamp(float(text), UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return None


def truth(array: pa.Array) -> pa.Array:
    """Zeek's `T` and `F` in JSON's words, which rules use."""
    return pc.if_else(pc.equal(array, "T"), "true", pc.if_else(pc.equal(array, "F"), "false", array))


def split(by: str) -> Turn:
    """Several values in one."""

    def turn(array: pa.Array) -> pa.Array:
        return pc.split_pattern(array, by) if by and pc.any(pc.match_substring(array, by)).as_py() else array

    return turn


def unescaped(text: str) -> str:
    """One text without its escapes."""
    return _ESCAPE.sub(lambda one: _bytes(one[1]) if one[1] else _LETTERS.get(one[2], one[2]), text)


def _unhexed(text: str) -> str:
    return _RUN.sub(lambda run: _bytes(run[0]), text)


def _bytes(run: str) -> str:
    return bytes.fromhex(run.replace("\\x", "")).decode("utf-8", "replace")


def _where(array: pa.Array, mark: str, read: Callable[[str], str]) -> pa.Array:
    marked = pc.match_substring(array, mark)
    if not pc.any(marked).as_py():
        return array
    return pa.array(
        [read(text) if is_ else text for text, is_ in zip(array.to_pylist(), marked.to_pylist(), strict=True)], _STRING
    )


NAMED: Final[dict[str, Turn]] = {
    "dash": dash,
    "empty": empty,
    "escapes": escapes,
    "plus": plus,
    "stem": stem,
    "query": query,
    "queries": queries,
    "extension": extension,
    "domain": domain,
    "epoch": epoch,
}
"""By the names that fields.toml gives them."""
