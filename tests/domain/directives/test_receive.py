"""A dispatch is read before anything of it is kept; a secret one leaves no trace; the same one is not taken twice."""

from pathlib import Path

import pytest

from vigil.adapters.documents import Document
from vigil.domain.directives.actions.receive import receive_dispatch
from vigil.domain.directives.models import Directive, Dispatch
from vigil.domain.directives.originals import fetch, keep, path_of
from vigil.domain.journal.models import Entry
from vigil.kernel.errors import Conflict, Refused, Unavailable

PLAIN = """BỘ MẪU
Số: 12/BM-TT
Hà Nội, ngày 26 tháng 4 năm 2022
V/v trực lễ
Kính gửi: Các doanh nghiệp viễn thông.
1. Trực 24/7.
2. Cử đầu mối tiếp nhận thông tin.
Trân trọng./."""


def _receive(text: str | bytes, organisation, originals: Path, lead, now, **more) -> Directive:
    data = text if isinstance(text, bytes) else text.encode()
    return receive_dispatch(
        data=data, filename="cv.txt", organisation=organisation, originals=originals, actor=lead, now=now, **more
    )


def test_the_original_is_kept_byte_for_byte_beside_a_draft(isp, originals, lead, now) -> None:
    made = _receive(PLAIN, isp, originals, lead, now)
    assert fetch(originals, made.dispatch.sha256) == PLAIN.encode()
    assert made.state == "draft"
    entry = Entry.objects.get(action="dispatch.received")
    assert entry.organisation_id == isp.id
    assert "cv.txt" not in str(entry.facts)


@pytest.mark.parametrize("stamp", ["MẬT", "TỐI MẬT", "TUYỆT MẬT"])
def test_a_secret_document_is_refused_and_leaves_no_trace(isp, originals, lead, now, stamp) -> None:
    entries = Entry.objects.count()
    text = PLAIN.replace("Số: 12/BM-TT", f"Số: 12/BM-TT\n\n{stamp}\n")
    with pytest.raises(Refused) as raised:
        _receive(text, isp, originals, lead, now)
    assert raised.value.code == "dispatch.secret"
    assert not Dispatch.objects.exists()
    assert list(originals.iterdir()) == []
    assert Entry.objects.count() == entries


def test_the_first_page_is_looked_at_before_the_rest_is_read(isp, originals, lead, now) -> None:
    def scan(data: bytes, filename: str, *, early_check, anchors) -> Document:
        early_check("BỘ MẪU\nMẬT\nSố: 1/BM")
        raise AssertionError("read on after a secrecy stamp")

    with pytest.raises(Refused):
        _receive(b"%PDF", isp, originals, lead, now, read_file=scan)


def test_the_same_document_is_not_taken_twice_by_one_organisation(isp, organisation_of, originals, lead, now) -> None:
    first = _receive(PLAIN, isp, originals, lead, now)
    with pytest.raises(Conflict) as raised:
        _receive(PLAIN, isp, originals, lead, now)
    assert raised.value.facts["directive"] == str(first.id)
    other = _receive(PLAIN, organisation_of("Ngân hàng khác", "bank"), originals, lead, now)
    assert other.id != first.id


@pytest.mark.parametrize("data", [b"", b"\x00\x01\x02", b"PK\x03\x04broken"])
def test_what_cannot_be_read_leaves_nothing_half_imported(isp, originals, lead, now, data) -> None:
    with pytest.raises(Refused):
        _receive(data, isp, originals, lead, now)
    assert not Dispatch.objects.exists()
    assert list(originals.iterdir()) == []


def test_a_path_in_the_file_name_is_not_kept(isp, originals, lead, now) -> None:
    made = receive_dispatch(
        data=PLAIN.encode(),
        filename="..\\..\\etc/passwd.txt",
        organisation=isp,
        originals=originals,
        actor=lead,
        now=now,
    )
    assert made.dispatch.filename == "passwd.txt"


def test_an_original_that_was_changed_on_the_disk_is_not_passed_off_as_what_came(originals) -> None:
    sha256 = keep(originals, b"as it came")
    path_of(originals, sha256).write_bytes(b"otherwise")
    with pytest.raises(Unavailable, match="no longer"):
        fetch(originals, sha256)
