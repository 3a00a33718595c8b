"""Offsets lead back to the text as given."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from vigil.engines.dispatch.text import SourceText, key


def test_old_and_new_tone_placement_match() -> None:
    assert key("Hoà bình, khoá, thuý, uỷ ban, khoẻ") == key("Hòa bình, khóa, thúy, ủy ban, khỏe")
    assert key("toàn quốc, quý") == "toàn quốc, quý"


def test_a_value_keeps_the_spelling_of_its_author() -> None:
    text = SourceText.of("CỘNG HOÀ")
    assert text.words(0, len(text)) == "CỘNG HOÀ"


def test_decomposed_letters_lead_back_to_where_they_stand() -> None:
    given_text = "a " + unicodedata.normalize("NFD", "ổ") + " b"
    text = SourceText.of(given_text)
    assert text.shown == "a ổ b"
    assert text.span(2, 3) == (2, 5)


@given(st.text(max_size=80))
def test_forms_for_matching_have_one_length(given_text: str) -> None:
    text = SourceText.of(given_text)
    assert len(text.shown) == len(text.match) == len(text.low)
    start, end = text.span(0, len(text))
    assert 0 <= start <= end <= len(given_text)
