"""The journal's pages: read, filter, verify, erase what is personal."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from vigil.domain.accounts.permissions import organisations_for, sees_everything
from vigil.domain.journal.actions import erase_personal
from vigil.domain.journal.keys import verifying_key
from vigil.domain.journal.models import ActorName, Entry
from vigil.domain.journal.queries import entries_by, entries_visible, last_head
from vigil.domain.journal.verification import verify
from vigil.domain.organisations.models import Organisation
from vigil.faces.web.dressing import dress
from vigil.faces.web.journal.details import actor_words, details_of
from vigil.faces.web.journal.sentences import ROOMS, sentence_of
from vigil.faces.web.journal.subjects import Subject, subjects_of
from vigil.faces.web.lists.fields import OrganisationField
from vigil.faces.web.lists.finding import find
from vigil.faces.web.lists.paging import page_of
from vigil.faces.web.scoping import actor_of, demanded, user_of
from vigil.kernel import clock
from vigil.kernel.clock import VIETNAM
from vigil.kernel.errors import NotAllowed, NotFound, Refused
from vigil.kernel.phrases import N_


class FilterForm(forms.Form):
    """What to look for."""

    action = forms.ChoiceField(label=_("What happened"), required=False)
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    who = forms.CharField(label=_("Who"), required=False, max_length=100)
    subject = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)

    def __init__(self, *args: Any, organisations: QuerySet[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"] = OrganisationField(organisations, label=_("Organisation"), required=False)
        rooms = sorted(((room, gettext(words)) for room, words in ROOMS.items()), key=lambda one: one[1].casefold())
        self.fields["action"].choices = [("", "—"), *rooms]  # type: ignore[attr-defined]
        dress(self)


def _entries(request: HttpRequest) -> QuerySet[Entry]:
    """The entries that the reader may see.

    Raises: NotAllowed for who may read none.
    """
    user = user_of(request)
    if sees_everything(user, "journal.read"):
        return entries_visible(None)
    organisations = organisations_for(user, "journal.read")
    if not organisations.exists():
        raise NotAllowed("account.not_permitted", N_("Your role does not permit this here."))
    return entries_visible(list(organisations.values_list("pk", flat=True)))


@login_required
@require_GET
def journal(request: HttpRequest) -> HttpResponse:
    """Newest first, a page at a time."""
    rows = _entries(request)
    organisations = organisations_for(user_of(request), "journal.read")
    form = FilterForm(request.GET, organisations=organisations)
    if form.is_valid():
        rows = _filtered(rows, form.cleaned_data)
    page, shown = page_of(rows, request.GET.get("page"), 50)
    names = dict(Organisation.objects.filter(pk__in={e.organisation_id for e in shown}).values_list("pk", "name"))
    subjects = subjects_of(request, shown)
    lines = [_line(entry, names, subjects) for entry in shown]
    everything = sees_everything(user_of(request), "journal.read")
    context = {"page": page, "lines": lines, "form": form, "head": last_head(), "everything": everything}
    return render(request, "journal/journal.html", context)


def _filtered(rows: QuerySet[Entry], wanted: dict[str, Any]) -> QuerySet[Entry]:
    if wanted["organisation"]:
        rows = rows.filter(organisation_id=wanted["organisation"].pk)
    if wanted["action"]:
        rows = rows.filter(action__startswith=f"{wanted['action']}.")
    if wanted["subject"]:
        rows = rows.filter(subject=wanted["subject"])
    if wanted["who"]:
        rows = entries_by(rows, find(ActorName.objects.all(), wanted["who"], ("name",)), wanted["who"].strip())
    if wanted["since"]:
        rows = rows.filter(at__gte=datetime.combine(wanted["since"], time.min, VIETNAM))
    if wanted["until"]:
        rows = rows.filter(at__lt=datetime.combine(wanted["until"] + timedelta(days=1), time.min, VIETNAM))
    return rows


def _line(entry: Entry, names: dict[Any, str], subjects: dict[str, Subject]) -> dict[str, Any]:
    note = getattr(entry, "personal", None)
    content = note.content if note is not None else None
    erased = note is not None and note.erased_at is not None
    who = gettext("(erased)") if erased else (content or {}).get("actor") or actor_words(entry.actor)
    personal = {name: value for name, value in (content or {}).items() if name != "actor"}
    return {
        "entry": entry,
        "sentence": sentence_of(entry),
        "who": who,
        "organisation": names.get(entry.organisation_id, ""),
        "facts": details_of(entry.subject, entry.facts),
        "personal": details_of(entry.subject, personal),
        "subject": None if erased else subjects.get(entry.subject),
        "erased": erased,
    }


@login_required
@require_POST
def verify_now(request: HttpRequest) -> HttpResponse:
    """Read the whole chain again and say whether it holds."""
    demanded(request, "journal.read", None)
    found = verify(key=verifying_key(settings.VIGIL_KEYS), folder=settings.VIGIL_JOURNAL)
    return render(request, "journal/verified.html", {"found": found})


@login_required
@require_POST
def erase(request: HttpRequest, pk: str) -> HttpResponse:
    """Erase an entry's personal data, with a reason."""
    demanded(request, "accounts.manage", None)
    entry = Entry.objects.filter(pk=pk).first()
    if entry is None:
        raise NotFound("page.not_found", N_("There is nothing here, or it is not yours to see."))
    why = request.POST.get("why", "").strip()
    if not why:
        raise Refused("journal.no_reason", N_("Say why."))
    erase_personal(entry=entry, actor=actor_of(request), now=clock.now(), why=why)
    messages.success(request, gettext("Erased. The chain still verifies."))
    return redirect("journal")
