"""People whom a provider outside knows (OpenID Connect, a directory): their account here, the roles of their groups.

An account is found by the provider's stable subject alone: a name or an address that happens to be the same as a local
account's gives no way in. Roles that came from groups go when the group goes; those granted by hand stay.
"""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError, transaction

from vigil.domain.accounts.actions import create_user
from vigil.domain.accounts.mapping import EVERYWHERE, Rule, meant
from vigil.domain.accounts.models import RoleGrant, User
from vigil.domain.journal.actions import record
from vigil.domain.organisations.models import Organisation
from vigil.kernel.actors import Actor

log = logging.getLogger(__name__)
_TRIES: Final = 50


@dataclass(frozen=True, slots=True)
class Outsider:
    """Somebody as a provider tells of them: `source` is `oidc` or `ldap`, `subject` never changes."""

    source: str
    subject: str
    username: str
    full_name: str = ""
    mail: str = ""
    groups: frozenset[str] = frozenset()
    factor: bool = False  # signed in there with several factors, and the provider is trusted with that


def user_of_subject(source: str, subject: str) -> User | None:
    """The account of a subject, if they were here before."""
    found = SocialAccount.objects.select_related("user").filter(provider=source, uid=subject).first()
    return found.user if found is not None else None


def admit(*, person: Outsider, rules: Sequence[Rule], actor: Actor, now: datetime) -> User:
    """The account of somebody who proved to their provider who they are: found or made, its roles brought up to date.

    A closed account is returned as it is, closed; its roles are left alone.
    """
    user = user_of_subject(person.source, person.subject)
    if user is None:
        try:
            user = _made(person, actor, now)
        except IntegrityError:  # they signed in twice at once
            user = user_of_subject(person.source, person.subject)
            if user is None:
                raise
    SocialAccount.objects.filter(provider=person.source, uid=person.subject).update(
        extra_data={"name": person.username[:150], "factor": person.factor}, last_login=now
    )
    if user.is_active:
        follow_groups(user=user, person=person, rules=rules, actor=actor, now=now)
    return user


@transaction.atomic
def follow_groups(*, user: User, person: Outsider, rules: Sequence[Rule], actor: Actor, now: datetime) -> None:
    """Grant what the groups mean, withdraw what they no longer mean; what was granted by hand is not touched.

    Even the last administrator's role is withdrawn: who left the group there must not stay administrator here.
    """
    User.objects.select_for_update().get(pk=user.pk)
    wanted = _wanted(person, rules)
    for held in RoleGrant.objects.filter(user=user, source=person.source):
        if (held.role, held.organisation_id) not in wanted:
            _tell(user, "account.role_revoked", held.role, held.organisation_id, person.source, actor, now)
            held.delete()
    for (role, organisation_id), organisation in sorted(wanted.items(), key=str):
        _, fresh = RoleGrant.objects.get_or_create(
            user=user, role=role, organisation=organisation, defaults={"granted_at": now, "source": person.source}
        )
        if fresh:
            _tell(user, "account.role_granted", role, organisation_id, person.source, actor, now)


def _wanted(person: Outsider, rules: Sequence[Rule]) -> dict[tuple[str, UUID | None], Organisation | None]:
    """What the groups mean, by role and organisation (None: all)."""
    pairs = meant(person.groups, rules)
    known = {found.code: found for found in Organisation.objects.filter(code__in={code for _, code in pairs})}
    wanted: dict[tuple[str, UUID | None], Organisation | None] = {}
    for role, code in pairs:
        if code == EVERYWHERE:
            wanted[role, None] = None
        elif code in known:
            wanted[role, known[code].pk] = known[code]
        else:
            log.warning("a rule of the setting for %s names organisation %r, which is not here", person.source, code)
    return wanted


@transaction.atomic
def _made(person: Outsider, actor: Actor, now: datetime) -> User:
    user = create_user(username=_free_name(person), password=None, email=_mail(person.mail), actor=actor, now=now)
    if person.full_name:
        user.first_name = person.full_name[:150]
        user.save(update_fields=["first_name"])
    SocialAccount.objects.create(user=user, provider=person.source, uid=person.subject, extra_data={})
    record(
        actor=actor,
        now=now,
        action="account.linked",
        subject=f"accounts.user:{user.id}",
        facts={"source": person.source},
        personal={"subject": person.subject},
    )
    return user


def _free_name(person: Outsider) -> str:
    """The name they have there if nobody has it here, else with where they come from: `an@ldap`, `an@ldap-2`."""
    plain = re.sub(r"[^\w.@+-]+", "-", person.username.strip())[:120] or person.source
    for n in range(_TRIES):
        name = (plain, f"{plain}@{person.source}")[n] if n < 2 else f"{plain}@{person.source}-{n}"
        if not User.objects.filter(username__iexact=name).exists():
            return name
    raise IntegrityError("no free name")


def _mail(address: str) -> str:
    return address if re.fullmatch(r"[^@\s]{1,64}@[^@\s]{1,190}", address) else ""


def _tell(
    user: User, action: str, role: str, organisation_id: UUID | None, source: str, actor: Actor, now: datetime
) -> None:
    record(
        actor=actor,
        now=now,
        action=action,
        subject=f"accounts.user:{user.id}",
        organisation=organisation_id,
        facts={"role": role, "source": source},
    )
