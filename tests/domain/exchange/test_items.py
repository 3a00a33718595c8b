"""Publishing: order, one effect for one version, the ceiling, what the journal says."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from tests.stix import address, indicator

from vigil.domain.exchange.actions.collections import collections_for, create_collection, grant
from vigil.domain.exchange.actions.items import keep_posted, publish, publish_all
from vigil.domain.exchange.markings import TLP_2
from vigil.domain.exchange.models import Collection, CollectionGrant, Item, Peer
from vigil.domain.exchange.models.collections import NOTHING_NEWER
from vigil.domain.journal.models import Entry
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict, Refused, VigilError
from vigil.kernel.tlp import Tlp

pytestmark = pytest.mark.django_db


@pytest.fixture
def shared(lead: Actor, now: datetime, db: None) -> Collection:
    return create_collection(alias="indicators", title="Indicators", actor=lead, now=now)


def test_what_is_published_later_has_a_greater_number_whatever_the_clock_says(
    shared: Collection, lead: Actor, now: datetime
) -> None:
    for shift in (0, 0, -3600, 5):
        publish(
            collection=shared,
            objects=[indicator(n + shift * 7) for n in range(3)] if shift else [indicator(900 + Item.objects.count())],
            tlp=Tlp.GREEN,
            actor=lead,
            now=now + timedelta(seconds=shift),
        )
    added = list(Item.objects.order_by("id").values_list("added", flat=True))
    assert added == sorted(set(added))
    assert Item.objects.order_by("id").first().added_at == now


def test_the_same_version_twice_is_one(shared: Collection, lead: Actor, now: datetime) -> None:
    given = {"collection": shared, "tlp": Tlp.GREEN, "actor": lead, "now": now}
    first = publish(objects=[indicator(1), address(1), indicator(1)], **given)
    again = publish(objects=[indicator(1, modified="2022-04-28T01:00:00Z"), address(1)], **given)
    assert (len(first), again) == (2, [])
    assert Entry.objects.filter(action="exchange.published").count() == 1


VERSIONS = {
    "a newer one of the same label": ([("01", Tlp.GREEN), ("02", Tlp.GREEN)], [1, NOTHING_NEWER]),
    "a newer one that fewer may see": ([("01", Tlp.GREEN), ("02", Tlp.AMBER)], [2, NOTHING_NEWER]),
    "an older one that comes late": ([("02", Tlp.GREEN), ("01", Tlp.CLEAR)], [NOTHING_NEWER, 1]),
    "three": ([("01", Tlp.CLEAR), ("02", Tlp.AMBER), ("03", Tlp.GREEN)], [1, 1, NOTHING_NEWER]),
}


@pytest.mark.parametrize("together", [False, True], ids=["one by one", "at once"])
@pytest.mark.parametrize(("given", "expected"), VERSIONS.values(), ids=VERSIONS)
def test_each_version_knows_who_has_a_later_one(
    shared: Collection, lead: Actor, now: datetime, given: list, expected: list[int], together: bool
) -> None:
    objects = [
        indicator(1, modified=f"2022-04-{day}T00:00:00Z", object_marking_refs=[TLP_2[tlp]]) for day, tlp in given
    ]
    for batch in [objects] if together else [[obj] for obj in objects]:
        publish(collection=shared, objects=batch, tlp=Tlp.CLEAR, actor=lead, now=now)
    assert list(Item.objects.order_by("added").values_list("newer_tlp", flat=True)) == expected


def test_what_is_above_the_ceiling_stays_out_and_is_told(shared: Collection, lead: Actor, now: datetime) -> None:
    objects = [indicator(1), indicator(2, object_marking_refs=[TLP_2[Tlp.RED]])]
    stored = publish(collection=shared, objects=objects, tlp=Tlp.GREEN, actor=lead, now=now)
    assert [item.stix_id for item in stored] == [objects[0]["id"]]
    told = Entry.objects.get(action="exchange.withheld")
    assert (told.facts["count"], told.facts["reason"], told.facts["first"]) == (1, "tlp", [objects[1]["id"]])
    assert publish(collection=shared, objects=[indicator(3)], tlp=Tlp.RED, actor=lead, now=now) == []


def test_a_stream_is_one_entry_with_count_and_hash(shared: Collection, lead: Actor, now: datetime) -> None:
    tally = publish_all(
        collection=shared, objects=(indicator(n) for n in range(2500)), tlp=Tlp.GREEN, actor=lead, now=now
    )
    entry = Entry.objects.get(action="exchange.published")
    assert tally.added == entry.facts["count"] == Item.objects.count() == 2500
    assert len(entry.facts["sha256"]) == 64


def test_a_long_stream_is_written_in_portions_and_can_be_repeated(
    shared: Collection, lead: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vigil.domain.exchange.actions.items.PORTION", 2000)
    for added, same in ((5500, 0), (0, 5500)):
        done = publish_all(
            collection=shared, objects=(indicator(n) for n in range(5500)), tlp=Tlp.GREEN, actor=lead, now=now
        )
        assert (done.added, done.same) == (added, same)
    counts = [entry.facts["count"] for entry in Entry.objects.filter(action="exchange.published").order_by("row")]
    assert counts == [2000, 2000, 1500]


NOT_STIX = {
    "no identifier": {"type": "indicator"},
    "another type's identifier": {**indicator(1), "type": "malware"},
    "STIX 2.0": {**indicator(1), "spec_version": "2.0"},
    "a local time": {**indicator(1), "modified": "2022-04-28T08:00:00+07:00"},
}


@pytest.mark.parametrize("bad", NOT_STIX.values(), ids=NOT_STIX)
def test_what_is_no_stix_is_refused_whole(shared: Collection, lead: Actor, now: datetime, bad: dict) -> None:
    with pytest.raises(Refused):
        publish(collection=shared, objects=[indicator(5), bad], tlp=Tlp.GREEN, actor=lead, now=now)
    assert not Item.objects.exists()


def test_a_peer_gets_its_five_collections_once(ministry: Peer, bank: Peer, lead: Actor, now: datetime) -> None:
    first = collections_for(peer=ministry, actor=lead, now=now)
    entries = Entry.objects.count()
    assert collections_for(peer=ministry, actor=lead, now=now) == first
    assert Entry.objects.count() == entries
    other = collections_for(peer=bank, actor=lead, now=now)
    same = {alias for alias in first if first[alias] == other[alias]}
    assert same == {"advisories", "indicators", "returns"}
    rights = {
        (row.collection.alias, row.can_read, row.can_write)
        for row in CollectionGrant.objects.filter(peer=bank).select_related("collection")
    }
    assert {alias for alias, read, write in rights if write} == {"returns"}
    assert {alias for alias, read, write in rights if read} == set(first)
    with pytest.raises(Conflict, match="not_its_collection"):
        grant(collection=first["orders"], peer=bank, can_read=True, can_write=False, actor=lead, now=now)


def test_a_posted_object_is_its_poster_s(
    shared: Collection, ministry: Peer, bank: Peer, lead: Actor, now: datetime, peer_of: Callable[..., Peer]
) -> None:
    newer = indicator(1, modified="2022-04-29T00:00:00Z")
    keep_posted(peer=ministry, collection=shared, obj=indicator(1), now=now)
    with pytest.raises(Conflict, match="not_its_object"):
        keep_posted(peer=bank, collection=shared, obj=newer, now=now)
    returns = collections_for(peer=bank, actor=lead, now=now)["returns"]
    for peer in (ministry, bank):
        assert keep_posted(peer=peer, collection=returns, obj=newer, now=now).posted_by == peer
        assert keep_posted(peer=peer, collection=returns, obj=newer, now=now) is None


def test_a_posted_object_above_the_ceiling_is_refused(shared: Collection, bank: Peer, now: datetime) -> None:
    red = indicator(1, object_marking_refs=[TLP_2[Tlp.RED]])
    with pytest.raises(VigilError, match="too_secret"):
        keep_posted(peer=bank, collection=shared, obj=red, now=now)
