"""Old encodings come out as Unicode; what is right already is left alone."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.adapters.documents.encodings import Fragment, by_fonts, decode, mended
from vigil.adapters.documents.encodings.convert import from_tcvn3, from_vni
from vigil.adapters.documents.encodings.tables import TCVN3, VNI

LETTERS = "aăâeêioôơuưyđ"
MARKED = sorted(
    {
        unicodedata.normalize("NFC", base + tone)
        for base in LETTERS
        for tone in ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
        if base != "đ" or not tone
    }
)
SENTENCES = (
    "Phân công lực lượng tại chỗ trực giám sát, ứng cứu và khắc phục sự cố 24/7.",
    "Doanh nghiệp cung cấp dịch vụ viễn thông, Internet chặn lọc tấn công mạng theo yêu cầu.",
    "Đề nghị quý cơ quan rà soát lỗ hổng, điểm yếu; cử đầu mối trước ngày 25 tháng 4.",
    "Khoẻ, thuở, quỹ, giặt giũ, nghiêng, khuya, ngoằn ngoèo, huỳnh huỵch, yểu điệu, tuyệt.",
)
TO_TCVN3 = {letter: code for code, letter in TCVN3.items()}
TO_VNI = {letter: code for code, letter in reversed(VNI.items())}


def in_tcvn3(text: str) -> str:
    return "".join(TO_TCVN3.get(char, TO_TCVN3.get(char.lower(), char)) for char in text)


def in_vni(text: str) -> str:
    return "".join(TO_VNI.get(char, char) for char in text)


def in_viqr(text: str) -> str:
    marks = {"\u0306": "(", "\u0302": "^", "\u031b": "+"}
    tones = {"\u0300": "`", "\u0301": "'", "\u0309": "?", "\u0303": "~", "\u0323": "."}
    result = ""
    for char in text.replace("đ", "dd").replace("Đ", "DD"):
        parts = unicodedata.normalize("NFD", char)
        shapes = "".join(marks.get(part, "") for part in parts[1:])
        result += parts[0] + shapes + "".join(tones.get(part, "") for part in parts[1:])
    return result


def test_both_tables_hold_every_marked_letter() -> None:
    marked = [letter for letter in MARKED if not letter.isascii()]
    assert len(marked) == 67
    assert set(marked) <= set(TCVN3.values())
    assert set(marked) | {letter.upper() for letter in marked} == set(VNI.values())


@pytest.mark.parametrize("letter", MARKED)
def test_every_letter_survives_tcvn3_and_vni(letter: str) -> None:
    assert from_tcvn3(in_tcvn3(letter)) == letter
    assert from_vni(in_vni(letter)) == letter
    assert from_vni(in_vni(letter.upper())) == letter.upper()


@given(st.lists(st.sampled_from([*MARKED, *"bcdghklmnpqrstvx .,0123456789"]), min_size=1).map("".join))
def test_any_text_of_these_letters_survives_tcvn3(text: str) -> None:
    assert from_tcvn3(in_tcvn3(text)) == text


@given(st.lists(st.sampled_from(" ".join(SENTENCES).split()), min_size=6).map(" ".join))
def test_any_row_of_words_survives_vni(text: str) -> None:
    assert from_vni(in_vni(text)) == text


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_sentence_is_recognised_in_each_encoding(sentence: str) -> None:
    decomposed = unicodedata.normalize("NFD", sentence)
    for data, encoding in (
        (sentence.encode(), "utf-8"),
        (b"\xef\xbb\xbf" + sentence.encode(), "utf-8"),
        (b"\xff\xfe" + sentence.encode("utf-16-le"), "utf-16-le"),
        (sentence.encode("utf-16-le"), "utf-16-le"),
        (b"\xfe\xff" + sentence.encode("utf-16-be"), "utf-16-be"),
        (decomposed.encode(), "utf-8+decomposed"),
        (in_tcvn3(sentence).encode("latin-1"), "tcvn3"),
        (in_vni(sentence).encode("latin-1"), "vni"),
        (in_tcvn3(sentence).encode(), "utf-8+tcvn3"),
        (in_vni(sentence).encode(), "utf-8+vni"),
        (in_1258(sentence), "windows-1258"),
        (in_viqr(sentence).encode(), "viqr"),
    ):
        found = decode(data)
        assert (found.text.lower(), found.encoding, found.sure) == (sentence.lower(), encoding, True)


def in_1258(text: str) -> bytes:
    """As Windows writes it: the letter with its shape, then the tone as a combining mark."""
    result = b""
    for char in text:
        try:
            result += char.encode("cp1258")
        except UnicodeEncodeError:
            parts = unicodedata.normalize("NFD", char)
            tone = next(part for part in parts if part in "\u0300\u0301\u0303\u0309\u0323")
            base = unicodedata.normalize("NFC", parts.replace(tone, ""))
            result += base.encode("cp1258") + tone.encode("cp1258")
    return result


@pytest.mark.parametrize(
    "text",
    [
        "Plain ASCII, nothing else: 24/7, a+b (c), e-mail a@b.example.",
        "Le ministère a décidé d'améliorer la sécurité des réseaux à l'été.",
        "Die Behörde prüft, ob die Geräte größer sind; Straße, Äpfel, Übung.",
        "El año señala la niñez; ¿cómo está? Información básica.",
        "Số 12/QĐ-BM: khu vực Đắk Lắk, Krông Pắk; cafe Müller.",
        "Nhiệt độ 20 °C ± 2 %, mục § 3, «trích dẫn», “ngoặc kép” – gạch…",
    ],
)
def test_what_is_right_stays_as_it_is(text: str) -> None:
    assert decode(text.encode()).text == text
    assert mended([text])[0] == [text]


def test_french_in_its_own_code_page_is_not_taken_for_vietnamese() -> None:
    text = "Le ministère a décidé d'améliorer la sécurité des réseaux à l'été."
    assert decode(text.encode("cp1252")).text == text


def test_old_and_new_tone_placement_are_both_kept() -> None:
    text = "hoà bình, hòa bình, thuỷ, thủy"
    assert decode(text.encode()).text == text


def test_capitals_typed_with_small_marked_letters_become_capitals() -> None:
    assert from_tcvn3("CéNG HOµ X· HéI CHñ NGHÜA VIÖT NAM") == "CỘNG HOÀ XÃ HỘI CHỦ NGHĨA VIỆT NAM"
    assert from_tcvn3("Bé MÉu, Lª V¨n An") == "Bộ Mẫu, Lê Văn An"


def test_fonts_decide_run_by_run() -> None:
    text, encoding = by_fonts(
        [Fragment("bé mÉu, ", ".VnTimeH"), Fragment("côc Êy ", ".VnTime"), Fragment("ở Hà Nội", "Times")]
    )
    assert (text, encoding) == ("BỘ MẪU, cục ấy ở Hà Nội", "tcvn3")


def test_unicode_text_under_the_name_of_an_old_font_is_believed() -> None:
    assert by_fonts([Fragment("Bộ Mẫu đề nghị có ý kiến", ".VnTime")]) == ("Bộ Mẫu đề nghị có ý kiến", "unicode")


def test_a_symbol_font_and_a_foreign_code_page_are_seen_through() -> None:
    assert from_tcvn3("C\uf0e9ng ho\uf0b5") == "Cộng hoà"
    assert from_tcvn3("v\u0129".replace("\u0129", "\u00dc")) == "vĩ"


def test_one_paragraph_in_an_old_font_is_mended_among_others() -> None:
    lines, found = mended(["Kính gửi: Các đơn vị", in_tcvn3(SENTENCES[0]), "Plain"])
    assert lines == ["Kính gửi: Các đơn vị", SENTENCES[0], "Plain"]
    assert found["tcvn3"] == 1


def test_an_unknown_encoding_is_read_and_said_to_be_doubtful() -> None:
    assert decode("Приказ министерства о мерах безопасности".encode("cp1251")).sure is False


@given(st.binary(max_size=400))
def test_any_bytes_decode_to_composed_text(data: bytes) -> None:
    found = decode(data)
    assert isinstance(found.text, str)
