"""Items: Vietnamese letters, turns of numbers, page breaks, quotations, bullets."""

import pytest

from vigil.engines.dispatch import read

HEAD = "Số: 12/BNV-VP\nV/v thí dụ\nKính gửi: Các đơn vị trực thuộc\n\nBộ Nội vụ yêu cầu các đơn vị:\n"


def ids(body: str) -> list[str]:
    return [o["id"] for o in read(HEAD + body).to_json()["obligations"]]


CASES = [
    (
        "a) Rà soát máy.\nb) Sao lưu.\nc) Trực.\nd) Giám sát.\nđ) Báo cáo.\ne) Lập đội.\ng) Diễn tập.\nh) Cử đầu mối.",
        list("abcdđegh"),
    ),
    ("1. Rà soát máy chủ theo Nghị định\n30. Các đơn vị báo cáo.\n2. Sao lưu dữ liệu.", ["1", "2"]),
    ("1. Rà soát từ năm\n2022. Gửi kết quả.\n2. Sao lưu.", ["1", "2"]),
    ("1. Trực:\na) Trực ngày.\nb) Trực đêm.\n2. Sao lưu.", ["1.a", "1.b", "2"]),
    ("I. NHIỆM VỤ\n1. Trực ban.\n2. Sao lưu.\nII. GIẢI PHÁP\n1. Rà soát.", ["I.1", "I.2", "II.1"]),
    ("1. Trực\n1.1. Trực ngày 24/7.\n1.2. Trực đêm.\n2. Sao lưu.", ["1.1", "1.2", "2"]),
    ("1. Rà soát các máy chủ gồm:\n- Rà soát máy A;\n- Rà soát máy B.\n2. Sao lưu.", ["1.1", "1.2", "2"]),
    ("1. Rà soát máy chủ.\n- Máy A;\n- Máy B.\n2. Sao lưu.", ["1", "2"]),
    ("- Rà soát máy chủ;\n- Sao lưu dữ liệu.", ["1", "2"]),
    ("1) Rà soát.\n2) Sao lưu.", ["1", "2"]),
    ("1/ Rà soát máy.\n2/ Sao lưu.", ["1", "2"]),
    ("- CVE-2024-30080 trong Windows: thực thi mã từ xa.\n- CVE-2024-30103 trong Microsoft Outlook.", []),
    ("1. Thực hiện quy định: “Chủ quản phải:\n1. Rà soát;\n2. Sao lưu”.\n2. Báo cáo kết quả.", ["1", "2"]),
]


@pytest.mark.parametrize(("body", "expected"), CASES)
def test_items_have_the_ids_that_the_text_gives_them(body: str, expected: list[str]) -> None:
    assert ids(body) == expected


def test_an_item_goes_on_over_a_page_number() -> None:
    found = read(HEAD + "1. Rà soát toàn bộ máy chủ,\n\n2\n\nmáy trạm của đơn vị.\n2. Sao lưu.").to_json()
    assert [o["text"] for o in found["obligations"]] == ["Rà soát toàn bộ máy chủ, máy trạm của đơn vị.", "Sao lưu."]
    assert len(found["readings"]["obligations"][0]["spans"]) == 2


def test_an_item_cut_after_one_word_is_not_read_and_one_cut_later_is_marked() -> None:
    found = read(HEAD + "1. Rà soát máy.\n2. Chủ động rà [phần sau không thấy trong nguồn]").to_json()
    assert [t["truncated"] for t in found["readings"]["obligations"]] == [False, True]
    assert ids("1. Rà soát máy.\n2. Ch[phần sau không thấy trong nguồn]") == ["1"]


def test_the_paragraph_of_contacts_belongs_to_no_item() -> None:
    body = "1. Rà soát máy.\nTrong trường hợp cần hỗ trợ, liên hệ Phòng Thí dụ, điện thoại 0243.7821.766.\n"
    assert [o["text"] for o in read(HEAD + body).to_json()["obligations"]] == ["Rà soát máy."]


def test_goals_of_a_plan_are_no_obligations() -> None:
    text = "Số: 1/KH-BNV\nKẾ HOẠCH\nBảo đảm an toàn\nI. MỤC TIÊU\n- Bảo đảm hệ thống.\nII. NHIỆM VỤ\n1. Trực ban.\n"
    assert [o["id"] for o in read(text).to_json()["obligations"]] == ["II.1"]
