"""Over every address of links: what is another's is not there; a viewer changes nothing; both languages."""

import pytest
from django.test import Client
from django.urls import reverse
from tests.web.rooms import ACTOR, client_of, organisation

from vigil.domain.accounts.models import Role
from vigil.domain.exchange.actions.arrivals import put_aside
from vigil.domain.exchange.keyring import Keyring
from vigil.domain.exchange.models import EnrolmentCode, Link, Outgoing, Peer, PeerSide, PeerState
from vigil.domain.exchange.stix import public_hex
from vigil.faces.web.exchange.urls import urlpatterns
from vigil.kernel import clock
from vigil.kernel.errors import Refused
from vigil.kernel.phrases import N_

pytestmark = pytest.mark.django_db
THINGS = {
    "link": "GET",
    "link_confirm": "POST",
    "link_deny": "POST",
    "link_rotate": "POST",
    "link_revoke": "POST",
}
LISTS = ("links",)
NEW = ("link_code", "link_enrol")


def _peer(owner, keys: Keyring, state: str = PeerState.PENDING, side: str = PeerSide.BELOW) -> Peer:
    now = clock.now()
    peer = Peer.objects.create(
        organisation=owner, name=f"Vigil {owner.name}", side=side, state=state, created_at=now, linked_at=now
    )
    peer.public_key = public_hex(keys.make(peer.pk).public_key())
    peer.save()
    Link.objects.create(peer=peer, remote_id=peer.pk, comparison="12345 67890", clock_offset_ms=3_600_000)
    put_aside(
        peer=peer,
        obj={"id": "x"},
        error=Refused("stix.invalid", N_("Not a valid object: {why}"), why="w"),
        actor=ACTOR,
        now=now,
    )
    return peer


@pytest.fixture
def world(settings, tmp_path):
    settings.VIGIL_KEYS = tmp_path / "keys"
    keys = Keyring(settings.VIGIL_KEYS)
    ours, theirs = organisation("Nhà-Ta"), organisation("Của-Họ")
    under = organisation("Dưới-Ta", ours)
    return {
        "organisations": {"ours": ours, "theirs": theirs, "under": under},
        "peers": {name: _peer(o, keys) for name, o in (("ours", ours), ("theirs", theirs), ("under", under))},
        "keys": keys,
    }


def _stored() -> list[object]:
    return [list(model.objects.order_by("pk").values_list()) for model in (Peer, Link, EnrolmentCode, Outgoing)]


def test_every_address_has_a_case_here() -> None:
    assert {pattern.name for pattern in urlpatterns} == {*THINGS, *LISTS, *NEW}


@pytest.mark.parametrize("name", THINGS)
def test_what_is_theirs_is_not_there(world, name) -> None:
    client, before = client_of(world["organisations"]["ours"], Role.ADMINISTRATOR), _stored()
    address = reverse(name, args=[world["peers"]["theirs"].pk])
    assert {client.get(address).status_code, client.post(address).status_code} <= {404, 405}
    assert _stored() == before


@pytest.mark.parametrize("name", [name for name, how in THINGS.items() if how == "POST"])
@pytest.mark.parametrize("whose", ["ours", "under"])
def test_a_viewer_looks_and_does_not_touch(world, name, whose) -> None:
    client, before = client_of(world["organisations"]["ours"], Role.VIEWER), _stored()
    assert client.post(reverse(name, args=[world["peers"][whose].pk])).status_code == 403
    assert _stored() == before


@pytest.mark.parametrize("name", NEW)
def test_a_viewer_makes_no_link_and_nobody_one_for_others(world, name) -> None:
    before = _stored()
    viewer = client_of(world["organisations"]["ours"], Role.VIEWER)
    assert viewer.get(reverse(name)).status_code == 403
    assert viewer.post(reverse(name)).status_code == 403
    lead = client_of(world["organisations"]["ours"], Role.WATCH_LEAD)
    wish = {"organisation": world["organisations"]["theirs"].pk, "url": "http://127.0.0.1:1", "code": "x"}
    assert lead.post(reverse(name), wish).status_code == 422
    assert "Của-Họ" not in lead.get(reverse(name)).content.decode()
    assert _stored() == before


def test_the_list_holds_only_what_is_ours(world) -> None:
    page = client_of(world["organisations"]["ours"], Role.VIEWER).get(reverse("links")).content.decode()
    assert "Vigil Nhà-Ta" in page
    assert "Vigil Dưới-Ta" in page
    assert "Của-Họ" not in page


@pytest.mark.parametrize("name", [*THINGS, *LISTS, *NEW])
def test_nobody_gets_in_without_signing_in(world, name) -> None:
    args = [world["peers"]["ours"].pk] if name in THINGS else []
    for answer in (Client().get(reverse(name, args=args)), Client().post(reverse(name, args=args))):
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/sign-in/")


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("state", list(PeerState))
@pytest.mark.parametrize("side", list(PeerSide))
def test_every_page_is_drawn_in_both_languages(world, language, state, side) -> None:
    client = client_of(None, Role.ADMINISTRATOR, language)
    peer = _peer(world["organisations"]["ours"], world["keys"], state, side)
    for address in (reverse("links"), reverse("link", args=[peer.pk]), *(reverse(name) for name in NEW)):
        page = client.get(address)
        text = page.content.decode()
        assert page.status_code == 200
        assert f'lang="{language}"' in text
        assert " style=" not in text


def test_a_code_is_shown_once_and_both_decisions_are_for_pending_links_below(world) -> None:
    client = client_of(world["organisations"]["ours"], Role.AUTHORITY_OFFICER)
    page = client.post(reverse("link_code"), {"organisation": world["organisations"]["under"].pk}).content.decode()
    assert EnrolmentCode.objects.get().selector in page
    assert EnrolmentCode.objects.get().selector not in client.get(reverse("link_code")).content.decode()
    ours, under = world["peers"]["ours"], world["peers"]["under"]
    assert "12345 67890" in client.get(reverse("link", args=[under.pk])).content.decode()
    assert client.post(reverse("link_confirm", args=[under.pk])).status_code == 302
    assert client.post(reverse("link_deny", args=[ours.pk])).status_code == 302
    under.refresh_from_db()
    ours.refresh_from_db()
    assert (under.state, ours.state) == ("active", "revoked")
    assert client.post(reverse("link_confirm", args=[ours.pk])).status_code == 409
    assert client.post(reverse("link_revoke", args=[under.pk]), {"why": "thử"}).status_code == 302
    under.refresh_from_db()
    assert under.state == "revoked"


def test_an_authority_that_does_not_answer_is_said_on_the_form(world) -> None:
    client = client_of(world["organisations"]["ours"], Role.WATCH_LEAD, "en")
    wish = {"organisation": world["organisations"]["ours"].pk, "code": "AAAA-BBBB-CCCC"}
    for url, says in [
        ("ftp://x", "not the address"),
        ("http://cuc.example", "over TLS only"),
        ("http://127.0.0.1:1", "does not answer"),
    ]:
        answer = client.post(reverse("link_enrol"), {**wish, "url": url})
        assert answer.status_code == 422
        assert says in answer.content.decode()
    assert Peer.objects.count() == 3
    assert not list((world["keys"]._folder).glob("*/token"))
