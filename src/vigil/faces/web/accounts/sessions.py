"""Where one is signed in: when, from which address, with which browser; ending one session or all others."""

from collections.abc import Callable
from ipaddress import ip_address

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from vigil.domain.accounts.models import User
from vigil.domain.accounts.sessions import end_sessions, seen, sessions_of
from vigil.faces.web.accounts.lockout import address_of
from vigil.faces.web.scoping import actor_of, user_of
from vigil.kernel import clock


class SessionSeen:
    """Notes of every signed-in request that its session is in use."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if isinstance(user, User) and request.session.session_key:
            seen(
                user=user,
                session_key=request.session.session_key,
                address=_address(request),
                browser=request.headers.get("User-Agent", ""),
                now=clock.now(),
            )
        return self._get_response(request)


def _address(request: HttpRequest) -> str:
    try:
        return str(ip_address(address_of(request)))
    except ValueError:
        return "0.0.0.0"  # noqa: S104  a proxy that tells no address


@login_required
@never_cache
@require_GET
def sessions(request: HttpRequest) -> HttpResponse:
    """One's own sessions."""
    context = {"sessions": sessions_of(user_of(request)), "current": request.session.session_key}
    return render(request, "accounts/sessions.html", context)


@login_required
@require_POST
def end(request: HttpRequest) -> HttpResponse:
    """End one of one's own sessions (`session`), or all but this (`others`)."""
    user, wish = user_of(request), request.POST.get("session", "")
    here = request.session.session_key
    chosen = [
        session
        for session in sessions_of(user)
        if (str(session.pk) == wish if wish else "others" in request.POST and session.session_key != here)
    ]
    ended = end_sessions(user=user, sessions=chosen, actor=actor_of(request), now=clock.now())
    if any(session.session_key == here for session in chosen):
        request.session.flush()
        return redirect("account_login")
    messages.success(request, gettext("Ended: {n} sessions.").format(n=ended))
    return redirect("sessions")


urlpatterns = [
    path("me/sessions/", sessions, name="sessions"),
    path("me/sessions/end/", end, name="sessions_end"),
]
