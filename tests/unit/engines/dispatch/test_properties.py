"""What must hold for any text at all."""

import re
import time
import tomllib
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigil.engines.dispatch import read, secrecy_grade
from vigil.engines.dispatch.text import key

TEXTS = [c["text"] for c in tomllib.loads((Path(__file__).parent / "texts.toml").read_text("utf-8"))["case"]]
PIECES = [line for text in TEXTS for line in text.split("\n") if line.strip()]
ODD = ["\x00", "\u200b", "İ", "\U0001f600", "\u0301", "“", "1. ", "a) ", "Số: /", "ngày 99 tháng 99 năm 2022", "./."]
ANY_TEXT = st.one_of(
    st.text(max_size=400),
    st.lists(st.sampled_from([*PIECES, *ODD, "\n", "\n\n", " "]), max_size=30).map("\n".join),
    st.lists(st.sampled_from([*PIECES, *ODD]), max_size=20).map(" ".join),
    st.sampled_from(TEXTS).map(lambda t: unicodedata.normalize("NFD", t)),
    st.tuples(st.sampled_from(TEXTS), st.integers(0, 2000), st.integers(0, 600)).map(lambda c: c[0][c[1] :][: c[2]]),
)


def traces(node: Any) -> Iterator[dict[str, Any]]:
    """Every entry of `readings` that has spans."""
    if isinstance(node, dict):
        if "spans" in node:
            yield node
        for value in node.values():
            yield from traces(value)
    elif isinstance(node, list):
        for value in node:
            yield from traces(value)


@settings(deadline=None, max_examples=150)
@given(ANY_TEXT)
def test_no_text_breaks_the_reader_and_spans_stay_within_it(text: str) -> None:
    found = read(text).to_json()
    secrecy_grade(text)
    for trace in traces(found["readings"]):
        for start, end in trace["spans"]:
            assert 0 <= start <= end <= len(text)


@settings(deadline=None, max_examples=150)
@given(ANY_TEXT)
def test_a_value_said_to_be_read_is_made_of_the_words_at_its_spans(text: str) -> None:
    found = read(text).to_json()
    for plain, trace in read_values(found):
        at_spans = " ".join(text[s:e] for s, e in trace["spans"])
        assert letters(plain) == letters(at_spans)


def read_values(found: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Plain values beside their traces, those said to be read."""
    where = found["readings"]
    single = ("issuer", "number", "place", "subject")
    pairs: list[tuple[Any, dict[str, Any]]] = [(found[name], where[name]) for name in single]
    for name in ("addressees", "cves", "products", "recipients_noi_nhan"):
        pairs += zip(found[name], where[name], strict=True)
    pairs += [(o["text"], t) for o, t in zip(found["obligations"], where["obligations"], strict=True)]
    pairs += [(r["number"], t["number"]) for r, t in zip(found["refs"], where["refs"], strict=True)]
    pairs += [(d["what"], t["what"]) for d, t in zip(found["deadlines"], where["deadlines"], strict=True)]
    for plain, trace in pairs:
        if plain is not None and trace["how"] == "read":
            yield plain, trace


def letters(words: str) -> str:
    """Letters and digits alone: page breaks, rules and blanks between pieces do not count."""
    return re.sub(r"[\W_]+", "", key(words))


@settings(deadline=None, max_examples=60)
@given(st.text(alphabet="abc xyz.,;:-\n", max_size=300))
def test_nothing_is_read_where_nothing_is_said(text: str) -> None:
    found = read(text).to_json()
    for name in ("issuer", "number", "place", "date", "window", "signatory"):
        assert found[name] is None
    assert found["cves"] == found["products"] == found["refs"] == found["deadlines"] == []


@pytest.mark.parametrize(
    "filler", ["\n", " ", "A ", "1. ", "Kính gửi: ", "CVE-2022-12345 trong Windows A, ", "trước ngày 30/4 "]
)
def test_a_large_odd_text_takes_bounded_time(filler: str) -> None:
    text = filler * (200_000 // len(filler))
    begin = time.perf_counter()
    read(text)
    assert time.perf_counter() - begin < 10
