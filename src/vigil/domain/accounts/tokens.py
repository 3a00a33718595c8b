"""Tokens of the API: made, used, revoked. A token can do what its scopes name and its user may, whichever is less."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from vigil.domain.accounts.models import ApiToken, User
from vigil.domain.accounts.permissions import MATRIX, organisations_for, permitted
from vigil.domain.journal.actions import record
from vigil.domain.organisations.models import Organisation
from vigil.domain.organisations.queries import under
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict, NotAllowed, Refused
from vigil.kernel.identifiers import new_token
from vigil.kernel.phrases import N_

PREFIX: Final = "vigil_"
LONGEST_DAYS: Final = 366
MOST_TOKENS: Final = 50
_USE_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class FreshToken:
    """A token as it was just made; `secret` cannot be had again."""

    token: ApiToken
    secret: str


@transaction.atomic
def make_token(
    *,
    user: User,
    name: str,
    scopes: Collection[str],
    organisation: Organisation | None,
    days: int,
    actor: Actor,
    now: datetime,
) -> FreshToken:
    """A token for `user`, good for `days` days.

    Raises: Refused `token.no_name`, `token.no_scope`, `token.bad_days`; NotAllowed `token.too_wide` for a scope that
    the user holds nowhere (within `organisation`); Conflict `token.too_many`.
    """
    if not name.strip():
        raise Refused("token.no_name", N_("Give the token a name that says what uses it."))
    if not scopes or set(scopes) - set(MATRIX):
        raise Refused("token.no_scope", N_("Choose at least one scope, of those that there are."))
    if not 1 <= days <= LONGEST_DAYS:
        raise Refused("token.bad_days", N_("A token lasts from 1 to {n} days."), n=LONGEST_DAYS)
    User.objects.select_for_update().get(pk=user.pk)
    if ApiToken.objects.filter(user=user, revoked_at=None, expires_at__gt=now).count() >= MOST_TOKENS:
        raise Conflict("token.too_many", N_("There are {n} tokens already. Revoke one first."), n=MOST_TOKENS)
    for scope in scopes:
        held = organisations_for(user, scope)
        if organisation is not None:
            held = held.filter(path__startswith=organisation.path)
        if not held.exists() and not permitted(user, scope, organisation):
            raise NotAllowed("token.too_wide", N_("You do not hold {scope} yourself there."), scope=scope)
    secret = PREFIX + new_token(256)
    made = ApiToken.objects.create(
        user=user,
        name=name.strip()[:100],
        scopes=sorted(set(scopes)),
        organisation=organisation,
        sha256=_sha256(secret),
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    _tell(made, "account.token_made", actor, now, scopes=made.scopes, expires=made.expires_at.isoformat())
    return FreshToken(made, secret)


@transaction.atomic
def revoke_token(*, token: ApiToken, actor: Actor, now: datetime) -> None:
    """End a token at once. Raises: Conflict `token.revoked`."""
    if not ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now):
        raise Conflict("token.revoked", N_("This token was revoked already."))
    _tell(token, "account.token_revoked", actor, now)


def token_of(secret: str, now: datetime) -> ApiToken | None:
    """The token behind `secret` if it is good: not expired, not revoked, its user's account open."""
    found = (
        ApiToken.objects.select_related("user", "organisation")
        .filter(sha256=_sha256(secret), revoked_at=None, expires_at__gt=now, user__is_active=True)
        .first()
    )
    if found is not None and (found.used_at is None or now - found.used_at > _USE_NOTED_EVERY):
        ApiToken.objects.filter(pk=found.pk).update(used_at=now)
    return found


def reach_of_token(token: ApiToken, permission: str) -> QuerySet[Organisation]:
    """The organisations over which the token holds `permission`: its scope and the user's grants, whichever is less."""
    if permission not in token.scopes:
        return Organisation.objects.none()
    held = organisations_for(token.user, permission)
    return held if token.organisation is None else held.filter(pk__in=under([token.organisation]))


def _tell(token: ApiToken, action: str, actor: Actor, now: datetime, **facts: object) -> None:
    record(
        actor=actor,
        now=now,
        action=action,
        subject=f"accounts.user:{token.user_id}",
        organisation=token.organisation_id,
        facts={"token": str(token.id), **facts},
        personal={"name": token.name},
    )


def _sha256(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
