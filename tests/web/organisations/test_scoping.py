"""Over every address of organisations and estate: what is another's is not there; a viewer changes nothing."""

import io
import re

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse
from tests.web.rooms import client_of, furnished

from vigil.adapters.inventories import read_sheet, write_csv
from vigil.domain.accounts.models import Role
from vigil.domain.journal.models import Entry
from vigil.faces.web.estate.urls import urlpatterns as estate_urls
from vigil.faces.web.organisations.urls import urlpatterns as organisation_urls

pytestmark = pytest.mark.django_db

# address name -> (whose key it takes, how it is used)
THINGS = {
    "organisation": ("organisation", "GET"),
    "organisation_edit": ("organisation", "BOTH"),
    "unit_new": ("organisation", "BOTH"),
    "provider_new": ("organisation", "BOTH"),
    "unit": ("unit", "BOTH"),
    "unit_remove": ("unit", "POST"),
    "provider_remove": ("link", "POST"),
    "person": ("person", "GET"),
    "person_edit": ("person", "BOTH"),
    "person_left": ("person", "POST"),
    "person_returned": ("person", "POST"),
    "contact": ("contact", "GET"),
    "contact_edit": ("contact", "BOTH"),
    "contact_retire": ("contact", "POST"),
    "channel_test": ("channel", "POST"),
    "test_code": ("test", "POST"),
    "system": ("system", "GET"),
    "system_edit": ("system", "BOTH"),
    "system_retire": ("system", "POST"),
    "system_return": ("system", "POST"),
    "edge_device": ("device", "GET"),
    "edge_edit": ("device", "BOTH"),
    "edge_remove": ("device", "POST"),
}
LISTS = ("organisations", "people", "contacts", "systems", "edge")
NEW = ("organisation_new", "person_new", "contact_new", "system_new", "edge_new")
PUBLIC = {"contact_answer"}
PARTS = ("export_csv", "export_xlsx", "template_csv", "template_xlsx")
EVERY = {
    *THINGS,
    *LISTS,
    *NEW,
    *PUBLIC,
    *(f"{name}_{part}" for name in LISTS for part in PARTS),
    *(f"{name}_import" for name in LISTS),
}
FILLED = {"name": "Đổi", "label": "Đổi", "kind": "dns", "service": "x", "code": "x", "home": "here", "purpose": "other"}


@pytest.fixture
def world(db):
    ours = furnished("Nhà-Ta", code="TA")
    return {"ours": ours, "under": furnished("Dưới-Ta", ours.organisation), "theirs": furnished("Của-Họ", code="HO")}


def _stored() -> list[object]:
    """Everything in these rooms, as values."""
    models = [*apps.get_app_config("organisations").get_models(), *apps.get_app_config("estate").get_models()]
    return [list(model.objects.order_by("pk").values_list()) for model in models]


def test_every_address_has_a_case_here() -> None:
    assert {pattern.name for pattern in [*organisation_urls, *estate_urls]} == EVERY


@pytest.mark.parametrize("name", sorted(THINGS))
def test_what_is_theirs_is_not_there(world, name) -> None:
    kind, how = THINGS[name]
    client = client_of(world["ours"].organisation, Role.ADMINISTRATOR)
    address, before = reverse(name, args=[world["theirs"].keys[kind]]), _stored()
    if how != "POST":
        assert client.get(address).status_code == 404
    if how != "GET":
        assert client.post(address, FILLED).status_code == 404
    assert _stored() == before


@pytest.mark.parametrize("name", sorted(n for n, (_, how) in THINGS.items() if how != "GET"))
@pytest.mark.parametrize("whose", ["ours", "under"])
def test_a_viewer_looks_and_does_not_touch(world, name, whose) -> None:
    client, before = client_of(world["ours"].organisation, Role.VIEWER), _stored()
    address = reverse(name, args=[world[whose].keys[THINGS[name][0]]])
    assert client.post(address, FILLED).status_code == 403
    if THINGS[name][1] == "BOTH":
        assert client.get(address).status_code == 403
    assert _stored() == before


@pytest.mark.parametrize("name", sorted({*NEW, *(f"{name}_import" for name in LISTS)}))
def test_a_viewer_adds_nothing(world, name) -> None:
    client, before = client_of(world["ours"].organisation, Role.VIEWER), _stored()
    query = f"?organisation={world['ours'].organisation.pk}"
    assert client.get(reverse(name) + query).status_code == 403
    assert client.post(reverse(name) + query, FILLED).status_code == 403
    assert _stored() == before


@pytest.mark.parametrize("name", sorted(n for n, (_, how) in THINGS.items() if how != "POST"))
@pytest.mark.parametrize("whose", ["ours", "under"])
def test_ours_and_what_lies_under_us_is_there(world, name, whose) -> None:
    client = client_of(world["ours"].organisation, Role.ADMINISTRATOR)
    assert client.get(reverse(name, args=[world[whose].keys[THINGS[name][0]]])).status_code == 200


def test_who_is_below_does_not_see_what_is_above(world) -> None:
    client = client_of(world["under"].organisation, Role.ADMINISTRATOR)
    page = client.get(reverse("organisation", args=[world["under"].organisation.pk])).content.decode()
    assert "Nhà-Ta" not in page
    assert client.get(reverse("organisation", args=[world["ours"].organisation.pk])).status_code == 404


@pytest.mark.parametrize("name", LISTS)
def test_lists_and_exports_hold_only_what_is_ours(world, name) -> None:
    client = client_of(world["ours"].organisation, Role.VIEWER)
    page = client.get(reverse(name)).content.decode()
    assert "Nhà-Ta" in page
    assert "Dưới-Ta" in page
    assert "Của-Họ" not in page
    for kind in ("csv", "xlsx"):
        answer = client.get(reverse(f"{name}_export_{kind}"))
        cells = str(read_sheet(answer.content))
        assert "Nhà-Ta" in cells
        assert "Của-Họ" not in cells


@pytest.mark.parametrize("name", LISTS)
def test_a_filter_by_their_organisation_finds_nothing(world, name) -> None:
    client = client_of(world["ours"].organisation, Role.VIEWER)
    for wish in (world["theirs"].organisation.pk, "Của-Họ", "không có"):
        page = client.get(reverse(name), {"organisation": wish}).content.decode()
        assert "Trần Nhà" not in page
        assert "Cổng Nhà" not in page
        assert "<tbody>" not in page


@pytest.mark.parametrize("name", NEW[1:])
def test_nothing_is_added_to_what_is_theirs(world, name) -> None:
    client, before = client_of(world["ours"].organisation, Role.ADMINISTRATOR), _stored()
    address = f"{reverse(name)}?organisation={world['theirs'].organisation.pk}"
    assert client.get(address).status_code == 404
    assert client.post(address, FILLED).status_code == 404
    assert _stored() == before


def test_nothing_is_put_under_theirs_or_at_the_top(world) -> None:
    client, before = client_of(world["ours"].organisation, Role.ADMINISTRATOR), _stored()
    for parent in (world["theirs"].organisation.pk, "HO", ""):
        answer = client.post(reverse("organisation_new"), {"name": "Mới", "home": "here", "parent": parent})
        assert answer.status_code == 422
    assert _stored() == before


@pytest.mark.parametrize("name", LISTS)
def test_an_import_does_not_reach_what_is_theirs(world, name) -> None:
    sheet = read_sheet(client_of(None, Role.ADMINISTRATOR).get(reverse(f"{name}_export_csv")).content)
    rows = [row.cells for row in sheet.rows if "Của-Họ" in str(row.cells)]
    assert rows
    changed = [[cell.replace("Của-Họ", "Của-Ai") for cell in row] for row in rows]
    without_id = [row[:-1] for row in changed]
    client, before = client_of(world["ours"].organisation, Role.ADMINISTRATOR), _stored()
    for header, cells in ((sheet.header, changed), (sheet.header[:-1], without_id)):
        file = io.BytesIO(write_csv(header, cells))
        file.name = "a.csv"
        answer = client.post(reverse(f"{name}_import"), {"file": file})
        assert answer.status_code == 200
        page = answer.content.decode()
        assert answer.context["counts"]["refused"] == len(rows), page
        parcel = re.search(r'name="parcel" value="([^"]+)"', page).group(1)
        for mode in ("all", "valid"):
            client.post(reverse(f"{name}_import"), {"parcel": parcel, "mode": mode})
        assert _stored() == before
    assert not Entry.objects.filter(action__endswith=".imported").exists()


@pytest.mark.parametrize("name", sorted(EVERY - PUBLIC))
def test_nobody_gets_in_without_signing_in(world, name) -> None:
    args = [world["ours"].keys[THINGS[name][0]]] if name in THINGS else []
    for answer in (Client().get(reverse(name, args=args)), Client().post(reverse(name, args=args))):
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/sign-in/")


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_page_is_drawn_in_both_languages_for_those_who_edit(world, language) -> None:
    client = client_of(None, Role.ADMINISTRATOR, language)
    addresses = [reverse(n, args=[world["ours"].keys[k]]) for n, (k, how) in THINGS.items() if how != "POST"]
    addresses += [reverse(name) for name in (*LISTS, *(f"{name}_import" for name in LISTS))]
    addresses += [f"{reverse(name)}?organisation={world['ours'].organisation.pk}" for name in NEW]
    for address in addresses:
        page = client.get(address)
        text = page.content.decode()
        assert page.status_code == 200, address
        assert f'lang="{language}"' in text, address
        assert " style=" not in text, address
        assert not re.search(r"\son(click|change|submit)=", text), address
        _labels_are_bound(text, address)


def _labels_are_bound(text: str, address: str) -> None:
    main = text[text.index("<main") :]
    fields = re.findall(r'<(?:input|select|textarea)\b(?![^>]*type="hidden")[^>]*\bid="([^"]+)"', main)
    labels = set(re.findall(r'<label[^>]*\bfor="([^"]+)"', main))
    assert not set(fields) - labels, address
