"""Every MUST of TAXII 2.1 (OASIS Standard, 10 June 2021) that a server can be held to, by section."""

import base64
import json
import re
from collections.abc import Callable

import pytest

from tests.stix import address, indicator
from tests.taxii.conftest import MEDIA, ROOT, Caller
from vigil.domain.exchange.models import Item

STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
EVERYWHERE = [
    "/taxii2/", ROOT, f"{ROOT}collections/", "{indicators}", "{indicators}objects/", "{indicators}manifest/",
    "{indicators}objects/{id}/", "{indicators}objects/{id}/versions/",
]  # fmt: skip


@pytest.fixture
def shelf(ministry: Caller, published: Callable[..., list[Item]]) -> list[Item]:
    return published(ministry.collections["indicators"], *(indicator(n) for n in range(5)))


def _places(caller: Caller, path: str) -> str:
    return path.replace("{indicators}", caller.at("indicators")).replace("{id}", indicator(0)["id"])


ACCEPT = {
    "1.6.8 the versioned type": (MEDIA, 200),
    "1.6.8 with spaces and case": ("Application/TAXII+json; Version=2.1", 200),
    "1.6.8 without a version: the latest": ("application/taxii+json", 200),
    "1.6.8 among others": ("text/html, application/taxii+json;version=2.1;q=0.5", 200),
    "RFC 9110 12.5.1 anything": ("*/*", 200),
    "RFC 9110 12.5.1 no header means anything": ("", 200),
    "1.6.8 TAXII 2.0": ("application/taxii+json;version=2.0", 406),
    "1.6.8 TAXII 3": ("application/taxii+json;version=3.0", 406),
    "1.6.8 STIX": ("application/stix+json;version=2.1", 406),
    "1.6.8 plain JSON": ("application/json", 406),
    "1.6.8 a page": ("text/html", 406),
    "RFC 9110 12.4.2 not wanted": ("application/taxii+json;version=2.1;q=0", 406),
}


@pytest.mark.parametrize("path", EVERYWHERE)
@pytest.mark.parametrize(("accept", "status"), ACCEPT.values(), ids=ACCEPT)
def test_what_the_client_can_read_is_negotiated(
    ministry: Caller, shelf: list[Item], path: str, accept: str, status: int
) -> None:
    answer = ministry.get(_places(ministry, path), HTTP_ACCEPT=accept)
    assert answer.status_code == status
    assert answer["Content-Type"] == MEDIA


WHO = {
    "3.6 nobody": ("", 401),
    "3.6 an unknown token": ("Bearer nobody", 401),
    "3.6 an empty one": ("Bearer ", 401),
    "3.6 a scheme that is not known": ("Digest x", 401),
    "3.6 broken Basic": ("Basic %%%", 401),
    "RFC 6750 the token": ("Bearer {token}", 200),
    "taxii2-client's word for it": ("Token {token}", 200),
    "RFC 9110 11.1 a scheme's case does not matter": ("bearer {token}", 200),
    "1.6.9 Basic, the token as password": ("Basic {basic}", 200),
}


@pytest.mark.parametrize("path", EVERYWHERE)
@pytest.mark.parametrize(("credentials", "status"), WHO.values(), ids=WHO)
def test_who_asks_is_known_by_a_token(
    ministry: Caller, shelf: list[Item], path: str, credentials: str, status: int
) -> None:
    basic = base64.b64encode(f"ministry:{ministry.token}".encode()).decode()
    given = credentials.format(token=ministry.token, basic=basic)
    answer = ministry.get(_places(ministry, path), HTTP_AUTHORIZATION=given)
    assert answer.status_code == status
    if status == 401:
        assert answer["WWW-Authenticate"].startswith("Bearer ")
        assert "Basic " in answer["WWW-Authenticate"]
        assert answer.json()["http_status"] == "401"


def test_4_1_discovery_names_the_api_roots_and_the_default_is_one_of_them(ministry: Caller) -> None:
    told = ministry.get("/taxii2/").json()
    assert told["title"]
    assert told["default"] in told["api_roots"]
    assert all(root.endswith("/") for root in told["api_roots"])


def test_4_2_the_api_root_tells_its_versions_and_how_much_may_be_sent(ministry: Caller) -> None:
    told = ministry.get(ROOT).json()
    assert told["title"]
    assert MEDIA in told["versions"]
    assert isinstance(told["max_content_length"], int)


def test_5_1_collections_tell_what_one_may_do(ministry: Caller) -> None:
    rows = {row["alias"]: row for row in ministry.get(f"{ROOT}collections/").json()["collections"]}
    assert set(rows) == {"directives", "orders", "advisories", "indicators", "returns"}
    for row in rows.values():
        assert {"id", "title", "can_read", "can_write", "media_types"} <= set(row)
    assert (rows["returns"]["can_write"], rows["indicators"]["can_write"]) == (True, False)
    one = ministry.get(ministry.at("returns")).json()
    assert one == rows["returns"]


def test_5_1_an_empty_list_is_left_out(ministry: Caller) -> None:
    ministry.peer.grants.all().delete()
    assert ministry.get(f"{ROOT}collections/").json() == {}


def test_5_2_an_alias_stands_for_the_identifier(ministry: Caller, shelf: list[Item]) -> None:
    by_alias = ministry.get(f"{ROOT}collections/indicators/objects/")
    assert len(by_alias.json()["objects"]) == 5


NOT_THERE = {
    "3.6 no such resource": "/taxii2/none/",
    "1.6.2 no slash at the end": f"{ROOT}collections",
    "5.2 no such collection": f"{ROOT}collections/0b8a2a40-0000-4000-8000-000000000000/",
    "5.2 no such alias": f"{ROOT}collections/none/objects/",
    "5.6 no such object": "{indicators}objects/indicator--0b8a2a40-0000-4000-8000-000000000000/",
    "5.8 no versions of no object": "{indicators}objects/indicator--0b8a2a40-0000-4000-8000-000000000000/versions/",
    "4.3 no such status": f"{ROOT}status/0b8a2a40-0000-4000-8000-000000000000/",
    "4.3 no identifier": f"{ROOT}status/x/",
}


@pytest.mark.parametrize("path", NOT_THERE.values(), ids=NOT_THERE)
def test_3_6_what_is_not_there_is_404_with_an_error_message_and_never_a_page(ministry: Caller, path: str) -> None:
    answer = ministry.get(_places(ministry, path))
    assert answer.status_code == 404
    assert answer["Content-Type"] == MEDIA
    assert answer.json()["title"]


@pytest.mark.parametrize("path", EVERYWHERE)
@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH"])
def test_5_7_nothing_is_deleted_or_replaced_by_a_client(
    ministry: Caller, shelf: list[Item], path: str, method: str
) -> None:
    answer = ministry.ask(method, _places(ministry, path))
    assert answer.status_code == 405
    assert "GET" in answer["Allow"]
    assert answer.json()["title"]


RIGHTS = {
    "5.4 read only: read": ((True, False), "GET", "objects/", 200),
    "5.5 read only: write": ((True, False), "POST", "objects/", 403),
    "5.4 write only: read": ((False, True), "GET", "objects/", 403),
    "5.3 write only: manifest": ((False, True), "GET", "manifest/", 403),
    "5.6 write only: object": ((False, True), "GET", "objects/{id}/", 403),
    "5.8 write only: versions": ((False, True), "GET", "objects/{id}/versions/", 403),
    "5.5 write only: write": ((False, True), "POST", "objects/", 202),
    "5.2 write only: the collection": ((False, True), "GET", "", 200),
    "5.4 neither: read": ((False, False), "GET", "objects/", 404),
    "5.5 neither: write": ((False, False), "POST", "objects/", 404),
}


@pytest.mark.parametrize(("rights", "method", "rest", "status"), RIGHTS.values(), ids=RIGHTS)
def test_a_grant_says_what_may_be_done(
    ministry: Caller, shelf: list[Item], rights: tuple[bool, bool], method: str, rest: str, status: int
) -> None:
    held = ministry.peer.grants.filter(collection=ministry.collections["indicators"])
    if any(rights):
        held.update(can_read=rights[0], can_write=rights[1])
    else:
        held.delete()
    body = json.dumps({"objects": [indicator(77)]}).encode() if method == "POST" else None
    assert ministry.ask(method, _places(ministry, "{indicators}" + rest), body).status_code == status


def test_3_3_pages_say_when_their_first_and_last_were_added(ministry: Caller, shelf: list[Item]) -> None:
    for rest in ("objects/?limit=2", "manifest/?limit=2"):
        answer = ministry.get(ministry.at("indicators", rest))
        assert answer["X-TAXII-Date-Added-First"] == f"{shelf[0].added_at:%Y-%m-%dT%H:%M:%S.%fZ}"
        assert answer["X-TAXII-Date-Added-Last"] == f"{shelf[1].added_at:%Y-%m-%dT%H:%M:%S.%fZ}"
        assert STAMP.fullmatch(answer["X-TAXII-Date-Added-Last"])


@pytest.mark.parametrize("rest", ["objects/", "manifest/"])
def test_3_5_pages_follow_one_another_without_gap_or_repetition(ministry: Caller, shelf: list[Item], rest: str) -> None:
    seen, query = [], "?limit=2"
    for expected_more in (True, True, False):
        page = ministry.get(ministry.at("indicators", rest + query)).json()
        seen += [row["id"] for row in page["objects"]]
        assert page["more"] is expected_more
        assert ("next" in page) is expected_more
        query = f"?limit=2&next={page.get('next')}"
    assert seen == [item.stix_id for item in shelf]


def test_3_5_a_limit_that_is_too_large_is_lowered(ministry: Caller, shelf: list[Item]) -> None:
    assert len(ministry.objects(query="?limit=999999999")["objects"]) == 5


def test_3_4_1_added_after_leaves_out_what_was_added_then(ministry: Caller, shelf: list[Item]) -> None:
    for n, item in enumerate(shelf):
        after = f"{item.added_at:%Y-%m-%dT%H:%M:%S.%fZ}"
        rest = ministry.objects(query=f"?added_after={after}").get("objects", [])
        assert [row["id"] for row in rest] == [other.stix_id for other in shelf[n + 1 :]]
    assert len(ministry.objects(query="?added_after=2022-04-29T02:59:59Z")["objects"]) == 5
    assert ministry.objects(query="?added_after=2022-04-29T03:00:01.0Z") == {"more": False}


def test_3_7_an_envelope_holds_the_objects_as_they_were_published(ministry: Caller, shelf: list[Item]) -> None:
    page = ministry.objects()
    assert page["objects"] == [indicator(n) for n in range(5)]
    assert page["more"] is False


FILTERS = {
    "3.4 identifier": ("match[id]={i0}", ["i0.3"]),
    "3.4 two identifiers": ("match[id]={i0},{i1}", ["i0.3", "i1.1"]),
    "3.4 type": ("match[type]=ipv4-addr", ["a1"]),
    "3.4 two types": ("match[type]=indicator,ipv4-addr", ["i0.3", "i1.1", "a1"]),
    "3.4 type and identifier are both needed": ("match[type]=ipv4-addr&match[id]={i0}", []),
    "3.4 the latest is the default": ("", ["i0.3", "i1.1", "a1"]),
    "3.4 last": ("match[version]=last", ["i0.3", "i1.1", "a1"]),
    "3.4 first": ("match[version]=first&match[id]={i0}", ["i0.1"]),
    "3.4 all": ("match[version]=all&match[id]={i0}", ["i0.2", "i0.1", "i0.3"]),
    "3.4 first and last": ("match[version]=first,last&match[id]={i0}", ["i0.1", "i0.3"]),
    "3.4 one instant": ("match[version]=2022-04-02T00:00:00Z", ["i0.2"]),
    "3.4 one instant, written otherwise": ("match[version]=2022-04-02T00:00:00.000000Z", ["i0.2"]),
    "3.4 an instant and last": ("match[version]=2022-04-02T00:00:00.0Z,last&match[id]={i0}", ["i0.2", "i0.3"]),
    "3.4 STIX 2.1": ("match[spec_version]=2.1&match[id]={i1}", ["i1.1"]),
    "3.4 STIX 2.0": ("match[spec_version]=2.0", []),
    "3.4 either": ("match[spec_version]=2.0,2.1&match[id]={i1}", ["i1.1"]),
    "3.4 what is not known is ignored": ("colour=red&match[id]={i1}", ["i1.1"]),
}


@pytest.fixture
def versions(ministry: Caller, published: Callable[..., list[Item]]) -> dict[str, dict]:
    given = {f"i0.{day}": indicator(0, created="2022-04-01T00:00:00Z", modified=f"2022-04-0{day}T00:00:00.000Z")
             for day in (2, 1, 3)}  # fmt: skip
    given |= {"i1.1": indicator(1), "a1": address(1)}
    published(ministry.collections["indicators"], *given.values())
    return given


@pytest.mark.parametrize("rest", ["objects/", "manifest/"])
@pytest.mark.parametrize(("query", "expected"), FILTERS.values(), ids=FILTERS)
def test_filters_choose(
    ministry: Caller, versions: dict[str, dict], rest: str, query: str, expected: list[str]
) -> None:
    asked = query.format(i0=versions["i0.1"]["id"], i1=versions["i1.1"]["id"])
    page = ministry.get(ministry.at("indicators", f"{rest}?{asked}"))
    assert page.status_code == 200
    assert [row["id"] for row in page.json().get("objects", [])] == [versions[name]["id"] for name in expected]
    if rest == "objects/":
        assert page.json().get("objects", []) == [versions[name] for name in expected]


BAD_QUERY = {
    "a day": "added_after=2022-04-29",
    "a local time": "added_after=2022-04-29T10:00:00%2B07:00",
    "a month that there is not": "added_after=2022-13-01T00:00:00Z",
    "no number": "limit=many",
    "nothing": "limit=0",
    "less than nothing": "limit=-5",
    "a next that we never gave": "next=%27%20OR%201=1",
    "a version that is no instant": "match[version]=newest",
    "no value": "match[id]=",
    "letters that no identifier has": "match[id]=a%27b",
    "a filter that there is not": "match[colour]=red",
    "the same filter twice": "match[type]=a&match[type]=b",
    "more values than anybody needs": "match[id]=" + ",".join(["x"] * 500),
}


@pytest.mark.parametrize("query", BAD_QUERY.values(), ids=BAD_QUERY)
def test_3_4_a_filter_that_is_not_understood_is_400_and_never_a_wider_answer(ministry: Caller, query: str) -> None:
    for rest in ("objects/", "manifest/"):
        answer = ministry.get(ministry.at("indicators", f"{rest}?{query}"))
        assert answer.status_code == 400
        assert answer.json()["http_status"] == "400"


def test_5_3_a_manifest_record_tells_identity_version_and_type(ministry: Caller, versions: dict[str, dict]) -> None:
    rows = ministry.get(ministry.at("indicators", "manifest/")).json()["objects"]
    assert rows[0]["version"] == "2022-04-03T00:00:00.000000Z"
    assert rows[0]["media_type"] == "application/stix+json;version=2.1"
    assert STAMP.fullmatch(rows[0]["date_added"])
    assert rows[-1]["version"] == rows[-1]["date_added"]  # an observable has no time of its own


def test_5_6_one_object_and_its_versions(ministry: Caller, versions: dict[str, dict]) -> None:
    at = ministry.at("indicators", f"objects/{versions['i0.1']['id']}/")
    assert ministry.get(at).json()["objects"] == [versions["i0.3"]]
    every = ministry.get(f"{at}?match[version]=all").json()["objects"]
    assert every == [versions[name] for name in ("i0.2", "i0.1", "i0.3")]
    assert ministry.get(f"{at}?match[spec_version]=2.0").json() == {"more": False}
    assert ministry.get(f"{at}?match[type]=indicator").status_code == 400


def test_5_8_versions_are_listed_and_paged(ministry: Caller, versions: dict[str, dict]) -> None:
    at = ministry.at("indicators", f"objects/{versions['i0.1']['id']}/versions/")
    answer = ministry.get(f"{at}?limit=2")
    assert answer.json()["versions"] == ["2022-04-02T00:00:00.000000Z", "2022-04-01T00:00:00.000000Z"]
    assert "X-TAXII-Date-Added-First" in answer
    rest = ministry.get(f"{at}?next={answer.json()['next']}").json()
    assert rest == {"more": False, "versions": ["2022-04-03T00:00:00.000000Z"]}


def test_a_fault_of_ours_is_an_error_message_too(ministry: Caller, shelf: list[Item]) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE exchange_item RENAME COLUMN body TO gone")
    answer = ministry.get(ministry.at("indicators", "objects/"))
    assert answer.status_code == 500
    assert (answer["Content-Type"], answer.json()["http_status"]) == (MEDIA, "500")


def test_head_is_get_without_its_body(ministry: Caller, shelf: list[Item]) -> None:
    answer = ministry.ask("HEAD", ministry.at("indicators", "objects/"))
    assert (answer.status_code, answer.content) == (200, b"")


def test_no_cookie_is_set_or_honoured(ministry: Caller, shelf: list[Item]) -> None:
    answer = ministry.get(ministry.at("indicators", "objects/"))
    assert not answer.cookies
    assert "Vary" not in answer
