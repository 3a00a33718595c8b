"""The door: a link or a printed code, then the second factor. Opening a link changes nothing; pressing its button does.

Mail scanners open links. So a GET only shows a page; the session begins with a POST.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

import pyotp
import segno
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from vigil.domain.accounts.guests import (
    challenge,
    confirm,
    entered_without_factor,
    link_in_use,
    link_of_code,
    link_of_token,
    set_up_totp,
)
from vigil.domain.accounts.models import GuestLink, SecondFactor
from vigil.kernel import clock
from vigil.kernel.errors import Conflict, NotFound, Refused

PENDING, INSIDE, NAME, SECRET = "guest_pending", "guest", "guest_name", "guest_secret"


@never_cache
@require_http_methods(["GET", "POST"])
def link(request: HttpRequest, token: str) -> HttpResponse:
    """A personal link was opened."""
    found = link_of_token(token, clock.now())
    if request.method == "POST":
        return _begin(request, found)
    return render(request, "guests/link.html", {"link": found})


@never_cache
@require_http_methods(["GET", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """The code from a printed letter is typed in."""
    error = ""
    if request.method == "POST":
        try:
            return _begin(request, link_of_code(request.POST.get("code", "")[:60], clock.now()))
        except NotFound as found:
            error = found.phrase.said(gettext)
    return render(request, "guests/code.html", {"error": error}, status=404 if error else 200)


def _begin(request: HttpRequest, found: GuestLink) -> HttpResponse:
    for key in (INSIDE, NAME, SECRET):
        request.session.pop(key, None)
    if found.second_factor == SecondFactor.NONE:
        entered_without_factor(link=found, actor=found.as_actor(), now=clock.now())
        return _enter(request, found)
    request.session[PENDING] = str(found.pk)
    if found.second_factor == SecondFactor.MAIL:
        try:
            challenge(link=found, actor=found.as_actor(), now=clock.now())
        except Conflict as error:
            messages.info(request, error.phrase.said(gettext))
    return redirect("guest_factor")


def _enter(request: HttpRequest, found: GuestLink) -> HttpResponse:
    request.session.cycle_key()
    request.session.pop(PENDING, None)
    request.session.pop(SECRET, None)
    request.session[INSIDE] = str(found.pk)
    return redirect("guest_home")


@never_cache
@require_http_methods(["GET", "POST"])
def factor(request: HttpRequest) -> HttpResponse:
    """The second factor: the code that was sent by mail, or the authenticator's; the latter is set up at first."""
    try:
        found = link_in_use(request.session.get(PENDING) or "00000000-0000-0000-0000-000000000000", clock.now())
    except NotFound:
        return redirect("guest_code")
    error = ""
    if request.method == "POST":
        if "again" in request.POST and found.second_factor == SecondFactor.MAIL:
            return _begin(request, found)
        try:
            return _enter(request, _checked(request, found))
        except (Refused, Conflict) as refused:
            error = refused.phrase.said(gettext)
    context = {"link": found, "error": error, "hint": _hint(found.address), **_set_up(request, found)}
    return render(request, "guests/factor.html", context, status=422 if error else 200)


def _checked(request: HttpRequest, found: GuestLink) -> GuestLink:
    given, actor, now = request.POST.get("code", "")[:20], found.as_actor(), clock.now()
    secret = request.session.get(SECRET)
    if found.second_factor == SecondFactor.TOTP and not found.totp_sealed and secret:
        return set_up_totp(link=found, secret=secret, code=given, actor=actor, now=now)
    return confirm(link=found, code=given, actor=actor, now=now)


def _set_up(request: HttpRequest, found: GuestLink) -> dict[str, Any]:
    if found.second_factor != SecondFactor.TOTP or found.totp_sealed:
        return {}
    secret = request.session.setdefault(SECRET, pyotp.random_base32())
    address = pyotp.TOTP(secret).provisioning_uri(name=found.organisation.name[:60], issuer_name="Vigil")
    picture = segno.make(address, micro=False).svg_inline(scale=4, border=2, dark="#000", light="#fff")
    return {"secret": secret, "picture": mark_safe(picture)}  # noqa: S308 - drawn by the library from our own text


def _hint(address: str) -> str:
    """The address that the code went to, without giving it away to a stranger: `tr…@donvi.example`."""
    name, _, host = address.partition("@")
    return f"{name[:2]}…@{host}" if host else ""


def guests_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Behind the door. The link is looked at anew with every request, so that a revocation works at once."""

    @wraps(view)
    @never_cache
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        inside = request.session.get(INSIDE)
        try:
            found = link_in_use(inside, clock.now()) if inside else None
        except NotFound:
            request.session.pop(INSIDE, None)
            messages.error(request, gettext("This link is not known, has expired or was revoked."))
            found = None
        if found is None:
            return redirect("guest_code")
        request.guest = found  # type: ignore[attr-defined]
        request.guest_name = request.session.get(NAME, "")  # type: ignore[attr-defined]
        return view(request, *args, **kwargs)

    return guarded
