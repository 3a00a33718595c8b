"""Posting: what is good is taken, what is bad is refused object by object, nothing is half done."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from tests.stix import address, indicator
from tests.taxii.conftest import MEDIA, ROOT, Caller
from vigil.domain.exchange.markings import TLP_2
from vigil.domain.exchange.models import Collection, Item, Peer, Status
from vigil.domain.exchange.receiving import _loaded
from vigil.domain.journal.models import Entry
from vigil.kernel.errors import Refused
from vigil.kernel.tlp import Tlp


def post(caller: Caller, objects: Any, alias: str = "returns", **headers: str) -> Any:
    body = objects if isinstance(objects, bytes) else json.dumps({"objects": objects}).encode()
    return caller.ask("POST", caller.at(alias, "objects/"), body, **headers)


def test_5_5_what_was_posted_is_committed_and_told_in_a_status(ministry: Caller) -> None:
    answer = post(ministry, [indicator(1), address(1)])
    assert (answer.status_code, answer["Content-Type"]) == (202, MEDIA)
    told = answer.json()
    assert (told["status"], told["total_count"], told["success_count"]) == ("complete", 2, 2)
    assert (told["failure_count"], told["pending_count"]) == (0, 0)
    assert told["request_timestamp"] == "2022-04-29T03:00:00.000000Z"
    assert told["successes"][0] == {"id": indicator(1)["id"], "version": "2022-04-28T01:00:00.000Z"}
    assert ministry.get(f"{ROOT}status/{told['id']}/").json() == told
    assert ministry.objects("returns")["objects"] == [indicator(1), address(1)]
    entry = Entry.objects.get(action="exchange.received")
    assert (entry.facts["count"], entry.facts["refused"], entry.actor) == (2, 0, f"peer:{ministry.peer.id}")


def test_5_5_posting_the_same_again_has_one_effect_and_is_no_error(ministry: Caller) -> None:
    for _ in range(3):
        assert post(ministry, [indicator(1), address(1), indicator(1)]).json()["success_count"] == 3
    assert Item.objects.count() == 2


BAD = {
    "no object": ("indicator", "not_stix"),
    "no identifier": ({"type": "indicator"}, "not_stix"),
    "an identifier of another type": ({**indicator(9), "type": "malware"}, "not_stix"),
    "an identifier without a UUID": ({**indicator(9), "id": "indicator--1"}, "not_stix"),
    "STIX 2.0": ({**indicator(9), "spec_version": "2.0"}, "not_stix_21"),
    "no spec_version": ({k: v for k, v in indicator(9).items() if k != "spec_version"}, "not_stix_21"),
    "an unknown type": ({**indicator(9), "type": "thing", "id": indicator(9)["id"].replace("indicator", "thing")},
                        "unknown_type"),
    "no pattern": ({k: v for k, v in indicator(9).items() if k != "pattern"}, "property_missing"),
    "a local time": ({**indicator(9), "modified": "2022-04-28T08:00:00+07:00"}, "bad_time"),
    "modified before it was created": ({**indicator(9), "modified": "2021-01-01T00:00:00Z"}, "times_reversed"),
    "from the future": ({**indicator(9), "modified": "2022-05-02T00:00:00Z"}, "from_the_future"),
    "a reference to nothing": ({**indicator(9), "created_by_ref": "me"}, "bad_reference"),
    "references that are none": ({**indicator(9), "object_marking_refs": [1, 2]}, "bad_reference"),
    "a text without end": ({**indicator(9), "description": "x" * 300_000}, "text_too_long"),
    "a null character": ({**indicator(9), "name": "a\0b"}, "text_too_long"),
    "nested deeply": ({**indicator(9), "x_deep": json.loads("[" * 200 + "]" * 200)}, "too_deep"),
    "more values than sense": ({**indicator(9), "x_many": [1] * 30_000}, "too_deep"),
}  # fmt: skip


@pytest.mark.parametrize(("bad", "code"), BAD.values(), ids=BAD)
def test_a_bad_object_is_refused_with_a_reason_and_the_others_go_on(ministry: Caller, bad: Any, code: str) -> None:
    told = post(ministry, [indicator(1), bad, indicator(2)]).json()
    assert (told["success_count"], told["failure_count"]) == (2, 1)
    assert told["failures"][0]["message"].startswith(f"exchange.{code}: ")
    assert {"id", "version"} <= set(told["failures"][0])
    assert Item.objects.count() == 2


BAD_BODIES = {
    "no JSON": (b"hello", 422),
    "nothing": (b" ", 422),
    "a list": (b"[]", 422),
    "no objects": (b"{}", 422),
    "an empty list": (b'{"objects":[]}', 422),
    "objects that are no list": (b'{"objects":{"a":1}}', 422),
    "half of a letter": (b'{"objects":["\xff"]}', 422),
    "brackets without end": (b'{"objects":' + b"[" * 100_000, 422),
    "brackets, closed": (b'{"objects":' + b"[" * 100_000 + b"]" * 100_000 + b"}", 422),
    "too many objects": (json.dumps({"objects": [{}] * 1001}).encode(), 422),  # 413 is for bytes alone (4.2.1)
}


@pytest.mark.parametrize(("body", "status"), BAD_BODIES.values(), ids=BAD_BODIES)
def test_5_5_what_is_no_envelope_is_refused_whole(ministry: Caller, body: bytes, status: int) -> None:
    answer = post(ministry, body)
    assert (answer.status_code, answer["Content-Type"]) == (status, MEDIA)
    assert not Status.objects.exists()


@pytest.mark.parametrize(
    ("media", "status"),
    [
        (MEDIA, 202), ("application/taxii+json", 202), ("application/taxii+json;version=2.0", 415),
        ("application/stix+json;version=2.1", 415), ("application/json", 415), ("text/plain", 415),
    ],
)  # fmt: skip
def test_3_1_what_is_sent_must_be_taxii(ministry: Caller, media: str, status: int) -> None:
    assert post(ministry, [indicator(1)], CONTENT_TYPE=media).status_code == status


def test_5_5_too_large_a_body_is_refused_unread(ministry: Caller) -> None:
    class Unread:
        def read(self, *_: Any) -> bytes:
            raise AssertionError("it was read")

        readline = read

    answer = ministry.ask(
        "POST", ministry.at("returns", "objects/"), b" ", CONTENT_LENGTH="50000000", **{"wsgi.input": Unread()}
    )
    assert answer.status_code == 413
    assert answer.json()["http_status"] == "413"
    unsaid = ministry.ask("POST", ministry.at("returns", "objects/"), b"{}", CONTENT_LENGTH="many")
    assert unsaid.status_code == 411


def test_a_status_is_shown_to_its_poster_alone(ministry: Caller, bank: Caller) -> None:
    told = post(ministry, [indicator(1)]).json()
    assert bank.get(f"{ROOT}status/{told['id']}/").status_code == 404


def test_a_red_object_for_a_third_party_is_refused(ministry: Caller) -> None:
    ministry.peer.grants.filter(collection=ministry.collections["advisories"]).update(can_write=True)
    red = indicator(1, object_marking_refs=[TLP_2[Tlp.RED]])
    told = post(ministry, [red, indicator(2)], "advisories").json()
    assert (told["success_count"], told["failure_count"]) == (1, 1)
    assert "too_secret" in told["failures"][0]["message"]


class Stubborn:
    """Refuses one object, breaks on another, keeps the rest."""

    def receive(self, *, peer: Peer, collection: Collection, obj: dict[str, Any], now: datetime) -> None:
        from vigil.domain.exchange.actions.items import keep_posted

        keep_posted(peer=peer, collection=collection, obj=obj, now=now)
        if obj["name"] == "refuse":
            raise Refused("exchange.told_not_to", "It is not wanted.")
        if obj["name"] == "break":
            raise ZeroDivisionError


@pytest.fixture
def stubborn(settings: Any) -> None:
    settings.VIGIL_EXCHANGE_RECEIVER = "tests.taxii.test_posting.Stubborn"
    _loaded.cache_clear()


def test_a_receiver_s_refusal_or_fault_undoes_that_object_alone(ministry: Caller, stubborn: None) -> None:
    names = ["a", "refuse", "b", "break", "c"]
    told = post(ministry, [indicator(n, name=name) for n, name in enumerate(names)]).json()
    assert (told["success_count"], told["failure_count"]) == (3, 2)
    assert [it["message"].partition(":")[0] for it in told["failures"]] == ["exchange.told_not_to", "exchange.broken"]
    assert "ZeroDivision" not in json.dumps(told)
    assert [row["name"] for row in ministry.objects("returns")["objects"]] == ["a", "b", "c"]


def test_many_objects_are_taken_in_several_transactions_and_one_status(ministry: Caller) -> None:
    told = post(ministry, [indicator(n) for n in range(130)] + [{}]).json()
    assert (told["status"], told["success_count"], told["failure_count"]) == ("complete", 130, 1)
    assert (Status.objects.count(), Entry.objects.filter(action="exchange.received").count()) == (1, 1)


def test_versions_of_one_peer_do_not_hide_those_of_another(
    ministry: Caller, bank: Caller, published: Callable[..., Any]
) -> None:
    post(ministry, [indicator(1)])
    post(bank, [indicator(1, modified="2022-04-28T09:00:00Z"), indicator(2)])
    assert ministry.objects("returns")["objects"] == [indicator(1)]
    assert len(bank.objects("returns")["objects"]) == 2
