"""The forms of these pages."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from vigil.domain.organisations.actions.contacts import ChannelEntry
from vigil.domain.organisations.audiences import audiences
from vigil.domain.organisations.models import ChannelKind, ContactPoint, Organisation, Person, ProviderLink, Unit
from vigil.faces.web.dressing import dress
from vigil.faces.web.lists.fields import ManyField, OrganisationField


class OrganisationForm(forms.ModelForm):  # type: ignore[type-arg]
    """An organisation. `parents` are those it may be put under; `may_stand_alone`: it needs none."""

    audience_codes = forms.MultipleChoiceField(
        label=_("Audience classes"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("They decide which demands of a dispatch fall on it."),
    )

    class Meta:
        model = Organisation
        fields = ["name", "short_name", "code", "audience_codes", "home", "address", "notes"]

    def __init__(
        self, *args: Any, parents: QuerySet[Organisation], may_stand_alone: bool, may_move: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["notes"].widget.attrs["rows"] = 3
        language = get_language() or "vi"
        field = self.fields["audience_codes"]
        field.choices = [(a.code, a.name(language)) for a in audiences().values()]  # type: ignore[attr-defined]
        if may_move:
            parent = OrganisationField(parents, label=_("Parent"), required=not may_stand_alone)
            self.fields = {"parent": parent, **self.fields}
            self.initial.setdefault("parent", self.instance.parent)
        dress(self)

    def clean(self) -> dict[str, Any]:
        """The parent goes to the instance before its own checks run."""
        cleaned = super().clean() or {}
        if "parent" in cleaned:
            self.instance.parent = cleaned["parent"]
        return cleaned


class UnitForm(forms.ModelForm):  # type: ignore[type-arg]
    """A unit of an organisation."""

    class Meta:
        model = Unit
        fields = ["name", "specialised"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)


class ProviderForm(forms.ModelForm):  # type: ignore[type-arg]
    """Who serves the organisation, with what."""

    class Meta:
        model = ProviderLink
        fields = ["service"]

    def __init__(self, *args: Any, providers: QuerySet[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields = {"provider": OrganisationField(providers, label=_("Provider")), **self.fields}
        self.fields["service"].help_text = _("For example: Internet, hosting, monitoring.")
        dress(self)

    def clean(self) -> dict[str, Any]:
        """The provider goes to the instance."""
        cleaned = super().clean() or {}
        if cleaned.get("provider"):
            self.instance.provider = cleaned["provider"]
        return cleaned


class PersonForm(forms.ModelForm):  # type: ignore[type-arg]
    """A person of `organisation`."""

    class Meta:
        model = Person
        fields = ["name", "title", "unit", "mobile", "phone", "email", "language"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Full name")
        units = Unit.objects.filter(organisation=self.instance.organisation_id)
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]
        for name in ("mobile", "phone"):
            self.fields[name].widget.attrs |= {"type": "tel", "autocomplete": "off"}
        dress(self)


class ContactForm(forms.ModelForm):  # type: ignore[type-arg]
    """A contact point with all its channels."""

    mobile = ManyField(label=_("Mobile"), required=False, help_text=_("One a line."))
    phone = ManyField(label=_("Fixed line"), required=False, help_text=_("One a line."))
    hotline = ManyField(label=_("Hotline"), required=False, help_text=_("One a line."))
    email = ManyField(label=_("E-mail"), required=False, help_text=_("One a line. A test sends a link to it."))
    fax = ManyField(label=_("Fax"), required=False, help_text=_("One a line."))

    class Meta:
        model = ContactPoint
        fields = ["label", "purpose", "hours", "person"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["label"].help_text = _("Who or which desk, as the authority should read it.")
        people = Person.objects.filter(organisation=self.instance.organisation_id, left_at=None)
        self.fields["person"].queryset = people  # type: ignore[attr-defined]
        if not self.instance._state.adding:
            for kind in ChannelKind.values:
                self.initial[kind] = [c.value for c in self.instance.channels.all() if c.kind == kind]
        dress(self)

    def channels(self) -> list[ChannelEntry]:
        """All channels as the action takes them."""
        return [ChannelEntry(kind, value) for kind in ChannelKind.values for value in self.cleaned_data[kind]]


class CodeForm(forms.Form):
    """The code that came back over the telephone."""

    code = forms.CharField(label=_("The code that was said"), max_length=20)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs |= {"autocomplete": "off", "autocapitalize": "characters"}
        dress(self)
