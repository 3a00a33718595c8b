"""Keys without an account: made, used, revoked. Only a digest is kept."""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q

from vigil.domain.duty.actions.presence import sha256
from vigil.domain.duty.actions.telling import tell
from vigil.domain.duty.models import DutyKey, KeyUse
from vigil.domain.organisations.models import Organisation, Person
from vigil.kernel.actors import Actor
from vigil.kernel.errors import NotFound
from vigil.kernel.identifiers import new_token
from vigil.kernel.phrases import N_

MOST_CALENDARS: Final = 10
_SEEN_EVERY: Final = timedelta(minutes=5)


@transaction.atomic
def make_key(
    *,
    organisation: Organisation,
    person: Person | None,
    use: str,
    actor: Actor,
    now: datetime,
    expires_at: datetime | None = None,
) -> tuple[DutyKey, str]:
    """A new key; returns it with its token, which is shown once. Of a calendar the newest `MOST_CALENDARS` are kept."""
    if use == KeyUse.SHIFTS and person is None:
        raise ValueError("a key to shifts is a person's")
    token = new_token()
    key = DutyKey.objects.create(
        organisation=organisation,
        person=person,
        use=use,
        token_sha256=sha256(token),
        made_at=now,
        expires_at=expires_at,
    )
    if use == KeyUse.CALENDAR:
        alike = DutyKey.objects.filter(organisation=organisation, person=person, use=use, revoked_at=None)
        for old in alike.order_by("-made_at", "-pk")[MOST_CALENDARS:]:
            revoke_key(key=old, actor=actor, now=now)
    tell(
        key,
        "key_made",
        organisation=organisation.pk,
        actor=actor,
        now=now,
        personal={"person": person.name} if person else None,
        facts={"use": str(use)},
    )
    return key, token


@transaction.atomic
def revoke_key(*, key: DutyKey, actor: Actor, now: datetime) -> None:
    """The address opens no longer, at once."""
    if DutyKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now):
        tell(key, "key_revoked", organisation=key.organisation_id, actor=actor, now=now, facts={"use": str(key.use)})


def key_of(token: str, use: str, now: datetime) -> DutyKey:
    """The key that `token` opens.

    Raises: NotFound `duty.key`, alike for wrong, revoked and expired ones, and those of people who have left.
    """
    found = (
        DutyKey.objects.filter(token_sha256=sha256(token), use=use, revoked_at=None)
        .filter(Q(expires_at=None) | Q(expires_at__gt=now), person__left_at=None)
        .select_related("organisation", "person")
        .first()
    )
    if found is None:
        raise NotFound("duty.key", N_("This link opens nothing (any more). Ask your lead for a new one."))
    if found.used_at is None or now - found.used_at > _SEEN_EVERY:
        DutyKey.objects.filter(pk=found.pk).update(used_at=now)
    return found
