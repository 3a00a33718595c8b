"""Rules as people write them: every modifier and kind that the installed parser knows runs, and what cannot is said."""

import textwrap

import pytest
from sigma.correlations import SigmaCorrelationType
from sigma.modifiers import modifier_mapping

from vigil.engines.detection.columns import Columns
from vigil.engines.detection.correlation import KINDS
from vigil.engines.detection.matching import Matcher
from vigil.engines.detection.plan import compile_rules
from vigil.engines.detection.reading import RuleSet, read_texts
from vigil.engines.detection.reference import holds
from vigil.engines.detection.terms import Source

LOG = Source(product="thu")

# modifier -> (the field's line in a rule, values that match, values that do not); None: the field is missing
CASES = {
    "all": ("f|contains|all: [ab, cd]", ["xabycd", "CDAB"], ["ab", None]),
    "neq": ("f|neq: ab", ["cd", "abc"], ["ab", "AB"]),
    "base64": ("f|base64|contains: foobar", ["xxZm9vYmFyyy"], ["foobar"]),
    "base64offset": (
        "f|base64offset|contains: /bin/bash",
        ["L2Jpbi9iYXNo", "xvYmluL2Jhc2", "9iaW4vYmFza"],
        ["/bin/bash"],
    ),
    "cased": ("f|cased: aB", ["aB"], ["ab", "AB"]),
    "cidr": ("f|cidr: 192.0.2.0/24", ["192.0.2.9"], ["192.0.3.9", "192.0.2", None]),
    "contains": ("f|contains: aB", ["xABx"], ["a b", None]),
    "day": ("f|day: 30", ["2026-04-30T01:02:03Z"], ["2026-04-29T01:02:03Z", "30"]),
    "dotall": ("f|re|dotall: a.b", ["a\nb"], ["ab"]),
    "endswith": ("f|endswith: .EXE", ["a.exe"], ["a.exe ", None]),
    "exists": ("f|exists: true", ["", "a"], [None]),
    "expand": ("f|expand: '%ten%'", ["mot", "hai"], ["ba", "%ten%"]),
    "fieldref": ("f|fieldref: g", ["same"], ["other", None]),
    "gt": ("f|gt: 2", ["3", "2.5"], ["2", "x", None]),
    "gte": ("f|gte: 2", ["2", "3"], ["1", None]),
    "hour": ("f|hour: 1", ["2026-04-30T01:02:03Z"], ["2026-04-30T02:02:03Z"]),
    "i": ("f|re|i: ^ab$", ["AB"], ["abc"]),
    "ignorecase": ("f|re|ignorecase: ^ab$", ["AB"], ["abc"]),
    "lt": ("f|lt: 2", ["1", "-3"], ["2", None]),
    "lte": ("f|lte: 2", ["2"], ["3", None]),
    "m": ("f|re|m: ^b", ["a\nb"], ["ab"]),
    "minute": ("f|minute: 2", ["2026-04-30T01:02:03Z"], ["2026-04-30T01:03:03Z"]),
    "month": ("f|month: 4", ["2026-04-30T01:02:03Z"], ["2026-05-30T01:02:03Z"]),
    "multiline": ("f|re|multiline: ^b", ["a\nb"], ["ab"]),
    "re": ("f|re: a+b", ["xaab", "ab"], ["AB", "b", None]),
    "s": ("f|re|s: a.b", ["a\nb"], ["ab"]),
    "startswith": ("f|startswith: aB", ["abc"], ["xab", None]),
    "utf16": ("f|utf16|base64offset|contains: ab", ["77u/YQBiAA"], ["ab"]),  # the parser encodes the mark as UTF-8
    "utf16be": ("f|utf16be|base64offset|contains: ab", ["AGEAYg"], ["ab"]),
    "week": ("f|week: 18", ["2026-04-30T01:02:03Z"], ["2026-04-20T01:02:03Z"]),
    "wide": ("f|wide|base64offset|contains: ab", ["YQBiAA"], ["ab"]),
    "windash": ("f|windash|contains: ' -f'", ["a -f", "a /f", "a \u2013f"], ["a f"]),
    "year": ("f|year: 2026", ["2026-04-30T01:02:03Z"], ["2025-04-30T01:02:03Z"]),
}


def _read(*texts: str, **more) -> RuleSet:
    return read_texts(((f"r{n}.yml", textwrap.dedent(text).encode()) for n, text in enumerate(texts)), **more)


def _rule(selection: str, condition: str = "selection", more: str = "") -> str:
    return (
        f"title: Thử\nid: 00000000-0000-4000-8000-00000000000a\nlogsource: {{product: thu}}\ndetection:\n"
        f"  selection:\n    {selection}\n{more}  condition: {condition}\nlevel: high\n"
    )


def _matched(found: RuleSet, events) -> list[bool]:
    assert not found.unusable, found.unusable
    matcher, columns = Matcher(compile_rules(found.rules)), Columns(None)
    for number, event in enumerate(events):
        columns.add(event, number)
    hit = {
        numbers[row] for batch, numbers in columns.batches() for row in matcher.match(batch, LOG).column(1).to_pylist()
    }
    fast = [n in hit for n in range(len(events))]
    assert fast == [any(holds(rule.condition, event) for rule in found.rules) for event in events]
    return fast


def test_every_modifier_of_the_parser_has_a_case() -> None:
    assert set(CASES) == set(modifier_mapping)


@pytest.mark.parametrize("modifier", sorted(CASES))
def test_a_modifier_means_what_it_says(modifier: str) -> None:
    selection, yes, no = CASES[modifier]
    found = _read(_rule(selection), placeholders={"ten": ["mot", "hai"]})
    events = [{"f": value, "g": "SAME", "other": "x"} for value in [*yes, *no]]
    assert _matched(found, events) == [True] * len(yes) + [False] * len(no)


def test_every_kind_of_correlation_of_the_parser_runs() -> None:
    assert set(KINDS) == {kind.name.lower() for kind in SigmaCorrelationType}


@pytest.mark.parametrize(
    ("selection", "condition", "more", "event", "says"),
    [
        ("f: ['a*c', 'd?f']", "selection", "", {"f": "abbbc"}, True),
        ("f: ['a*c', 'd?f']", "selection", "", {"f": "dxxf"}, False),
        (r"f: 'a\*c'", "selection", "", {"f": "a*c"}, True),
        (r"f: 'a\*c'", "selection", "", {"f": "abc"}, False),
        (r"f: 'C:\\Win*'", "selection", "", {"f": "c:\\windows"}, True),
        ("f: null", "selection", "", {"g": "x"}, True),
        ("f: ''", "selection", "", {"f": ""}, True),
        ("f: ''", "selection", "", {"g": "x"}, False),
        ("f: 4624", "selection", "", {"f": "4624"}, True),
        ("f: 4624", "selection", "", {"f": 4624}, True),
        ("f: true", "selection", "", {"f": True}, True),
        ("f: x", "not selection", "", {"g": "1"}, True),
        ("f: x", "selection and not filter", "  filter:\n    g: y\n", {"f": "x"}, True),
        ("f: x", "selection and not filter", "  filter:\n    g: y\n", {"f": "x", "g": "Y"}, False),
        ("f: x", "1 of sel*", "  selother:\n    g: y\n", {"g": "y"}, True),
        ("f: x", "all of sel*", "  selother:\n    g: y\n", {"g": "y"}, False),
        (
            "f: x",
            "selection or (keywords and not selection)",
            "  keywords: [sai, 'mật khẩu']\n",
            {"g": "Sai rồi"},
            True,
        ),
        ("f: x", "selection or keywords", "  keywords: [sai, 'mật khẩu']\n", {"g": "MẬT KHẨU hỏng"}, True),
        ("f: x", "all of them", "  other:\n    - g: 1\n    - h: 2\n", {"F": "X", "H": 2}, True),
        ("F: x", "selection", "", {"f": "X"}, True),
        ("f: đường", "selection", "", {"f": "ĐƯỜNG"}, True),
        ("f|contains: b", "selection", "", {"f": ["a", "abc"]}, True),
        ("f: ab", "selection", "", {"f": ["a", "b"]}, False),
    ],
)
def test_conditions(selection, condition, more, event, says) -> None:
    assert _matched(_read(_rule(selection, condition, more)), [event]) == [says]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (_rule("f|expand: '%khong%'"), "khong"),
        (_rule("f: x", "selection and missing"), "missing"),
        (_rule("f|nothing: x"), "nothing"),
        (_rule("f|re: '('"), "invalid"),
        (_rule("f|re: '(?R)'"), ""),
        ("title: x\n", ""),
        ("- 1\n- [", ""),
        ("\x00", ""),
        ("a: &a [*a]", ""),
        ("title: [", ""),
    ],
)
def test_what_cannot_run_is_listed_with_a_reason_and_the_rest_runs(text: str, why: str) -> None:
    found = _read(text, _rule("f: x"))
    assert len(found.rules) == 1
    assert len(found.unusable) == 1
    assert why in found.unusable[0].reason
    assert found.unusable[0].reason


def test_a_correlation_is_read_by_name_and_its_rules_keep_silent() -> None:
    base = _rule("f: x").replace("title: Thử", "title: Thử\nname: hong")
    correlation = """\
        title: Nhiều lần
        id: 00000000-0000-4000-8000-00000000000b
        correlation:
          type: value_count
          rules: [hong]
          group-by: [User]
          timespan: 5m
          condition: {gte: 3, field: Host}
        """
    found = _read(correlation, base)
    assert not found.unusable
    (one,) = found.correlations
    assert (one.kind, one.rules, one.group_by, one.span_s, one.operator, one.count, one.fields) == (
        "value_count",
        (found.rules[0].id,),
        ("user",),
        300,
        "gte",
        3,
        ("host",),
    )
    assert found.silent == {found.rules[0].id}
    assert "does not run" in _read(correlation, base.replace("f: x", "f|expand: '%khong%'")).unusable[-1].reason
    assert "no rule" in _read(correlation).unusable[-1].reason
    over_it = correlation.replace("Nhiều lần", "Rồi").replace("[hong]", "[00000000-0000-4000-8000-00000000000b]")
    over_it = over_it.replace("title", "level: high\n        title", 1).replace(
        "00b\n        corr", "00c\n        corr"
    )
    for order in ((over_it, correlation, base), (base, correlation, over_it)):  # a correlation of one that comes later
        assert sorted(one.title for one in _read(*order).correlations) == ["Nhiều lần", "Rồi"]
    assert [one.title for one in _read(over_it, base).unusable] == ["Rồi"]


def test_a_filter_is_applied_to_the_rules_that_it_names() -> None:
    one_filter = """\
        title: Trừ
        logsource: {product: thu}
        filter:
          rules: [00000000-0000-4000-8000-00000000000a]
          selection:
            g: an
          condition: not selection
        """
    assert _matched(_read(_rule("f: x"), one_filter), [{"f": "x", "g": "an"}, {"f": "x"}]) == [False, True]


@pytest.mark.parametrize(
    "lines",
    [
        "\n".join(["a0: &a0 [x, x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}, *a{n - 1}]" for n in range(1, 30))]),
        "a29: &a29 [x, *a29]",
    ],
)
def test_a_text_that_becomes_much_more_than_it_says_is_none(lines) -> None:
    text = f"title: T\nlogsource: {{product: thu}}\n{lines}\ndetection:\n  s: *a29\n  condition: s\n"
    found = read_texts([("bomb", text.encode()), ("good", _rule("f: x").encode())])
    assert [(one.path, one.reason) for one in found.unusable] == [
        ("bomb", "ValueError: it makes more than 200000 values")
    ]
    assert len(found.rules) == 1


def test_so_many_dashes_are_too_many() -> None:
    (one,) = _read(_rule(f"f|windash|contains: 'x{' -a' * 24}'")).unusable
    assert "more than" in one.reason
    assert not _read(_rule("f|windash|contains: 'x -a -b /c'")).unusable
