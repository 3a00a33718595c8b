"""What a reader types: a table of cases, refusals in words, and nothing that a machine throws at it breaks it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.adapters.event_search.conditions import condition
from vigil.adapters.event_search.language import EVERYTHING, All, Any_, Either, Not, One, Term, parse
from vigil.kernel.errors import Refused


def _word(*parts: object) -> Term:
    return Term("", parts)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("", EVERYTHING),
        ("powershell", _word("powershell")),
        ("a b", All((_word("a"), _word("b")))),
        ("a AND b", All((_word("a"), _word("b")))),
        ("a b OR c", Either((All((_word("a"), _word("b"))), _word("c")))),
        ("a (b OR c)", All((_word("a"), Either((_word("b"), _word("c")))))),
        ("or and", All((_word("or"), _word("and")))),
        ('"OR"', _word("OR")),
        ("-a", Not(_word("a"))),
        ("-(a b)", Not(All((_word("a"), _word("b"))))),
        ("-user:root", Not(Term("user", ("root",)))),
        ("a-b - c", All((_word("a-b"), _word("-"), _word("c")))),
        ("Image:*\\cmd.exe", Term("image", (Any_(), "\\cmd.exe"))),
        ('image:"C:\\Program Files\\*"', Term("image", ("C:\\Program Files*",))),
        ('image:"C:\\Program Files\\\\*"', Term("image", ("C:\\Program Files\\", Any_()))),
        ("path:\\\\server\\share", Term("path", ("\\\\server\\share",))),
        ('x:"said \\"yes\\""', Term("x", ('said "yes"',))),
        ("id.orig_h:192.0.2.?", Term("id.orig_h", ("192.0.2.", One()))),
        ("user:*", Term("user", (Any_(),))),
        ("a**b", _word("a", Any_(), "b")),
        ("12:34:56", _word("12:34:56")),
        ("http://xau.example/a", _word("http://xau.example/a")),
        ("cs-uri-stem:/a", Term("cs-uri-stem", ("/a",))),
        ('user:""', Term("user", ())),
        ("trần", _word("trần")),
    ],
)
def test_a_search_is_read_as_it_is_meant(text: str, query: object) -> None:
    assert parse(text) == query


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a OR", "search.nothing_after"),
        ("user:", "search.no_value"),
        ("user: root", "search.no_value"),
        ("OR a", "search.nothing_after"),
        ("a AND", "search.nothing_after"),
        ("()", "search.nothing_after"),
        ("(a", "search.bracket"),
        ("a)", "search.bracket"),
        ('"a', "search.quote"),
        ('""', "search.quote"),
        ('user:"a', "search.quote"),
        ("x" * 1001, "search.too_long"),
        ("a " * 41, "search.too_much"),
        ("a*b?" * 30, "search.too_much"),
        ("(" * 11 + "a" + ")" * 11, "search.too_much"),
        ("-" * 400 + "a", None),
    ],
)
def test_what_cannot_be_meant_is_said(text: str, code: str | None) -> None:
    if code is None:
        parse(text)
        return
    with pytest.raises(Refused) as refused:
        parse(text)
    assert refused.value.code == code


@given(st.text(max_size=200) | st.text(alphabet='ab:"\\*?()- ORAND_%', max_size=80))
def test_anything_is_read_or_refused_and_never_gets_into_the_condition(text: str) -> None:
    try:
        query = parse(text)
    except Refused as refused:
        assert refused.code.startswith("search.")
        return
    said, values = condition(query, {"a", "b[]", "field._x"})
    assert said.count("?") == len(values)
    assert set(said.replace("ESCAPE '\\'", "")) <= set("()?ANDORTtruefalsnowcy'\"_ab[]x.dILKEUM,>0:=lmbthig fvSn"), said
