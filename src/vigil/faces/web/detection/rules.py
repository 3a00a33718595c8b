"""Rules: which run for an organisation and why others do not; one with its text; switching; what a posture means."""

from typing import Any, Final
from uuid import UUID

import django_filters
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vigil.domain.accounts.permissions import permitted
from vigil.domain.detection.actions.postures import apply_posture, revert_posture, set_profile
from vigil.domain.detection.actions.rules import switch_rule
from vigil.domain.detection.deadlines import stance_of
from vigil.domain.detection.models import (
    LEVELS,
    Alert,
    Level,
    Origin,
    Posture,
    PostureChange,
    RetroHunt,
    Rule,
    RuleBook,
    RuleSwitch,
)
from vigil.domain.detection.queries import rule_counts, rules_for, running, visible_rules
from vigil.domain.detection.titles import description_of_rule
from vigil.domain.organisations.models import Organisation
from vigil.faces.web.detection.hunts import UNDER_WAY
from vigil.faces.web.detection.queue import back
from vigil.faces.web.detection.rule_sets import RULES
from vigil.faces.web.detection.sight import MANAGE, READ, choices, not_there, speaking_for
from vigil.faces.web.detection.techniques import techniques_of
from vigil.faces.web.detection.words import shipped_named
from vigil.faces.web.dressing import dress
from vigil.faces.web.lists.filters import ListFilters
from vigil.faces.web.readiness.views import signed_in_or_stale
from vigil.faces.web.scoping import actor_of, demanded, scoped, user_of, visible
from vigil.kernel import clock
from vigil.kernel.errors import VigilError

PER_PAGE: Final = 50
_STATES: Final = [("running", _("Running")), ("off", _("Not running")), ("unusable", _("Cannot run"))]


class RuleFilters(ListFilters):
    """By words, state, level, product and origin, for one organisation."""

    found_in = ("title", "uid", "name", "category", "service", "techniques")
    organisation = None
    state = django_filters.ChoiceFilter(label=_("State"), choices=_STATES, method="filter_state", empty_label=_("Any"))
    level = django_filters.ChoiceFilter(label=_("Level"), choices=Level.choices, empty_label=_("Any"))
    product = django_filters.CharFilter(label=_("Product"), method="filter_product")
    origin = django_filters.ChoiceFilter(label=_("Origin"), choices=Origin.choices, empty_label=_("Any"))

    class Meta:
        model = Rule
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, owner: Organisation, **kwargs: Any) -> None:
        self._owner = owner
        super().__init__(*args, **kwargs)
        named = visible_rules(owner.pk).exclude(product="").order_by("product").values_list("product", flat=True)
        known = [(name, name) for name in named.distinct()[:200]]
        self.form.fields["product"].widget = forms.Select(
            choices=[("", _("Any")), *known], attrs={"class": "form-select"}
        )

    def filter_words(self, rows: QuerySet[Model], name: str, value: str) -> QuerySet[Model]:
        """Every word in one of the fields, or in the title as it is read."""
        return super().filter_words(rows, name, value) | rows.filter(origin=Origin.VIGIL, uid__in=shipped_named(value))

    def filter_product(self, rows: QuerySet[Rule], name: str, value: str) -> QuerySet[Rule]:
        """One product."""
        return rows.filter(product=value)

    def filter_state(self, rows: QuerySet[Rule], name: str, value: str) -> QuerySet[Rule]:
        """Those that run, do not though they could, or cannot."""
        if value == "unusable":
            return rows.exclude(unusable="")
        run = running(self._owner.pk, stance_of(self._owner.pk))
        return rows.filter(run) if value == "running" else rows.filter(~run, unusable="")


@login_required
@require_GET
def rules(request: HttpRequest) -> HttpResponse:
    """The rules of one organisation."""
    owner, now = speaking_for(request), clock.now()
    stance = stance_of(owner.pk)
    there = visible_rules(owner.pk).defer("text")
    filters = RuleFilters(request.GET, queryset=there.order_by("title", "pk"), request=request, owner=owner)
    page = Paginator(filters.qs, PER_PAGE).get_page(request.GET.get("page"))
    keys = [rule.pk for rule in page]
    run = set(rules_for(owner.pk, now, stance).filter(pk__in=keys).values_list("pk", flat=True))
    switches = {row.rule_id: row for row in RuleSwitch.objects.filter(organisation=owner, rule__in=keys)}
    reasons = there.exclude(unusable="").order_by("title")
    context = {
        "owner": owner,
        "organisations": choices(request),
        "rows": [{"rule": rule, "runs": rule.pk in run, "switch": switches.get(rule.pk)} for rule in page],
        "page": page,
        "filter": filters,
        "narrowed": any(value for name, value in request.GET.items() if name not in ("page", "organisation")),
        "counts": rule_counts(owner.pk, now, stance),
        "reasons": list(reasons[:20]),
        "may_manage": permitted(user_of(request), MANAGE, owner),
        "may_import": permitted(user_of(request), RULES, None),
        "here": request.get_full_path(),
        "book": RuleBook.objects.filter(pk=1).first(),
        "stance": stance,
        "change": PostureChange.objects.filter(organisation=owner, reverted_at=None).select_related("watch").first(),
    }
    return render(request, "detection/rules.html", context)


def rule_of(request: HttpRequest, pk: str) -> tuple[Rule, Organisation]:
    """A rule of everybody's, or of an organisation that the reader sees; and for whom the page speaks."""
    found = Rule.objects.select_related("organisation").filter(pk=pk).first()
    if found is None:
        raise not_there()
    if found.organisation is None:
        return found, speaking_for(request)
    if not scoped(request, Rule.objects.filter(pk=pk), permission=READ).exists():
        raise not_there()
    return found, found.organisation


@signed_in_or_stale
@require_GET
def rule(request: HttpRequest, pk: str) -> HttpResponse:
    """One rule: its text, whether it runs, what it found; its tests alone when htmx asks for news."""
    return shown(request, *rule_of(request, pk))


def shown(request: HttpRequest, found: Rule, owner: Organisation, error: VigilError | None = None) -> HttpResponse:
    """The page of a rule, with what went wrong with the last step."""
    alerts = scoped(request, Alert.objects.filter(rule=found).select_related("organisation"), permission=READ)
    hunts = RetroHunt.objects.filter(organisation=owner, rules__icontains=f'"{found.pk}"').order_by("-asked_at")
    tests = list(hunts[:10])
    context = {
        "rule": found,
        "description": description.said(gettext) if (description := description_of_rule(found)) else "",
        "owner": owner,
        "organisations": choices(request) if found.organisation_id is None else [],
        "runs": rules_for(owner.pk, clock.now()).filter(pk=found.pk).exists(),
        "switch": RuleSwitch.objects.filter(organisation=owner, rule=found).first(),
        "techniques": techniques_of(found.techniques),
        "alerts": alerts.order_by("-raised_at")[:20],
        "alert_count": alerts.count(),
        "tests": tests,
        "lively": any(one.state in UNDER_WAY for one in tests),
        "passed": _passed(found, tests),
        "may_manage": permitted(user_of(request), MANAGE, owner),
        "stance": stance_of(owner.pk),
        "error": error,
    }
    page = "detection/rule_tests.html" if request.headers.get("HX-Request") else "detection/rule.html"
    return render(request, page, context, status=error.status if error else 200)


def _passed(found: Rule, tests: list[RetroHunt]) -> RetroHunt | None:
    """A test of the present text that is done and that nobody has judged yet."""
    if found.origin != Origin.OWN or found.tested_at is not None:
        return None
    mine = (one for one in tests if one.test and one.rules == [str(found.pk)] and one.state == "done")
    return next((one for one in mine if one.asked_at >= found.changed_at), None)


@login_required
@require_POST
def switch(request: HttpRequest, pk: str) -> HttpResponse:
    """On, off, or as the profile says."""
    found, owner = rule_of(request, pk)
    chosen = _chosen(request, owner)
    demanded(request, MANAGE, chosen)
    on = {"on": True, "off": False}.get(request.POST.get("to", ""))
    why = request.POST.get("why", "").replace("\0", "")[:500]
    try:
        switch_rule(organisation=chosen, rule=found, on=on, why=why, actor=actor_of(request), now=clock.now())
    except VigilError as error:
        return shown(request, found, chosen, error)
    return redirect(back(request, f"{reverse('rule', args=[pk])}?organisation={chosen.pk}"))


def _chosen(request: HttpRequest, otherwise: Organisation) -> Organisation:
    """The organisation that a form names, if it may be managed."""
    try:
        wanted = UUID(request.POST.get("organisation", ""))
    except ValueError:
        return otherwise
    found = visible(request, MANAGE).filter(pk=wanted).first()
    if found is None:
        raise not_there()
    return found


class ProfileForm(forms.Form):
    """What a posture means."""

    least_level = forms.ChoiceField(label=_("Rules from level"), choices=Level.choices)
    products = forms.CharField(
        label=_("Products"),
        required=False,
        max_length=500,
        help_text=_("With commas: windows, linux… None named: all. Rules without a product always count."),
    )
    silent_percent = forms.IntegerField(
        label=_("Silence counts after, in percent of usual"), min_value=1, max_value=1000
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for level in reversed(LEVELS):
            label = gettext("Take within (seconds): %(level)s") % {"level": Level(level).label}
            self.fields[f"within_{level}"] = forms.IntegerField(label=label, min_value=0, max_value=7 * 86_400)
        dress(self)

    def within(self) -> dict[str, int]:
        """The deadlines."""
        return {level: self.cleaned_data[f"within_{level}"] for level in LEVELS}


@login_required
@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest, posture: str) -> HttpResponse:
    """What a posture means for an organisation."""
    if posture not in Posture.values:
        raise not_there()
    owner = speaking_for(request)
    demanded(request, MANAGE, owner)
    stance = stance_of(owner.pk, posture)
    initial: dict[str, Any] = {
        "least_level": stance.least_level,
        "products": ", ".join(stance.products),
        "silent_percent": stance.silent_percent,
    } | {f"within_{level}": stance.take_within_s.get(level, 0) for level in LEVELS}
    form = ProfileForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        set_profile(
            organisation=owner,
            posture=posture,
            least_level=form.cleaned_data["least_level"],
            products=form.cleaned_data["products"].replace(";", ",").split(","),
            take_within_s=form.within(),
            silent_percent=form.cleaned_data["silent_percent"],
            actor=actor_of(request),
            now=clock.now(),
        )
        messages.success(request, gettext("Saved."))
        return redirect(f"{reverse('rules')}?organisation={owner.pk}")
    context = {"form": form, "owner": owner, "posture": posture, "word": Posture(posture).label}
    return render(request, "detection/profile.html", context, status=422 if form.is_bound else 200)


@login_required
@require_POST
def posture(request: HttpRequest) -> HttpResponse:
    """Switch the highest posture on by hand, or revert what holds."""
    owner = _chosen(request, speaking_for(request))
    demanded(request, MANAGE, owner)
    actor, now = actor_of(request), clock.now()
    try:
        if request.POST.get("to") == "highest":
            apply_posture(organisation=owner, watch=None, actor=actor, now=now)
        else:
            held = PostureChange.objects.filter(Q(watch=None), organisation=owner, reverted_at=None).first()
            if held is None:
                raise not_there()
            revert_posture(change=held, actor=actor, now=now)
    except VigilError as error:
        messages.error(request, error.phrase.said(gettext))
    return redirect(f"{reverse('rules')}?organisation={owner.pk}")
