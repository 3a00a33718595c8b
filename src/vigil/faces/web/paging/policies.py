"""Escalation policies: the list, and one with its steps."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from vigil.domain.organisations.models import Organisation, Person
from vigil.domain.paging.actions.policies import StepEntry, retire_policy, save_policy
from vigil.domain.paging.models import EscalationPolicy, TargetChoices, Urgency
from vigil.domain.paging.models.policies import MOST_STEPS
from vigil.domain.paging.plans import shipped_plan
from vigil.faces.web.dressing import dress
from vigil.faces.web.lists.fields import OrganisationField
from vigil.faces.web.lists.filters import MOST_CHOICES
from vigil.faces.web.scoping import actor_of, default_organisation, demanded, one_of, scoped, visible
from vigil.kernel import clock
from vigil.kernel.errors import VigilError

EMPTY_ROWS = 2


class PolicyForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a policy says beside its steps."""

    class Meta:
        model = EscalationPolicy
        fields = ["organisation", "name", "is_default", "repeat", "repeat_after_s", "remind_after_s", "reescalate"]

    def __init__(self, *args: Any, organisations: QuerySet[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"] = OrganisationField(organisations, label=_("Organisation"))
        dress(self)


class PersonField(forms.Field):
    """One of a few people by choice, of many by name: `choices` None means many."""

    def __init__(self, people: QuerySet[Person], choices: list[tuple[Any, str]] | None, **kwargs: Any) -> None:
        self.people = people
        super().__init__(**kwargs)
        self.widget = forms.Select(choices=[("", "—"), *choices]) if choices is not None else forms.TextInput()

    def prepare_value(self, value: Any) -> Any:
        """A person as the widget shows it."""
        if isinstance(value, UUID) and isinstance(self.widget, forms.TextInput):
            found = self.people.filter(pk=value).first()
            return found.name if found is not None else value
        return value

    def to_python(self, value: Any) -> Person | None:
        """The person, if it is one of those offered."""
        text = str(value or "").strip()
        if not text:
            return None
        try:
            found = list(self.people.filter(pk=UUID(text)))
        except ValueError:
            found = list(self.people.filter(name__iexact=text)[:2])
        if len(found) != 1:
            raise ValidationError(_("Nobody, or more than one, is known by this name."))
        return found[0]


class StepForm(forms.Form):
    """One step; empty for none."""

    target = forms.ChoiceField(label=_("Whom"), choices=[("", "—"), *TargetChoices.choices], required=False)
    delay_s = forms.IntegerField(label=_("Wait (seconds)"), min_value=0, max_value=86_400, required=False)
    least_urgency = forms.TypedChoiceField(
        label=_("From urgency"), choices=Urgency.choices, coerce=int, required=False, empty_value=None
    )

    field_order = ["target", "person", "delay_s", "least_urgency"]

    def __init__(
        self, *args: Any, people: QuerySet[Person], choices: list[tuple[Any, str]] | None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"] = PersonField(people, choices, label=_("Person"), required=False)
        self.order_fields(self.field_order)
        dress(self)

    def entry(self) -> StepEntry | None:
        """As the action takes it; None for an empty row."""
        given = self.cleaned_data
        if not given.get("target"):
            return None
        return StepEntry(
            given["target"], given["delay_s"] or 0, given["person"], given["least_urgency"] or Urgency.ROUTINE
        )


@login_required
@require_GET
def policies(request: HttpRequest) -> HttpResponse:
    """Every policy in force; what holds where there is none."""
    rows = EscalationPolicy.objects.filter(retired_at=None).select_related("organisation").prefetch_related("steps")
    seen = scoped(request, rows, permission="paging.read").order_by("organisation__name", "name")
    shipped = [dict(TargetChoices.choices)[step.target.value] for step in shipped_plan().steps]
    return render(request, "paging/policies.html", {"rows": seen[:500], "shipped": shipped})


@login_required
@require_http_methods(["GET", "POST"])
def policy(request: HttpRequest, pk: str | None = None) -> HttpResponse:
    """Make a policy, or change one; a page that runs keeps its steps."""
    if pk is None:
        owner = default_organisation(request, "paging.manage")
        demanded(request, "paging.manage", owner)
        instance = EscalationPolicy(organisation=owner) if owner is not None else EscalationPolicy()
        initial: list[dict[str, Any]] = [{"target": "on_duty", "delay_s": 0}, {"target": "backup", "delay_s": 300}]
    else:
        instance = one_of(request, EscalationPolicy.objects.select_related("organisation"), pk)
        demanded(request, "paging.manage", instance.organisation)
        initial = [
            {"target": row.target, "person": row.person_id, "delay_s": row.delay_s, "least_urgency": row.least_urgency}
            for row in instance.steps.all()
        ]
    form = PolicyForm(request.POST or None, instance=instance, organisations=visible(request, "paging.manage"))
    steps = _step_forms(request, initial, instance)
    error: VigilError | None = None
    if request.method == "POST" and form.is_valid() and all(step.is_valid() for step in steps):
        demanded(request, "paging.manage", form.instance.organisation)
        entries = [entry for step in steps if (entry := step.entry()) is not None]
        try:
            saved = save_policy(policy=form.instance, steps=entries, actor=actor_of(request), now=clock.now())
        except VigilError as refused:
            error = refused
        else:
            messages.success(request, gettext("The policy is saved. Pages that run keep their steps."))
            return redirect("policy", pk=saved.pk)
    status = error.status if error else 422 if form.is_bound else 200
    context = {"policy": instance, "form": form, "steps": steps, "error": error, "is_new": pk is None}
    return render(request, "paging/policy.html", context, status=status)


def _step_forms(request: HttpRequest, initial: list[dict[str, Any]], policy: EscalationPolicy) -> list[StepForm]:
    path = policy.organisation.path if policy.organisation_id is not None else ""
    around = [UUID(step) for step in path.strip("/").split("/") if step]
    people = Person.objects.filter(left_at=None, organisation__in=around)
    people = scoped(request, people, permission="people.read")
    known = list(people.order_by("name").values_list("pk", "name")[: MOST_CHOICES + 1])
    given: dict[str, Any] = {"people": people, "choices": known if len(known) <= MOST_CHOICES else None}
    if request.method == "POST":
        count = sum(1 for name in request.POST if name.startswith("step") and name.endswith("-target"))
        return [StepForm(request.POST, prefix=f"step{n}", **given) for n in range(min(count, MOST_STEPS + EMPTY_ROWS))]
    rows = [*initial, *({} for _ in range(EMPTY_ROWS))][: MOST_STEPS + EMPTY_ROWS]
    return [StepForm(initial=row, prefix=f"step{n}", **given) for n, row in enumerate(rows)]


@login_required
@require_POST
def retire(request: HttpRequest, pk: str) -> HttpResponse:
    """Take a policy out of use."""
    found = one_of(request, EscalationPolicy.objects.select_related("organisation"), pk)
    demanded(request, "paging.manage", found.organisation)
    retire_policy(policy=found, actor=actor_of(request), now=clock.now())
    messages.success(request, gettext("The policy is not used any more."))
    return redirect("policies")
