"""What is entered to make a link."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from vigil.domain.organisations.models import Organisation
from vigil.faces.web.dressing import dress


class CodeForm(forms.Form):
    """For whom a code is made."""

    organisation = forms.ModelChoiceField(label=_("Organisation"), queryset=Organisation.objects.none())

    def __init__(self, *args: Any, organisations: QuerySet[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["organisation"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = organisations
        dress(self)


class EnrolForm(CodeForm):
    """The authority's address and the code that it said."""

    url = forms.CharField(label=_("Address of the authority's Vigil"), max_length=500, help_text="https://…")
    code = forms.CharField(label=_("Enrolment code"), max_length=40)
    field_order = ["organisation", "url", "code"]
