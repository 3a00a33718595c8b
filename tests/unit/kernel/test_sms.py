"""One SMS: no accents, no letter outside GSM 7-bit, never too long, and what must survive survives."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.kernel.sms import LIMIT, for_sms, septets, unaccented

CODES = st.text("23456789ABCDEFGHJKMNPQRSTUVWXYZ", min_size=8, max_size=8)
LINKS = st.from_regex(r"https://[a-z]{3,30}\.example/p/[A-Za-z0-9_-]{22}/", fullmatch=True)


@pytest.mark.parametrize(
    "text, said",
    [
        ("Đội trực ca đêm vắng người", "Doi truc ca dem vang nguoi"),
        ("ưỡn ẹo: Ứng cứu – “khẩn”…", 'uon eo: Ung cuu - "khan"...'),
        ("Thủ tướng\tChính phủ", "Thu tuong Chinh phu"),
        ("日本 🔥", "?? ?"),
    ],
)
def test_vietnamese_is_read_without_its_marks(text, said) -> None:
    assert unaccented(text) == said


@given(st.text(max_size=400), CODES, LINKS)
def test_the_code_and_the_link_survive_and_the_message_fits(text, code, link) -> None:
    made = for_sms(text, f"Ma {code} {link}")
    assert septets(made) <= LIMIT
    assert made.endswith(f"Ma {code} {link}")
    assert made.isascii()


@given(st.text(max_size=400), st.integers(min_value=0, max_value=LIMIT))
def test_without_an_end_any_limit_is_kept(text, limit) -> None:
    assert septets(for_sms(text, limit=limit)) <= limit


def test_a_short_text_is_not_cut_and_a_long_one_says_that_it_was() -> None:
    assert for_sms("Ca đêm vắng người.", "Ma ABCDEFGH") == "Ca dem vang nguoi. Ma ABCDEFGH"
    assert for_sms("Ca đêm " * 40, "Ma ABCDEFGH").endswith("... Ma ABCDEFGH")
    assert septets("[Vigil] {~}") == len("[Vigil] {~}") + 5, "brackets and the like count two"


def test_an_end_that_does_not_fit_is_said_and_not_cut() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        for_sms("x", "y" * 161)
