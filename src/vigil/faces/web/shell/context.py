"""What every template knows: the navigation that this user may use, theme, clock, practice marks."""

from collections.abc import Container
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from vigil.domain.accounts.models import User
from vigil.domain.accounts.permissions import MATRIX, holdings
from vigil.kernel import clock

THEMES = ("auto", "light", "dark")


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the navigation."""

    name: Any
    url: str
    icon: str
    permission: str = "view"


PLACES = (
    Place(_("Board"), "/", "layout-dashboard"),
    Place(_("Dispatches"), "/dispatches/", "mail-opened"),
    Place(_("Received"), "/received/", "inbox"),
    Place(_("Campaigns"), "/campaigns/", "send", "campaigns.manage"),
    Place(_("Mail in"), "/mailbox/", "mailbox", "dispatches.import"),
    Place(_("Watches"), "/watches/", "shield-check"),
    Place(_("My shifts"), "/duty/", "calendar-user"),
    Place(_("Alerts"), "/alerts/", "alert-triangle", "alerts.read"),
    Place(_("Paging"), "/pages/", "bell-ringing", "paging.read"),
    Place(_("Organisations"), "/organisations/", "building"),
    Place(_("People"), "/people/", "users"),
    Place(_("Contact points"), "/contacts/", "phone"),
    Place(_("Systems"), "/systems/", "server"),
    Place(_("Network edge"), "/edge/", "router"),
    Place(_("Sources"), "/sources/", "database-import", "alerts.read"),
    Place(_("Events"), "/events/", "list-search", "alerts.read"),
    Place(_("Detection rules"), "/rules/", "list-check", "alerts.read"),
    Place(_("Links"), "/links/", "plug-connected"),
    Place(_("Regimes"), "/regimes/", "scale"),
    Place(_("Journal"), "/journal/", "book", "journal.read"),
    Place(_("Accounts"), "/accounts/", "user-cog", "accounts.manage"),
    Place(_("Health"), "/health/", "heartbeat"),
)


def theme_of(request: HttpRequest) -> str:
    """The theme that this browser chose."""
    chosen = request.COOKIES.get("vigil_theme", "auto")
    return chosen if chosen in THEMES else "auto"


def shell(request: HttpRequest) -> dict[str, Any]:
    """The context processor."""
    user = getattr(request, "user", None)
    held = SimpleLazyObject(lambda: _held(user))
    return {
        "theme": theme_of(request),
        "themes": THEMES,
        "clock_now": clock.now(),
        "clock_shift": clock.shift(),
        "places": SimpleLazyObject(lambda: _places(request, held) if isinstance(user, User) else []),
        "may": SimpleLazyObject(lambda: _may(held) if isinstance(user, User) else {}),
        "signed_in": isinstance(user, User),
    }


def _places(request: HttpRequest, held: Container[str]) -> list[dict[str, Any]]:
    return [
        {"place": place, "here": _is_here(request.path, place.url)}
        for place in PLACES
        if place.permission == "view" or place.permission in held
    ]


WHOLE = {"accounts.manage", "regimes.edit"}  # these concern the installation, not one organisation


def _held(user: Any) -> frozenset[str]:
    somewhere, everywhere = holdings(user)
    return (somewhere - WHOLE) | everywhere


def _is_here(path: str, url: str) -> bool:
    return path == "/" if url == "/" else path.startswith(url)


def _may(held: Container[str]) -> dict[str, bool]:
    """Whether the user holds each permission somewhere: decides which buttons are drawn, never what is allowed."""
    return {permission.replace(".", "_"): permission in held for permission in MATRIX}
