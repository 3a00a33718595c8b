"""The grade stamp is seen where the decree puts it, and words about secrecy are no stamp."""

import unicodedata

import pytest

from vigil.engines.dispatch import secrecy_grade

STAMPS = [
    ("MẬT\nBỘ NỘI VỤ\nSố: 1/BNV-VP", "Mật"),
    ("BỘ CÔNG AN    CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nSố: 12/BCA-A05   MẬT\nV/v x", "Mật"),
    ("T U Y Ệ T  M Ậ T\nBỘ NỘI VỤ", "Tuyệt mật"),
    ("| TỐI MẬT |\nSố: 1/BNV", "Tối mật"),
    ("[MẬT]\nBỘ NỘI VỤ", "Mật"),
    ("Số: 12/BCA-A05 Hà Nội, ngày 3 tháng 3 năm 2020\nV/v trao đổi\n   M Ậ T   \nKính gửi: Bộ Nội vụ", "Mật"),
    ("TOI MAT\nBO QUOC PHONG\nSố: 1/BQP", "Tối mật"),
    ("TUYỆT MẬT    CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Tuyệt mật"),
    ("Độ mật: Tối mật\nSố: 1/BNV", "Tối mật"),
    ("BỘ CÔNG AN\nTỐI MẬT CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Tối mật"),
    ("MẬT Số: 15/BC-BCA", "Mật"),
    ("Số: 9/BNV-VP MẬT Hà Nội, ngày 5 tháng 5 năm 2020", "Mật"),
    ("BỘ CÔNG AN MẬT\nCỤC A05\nSố: 1/A05", "Mật"),
    ("HỎA TỐC - MẬT\nBỘ NỘI VỤ", "Mật"),
    ("MẬT (Bản số: 02)\nBỘ NỘI VỤ", "Mật"),
    ("MÂT\nBỘ NỘI VỤ\nSố: 1/BNV", "Mật"),
    ("Mật\nBỘ NỘI VỤ\nCỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Mật"),
]
NO_STAMPS = [
    "BẢO MẬT THÔNG TIN\nSố: 1/BNV",
    "LUẬT BẢO VỆ BÍ MẬT NHÀ NƯỚC",
    "Số: 1/BNV\nV/v lỗ hổng bảo mật",
    "TĂNG CƯỜNG BẢO\nMẬT THÔNG TIN",
    "HỆ THỐNG BẢO\nMẬT\nSố: 1/BNV",
    "Đổi mật khẩu; không soạn thảo tài liệu mật trên máy nối mạng.",
    "Độ mật của văn bản do người ký quyết định",
    "Văn bản có độ mật: mật, tối mật, tuyệt mật phải được đăng ký riêng.",
    "MẬT KHẨU\nSố: 1/BNV",
    "QUY ĐỊNH VỀ ĐỘ MẬT\nSố: 2/BNV",
    "V/v bảo\nmật",
    "",
]


@pytest.mark.parametrize(("text", "grade"), STAMPS)
def test_a_stamp_is_seen(text: str, grade: str) -> None:
    found = secrecy_grade(text)
    assert found is not None
    assert found.grade == grade
    start, end = found.span
    assert " ".join(text[start:end].split()) == found.text


@pytest.mark.parametrize(("text", "grade"), STAMPS)
def test_a_stamp_in_decomposed_letters_is_seen(text: str, grade: str) -> None:
    found = secrecy_grade(unicodedata.normalize("NFD", text))
    assert found is not None
    assert found.grade == grade


@pytest.mark.parametrize("text", NO_STAMPS)
def test_words_about_secrecy_are_no_stamp(text: str) -> None:
    assert secrecy_grade(text) is None
