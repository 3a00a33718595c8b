"""A link step by step: enrolment, sending, arrivals, heartbeats; bad input by a table."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import transaction

from vigil.domain.exchange import stix
from vigil.domain.exchange.actions import enrolment
from vigil.domain.exchange.actions.arrivals import CheckedReceiver, take_page
from vigil.domain.exchange.actions.heartbeats import compose, take_answer, take_beat
from vigil.domain.exchange.actions.joining import join, take_access
from vigil.domain.exchange.actions.sending import next_batch, not_reached, refused_there, send, settled
from vigil.domain.exchange.actions.watching import notice_outages, thin
from vigil.domain.exchange.keyring import Keyring
from vigil.domain.exchange.models import (
    Cursor,
    EnrolmentCode,
    Item,
    Link,
    LinkSample,
    Outgoing,
    OutgoingState,
    Peer,
    Quarantined,
    Received,
)
from vigil.domain.exchange.queries.links import own_instance, own_sender, uptime
from vigil.domain.exchange.queries.tokens import peer_of_token
from vigil.domain.journal.models import Entry
from vigil.domain.organisations.models import Organisation
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict, NotAllowed, Refused, Unavailable, VigilError
from vigil.kernel.tlp import Tlp

pytestmark = pytest.mark.django_db
PEER = Actor("peer", "p", "p")
TOP = {"sequence": 5, "hash": "a" * 64}


class Taking:
    """A receiver that keeps what it took; told to, it refuses or breaks."""

    def __init__(self) -> None:
        self.took: list[dict[str, Any]] = []
        self.error: Exception | None = None

    def receive(self, *, peer: Peer, collection: Any, obj: dict[str, Any], now: datetime) -> None:
        if self.error is not None and obj.get("subject") != "good":
            raise self.error
        self.took.append(obj)


@dataclass
class Member:
    """A Vigil below as its authority sees it: its key, its identity, what it writes."""

    peer: Peer
    key: Ed25519PrivateKey
    instance: UUID
    now: datetime
    taking: Taking = field(default_factory=Taking)
    sequence: int = 0

    def says(
        self, text: str = "t", *, sealed: bool = True, at: timedelta = timedelta(0), **over: Any
    ) -> dict[str, Any]:
        created = self.now + at
        made = stix.help_request(
            request_id=text,
            subject=over.pop("subject", "s"),
            text=text,
            asked_at=self.now,
            sender=stix.Sender(over.pop("instance", self.instance)),
            tlp=Tlp.AMBER,
            created=self.now - timedelta(days=1),
            modified=created,
        )
        self.sequence += 1
        made = {**made, **over}
        key = over.pop("key", self.key)
        return stix.seal(made, key=key, sequence=self.sequence, fact_at=self.now) if sealed else made

    def arrives(self, obj: Any) -> None:
        with transaction.atomic():
            CheckedReceiver(self.taking).receive(peer=self.peer, collection=None, obj=obj, now=self.now)


@pytest.fixture
def keyring(tmp_path, settings) -> Keyring:
    settings.VIGIL_KEYS = tmp_path / "keys"
    return Keyring(settings.VIGIL_KEYS)


@pytest.fixture
def enrolled(keyring: Keyring, isp: Organisation, lead: Actor, now: datetime) -> Member:
    key, instance = Ed25519PrivateKey.generate(), uuid4()
    code = enrolment.make_code(organisation=isp, actor=lead, now=now)
    made = enrolment.accept_enrolment(
        code=code.lower().replace("-", " "),
        public_key=stix.public_hex(key.public_key()),
        name="Vigil của ISP",
        instance=instance,
        keyring=keyring,
        actor=PEER,
        now=now,
    )
    return Member(made.peer, key, instance, now)


@pytest.fixture
def member(enrolled: Member, lead: Actor, now: datetime) -> Member:
    enrolment.confirm_match(peer=enrolled.peer, actor=lead, now=now)
    return enrolled


@pytest.fixture
def above(keyring: Keyring, isp: Organisation, lead: Actor, now: datetime) -> Member:
    """An authority as its member sees it."""
    key, instance, peer_id = Ed25519PrivateKey.generate(), uuid4(), uuid4()
    keyring.make(peer_id)
    peer = join(
        organisation=isp,
        peer_id=peer_id,
        url="http://127.0.0.1:1",
        name="Cục",
        remote_id=uuid4(),
        instance=instance,
        public_key=stix.public_hex(key.public_key()),
        keyring=keyring,
        actor=lead,
        now=now,
    )
    collections = {"directives": str(uuid4()), "returns": str(uuid4())}
    take_access(peer=peer, expires_at=now, api_root="/x/", collections=collections, actor=lead, now=now)
    return Member(peer, key, instance, now)


def _ours(now: datetime, text: str = "t", tlp: Tlp = Tlp.AMBER) -> dict[str, Any]:
    return stix.help_request(
        request_id=text, subject="s", text=text, asked_at=now, sender=own_sender(), tlp=tlp, created=now
    )


def _told(action: str) -> int:
    return Entry.objects.filter(action=action).count()


# --- enrolment


@pytest.mark.parametrize("late", [timedelta(0), timedelta(hours=25)])
def test_a_code_works_once_and_for_a_day(enrolled: Member, keyring, isp, lead, now, late) -> None:
    code = enrolment.make_code(organisation=isp, actor=lead, now=now)
    asked = {"public_key": "aa" * 32, "name": "x", "instance": uuid4(), "keyring": keyring, "actor": PEER}
    if not late:
        enrolment.accept_enrolment(code=code, now=now, **asked)
    with pytest.raises(NotAllowed) as refused:
        enrolment.accept_enrolment(code=code, now=now + late, **asked)
    assert refused.value.code == "exchange.bad_code"


def test_the_fifth_wrong_try_ends_a_code(keyring, isp, lead, now) -> None:
    code = enrolment.make_code(organisation=isp, actor=lead, now=now)
    asked = {"public_key": "aa" * 32, "name": "x", "instance": uuid4(), "keyring": keyring, "actor": PEER, "now": now}
    wrong = code[:5] + ("2222-2222" if not code.endswith("2222-2222") else "3333-3333")
    for _ in range(5):
        with pytest.raises(NotAllowed):
            enrolment.accept_enrolment(code=wrong, **asked)
    assert EnrolmentCode.objects.get().failures == 5
    with pytest.raises(NotAllowed):
        enrolment.accept_enrolment(code=code, **asked)
    assert code.replace("-", "") not in json.dumps([list(r) for r in EnrolmentCode.objects.values_list()], default=str)


def test_nothing_passes_before_the_comparison_and_after_the_end(enrolled: Member, lead, keyring, now) -> None:
    sent = send(peer=enrolled.peer, obj=_ours(now), subject="s", tlp=Tlp.AMBER, actor=lead, now=now)
    assert sent.withheld == "not_linked"
    enrolment.confirm_match(peer=enrolled.peer, actor=lead, now=now)
    access = enrolment.renew_token(peer=enrolled.peer, actor=PEER, now=now)
    assert peer_of_token(access.token, now) == enrolled.peer
    assert set(access.collections) == {"directives", "orders", "advisories", "indicators", "returns"}
    enrolment.revoke(peer=enrolled.peer, actor=lead, now=now)
    assert peer_of_token(access.token, now) is None
    assert send(peer=enrolled.peer, obj=_ours(now), subject="s", tlp=Tlp.AMBER, actor=lead, now=now).withheld
    with pytest.raises(Conflict):
        enrolment.confirm_match(peer=enrolled.peer, actor=lead, now=now)


def test_the_old_token_works_one_more_hour(member: Member, now) -> None:
    first = enrolment.renew_token(peer=member.peer, actor=PEER, now=now)
    enrolment.renew_token(peer=member.peer, actor=PEER, now=now)
    assert peer_of_token(first.token, now + timedelta(minutes=59)) == member.peer
    assert peer_of_token(first.token, now + timedelta(minutes=61)) is None


def test_a_replaced_key_still_verifies_what_it_sealed(member: Member, now) -> None:
    before = member.says("before")
    following = Ed25519PrivateKey.generate()
    enrolment.replace_key(peer=member.peer, public_key=stix.public_hex(following.public_key()), actor=PEER, now=now)
    member.arrives(before)
    member.key = following
    member.arrives(member.says("after"))
    assert len(member.taking.took) == 2


# --- what arrives


def test_a_replay_has_no_effect_and_a_lie_under_the_same_version_is_refused(member: Member) -> None:
    obj = member.says()
    for _ in range(3):
        member.arrives(obj)
    member.arrives(stix.seal(obj, key=member.key, sequence=99))
    assert len(member.taking.took) == 1
    with pytest.raises(Refused) as refused:
        member.arrives(stix.seal({**obj, "urgency": "now"}, key=member.key, sequence=100))
    assert refused.value.code == "exchange.version_reused"
    assert Link.objects.get(pk=member.peer.pk).received_count == 1


def test_an_earlier_version_that_comes_late_changes_nothing(member: Member) -> None:
    early, late = member.says(subject="1"), member.says(subject="2", at=timedelta(minutes=1))
    member.arrives(late)
    member.arrives(early)
    assert [obj["subject"] for obj in member.taking.took] == ["2"]


STRANGER = Ed25519PrivateKey.generate()
BAD: dict[str, tuple[Callable[[Member], Any], str]] = {
    "another's identity": (lambda m: m.says(instance=uuid4()), "exchange.not_its_identity"),
    "another's key": (lambda m: stix.seal(m.says(sealed=False), key=STRANGER, sequence=1), "stix.unknown_key"),
    "no seal": (lambda m: m.says(sealed=False), "stix.not_sealed"),
    "changed under way": (lambda m: {**m.says(), "text": "other"}, "stix.bad_signature"),
    "50 MB": (lambda m: {**m.says(), "text": "x" * 50_000_000}, "stix.too_large"),
    "unknown extension": (
        lambda m: m.says(extensions={**m.says()["extensions"], "extension-definition--" + "0" * 36: {}}),
        "stix.unknown_extension",
    ),
    "unknown type": (lambda m: {**m.says(), "type": "x-evil"}, "stix.unknown_type"),
    "from the day after tomorrow": (lambda m: m.says(at=timedelta(days=2)), "stix.ahead_of_time"),
    "invalid": (lambda m: m.says(urgency="soon"), "stix.invalid"),
    "a standard object in another's name": (
        lambda m: {
            "type": "indicator",
            "id": f"indicator--{uuid4()}",
            "created_by_ref": f"identity--{uuid4()}",
            "created": stix.written(m.now),
            "modified": stix.written(m.now),
        },
        "exchange.not_its_identity",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused_by_object(member: Member, case: str) -> None:
    make, code = BAD[case]
    with pytest.raises(VigilError) as refused:
        member.arrives(make(member))
    assert refused.value.code == code
    assert not member.taking.took
    assert not Received.objects.exists()
    member.arrives(member.says("the next"))
    assert len(member.taking.took) == 1


def test_an_hour_off_works_and_the_delay_counts_by_our_clock(member: Member, now) -> None:
    Link.objects.filter(pk=member.peer.pk).update(clock_offset_ms=3_600_000)
    obj = stix.seal(
        member.says(sealed=False), key=member.key, sequence=1, fact_at=now + timedelta(hours=1, seconds=-20)
    )
    member.arrives(obj)
    assert Received.objects.get().delay_s == pytest.approx(20)


def test_the_effect_and_its_count_fall_together(member: Member) -> None:
    member.taking.error = RuntimeError("killed")
    with pytest.raises(RuntimeError):
        member.arrives(member.says())
    assert not Received.objects.exists()


def test_of_a_page_the_bad_are_put_aside_and_told_and_the_rest_goes_on(above: Member, lead, now) -> None:
    good, bad = above.says("g", subject="good"), above.says("b")
    taking = Taking()
    taking.error = Refused("test.no", "no {braces}")
    objects = [bad, {"type": "?"}, 7, good]
    page = take_page(
        peer=above.peer,
        alias="directives",
        objects=objects,
        added_last="2022-04-29T03:00:00.000000Z",
        receiver=CheckedReceiver(taking),
        actor=lead,
        now=now,
    )
    assert (page.taken, page.aside) == (1, 3)
    assert Quarantined.objects.count() == 3
    told = Outgoing.objects.get()
    assert told.obj["type"] == "x-vigil-refusal"
    assert (told.obj["object_ref"], told.obj["code"]) == (bad["id"], "test.no")
    assert Cursor.objects.get().added_after == "2022-04-29T03:00:00.000000Z"


def test_when_a_part_of_ours_is_missing_the_page_is_read_again(above: Member, lead, now) -> None:
    taking = Taking()
    taking.error = Unavailable("test.down", "down")
    with pytest.raises(Unavailable):
        take_page(
            peer=above.peer, alias="directives", objects=[above.says()], added_last="x",
            receiver=CheckedReceiver(taking), actor=lead, now=now,
        )  # fmt: skip
    assert not Cursor.objects.exists()
    assert not Quarantined.objects.exists()


# --- what leaves


@pytest.mark.parametrize(
    "ceiling, tlp, needs, why",
    [
        (Tlp.AMBER, Tlp.RED, True, "tlp"),
        (Tlp.RED, Tlp.CLEAR, False, "need_to_know"),
        (Tlp.AMBER, Tlp.AMBER, True, ""),
    ],
)
def test_the_gate_is_asked_and_a_refusal_is_recorded(member: Member, lead, now, ceiling, tlp, needs, why) -> None:
    Peer.objects.filter(pk=member.peer.pk).update(tlp_ceiling=ceiling.rank)
    member.peer.refresh_from_db()
    sent = send(
        peer=member.peer, obj=_ours(now, tlp=tlp), subject="s", tlp=Tlp.CLEAR, actor=lead, now=now, needs_to_know=needs
    )
    assert sent.withheld == why
    assert Item.objects.count() == (0 if why else 1)
    assert _told("exchange.withheld") == (1 if why else 0)


def test_of_a_subject_only_the_first_waits_at_the_door_and_others_go_on(above: Member, lead, now) -> None:
    for text, subject in (("a1", "a"), ("a2", "a"), ("b1", "b"), ("a3", "a")):
        send(peer=above.peer, obj=_ours(now, text), subject=subject, tlp=Tlp.AMBER, actor=lead, now=now)
    rows = next_batch(peer=above.peer, now=now)
    assert [row.obj["text"] for row in rows] == ["a1", "b1"]
    not_reached(rows=rows[:1], now=now, why="down")
    assert [row.obj["text"] for row in next_batch(peer=above.peer, now=now)] == ["b1"]
    later = now + timedelta(seconds=3)
    assert [row.obj["text"] for row in next_batch(peer=above.peer, now=later)] == ["a1", "b1"]
    settled(accepted=[rows[1]], now=now)
    refused_there(row=rows[0], reason="no", actor=lead, now=now)
    assert [row.obj["text"] for row in next_batch(peer=above.peer, now=now)] == ["a2"]
    assert list(Outgoing.objects.values_list("sequence", flat=True)) == [1, 2, 3, 4]


def test_the_same_version_is_queued_once_and_a_rolled_back_fact_sends_nothing(above: Member, lead, now) -> None:
    obj = _ours(now)
    for _ in range(2):
        send(peer=above.peer, obj=obj, subject="s", tlp=Tlp.AMBER, actor=lead, now=now)
    with pytest.raises(RuntimeError), transaction.atomic():
        send(peer=above.peer, obj=_ours(now, "other"), subject="s", tlp=Tlp.AMBER, actor=lead, now=now)
        raise RuntimeError
    assert Outgoing.objects.count() == 1


# --- heartbeats


def _beat(member: Member, **over: Any) -> dict[str, Any]:
    letter = {
        "peer": str(member.peer.pk),
        "count": over.pop("count", int(over.get("at", member.now).timestamp() * 1000)),
        "sent_at": stix.written(over.pop("at", member.now)),
        "instance": str(member.instance),
        "interval_s": 15,
        "last_sequence": 0,
        "settled_sequence": 0,
        "queue": 0,
        "cursors": {},
        "journal": TOP,
    }
    return {**letter, **over}


def test_a_heartbeat_is_answered_counted_once_and_checked(member: Member, now) -> None:
    answer = take_beat(peer=member.peer, letter=_beat(member), actor=PEER, now=now)
    assert answer["received_sequence"] == 0
    assert set(answer["tips"]) == {"directives", "orders", "advisories", "indicators"}
    for letter, code in [
        (_beat(member), "exchange.replayed"),
        (_beat(member, count=2**52, instance=str(uuid4())), "exchange.other_instance"),
        (_beat(member, count=2**52, queue=-1), "exchange.bad_letter"),
        (_beat(member, count=2**52, more="x"), "exchange.bad_letter"),
        ([], "exchange.bad_letter"),
    ]:
        with pytest.raises(VigilError) as refused:
            take_beat(peer=member.peer, letter=letter, actor=PEER, now=now)
        assert refused.value.code == code


def test_a_clock_an_hour_off_is_said_once_and_works(member: Member, now) -> None:
    for n in range(3):
        at = now + timedelta(seconds=n)
        take_beat(peer=member.peer, letter=_beat(member, at=at + timedelta(hours=1)), actor=PEER, now=at)
    link = Link.objects.get(pk=member.peer.pk)
    assert link.clock_offset_ms == pytest.approx(3_600_000)
    assert link.beat_at == now + timedelta(seconds=2)
    assert _told("exchange.clock_off") == 1


@pytest.mark.parametrize(
    "second, action",
    [
        ({"sequence": 5, "hash": "b" * 64}, "exchange.journal_forked"),
        ({"sequence": 3, "hash": "c" * 64}, "exchange.journal_shortened"),
        ({"sequence": 6, "hash": "d" * 64}, None),
    ],
)
def test_a_journal_that_forks_or_shrinks_is_witnessed(member: Member, now, second, action) -> None:
    for n, head in enumerate((TOP, second, second)):
        at = now + timedelta(seconds=n)
        take_beat(peer=member.peer, letter=_beat(member, at=at, journal=head), actor=PEER, now=at)
    for name in ("exchange.journal_forked", "exchange.journal_shortened"):
        assert _told(name) == (1 if name == action else 0)


def test_an_outage_begins_and_ends_with_its_length(member: Member, now) -> None:
    take_beat(peer=member.peer, letter=_beat(member), actor=PEER, now=now)
    assert notice_outages(actor=PEER, now=now + timedelta(seconds=59)) == 0
    assert notice_outages(actor=PEER, now=now + timedelta(seconds=61)) == 1
    assert notice_outages(actor=PEER, now=now + timedelta(seconds=90)) == 0
    at = now + timedelta(hours=1)
    take_beat(peer=member.peer, letter=_beat(member, at=at), actor=PEER, now=at)
    ended = Entry.objects.get(action="exchange.outage_ended")
    assert ended.facts["seconds"] == 3600
    assert Link.objects.get(pk=member.peer.pk).outage_since is None


def test_uptime_counts_minutes_also_when_they_were_put_together(member: Member, now) -> None:
    start = now
    for minute in range(180):
        at = start + timedelta(minutes=minute)
        if not 60 <= minute < 90:
            take_beat(peer=member.peer, letter=_beat(member, at=at), actor=PEER, now=at)
    until = start + timedelta(minutes=180)
    fine = uptime(member.peer, start, until)
    assert fine == pytest.approx(150 / 180, abs=0.02)
    thin(now=start + timedelta(days=4))
    assert LinkSample.objects.count() == 3
    assert uptime(member.peer, start, until) == pytest.approx(fine, abs=0.01)


def _answer(above: Member, letter: dict[str, Any], at: datetime, **over: Any) -> dict[str, Any]:
    answer = {
        "received_at": letter["sent_at"],
        "sent_at": letter["sent_at"],
        "instance": str(above.instance),
        "received_sequence": letter["settled_sequence"],
        "received_count": 0,
        "tips": {},
        "journal": TOP,
    }
    return {**answer, **over}


def _exchange(above: Member, lead: Actor, at: datetime, **over: Any) -> dict[str, Any]:
    letter = compose(peer=above.peer, interval_s=15, now=at)
    trip = timedelta(milliseconds=40)
    take_answer(
        peer=above.peer, letter=letter, answer=_answer(above, letter, at, **over), round_trip=trip, actor=lead, now=at
    )
    return letter


def _accepted(above: Member, lead: Actor, now: datetime, n: int) -> None:
    for k in range(n):
        send(peer=above.peer, obj=_ours(now, f"m{k}"), subject=f"{k}", tlp=Tlp.AMBER, actor=lead, now=now)
    settled(accepted=next_batch(peer=above.peer, now=now), now=now)


def test_a_member_names_what_it_believes_taken_until_it_was_told_so(above: Member, lead, now) -> None:
    _accepted(above, lead, now, 3)
    letter = _exchange(above, lead, now)
    assert letter["settled"] == [1, 2, 3]
    assert "settled" not in _exchange(above, lead, now + timedelta(seconds=15))
    link = Link.objects.get(pk=above.peer.pk)
    assert link.round_trip_ms == pytest.approx(40)


@pytest.mark.parametrize(
    "over, again",
    [
        ({"received_sequence": 1}, {2, 3}),
        ({"received_sequence": 3, "missing": [2]}, {2}),
        ({"received_sequence": 0}, {1, 2, 3}),
        ({"received_sequence": 3, "received_count": 0}, {1, 2, 3}),
    ],
)
def test_what_a_restored_authority_lacks_is_sent_again(above: Member, lead, now, over, again) -> None:
    _accepted(above, lead, now, 3)
    Link.objects.filter(pk=above.peer.pk).update(their_received_count=3)
    _exchange(above, lead, now + timedelta(hours=1), **over)
    queued = set(Outgoing.objects.filter(state=OutgoingState.QUEUED).values_list("sequence", flat=True))
    assert again <= queued
    assert Entry.objects.get(action="exchange.restored_noticed").facts["side"] == "there"


def test_a_restored_member_jumps_beyond_the_numbers_that_are_taken(above: Member, lead, now) -> None:
    _exchange(above, lead, now, received_sequence=40)
    assert Link.objects.get(pk=above.peer.pk).last_sequence == 1040
    assert Entry.objects.get(action="exchange.restored_noticed").facts["side"] == "here"


def test_a_collection_that_ends_before_our_cursor_is_read_from_its_end(above: Member, lead, now) -> None:
    Cursor.objects.create(peer=above.peer, alias="directives", added_after="2022-05-01T00:00:00.000000Z")
    _exchange(above, lead, now, tips={"directives": "2022-04-29T00:00:00.000000Z"})
    assert Cursor.objects.get().added_after == "2022-04-29T00:00:00.000000Z"


def test_the_authority_notices_on_which_side_the_counters_fell(member: Member, now) -> None:
    member.sequence = 9
    member.arrives(member.says())
    for n, (over, side) in enumerate([({"last_sequence": 4}, "there"), ({"settled_sequence": 12}, "here")]):
        at = now + timedelta(seconds=n)
        letter = _beat(member, at=at, **{"last_sequence": 12, **over})
        take_beat(peer=member.peer, letter=letter, actor=PEER, now=at)
        assert Entry.objects.filter(action="exchange.restored_noticed").order_by("-row")[0].facts["side"] == side
    answer = take_beat(peer=member.peer, letter=_beat(member, count=2**52, settled=[10, 11]), actor=PEER, now=now)
    assert answer["missing"] == [11]
    assert own_instance() == own_instance()
