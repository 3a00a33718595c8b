"""Automatic numbers come out as they are printed."""

import pytest

from vigil.adapters.documents.lists import Level, ListForm, Lists
from vigil.adapters.documents.numerals import numeral


@pytest.mark.parametrize(
    ("number", "form", "expected"),
    [
        (3, "decimal", "3"),
        (3, "decimalZero", "03"),
        (1, "lowerLetter", "a"),
        (26, "lowerLetter", "z"),
        (27, "lowerLetter", "aa"),
        (28, "upperLetter", "BB"),
        (4, "upperRoman", "IV"),
        (1994, "lowerRoman", "mcmxciv"),
        (0, "upperRoman", "0"),
        (99999, "lowerLetter", "99999"),
        (5, "none", ""),
        (5, "chineseCounting", "5"),
    ],
)
def test_numerals(number: int, form: str, expected: str) -> None:
    assert numeral(number, form) == expected


def labels(lists: Lists, *steps: tuple[str, int]) -> list[str]:
    return [lists.next_label(*step).strip() for step in steps]


TWO = {0: Level(pattern="%1."), 1: Level(form="lowerLetter", pattern="%2)"), 2: Level(pattern="%1.%2.%3")}


def test_a_lower_level_begins_anew_below_a_higher_one() -> None:
    lists = Lists({"1": ListForm(TWO, "k")})
    found = labels(lists, ("1", 0), ("1", 1), ("1", 1), ("1", 0), ("1", 1), ("1", 2))
    assert found == ["1.", "a)", "b)", "2.", "a)", "2.a.1"]


def test_lists_of_one_form_count_on_and_a_forced_start_begins_anew() -> None:
    lists = Lists({"1": ListForm(TWO, "k"), "2": ListForm(TWO, "k"), "3": ListForm(TWO, "k", {0: 1})})
    assert labels(lists, ("1", 0), ("2", 0), ("3", 0), ("3", 0)) == ["1.", "2.", "1.", "2."]


def test_a_level_may_go_on_counting_and_legal_numbers_are_decimal() -> None:
    levels = {
        0: Level(form="upperRoman", pattern="%1."),
        1: Level(pattern="%1.%2", restarts_after=0, legal=True),
    }
    lists = Lists({"1": ListForm(levels, "k")})
    assert labels(lists, ("1", 0), ("1", 1), ("1", 0), ("1", 1)) == ["I.", "1.1", "II.", "2.2"]


def test_unknown_lists_and_levels_have_no_number() -> None:
    assert Lists().next_label("9", 0) == ""
    assert Lists({"1": ListForm(TWO, "k")}).next_label("1", 40) == ""
