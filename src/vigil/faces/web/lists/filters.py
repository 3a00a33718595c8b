"""What all filters share: a search box that knows Vietnamese, and the organisation with what lies under it."""

from typing import Any
from uuid import UUID

import django_filters
from django import forms
from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _

from vigil.domain.organisations.models import Organisation
from vigil.domain.organisations.queries import under
from vigil.faces.web.dressing import dress
from vigil.faces.web.lists.finding import find
from vigil.faces.web.scoping import scoped

MOST_CHOICES = 200


class ListFilters(django_filters.FilterSet):  # type: ignore[misc]  # django-filter ships no types
    """`q` looks into `found_in`; `organisation` takes an identifier, or words of a name."""

    found_in: tuple[str, ...] = ("name",)
    by = "organisation"

    q = django_filters.CharFilter(label=_("Find"), method="filter_words")
    organisation = django_filters.CharFilter(label=_("Organisation"), method="filter_organisation")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.form.fields["q"].widget = forms.TextInput({"maxlength": 100, "autocomplete": "off"})
        self.form.fields["q"].widget.input_type = "search"
        if "organisation" in self.form.fields:
            _offer(self.form.fields["organisation"], scoped(self.request, Organisation.objects.all(), by=""))
        dress(self.form)

    def filter_words(self, rows: QuerySet[Model], name: str, value: str) -> QuerySet[Model]:
        """Every word in one of the fields."""
        return find(rows, value, self.found_in)

    def filter_organisation(self, rows: QuerySet[Model], name: str, value: str) -> QuerySet[Model]:
        """An organisation and what lies under it."""
        visible = scoped(self.request, Organisation.objects.all(), by="")
        try:
            chosen = under(visible.filter(pk=UUID(value)))
        except ValueError:
            chosen = under(find(visible, value, ("name", "short_name", "code"))[:MOST_CHOICES])
        return rows.filter(**{f"{self.by}__in": chosen})


def _offer(field: forms.Field, organisations: QuerySet[Organisation]) -> None:
    """A choice when they are few, else a box for words."""
    known = list(organisations.order_by("name").values_list("pk", "name")[: MOST_CHOICES + 1])
    if len(known) <= MOST_CHOICES:
        field.widget = forms.Select(choices=[("", _("All organisations")), *known])
