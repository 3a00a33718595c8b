"""Making accounts and granting roles."""

from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.db import transaction

from vigil.domain.accounts.models import RoleGrant, User
from vigil.domain.journal.actions import record
from vigil.domain.organisations.models import Organisation, Person
from vigil.kernel.actors import Actor
from vigil.kernel.errors import Conflict, Refused
from vigil.kernel.phrases import N_


@transaction.atomic
def create_user(
    *, username: str, password: str | None, actor: Actor, now: datetime, email: str = "", language: str = "vi"
) -> User:
    """A new account without any role (password None: it cannot sign in by a password of ours).

    Raises: Conflict `account.name_taken`.
    """
    if User.objects.filter(username__iexact=username).exists():
        raise Conflict("account.name_taken", N_("There is already an account with this name."))
    user = User.objects.create(username=username, password=make_password(password), email=email, language=language)
    record(
        actor=actor,
        now=now,
        action="account.created",
        subject=f"accounts.user:{user.id}",
        personal={"username": username},
    )
    return user


@transaction.atomic
def grant(*, user: User, role: str, organisation: Organisation | None, actor: Actor, now: datetime) -> RoleGrant:
    """Give `user` a role over `organisation` and what lies under it; None: over everything.

    A role that followed a provider's groups and is granted by hand stays when the group goes.
    """
    given, fresh = RoleGrant.objects.get_or_create(
        user=user, role=role, organisation=organisation, defaults={"granted_at": now}
    )
    if fresh or given.source:
        given.source = ""
        given.save(update_fields=["source"])
        record(
            actor=actor,
            now=now,
            action="account.role_granted",
            subject=f"accounts.user:{user.id}",
            organisation=organisation.id if organisation else None,
            facts={"role": role},
        )
    return given


def _lock_administrators() -> None:
    """Two administrators who remove each other at once must not both succeed."""
    list(RoleGrant.objects.select_for_update().filter(role="administrator", organisation=None).values_list("pk"))


@transaction.atomic
def revoke(*, grant: RoleGrant, actor: Actor, now: datetime) -> None:
    """Take a role away.

    Raises: Refused `account.last_administrator` when nobody would be left to administer.
    """
    _lock_administrators()
    if grant.role == "administrator" and grant.organisation is None:
        others = RoleGrant.objects.filter(role="administrator", organisation=None, user__is_active=True).exclude(
            pk=grant.pk
        )
        if not others.exists():
            raise Refused("account.last_administrator", N_("The last administrator cannot be removed."))
    record(
        actor=actor,
        now=now,
        action="account.role_revoked",
        subject=f"accounts.user:{grant.user_id}",
        organisation=grant.organisation_id,
        facts={"role": grant.role},
    )
    grant.delete()


@transaction.atomic
def set_active(*, user: User, active: bool, actor: Actor, now: datetime) -> None:
    """Close or reopen an account. Its history stays."""
    _lock_administrators()
    if not active:
        last = RoleGrant.objects.filter(role="administrator", organisation=None, user__is_active=True)
        if last.filter(user=user).exists() and not last.exclude(user=user).exists():
            raise Refused("account.last_administrator", N_("The last administrator cannot be removed."))
    User.objects.filter(pk=user.pk).update(is_active=active)
    record(
        actor=actor,
        now=now,
        action="account.opened" if active else "account.closed",
        subject=f"accounts.user:{user.id}",
    )


@transaction.atomic
def set_password(*, user: User, password: str, actor: Actor, now: datetime) -> None:
    """Give an account a new password; the password itself is never recorded."""
    user.set_password(password)
    user.save(update_fields=["password"])
    record(actor=actor, now=now, action="account.password_set", subject=f"accounts.user:{user.id}")


@transaction.atomic
def set_language(*, user: User, language: str, actor: Actor, now: datetime) -> None:
    """The language in which the account is spoken to."""
    User.objects.filter(pk=user.pk).update(language=language)
    record(
        actor=actor,
        now=now,
        action="account.language_set",
        subject=f"accounts.user:{user.id}",
        facts={"language": language},
    )


@transaction.atomic
def link_person(*, user: User, person: Person | None, actor: Actor, now: datetime) -> None:
    """Say which person an account stands for (None: nobody): by this somebody answers a page as themselves."""
    User.objects.filter(pk=user.pk).update(person=person)
    record(
        actor=actor,
        now=now,
        action="account.person_linked",
        subject=f"accounts.user:{user.id}",
        organisation=person.organisation_id if person is not None else None,
        facts={"person": str(person.pk) if person is not None else ""},
        personal={"person": person.name} if person is not None else None,
    )


@transaction.atomic
def unlocked(*, user: User, actor: Actor, now: datetime) -> None:
    """Tell the journal that a lock-out was lifted."""
    record(actor=actor, now=now, action="account.unlocked", subject=f"accounts.user:{user.id}")


@transaction.atomic
def signed_in(*, user: User, by: str, factor: str, actor: Actor, now: datetime) -> None:
    """Tell the journal that somebody signed in: by what (password, oidc, ldap, passkey), with which second factor."""
    record(
        actor=actor,
        now=now,
        action="account.signed_in",
        subject=f"accounts.user:{user.id}",
        facts={"by": by, "factor": factor},
    )
