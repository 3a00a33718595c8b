"""Where one thing ends: a product at its sentence, an organisation at its deadline, a task around its brackets."""

from vigil.engines.dispatch import read

TEXT = """CỤC THỬ NGHIỆM
Số: 5/CTN-AT
Hà Nội, ngày 20 tháng 12 năm 2025
V/v bảo đảm an ninh mạng
Kính gửi: Các doanh nghiệp viễn thông.
1. Rà soát lỗ hổng CVE-2023-25610 trên FortiProxy.
Theo NCSC, nhiều thiết bị bị ảnh hưởng.
2. Báo cáo kết quả về Cục Thử Nghiệm trước 17h00 ngày 30/12/2025 qua email: truc@thu.example.
3. Cử cán bộ đầu mối, gửi về Cục (qua Phòng 5, SĐT: 0987 654 321) trước 25/12.
Trân trọng./.
"""


def test_a_product_does_not_run_into_the_next_sentence() -> None:
    assert [product.value for product in read(TEXT).products] == ["FortiProxy"]


def test_an_organisation_s_name_ends_before_the_time_by_which_it_waits() -> None:
    assert all("trước" not in (contact.org.value or "") for contact in read(TEXT).contacts)


def test_what_is_due_is_told_around_its_brackets() -> None:
    due = {one.obligation: one.what.value for one in read(TEXT).deadlines}
    assert due["3"].startswith(("Cử", "gửi"))


def test_the_first_number_after_a_finished_list_of_dashes_is_an_obligation() -> None:
    reading = read(
        "CỤC AN TOÀN MẪU\nSố: 7/CATM-GS\nV/v trực lễ\nKính gửi:\n- Các Bộ, cơ quan ngang Bộ;\n"
        "- Các Ngân hàng thương mại.\n"
        "1. Phân công lực lượng trực giám sát 24/7.\n2. Cử đầu mối tiếp nhận thông tin.\nTrân trọng./."
    ).to_json()
    assert reading["addressees"] == ["Các Bộ, cơ quan ngang Bộ", "Các Ngân hàng thương mại"]
    assert [item["id"] for item in reading["obligations"]] == ["1", "2"]
