"""The postman against a real IMAP server: each letter once, marked seen only when kept, none holding up another."""

from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
from tests.dovecot import PASSWORD, Dovecot, start_dovecot

from vigil.adapters.documents.writing import DocumentKind, Item, Level, OfficialDocument, write_pdf
from vigil.adapters.mailboxes import Bounds, Mailbox
from vigil.domain.mailbox import actions
from vigil.domain.mailbox.models import Letter, LetterPart
from vigil.domain.organisations.actions.tree import save_organisation
from vigil.domain.organisations.models import Organisation
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Unavailable
from vigil.workers.postman import Postman

pytestmark = pytest.mark.django_db
NOW = datetime(2022, 4, 28, 3, tzinfo=UTC)
DISPATCH = write_pdf(
    OfficialDocument(
        kind=DocumentKind.DISPATCH,
        issuer="Cục Mẫu về An toàn thông tin",
        symbol="CMAT-TTTB",
        number="17",
        place="Hà Nội",
        year=2022,
        issued_on=NOW.date(),
        subject="trực bảo đảm an toàn thông tin mạng",
        addressees=("Các doanh nghiệp viễn thông",),
        lead=("Đề nghị thực hiện các việc sau:",),
        items=(Item(Level.CLAUSE, "Bố trí người trực 24/7."), Item(Level.CLAUSE, "Cử đầu mối tiếp nhận thông tin.")),
    )
)


def letter(n: int = 1, **fields: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"] = "Văn thư <vanthu@cucmau.example>", "truc@donvi.example"
    mail["Subject"], mail["Message-ID"] = f"Công văn {n}", f"<{n}@cucmau.example>"
    mail["Date"] = "Thu, 28 Apr 2022 08:00:00 +0700"
    for name, value in fields.items():
        mail[name.replace("_", "-")] = value
    mail.set_content("Kính gửi đơn vị, xin xem tệp kèm theo.")
    return mail


def with_dispatch(n: int = 1, **fields: str) -> bytes:
    mail = letter(n, **fields)
    mail.add_attachment(DISPATCH + b"\n" * n, maintype="application", subtype="pdf", filename=f"../cv {n}.pdf")
    return mail.as_bytes()


@pytest.fixture
def server(socket_enabled: None) -> Iterator[Dovecot]:
    running = start_dovecot()
    yield running
    running.stop()


@pytest.fixture
def owner(db) -> Organisation:
    made = Organisation(name="Công ty Viễn thông Thử nghiệm", code="T.1")
    save_organisation(organisation=made, actor=Actor("cli", "t", "t"), now=NOW)
    return made


@pytest.fixture
def postman(server: Dovecot, owner: Organisation, tmp_path: Path) -> Postman:
    originals = tmp_path / "originals"
    originals.mkdir()
    return Postman(mailbox=Mailbox.from_url(server.url), organisation="T.1", originals=originals)


def test_a_dispatch_is_offered_once_and_marked_seen(server, postman) -> None:
    first = with_dispatch()
    server.put(first, letter(2).as_bytes())
    assert postman.round() == "offered 1, set aside 1"
    assert server.unseen() == 0
    (part,) = LetterPart.objects.all()
    assert (part.issuer, part.number, part.demands) == ("Cục Mẫu về an toàn thông tin", "17/CMAT-TTTB", 2)
    assert part.filename == "cv 1.pdf"
    server.put(first)
    assert postman.round() == "offered 0, set aside 0", "the very same letter again"
    assert Letter.objects.count() == 2


def test_what_is_not_kept_is_not_marked(server, postman, monkeypatch) -> None:
    server.put(with_dispatch())

    def crash(**_: object) -> None:
        raise SystemExit("the process dies before the commit")

    with monkeypatch.context() as patch:
        patch.setattr("vigil.workers.postman.receive_letter", crash)
        with pytest.raises(SystemExit):
            postman.round()
    assert server.unseen() == 1
    assert postman.round() == "offered 1, set aside 0"


def test_a_crash_between_keeping_and_marking_doubles_nothing(server, postman, owner) -> None:
    server.put(with_dispatch())
    with postman._mailbox.session() as session:
        (fetched,) = session.unseen(most=5, bytes_each=10**7)
        assert postman._kept(fetched, owner) == "offered"
    assert server.unseen() == 1
    assert postman.round() == "offered 0, set aside 0"
    assert (server.unseen(), Letter.objects.count()) == (0, 1)


def test_a_letter_on_which_vigil_fails_does_not_hold_up_the_next(server, postman, monkeypatch) -> None:
    server.put(with_dispatch(1), with_dispatch(2))
    look = actions.look_through

    def stumble(mail, **more):
        if "<1@" in mail.message_id:
            raise ZeroDivisionError
        return look(mail, **more)

    monkeypatch.setattr(actions, "look_through", stumble)
    assert postman.round() == "offered 1, set aside 1"
    assert Letter.objects.get(state="set_aside").reason == "fault"
    assert server.unseen() == 0


def test_a_letter_too_large_is_not_fetched_whole(server, postman) -> None:
    postman._bounds = Bounds(bytes=5000)
    server.put(with_dispatch())
    assert postman.round() == "offered 0, set aside 1"
    kept = Letter.objects.get()
    assert (kept.reason, kept.subject) == ("too_large", "Công văn 1")


def test_without_a_mailbox_it_rests_and_says_so(owner, tmp_path) -> None:
    assert "VIGIL_IMAP_URL" in Postman(mailbox=None, organisation="", originals=tmp_path).round()
    box = Mailbox.from_url("imap://a:b@127.0.0.1:1/INBOX")
    assert "VIGIL_MAILBOX_ORGANISATION" in Postman(mailbox=box, organisation="nobody", originals=tmp_path).round()


def test_a_server_that_is_down_or_refuses_is_said_without_the_password(server, owner, tmp_path, caplog) -> None:
    for url in ("imap://truc:b%C3%AD-m%E1%BA%ADt@127.0.0.1:1/INBOX", server.url.replace("truc:", "truc:x")):
        with pytest.raises(Unavailable) as raised:
            Postman(mailbox=Mailbox.from_url(url), organisation="T.1", originals=tmp_path).round()
        assert raised.value.code == "mailbox.unavailable"
        assert "bí-mật" not in f"{raised.value!r}{caplog.text}"
        assert PASSWORD not in f"{raised.value!r}{caplog.text}"
