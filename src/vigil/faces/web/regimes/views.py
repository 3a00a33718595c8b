"""The clauses in force on a day, and an administrator's change of one."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from vigil.domain.accounts.permissions import permitted
from vigil.domain.regimes.actions import change_clause
from vigil.domain.regimes.queries import all_clauses
from vigil.engines.regimes import Clause, clauses_in_force
from vigil.faces.web.dressing import dress
from vigil.faces.web.scoping import actor_of, demanded, user_of
from vigil.kernel import clock
from vigil.kernel.errors import NotFound, VigilError
from vigil.kernel.phrases import N_

TOPICS = {
    "authority": _("Competent authority"),
    "deadline": _("Deadlines"),
    "classification": _("Classes and levels"),
    "contact": _("Contact points"),
    "retention": _("Monitoring and retention"),
    "form": _("Forms"),
    "legal_basis": _("Legal bases"),
}


class ClauseForm(forms.Form):
    """A clause as it shall read."""

    starts = forms.DateField(
        label=_("In force from"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    ends = forms.DateField(
        label=_("Until (empty: until further notice)"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    hours = forms.FloatField(label=_("Number of hours"), required=False, min_value=0)
    vi = forms.CharField(label=_("In Vietnamese"), widget=forms.Textarea)
    en = forms.CharField(label=_("In English"), widget=forms.Textarea)
    source = forms.CharField(label=_("Source"), max_length=300)
    why = forms.CharField(label=_("Why"), max_length=1000)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)


def _day(request: HttpRequest) -> date:
    try:
        return date.fromisoformat(request.GET.get("on", ""))
    except ValueError:
        return clock.today()


@login_required
@require_GET
def regimes(request: HttpRequest) -> HttpResponse:
    """What holds on the chosen day, by topic."""
    day, language = _day(request), get_language() or "vi"
    found = clauses_in_force(all_clauses(), day)
    topics = [(name, [_shown(c, language) for c in found if c.topic == topic]) for topic, name in TOPICS.items()]
    context = {"day": day, "topics": topics, "may_change": permitted(user_of(request), "regimes.edit", None)}
    return render(request, "regimes/regimes.html", context)


def _shown(clause: Clause, language: str) -> dict[str, Any]:
    return {
        "clause": clause,
        "text": clause.text(language),
        "starts": None if clause.starts == date.min else clause.starts,
        "ends": None if clause.ends == date.max else clause.ends,
        "mark": gettext(clause.mark.label),
        "sure": clause.mark.value in ("T", "own"),
    }


@login_required
@require_http_methods(["GET", "POST"])
def clause(request: HttpRequest, clause_id: str) -> HttpResponse:
    """Change one clause."""
    demanded(request, "regimes.edit", None)
    found = next((c for c in all_clauses() if c.id == clause_id), None)
    if found is None:
        raise NotFound("regime.no_clause", N_("There is no clause {id}."), id=clause_id)
    initial = {
        "starts": found.starts,
        "ends": None if found.ends == date.max else found.ends,
        "hours": found.hours,
        "vi": found.vi,
        "en": found.en,
        "source": found.source,
    }
    form = ClauseForm(request.POST or None, initial=initial)
    error: VigilError | None = None
    if request.method == "POST" and form.is_valid():
        values = {**form.cleaned_data, "ends": form.cleaned_data["ends"] or date.max}
        try:
            change_clause(clause_id=clause_id, **values, actor=actor_of(request), now=clock.now())
        except VigilError as refused:
            error = refused
        else:
            messages.success(request, gettext("Changed. The old reading stays in the journal."))
            return redirect("regimes")
    status = error.status if error else 422 if form.is_bound else 200
    return render(request, "regimes/clause.html", {"clause": found, "form": form, "error": error}, status=status)
