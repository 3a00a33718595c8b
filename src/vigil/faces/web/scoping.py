"""Every view starts here: who asks, which organisations they may see, which one this is about."""

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from vigil.domain.accounts.models import GuestLink, User
from vigil.domain.accounts.permissions import demand, organisations_for
from vigil.domain.organisations.models import Organisation
from vigil.kernel.actors import Actor
from vigil.kernel.errors import NotFound
from vigil.kernel.phrases import N_

M = TypeVar("M", bound=Model)
GUEST_MAY = frozenset({"view", "contacts.edit", "estate.edit", "received.answer"})


def user_of(request: HttpRequest) -> User:
    """The signed-in user (views are behind `login_required`)."""
    user = request.user
    if not isinstance(user, User):
        raise NotFound("page.not_found", N_("There is nothing here, or it is not yours to see."))
    return user


def guest_of(request: HttpRequest) -> GuestLink | None:
    """The guest link by which this request came in (set by the guest pages alone), if it did."""
    found = getattr(request, "guest", None)
    return found if isinstance(found, GuestLink) else None


def actor_of(request: HttpRequest) -> Actor:
    """The signed-in user, or the guest, as the journal names them."""
    guest = guest_of(request)
    return user_of(request).as_actor() if guest is None else guest.as_actor(getattr(request, "guest_name", ""))


def visible(request: HttpRequest, permission: str = "view") -> QuerySet[Organisation]:
    """The organisations over which whoever asks holds `permission`: a guest over one, for what guests may do."""
    guest = guest_of(request)
    if guest is None:
        return organisations_for(user_of(request), permission)
    return (
        Organisation.objects.filter(pk=guest.organisation_id)
        if permission in GUEST_MAY
        else Organisation.objects.none()
    )


def scoped(
    request: HttpRequest, rows: QuerySet[M], *, permission: str = "view", by: str = "organisation"
) -> QuerySet[M]:
    """Only those `rows` whose organisation (field `by`; "" when the rows are organisations) the user may see."""
    allowed = visible(request, permission)
    if not allowed.query.where and not allowed.query.is_sliced and not allowed.query.is_empty():
        # Everything is theirs to see: a comparison with every organisation would only keep indices from being used.
        return rows.filter(**{f"{by}__isnull": False}) if by else rows
    return rows.filter(**{f"{by}__in" if by else "pk__in": allowed})


def one_of(request: HttpRequest, rows: QuerySet[M], pk: UUID | str, *, by: str = "organisation") -> M:
    """The row `pk`, if the user may see its organisation.

    Raises: NotFound `page.not_found`, alike for what is not there and what is not theirs.
    """
    try:
        found = scoped(request, rows, by=by).filter(pk=pk).first()
    except (ValidationError, ValueError):  # a key that no row could have
        found = None
    if found is None:
        raise NotFound("page.not_found", N_("There is nothing here, or it is not yours to see."))
    return found


def demanded(request: HttpRequest, permission: str, organisation: Organisation | None) -> None:
    """Raises: NotAllowed unless the user holds `permission` over `organisation`."""
    demand(user_of(request), permission, organisation)


def default_organisation(
    request: HttpRequest,
    permission: str = "view",
    rather: Callable[[QuerySet[Organisation]], Organisation | None] | None = None,
) -> Organisation | None:
    """The organisation that a new thing most likely belongs to: as asked, else the last used, else the first.

    `rather`: which of those that are allowed comes before the first; None where none of them does.
    """
    allowed = organisations_for(user_of(request), permission)
    for wish in (request.GET.get("organisation"), request.session.get("organisation")):
        if wish and _is_uuid(wish):
            found = allowed.filter(pk=wish).first()
            if found is not None:
                return found
    found = rather(allowed) if rather is not None else None
    return found or allowed.order_by("created_at").first()


def remember_organisation(request: HttpRequest, organisation: Organisation) -> None:
    """Offer this organisation first from now on in this session."""
    request.session["organisation"] = str(organisation.pk)


def _is_uuid(text: Any) -> bool:
    try:
        UUID(str(text))
    except ValueError:
        return False
    return True
