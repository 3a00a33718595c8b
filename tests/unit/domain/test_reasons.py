"""Reasons that are kept in English are read in the reader's language; what a library says stays as it is."""

import ast
import re
import time
from pathlib import Path

import pytest

from vigil.domain.detection.reasons import (
    KNOWN,
    pattern_of,
    reason_of,
    reason_of_record,
    reason_of_rule,
    reasons_of,
)
from vigil.faces.cli.prepare import compile_translations
from vigil.faces.cli.terms import translator
from vigil.kernel.phrases import Phrase

SRC = Path(__file__).parents[3] / "src" / "vigil"


def said(found: Phrase | str) -> str:
    return found.said(translator("vi")) if isinstance(found, Phrase) else found


@pytest.fixture(scope="module", autouse=True)
def catalogue() -> None:
    compile_translations()
    translator.cache_clear()


@pytest.mark.parametrize(
    "text, told",
    [
        ("CannotRun: there is no rule dem-lan-sai", "không có luật dem-lan-sai"),
        (
            "a filter; filters of a rule set are not applied here",
            "là bộ lọc; bộ lọc của bộ luật không được áp dụng ở đây",
        ),
        ("no CEF: 12 {giờ}: lỗi", "không phải bản ghi CEF: 12 {giờ}: lỗi"),
        ("12 fields where #Fields names 14: a b", "12 trường, trong khi #Fields nêu 14: a b"),
        ("192.0.2.7 /_bulk: no token that is known", "192.0.2.7 /_bulk: không có mã truy cập nào được biết"),
        ("wider than /8", "rộng hơn /8"),
        ("what nobody here has said", "what nobody here has said"),
    ],
)
def test_our_own_reasons_are_said_in_vietnamese_with_what_stands_around_them(text, told) -> None:
    assert said(reason_of(text)) == told


def test_what_a_library_says_stands_behind_a_sentence() -> None:
    assert said(reason_of_rule("SigmaConditionError: Error in 'x y'")) == "Không đọc được điều kiện: Error in 'x y'"
    assert said(reason_of_rule("SigmaNewError: odd: thing")) == "Không đọc được như một luật: odd: thing"
    told = said(reason_of_record("unexpected end of data: line 1 column 3 (char 2): {"))
    assert told == "Không đọc được bản ghi: unexpected end of data: line 1 column 3 (char 2): {"


def test_troubles_are_told_one_after_the_other() -> None:
    text = (
        "syslog_udp cannot listen on 127.0.0.1 port 5514: [Errno 98]: address already in use; "
        "104,857,600 bytes free, 1,073,741,824 wanted"
    )
    assert said(reasons_of(text)) == (
        "syslog_udp không nghe được ở 127.0.0.1 cổng 5514: [Errno 98]: địa chỉ này đã có chương trình khác dùng; "
        "đĩa còn trống 104 MB, cần 1073 MB"
    )
    assert reasons_of("") == ""


def _given() -> set[str]:
    """Reasons as engines and adapters raise or return them, with `{}` for what is filled in."""
    folders = ["adapters/log_sources/formats", "adapters/receivers"]
    files = [one for folder in folders for one in sorted((SRC / folder).glob("*.py"))]
    files += [SRC / "engines/detection/reading.py", SRC / "adapters/log_sources/shapes.py"]
    files += sorted((SRC / "engines/detection").glob("indicator*.py"))
    found = set()
    for path in files:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
                name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
                if name in {"ValueError", "CannotRun", "Unusable", "RefusedIndicator", "BodyRefused"}:
                    found |= {text for one in node.args[-2:] if (text := _text(one))}
    return found


def _text(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            filled = (str(one.value) if isinstance(one, ast.Constant) else "7" for one in parts)
            return "".join(filled)
    return ""


NOT_SHOWN = {"no state of a sorter"}


def test_no_reason_of_our_own_is_unknown_here() -> None:
    given = _given()
    assert len(given) > 30
    unknown = {one for one in given - NOT_SHOWN if said(reason_of(one)) == one and re.search(r"[a-z] [a-z]", one)}
    assert not unknown, "name them in domain/detection/reasons.py, and say them in Vietnamese"


def test_every_place_of_a_wording_can_be_found_again() -> None:
    for wording in KNOWN:
        places = set(re.findall(r"{(\w+)}", wording))
        filled = wording.format(**dict.fromkeys(places, "7"))
        found = pattern_of(wording).fullmatch(filled)
        assert found is not None and set(found.groupdict()) == places


def test_what_is_long_or_empty_is_left_as_it_is() -> None:
    long = "x cannot listen on " * 20_000
    begun = time.process_time()
    assert (reason_of(long), reasons_of(long)) == (long, long)
    assert time.process_time() - begun < 1
    assert said(reasons_of("; ")) == "; "
    assert said(reasons_of("no token; ; no token")).count(";") == 1
