"""Every resource has the properties of its table in TAXII 2.1, by name and type; lists are never empty.

Sections are those of TAXII 2.1 (OASIS Standard, 10 June 2021).
"""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.http import HttpResponse

from tests.stix import address, indicator, statement
from tests.taxii.conftest import MEDIA, NOW, ROOT, Caller
from tests.taxii.test_posting import post
from vigil.domain.exchange.inspection import _NEEDED, _OBSERVABLES
from vigil.domain.exchange.models import Item
from vigil.kernel import clock

Check = Callable[[Any], bool]


def _text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _boolean(value: Any) -> bool:
    return value is True or value is False


def _integer(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**53


def _identifier(value: Any) -> bool:
    return isinstance(value, str) and str(UUID(value)) == value and UUID(value).version == 4


def _timestamp(value: Any) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", value))


def _one_of(*values: str) -> Check:
    return lambda value: value in values


def _list(check: Check) -> Check:
    return lambda value: isinstance(value, list) and len(value) > 0 and all(check(one) for one in value)


def _resource(**properties: tuple[bool, Check]) -> Check:
    """Property -> whether it is required, and its type; nothing besides."""

    def check(value: Any) -> bool:
        assert isinstance(value, dict)
        needed = {name for name, (required, _) in properties.items() if required}
        assert needed <= set(value) <= set(properties), value
        for name, held in value.items():
            assert properties[name][1](held), (name, held)
        return True

    return check


DETAIL = _resource(id=(True, _text), version=(True, _text), message=(False, _text))
COLLECTION = _resource(
    id=(True, _identifier), title=(True, _text), description=(False, _text), alias=(False, _text),
    can_read=(True, _boolean), can_write=(True, _boolean), media_types=(False, _list(_text)),
)  # fmt: skip
RECORD = _resource(
    id=(True, _text), date_added=(True, _timestamp), version=(True, _text), media_type=(False, _text)
)  # fmt: skip
# `next` in a manifest and in versions is a property of our own (7.1); clients that page by it find it there.
TABLES: dict[str, Check] = {
    "discovery 4.1.1": _resource(
        title=(True, _text), description=(False, _text), contact=(False, _text), default=(False, _text),
        api_roots=(False, _list(_text)),
    ),
    "api-root 4.2.1": _resource(
        title=(True, _text), description=(False, _text), versions=(True, _list(_text)),
        max_content_length=(True, _integer),
    ),
    "status 4.3.1": _resource(
        id=(True, _identifier), status=(True, _one_of("complete", "pending")), request_timestamp=(False, _timestamp),
        total_count=(True, _integer), success_count=(True, _integer), successes=(False, _list(DETAIL)),
        failure_count=(True, _integer), failures=(False, _list(DETAIL)), pending_count=(True, _integer),
        pendings=(False, _list(DETAIL)),
    ),
    "collections 5.1.1": _resource(collections=(False, _list(COLLECTION))),
    "collection 5.2.1": COLLECTION,
    "manifest 5.3.1": _resource(more=(False, _boolean), next=(False, _text), objects=(False, _list(RECORD))),
    "envelope 3.7": _resource(
        more=(False, _boolean), next=(False, _text),
        objects=(False, _list(lambda one: {"type", "id"} <= set(one) and one["id"].startswith(one["type"] + "--"))),
    ),
    "versions 5.8.1": _resource(more=(False, _boolean), next=(False, _text), versions=(False, _list(_text))),
    "error 3.6.1": _resource(
        title=(True, _text), description=(False, _text), error_id=(False, _text), error_code=(False, _text),
        http_status=(False, _text), external_details=(False, _text), details=(False, lambda it: isinstance(it, dict)),
    ),
}  # fmt: skip


def _asked(caller: Caller, stix_id: str) -> dict[str, list[HttpResponse]]:
    """Answers of every kind: full, a part, empty."""
    told = post(caller, [indicator(90), address(9), "nonsense", {"type": "indicator"}])
    one = caller.at("indicators", f"objects/{stix_id}/")
    later = "?added_after=2030-01-01T00:00:00.000000Z"
    return {
        "discovery 4.1.1": [caller.get("/taxii2/")],
        "api-root 4.2.1": [caller.get(ROOT)],
        "status 4.3.1": [told, post(caller, [indicator(91)]), caller.get(f"{ROOT}status/{told.json()['id']}/")],
        "collections 5.1.1": [caller.get(f"{ROOT}collections/")],
        "collection 5.2.1": [caller.get(caller.at(alias)) for alias in caller.collections],
        "manifest 5.3.1": [
            caller.get(caller.at("indicators", f"manifest/{query}")) for query in ("", "?limit=1", later)
        ],
        "envelope 3.7": [
            *(caller.get(caller.at("indicators", f"objects/{query}")) for query in ("", "?limit=1", later)),
            caller.get(one), caller.get(one + later),
        ],
        "versions 5.8.1": [caller.get(f"{one}versions/{query}") for query in ("", later)],
        "error 3.6.1": [
            caller.get(f"{ROOT}none/"), caller.get(ROOT, HTTP_AUTHORIZATION=""),
            caller.get(ROOT, HTTP_ACCEPT="text/html"),
            caller.get(caller.at("indicators", "objects/?limit=0")), caller.ask("DELETE", one), caller.ask("PUT", one),
            post(caller, b"{}"), post(caller, [indicator(1)], CONTENT_TYPE="text/plain"),
            post(caller, [indicator(1)], "indicators"),
        ],
    }  # fmt: skip


def test_3_8_every_resource_has_the_properties_of_its_table(
    ministry: Caller, published: Callable[..., list[Item]]
) -> None:
    published(ministry.collections["indicators"], *(indicator(n) for n in range(3)), address(1), statement(1))
    for table, answers in _asked(ministry, indicator(0)["id"]).items():
        for answer in answers:
            assert TABLES[table](answer.json()), table
            assert answer["Content-Type"] == MEDIA
            if table == "error 3.6.1":
                assert answer.json()["http_status"] == str(answer.status_code)
            else:
                assert answer.status_code in (200, 202)


def test_3_3_collections_come_in_the_same_order_each_time(ministry: Caller, bank: Caller) -> None:
    told = [[row["alias"] for row in ministry.get(f"{ROOT}collections/").json()["collections"]] for _ in range(3)]
    for alias in ("returns", "advisories"):  # granted anew, so that its row is the youngest
        held = ministry.peer.grants.get(collection=ministry.collections[alias])
        held.delete()
        held.pk = None
        held.save()
    told.append([row["alias"] for row in ministry.get(f"{ROOT}collections/").json()["collections"]])
    assert told == [["advisories", "directives", "indicators", "orders", "returns"]] * 4


def test_3_3_objects_and_manifest_are_in_the_order_of_addition(
    ministry: Caller, published: Callable[..., list[Item]]
) -> None:
    for second, n in enumerate((4, 2, 5, 1)):  # neither by identifier nor by version
        with clock.frozen_at(NOW + timedelta(seconds=second)):
            published(ministry.collections["indicators"], indicator(n, modified=f"2022-04-28T0{9 - second}:00:00.000Z"))
    expected = [indicator(n)["id"] for n in (4, 2, 5, 1)]
    for rest in ("objects/", "manifest/", "objects/?limit=4", "manifest/?match[version]=all"):
        rows = ministry.get(ministry.at("indicators", rest)).json()["objects"]
        assert [row["id"] for row in rows] == expected
    assert [row["id"] for row in ministry.objects(query="?limit=2")["objects"]] == expected[:2]


def test_5_2_1_no_two_collections_of_a_client_have_one_alias(ministry: Caller, bank: Caller) -> None:
    for caller in (ministry, bank):
        rows = caller.get(f"{ROOT}collections/").json()["collections"]
        assert len({row["alias"] for row in rows}) == len({row["id"] for row in rows}) == 5
        for row in rows:
            assert caller.get(f"{ROOT}collections/{row['alias']}/").json() == row


def test_3_4_1_no_type_of_stix_is_an_error(ministry: Caller, published: Callable[..., list[Item]]) -> None:
    published(ministry.collections["indicators"], indicator(0), statement(1))
    types = sorted({*_NEEDED, *_OBSERVABLES, "marking-definition"})
    assert len(types) == 42
    for name in types:
        for rest in ("objects/", "manifest/"):
            answer = ministry.get(ministry.at("indicators", f"{rest}?match[type]={name}"))
            assert answer.status_code == 200
            found = {row["id"].partition("--")[0] for row in answer.json().get("objects", [])}
            assert found <= {name}


@pytest.mark.parametrize("short", [0, 1])
def test_4_2_1_what_the_api_root_says_may_be_sent_is_not_too_large(ministry: Caller, short: int) -> None:
    most = ministry.get(ROOT).json()["max_content_length"]
    body = json.dumps({"objects": [indicator(1)]}).encode()
    answer = post(ministry, body + b" " * (most - len(body) - short))
    assert (answer.status_code, answer.json()["success_count"]) == (202, 1)
    assert post(ministry, body + b" " * (most - len(body) + 1)).status_code == 413


def test_4_3_a_status_is_kept_for_a_day_and_when_it_is_gone_it_is_404(ministry: Caller) -> None:
    told = post(ministry, [indicator(1)]).json()
    at = f"{ROOT}status/{told['id']}/"
    for later, status in ((timedelta(hours=25), 200), (timedelta(days=8), 404)):
        with clock.frozen_at(NOW + later):
            post(ministry, [indicator(2)])
            assert ministry.get(at).status_code == status


def test_4_3_1_a_status_names_objects_as_stix_does(ministry: Caller) -> None:
    six = indicator(2, modified="2022-04-28T01:00:00.123456Z")
    bad = {**indicator(3), "pattern": ""}
    told = post(ministry, [indicator(1), six, statement(1), address(1), bad]).json()
    assert (told["total_count"], told["success_count"], told["failure_count"]) == (5, 4, 1)
    named = [(line["id"], line["version"]) for line in told["successes"]]
    assert named[:3] == [
        (indicator(1)["id"], indicator(1)["modified"]), (six["id"], six["modified"]),
        (statement(1)["id"], statement(1)["created"]),
    ]  # fmt: skip
    assert named[3][0] == address(1)["id"]
    assert (told["failures"][0]["id"], told["failures"][0]["version"]) == (bad["id"], bad["modified"])


def test_7_1_1_properties_that_are_not_known_are_passed_over(ministry: Caller) -> None:
    body = {"x_don_vi_example_ca": 3, "more": False, "objects": [indicator(1, x_don_vi_example_diem=7)]}
    answer = post(ministry, json.dumps(body).encode())
    assert (answer.status_code, answer.json()["success_count"]) == (202, 1)
    assert ministry.objects("returns")["objects"] == [indicator(1, x_don_vi_example_diem=7)]


def test_8_2_1_a_request_without_user_agent_is_answered(ministry: Caller) -> None:
    assert ministry.get("/taxii2/", HTTP_USER_AGENT="").status_code == 200
