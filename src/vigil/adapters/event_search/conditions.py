"""A query as a condition that DuckDB understands. What a reader typed is only ever a parameter, never part of it."""

from collections.abc import Collection
from functools import partial
from typing import Final
from unicodedata import normalize

from vigil.adapters.event_search.language import All, Any_, Not, One, Part, Query, Term
from vigil.adapters.event_store import LIST

_OF_EVERY_EVENT: Final = frozenset({"_id", "_host", "_product", "_category", "_service"})

_TONES: Final = frozenset("\u0300\u0301\u0303\u0309\u0323")


def condition(query: Query, columns: Collection[str]) -> tuple[str, list[str]]:
    """The condition and its parameters, over files with these columns. It is true or false, never unknown."""
    if isinstance(query, Term):
        return _in_line(query.parts) if not query.field else _in_field(query, columns)
    if isinstance(query, Not):
        said, given = condition(query.part, columns)
        return f"(NOT {said})", given
    parts = [condition(part, columns) for part in query.parts]
    word = " AND " if isinstance(query, All) else " OR "
    said = word.join(one for one, _ in parts) or "true"
    return f"({said})", [value for _, given in parts for value in given]


def _in_field(term: Term, columns: Collection[str]) -> tuple[str, list[str]]:
    name = term.field
    if name in _OF_EVERY_EVENT:
        names = [name]
    else:
        names = [one for one in (name, name + LIST, f"field.{name}", f"field.{name}{LIST}") if one in columns]
        if name.startswith("_"):
            names = [one for one in names if one.startswith("field.")]
    parts, given = [], []
    for one in names:
        column = identifier(one)
        if term.parts == (Any_(),):
            parts.append(f"{column} IS NOT NULL")
            continue
        for written in _ways_to_write(term.parts):
            test, value = _test(written)
            if one.endswith(LIST):
                parts.append(f"coalesce(len(list_filter({column}, lambda v: {test.format('v')})) > 0, false)")
            else:
                parts.append(f"coalesce({test.format(column)}, false)")
            given.append(value)
    return f"({' OR '.join(parts) or 'false'})", given


def _test(parts: tuple[Part, ...]) -> tuple[str, str]:
    if all(isinstance(part, str) for part in parts):
        return "lower({}) = lower(?)", "".join(map(str, parts))
    return "lower({}) LIKE lower(?) ESCAPE '\\'", pattern(parts)


def _in_line(parts: tuple[Part, ...]) -> tuple[str, list[str]]:
    """A text in the line as it came; in JSON, quotation marks and backslashes stand behind a further one."""
    said, given = [], []
    written = _ways_to_write(parts)
    for several in dict.fromkeys([*written, *(tuple(_as_json(part) for part in one) for one in written)]):
        if len(several) == 1 and isinstance(several[0], str):
            said.append('contains(lower("_raw"), lower(?))')
            given.append(several[0])
        else:
            said.append("lower(\"_raw\") LIKE lower(?) ESCAPE '\\'")
            given.append(f"%{pattern(several)}%")
    return f"coalesce({' OR '.join(said)}, false)", given


def _ways_to_write(parts: tuple[Part, ...]) -> list[tuple[Part, ...]]:
    """As typed, with letters whole, with all marks or only the tone behind them: readers do not see which it is."""
    return list(
        dict.fromkeys(
            tuple(form(part) if isinstance(part, str) else part for part in parts)
            for form in (str, partial(normalize, "NFC"), partial(normalize, "NFD"), _tones_behind)
        )
    )


def _tones_behind(text: str) -> str:
    """As Windows' Vietnamese keyboards write it: the letter with its hat or horn as one, the tone behind it."""
    made = []
    for letter in normalize("NFC", text):
        base = normalize("NFD", letter)
        tones = "".join(mark for mark in base if mark in _TONES)
        made.append(normalize("NFC", "".join(mark for mark in base if mark not in _TONES)) + tones if tones else letter)
    return "".join(made)


def _as_json(part: Part) -> Part:
    return part.replace("\\", "\\\\").replace('"', '\\"') if isinstance(part, str) else part


def pattern(parts: tuple[Part, ...]) -> str:
    """For LIKE, with a backslash before what is meant as it stands."""
    return "".join(
        "%" if isinstance(part, Any_) else "_" if isinstance(part, One) else _plain(part) for part in parts
    )  # fmt: skip


def _plain(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def identifier(name: str) -> str:
    """A column's name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'
