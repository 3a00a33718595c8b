"""What both sides note of a link alike: that it is up, since when it is not, the peer's clock, the peer's journal."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Avg, Max, Sum

from vigil.domain.exchange.models import Link, LinkSample, Peer, PeerKind, PeerState, WitnessedHead
from vigil.domain.exchange.queries.links import outage_limit
from vigil.domain.journal.actions import record
from vigil.domain.journal.models import Head
from vigil.kernel.actors import Actor

CLOCK_OFF_MS: Final = 300_000.0
CLOCK_RIGHT_MS: Final = 60_000.0
_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)
_FINE: Final = timedelta(days=2)
_WITNESSED: Final = timedelta(days=2)


def own_head() -> dict[str, Any]:
    """Our journal's last signed head, for the peer to witness."""
    head = Head.objects.order_by("-sequence").first()
    return {"sequence": head.sequence, "hash": head.hash} if head is not None else {"sequence": 0, "hash": "0" * 64}


def _tell(link: Link, action: str, actor: Actor, now: datetime, **facts: Any) -> None:
    organisation: UUID = link.peer.organisation_id
    record(
        actor=actor,
        now=now,
        action=action,
        subject=f"exchange.peer:{link.peer_id}",
        organisation=organisation,
        facts={"name": link.peer.name, **facts},
    )


def alive(*, link: Link, actor: Actor, now: datetime, queue: int) -> None:
    """A heartbeat went through: the minutes since the last one were up, and an outage is over. Changes `link` without
    saving it."""
    before = link.beat_at
    first = now
    if before is not None and timedelta(0) <= now - before <= outage_limit(link):
        first = before
    minute = _floor(first, _MINUTE)
    while minute <= now:
        LinkSample.objects.update_or_create(
            peer=link.peer, minutes=1, at=minute, defaults={"round_trip_ms": link.round_trip_ms, "queue": queue}
        )
        minute += _MINUTE
    link.beat_at = now
    link.trouble = None
    if link.outage_since is not None:
        lasted = max(0, int((now - link.outage_since).total_seconds()))
        _tell(link, "exchange.outage_ended", actor, now, seconds=lasted, since=link.outage_since.isoformat())
        link.outage_since = None


def notice_outages(*, actor: Actor, now: datetime) -> int:
    """Say of every active link, above or below, that it is cut, once; returns how many are newly so."""
    links = Link.objects.filter(peer__state=PeerState.ACTIVE, peer__kind=PeerKind.VIGIL, outage_since=None)
    late = [link.pk for link in links.select_related("peer") if _is_late(link, now)]
    return sum(_cut(pk, actor, now) for pk in late)


def _is_late(link: Link, now: datetime) -> bool:
    since = link.beat_at or link.peer.linked_at
    return since is not None and now - since > outage_limit(link)


@transaction.atomic
def _cut(pk: UUID, actor: Actor, now: datetime) -> bool:
    link = Link.objects.select_for_update(of=("self",)).select_related("peer").get(pk=pk)
    since = link.beat_at or link.peer.linked_at
    if link.outage_since is not None or since is None or not _is_late(link, now):
        return False
    Link.objects.filter(pk=pk).update(outage_since=since)
    _tell(link, "exchange.outage_began", actor, now, since=since.isoformat())
    return True


def judge_clock(*, link: Link, actor: Actor, now: datetime) -> None:
    """Say once that the peer's clock is more than five minutes off. Changes `link` without saving it."""
    off = abs(link.clock_offset_ms or 0.0)
    if off > CLOCK_OFF_MS and not link.clock_told:
        link.clock_told = True
        _tell(link, "exchange.clock_off", actor, now, seconds=round((link.clock_offset_ms or 0.0) / 1000))
    elif off < CLOCK_RIGHT_MS:
        link.clock_told = False


def witness(*, link: Link, sequence: int, digest: str, actor: Actor, now: datetime) -> None:
    """Keep the peer's journal head. Two hashes for one number, or a number that fell, is said when it appears."""
    last = WitnessedHead.objects.filter(peer=link.peer).order_by("-id").first()
    if last is not None and (last.sequence, last.hash) == (sequence, digest):
        return
    highest = WitnessedHead.objects.filter(peer=link.peer).aggregate(most=Max("sequence"))["most"] or 0
    forked = WitnessedHead.objects.filter(peer=link.peer, sequence=sequence).exclude(hash=digest).exists()
    WitnessedHead.objects.create(peer=link.peer, sequence=sequence, hash=digest, at=now)
    if forked and sequence:
        _tell(link, "exchange.journal_forked", actor, now, sequence=sequence)
    elif last is not None and sequence < last.sequence:
        _tell(link, "exchange.journal_shortened", actor, now, sequence=sequence, before=highest)


def _floor(instant: datetime, step: timedelta) -> datetime:
    return instant - (instant - datetime(2000, 1, 1, tzinfo=instant.tzinfo)) % step


@transaction.atomic
def thin(*, now: datetime) -> None:
    """Put minutes older than two days together by hours; of heads older than that keep each day's last."""
    for peer in Peer.objects.filter(samples__minutes=1, samples__at__lt=now - _FINE).distinct():
        old = LinkSample.objects.filter(peer=peer, minutes=1, at__lt=_floor(now - _FINE, _HOUR))
        while (first := old.order_by("at").first()) is not None:
            hour = _floor(first.at, _HOUR)
            rows = old.filter(at__lt=hour + _HOUR)
            whole = rows.aggregate(up=Sum("up_minutes"), trip=Avg("round_trip_ms"), queue=Max("queue"))
            LinkSample.objects.update_or_create(
                peer=peer,
                minutes=60,
                at=hour,
                defaults={
                    "up_minutes": min(60, whole["up"]),
                    "round_trip_ms": whole["trip"],
                    "queue": whole["queue"] or 0,
                },
            )
            rows.delete()
    for peer in Peer.objects.filter(heads__at__lt=now - _WITNESSED).distinct():
        kept: dict[Any, int] = {}
        heads = WitnessedHead.objects.filter(peer=peer, at__lt=now - _WITNESSED).order_by("id")
        for pk, at in heads.values_list("pk", "at"):
            kept[at.date()] = pk
        heads.exclude(pk__in=list(kept.values())).delete()
