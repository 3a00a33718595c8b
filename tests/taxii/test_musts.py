"""How the TAXII 2.1 server answers: who asks, what they can read, filters, pages, rights.

Sections are those of TAXII 2.1 (OASIS Standard, 10 June 2021); docs/reference/taxii.md has its MUSTs one by one.
"""

import base64
import json
import re
from collections.abc import Callable

import pytest

from tests.stix import address, indicator, statement
from tests.taxii.conftest import MEDIA, ROOT, Caller
from vigil.domain.exchange.models import Item

UNKNOWN = "0b8a2a40-0000-4000-8000-000000000000"
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
    "1.6.8.2 the versioned type": (MEDIA, 200),
    "1.6.8 with spaces and case": ("Application/TAXII+json; Version=2.1", 200),
    "1.6.8.2 without a version: the latest": ("application/taxii+json", 200),
    "1.6.8 among others": ("text/html, application/taxii+json;version=2.1;q=0.5", 200),
    "5.3 as the table of the manifest has it": (f"{MEDIA},application/stix+json;version=2.1", 200),
    "RFC 9110 12.5.1 anything": ("*/*", 200),
    "RFC 9110 12.5.1 no header means anything": ("", 200),
    "1.6.8 TAXII 2.0": ("application/taxii+json;version=2.0", 406),
    "1.6.8 TAXII 3": ("application/taxii+json;version=3.0", 406),
    "1.6.8 STIX": ("application/stix+json;version=2.1", 406),
    "1.6.8 plain JSON": ("application/json", 406),
    "1.6.8 a page": ("text/html", 406),
    "RFC 9110 12.4.2 not wanted": ("application/taxii+json;version=2.1;q=0", 406),
}


@pytest.mark.parametrize(("accept", "status"), ACCEPT.values(), ids=ACCEPT)
def test_3_1_what_the_client_can_read_is_negotiated(
    ministry: Caller, shelf: list[Item], accept: str, status: int
) -> None:
    for path in EVERYWHERE:
        answer = ministry.get(_places(ministry, path), HTTP_ACCEPT=accept)
        assert (answer.status_code, answer["Content-Type"]) == (status, MEDIA), path
    body = json.dumps({"objects": [indicator(9)]}).encode()
    posted = ministry.ask("POST", ministry.at("returns", "objects/"), body, HTTP_ACCEPT=accept)
    assert (posted.status_code, posted["Content-Type"]) == (202 if status == 200 else status, MEDIA)


WHO = {
    "1.6.9 nobody": ("", 401),
    "1.6.9 an unknown token": ("Bearer nobody", 401),
    "1.6.9 an empty one": ("Bearer ", 401),
    "1.6.9 a scheme that is not known": ("Digest x", 401),
    "1.6.9 broken Basic": ("Basic %%%", 401),
    "RFC 6750 the token": ("Bearer {token}", 200),
    "taxii2-client's word for it": ("Token {token}", 200),
    "RFC 9110 11.1 a scheme's case does not matter": ("bearer {token}", 200),
    "8.2.2 Basic, the token as password": ("Basic {basic}", 200),
}


@pytest.mark.parametrize(("credentials", "status"), WHO.values(), ids=WHO)
def test_5_x_who_asks_is_known_by_a_token(ministry: Caller, shelf: list[Item], credentials: str, status: int) -> None:
    basic = base64.b64encode(f"ministry:{ministry.token}".encode()).decode()
    given = credentials.format(token=ministry.token, basic=basic)
    body = json.dumps({"objects": [indicator(9)]}).encode()
    asked = [("GET", _places(ministry, path), None, status) for path in EVERYWHERE]
    asked += [
        ("POST", ministry.at("returns", "objects/"), body, 202 if status == 200 else status),
        ("DELETE", _places(ministry, "{indicators}objects/{id}/"), None, 403 if status == 200 else status),
        ("GET", f"{ROOT}status/{UNKNOWN}/", None, 404 if status == 200 else status),
    ]
    for method, path, sent, expected in asked:
        answer = ministry.ask(method, path, sent, HTTP_AUTHORIZATION=given)
        assert answer.status_code == expected, (method, path)
        if expected == 401:
            assert answer["WWW-Authenticate"].startswith("Bearer ")
            assert "Basic " in answer["WWW-Authenticate"]
            assert answer.json()["http_status"] == "401"


def test_4_1_1_discovery_names_the_api_roots_and_the_default_is_one_of_them(ministry: Caller) -> None:
    told = ministry.get("/taxii2/").json()
    assert told["default"] in told["api_roots"]
    assert len(set(told["api_roots"])) == len(told["api_roots"]) > 0
    for root in told["api_roots"]:  # relative: one slash at the beginning, nothing that leads elsewhere, no query
        assert re.fullmatch(r"/(?:[a-z0-9-]+/)+", root)
        assert ministry.get(root).status_code == 200


def test_4_2_1_the_api_root_tells_its_versions_and_how_much_may_be_sent(ministry: Caller) -> None:
    told = ministry.get(ROOT).json()
    assert told["versions"] == [MEDIA]
    assert told["max_content_length"] > 0


def test_5_1_collections_tell_what_one_may_do(ministry: Caller) -> None:
    rows = {row["alias"]: row for row in ministry.get(f"{ROOT}collections/").json()["collections"]}
    assert set(rows) == {"directives", "orders", "advisories", "indicators", "returns"}
    assert (rows["returns"]["can_write"], rows["indicators"]["can_write"]) == (True, False)
    one = ministry.get(ministry.at("returns")).json()
    assert one == rows["returns"]


def test_5_1_1_an_empty_list_is_left_out(ministry: Caller) -> None:
    ministry.peer.grants.all().delete()
    assert ministry.get(f"{ROOT}collections/").json() == {}


def test_5_2_1_an_alias_stands_for_the_identifier(ministry: Caller, shelf: list[Item]) -> None:
    by_alias = ministry.get(f"{ROOT}collections/indicators/objects/")
    assert len(by_alias.json()["objects"]) == 5


NOT_THERE = {
    "3.6 no such resource": "/taxii2/none/",
    "3.1 no slash at the end": f"{ROOT}collections",
    "5.2 no such collection": f"{ROOT}collections/0b8a2a40-0000-4000-8000-000000000000/",
    "5.2 no such alias": f"{ROOT}collections/none/objects/",
    "5.6 no such object": "{indicators}objects/indicator--0b8a2a40-0000-4000-8000-000000000000/",
    "5.8 no versions of no object": "{indicators}objects/indicator--0b8a2a40-0000-4000-8000-000000000000/versions/",
    "4.3 no such status": f"{ROOT}status/0b8a2a40-0000-4000-8000-000000000000/",
    "4.3 no identifier": f"{ROOT}status/x/",
    "6 channels are reserved": f"{ROOT}channels/",
}


@pytest.mark.parametrize("path", NOT_THERE.values(), ids=NOT_THERE)
def test_3_6_what_is_not_there_is_404_with_an_error_message_and_never_a_page(ministry: Caller, path: str) -> None:
    answer = ministry.get(_places(ministry, path))
    assert answer.status_code == 404
    assert answer["Content-Type"] == MEDIA
    assert answer.json()["title"]


@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH"])
def test_a_method_that_a_resource_has_not_is_405(ministry: Caller, shelf: list[Item], method: str) -> None:
    for path in EVERYWHERE:
        if (method, path) == ("DELETE", "{indicators}objects/{id}/"):
            continue
        answer = ministry.ask(method, _places(ministry, path))
        assert answer.status_code == 405, path
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
    "5.3 neither: manifest": ((False, False), "GET", "manifest/", 404),
    "5.6 neither: object": ((False, False), "GET", "objects/{id}/", 404),
    "5.8 neither: versions": ((False, False), "GET", "objects/{id}/versions/", 404),
    "5.5 neither: write": ((False, False), "POST", "objects/", 404),
    "5.7 neither: delete": ((False, False), "DELETE", "objects/{id}/", 404),
    "5.7 read only: delete": ((True, False), "DELETE", "objects/{id}/", 403),
    "5.7 write only: delete": ((False, True), "DELETE", "objects/{id}/", 403),
    "5.7 both: it is there, and stays": ((True, True), "DELETE", "objects/{id}/", 403),
    "5.7 both: it is not there": ((True, True), "DELETE", f"objects/indicator--{UNKNOWN}/", 404),
    "5.7 both: a filter that is none": ((True, True), "DELETE", "objects/{id}/?match[version]=newest", 400),
}


@pytest.mark.parametrize(("rights", "method", "rest", "status"), RIGHTS.values(), ids=RIGHTS)
def test_5_x_a_grant_says_what_may_be_done(
    ministry: Caller, shelf: list[Item], rights: tuple[bool, bool], method: str, rest: str, status: int
) -> None:
    held = ministry.peer.grants.filter(collection=ministry.collections["indicators"])
    if any(rights):
        held.update(can_read=rights[0], can_write=rights[1])
    else:
        held.delete()
    body = json.dumps({"objects": [indicator(77)]}).encode() if method == "POST" else None
    answer = ministry.ask(method, _places(ministry, "{indicators}" + rest), body)
    assert (answer.status_code, answer["Content-Type"]) == (status, MEDIA)
    if method == "DELETE":
        assert Item.objects.count() == len(shelf)


DATED = {  # what is asked -> the places on the shelf of the first and last that are answered
    "objects/?limit=2": (0, 1), "manifest/?limit=2": (0, 1), "objects/{id}/": (0, 0), "objects/{id}/versions/": (0, 0),
}  # fmt: skip
NOTHING = ("objects/", "manifest/", "objects/{id}/", "objects/{id}/versions/")


def test_3_2_pages_say_when_their_first_and_last_were_added(ministry: Caller, shelf: list[Item]) -> None:
    for rest, (first, last) in DATED.items():
        answer = ministry.get(_places(ministry, "{indicators}" + rest))
        assert answer["X-TAXII-Date-Added-First"] == f"{shelf[first].added_at:%Y-%m-%dT%H:%M:%S.%fZ}"
        assert answer["X-TAXII-Date-Added-Last"] == f"{shelf[last].added_at:%Y-%m-%dT%H:%M:%S.%fZ}"
        assert STAMP.fullmatch(answer["X-TAXII-Date-Added-Last"])


@pytest.mark.parametrize("rest", NOTHING)
def test_3_2_nothing_is_an_empty_object_dated_from_where_was_asked(
    ministry: Caller, shelf: list[Item], rest: str
) -> None:
    at = _places(ministry, "{indicators}" + rest)
    for query, said in (
        ("?added_after=2030-01-01T00:00:00.5Z", "2030-01-01T00:00:00.500000Z"),
        ("?match[spec_version]=2.0", "1970-01-01T00:00:00.000000Z"),
    ):
        answer = ministry.get(at + query)
        assert (answer.status_code, answer.content) == (200, b"{}")
        assert answer["X-TAXII-Date-Added-First"] == answer["X-TAXII-Date-Added-Last"] == said


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


@pytest.mark.parametrize(("limit", "given"), [(1, 1), (4, 4), (5, 5), (6, 5), (999_999_999, 5)])
def test_3_4_never_more_than_the_limit_and_all_that_fit(
    ministry: Caller, shelf: list[Item], limit: int, given: int
) -> None:
    for rest in ("objects/", "manifest/"):
        page = ministry.get(ministry.at("indicators", f"{rest}?limit={limit}")).json()
        assert len(page["objects"]) == given
        assert page["more"] is (given < 5)


def test_3_4_added_after_leaves_out_what_was_added_then(ministry: Caller, shelf: list[Item]) -> None:
    for n, item in enumerate(shelf):
        after = f"{item.added_at:%Y-%m-%dT%H:%M:%S.%fZ}"
        rest = ministry.objects(query=f"?added_after={after}").get("objects", [])
        assert [row["id"] for row in rest] == [other.stix_id for other in shelf[n + 1 :]]
    assert len(ministry.objects(query="?added_after=2022-04-29T02:59:59Z")["objects"]) == 5
    assert ministry.objects(query="?added_after=2022-04-29T03:00:01.0Z") == {}


def test_3_7_an_envelope_holds_the_objects_as_they_were_published(ministry: Caller, shelf: list[Item]) -> None:
    page = ministry.objects()
    assert page["objects"] == [indicator(n) for n in range(5)]
    assert page["more"] is False


FILTERS = {
    "3.4.1 identifier": ("match[id]={i0}", ["i0.3"]),
    "3.4.1 two identifiers": ("match[id]={i0},{i1}", ["i0.3", "i1.1"]),
    "3.4.1 type": ("match[type]=ipv4-addr", ["a1"]),
    "3.4.1 two types": ("match[type]=indicator,ipv4-addr", ["i0.3", "i1.1", "a1"]),
    "3.4 type and identifier are both needed": ("match[type]=ipv4-addr&match[id]={i0}", []),
    "3.4.1 the latest is the default": ("", ["i0.3", "i1.1", "a1", "m1"]),
    "3.4.1 last": ("match[version]=last", ["i0.3", "i1.1", "a1", "m1"]),
    "3.4.1 first": ("match[version]=first&match[id]={i0}", ["i0.1"]),
    "3.4.1 all": ("match[version]=all&match[id]={i0}", ["i0.2", "i0.1", "i0.3"]),
    "3.4.1 first and last": ("match[version]=first,last&match[id]={i0}", ["i0.1", "i0.3"]),
    "3.4.1 one instant": ("match[version]=2022-04-02T00:00:00Z", ["i0.2"]),
    "3.4.1 one instant, written otherwise": ("match[version]=2022-04-02T00:00:00.000000Z", ["i0.2"]),
    "3.4.1 an instant and last": ("match[version]=2022-04-02T00:00:00.0Z,last&match[id]={i0}", ["i0.2", "i0.3"]),
    "3.4.1 STIX 2.1": ("match[spec_version]=2.1&match[id]={i1}", ["i1.1"]),
    "3.4.1 STIX 2.0": ("match[spec_version]=2.0", []),
    "3.4.1 either": ("match[spec_version]=2.0,2.1&match[id]={i1}", ["i1.1"]),
    "3.4.1 without a modified, created is the version": ("match[version]=2022-04-05T00:00:00.000Z", ["m1"]),
    "3.4 what is not known is ignored": ("colour=red&match[id]={i1}", ["i1.1"]),
}


@pytest.fixture
def versions(ministry: Caller, published: Callable[..., list[Item]]) -> dict[str, dict]:
    given = {f"i0.{day}": indicator(0, created="2022-04-01T00:00:00Z", modified=f"2022-04-0{day}T00:00:00.000Z")
             for day in (2, 1, 3)}  # fmt: skip
    given |= {"i1.1": indicator(1), "a1": address(1), "m1": statement(1)}
    published(ministry.collections["indicators"], *given.values())
    return given


@pytest.mark.parametrize("rest", ["objects/", "manifest/"])
@pytest.mark.parametrize(("query", "expected"), FILTERS.values(), ids=FILTERS)
def test_3_4_1_filters_choose(
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
    "two instants to come after": "added_after=2022-04-29T00:00:00Z&added_after=2022-04-28T00:00:00Z",
    "two limits": "limit=1&limit=2",
    "two places to go on from": "next=1&next=2",
    "the same version twice": "match[version]=last,last",
    "all and something else": "match[version]=all,first",
    "no limit at all": "limit=",
    "more values than anybody needs": "match[id]=" + ",".join(["x"] * 500),
}


@pytest.mark.parametrize("query", BAD_QUERY.values(), ids=BAD_QUERY)
def test_3_4_a_filter_that_is_not_understood_is_400_and_never_a_wider_answer(ministry: Caller, query: str) -> None:
    for rest in ("objects/", "manifest/"):
        answer = ministry.get(ministry.at("indicators", f"{rest}?{query}"))
        assert answer.status_code == 400
        assert answer.json()["http_status"] == "400"


def test_5_3_1_a_manifest_record_tells_identity_version_and_type(ministry: Caller, versions: dict[str, dict]) -> None:
    rows = ministry.get(ministry.at("indicators", "manifest/")).json()["objects"]
    kept = [versions[name] for name in ("i0.3", "i1.1", "a1", "m1")]
    assert [row["id"] for row in rows] == [obj["id"] for obj in kept]
    assert [row["version"] for row in rows[:2]] == [obj["modified"] for obj in kept[:2]]
    assert rows[2]["version"] == rows[2]["date_added"].replace("000Z", "Z")  # an observable has no time of its own
    assert rows[3]["version"] == kept[3]["created"]
    collection = ministry.get(ministry.at("indicators")).json()
    assert {row["media_type"] for row in rows} <= set(collection["media_types"])


def test_5_6_one_object_and_its_versions(ministry: Caller, versions: dict[str, dict]) -> None:
    at = ministry.at("indicators", f"objects/{versions['i0.1']['id']}/")
    assert ministry.get(at).json()["objects"] == [versions["i0.3"]]
    every = ministry.get(f"{at}?match[version]=all").json()["objects"]
    assert every == [versions[name] for name in ("i0.2", "i0.1", "i0.3")]
    assert ministry.get(f"{at}?match[spec_version]=2.0").json() == {}
    assert ministry.get(f"{at}?match[type]=indicator").status_code == 400


def test_5_8_versions_are_listed_and_paged(ministry: Caller, versions: dict[str, dict]) -> None:
    at = ministry.at("indicators", f"objects/{versions['i0.1']['id']}/versions/")
    answer = ministry.get(f"{at}?limit=2")
    assert answer.json()["versions"] == ["2022-04-02T00:00:00.000Z", "2022-04-01T00:00:00.000Z"]
    assert "X-TAXII-Date-Added-First" in answer
    rest = ministry.get(f"{at}?next={answer.json()['next']}").json()
    assert rest == {"more": False, "versions": ["2022-04-03T00:00:00.000Z"]}
    marked = ministry.get(ministry.at("indicators", f"objects/{versions['m1']['id']}/versions/")).json()
    assert marked["versions"] == [versions["m1"]["created"]]


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
