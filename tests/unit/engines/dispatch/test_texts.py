"""Whole texts of many forms: telegrams, plans, directives, letters, reports, articles; merged, stacked, on one line."""

import json
import tomllib
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from vigil.engines.dispatch import read, secrecy_grade

CASES = tomllib.loads((Path(__file__).parent / "texts.toml").read_text("utf-8"))["case"]
NAMES = [c["name"] for c in CASES]


def shown(text: str) -> dict[str, Any]:
    """A reading in the short form of the case table; what is not there is left out."""
    found = read(text).to_json()
    traces = found["readings"]["obligations"]
    window, signed = found["window"], found["signatory"]
    plain = {
        **{name: found[name] for name in ("kind", "issuer", "issuer_parent", "number", "place", "date", "subject")},
        **{name: found[name] for name in ("addressees", "cves", "products", "recipients_noi_nhan")},
        "window": window and [window["event"] or "", window["start"] or "", window["end"] or ""],
        "obligations": [
            f"{o['id']} | {o['audience']} | {t['kind']} | {' '.join(o['text'].split()[:5])}"
            for o, t in zip(found["obligations"], traces, strict=True)
        ],
        "deadlines": [[d["date"], d["obligation"] or ""] for d in found["deadlines"]],
        "contacts": [[c["org"] or "", *c["phone"], *c["hotline"], *c["email"]] for c in found["contacts"]],
        "refs": [[r["number"], r["date"] or ""] for r in found["refs"]],
        "signatory": signed and [signed["authority"] or "", signed["title"] or "", signed["name"] or ""],
    }
    return {name: value for name, value in plain.items() if value not in (None, [], False)}


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_a_text_reads_as_a_person_reads_it(case: dict[str, Any]) -> None:
    assert shown(case["text"]) == case["expect"]


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_decomposed_letters_and_other_line_ends_change_nothing(case: dict[str, Any]) -> None:
    assert shown(unicodedata.normalize("NFD", case["text"])) == case["expect"]
    assert shown(case["text"].replace("\n", "\r\n")) == case["expect"]


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_no_text_without_a_stamp_is_taken_for_a_secret(case: dict[str, Any]) -> None:
    assert secrecy_grade(case["text"]) is None


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_what_was_read_stands_in_the_text_where_its_span_says(case: dict[str, Any]) -> None:
    found = read(case["text"]).to_json()
    json.dumps(found)
    for name in ("place", "issuer", "number", "subject"):
        trace = found["readings"][name]
        if trace["how"] == "read":
            words = " ".join(" ".join(case["text"][s:e].split()) for s, e in trace["spans"])
            assert words == found[name]
    for one, trace in zip(found["obligations"], found["readings"]["obligations"], strict=True):
        assert " ".join(" ".join(case["text"][s:e].split()) for s, e in trace["spans"]) == one["text"]


def test_there_are_many_texts() -> None:
    assert len(CASES) >= 25
