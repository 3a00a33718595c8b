"""The filters of these lists."""

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from vigil.domain.estate.models import EdgeDevice, EdgeKind, InformationSystem, Platform
from vigil.faces.web.lists.filters import ListFilters

LEVELS = [*((str(level), str(level)) for level in range(1, 6)), ("none", _("not stated"))]


class SystemFilters(ListFilters):
    """By words, organisation, level, importance and platform."""

    found_in = ("name", "code", "addresses", "important_reason", "organisation__name")
    level = django_filters.ChoiceFilter(label=_("Level"), choices=LEVELS, method="filter_level", empty_label=_("Any"))
    important = django_filters.ChoiceFilter(
        label=_("Important"),
        choices=[("yes", _("Important or sensitive")), ("no", _("Others"))],
        method="filter_important",
        empty_label=_("Any"),
    )
    platform = django_filters.ChoiceFilter(
        label=_("Platform tag"), choices=Platform.choices, method="filter_platform", empty_label=_("Any")
    )
    state = django_filters.ChoiceFilter(
        label=_("State"), choices=[("retired", _("Retired"))], method="filter_state", empty_label=_("In use")
    )

    class Meta:
        model = InformationSystem
        fields: tuple[str, ...] = ()

    def filter_level(self, rows: QuerySet[InformationSystem], name: str, value: str) -> QuerySet[InformationSystem]:
        """A level, or none stated."""
        return rows.filter(level=None) if value == "none" else rows.filter(level=int(value))

    def filter_important(self, rows: QuerySet[InformationSystem], name: str, value: str) -> QuerySet[InformationSystem]:
        """Important ones, or the others."""
        return rows.filter(important=value == "yes")

    def filter_platform(self, rows: QuerySet[InformationSystem], name: str, value: str) -> QuerySet[InformationSystem]:
        """Those with a tag."""
        return rows.filter(platforms__icontains=f'"{value}"')

    def filter_state(self, rows: QuerySet[InformationSystem], name: str, value: str) -> QuerySet[InformationSystem]:
        """The retired ones; see `filter_queryset`."""
        return rows.exclude(retired_at=None)

    def filter_queryset(self, rows: QuerySet[InformationSystem]) -> QuerySet[InformationSystem]:
        """What is retired is left out by default."""
        if not self.form.cleaned_data.get("state"):
            rows = rows.filter(retired_at=None)
        found: QuerySet[InformationSystem] = super().filter_queryset(rows)
        return found


class EdgeFilters(ListFilters):
    """By words, organisation and kind."""

    found_in = ("name", "address", "uplink", "organisation__name")
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=EdgeKind.choices, empty_label=_("Any"))

    class Meta:
        model = EdgeDevice
        fields: tuple[str, ...] = ()
