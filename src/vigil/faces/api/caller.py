"""Who asks: a bearer token and its user. No cookie is read here, so there is nothing for a forged form to ride on."""

from dataclasses import dataclass
from typing import Any, Final, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from ninja.security import HttpBearer

from vigil.domain.accounts.models import ApiToken
from vigil.domain.accounts.permissions import sees_everything
from vigil.domain.accounts.second_factor import demand_factor
from vigil.domain.accounts.tokens import reach_of_token, token_of
from vigil.domain.organisations.models import Organisation
from vigil.faces.api.problems import NoToken, not_found
from vigil.faces.exchange.floods import Gauge, TooMany
from vigil.faces.web.accounts.lockout import address_of
from vigil.kernel import clock
from vigil.kernel.actors import Actor
from vigil.kernel.errors import NotAllowed
from vigil.kernel.phrases import N_

M = TypeVar("M", bound=Model)
TOKENS: Final = Gauge(1200)
STRANGERS: Final = Gauge(120)
_LONGEST_TOKEN = 200


@dataclass(frozen=True, slots=True)
class Caller:
    """The token that asks."""

    token: ApiToken

    @property
    def actor(self) -> Actor:
        """As the journal names it."""
        return self.token.as_actor()

    @property
    def name(self) -> str:
        """Who answers for it: the user."""
        return self.token.user.display_name

    def reach(self, permission: str) -> QuerySet[Organisation]:
        """The organisations over which the token holds `permission`.

        Raises: NotAllowed `token.scope` when it was not made for that; `account.not_permitted` when its user holds it
        nowhere.
        """
        if permission not in self.token.scopes:
            raise NotAllowed("token.scope", N_("This token was not made for {scope}."), scope=permission)
        return reach_of_token(self.token, permission)

    def sees_all(self, permission: str) -> bool:
        """Whether it holds `permission` over the whole installation."""
        return (
            permission in self.token.scopes
            and self.token.organisation_id is None
            and sees_everything(self.token.user, permission)
        )

    def one(self, rows: QuerySet[M], pk: UUID, permission: str, *, by: str = "organisation") -> M:
        """The row `pk` over whose organisation (field `by`; "": the row is one) the token holds `permission`.

        Raises: NotFound for what is not there or out of sight; NotAllowed for what may only be looked at.
        """
        path = f"{by}__in" if by else "pk__in"
        found = rows.filter(**{path: self.reach(permission)}, pk=pk).first()
        if found is not None:
            return found
        if rows.filter(**{path: reach_of_token(self.token, "view")}, pk=pk).exists():
            raise NotAllowed("account.not_permitted", N_("Your role does not permit this here."), permission=permission)
        raise not_found()


class Bearer(HttpBearer):
    """`Authorization: Bearer vigil_...`."""

    openapi_name = "token"

    def __call__(self, request: HttpRequest) -> Any:
        """The caller.

        Raises: NoToken `token.unknown`, for a missing, wrong, expired and revoked one alike; NotAllowed
        `account.second_factor_needed` for the token of an account that lacks the second factor demanded of it.
        """
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        secret = secret.strip()
        found = None
        if scheme.lower() == "bearer" and secret.isascii() and len(secret) <= _LONGEST_TOKEN:
            found = token_of(secret, clock.now())
        if found is None:
            _count(STRANGERS, address_of(request))
            raise NoToken("token.unknown", N_("A token is needed; this one is missing, wrong, expired or revoked."))
        _count(TOKENS, str(found.pk))
        demand_factor(found.user)
        return Caller(found)

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        """Not used: `__call__` does it all."""


def _count(gauge: Gauge, who: str) -> None:
    try:
        gauge.count(who)
    except TooMany as error:
        wording = N_("Too many requests; ask again in {retry_after_s} s.")
        raise TooMany("api.flood", wording, retry_after_s=error.facts["retry_after_s"]) from error


def caller_of(request: HttpRequest) -> Caller:
    """The caller of an operation."""
    found: Caller = request.auth  # type: ignore[attr-defined]  # set by ninja
    return found
