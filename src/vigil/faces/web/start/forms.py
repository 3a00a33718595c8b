"""The first step's form."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from vigil.domain.organisations.audiences import audiences
from vigil.faces.web.dressing import dress


class StartForm(forms.Form):
    """An organisation and one contact point. Only the names and one number or address are needed."""

    name = forms.CharField(label=_("Your organisation's name"), max_length=300)
    audience_codes = forms.MultipleChoiceField(
        label=_("What kind of organisation is it?"), required=False, widget=forms.CheckboxSelectMultiple
    )
    label = forms.CharField(label=_("Contact point: who or which desk"), max_length=200)
    phone = forms.CharField(label=_("Telephone"), required=False, max_length=40)
    email = forms.EmailField(label=_("E-mail"), required=False)

    def __init__(self, *args: Any, language: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["audience_codes"]
        field.choices = [(a.code, a.name(language)) for a in audiences().values()]  # type: ignore[attr-defined]
        dress(self)

    def clean(self) -> dict[str, Any]:
        """At least one way to reach the contact point."""
        cleaned = super().clean() or {}
        if not cleaned.get("phone") and not cleaned.get("email"):
            raise forms.ValidationError(_("Give a telephone number or a mail address."))
        return cleaned
