"""Handing over: the list is drawn up from what is open, the outgoing side signs it, the incoming side takes it.

Nothing is dropped silently: what appears or is closed between the two signatures stays on the list, marked so.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from django.db import transaction

from vigil.domain.duty.actions.telling import tell
from vigil.domain.duty.models import DutyShift, HandOver, HandOverState, Kind
from vigil.domain.organisations.models import Person
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict, NotAllowed
from vigil.kernel.phrases import N_
from vigil.kernel.proofs import OpenItem


def following(shift: DutyShift) -> DutyShift | None:
    """The shift that takes over at the same post: the next to begin."""
    later = DutyShift.objects.filter(
        roster=shift.roster_id, post=shift.post_id, dropped_at=None, turn_starts_at__gte=shift.ends_at
    )
    return later.order_by("turn_starts_at").first()


def listed(items: Sequence[OpenItem]) -> list[dict[str, Any]]:
    """Open items as they stand on a list."""
    return [
        {
            "key": hashlib.sha256(orjson.dumps([one.room, one.statement.to_json(), one.link])).hexdigest()[:16],
            "room": one.room,
            "statement": one.statement.to_json(),
            "since": one.since.isoformat(),
            "link": one.link,
            "remark": "",
            "news": "",
        }
        for one in items
    ]


def digest_of(hand_over: HandOver, items: Sequence[OpenItem]) -> str:
    """What a signature is over: the list as shown to who signs."""
    shown = [(one["key"], one["news"]) for one in _merged(hand_over, items)]
    return hashlib.sha256(orjson.dumps([str(hand_over.pk), str(hand_over.state), shown])).hexdigest()


def _merged(hand_over: HandOver, items: Sequence[OpenItem]) -> list[dict[str, Any]]:
    """The list as it stands now: before the first signature simply what is open; after it, with what changed marked."""
    fresh = listed(items)
    if hand_over.state == HandOverState.DRAWN:
        remarks = {one["key"]: one["remark"] for one in hand_over.items}
        return [{**one, "remark": remarks.get(one["key"], "")} for one in fresh]
    now_open = {one["key"] for one in fresh}
    signed = {one["key"] for one in hand_over.items}
    kept = [{**one, "news": one["news"] or ("" if one["key"] in now_open else "gone")} for one in hand_over.items]
    return [*kept, *({**one, "news": "new"} for one in fresh if one["key"] not in signed)]


def list_of(hand_over: HandOver, items: Sequence[OpenItem]) -> list[dict[str, Any]]:
    """The list to show; a finished hand-over shows what was signed."""
    return list(hand_over.items) if hand_over.state == HandOverState.TAKEN else _merged(hand_over, items)


@transaction.atomic
def draw_up(*, shift: DutyShift, items: Sequence[OpenItem], actor: Actor, now: datetime) -> HandOver:
    """The hand-over at the end of `shift`; drawn up once, its list is kept fresh until the first signature."""
    made, fresh = HandOver.objects.get_or_create(
        shift_out=shift, defaults={"shift_in": following(shift), "items": listed(items), "drawn_at": now}
    )
    if fresh:
        organisation = shift.post.organisation_id
        tell(made, "handover_drawn", organisation=organisation, actor=actor, now=now, facts={"count": len(items)})
    elif made.state != HandOverState.TAKEN and (made.shift_in is None or made.shift_in.dropped_at is not None):
        HandOver.objects.filter(pk=made.pk).update(shift_in=following(shift))
        made.refresh_from_db()
    return made


@transaction.atomic
def give(
    *,
    hand_over: HandOver,
    person: Person,
    items: Sequence[OpenItem],
    digest: str,
    remarks: Mapping[str, str],
    note: str,
    actor: Actor,
    now: datetime,
) -> HandOver:
    """The outgoing side signs the list.

    Raises: NotAllowed `handover.not_on_shift`; Conflict `handover.changed`, `handover.signed`, `handover.early`.
    """
    held = _held(hand_over, HandOverState.DRAWN, digest, items)
    if now < held.shift_out.starts_at:
        raise Conflict("handover.early", N_("This shift has not begun: there is nothing to hand over yet."))
    _on_shift(held.shift_out, person)
    held.items = [{**one, "remark": remarks.get(one["key"], "").strip()[:500]} for one in _merged(held, items)]
    held.state, held.note, held.out_by, held.out_at = HandOverState.GIVEN, note.strip()[:5000], person, now
    held.save(update_fields=["items", "state", "note", "out_by", "out_at"])
    _told(held, "handover_given", person, actor, now)
    return held


@transaction.atomic
def take(
    *,
    hand_over: HandOver,
    person: Person,
    items: Sequence[OpenItem],
    digest: str,
    note: str,
    actor: Actor,
    now: datetime,
) -> HandOver:
    """The incoming side signs it, with what changed since. Raises: as `give`, and Conflict `handover.no_next`,
    `handover.not_given`."""
    held = _held(hand_over, HandOverState.GIVEN, digest, items)
    if held.shift_in is None:
        raise Conflict("handover.no_next", N_("Nobody takes over: the roster ends here."))
    _on_shift(held.shift_in, person)
    held.items = _merged(held, items)
    held.state, held.in_note, held.in_by, held.in_at = HandOverState.TAKEN, note.strip()[:5000], person, now
    held.save(update_fields=["items", "state", "in_note", "in_by", "in_at"])
    _told(held, "handover_taken", person, actor, now)
    return held


def _held(hand_over: HandOver, state: str, digest: str, items: Sequence[OpenItem]) -> HandOver:
    held = (
        HandOver.objects.select_for_update(of=("self",))
        .select_related("shift_out__post", "shift_in__post")
        .get(pk=hand_over.pk)
    )
    if held.state == HandOverState.DRAWN != state:
        raise Conflict("handover.not_given", N_("The outgoing side has not signed yet."))
    if held.state != state:
        raise Conflict("handover.signed", N_("This hand-over was signed meanwhile."))
    if digest != digest_of(held, items):
        raise Conflict("handover.changed", N_("The list has changed since you saw it. Look again, then sign."))
    return held


def _on_shift(shift: DutyShift, person: Person) -> None:
    if not shift.rows.filter(superseded_at=None, person=person, kind=Kind.ON_SITE).exists():
        raise NotAllowed("handover.not_on_shift", N_("Only who stands in the shift signs for it."))


def _told(hand_over: HandOver, action: str, person: Person, actor: Actor, now: datetime) -> None:
    news = [one["news"] for one in hand_over.items]
    tell(
        hand_over,
        action,
        organisation=hand_over.shift_out.post.organisation_id,
        actor=actor,
        now=now,
        personal={"person": person.name},
        facts={
            "count": len(news),
            "came": news.count("new"),
            "closed": news.count("gone"),
            "sha256": hashlib.sha256(orjson.dumps(hand_over.items)).hexdigest(),
        },
    )
