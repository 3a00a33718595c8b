"""Random rules over random events: the fast way says what the slow and obvious one says, whatever else is loaded."""

from collections.abc import Sequence
from typing import Any as AnyValue

from hypothesis import given, settings
from hypothesis import strategies as st

from vigil.engines.detection.columns import Columns
from vigil.engines.detection.matching import Matcher
from vigil.engines.detection.plan import compile_rules
from vigil.engines.detection.reference import holds
from vigil.engines.detection.terms import (
    All,
    Any,
    Atom,
    Condition,
    Missing,
    Network,
    Not,
    Number,
    Present,
    Regex,
    Rule,
    SameAs,
    Source,
    Text,
    TimePart,
    Wild,
)

LETTERS = [
    "a",
    "A",
    "b",
    "ab",
    "ß",
    "İ",
    "é",
    "Đ",
    "\x1e",
    "\n",
    "\\",
    "*",
    "?",
    ".",
    "1",
    " ",
    "\u0130\u0307",
    "😀",
    "ſ",
    "K",
]
FIELDS = ["alpha", "beta", "gamma"]
texts = st.lists(st.sampled_from(LETTERS), max_size=5).map("".join)
values = st.one_of(
    texts,
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from([1.5, 2.0, "2", "01", "1.50", "-1"]),
    st.sampled_from(
        ["192.0.2.7", "192.0.2.200", "2001:db8::1", "::ffff:192.0.2.7", "2026-04-30T23:59:01Z", "2026-13-01"]
    ),
    st.lists(st.one_of(texts, st.integers(0, 3), st.none()), max_size=3),
)
events = st.dictionaries(st.sampled_from(["alpha", "Alpha", "BETA", "gamma"]), values, max_size=4)


def _folded(parts: list[str | Wild]) -> tuple[str | Wild, ...]:
    kept: list[str | Wild] = []
    for part in parts:
        if part == "" or (part is Wild.ANY and kept and kept[-1] is Wild.ANY):
            continue
        kept.append(part.casefold() if isinstance(part, str) else part)
    return tuple(kept)


pieces = st.lists(st.one_of(texts, st.sampled_from([Wild.ANY, Wild.ANY, Wild.ONE])), max_size=4)
predicates = st.one_of(
    pieces.map(lambda parts: Text(_folded(parts))),
    pieces.map(lambda parts: Text(tuple(part for part in parts if part != ""), cased=True)),
    texts.map(lambda inner: Text((Wild.ANY, inner.casefold(), Wild.ANY)) if inner else Text((Wild.ANY,))),
    st.builds(Number, st.sampled_from([0.0, 1.0, 1.5, 2.0, -1.0]), st.sampled_from(["=", "!=", "<", "<=", ">", ">="])),
    st.builds(
        Regex,
        st.sampled_from(
            [
                "a",
                "^a",
                "a$",
                "a.b",
                r"\bab",
                "[^a]b",
                "(?<=a)b",
                r"(a)\1",
                "^$",
                "a|é",
                "",
                r"\n",
                r"a\s*b",
                "(?i)A",
                r"\d",
            ]
        ),
        st.sampled_from(["", "i", "s", "m", "im"]),
    ),
    st.sampled_from(
        [Network("192.0.2.0/24"), Network("192.0.2.128/25"), Network("2001:db8::/32"), Missing(), Present()]
    ),
    st.builds(SameAs, st.sampled_from(FIELDS), st.sampled_from(["equals", "startswith", "endswith", "contains"])),
    st.builds(
        TimePart,
        st.sampled_from(["minute", "hour", "day", "week", "month", "year"]),
        st.sampled_from([59, 23, 30, 18, 4, 2026]),
    ),
)
atoms = st.one_of(
    st.builds(Atom, st.sampled_from(FIELDS), predicates),
    texts.filter(bool).map(lambda inner: Atom("", Text((Wild.ANY, inner.casefold(), Wild.ANY)))),
)
conditions: st.SearchStrategy[Condition] = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: All(tuple(parts))),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: Any(tuple(parts))),
        inner.map(Not),
    ),
    max_leaves=8,
)


def _matched(rules: Sequence[Rule], given_events: Sequence[dict[str, AnyValue]]) -> set[tuple[int, int]]:
    matcher = Matcher(compile_rules(rules))
    columns = Columns(None)
    for number, event in enumerate(given_events):
        columns.add(event, number)
    found = set()
    for batch, numbers in columns.batches():
        for rule, row in zip(*(column.to_pylist() for column in matcher.match(batch, Source()).columns), strict=True):
            found.add((rule, numbers[row]))
    return found


@settings(deadline=None, max_examples=400)
@given(st.lists(conditions, min_size=1, max_size=5), st.lists(events, min_size=1, max_size=8))
def test_the_fast_way_and_the_slow_one_agree(given_conditions, given_events) -> None:
    rules = [Rule(str(n), str(n), "low", Source(), condition) for n, condition in enumerate(given_conditions)]
    expected = {
        (n, number)
        for n, rule in enumerate(rules)
        for number, event in enumerate(given_events)
        if event and holds(rule.condition, event)
    }
    assert _matched(rules, given_events) == expected


@settings(deadline=None, max_examples=60)
@given(conditions, st.lists(conditions, min_size=1, max_size=4), st.lists(events, min_size=1, max_size=6))
def test_what_a_rule_finds_does_not_depend_on_the_others(condition, others, given_events) -> None:
    alone = _matched([Rule("0", "0", "low", Source(), condition)], given_events)
    rules = [Rule(str(n), str(n), "low", Source(), one) for n, one in enumerate([condition, *others])]
    assert {pair for pair in _matched(rules, given_events) if pair[0] == 0} == alone


def test_an_event_without_any_field_that_a_rule_reads_is_judged_too() -> None:
    matcher = Matcher(compile_rules([Rule("0", "0", "low", Source(), Not(Atom("alpha", Text(("x",)))))]))
    columns = Columns(matcher.fields)
    columns.add({"other": 1, "more": "y"}, 7)
    ((batch, numbers),) = columns.batches()
    assert (matcher.match(batch, Source()).column(1).to_pylist(), numbers) == ([0], [7])


def test_many_rows_are_judged_as_few_are() -> None:
    """More rows than are looked at one by one: the way that takes whole columns."""
    condition = All(
        (
            Atom("alpha", Text((Wild.ANY, "cmd.exe"))),
            Not(Atom("beta", Text((Wild.ANY, "x", Wild.ANY)))),
            Atom("beta", Regex("b+c")),
        )
    )
    many = [{"alpha": r"C:\cmd.EXE", "beta": ("x" if n % 3 == 0 else "") + "bbc" + str(n % 7)} for n in range(3000)]
    expected = {(0, n) for n, event in enumerate(many) if holds(condition, event)}
    assert len(expected) == 2000
    assert _matched([Rule("0", "0", "low", Source(), condition)], many) == expected
