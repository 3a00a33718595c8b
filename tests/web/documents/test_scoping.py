"""Documents to take away: ours and what lies under us; nobody else's; a name that no browser misreads."""

import pytest
from django.test import Client
from django.urls import reverse
from tests.web.rooms import ACTOR, client_of, organisation

from vigil.adapters.documents import extract
from vigil.domain.accounts.models import Role
from vigil.domain.directives.actions.receive import receive_dispatch
from vigil.domain.directives.actions.review import confirm
from vigil.domain.directives.actions.watches import plan_watch
from vigil.domain.journal.models import Entry
from vigil.domain.organisations.actions.tree import save_provider_link
from vigil.domain.organisations.models import Organisation, ProviderLink
from vigil.faces.web.documents.urls import urlpatterns
from vigil.kernel import clock

pytestmark = pytest.mark.django_db
TEXT = "BỘ MẪU\nSố: 5/BM-TT\nV/v trực lễ {n}\nKính gửi: Các Bộ.\n1. Trực 24/7 tại chỗ.\n2. Cử đầu mối.\nTrân trọng./."
NAMES = ["document_plan", "document_report", "document_request", "document_dispatch"]


def _keys(owner: Organisation, originals) -> dict[str, list[object]]:
    now = clock.now()
    directive = receive_dispatch(
        data=TEXT.format(n=owner.name).encode(), filename="a.txt", organisation=owner, originals=originals,
        actor=ACTOR, now=now,
    )  # fmt: skip
    directive = confirm(directive=directive, version=1, actor=ACTOR, now=now)
    watch = plan_watch(directive=directive, first_day=clock.today(), last_day=clock.today(), actor=ACTOR, now=now)
    link = ProviderLink(organisation=owner, provider=owner, service="đường truyền")
    save_provider_link(link=link, actor=ACTOR, now=now)
    return {
        "document_plan": [watch.pk],
        "document_report": [watch.pk],
        "document_request": [watch.pk, link.pk],
        "document_dispatch": [directive.pk],
    }


@pytest.fixture
def world(settings, tmp_path):
    originals = settings.VIGIL_ORIGINALS = tmp_path / "originals"
    originals.mkdir()
    ours, theirs = organisation("Công ty Đường Ta"), organisation("Công ty Họ")
    under = organisation("Chi nhánh Dưới", ours)
    return {
        "ours": ours,
        "keys": {n: _keys(o, originals) for n, o in (("ours", ours), ("theirs", theirs), ("under", under))},
    }


def test_every_address_has_a_case_here() -> None:
    assert {pattern.name for pattern in urlpatterns} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_theirs_is_not_there(world, name) -> None:
    client = client_of(world["ours"], Role.ADMINISTRATOR)
    assert client.get(reverse(name, args=[*world["keys"]["theirs"][name], "pdf"])).status_code == 404
    assert not Entry.objects.filter(action="documents.written").exists()
    assert Client().get(reverse(name, args=[*world["keys"]["ours"][name], "pdf"])).status_code == 302


def test_their_provider_is_not_asked_over_our_watch(world) -> None:
    client = client_of(world["ours"], Role.ADMINISTRATOR)
    watch, theirs = world["keys"]["ours"]["document_request"][0], world["keys"]["theirs"]["document_request"][1]
    assert client.get(reverse("document_request", args=[watch, theirs, "pdf"])).status_code == 404
    under = world["keys"]["under"]["document_request"][1]
    assert client.get(reverse("document_request", args=[watch, under, "pdf"])).status_code == 404


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("whose", ["ours", "under"])
@pytest.mark.parametrize("form", ["docx", "pdf"])
def test_ours_is_a_file_that_reads(world, name, whose, form) -> None:
    client = client_of(world["ours"], Role.VIEWER)
    answer = client.get(reverse(name, args=[*world["keys"][whose][name], form]))
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="')
    assert answer.headers["Cache-Control"] == "no-store"
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in extract(answer.content).text


def test_another_form_is_not_there(world) -> None:
    client = client_of(world["ours"], Role.VIEWER)
    assert (
        client.get(reverse("document_plan", args=[*world["keys"]["ours"]["document_plan"], "exe"])).status_code == 404
    )


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_board_and_the_directive_offer_them(world, language) -> None:
    client = client_of(world["ours"], Role.VIEWER, language)
    keys = world["keys"]["ours"]
    board = client.get(reverse("watch", args=keys["document_plan"])).content.decode()
    for name in NAMES[:3]:
        assert reverse(name, args=[*keys[name], "docx"]) in board
    page = client.get(reverse("directive", args=keys["document_dispatch"])).content.decode()
    assert reverse("document_dispatch", args=[*keys["document_dispatch"], "pdf"]) in page
