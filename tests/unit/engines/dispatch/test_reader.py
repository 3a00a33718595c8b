"""The shape that started it: a draft with blank serial and day, merged columns, an audience nobody addressed."""

from vigil.engines.dispatch import read

DRAFT = """
BỘ THÔNG TIN VÀ TRUYỀN THÔNG CỘNG HOÀ XÃ HỘI CHỦ NGHĨA VIỆT NAM
Độc lập - Tự do - Hạnh phúc

Số:         /BTTTT-CATTT Hà Nội, ngày      tháng     năm 2023

V/v bảo đảm an toàn mạng
trong dịp Lễ Quốc khánh 2/9

KHẨN

Kính gửi:

 - Các Bộ, cơ quan ngang Bộ;
- Các Tập đoàn, Tổng Công ty cung cấp dịch vụ Internet,
viễn thông.

Bộ Thông tin và Truyền thông đề nghị các cơ quan, tổ chức tăng cường triển khai, cụ thể:

1. Các đơn vị trọng tâm là:
a) Phân công lực lượng tại chỗ trực giám sát
24/7.
b) Rà soát các lỗ hổng đã được Cục An toàn thông tin cảnh báo như: các lỗ hổng mức cao và nghiêm trọng trong
các sản phẩm Microsoft từ tháng 11 năm 2022 đến tháng 02 năm 2023; lỗ hổng Log4Shell,...
2. Các doanh nghiệp cung cấp dịch vụ viễn thông, internet; các doanh nghiệp cung cấp nền tảng chuyển đổi số:
a) Chặn lọc hoạt động tấn công mạng.
3. Cử đầu mối tiếp nhận thông tin.

Trong trường hợp cần hỗ trợ, đề nghị liên hệ qua các đầu mối:

- Trung tâm Ứng cứu Thí dụ (UCTD), điện thoại 024.3640.4421 hoặc số điện thoại trực đường dây nóng ứng cứu sự cố
086.9100.317, email: ir@example.vn.

Trân trọng./.

Nơi nhận:
- Như trên;
- Các đơn vị chuyên trách về công nghệ thông tin, an

toàn thông tin tại các bộ, ngành;
- Lưu: VT, CATTT.

KT. BỘ TRƯỞNG
THỨ TRƯỞNG


 Nguyễn Văn Thí Dụ
1. Rà soát phụ lục kèm theo.
"""
FOUND = read(DRAFT).to_json()
TRACE = FOUND["readings"]


def test_a_blank_serial_is_said_to_be_blank() -> None:
    assert FOUND["number"] == "/BTTTT-CATTT"
    assert FOUND["number_missing_serial"] is True
    assert TRACE["number"]["how"] == "blank"


def test_a_blank_day_and_month_stay_blank() -> None:
    assert FOUND["date"] is None
    assert TRACE["date"]["how"] == "blank"
    assert FOUND["date_note"] == "'ngày      tháng     năm 2023': day and month BLANK; year 2023"


def test_the_issuer_comes_from_merged_capitals() -> None:
    assert FOUND["issuer"] == "Bộ Thông tin và Truyền thông"
    assert FOUND["issuer_parent"] is None


def test_the_subject_is_joined_over_its_line_break() -> None:
    assert FOUND["subject"] == "bảo đảm an toàn mạng trong dịp Lễ Quốc khánh 2/9"
    assert TRACE["subject"]["how"] == "read"


def test_leaves_have_ids_audiences_and_kinds() -> None:
    got = [(o["id"], o["audience"], t["kind"]) for o, t in zip(FOUND["obligations"], TRACE["obligations"], strict=True)]
    assert got == [
        ("1.a", "all", "duty"),
        ("1.b", "all", "vulnerability_review"),
        ("2.a", "isp+platform", "detection_filtering"),
        ("3", "all", "contact_point"),
    ]


def test_an_audience_that_kinh_gui_does_not_name_is_shown() -> None:
    assert TRACE["obligations"][2]["audience"]["not_addressed"] == ["platform"]
    assert TRACE["obligations"][2]["audience"]["mention"]["text"].startswith(
        "Các doanh nghiệp cung cấp dịch vụ viễn thông"
    )


def test_what_was_read_of_the_window_stands_apart_from_what_was_inferred() -> None:
    assert (FOUND["window"]["start"], FOUND["window"]["end"]) == ("2023-09-02", "2023-09-02")
    assert [r["text"] for r in TRACE["window"]["read"]] == ["2/9"]
    assert TRACE["window"]["start"]["how"] == "inferred"
    assert TRACE["window"]["inferred"]


def test_days_off_are_a_suggestion_to_confirm() -> None:
    suggested = TRACE["window"]["suggestion"]
    assert suggested is None or (suggested["confirm"] is True and suggested["source"] == "holidays")


def test_a_query_over_monthly_lists_crosses_the_year() -> None:
    query = FOUND["vuln_references"][0]["query"]
    assert query == {
        "vendor": "Microsoft",
        "severities": ["high", "critical"],
        "months": ["2022-11", "2022-12", "2023-01", "2023-02"],
    }


def test_a_nickname_is_resolved_and_the_open_list_is_marked() -> None:
    assert [(v["text"], v["resolve_to"]) for v in FOUND["vuln_references"][1:]] == [
        ("Log4Shell", "CVE-2021-44228"),
        (",...", "list is OPEN: everything AIS has warned of"),
    ]
    assert TRACE["list_open"] is True
    assert FOUND["cves"] == []


def test_a_contact_card_tells_what_each_number_is_for() -> None:
    assert FOUND["contacts"] == [
        {
            "org": "Trung tâm Ứng cứu Thí dụ (UCTD)",
            "phone": ["024.3640.4421"],
            "hotline": ["086.9100.317"],
            "email": ["ir@example.vn"],
        }
    ]
    card = TRACE["contacts"][0]
    assert card["phone"][0]["e164"] == "+842436404421"
    assert card["hotline"][0]["e164"] == "+84869100317"
    assert card["hotline"][0]["purpose"] == "ứng cứu sự cố"


def test_the_foot_tells_recipients_signatory_and_filing_unit() -> None:
    assert FOUND["recipients_noi_nhan"] == [
        "Như trên",
        "Các đơn vị chuyên trách về công nghệ thông tin, an toàn thông tin tại các bộ, ngành",
        "Lưu: VT, CATTT",
    ]
    assert FOUND["signatory"] == {"authority": "KT. BỘ TRƯỞNG", "title": "THỨ TRƯỞNG", "name": "Nguyễn Văn Thí Dụ"}
    assert TRACE["filing_unit"]["value"] == "CATTT"
    assert TRACE["same_as_above"]["expands_to"] == FOUND["addressees"]


def test_nothing_after_the_end_mark_is_an_obligation() -> None:
    assert "Rà soát phụ lục" not in " ".join(o["text"] for o in FOUND["obligations"])
    start, end = TRACE["end_mark"]["spans"][0]
    assert DRAFT[start:end] == "./."


def test_urgency_and_the_general_audience_are_told() -> None:
    assert TRACE["urgency"]["value"] == "KHẨN"
    assert TRACE["general_audience"]["value"] == "các cơ quan, tổ chức"


def test_keys_are_those_of_the_labels() -> None:
    keys = "kind issuer issuer_parent number number_missing_serial place date date_note subject addressees window"
    lists = "obligations cves vuln_references products deadlines contacts recipients_noi_nhan signatory refs readings"
    assert set(FOUND) == {*keys.split(), *lists.split()}
