"""The forms of these pages."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from vigil.domain.directives.models import Directive, LinkKind, ObligationKind
from vigil.domain.organisations.models import Person
from vigil.faces.web.directives.fields import LinesField, RowsField
from vigil.faces.web.dressing import dress
from vigil.faces.web.lists.fields import OrganisationField

KINDS = [
    ("dispatch", _("Dispatch (công văn)")),
    ("telegram", _("Urgent telegram (công điện)")),
    ("directive", _("Directive (chỉ thị)")),
    ("notice", _("Notice (thông báo)")),
    ("plan", _("Plan (kế hoạch)")),
    ("report", _("Report (báo cáo)")),
    ("news", _("News item")),
    ("other", _("Other")),
]


class ReceiveForm(forms.Form):
    """A file dropped, or a text pasted, for one organisation."""

    text = forms.CharField(
        label=_("…or paste its text"), required=False, widget=forms.Textarea(attrs={"rows": 8}), max_length=2_000_000
    )

    def __init__(self, *args: Any, organisations: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"] = OrganisationField(organisations, label=_("For the organisation"))
        self.order_fields(["organisation"])
        dress(self)


class _Day(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class DirectiveForm(forms.Form):
    """Every field of a directive; `version` is the one that the page was drawn from."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    kind = forms.ChoiceField(label=_("Kind of document"), required=False)
    issuer = forms.CharField(label=_("Issuer"), required=False, max_length=300)
    issuer_parent = forms.CharField(label=_("Issuer's superior"), required=False, max_length=300)
    number = forms.CharField(label=_("Number and symbol"), required=False, max_length=120)
    place = forms.CharField(label=_("Place"), required=False, max_length=120)
    issued_on = forms.DateField(label=_("Date of issue"), required=False, widget=_Day())
    subject = forms.CharField(
        label=_("Subject"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )
    window_event = forms.CharField(label=_("Occasion"), required=False, max_length=500)
    window_start = forms.DateField(label=_("First day"), required=False, widget=_Day())
    window_end = forms.DateField(label=_("Last day"), required=False, widget=_Day())
    addressees = LinesField(label=_("To (addressees)"), required=False, help_text=_("One a line."))
    cves = LinesField(label=_("CVE identifiers"), required=False, help_text=_("One a line."))
    products = LinesField(label=_("Products"), required=False, help_text=_("One a line."))
    vuln_references = RowsField(
        label=_("Vulnerabilities named otherwise"),
        required=False,
        keys=("text", "resolve_to"),
        help_text=_("A line each: the words | what they stand for."),
    )
    deadlines = RowsField(
        label=_("Deadlines"),
        required=False,
        keys=("date", "obligation", "what"),
        help_text=_("A line each: YYYY-MM-DD | item | what."),
    )
    contacts = RowsField(
        label=_("Contacts given"),
        required=False,
        keys=("org", "phone", "hotline", "email"),
        lists=("phone", "hotline", "email"),
        help_text=_("A line each: organisation | telephones | hotlines | mail addresses."),
    )
    refs = RowsField(
        label=_("Documents referred to"),
        required=False,
        keys=("number", "date"),
        help_text=_("A line each: number | YYYY-MM-DD."),
    )
    recipients = LinesField(label=_("Recipients (Nơi nhận)"), required=False, help_text=_("One a line."))
    signatory_authority = forms.CharField(label=_("Signs for"), required=False, max_length=200)
    signatory_title = forms.CharField(label=_("Signatory's title"), required=False, max_length=200)
    signatory_name = forms.CharField(label=_("Signatory"), required=False, max_length=200)

    def __init__(self, data: Any = None, *, directive: Directive) -> None:
        names = [name for name in self.base_fields if name != "version"]
        initial = {name: getattr(directive, name) for name in names} | {"version": directive.version}
        super().__init__(data, initial=initial)
        known = [*KINDS] if directive.kind in dict(KINDS) else [(directive.kind, directive.kind), *KINDS]
        self.fields["kind"].choices = known  # type: ignore[attr-defined]
        self._directive = directive
        dress(self)

    def changes(self) -> dict[str, Any]:
        """The fields as `review.correct` takes them; rows keep what the form does not show of them."""
        values = {name: value for name, value in self.cleaned_data.items() if name != "version"}
        for name in ("vuln_references", "contacts", "deadlines", "refs"):
            known: dict[str, list[dict[str, Any]]] = {}
            for row in getattr(self._directive, name):
                known.setdefault(_key(row), []).append(row)
            values[name] = [{**(rows.pop(0) if (rows := known.get(_key(row))) else {}), **row} for row in values[name]]
        return values


def _key(row: dict[str, Any]) -> str:
    return str(row.get("text") or row.get("number") or row.get("org") or row.get("what"))


class ObligationForm(forms.Form):
    """One obligation. An emptied item number takes it out."""

    code = forms.CharField(label=_("Item"), required=False, max_length=30)
    kind = forms.ChoiceField(label=_("Kind"), choices=ObligationKind.choices, required=False)
    audience = forms.CharField(label=_("Audience"), required=False, max_length=120)
    text = forms.CharField(label=_("Exact words"), required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)


ObligationFormSet = forms.formset_factory(ObligationForm, extra=1, max_num=500, absolute_max=600)


class WindowForm(forms.Form):
    """The days of a watch."""

    first_day = forms.DateField(label=_("First day"), widget=_Day())
    last_day = forms.DateField(label=_("Last day"), widget=_Day())
    why = forms.CharField(label=_("Why"), required=False, max_length=500)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)


class LinkForm(forms.Form):
    """This directive numbers, amends or withdraws an earlier one."""

    kind = forms.ChoiceField(label=_("This directive…"), choices=LinkKind.choices)
    earlier = forms.ModelChoiceField(Directive.objects.none(), label=_("Earlier directive"))

    def __init__(self, *args: Any, earlier: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["earlier"].queryset = earlier  # type: ignore[attr-defined]
        dress(self)


class CloseForm(forms.Form):
    """Closing a watch, with a note when something is still open."""

    note = forms.CharField(label=_("Closing note"), required=False, max_length=4000, widget=forms.Textarea)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)


class AssignForm(forms.Form):
    """Who answers for an obligation, by when, and whether it applies."""

    person = forms.ModelChoiceField(Person.objects.none(), label=_("Responsible"), required=False)
    own_deadline_at = forms.DateTimeField(
        label=_("Own deadline"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M"],
    )
    applies = forms.BooleanField(label=_("Applies to this organisation"), required=False)
    applies_reason = forms.CharField(label=_("Why it does or does not apply"), required=False, max_length=500)

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = people  # type: ignore[attr-defined]
        dress(self)
