"""The forms of duty."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from vigil.domain.duty.models import Function, Member, Post
from vigil.domain.organisations.models import Organisation, Person
from vigil.faces.web.dressing import dress
from vigil.faces.web.duty.said import in_reach

PATTERNS = [
    ("8h", _("Three shifts of 8 hours (06, 14, 22)")),
    ("12h", _("Two shifts of 12 hours (07, 19)")),
    ("4on4off", _("12 hours, four days on, four days off")),
    ("own", _("Own shifts")),
]
MOST_BOXES = 500


class BeginForm(forms.Form):
    """The first roster: one post and its people."""

    name = forms.CharField(label=_("Post"), max_length=200, initial=_("Duty room"))
    pattern = forms.ChoiceField(label=_("Pattern"), choices=PATTERNS[:3], initial="8h", widget=forms.RadioSelect)
    on_site = forms.IntegerField(label=_("On site, at least"), min_value=1, max_value=50, initial=2)
    leads = forms.ModelMultipleChoiceField(
        label=_("May lead"), queryset=Person.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )
    people = forms.ModelMultipleChoiceField(
        label=_("Who stands"), queryset=Person.objects.none(), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = Person.objects.filter(organisation=organisation, left_at=None).order_by("name")
        self.listed = list(people[:MOST_BOXES])
        for name in ("people", "leads"):
            self.fields[name].queryset = people  # type: ignore[attr-defined]
        members = Member.objects.filter(organisation=organisation)
        may_lead = set(members.filter(may_lead=True).values_list("person", flat=True))
        standing = set(members.filter(retired_at=None).values_list("person", flat=True))
        chosen = _sent(self.data, "people") if self.is_bound else None
        leading = _sent(self.data, "leads") if self.is_bound else None
        self.rows = [
            {
                "person": person,
                "chosen": str(person.pk) in chosen if chosen is not None else not standing or person.pk in standing,
                "leads": str(person.pk) in leading if leading is not None else person.pk in may_lead,
            }
            for person in self.listed
        ]
        dress(self)
        self.fields["pattern"].widget.attrs["class"] = "form-check-input"

    def post(self, organisation: Organisation) -> Post:
        """The post that the form describes, not saved. A lead is asked for if one of those who stand may lead."""
        leads = 1 if set(self.cleaned_data["leads"]) & set(self.cleaned_data["people"]) else 0
        return Post(
            organisation=organisation,
            name=self.cleaned_data["name"],
            pattern=self.cleaned_data["pattern"],
            on_site=self.cleaned_data["on_site"],
            leads=leads,
        )


def _sent(data: Any, name: str) -> set[str]:
    return {str(one) for one in data.getlist(name)}


def _renamed(errors: Any, fields: dict[str, str]) -> None:
    """What the model finds wrong with a field is said beside the field of the form that it is written in."""
    for model, form in fields.items():
        if model in errors.error_dict:
            errors.error_dict.setdefault(form, []).extend(errors.error_dict.pop(model))


def _reachable(found: Any) -> Any:
    if found is not None and not in_reach(found):
        raise forms.ValidationError(_("No such day in the calendar of a duty."))
    return found


class RulesForm(forms.Form):
    """The hard rules of a roster; an empty field: the rule does not hold."""

    rest_h = forms.FloatField(label=_("Rest between two shifts (hours)"), min_value=0, max_value=72, required=False)
    max_nights = forms.IntegerField(label=_("Nights running, at most"), min_value=1, max_value=31, required=False)
    max_shifts_7d = forms.IntegerField(
        label=_("Shifts in seven days, at most"), min_value=1, max_value=21, required=False
    )
    max_hours_7d = forms.FloatField(label=_("Hours in seven days, at most"), min_value=1, max_value=168, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)
        for field in self.fields.values():
            field.widget.attrs["form"] = "plan-form"  # they stand elsewhere on the page and are sent with the button


class PostForm(forms.ModelForm):  # type: ignore[type-arg]
    """A post."""

    functions = forms.MultipleChoiceField(
        label=_("Functions"), choices=Function.choices, widget=forms.CheckboxSelectMultiple
    )
    pattern = forms.ChoiceField(label=_("Pattern"), choices=PATTERNS)
    own_shifts = forms.CharField(
        label=_("Own shifts"), required=False, widget=forms.Textarea,
        help_text=_("One a line: name, start, end. Example: ngày, 07:00, 19:00"),
    )  # fmt: skip
    wanted_skills = forms.CharField(
        label=_("Skills in every shift"), required=False, max_length=500,
        help_text=_("Example: windows 1, network 2"),
    )  # fmt: skip

    class Meta:
        model = Post
        fields = [
            "name", "place", "phone", "functions", "pattern", "handover_min", "on_site", "leads", "on_call", "backup",
            "check_in_every_min", "grace_min",
        ]  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["own_shifts"].initial = "\n".join(
            f"{one.get('name', '')}, {one.get('start', '')}, {one.get('end', '')}" for one in self.instance.shifts
        )
        self.fields["wanted_skills"].initial = ", ".join(f"{name} {n}" for name, n in self.instance.skills.items())
        order = ["name", "place", "phone", "functions", "pattern", "own_shifts"]
        self.order_fields([*order, *(name for name in self.fields if name not in order)])
        dress(self)

    def clean_own_shifts(self) -> list[dict[str, str]]:
        """Lines as shifts; what they hold is judged by the post itself."""
        found = []
        for line in self.cleaned_data["own_shifts"].splitlines()[:50]:
            parts = [one.strip() for one in line.split(",")]
            if len(parts) == 3:
                found.append({"name": parts[0][:60], "start": parts[1][:5], "end": parts[2][:5]})
            elif line.strip():
                raise forms.ValidationError(_("A shift is written as: name, 06:00, 14:00."))
        return found

    def clean_wanted_skills(self) -> dict[str, int]:
        """`windows 1, network 2`."""
        found = {}
        for part in filter(None, (one.strip() for one in self.cleaned_data["wanted_skills"].split(","))):
            name, _space, count = part.rpartition(" ")
            if not name or not count.isdigit() or len(count) > 3:
                raise forms.ValidationError(_("A skill is written as: name, a blank, how many."))
            found[name.strip().lower()] = int(count)
        return found

    def _update_errors(self, errors: Any) -> None:
        _renamed(errors, {"shifts": "own_shifts", "skills": "wanted_skills"})
        super()._update_errors(errors)  # type: ignore[misc]

    def _post_clean(self) -> None:
        self.instance.shifts = self.cleaned_data.get("own_shifts") or []
        self.instance.skills = self.cleaned_data.get("wanted_skills") or {}
        super()._post_clean()  # type: ignore[misc]


class MemberForm(forms.ModelForm):  # type: ignore[type-arg]
    """Somebody who stands duty."""

    words = forms.CharField(label=_("Skills"), required=False, max_length=500, help_text=_("Separated by commas"))

    class Meta:
        model = Member
        fields = [
            "may_lead", "standing_lead", "joins_on", "leaves_on", "carried_nights", "carried_holidays", "carried_hours",
        ]  # fmt: skip
        widgets = {
            "joins_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "leaves_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["words"].initial = ", ".join(self.instance.skills)
        self.order_fields(["words", *(name for name in self.fields if name != "words")])
        dress(self)

    def clean_joins_on(self) -> Any:
        """Within reach."""
        return _reachable(self.cleaned_data["joins_on"])

    def clean_leaves_on(self) -> Any:
        """Within reach."""
        return _reachable(self.cleaned_data["leaves_on"])

    def _update_errors(self, errors: Any) -> None:
        _renamed(errors, {"skills": "words"})
        super()._update_errors(errors)  # type: ignore[misc]

    def _post_clean(self) -> None:
        words = (self.cleaned_data.get("words") or "").split(",")
        self.instance.skills = sorted({word.strip().lower() for word in words if word.strip()})
        super()._post_clean()  # type: ignore[misc]


class AwayForm(forms.Form):
    """Leave, or a wish."""

    starts_at = forms.DateTimeField(label=_("Starts"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}))
    ends_at = forms.DateTimeField(label=_("Ends"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}))
    kind = forms.ChoiceField(
        label=_("What it is"),
        choices=[("leave", _("Leave: cannot stand")), ("avoid", _("Rather not")), ("prefer", _("Rather then"))],
    )
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)

    def clean_starts_at(self) -> Any:
        """Within reach."""
        return _reachable(self.cleaned_data["starts_at"])

    def clean_ends_at(self) -> Any:
        """Within reach."""
        return _reachable(self.cleaned_data["ends_at"])
