"""What a peer may see: its own, what it was granted, up to its ceiling; revoked, nothing at once."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.stix import indicator
from tests.taxii.conftest import LEAD, NOW, Caller
from tests.taxii.test_posting import post
from vigil.domain.exchange.actions.tokens import issue_token, revoke_token
from vigil.domain.exchange.markings import TLP_2
from vigil.domain.exchange.models import AccessToken, CollectionGrant, Item, Peer, PeerSide, PeerState
from vigil.domain.exchange.queries.access import access_of
from vigil.domain.exchange.queries.tokens import peer_of_token
from vigil.kernel import clock
from vigil.kernel.tlp import Tlp


@pytest.mark.parametrize("ceiling", list(Tlp))
@pytest.mark.parametrize("rest", ["objects/", "manifest/", "objects/{id}/", "objects/{id}/versions/"])
def test_nothing_above_the_reader_s_ceiling_is_ever_returned(
    caller_of: Callable[..., Caller], published: Callable[..., list[Item]], ceiling: Tlp, rest: str
) -> None:
    caller = caller_of("Sở Thử nghiệm", ceiling)
    held = [label for label in Tlp if label != Tlp.RED]
    objects = {label: indicator(n, object_marking_refs=[TLP_2[label]]) for n, label in enumerate(held)}
    published(caller.collections["indicators"], *objects.values(), tlp=Tlp.CLEAR)
    may = [objects[label]["id"] for label in held if label.rank <= ceiling.rank]
    if "{id}" in rest:
        seen = [
            obj["id"]
            for obj in objects.values()
            if caller.get(caller.at("indicators", rest.format(id=obj["id"]))).status_code == 200
        ]
    else:
        seen = [row["id"] for row in caller.get(caller.at("indicators", rest)).json()["objects"]]
        pages = [caller.get(caller.at("indicators", f"{rest}?limit=1&match[version]=all"))]
        while pages[-1].json()["more"]:
            pages.append(caller.get(caller.at("indicators", f"{rest}?limit=1&next={pages[-1].json()['next']}")))
        assert [row["id"] for page in pages for row in page.json()["objects"]] == may
    assert seen == may


def test_the_latest_version_is_the_latest_that_one_may_see(
    caller_of: Callable[..., Caller], published: Callable[..., list[Item]]
) -> None:
    free, strict = caller_of("Một", Tlp.GREEN), caller_of("Hai", Tlp.AMBER)
    for day, label in (("01", Tlp.GREEN), ("02", Tlp.AMBER)):
        version = indicator(
            1, created="2022-04-01T00:00:00Z", modified=f"2022-04-{day}T00:00:00Z", object_marking_refs=[TLP_2[label]]
        )
        published(free.collections["indicators"], version, tlp=Tlp.CLEAR)
    assert [row["modified"][:10] for row in free.objects()["objects"]] == ["2022-04-01"]
    assert [row["modified"][:10] for row in strict.objects()["objects"]] == ["2022-04-02"]


def test_a_collection_of_another_peer_is_not_there(ministry: Caller, bank: Caller) -> None:
    orders = bank.at("orders")
    for rest in ("", "objects/", "manifest/"):
        assert ministry.get(orders + rest).status_code == 404
    CollectionGrant.objects.create(peer=ministry.peer, collection=bank.collections["orders"], can_read=True)
    assert ministry.get(orders).status_code == 404  # even a grant that should not be does not open it


def test_one_s_own_collection_is_meant_by_an_alias(
    ministry: Caller, bank: Caller, published: Callable[..., list[Item]]
) -> None:
    published(ministry.collections["orders"], indicator(1))
    at = "/taxii2/vigil/collections/orders/objects/"
    assert len(ministry.get(at).json()["objects"]) == 1
    assert bank.get(at).json() == {}


def test_what_a_peer_posts_only_it_reads(ministry: Caller, bank: Caller) -> None:
    post(ministry, [indicator(1)])
    for rest in ("objects/", "manifest/", "objects/?match[version]=all", f"objects/?match[id]={indicator(1)['id']}"):
        assert bank.get(bank.at("returns", rest)).json() == {}
        assert len(ministry.get(ministry.at("returns", rest)).json()["objects"]) == 1
    assert bank.get(bank.at("returns", f"objects/{indicator(1)['id']}/")).status_code == 404


KNOWN = {
    "a good token": (lambda peer, token: None, True),
    "a revoked token": (lambda peer, token: revoke_token(token=token, actor=LEAD, now=NOW), False),
    "an expired token": (lambda peer, token: AccessToken.objects.update(expires_at=NOW), False),
    "a revoked peer": (lambda peer, token: Peer.objects.update(state=PeerState.REVOKED), False),
    "a peer that is not compared yet": (lambda peer, token: Peer.objects.update(state=PeerState.PENDING), False),
    "a peer that we call": (lambda peer, token: Peer.objects.update(side=PeerSide.ABOVE), False),
    "no token left": (lambda peer, token: AccessToken.objects.all().delete(), False),
}


@pytest.mark.parametrize(("happens", "known"), KNOWN.values(), ids=KNOWN)
def test_a_token_is_good_until_it_is_not_and_both_queries_agree(
    ministry: Caller, happens: Callable[[Peer, AccessToken], object], known: bool
) -> None:
    assert ministry.get("/taxii2/").status_code == 200
    happens(ministry.peer, AccessToken.objects.get())
    assert (peer_of_token(ministry.token, NOW) is not None) is known
    assert (access_of(ministry.token, NOW) is not None) is known
    assert ministry.get("/taxii2/").status_code == (200 if known else 401)


@pytest.mark.parametrize("token", ["", "x", "x" * 5000, "\udcff", "é"])
def test_a_token_that_nobody_has_is_nobody_s(ministry: Caller, token: str) -> None:
    assert peer_of_token(token, NOW) is None
    assert access_of(token, NOW) is None


def test_only_the_digest_of_a_token_is_kept(ministry: Caller) -> None:
    kept = AccessToken.objects.get()
    assert len(ministry.token) >= 43  # 256 bits
    assert ministry.token not in str(kept.__dict__)
    assert len(kept.sha256) == 64


def test_while_tokens_rotate_both_work(ministry: Caller) -> None:
    newer = issue_token(peer=ministry.peer, actor=LEAD, now=NOW, lasts=timedelta(days=1))
    assert peer_of_token(newer, NOW) == peer_of_token(ministry.token, NOW) == ministry.peer


@pytest.mark.parametrize("at", [NOW + timedelta(days=91)])
def test_a_token_ends_by_itself(ministry: Caller, at: datetime) -> None:
    with clock.frozen_at(at):
        assert ministry.get("/taxii2/").status_code == 401


@pytest.mark.parametrize("rest", ["objects/", "manifest/"])
@pytest.mark.parametrize("limit", [10, 100, 1000])
def test_a_page_costs_two_queries_whatever_its_size(
    ministry: Caller, published: Callable[..., list[Item]], rest: str, limit: int
) -> None:
    published(ministry.collections["indicators"], *(indicator(n) for n in range(1100)))
    with CaptureQueriesContext(
        connection,
    ) as asked:
        page = ministry.get(ministry.at("indicators", f"{rest}?limit={limit}")).json()
    assert len(page["objects"]) == limit
    assert len(asked) == 2, [query["sql"] for query in asked]


PLANS = {
    "a page": "",
    "at the tip": "?added_after=2030-01-01T00:00:00Z",
    "of one type": "?match[type]=indicator",
    "of two types": "?match[type]=indicator,ipv4-addr",
    "of one identifier": f"?match[id]={indicator(1)['id']}",
}


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="reads SQLite's plan")
@pytest.mark.parametrize("ceiling", [Tlp.GREEN, Tlp.AMBER_STRICT])
@pytest.mark.parametrize("query", PLANS.values(), ids=PLANS)
def test_pages_are_read_by_an_index_without_sorting(caller_of: Callable[..., Caller], ceiling: Tlp, query: str) -> None:
    caller = caller_of("Sở Thử nghiệm", ceiling)
    for alias in ("indicators", "returns"):
        with CaptureQueriesContext(connection) as asked:
            caller.get(caller.at(alias, f"objects/{query}"))
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN QUERY PLAN " + asked[-1]["sql"])
            plan = " / ".join(str(row[3]) for row in cursor.fetchall())
        assert "SCAN i" not in plan, plan
        if "match[id]" not in query and "UNION ALL" not in plan:  # a union sorts only its few limited pages
            assert "USE TEMP B-TREE" not in plan, plan
