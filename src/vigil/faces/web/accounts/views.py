"""Accounts: who has one, what roles they hold, a new password; and everybody's own page."""

import secrets
from typing import Any
from uuid import UUID

from allauth.socialaccount.models import SocialAccount
from axes.utils import reset
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vigil.domain.accounts.actions import (
    create_user,
    grant,
    link_person,
    revoke,
    set_active,
    set_language,
    set_password,
    unlocked,
)
from vigil.domain.accounts.models import Role, RoleGrant, User
from vigil.domain.accounts.second_factor import demanded_of, forget_tries, has_own_factor, reset_factor
from vigil.domain.accounts.sessions import end_sessions, sessions_of
from vigil.domain.organisations.models import Organisation, Person
from vigil.faces.web.dressing import dress
from vigil.faces.web.lists.fields import OrganisationField
from vigil.faces.web.scoping import actor_of, demanded, user_of
from vigil.kernel import clock
from vigil.kernel.errors import NotFound, VigilError
from vigil.kernel.phrases import N_


class NewAccountForm(forms.Form):
    """A name; the password is made and shown once."""

    username = forms.RegexField(r"^[\w.@+-]{2,150}$", label=_("Account name"), max_length=150)
    language = forms.ChoiceField(label=_("Language"), choices=[("vi", "Tiếng Việt"), ("en", "English")])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)


class GrantForm(forms.Form):
    """A role over an organisation and what lies under it."""

    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"] = OrganisationField(
            Organisation.objects.all(), label=_("Organisation (empty: all)"), required=False
        )
        dress(self)


def _account(pk: str) -> User:
    found = User.objects.filter(pk=pk).first()
    if found is None:
        raise NotFound("page.not_found", N_("There is nothing here, or it is not yours to see."))
    return found


@login_required
@require_http_methods(["GET", "POST"])
def accounts(request: HttpRequest) -> HttpResponse:
    """Every account; a new one."""
    demanded(request, "accounts.manage", None)
    form = NewAccountForm(request.POST or None)
    error: VigilError | None = None
    if request.method == "POST" and form.is_valid():
        password = secrets.token_urlsafe(12)
        try:
            made = create_user(**form.cleaned_data, password=password, actor=actor_of(request), now=clock.now())
        except VigilError as refused:
            error = refused
        else:
            return _one(request, made, password=password)
    rows = User.objects.prefetch_related("grants__organisation").order_by("username")
    page = Paginator(rows, 50).get_page(request.GET.get("page"))
    status = error.status if error else 422 if form.is_bound else 200
    return render(request, "accounts/accounts.html", {"page": page, "form": form, "error": error}, status=status)


@login_required
@require_GET
def account(request: HttpRequest, pk: str) -> HttpResponse:
    """One account with its roles."""
    demanded(request, "accounts.manage", None)
    return _one(request, _account(pk))


def _one(request: HttpRequest, found: User, *, password: str = "", form: GrantForm | None = None) -> HttpResponse:
    grants = found.grants.select_related("organisation").order_by("role")
    context = {
        "account": found,
        "grants": grants,
        "form": form or GrantForm(),
        "password": password,
        "factor": has_own_factor(found),
        "demanded": demanded_of(found),
        "links": _links(found),
    }
    response = render(request, "accounts/account.html", context, status=422 if form else 200)
    response.headers["Cache-Control"] = "no-store"
    return response


def _links(user: User) -> list[Any]:
    """Where else the account is known, with the name that its provider is called by here."""
    links = list(SocialAccount.objects.filter(user=user).order_by("provider"))
    for link in links:
        link.shown = settings.VIGIL_OIDC.name if link.provider == "oidc" and settings.VIGIL_OIDC else link.provider
    return links


@login_required
@require_POST
def change(request: HttpRequest, pk: str, what: str) -> HttpResponse:
    """One change of an account: grant, revoke, close, open, password, unlock, sign out, reset factor."""
    demanded(request, "accounts.manage", None)
    found, actor, now = _account(pk), actor_of(request), clock.now()
    if what == "grant":
        form = GrantForm(request.POST)
        if not form.is_valid():
            return _one(request, found, form=form)
        grant(user=found, **form.cleaned_data, actor=actor, now=now)
    elif what == "revoke":
        for held in RoleGrant.objects.filter(user=found):
            if str(held.pk) == request.POST.get("grant"):
                revoke(grant=held, actor=actor, now=now)
    elif what == "person":
        person, error = _person_named(request.POST.get("person", ""))
        if error:
            messages.error(request, error)
            return redirect("account", pk=found.pk)
        link_person(user=found, person=person, actor=actor, now=now)
    elif what in ("close", "open"):
        set_active(user=found, active=what == "open", actor=actor, now=now)
    elif what == "password":
        password = secrets.token_urlsafe(12)
        set_password(user=found, password=password, actor=actor, now=now)
        return _one(request, found, password=password)
    elif what == "unlock":
        reset(username=found.username.casefold())
        forget_tries(found)
        unlocked(user=found, actor=actor, now=now)
    elif what == "sign_out":
        end_sessions(user=found, sessions=sessions_of(found), actor=actor, now=now)
    elif what == "reset_factor":
        reset_factor(user=found, actor=actor, now=now)
    messages.success(request, gettext("Saved."))
    return redirect("account", pk=found.pk)


def _person_named(text: str) -> tuple[Person | None, str]:
    """The one person with this identifier, mail address or name; empty: nobody."""
    wanted = text.strip()[:320]
    if not wanted:
        return None, ""
    people = Person.objects.filter(left_at=None)
    try:
        found = list(people.filter(pk=UUID(wanted)))
    except ValueError:
        found = list(people.filter(Q(email__iexact=wanted) | Q(name__iexact=wanted))[:2])
    if len(found) != 1:
        return None, gettext("Nobody, or more than one, is known by this name.")
    return found[0], ""


class OwnForm(forms.Form):
    """One's own language and password."""

    language = forms.ChoiceField(label=_("Language"), choices=[("vi", "Tiếng Việt"), ("en", "English")])
    old = forms.CharField(label=_("Present password"), required=False, widget=forms.PasswordInput)
    new = forms.CharField(label=_("New password"), required=False, widget=forms.PasswordInput)

    def __init__(self, data: Any = None, *, user: User) -> None:
        self._user = user
        super().__init__(data, initial={"language": user.language})
        if not user.has_usable_password():  # a provider vouches for them: there is no password of ours to change
            del self.fields["old"], self.fields["new"]
            dress(self)
            return
        self.fields["old"].widget.attrs["autocomplete"] = "current-password"
        self.fields["new"].widget.attrs["autocomplete"] = "new-password"
        self.fields["new"].help_text = " ".join(password_validators_help_texts())
        dress(self)

    def clean(self) -> dict[str, Any]:
        """A new password needs the present one, and must be a good one."""
        cleaned = super().clean() or {}
        if cleaned.get("new"):
            if not self._user.check_password(cleaned.get("old", "")):
                self.add_error("old", _("That is not your present password."))
            try:
                validate_password(cleaned["new"], self._user)
            except ValidationError as error:
                self.add_error("new", error)
        return cleaned


@login_required
@require_http_methods(["GET", "POST"])
def me(request: HttpRequest) -> HttpResponse:
    """One's own page."""
    user = user_of(request)
    form = OwnForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        actor, now = actor_of(request), clock.now()
        if form.cleaned_data["language"] != user.language:
            set_language(user=user, language=form.cleaned_data["language"], actor=actor, now=now)
        if form.cleaned_data.get("new"):
            set_password(user=user, password=form.cleaned_data["new"], actor=actor, now=now)
            update_session_auth_hash(request, user)
        messages.success(request, gettext("Saved."))
        return redirect("me")
    grants = user.grants.select_related("organisation")
    context = {"form": form, "grants": grants, "links": _links(user)}
    return render(request, "accounts/me.html", context, status=422 if form.is_bound else 200)
