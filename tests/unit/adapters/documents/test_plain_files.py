"""Plain text, and what is refused before any reader sees it."""

import time

import pytest

from vigil.adapters.documents import DEFAULT_LIMITS, Limits, extract
from vigil.adapters.documents.cleaning import cleaned
from vigil.adapters.documents.files import bytes_of_file
from vigil.kernel.errors import Refused

TEXT = "BỘ MẪU\r\nSố: 1/BM\u00a0-\u00adX\r\n\r\nKính gửi: <script>alert(1)</script>\x00\u202e Các đơn vị\r\n"


def refusal(data: bytes, limits: Limits = DEFAULT_LIMITS) -> str:
    with pytest.raises(Refused) as caught:
        extract(data, limits=limits)
    return caught.value.code


def test_text_is_cleaned_and_markup_in_it_stays_text() -> None:
    document = extract(TEXT.encode())
    assert document.text == "BỘ MẪU\nSố: 1/BM -X\n\nKính gửi: <script>alert(1)</script> Các đơn vị\n"
    assert (document.media_type, document.method, document.encoding) == ("text/plain", "text", "utf-8")
    assert (document.pages, document.words, document.warnings) == ((), (), ())


@pytest.mark.parametrize("data", [b"", b"\n \n", b"\x00" * 50, b"\xef\xbb\xbf", b"\xff\xfe"])
def test_nothing_is_refused_as_nothing(data: bytes) -> None:
    assert refusal(data) in ("document.empty", "document.no_text")


def test_a_hundred_megabytes_are_refused_at_once() -> None:
    data = bytes(100_000_000)
    start = time.perf_counter()
    assert refusal(data) == "document.too_large"
    assert time.perf_counter() - start < 0.05


def test_a_large_file_is_refused_by_its_size_without_being_read(tmp_path) -> None:
    file = tmp_path / "large.pdf"
    with file.open("wb") as stream:
        stream.truncate(100_000_000)
    with pytest.raises(Refused) as caught:
        bytes_of_file(file)
    assert caught.value.code == "document.too_large"
    assert "100.0 MB" in str(caught.value.phrase)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"MZ\x90\x00" + b"x" * 50, "exe"),
        (b"\x7fELF" + b"x" * 50, "elf"),
        (b"Rar!\x1a\x07\x00" + b"x" * 50, "rar"),
        (b"GIF89a" + b"x" * 50, "gif"),
        (bytes(range(1, 32)) * 20, "binary"),
    ],
)
def test_other_kinds_are_named_and_refused(data: bytes, kind: str) -> None:
    with pytest.raises(Refused) as caught:
        extract(data)
    assert (caught.value.code, caught.value.facts["kind"]) == ("document.unsupported", kind)


def test_too_many_characters_are_refused() -> None:
    assert refusal("một hai ba ".encode() * 100, Limits(characters=500)) == "document.too_long"


def test_a_doubtful_encoding_is_said() -> None:
    document = extract("Приказ министерства о мерах безопасности".encode("cp1251"))
    assert str(document.warnings[0]).startswith("The encoding of the text is not certain")


def test_what_the_check_raises_ends_the_reading() -> None:
    def refuse(text: str) -> None:
        raise Refused("dispatch.secret", "no")

    with pytest.raises(Refused, match=r"dispatch\.secret"):
        extract(TEXT.encode(), early_check=refuse)


def test_two_pages_of_text_take_far_less_than_fifty_milliseconds() -> None:
    data = ("Phân công lực lượng tại chỗ trực giám sát, ứng cứu sự cố.\n" * 110).encode()
    extract(data)
    start = time.perf_counter()
    extract(data)
    assert time.perf_counter() - start < 0.05


def test_blank_lines_are_bounded() -> None:
    assert cleaned("a\n\n\n\n\n\n\nb\x0c c ") == "a\n\n\nb\n c"
