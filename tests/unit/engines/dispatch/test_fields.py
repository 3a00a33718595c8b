"""Single fields in many wordings."""

from typing import Any

import pytest

from vigil.engines.dispatch import read

LETTER = "BỘ NỘI VỤ\nSố: 12/BNV-VP\nHà Nội, ngày 10 tháng 4 năm 2022\nV/v {subject}\nKính gửi: Các đơn vị\n\n{body}\n"


def letter(body: str, subject: str = "thí dụ") -> dict[str, Any]:
    return read(LETTER.format(body=body, subject=subject)).to_json()


WINDOWS = [
    ("trong dịp Lễ 30/4 và 01/5", "", ("2022-04-30", "2022-05-01")),
    ("trong dịp nghỉ lễ 30/4, 01/5", "Trực từ ngày 28/4 đến hết ngày 03/5/2022.", ("2022-04-28", "2022-05-03")),
    ("dịp Quốc khánh 2/9", "Trực từ 0h00 ngày 01/9 đến 24h00 ngày 04/9.", ("2022-09-01", "2022-09-04")),
    ("dịp Tết Nguyên đán Quý Mão 2023", "", (None, None)),
    ("dịp Tết", "Trực từ ngày 31/12 đến ngày 02/01/2023 dịp Tết Dương lịch 2023.", ("2022-12-31", "2023-01-02")),
    ("phục vụ SEA Games 31", "", (None, None)),
    ("phục vụ Đại hội đại biểu toàn quốc lần thứ XIII của Đảng", "", (None, None)),
]


@pytest.mark.parametrize(("subject", "body", "days"), WINDOWS)
def test_a_window_has_the_days_that_the_text_gives(
    subject: str, body: str, days: tuple[str | None, str | None]
) -> None:
    window = letter(body, subject)["window"]
    assert (window["start"], window["end"]) == days


@pytest.mark.parametrize("body", ["Gửi kết quả trước ngày 30/4.", "Quán triệt Nghị quyết Đại hội XIII.", "Trực 24/7."])
def test_a_day_of_the_year_alone_makes_no_window(body: str) -> None:
    assert letter(body)["window"] is None


DEADLINES = [
    ("1. Gửi kết quả về Cục trước ngày 25/4/2022.", "2022-04-25", "Gửi kết quả về Cục"),
    ("1. Báo cáo kết quả chậm nhất 17h00 ngày 20 tháng 5 năm 2022.", "2022-05-20", "Báo cáo kết quả"),
    ("1. Rà soát, gửi báo cáo về Bộ trước 30/4.", "2022-04-30", "gửi báo cáo về Bộ"),
    ("1. Trước ngày 15/6/2022, gửi danh sách đầu mối về Bộ.", "2022-06-15", "gửi danh sách đầu mối về Bộ"),
]


@pytest.mark.parametrize(("body", "day", "what"), DEADLINES)
def test_a_deadline_is_told_with_what_is_due(body: str, day: str, what: str) -> None:
    assert letter(body)["deadlines"] == [{"date": day, "obligation": "1", "what": what}]


def test_a_limit_in_hours_is_no_day() -> None:
    found = letter("1. Báo cáo trong vòng 24 giờ kể từ khi phát hiện.")
    assert found["deadlines"] == []
    assert [(t["hours"], t["obligation"]) for t in found["readings"]["time_limits"]] == [(24, "1")]


PHONES = [
    ("điện thoại: 024.3640.4421", "+842436404421"),
    ("ĐT: (024) 3934 3327", "+842439343327"),
    ("số điện thoại 02432091616", "+842432091616"),
    ("điện thoại: +84 24 3640 4421", "+842436404421"),
    ("SĐT: 0912.345.678", "+84912345678"),
]


@pytest.mark.parametrize(("label", "dialled"), PHONES)
def test_a_number_is_dialled_from_anywhere(label: str, dialled: str) -> None:
    found = letter(f"Mọi chi tiết liên hệ Phòng Thí dụ, {label}, email: a.b@example.gov.vn.")
    assert found["readings"]["contacts"][0]["phone"][0]["e164"] == dialled
    assert found["contacts"][0]["org"] == "Phòng Thí dụ"
    assert found["contacts"][0]["email"] == ["a.b@example.gov.vn"]


NO_CVE = ["Bản vá KB5020032 và WSO2-2021-1738.", "Khoảng 6.748 máy chủ.", "Mã CVE-20 bị cắt", "MS17-010"]


@pytest.mark.parametrize("body", NO_CVE)
def test_other_numbers_are_no_cve(body: str) -> None:
    assert letter(body)["cves"] == []


def test_each_cve_is_told_once_and_a_broken_one_is_joined() -> None:
    found = letter("CVE-2022-30190, cve-2022-30190 và CVE-2022-\n26809.")
    assert found["cves"] == ["CVE-2022-30190", "CVE-2022-26809"]


PRODUCTS = [
    ("CVE-2022-24459 trong Windows Fax và Scan Service: leo thang.", ["Windows Fax and Scan Service"]),
    (
        "ảnh hưởng Windows 7/8.1/10 và Windows Server 2016/2019.",
        ["Windows 7", "Windows 8.1", "Windows 10", "Windows Server 2016", "Windows Server 2019"],
    ),
    (
        "VMware công bố lỗ hổng trong vCenter, ESXi, Cloud Foundation.",
        ["VMware vCenter Server", "VMware ESXi", "VMware Cloud Foundation"],
    ),
    ("các lỗ hổng trong sản phẩm Fortinet", ["Fortinet"]),
    ("lỗ hổng Spring4Shell nguy hiểm hơn Log4Shell", ["Spring4Shell"]),
    ("ứng dụng dùng JDK >=9.0", ["JDK >=9.0"]),
    ("Trung tâm họp ngày 5/4", []),
]


@pytest.mark.parametrize(("body", "expected"), PRODUCTS)
def test_products_are_those_that_the_text_names(body: str, expected: list[str]) -> None:
    assert sorted(letter(body)["products"]) == sorted(expected)


AUDIENCES = [
    ("1. Các doanh nghiệp viễn thông: Bảo đảm hạ tầng.", "isp"),
    ("1. Sở Thông tin và Truyền thông tham mưu UBND tỉnh.", "dept_ict"),
    ("1. Các ngân hàng thương mại, tổ chức tín dụng phải rà soát hệ thống.", "bank"),
    ("1. UBND các tỉnh, thành phố chỉ đạo rà soát.", "local"),
    ("1. Các Bộ, cơ quan ngang Bộ, UBND các tỉnh chỉ đạo rà soát.", "all"),
    ("1. Phối hợp với các doanh nghiệp viễn thông.", "all"),
]


@pytest.mark.parametrize(("body", "audience"), AUDIENCES)
def test_an_item_binds_those_it_names_as_its_subject(body: str, audience: str) -> None:
    assert [o["audience"] for o in letter("Bộ yêu cầu:\n" + body)["obligations"]] == [audience]


def test_grounds_are_refs_and_the_own_number_is_none() -> None:
    found = letter(
        "Căn cứ Luật số 86/2015/QH13; thực hiện Chỉ thị số 40-CT/TW ngày 11/12/2024 và Công văn số 5/BNV-VP."
    )
    assert found["number"] == "12/BNV-VP"
    assert found["refs"] == [
        {"number": "86/2015/QH13", "date": None},
        {"number": "40-CT/TW", "date": "2024-12-11"},
        {"number": "5/BNV-VP", "date": None},
    ]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Sở Thông tin và Truyền thông có văn bản số 335/STTTT-BCVT ngày 08/4/2022 cảnh báo.", "335/STTTT-BCVT"),
        ("Cục An toàn thông tin có công văn số 11 cảnh báo lỗ hổng.", "11"),
        ("Thực hiện Công văn số 5/BNV-VP ngày 1/2/2022, đơn vị rà soát.", None),
        ("Theo văn bản số 5/BNV-VP, đơn vị rà soát.", None),
    ],
)
def test_an_article_tells_the_number_of_what_was_issued_and_not_of_what_is_cited(text: str, number: str | None) -> None:
    assert read(text).to_json()["number"] == number
