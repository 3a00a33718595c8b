"""The proof of 1.d, for a peer above and for one below: what is measured is said, what is not is not "met"."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from vigil.domain.exchange.models import Link, LinkSample, Outgoing, Peer, PeerSide, PeerState, Received
from vigil.domain.exchange.open_items import LinkOpenItems
from vigil.domain.exchange.proofs import ConnectionProver
from vigil.domain.organisations.models import Home, Organisation
from vigil.kernel.proofs import Question, Verdict

pytestmark = pytest.mark.django_db
Prove = Callable[..., Any]


@pytest.fixture
def question(isp: Organisation, now: datetime) -> Question:
    return Question(uuid4(), "1.d", "information_sharing", isp.pk, now - timedelta(hours=2), now + timedelta(days=5))


@pytest.fixture(params=[PeerSide.ABOVE, PeerSide.BELOW])
def link(request: pytest.FixtureRequest, isp: Organisation, now: datetime) -> Link:
    peer = Peer.objects.create(
        organisation=isp, name="Bên kia", side=request.param, state=PeerState.ACTIVE,
        created_at=now, linked_at=now - timedelta(hours=2),
    )  # fmt: skip
    hour = timedelta(hours=1)
    for n in (1, 2):
        LinkSample.objects.create(peer=peer, at=now - n * hour, minutes=60, up_minutes=60)
    return Link.objects.create(peer=peer, beat_at=now, round_trip_ms=20, clock_offset_ms=3, last_in_at=now)


def _verdict(question: Question, now: datetime) -> Verdict:
    proof = ConnectionProver().prove(question, now)
    assert proof.sentence.said()
    assert all(fact.statement.said() for fact in proof.facts)
    assert proof.as_of(proof.valid_until + timedelta(seconds=1)).verdict == Verdict.CANNOT_TELL
    return proof.verdict


def _late_queue(link: Link, now: datetime) -> None:
    old = now - timedelta(minutes=6)
    if link.peer.side == PeerSide.BELOW:
        link.their_queue, link.their_oldest_at = 1, old
        return
    Outgoing.objects.create(
        peer=link.peer, sequence=1, subject="s", stix_id="x", version="v", obj={}, tlp=1,
        created_at=old, fact_at=old, next_attempt_at=now,
    )  # fmt: skip


def _slow(link: Link, now: datetime) -> None:
    Received.objects.create(peer=link.peer, stix_id="x", version="v", digest="d", at=now, delay_s=400)


def _was_cut(link: Link, now: datetime) -> None:
    LinkSample.objects.filter(peer=link.peer).update(up_minutes=40)


def _cut(link: Link, now: datetime) -> None:
    link.beat_at = link.outage_since = now - timedelta(seconds=61)


def _pending(link: Link, now: datetime) -> None:
    Peer.objects.filter(pk=link.peer_id).update(state=PeerState.PENDING)


def _ended(link: Link, now: datetime) -> None:
    Peer.objects.filter(pk=link.peer_id).update(state=PeerState.REVOKED)


@pytest.mark.parametrize(
    "change, verdict",
    [
        (lambda link, now: None, Verdict.MET),
        (_late_queue, Verdict.AT_RISK),
        (_slow, Verdict.AT_RISK),
        (_was_cut, Verdict.AT_RISK),
        (_cut, Verdict.NOT_MET),
        (_pending, Verdict.CANNOT_TELL),
        (_ended, Verdict.CANNOT_TELL),
    ],
)
def test_the_verdict_follows_what_is_measured(link, question, now, change, verdict) -> None:
    change(link, now)
    link.save()
    assert _verdict(question, now) == verdict


@pytest.mark.parametrize(
    "home, verdict",
    [(Home.HERE, Verdict.CANNOT_TELL), (Home.GUEST, Verdict.CANNOT_TELL), (Home.PEER, Verdict.NOT_MET)],
)
def test_without_a_link_nothing_is_claimed(question, isp, now, home, verdict) -> None:
    Organisation.objects.filter(pk=isp.pk).update(home=home)
    assert _verdict(question, now) == verdict


def test_a_proof_ends_before_a_missing_heartbeat_could_hide_behind_it(link, question, now) -> None:
    assert ConnectionProver().prove(question, now).valid_until <= now + timedelta(seconds=60)


def test_a_cut_link_and_a_comparison_not_made_are_open_items(link, isp, now) -> None:
    assert not LinkOpenItems().open_items(isp.pk, now)
    _cut(link, now)
    link.save()
    (item,) = LinkOpenItems().open_items(isp.pk, now)
    assert item.since == now - timedelta(seconds=61)
    _pending(link, now)
    assert len(LinkOpenItems().open_items(isp.pk, now)) == 2
