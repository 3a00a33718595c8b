"""What is entered to make a link."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from vigil.domain.organisations.models import Organisation
from vigil.faces.web.dressing import dress
from vigil.faces.web.lists.fields import OrganisationField


class CodeForm(forms.Form):
    """For whom a code is made."""

    def __init__(self, *args: Any, organisations: QuerySet[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"] = OrganisationField(organisations, label=_("Organisation"))
        self.order_fields(self.field_order)
        dress(self)


class EnrolForm(CodeForm):
    """The authority's address and the code that it said."""

    url = forms.CharField(label=_("Address of the authority's Vigil"), max_length=500, help_text="https://…")
    code = forms.CharField(label=_("Enrolment code"), max_length=40)
    field_order = ["organisation", "url", "code"]
