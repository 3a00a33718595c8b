"""The matrix: which role permits what. Read it as a table; nothing else decides."""

from typing import Final

import rules
from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from vigil.domain.accounts.models import Role, RoleGrant, User
from vigil.domain.organisations.models import Organisation
from vigil.domain.organisations.queries import under
from vigil.kernel.errors import NotAllowed
from vigil.kernel.phrases import N_

_A, _L, _D, _E, _V, _O = (
    Role.ADMINISTRATOR,
    Role.WATCH_LEAD,
    Role.DUTY_OFFICER,
    Role.ENGINEER,
    Role.VIEWER,
    Role.AUTHORITY_OFFICER,
)

MATRIX: Final[dict[str, frozenset[Role]]] = {
    "view": frozenset({_A, _L, _D, _E, _V, _O}),
    "people.read": frozenset({_A, _L, _D, _E, _O}),
    "organisations.edit": frozenset({_A, _L, _O}),
    "contacts.edit": frozenset({_A, _L, _D, _O}),
    "contacts.test": frozenset({_A, _L, _D, _O}),
    "estate.edit": frozenset({_A, _L, _E}),
    "dispatches.import": frozenset({_A, _L, _D, _O}),
    "directives.confirm": frozenset({_A, _L, _O}),
    "watches.manage": frozenset({_A, _L, _O}),
    "duty.plan": frozenset({_A, _L, _O}),
    "campaigns.manage": frozenset({_A, _L, _O}),
    "received.answer": frozenset({_A, _L, _D}),
    "exchange.manage": frozenset({_A, _L, _O}),
    "paging.read": frozenset({_A, _L, _D, _E, _O}),
    "paging.answer": frozenset({_A, _L, _D, _O}),
    "paging.manage": frozenset({_A, _L, _O}),
    "alerts.read": frozenset({_A, _L, _D, _E, _O}),
    "alerts.handle": frozenset({_A, _L, _D, _E, _O}),
    "detection.manage": frozenset({_A, _L, _E}),
    "detection.rules": frozenset({_A}),
    "journal.read": frozenset({_A, _L, _O}),
    "regimes.edit": frozenset({_A}),
    "accounts.manage": frozenset({_A}),
}


def roles_over(user: User | AnonymousUser, organisation: Organisation | None) -> frozenset[str]:
    """The roles that `user` holds over `organisation`; over None, only those held over everything."""
    if not isinstance(user, User) or not user.is_active:
        return frozenset()
    grants = RoleGrant.objects.filter(user=user).select_related("organisation")
    return frozenset(
        grant.role
        for grant in grants
        if grant.organisation is None
        or (organisation is not None and organisation.path.startswith(grant.organisation.path))
    )


def permitted(user: User | AnonymousUser, permission: str, organisation: Organisation | None) -> bool:
    """Whether `user` may do `permission` to `organisation` (None: to the whole installation)."""
    return bool(MATRIX[permission] & roles_over(user, organisation))


def demand(user: User | AnonymousUser, permission: str, organisation: Organisation | None) -> None:
    """Raises: NotAllowed `account.not_permitted` unless `permitted`."""
    if not permitted(user, permission, organisation):
        raise NotAllowed("account.not_permitted", N_("Your role does not permit this here."), permission=permission)


def organisations_for(user: User | AnonymousUser, permission: str = "view") -> QuerySet[Organisation]:
    """The organisations over which `user` holds `permission`. Every page starts from this."""
    if not isinstance(user, User) or not user.is_active:
        return Organisation.objects.none()
    grants = list(RoleGrant.objects.filter(user=user, role__in=MATRIX[permission]).select_related("organisation"))
    if any(grant.organisation is None for grant in grants):
        return Organisation.objects.all()
    return under(grant.organisation for grant in grants if grant.organisation is not None)


def holdings(user: User | AnonymousUser) -> tuple[frozenset[str], frozenset[str]]:
    """The permissions that `user` holds over some organisation, and those held over everything; in one query."""
    if not isinstance(user, User) or not user.is_active:
        return frozenset(), frozenset()
    held = set(RoleGrant.objects.filter(user=user).values_list("role", "organisation_id"))
    somewhere, everywhere = {role for role, _ in held}, {role for role, over in held if over is None}
    return (
        frozenset(permission for permission, holders in MATRIX.items() if holders & somewhere),
        frozenset(permission for permission, holders in MATRIX.items() if holders & everywhere),
    )


def sees_everything(user: User | AnonymousUser, permission: str = "view") -> bool:
    """Whether `permission` is held over the whole installation."""
    return permitted(user, permission, None)


def _predicate(permission: str) -> rules.Predicate:
    @rules.predicate(name=permission)  # type: ignore[untyped-decorator]  # rules ships no types
    def holds(user: User | AnonymousUser, organisation: Organisation | None = None) -> bool:
        return permitted(user, permission, organisation)

    return holds


for _permission in MATRIX:
    rules.add_perm(f"vigil.{_permission}", _predicate(_permission))
