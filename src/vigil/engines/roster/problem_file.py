"""A problem from TOML (docs/reference/roster.md): bounded in size and depth, unknown keys refused, each fault with
its place.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from vigil.engines.roster.coverage import ON_SITE, Span
from vigil.engines.roster.problem import (
    MAX_PEOPLE,
    Assignment,
    Carried,
    Pattern,
    Person,
    Post,
    Problem,
    Rules,
    Shift,
    Staffing,
    Wish,
)
from vigil.kernel.errors import Refused
from vigil.kernel.phrases import N_, Phrase

MAX_BYTES = 5_000_000
_MISSING: Any = object()


def read_problem(data: bytes) -> Problem:
    """The problem, with its slots. Raises: Refused with a code of `roster.*`, the place in the file and what is
    wrong.
    """
    if len(data) > MAX_BYTES:
        raise Refused(
            "roster.size", N_("The file has {count} bytes; at most {most} are read."), count=len(data), most=MAX_BYTES
        )
    try:
        table = tomllib.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise Refused("roster.file", N_("This is not a TOML file: {why}"), why=str(error)[:200]) from None
    return _problem(_Table(table, "")).expanded()


@dataclass
class _Table:
    """A table and where it stands; `take` reads a key once, `end` refuses what nobody took."""

    values: dict[str, Any]
    where: str

    def __post_init__(self) -> None:
        if not isinstance(self.values, dict):
            raise _wrong(self.where, self.values)
        self.values = dict(self.values)

    def at(self, key: str) -> str:
        """The place of a key."""
        return f"{self.where}.{key}" if self.where else key

    def take(self, key: str, kind: type | tuple[type, ...], default: Any = _MISSING) -> Any:
        """The value of a key, of that kind."""
        value = self.values.pop(key, _MISSING)
        if value is _MISSING:
            if default is _MISSING:
                raise Refused("roster.missing", N_("{where} is missing."), where=self.at(key))
            return default
        allowed = kind if isinstance(kind, tuple) else (kind,)
        if not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed):
            raise _wrong(self.at(key), value)
        return value

    def tables(self, key: str) -> "list[_Table]":
        """A list of tables."""
        return [_Table(value, f"{self.at(key)}[{i + 1}]") for i, value in enumerate(self.take(key, list, []))]

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts."""
        values = self.take(key, list, [])
        for value in values:
            if not isinstance(value, str):
                raise _wrong(self.at(key), value)
        return tuple(values)

    def end(self) -> None:
        """Nothing may be left."""
        for key in self.values:
            raise Refused("roster.unknown_key", N_("{where} is not known here."), where=self.at(key))


def _wrong(where: str, value: object) -> Refused:
    return Refused("roster.wrong", N_("{where}: {value} is not of the right kind."), where=where, value=str(value)[:80])


def _problem(table: _Table) -> Problem:
    name, zone_name = table.take("name", str, ""), table.take("zone", str, "Asia/Ho_Chi_Minh")
    try:
        zone = ZoneInfo(zone_name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise _wrong("zone", zone_name) from None
    window = _span(table, zone)
    staffing = _Table(table.take("posts", dict, {}), "posts")
    posts = tuple(_post(key, _Table(value, f"posts.{key}")) for key, value in staffing.values.items())
    patterns = {
        key: _pattern(key, _Table(value, f"patterns.{key}")) for key, value in table.take("patterns", dict, {}).items()
    }
    people = _everybody(table, zone)
    problem = Problem(
        window=window,
        posts=posts,
        people=people,
        rules=_rules(_Table(table.take("rules", dict, {}), "rules")),
        patterns=patterns,
        holidays=frozenset(_days(table, "holidays")),
        fixed=tuple(_fixed(entry) for entry in table.tables("fixed")),
        zone=zone_name,
        name=name,
    )
    table.end()
    return problem


def _instant(where: str, value: object, zone: ZoneInfo) -> datetime:
    """A date is its midnight; a time without an offset is local."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=zone)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=zone)
    raise _wrong(where, value)


def _span(table: _Table, zone: ZoneInfo) -> Span:
    start = _instant(table.at("from"), table.take("from", (datetime, date)), zone)
    end = _instant(table.at("until"), table.take("until", (datetime, date)), zone)
    try:
        return Span(start, end)
    except (ValueError, OverflowError):
        raise Refused("roster.span", N_("{where}: it must end after it starts."), where=table.at("until")) from None


def _days(table: _Table, key: str) -> Iterable[date]:
    for value in table.take(key, list, []):
        if not isinstance(value, date) or isinstance(value, datetime):
            raise _wrong(table.at(key), value)
        yield value


def _day(table: _Table, key: str) -> date | None:
    value = table.take(key, date, None)
    if isinstance(value, datetime):
        raise _wrong(table.at(key), value)
    return value  # type: ignore[no-any-return]


def _post(key: str, table: _Table) -> Post:
    shifts = {
        name: _staffing(_Table(value, f"{table.where}.shifts.{name}"))
        for name, value in table.take("shifts", dict, {}).items()
    }
    return Post(
        id=key,
        functions=table.texts("functions"),
        pattern=table.take("pattern", str, "8h"),
        requires=frozenset(table.texts("requires")),
        name=table.take("name", str, ""),
        always=table.take("always", bool, True),
        by_shift=shifts,
        staffing=_staffing(table),
    )


def _staffing(table: _Table) -> Staffing:
    skills = table.take("skills", dict, {})
    for skill, count in skills.items():
        if not isinstance(count, int) or isinstance(count, bool):
            raise _wrong(f"{table.where}.skills.{skill}", count)
    made = Staffing(
        on_site=table.take("on_site", int, 1),
        on_call=table.take("on_call", int, 0),
        backup=table.take("backup", int, 0),
        leads=table.take("leads", int, 0),
        skills=skills,
    )
    table.end()
    return made


def _pattern(key: str, table: _Table) -> Pattern:
    shifts = []
    for entry in table.tables("shifts"):
        start, end = entry.take("from", time), entry.take("until", time)
        shifts.append(Shift(entry.take("name", str), start, end))
        entry.end()
    made = Pattern(
        key, tuple(shifts), table.take("handover_min", int, 0), table.take("on", int, 0), table.take("off", int, 0)
    )
    table.end()
    return made


def _everybody(table: _Table, zone: ZoneInfo) -> tuple[Person, ...]:
    """Everybody; a few lines may mean very many, so they are counted while they are made."""
    found: list[Person] = []
    for entry in table.tables("people"):
        found += _people(entry, zone)
        if len(found) > MAX_PEOPLE:
            raise Refused("roster.bounds", N_("Too many {what}: {count}, at most {most}."),
                          what=Phrase(N_("people")), count=len(found), most=MAX_PEOPLE)  # fmt: skip
    return tuple(found)


def _people(table: _Table, zone: ZoneInfo) -> list[Person]:
    """One person; or `count` of them with the same facts, numbered."""
    count = table.take("count", int, None)
    ident = table.take("id", str)
    posts = table.texts("posts")
    carried = table.take("carried", dict, None)
    person = Person(
        id=ident,
        name=table.take("name", str, ""),
        skills=frozenset(table.texts("skills")),
        lead=table.take("lead", bool, False),
        posts=frozenset(posts) if posts else None,
        joins=_day(table, "joins"),
        leaves=_day(table, "leaves"),
        leave=tuple(_ended(entry, _span(entry, zone)) for entry in table.tables("leave")),
        wishes=tuple(_wish(entry, zone) for entry in table.tables("wishes")),
        carried=None if carried is None else _carried(_Table(carried, table.at("carried"))),
        before=tuple(_ended(entry, _span(entry, zone)) for entry in table.tables("before")),
        share=float(table.take("share", (int, float), 1.0)),
        crew=table.take("crew", int, None),
    )
    table.end()
    if count is None:
        return [person]
    if not 1 <= count <= MAX_PEOPLE:
        raise _wrong(table.at("count"), count)
    return [replace(person, id=f"{ident}{i + 1}", name=person.name and f"{person.name} {i + 1}") for i in range(count)]


def _ended(table: _Table, span: Span) -> Span:
    table.end()
    return span


def _wish(table: _Table, zone: ZoneInfo) -> Wish:
    wish = Wish(_span(table, zone), table.take("avoid", bool, True), table.take("weight", int, 1))
    table.end()
    return wish


def _carried(table: _Table) -> Carried:
    made = Carried(table.take("nights", int, 0), table.take("holidays", int, 0), table.take("hours", int, 0))
    table.end()
    return made


def _fixed(table: _Table) -> Assignment:
    """`from` is the local start of the shift, as in the slots' identifiers."""
    start = table.take("from", datetime)
    made = Assignment(
        table.take("person", str), f"{table.take('post', str)}@{start:%Y-%m-%dT%H:%M}", table.take("kind", str, ON_SITE)
    )
    table.end()
    return made


def _rules(table: _Table) -> Rules:
    """`false` switches a rule off."""
    plain = Rules()
    number = (int, float, bool)
    values: dict[str, Any] = {}
    for key in ("rest_h", "max_nights", "max_shifts_7d", "max_hours_7d"):
        value = table.take(key, number, getattr(plain, key))
        if value is True or (isinstance(value, float) and key in ("max_nights", "max_shifts_7d")):
            raise _wrong(table.at(key), value)
        values[key] = None if value is None or value is False else value
    for key in ("night_from", "night_until"):
        values[key] = table.take(key, time, getattr(plain, key))
    values["night_h"] = float(table.take("night_h", (int, float), plain.night_h))
    work = table.texts("work")
    values["work"] = frozenset(work) if work else plain.work
    table.end()
    return Rules(**values)
