"""The heartbeat: what a member says of itself every few seconds, what the authority answers, what each learns from it.

Both carry counters. A counter that fell tells that its side was restored from a backup: the member then sends again
everything that the authority lacks, or moves its own numbers beyond those that are taken; both say what was done.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Q

from vigil.domain.exchange.actions.watching import alive, judge_clock, own_head, witness
from vigil.domain.exchange.instants import write_instant
from vigil.domain.exchange.models import Collection, Cursor, Link, Outgoing, OutgoingState, Peer, Received
from vigil.domain.exchange.queries.links import own_instance, queue_of
from vigil.domain.exchange.stix import instant_of, key_id_of, written
from vigil.domain.exchange.stix.fields import Count, Field, Instant, Listed, Record, Text
from vigil.domain.journal.actions import record
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict, NotAllowed, Refused
from vigil.kernel.phrases import N_

JUMP: Final = 1000
MOST_TOLD: Final = 500
_BEYOND: Final = 2**53 - 1


class _Map:
    """Short names to one kind of value, at most twenty."""

    def __init__(self, of: Field) -> None:
        self._of = of

    def fault(self, value: Any, where: str) -> str | None:
        """See `Field`."""
        if not isinstance(value, dict) or len(value) > 20 or any(not str(k).isascii() or len(k) > 100 for k in value):
            return f"{where} is no table of at most 20"
        return next((why for key, one in value.items() if (why := self._of.fault(one, f"{where}.{key}"))), None)


_HEAD = Record({"sequence": Count(_BEYOND), "hash": Text(64, 64)})
_BEAT: Final = Record(
    {
        "peer": Text(36, 36),
        "count": Count(_BEYOND),
        "sent_at": Instant(),
        "instance": Text(36, 36),
        "interval_s": Count(86_400),
        "last_sequence": Count(_BEYOND),
        "settled_sequence": Count(_BEYOND),
        "queue": Count(),
        "cursors": _Map(Text(40, 0)),
        "journal": _HEAD,
    },
    {
        "settled": Listed(Count(_BEYOND), MOST_TOLD),
        "oldest_at": Instant(),
        "round_trip_ms": Count(),
        "knows_key": Text(64, 64),
    },
)
_ANSWER: Final = Record(
    {
        "received_at": Instant(),
        "sent_at": Instant(),
        "instance": Text(36, 36),
        "received_sequence": Count(_BEYOND),
        "received_count": Count(_BEYOND),
        "tips": _Map(Text(40)),
        "journal": _HEAD,
    },
    {"missing": Listed(Count(_BEYOND), MOST_TOLD), "next_key": Text(64, 64), "next_proof": Text(128, 128)},
)


def _demand(shape: Record, letter: Any) -> None:
    if why := shape.fault(letter, ""):
        raise Refused("exchange.bad_letter", N_("The message between the two Vigils has not its form: {why}"), why=why)


def next_count(link: Link, now: datetime) -> int:
    """The number of our next signed request: it grows even when we were restored from a backup."""
    count = max(link.count + 1, int(now.timestamp() * 1000))
    Link.objects.filter(pk=link.pk).update(count=count)
    link.count = count
    return count


@transaction.atomic
def compose(*, peer: Peer, interval_s: float, now: datetime) -> dict[str, Any]:
    """Our heartbeat to a peer above."""
    link = Link.objects.select_for_update(of=("self",)).select_related("peer").get(peer=peer)
    told = Outgoing.objects.filter(peer=peer, state=OutgoingState.SENT, told=False).order_by("settled_at")
    queue = queue_of(link)
    letter: dict[str, Any] = {
        "peer": str(link.remote_id),
        "count": next_count(link, now),
        "sent_at": written(now),
        "instance": str(own_instance()),
        "interval_s": max(1, round(interval_s)),
        "last_sequence": link.last_sequence,
        "settled_sequence": link.settled_sequence,
        "queue": queue.length,
        "cursors": dict(Cursor.objects.filter(peer=peer).values_list("alias", "added_after")),
        "journal": own_head(),
        "knows_key": key_id_of(link.peer.public_key),
    }
    settled = list(told.values_list("sequence", flat=True)[:MOST_TOLD])
    if settled:
        letter["settled"] = settled
    if queue.oldest_at is not None:
        letter["oldest_at"] = written(queue.oldest_at)
    if link.round_trip_ms is not None:
        letter["round_trip_ms"] = round(link.round_trip_ms)
    return letter


@transaction.atomic
def take_beat(*, peer: Peer, letter: Any, actor: Actor, now: datetime) -> dict[str, Any]:
    """At the authority: learn from a member's heartbeat and answer it. The caller has checked token and signature.

    Raises: Refused `exchange.bad_letter`; Conflict `exchange.replayed`; NotAllowed `exchange.other_instance`.
    """
    _demand(_BEAT, letter)
    link = Link.objects.select_for_update(of=("self",)).select_related("peer").get(peer=peer)
    fresh(link, letter["count"])
    if letter["instance"] != str(link.instance):
        raise NotAllowed("exchange.other_instance", N_("Another database uses this link's key."))
    missing = _missing_here(link, letter)
    _compare_at_authority(link, letter, missing, actor, now)
    trip = float(letter.get("round_trip_ms", 0))
    if "round_trip_ms" in letter:
        link.round_trip_ms = trip
    ahead = instant_of(letter["sent_at"]) - now + timedelta(milliseconds=trip / 2)
    link.clock_offset_ms = ahead / timedelta(milliseconds=1)
    link.interval_s = float(max(1, min(letter["interval_s"], 3600)))
    link.their_queue = letter["queue"]
    link.their_oldest_at = instant_of(letter["oldest_at"]) - ahead if "oldest_at" in letter else None
    link.their_cursors = letter["cursors"]
    _note(link, letter["journal"], letter["queue"], actor, now)
    link.save()
    tips = Collection.objects.filter(grants__peer=peer, grants__can_read=True).exclude(alias="returns")
    answer = {
        "received_at": written(now),
        "sent_at": written(now),
        "instance": str(own_instance()),
        "received_sequence": link.received_sequence,
        "received_count": link.received_count,
        "tips": {one.alias: write_instant(one.last_added) for one in tips},
        "journal": own_head(),
    }
    return {**answer, "missing": missing} if missing else answer


def fresh(link: Link, count: int) -> None:
    """Take the number of a signed request. Raises: Conflict `exchange.replayed` when it was here before."""
    if count <= link.count:
        raise Conflict("exchange.replayed", N_("This request was here before; the last was {last}."), last=link.count)
    Link.objects.filter(pk=link.pk).update(count=count)
    link.count = count


def _missing_here(link: Link, letter: dict[str, Any]) -> list[int]:
    """Of what the member believes taken, what is not here."""
    told = letter.get("settled", [])
    here = set(Received.objects.filter(peer=link.peer, sequence__in=told).values_list("sequence", flat=True))
    return [sequence for sequence in told if sequence not in here]


def _compare_at_authority(link: Link, letter: dict[str, Any], missing: list[int], actor: Actor, now: datetime) -> None:
    if missing or letter["settled_sequence"] > link.received_sequence:
        _restored(
            link, "here", actor, now, count=max(len(missing), letter["settled_sequence"] - link.received_sequence)
        )
    fell = [a for a, cursor in letter["cursors"].items() if cursor < str(link.their_cursors.get(a, ""))]
    if letter["last_sequence"] < link.received_sequence:
        _restored(link, "there", actor, now, count=link.received_sequence - letter["last_sequence"])
    elif fell:
        _restored(link, "there", actor, now, count=len(fell))


def _restored(link: Link, side: str, actor: Actor, now: datetime, *, count: int) -> None:
    record(
        actor=actor,
        now=now,
        action="exchange.restored_noticed",
        subject=f"exchange.peer:{link.peer_id}",
        organisation=link.peer.organisation_id,
        facts={"name": link.peer.name, "side": side, "count": count},
    )


def _note(link: Link, head: dict[str, Any], queue: int, actor: Actor, now: datetime) -> None:
    alive(link=link, actor=actor, now=now, queue=queue)
    judge_clock(link=link, actor=actor, now=now)
    witness(link=link, sequence=head["sequence"], digest=head["hash"], actor=actor, now=now)


@transaction.atomic
def take_answer(
    *, peer: Peer, letter: dict[str, Any], answer: Any, round_trip: timedelta, actor: Actor, now: datetime
) -> dict[str, str]:
    """At the member: learn from the authority's answer to `letter`; returns the tips of its collections.

    Raises: Refused `exchange.bad_letter`; NotAllowed `exchange.other_instance`.
    """
    _demand(_ANSWER, answer)
    link = Link.objects.select_for_update(of=("self",)).select_related("peer").get(peer=peer)
    if answer["instance"] != str(link.instance):
        raise NotAllowed("exchange.other_instance", N_("Another database uses this link's key."))
    left, back = instant_of(letter["sent_at"]), instant_of(letter["sent_at"]) + round_trip
    came, went = instant_of(answer["received_at"]), instant_of(answer["sent_at"])
    link.clock_offset_ms = ((came - left) + (went - back)) / 2 / timedelta(milliseconds=1)
    link.round_trip_ms = max(0.0, (round_trip - (went - came)) / timedelta(milliseconds=1))
    missing = answer.get("missing", [])
    if (
        missing
        or answer["received_sequence"] < letter["settled_sequence"]
        or answer["received_count"] < link.their_received_count
    ):
        again = _send_again(link, answer["received_sequence"], missing, now)
        _restored(link, "there", actor, now, count=again)
    elif answer["received_sequence"] > link.last_sequence:
        link.last_sequence = answer["received_sequence"] + JUMP
        _restored(link, "here", actor, now, count=answer["received_sequence"] - letter["last_sequence"])
    told = set(letter.get("settled", [])) - set(missing)
    Outgoing.objects.filter(peer=peer, state=OutgoingState.SENT, sequence__in=told).update(told=True)
    link.their_received_count = answer["received_count"]
    _back_to_the_tips(link, answer["tips"], actor, now)
    link.interval_s = float(letter["interval_s"])
    _note(link, answer["journal"], letter["queue"], actor, now)
    link.save()
    return {str(alias): str(tip) for alias, tip in answer["tips"].items()}


def _send_again(link: Link, received: int, missing: list[int], now: datetime) -> int:
    """Queue again what the authority, restored to an earlier hour, lacks or may lack; what it has is only told twice.

    Everything accepted after its last known message, by number and by time, counts as lost.
    """
    rows = Outgoing.objects.filter(peer=link.peer, state=OutgoingState.SENT)
    last = rows.filter(sequence=received).values_list("settled_at", flat=True).first()
    since = (last or datetime(1970, 1, 1, tzinfo=UTC)) - timedelta(minutes=1)
    lost = rows.filter(Q(sequence__gt=received) | Q(sequence__in=missing) | Q(settled_at__gte=since))
    again = lost.update(state=OutgoingState.QUEUED, settled_at=None, told=False, next_attempt_at=now, attempts=0)
    link.settled_sequence = min(link.settled_sequence, received)
    return again


def _back_to_the_tips(link: Link, tips: dict[str, str], actor: Actor, now: datetime) -> None:
    """A collection that ends before the place up to which we read it was restored: read on from its end."""
    for cursor in Cursor.objects.filter(peer=link.peer, alias__in=list(tips)):
        if cursor.added_after > tips[cursor.alias]:
            Cursor.objects.filter(pk=cursor.pk).update(added_after=tips[cursor.alias], at=now)
            _restored(link, "there", actor, now, count=0)
