"""What a message holds, and what no message can do to whoever opens it."""

import time
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigil.adapters.mailboxes import Bounds, Mailbox, opened


def _mail(**fields: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["Subject"], mail["Message-ID"] = "Văn thư <VanThu@Cuc.example>", "Công văn khẩn", "<1@cuc>"
    for name, value in fields.items():
        mail[name.replace("_", "-")] = value
    mail.set_content("Kính gửi: Các đơn vị.")
    return mail


def test_a_plain_letter_is_opened() -> None:
    mail = _mail(Date="Thu, 28 Apr 2022 08:00:00 +0700")
    mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="..\\..\\cv.pdf")
    found = opened(mail.as_bytes())
    assert (found.sender, found.subject, found.message_id) == ("vanthu@cuc.example", "Công văn khẩn", "<1@cuc>")
    assert found.text == "Kính gửi: Các đơn vị."
    assert [(a.filename, a.data) for a in found.attachments] == [("cv.pdf", b"%PDF")]
    assert found.sent_at is not None and found.sent_at.hour == 1
    assert not found.automatic and not found.fault


@pytest.mark.parametrize(
    "fields, why",
    [
        ({"Auto_Submitted": "auto-replied"}, "auto"),
        ({"Auto_Submitted": "auto-generated; x=1"}, "auto"),
        ({"Auto_Submitted": "no"}, ""),
        ({"Return_Path": "<>"}, "bounce"),
        ({"List_Id": "<tin.cuc.example>"}, "list"),
        ({"List_Unsubscribe": "<mailto:x@y>"}, "list"),
        ({"Precedence": "bulk"}, "list"),
    ],
)
def test_a_machine_s_letter_is_told(fields, why) -> None:
    assert opened(_mail(**fields).as_bytes()).automatic == why


def test_a_forwarded_letter_is_opened_as_far_as_the_bound() -> None:
    inner = _mail()
    inner.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="cv.pdf")
    outer = _mail()
    outer.add_attachment(inner)
    assert [a.filename for a in opened(outer.as_bytes()).attachments] == ["cv.pdf"]
    assert opened(outer.as_bytes(), bounds=Bounds(depth=1)).fault == "too_deep"


def test_html_alone_is_read_as_words() -> None:
    mail = EmailMessage()
    mail["From"] = "a@b.example"
    mail.set_content("<p>Kính gửi:</p><script>bad()</script><p>Các&nbsp;đơn vị</p>", subtype="html")
    found = opened(mail.as_bytes())
    assert "bad" not in found.text
    assert "Kính gửi:" in found.text


def _nested(depth: int) -> bytes:
    head = "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(depth))
    return f"From: a@b.example\n{head}Content-Type: text/plain\n\nx\n".encode()


@pytest.mark.parametrize(
    "data, fault",
    [
        (_nested(30), "too_deep"),
        (_nested(5000), "malformed too_deep"),
        (b'Content-Type: multipart/mixed; boundary="b"\n\n' + b"--b\n\nx\n" * 5000 + b"--b--", "too_many_parts"),
        (b"From: " + b"a" * 100_000 + b"\n\nx", ""),
        (b"Subject: =?utf-8?B?" + b"!!!" * 1000 + b"?=\n\nx", ""),
        (b"Content-Type: text/plain; charset=no-such-thing\n\n\xff\xfe", ""),
        (b"Content-Type: text/plain; charset*=utf-8''%ff\n\nx", ""),
        (b"From: <<<>>>@@\nDate: never\nMessage-ID: \n\nx", ""),
        (b"", ""),
    ],
)
def test_a_hostile_letter_costs_only_itself(data, fault) -> None:
    begin = time.perf_counter()
    found = opened(data)
    assert found.fault in (fault.split() or [""])
    assert time.perf_counter() - begin < 5
    assert found.message_id


def test_too_many_attachments_and_too_many_bytes_are_said() -> None:
    mail = _mail()
    for n in range(25):
        mail.add_attachment(b"x", maintype="application", subtype="pdf", filename=f"{n}.pdf")
    assert opened(mail.as_bytes()).fault == "too_many_attachments"
    assert opened(mail.as_bytes(), bounds=Bounds(bytes=100)).fault == "too_large"


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=2000))
def test_no_bytes_break_it(data: bytes) -> None:
    found = opened(data)
    assert len(found.message_id) <= 255
    assert len(found.sha256) == 64


@pytest.mark.parametrize(
    "url", ["http://a:b@x/INBOX", "imaps://", "imaps://x/INBOX", "imap://a:secret@mail.example/INBOX", "nonsense"]
)
def test_an_address_that_is_no_mailbox_is_said_at_once_and_without_its_password(url) -> None:
    with pytest.raises(ValueError, match="VIGIL_IMAP_URL") as raised:
        Mailbox.from_url(url)
    assert "secret" not in str(raised.value)


def test_a_password_is_in_no_representation() -> None:
    box = Mailbox.from_url("imaps://an:b%C3%AD-m%E1%BA%ADt@mail.example/H%E1%BB%99p")
    assert box is not None
    assert (box.password, box.port, box.folder, box.tls) == ("bí-mật", 993, "Hộp", True)
    assert "bí-mật" not in f"{box!r} {box}"
    assert Mailbox.from_url("") is None
