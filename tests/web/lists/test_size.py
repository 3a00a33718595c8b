"""Lists hold their pace when they are long."""

import io
import time

import pytest
from django.test import override_settings
from django.urls import reverse
from tests.web.rooms import ACTOR, client_of

from vigil.domain.accounts.models import Role
from vigil.domain.organisations.actions.tree import save_organisation
from vigil.domain.organisations.models import Organisation, Person
from vigil.kernel import clock

pytestmark = pytest.mark.django_db
MANY = 3_000


@pytest.fixture
def many(db):
    top = Organisation(name="Gốc", code="G")
    save_organisation(organisation=top, actor=ACTOR, now=clock.now())
    rows = [Organisation(name=f"Đơn vị {n}", code=f"G.{n}", parent=top, created_at=clock.now()) for n in range(MANY)]
    for row in rows:
        row.path = row.own_path()
    Organisation.objects.bulk_create(rows, batch_size=500)
    Person.objects.bulk_create([Person(organisation=row, name=f"Trần Văn {row.code}") for row in rows], batch_size=500)


@pytest.mark.parametrize("name", ["organisations", "people"])
def test_a_page_asks_little_of_the_database(many, name, django_assert_max_num_queries) -> None:
    client = client_of(None, Role.ADMINISTRATOR)
    client.get(reverse(name))
    with django_assert_max_num_queries(20):
        page = client.get(reverse(name), {"q": "don vi" if name == "organisations" else "tran van"})
    assert str(MANY) in page.content.decode()
    assert len(page.content) < 200_000, "no list of every organisation in a filter"


@override_settings(DATA_UPLOAD_MAX_NUMBER_FIELDS=50)
def test_an_export_of_thousands_is_previewed_and_unchanged(many) -> None:
    client = client_of(None, Role.ADMINISTRATOR)
    started = time.monotonic()
    file = io.BytesIO(client.get(reverse("people_export_csv")).content)
    file.name = "people.csv"
    preview = client.post(reverse("people_import"), {"file": file})
    assert preview.context["counts"] == {"added": 0, "changed": 0, "same": MANY, "refused": 0}
    assert len(preview.content) < 2_000_000
    assert time.monotonic() - started < 30


def test_pages_run_on(many) -> None:
    client = client_of(None, Role.ADMINISTRATOR)
    page = client.get(reverse("people"), {"page": 2, "sort": "-name"})
    assert page.status_code == 200
    assert 'aria-current="page"' in page.content.decode()
    assert client.get(reverse("people"), {"page": "9999"}).status_code == 200
    assert client.get(reverse("people"), {"page": "x", "sort": "nonsense"}).status_code == 200
