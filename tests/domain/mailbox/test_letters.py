"""A letter is kept once; a secret one leaves no words; a loop finds nothing to hold on to; a person decides."""

from dataclasses import replace
from datetime import timedelta

import pytest

from vigil.adapters.mailboxes import Attachment, Mail
from vigil.domain.directives.models import Directive
from vigil.domain.journal.models import Entry
from vigil.domain.mailbox.actions import MOST_AN_HOUR, receive_letter, refuse_letter, take_part
from vigil.domain.mailbox.models import Letter, LetterPart
from vigil.domain.outbox.actions import queue
from vigil.kernel.errors import Conflict

DISPATCH = """BỘ MẪU
Số: 12/BM-TT
Hà Nội, ngày 26 tháng 4 năm 2022
V/v trực lễ
Kính gửi: Các doanh nghiệp viễn thông.
1. Trực 24/7.
2. Cử đầu mối tiếp nhận thông tin.
Trân trọng./."""
WARNING = """Cục Mẫu về An toàn thông tin cảnh báo lỗ hổng CVE-2021-44228 (Log4Shell).
Trung tâm Giám sát an toàn không gian mạng quốc gia đề nghị các đơn vị rà soát, cập nhật bản vá.
1. Kiểm tra, rà soát hệ thống có khả năng bị ảnh hưởng bởi CVE-2021-44228.
2. Cập nhật bản vá."""
MAIL = Mail(
    message_id="<1@bo.example>",
    sha256="a" * 64,
    sender="vanthu@bo.example",
    subject="Công văn",
    sent_at=None,
    automatic="",
    text="Xin xem tệp kèm theo.",
    attachments=(Attachment("cv.txt", "text/plain", DISPATCH.encode()),),
)


@pytest.fixture
def receive(isp, originals, lead, now):
    def take(mail: Mail = MAIL, at=now) -> Letter | None:
        return receive_letter(mail=mail, organisation=isp, originals=originals, actor=lead, now=at)

    return take


def test_an_offered_part_goes_to_the_review_as_if_it_had_been_dropped(receive, originals, lead, now) -> None:
    letter = receive()
    assert letter.state == "offered"
    part = letter.parts.get()
    directive = take_part(part=part, originals=originals, anchors=None, actor=lead, now=now)
    assert (directive.number, directive.state) == ("12/BM-TT", "draft")
    letter.refresh_from_db()
    assert letter.state == "taken"
    again = take_part(part=LetterPart.objects.get(), originals=originals, anchors=None, actor=lead, now=now)
    assert again.pk == directive.pk
    assert Directive.objects.count() == 1
    assert Entry.objects.filter(action="mailbox.letter_taken").exists()


def test_the_letter_s_own_text_can_be_the_dispatch_or_the_warning(receive) -> None:
    assert receive(replace(MAIL, attachments=(), text=DISPATCH)).parts.get().filename == "thu.txt"
    warning = receive(replace(MAIL, message_id="<2@x>", attachments=(), text=WARNING))
    assert (warning.state, warning.parts.get().warning) == ("offered", True)


def test_the_same_letter_is_kept_once(receive) -> None:
    assert receive() is not None
    assert receive() is None
    assert Letter.objects.count() == 1


@pytest.mark.parametrize("where", ["file", "text", "subject"])
def test_nothing_of_a_secret_letter_is_kept(receive, originals, where) -> None:
    stamped = DISPATCH.replace("V/v trực lễ", "MẬT\nV/v trực lễ")
    mail = {
        "file": replace(MAIL, attachments=(*MAIL.attachments, Attachment("b.txt", "text/plain", stamped.encode()))),
        "text": replace(MAIL, text=stamped),
        "subject": replace(MAIL, subject="TỐI MẬT"),
    }[where]
    letter = receive(mail)
    assert (letter.state, letter.reason, letter.subject) == ("set_aside", "secret", "")
    assert list(originals.iterdir()) == []
    assert not LetterPart.objects.exists()
    assert "12/BM" not in str(list(Entry.objects.values_list("facts", flat=True)))


@pytest.mark.parametrize(
    "mail, reason",
    [
        (replace(MAIL, automatic="auto"), "auto"),
        (replace(MAIL, automatic="list"), "list"),
        (replace(MAIL, fault="too_deep"), "too_deep"),
        (replace(MAIL, attachments=(), text="Chúc mừng năm mới!"), "not_a_dispatch"),
        (replace(MAIL, attachments=(Attachment("x.zip", "application/zip", b"PK\x03\x04broken"),)), "unreadable"),
    ],
)
def test_what_is_set_aside_says_why_and_keeps_no_file(receive, originals, mail, reason) -> None:
    letter = receive(mail)
    assert (letter.state, letter.reason) == ("set_aside", reason)
    assert list(originals.iterdir()) == []
    assert Entry.objects.get(action="mailbox.letter_set_aside").facts["reason"] == reason


def test_our_own_letter_coming_back_is_not_read(receive, now) -> None:
    ours = queue(address="x@y.example", title="t", body="b", now=now)
    assert receive(replace(MAIL, message_id=ours.message_id)).reason == "own"


def test_another_letter_under_a_known_message_id_is_set_aside(receive) -> None:
    receive()
    assert receive(replace(MAIL, sha256="b" * 64)).reason == "repeated"


def test_a_flood_from_one_sender_is_set_aside_and_ends_after_an_hour(receive, now) -> None:
    plain = replace(MAIL, attachments=(), text="x")
    for n in range(MOST_AN_HOUR):
        receive(replace(plain, message_id=f"<f{n}@x>"))
    assert receive(replace(MAIL, message_id="<next@x>")).reason == "too_many"
    assert receive(replace(MAIL, message_id="<else@x>", sender="khac@bo.example")).state == "offered"
    assert receive(replace(MAIL, message_id="<later@x>"), at=now + timedelta(minutes=61)).state == "offered"


def test_what_is_not_ours_is_decided_once(receive, originals, lead, now) -> None:
    letter = receive()
    part = letter.parts.get()
    refuse_letter(letter=letter, actor=lead, now=now)
    assert letter.reason == "not_ours"
    with pytest.raises(Conflict):
        refuse_letter(letter=letter, actor=lead, now=now)
    with pytest.raises(Conflict):
        take_part(part=LetterPart.objects.get(pk=part.pk), originals=originals, anchors=None, actor=lead, now=now)
    assert not Directive.objects.exists()
