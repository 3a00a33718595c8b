"""A newcomer: organisation, dispatch, what it asks, watch, board; looked at in both languages."""

import json
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.journey

PDF = """#set page(paper: "a4")
#set text(size: 13pt, lang: "vi")
#grid(columns: (1fr, 1.3fr), align: center, [BỘ MẪU],
  [CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM \\ Độc lập - Tự do - Hạnh phúc])
#grid(columns: (1fr, 1.3fr), align: center, [Số: 77/BM-TT \\ V/v trực bảo đảm an toàn thông tin \\ mạng dịp lễ Mẫu],
  [Hà Nội, ngày 26 tháng 4 năm 2022])
#v(1em)
Kính gửi: Các doanh nghiệp viễn thông, Internet.

1. Phân công lực lượng tại chỗ trực giám sát, ứng cứu sự cố 24/7.

2. Cử đầu mối tiếp nhận thông tin với Bộ Mẫu trước ngày 28/4/2022.

Trân trọng./.
"""
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def dispatch_file(corpus: Path) -> Path:
    return corpus / "dispatches" / "000_692a6025a3af8250.txt"


def _language(page, code: str) -> None:
    page.locator(f"aside form.chooser button[lang={code}]").click()
    page.wait_for_load_state()


def test_from_nothing_to_a_running_watch(running, page, sign_in, shot, dispatch_file) -> None:
    began = time.monotonic()
    sign_in(running)
    page.goto(f"{running.url}/start/")
    page.fill("#id_name", "Viễn thông Hải Vân")
    page.locator("label.form-check", has_text="viễn thông, Internet").click()
    page.fill("#id_label", "Phòng trực")
    page.fill("#id_phone", "0912 345 678")
    page.fill("#id_email", "truc@haivan.example")
    shot("1-start")
    shot("1-start", theme="dark", **PHONE)
    page.locator("main form button[type=submit]").click()

    page.wait_for_url("**/dispatches/new/")
    assert page.locator("#id_organisation option:checked").inner_text() == "Viễn thông Hải Vân"
    shot("2-dispatch")
    page.set_input_files("#file", dispatch_file)
    page.locator("main form button[type=submit]").click()

    page.wait_for_url("**/directives/**")
    codes = page.locator("fieldset input[name$='-code']").evaluate_all("inputs => inputs.map(i => i.value)")
    assert codes == ["1.a", "1.b", "1.c", "1.d", "2.a", "2.b", "3", ""]
    assert page.input_value("#id_issued_on") == "", "a date that is not in the text is not filled in"
    assert page.input_value("#id_window_start") == "2022-04-30"
    page.focus("#id_issuer")
    assert "BỘ THÔNG TIN VÀ TRUYỀN THÔNG" in page.locator("mark.now").first.inner_text()
    page.locator("fieldset[data-span='obligation-1'] textarea").focus()
    assert "Phân công" in " ".join(page.locator("mark.now").all_inner_texts())
    shot("3-review", full=False)
    shot("3-review", theme="dark", **PHONE)
    page.locator("button[name=confirm]").click()

    page.wait_for_load_state()
    assert page.locator("#id_first_day").input_value() == "2022-04-30"
    shot("4-open", full=False)
    page.locator("form[action$='/watch/'] button.btn-primary").click()

    page.wait_for_url("**/watches/**")
    rows = page.locator("article.board-row")
    assert rows.count() == 8, "seven demands, and the scope made explicit"
    assert page.locator(".page-pretitle .badge", has_text="chưa có số").is_visible()
    shot("5-board")
    shot("5-board", theme="dark", **PHONE)
    assert time.monotonic() - began < 300, "under five minutes"

    _language(page, "en")
    assert "Not met" in page.locator("#rows").inner_text()
    shot("5-board-en")
    page.goto(f"{page.url.rstrip('/')}/wall/")
    shot("6-wall-en", width=1920, height=1080, theme="dark", full=False)


def test_the_wall_says_loudly_that_it_is_stale_when_the_server_is_gone(running, page, sign_in, shot) -> None:
    sign_in(running)
    page.clock.install()
    watch = json.loads(running.vigil("watch", "show", "--json").stdout)[-1]["id"]
    page.goto(f"{running.url}/watches/{watch}/wall/")
    assert page.locator(".wall-stale").is_hidden()
    shot("7-wall", width=1920, height=1080, theme="dark", full=False)
    page.route("**/wall/", lambda route: route.abort())
    page.expected_faults = r"htmx:|ERR_FAILED"
    page.clock.fast_forward(90_000)
    page.clock.run_for(2_000)
    page.locator(".wall-stale").wait_for(state="visible")
    shot("7-wall-stale", width=1920, height=1080, theme="dark", full=False)
    shot("7-wall-stale", width=390, height=844, theme="dark")


def test_a_contact_point_is_tested_and_the_board_turns(running, page, sign_in) -> None:
    """The officer calls, the code comes back, and within seconds the worker proves the obligation."""
    sign_in(running)
    page.goto(running.url)
    row = page.locator("article.board-row", has_text="đầu mối").last
    assert "is-met" not in (row.get_attribute("class") or "")
    row.locator("a[href^='/contacts/']").first.click()
    page.locator("form[action*='test'] button").last.click()
    page.wait_for_load_state()
    code = page.locator("[data-code]").first.inner_text().strip()
    page.locator("input[name=code]").first.fill(code)
    page.locator("form:has(input[name=code]) button[type=submit]").first.click()
    page.wait_for_load_state()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        page.goto(running.url)
        if page.locator("article.board-row.is-met", has_text="đầu mối").count():
            return
        time.sleep(0.5)
    raise AssertionError(page.locator("#rows").inner_text())


@pytest.mark.parametrize(
    "name, data, words",
    [
        ("mat.txt", "BỘ MẪU\nSố: 1/BM\n\nTỐI MẬT\n\nV/v việc mật\n1. Làm.", "mật"),
        ("trong.txt", "", "trống"),
        ("hong.docx", "PK\x03\x04 hỏng", "hỏng"),
    ],
)
def test_what_cannot_be_taken_is_said_in_plain_words_and_nothing_is_kept(
    running, page, sign_in, tmp_path, name, data, words
) -> None:
    sign_in(running)
    file = tmp_path / name
    file.write_text(data)
    kept = sorted((running.data / "originals").rglob("*"))
    page.goto(f"{running.url}/dispatches/new/")
    page.locator("#id_organisation").select_option(index=1)
    page.set_input_files("#file", file)
    page.locator("main form button[type=submit]").click()
    page.wait_for_load_state()
    assert words in page.locator("[role=alert]").inner_text().lower()
    assert sorted((running.data / "originals").rglob("*")) == kept


def test_a_pdf_is_shown_as_it_looks_and_lights_up_where_a_field_was_read(
    running, page, sign_in, shot, tmp_path
) -> None:
    import typst

    source = tmp_path / "cv.typ"
    source.write_text(PDF)
    (tmp_path / "cv.pdf").write_bytes(typst.compile(str(source)))
    sign_in(running)
    page.goto(f"{running.url}/dispatches/new/")
    page.locator("#id_organisation").select_option(index=3)
    page.set_input_files("#file", tmp_path / "cv.pdf")
    page.locator("main form button[type=submit]").click()
    page.wait_for_url("**/directives/**")
    page.wait_for_function("document.querySelector('.page-picture image') !== null")
    page.wait_for_load_state("networkidle")
    page.focus("#id_subject")
    assert page.locator("rect.now").count() >= 3
    shot("8-pdf", full=False)


def test_script_and_html_in_a_dispatch_are_shown_and_never_run(running, page, sign_in) -> None:
    sign_in(running)
    page.goto(f"{running.url}/dispatches/new/")
    page.locator("#id_organisation").select_option(index=1)
    evil = "<script>document.title='x'</script><img src=x onerror=\"document.title='x'\">"
    page.fill("#id_text", f"BỘ MẪU\nSố: 9/BM-X\nV/v {evil}\nKính gửi: Các Bộ.\n1. Trực 24/7 {evil}.\n2. Rà soát.")
    page.locator("main form button[type=submit]").click()
    page.wait_for_url("**/directives/**")
    assert "<script>" in page.locator(".original").inner_text()
    assert page.title() != "x"


def test_two_who_confirm_at_once_are_told_apart(running, page, sign_in, chromium) -> None:
    sign_in(running)
    page.goto(f"{running.url}/dispatches/new/")
    page.locator("#id_organisation").select_option(index=2)
    page.fill(
        "#id_text",
        "BỘ MẪU\nSố: 10/BM-X\nV/v trực lễ\nKính gửi: Các Bộ.\n1. Trực 24/7.\n2. Rà soát lỗ hổng.\nTrân trọng./.",
    )
    page.locator("main form button[type=submit]").click()
    page.wait_for_url("**/directives/**")
    second = page.context.new_page()
    second.goto(page.url)
    page.locator("button[name=confirm]").click()
    page.wait_for_load_state()
    second.locator("button[name=confirm]").click()
    second.wait_for_load_state()
    assert "directive.already_confirmed" in second.locator("[role=alert]").inner_text()


def test_the_way_is_open_to_the_keyboard_alone(running, page) -> None:
    page.goto(f"{running.url}/sign-in/")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "id_login":
            break
    page.keyboard.type("admin")
    page.keyboard.press("Tab")
    from tests.journeys.conftest import PASSWORD

    page.keyboard.insert_text(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "sign-in" not in url)
    page.keyboard.press("Tab")
    assert "skip" in (page.evaluate("document.activeElement.className") or "")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
