"""Dead-man's switches: made, pinged, watched, revoked. Silence pages somebody; our own absence does not."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from vigil.domain.journal.actions import record
from vigil.domain.journal.saving import save_and_record
from vigil.domain.paging.actions.raising import raise_page, resolve_pages
from vigil.domain.paging.keys import sha256
from vigil.domain.paging.models import DeadMan, DeadManState, PagerNote, Ping, Urgency
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict, NotFound
from vigil.kernel.identifiers import new_token
from vigil.kernel.phrases import N_, Phrase, phrase

AWAY_AFTER = timedelta(seconds=30)
NOTE_EVERY = timedelta(seconds=5)
_ALIVE_EVERY = timedelta(seconds=1)


def make_switch(*, switch: DeadMan, actor: Actor, now: datetime) -> tuple[DeadMan, str]:
    """A new switch and the token of its address, which cannot be had again. Raises: Refused `input.invalid`."""
    token = new_token()
    switch.token_sha256, switch.created_at, switch.counts_from = sha256(token), now, now
    save_and_record(switch, actor=actor, now=now, organisation=switch.organisation_id, personal=("token_sha256",))
    return switch, token


@transaction.atomic
def revoke_switch(*, switch: DeadMan, actor: Actor, now: datetime) -> None:
    """Its address stops working, and its silence pages nobody. Raises: Conflict `paging.switch_revoked`."""
    if not DeadMan.objects.filter(pk=switch.pk, revoked_at=None).update(revoked_at=now):
        raise Conflict("paging.switch_revoked", N_("This switch was already revoked."))
    _tell("paging.switch_revoked", switch, actor, now)
    _heard_again(switch, actor, now)


def ping(*, token: str, well: bool, now: datetime) -> DeadMan:
    """A ping came; not `well`: its sender says of itself that something fails, which pages at once.

    Raises: NotFound `paging.no_switch`.
    """
    rows = DeadMan.objects.select_related("organisation", "policy")
    switch = rows.filter(token_sha256=sha256(token[:200]), revoked_at=None).first()
    if switch is None:
        raise NotFound("paging.no_switch", N_("This address is not known or was revoked."))
    state = DeadManState.UP if well else DeadManState.DOWN
    held = DeadMan.objects.filter(pk=switch.pk)
    if switch.state == state:
        old = Q(last_ping_at__lt=now - _ALIVE_EVERY) | Q(last_ping_at__gt=now) | Q(last_ping_at=None)
        held.filter(old).update(last_ping_at=now, counts_from=now)
        return switch
    _turned(switch, state, Actor("link", str(switch.pk), switch.name), now)
    return switch


@transaction.atomic
def _turned(switch: DeadMan, state: str, actor: Actor, now: datetime) -> None:
    rows = DeadMan.objects.filter(pk=switch.pk, revoked_at=None)
    if not rows.update(last_ping_at=now, counts_from=now, state=state):
        return
    if state == DeadManState.DOWN:
        _page(switch, actor, now, phrase(N_("{name} says of itself that something fails."), name=switch.name))
    elif switch.state == DeadManState.DOWN:
        _tell("paging.switch_heard", switch, actor, now)
        _heard_again(switch, actor, now)


def look_at_switches(*, actor: Actor, now: datetime) -> int:
    """Who is late, who is silent? Silent ones page; returns how many became so.

    When this Vigil itself was away (nobody looked for half a minute, or the clock jumped), silence counts from now:
    what we could not have heard is no silence.
    """
    note = PagerNote.objects.filter(pk=1).first()
    if note is None or not timedelta(0) <= now - note.looked_at <= AWAY_AFTER:
        DeadMan.objects.filter(revoked_at=None).update(counts_from=now)
    if note is None or not timedelta(0) <= now - note.looked_at < NOTE_EVERY:
        PagerNote.objects.update_or_create(pk=1, defaults={"looked_at": now})
    fell = 0
    watched = DeadMan.objects.filter(revoked_at=None, state__in=[DeadManState.UP, DeadManState.LATE])
    for switch in watched.select_related("organisation", "policy"):
        silent = now - switch.counts_from
        if silent > timedelta(seconds=switch.period_s + switch.grace_s):
            fell += _fell_silent(switch, actor, now)
        elif (silent > timedelta(seconds=switch.period_s)) != (switch.state == DeadManState.LATE):
            late = silent > timedelta(seconds=switch.period_s)
            rows = DeadMan.objects.filter(pk=switch.pk, state=switch.state)
            rows.update(state=DeadManState.LATE if late else DeadManState.UP)
    return fell


@transaction.atomic
def _fell_silent(switch: DeadMan, actor: Actor, now: datetime) -> bool:
    rows = DeadMan.objects.filter(pk=switch.pk, state=switch.state, counts_from=switch.counts_from)
    if not rows.update(state=DeadManState.DOWN):
        return False
    _tell("paging.switch_silent", switch, actor, now)
    last = switch.last_ping_at or switch.created_at
    _page(switch, actor, now, phrase(N_("{name} was last heard at {at}."), name=switch.name, at=last))
    return True


def _page(switch: DeadMan, actor: Actor, now: datetime, body: Phrase) -> None:
    raise_page(
        organisation=switch.organisation,
        kind="paging.silence",
        subject=f"paging.deadman:{switch.pk}",
        title=phrase(N_("{name} has fallen silent"), name=switch.name),
        body=body,
        urgency=Urgency.URGENT,
        policy=switch.policy,
        dedupe_key=_dedupe(switch),
        actor=actor,
        now=now,
    )


def _heard_again(switch: DeadMan, actor: Actor, now: datetime) -> None:
    resolve_pages(organisation=switch.organisation_id, dedupe_key=_dedupe(switch), actor=actor, now=now)


def _dedupe(switch: DeadMan) -> str:
    return f"paging.deadman:{switch.pk}"


def pinged(*, well: bool, arrived: bool, error: str, now: datetime) -> None:
    """What became of a ping of ours to the outside."""
    told: dict[str, object] = {"at": now, "well": well, "arrived": arrived, "error": error[:200]}
    if arrived:
        told["arrived_at"] = now
    Ping.objects.update_or_create(pk=1, defaults=told)


def _tell(action: str, switch: DeadMan, actor: Actor, now: datetime) -> None:
    record(
        actor=actor,
        now=now,
        action=action,
        subject=f"paging.deadman:{switch.pk}",
        organisation=switch.organisation_id,
        facts={"name": switch.name},
    )
