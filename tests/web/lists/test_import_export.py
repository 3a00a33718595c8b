"""Lists go out as sheets and come back: previewed, all or what is good, told to the journal once, nothing by halves."""

import hashlib
import io
import re

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from tests.web.rooms import client_of, furnished

from vigil.adapters.inventories import cleaned, read_sheet, write_csv
from vigil.domain.accounts.models import Role
from vigil.domain.estate.models import InformationSystem
from vigil.domain.journal.models import Entry
from vigil.domain.organisations.models import ContactPoint, Organisation, Person
from vigil.kernel import clock

pytestmark = pytest.mark.django_db
LISTS = ("organisations", "people", "contacts", "systems", "edge")


@pytest.fixture
def room(db):
    return furnished("Nhà-Ta", code="TA")


@pytest.fixture
def editor(room):
    return client_of(None, Role.ADMINISTRATOR)


def _send(client, name: str, data: bytes, filename: str = "a.csv"):
    file = io.BytesIO(data)
    file.name = filename
    return client.post(reverse(f"{name}_import"), {"file": file})


def _confirm(client, name: str, preview, mode: str = "all"):
    parcel = re.search(r'name="parcel" value="([^"]+)"', preview.content.decode()).group(1)
    return client.post(reverse(f"{name}_import"), {"parcel": parcel, "mode": mode}, follow=True)


def _imports() -> list[Entry]:
    return list(Entry.objects.filter(action__endswith=".imported"))


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_an_export_taken_in_again_changes_nothing(room, editor, name, kind, language) -> None:
    furnished("Dưới-Ta", room.organisation)
    editor.cookies["vigil_language"] = language
    exported = editor.get(reverse(f"{name}_export_{kind}"))
    other = {"vi": "en", "en": "vi"}[language]
    editor.cookies["vigil_language"] = other
    preview = _send(editor, name, exported.content, f"a.{kind}")
    assert preview.context["counts"] == {"added": 0, "changed": 0, "same": 2, "refused": 0}


@pytest.mark.parametrize("name", LISTS)
def test_the_template_can_be_filled_in_and_imported(room, editor, name) -> None:
    editor.post(reverse("organisation_new"), {"name": "Mẫu", "home": "here", "code": "MAU.02"})
    template = read_sheet(editor.get(reverse(f"{name}_template_xlsx")).content)
    assert len(template.rows) == 1
    cells = dict(zip(template.header, template.rows[0].cells, strict=False))
    cells["Tổ chức"] = "TA"
    header = [heading for heading in template.header if cells.get(heading)]
    if name == "organisations":
        header = [heading for heading in header if heading != "Tổ chức"]
    elif "Tổ chức" not in header:
        header = ["Tổ chức", *header]
    preview = _send(editor, name, write_csv(header, [[cells[heading] for heading in header]]))
    assert preview.context["counts"]["added"] == 1, preview.context["refused"]
    assert _confirm(editor, name, preview).status_code == 200
    assert len(_imports()) == 1


def test_rows_are_added_and_changed_and_told_once(room, editor) -> None:
    data = write_csv(["Tổ chức", "Full name", "mobile"], [["TA", f"Người {n}", f"091200{n:04}"] for n in range(30)])
    preview = _send(editor, "people", data, "danh-sach.csv")
    assert preview.context["counts"]["added"] == 30
    assert not Person.objects.filter(name="Người 1").exists(), "a preview changes nothing"
    before = Entry.objects.count()
    _confirm(editor, "people", preview)
    assert Person.objects.count() == 31
    assert Entry.objects.count() == before + 1
    entry = _imports()[0]
    assert entry.facts["count"] == entry.facts["added"] == 30
    assert entry.facts["sha256"] == hashlib.sha256(data).hexdigest()
    assert entry.organisation_id == room.organisation.pk
    assert "danh-sach" not in str(entry.facts)
    assert "Người" not in str(entry.facts), "names stay out of the chain"


def test_a_bad_row_is_named_and_the_user_chooses(room, editor) -> None:
    rows = [["TA", "Tốt", "3", ""], ["TA", "Xấu", "9", ""], ["KHÔNG", "Lạc", "1", ""], ["TA", "Thiếu lý do", "1", "x"]]
    data = write_csv(["Tổ chức", "Tên", "Cấp độ", "important"], rows)
    preview = _send(editor, "systems", data)
    assert [o.number for o in preview.context["refused"]] == [3, 4, 5]
    assert all(o.faults for o in preview.context["refused"])
    answer = _confirm(editor, "systems", preview, "all")
    assert answer.status_code == 422
    assert InformationSystem.objects.count() == 1
    _confirm(editor, "systems", preview, "valid")
    assert set(InformationSystem.objects.values_list("name", flat=True)) == {"Cổng Nhà-Ta", "Tốt"}
    assert _imports()[0].facts["refused"] == 3


def test_a_column_that_is_not_there_stays_and_an_emptied_cell_is_emptied(room, editor) -> None:
    person = Person.objects.get()
    _confirm(editor, "people", _send(editor, "people", write_csv(["ID", "Title"], [[str(person.pk), "Trưởng ca"]])))
    person.refresh_from_db()
    assert (person.title, person.mobile) == ("Trưởng ca", "0912 000 001")
    _confirm(editor, "people", _send(editor, "people", write_csv(["id", "mobile"], [[str(person.pk), ""]])))
    person.refresh_from_db()
    assert (person.title, person.mobile) == ("Trưởng ca", "")


def test_the_same_thing_twice_in_a_file_is_refused_once(room, editor) -> None:
    data = write_csv(["Tổ chức", "Tên", "Kind"], [["TA", "FW-9", "firewall"], ["TA", "fw-9", "dns"]])
    preview = _send(editor, "edge", data)
    assert preview.context["counts"] == {"added": 1, "changed": 0, "same": 0, "refused": 1}


def test_a_parent_may_stand_in_the_same_file_and_a_moved_one_takes_its_tree(room, editor) -> None:
    header = ["Tên", "Mã định danh cơ quan", "Parent"]
    _confirm(
        editor,
        "organisations",
        _send(
            editor, "organisations", write_csv(header, [["Gốc", "G", ""], ["Cành", "G.1", "G"], ["Lá", "G.1.1", "G.1"]])
        ),
    )
    leaf, root = Organisation.objects.get(code="G.1.1"), Organisation.objects.get(code="G")
    assert leaf.path == f"{root.path}{leaf.parent_id}/{leaf.pk}/"
    _confirm(editor, "organisations", _send(editor, "organisations", write_csv(header, [["Cành", "G.1", "TA"]])))
    leaf.refresh_from_db()
    assert leaf.path.startswith(room.organisation.path)


@pytest.mark.parametrize("parent_of_b", ["", "A"])
def test_a_file_that_bends_the_tree_into_a_ring_changes_nothing(room, editor, parent_of_b) -> None:
    header = ["Tên", "code", "Parent"]
    tree = write_csv(header, [["A", "A", ""], ["B", "B", parent_of_b]])
    _confirm(editor, "organisations", _send(editor, "organisations", tree))
    before = list(Organisation.objects.order_by("pk").values_list())
    preview = _send(editor, "organisations", write_csv(header, [["A", "A", "B"], ["B", "B", "A"]]))
    assert _confirm(editor, "organisations", preview).status_code == 422
    assert list(Organisation.objects.order_by("pk").values_list()) == before


def test_changed_numbers_of_an_imported_contact_point_must_be_tested_again(room, editor) -> None:
    point = ContactPoint.objects.get()
    ContactPoint.objects.update(verified_at=clock.now())
    data = write_csv(
        ["Tổ chức", "Label", "Mobile", "email"], [["TA", point.label, "0912 000 009; 0912 000 010", "a@b.example"]]
    )
    _confirm(editor, "contacts", _send(editor, "contacts", data))
    point.refresh_from_db()
    assert point.verified_at is None
    assert point.channels.count() == 3
    assert len(_imports()) == 1


@pytest.mark.parametrize(
    "data, code",
    [
        (b"", "sheet.no_file"),
        (b"a,b\n1,2\n", "sheet.wrong_header"),
        ("Tên,Tổ chức\n".encode(), "sheet.no_rows"),
        (b"Full name,name\nx,y\n", "sheet.double_header"),
        (b"PK\x03\x04junk", "sheet.damaged"),
        (b"Full name\n" + b"x\n" * 20_001, "sheet.too_many_rows"),
    ],
)
def test_a_bad_file_is_answered_with_a_page_that_says_so(room, editor, data, code) -> None:
    answer = _send(editor, "people", data)
    assert answer.status_code == 422
    assert code in answer.content.decode()
    assert Person.objects.count() == 1


def test_a_preview_is_good_for_its_user_its_list_and_an_hour(room, editor) -> None:
    preview = _send(editor, "people", write_csv(["Tổ chức", "name"], [["TA", "Mới"]]))
    parcel = re.search(r'name="parcel" value="([^"]+)"', preview.content.decode()).group(1)
    other = client_of(room.organisation, Role.WATCH_LEAD)
    for client, name in ((other, "people"), (editor, "edge")):
        answer = client.post(reverse(f"{name}_import"), {"parcel": parcel, "mode": "all"})
        assert answer.status_code == 422
        assert "sheet.stale" in answer.content.decode()
    assert editor.post(reverse("people_import"), {"parcel": parcel[:-2] + "xx", "mode": "all"}).status_code == 422
    assert Person.objects.count() == 1


def test_what_a_cell_holds_is_shown_as_text(room, editor) -> None:
    data = write_csv(["Tổ chức", "name"], [["TA", "<script>alert(1)</script>"]])
    page = _send(editor, "people", data, "<b>.csv").content.decode()
    assert "<script>alert" not in page
    assert "<b>.csv" not in page


@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(notes=st.text(max_size=80), name=st.text(min_size=1, max_size=40))
def test_any_text_survives_the_round_trip(room, editor, notes, name) -> None:
    name = cleaned(name).replace("\x00", "")
    if not name:
        return
    InformationSystem.objects.update(name=name, notes=notes.replace("\x00", ""))
    for kind in ("csv", "xlsx"):
        preview = _send(editor, "systems", editor.get(reverse(f"systems_export_{kind}")).content)
        assert preview.context["counts"] == {"added": 0, "changed": 0, "same": 1, "refused": 0}
