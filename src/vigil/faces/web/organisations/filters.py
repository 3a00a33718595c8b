"""The filters of these lists."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from vigil.domain.organisations.audiences import audiences
from vigil.domain.organisations.models import ContactPoint, Home, Hours, Organisation, Person, Purpose
from vigil.faces.web.lists.filters import ListFilters


def _audiences() -> list[tuple[str, Any]]:
    language = get_language() or "vi"
    return [(audience.code, audience.name(language)) for audience in audiences().values()]


class OrganisationFilters(ListFilters):
    """By words, audience class and home."""

    found_in = ("name", "short_name", "code", "address")
    by = "pk"
    organisation = django_filters.CharFilter(label=_("Lies under"), method="filter_organisation")
    audience = django_filters.ChoiceFilter(
        label=_("Audience class"), choices=_audiences, method="filter_audience", empty_label=_("Any")
    )
    home = django_filters.ChoiceFilter(label=_("Home"), choices=Home.choices, empty_label=_("Any"))

    class Meta:
        model = Organisation
        fields: tuple[str, ...] = ()

    def filter_audience(self, rows: QuerySet[Organisation], name: str, value: str) -> QuerySet[Organisation]:
        """Those of a class (SQLite cannot look into a JSON list, but can into its text)."""
        return rows.filter(audience_codes__icontains=f'"{value}"')


class PersonFilters(ListFilters):
    """By words and organisation; who has left is left out unless asked for."""

    found_in = ("name", "title", "mobile", "phone", "email", "organisation__name", "unit__name")
    left = django_filters.ChoiceFilter(
        label=_("Here or left"),
        choices=[("all", _("All")), ("left", _("Have left"))],
        method="filter_left",
        empty_label=_("Here now"),
    )

    class Meta:
        model = Person
        fields: tuple[str, ...] = ()

    def filter_left(self, rows: QuerySet[Person], name: str, value: str) -> QuerySet[Person]:
        """Called only when asked for; see `filter_queryset`."""
        return rows.exclude(left_at=None) if value == "left" else rows

    def filter_queryset(self, rows: QuerySet[Person]) -> QuerySet[Person]:
        """Who has left is left out by default."""
        if not self.form.cleaned_data.get("left"):
            rows = rows.filter(left_at=None)
        found: QuerySet[Person] = super().filter_queryset(rows)
        return found


class ContactFilters(ListFilters):
    """By words, organisation, purpose and whether it is known to answer."""

    found_in = ("label", "organisation__name", "person__name", "source")
    purpose = django_filters.ChoiceFilter(label=_("Purpose"), choices=Purpose.choices, empty_label=_("Any"))
    hours = django_filters.ChoiceFilter(label=_("Hours"), choices=Hours.choices, empty_label=_("Any"))
    state = django_filters.ChoiceFilter(
        label=_("State"),
        choices=[("answers", _("Answered a test")), ("untested", _("Not tested yet")), ("retired", _("Retired"))],
        method="filter_state",
        empty_label=_("In force"),
    )

    class Meta:
        model = ContactPoint
        fields: tuple[str, ...] = ()

    def filter_state(self, rows: QuerySet[ContactPoint], name: str, value: str) -> QuerySet[ContactPoint]:
        """Whether it was ever shown to answer."""
        if value == "retired":
            return rows.exclude(retired_at=None)
        return rows.filter(verified_at=None) if value == "untested" else rows.exclude(verified_at=None)

    def filter_queryset(self, rows: QuerySet[ContactPoint]) -> QuerySet[ContactPoint]:
        """What is retired is left out by default."""
        if self.form.cleaned_data.get("state") != "retired":
            rows = rows.filter(retired_at=None)
        found: QuerySet[ContactPoint] = super().filter_queryset(rows)
        return found
